"""What the window is about, without widgets: state and undo, jobs, and what is derived of them."""
