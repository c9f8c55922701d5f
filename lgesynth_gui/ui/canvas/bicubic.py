"""Bicubic enlargement for the screen: two small matrix products, no library."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Array

Matrix = npt.NDArray[np.float32]
LARGEST = 1024  # pixels a side after enlargement


@lru_cache(maxsize=8)
def catmull_rom(size: int, factor: int) -> Matrix:
    """`(size * factor, size)` weights that enlarge a line of `size` samples.

    Sample centres stay where they are; the ends repeat. Keys, IEEE Trans ASSP 1981;29:1153,
    with a = -1/2.
    """
    place = (np.arange(size * factor) + 0.5) / factor - 0.5
    base = np.floor(place).astype(int)
    t = place - base
    weights = (
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        ((1.5 * t - 2.5) * t) * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        ((0.5 * t - 0.5) * t) * t,
    )
    out = np.zeros((size * factor, size), dtype=np.float32)
    rows = np.arange(size * factor)
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        np.add.at(out, (rows, np.clip(base + offset, 0, size - 1)), weight.astype(np.float32))
    out.flags.writeable = False
    return out


def enlarged(image: Array) -> Array:
    """The image `(row, column)` three times finer (less if it would pass 1024), float32."""
    factor = max(1, min(3, LARGEST // max(image.shape)))
    values = np.asarray(image, dtype=np.float32)
    if factor == 1:
        return values
    rows, columns = catmull_rom(image.shape[0], factor), catmull_rom(image.shape[1], factor)
    return np.asarray(rows @ values @ columns.T)
