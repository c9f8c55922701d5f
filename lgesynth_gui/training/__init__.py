"""Trains every network of the program: one resumable loop, one stage a network."""
