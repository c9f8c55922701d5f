"""One window/level pair for a study, taken from the original and its contours."""

from __future__ import annotations

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.labels import Label


def percentile_window(pixels: Array) -> tuple[float, float]:
    """(window, level) between the 1st and the 99.5th percentile of a stack."""
    low, high = (float(v) for v in np.percentile(pixels, (1.0, 99.5)))
    return _pair(low, high)


def tissue_window(muscle: Array, bright: Array) -> tuple[float, float]:
    """(window, level) that keeps the noise of nulled muscle and the texture of scar visible.

    Low end below the mean of healthy muscle by two standard deviations, high end a fifth above
    the 99th percentile of blood pool and scar, so that scar is not one flat white.

    Args:
        muscle: Stored values of healthy muscle, any shape, not empty.
        bright: Stored values of blood pool (and scar), any shape, not empty.
    """
    low = float(np.mean(muscle) - 2.0 * np.std(muscle))
    top = float(np.percentile(bright, 99.0))
    return _pair(low, top + 0.2 * max(top - low, 1e-6))


def labelled_window(pixels: Array, labels: LabelMap) -> tuple[float, float]:
    """(window, level) of a stack whose muscle and blood are labelled; else by percentiles."""
    muscle, blood = pixels[labels >= Label.MYOCARDIUM], pixels[labels == Label.BLOOD]
    if muscle.size and blood.size:
        return tissue_window(muscle, blood)
    return percentile_window(pixels)


def _pair(low: float, high: float) -> tuple[float, float]:
    width = max(high - low, 1e-6)
    return width, low + width / 2
