"""The process that owns torch: its child side (`server`) and its parent side (`client`)."""
