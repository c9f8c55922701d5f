"""Cohorts: planned scars by the hundred to the million, made, judged, reviewed and exported."""
