"""Finds, describes and checks the bundled and imported models. Needs no torch."""
