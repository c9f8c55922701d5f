"""Widgets only: they show the session's state and ask it for edits."""
