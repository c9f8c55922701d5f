"""The signed difference synthetic minus original, on a fixed symmetric colour scale."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.ui.theme import load_theme

STEPS = 255  # odd, so that zero has a colour of its own


def signed(synthetic: Array, original: Array) -> Array:
    """`synthetic - original` in stored units, float32, without the wrap of unsigned integers."""
    return np.asarray(synthetic, dtype=np.float32) - np.asarray(original, dtype=np.float32)


@lru_cache(maxsize=1)
def table() -> npt.NDArray[np.uint8]:
    """`(255, 3)` colours from blue over near-white (exactly zero) to orange."""
    colours = load_theme("dark").data["difference"]
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], dtype=float)
    place = np.linspace(0, len(stops) - 1, STEPS)
    mixed = [np.interp(place, np.arange(len(stops)), stops[:, k]) for k in range(3)]
    return np.asarray(np.rint(np.stack(mixed, axis=1)), dtype=np.uint8)
