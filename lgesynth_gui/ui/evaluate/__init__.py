"""Evaluate mode: what the models are worth, panel by panel, and the reader study."""
