"""Small pictures for the list of series."""

from __future__ import annotations

import numpy as np

from lgesynth_gui.core.arrays import Array

SIDE = 96  # pixels of the longer side


def thumbnail(pixels: Array) -> Array:
    """A small picture: float32 `(row, column)` in [0, 1], longer side at most `SIDE`."""
    step = -(-max(pixels.shape) // SIDE)
    rows, columns = (side // step * step for side in pixels.shape)
    small = pixels[::step, ::step].astype(np.float64)
    if rows and columns:
        parts = pixels[:rows, :columns].astype(np.float64)
        small = parts.reshape(rows // step, step, columns // step, step).mean(axis=(1, 3))
    with np.errstate(over="ignore", invalid="ignore"):  # values near the largest float
        low, high = np.percentile(small, (1.0, 99.5))
        shown = np.nan_to_num((small - low) / max(high - low, 1e-6))
    return np.asarray(np.clip(shown, 0.0, 1.0), dtype=np.float32)
