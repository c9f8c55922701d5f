"""Physics phantom: hearts that belong to nobody, drawn from parameters."""
