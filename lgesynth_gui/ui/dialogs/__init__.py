"""Dialogs; all of them open without a nested event loop."""
