"""Paints the asked scar into a host slice: condition, denoise, guide, paste back, judge."""
