"""What the models are worth: alignment of the drawn with the painted scar."""
