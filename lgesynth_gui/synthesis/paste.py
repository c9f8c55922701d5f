"""Brings what was painted back to the slice's own grid, as a difference, and nothing else."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.segmentation.crop import Crop, covered, give_back
from lgesynth_gui.synthesis.holes import distance_mm


def feather(hole: Mask, spacing: tuple[float, float], feather_mm: float) -> npt.NDArray[np.float64]:
    """Share of the change that each pixel takes.

    Args:
        hole: What was painted.
        spacing: (row, column) mm.
        feather_mm: Width of the blended band, > 0.

    Returns:
        Float in [0, 1], the shape of `hole`: 1 in it, half a cosine down to 0 at `feather_mm`.
    """
    distance = distance_mm(hole, spacing)
    falling = 0.5 * (1 + np.cos(np.pi * np.clip(distance / feather_mm, 0, 1)))
    return np.where(distance < feather_mm, falling, 0.0)


def paste(
    native: Array,
    difference: Array,
    share: npt.NDArray[np.float64],
    crop: Crop,
    scale: tuple[float, float],
) -> tuple[Array, Mask]:
    """Add the painted difference to a slice.

    Args:
        native: Stored values `(rows, columns)`.
        difference: Generated minus host on the model grid, normalised, `(128, 128)`.
        share: From `feather`, on the native grid.
        crop: Where the model grid lies.
        scale: (lo, hi) the host was normalised with.

    Returns:
        (new slice of the same type, pixels that were allowed to change). Everywhere else the
        stored value is copied. Whole numbers are rounded half to even and kept in their type's
        range.
    """
    plane = (int(native.shape[0]), int(native.shape[1]))
    edited = np.asarray((share > 0) & covered(crop, plane))
    change = give_back(difference, crop, plane).astype(np.float64) * (scale[1] - scale[0]) / 2
    out = native.copy()
    values = native[edited].astype(np.float64) + share[edited] * change[edited]
    if np.issubdtype(native.dtype, np.integer):
        allowed = np.iinfo(native.dtype)
        values = np.clip(np.rint(values), allowed.min, allowed.max)
    out[edited] = values.astype(native.dtype)
    return out, edited
