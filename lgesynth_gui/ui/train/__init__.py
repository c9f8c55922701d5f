"""Train mode: data, check, preset, run."""
