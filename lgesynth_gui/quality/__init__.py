"""Measures a sample and decides what may be done with it. Needs no torch."""
