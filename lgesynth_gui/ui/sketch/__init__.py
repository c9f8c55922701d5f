"""The Sketch mode: bullseye, caption, generation, verdict and the drawing tools."""
