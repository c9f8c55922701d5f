"""Which stored values are shown as black and white: automatic, of the file, of a difference."""

from __future__ import annotations

import numpy as np

from lgesynth_gui.app.heart import wall_at
from lgesynth_gui.app.memo import by_identity
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.greys import percentile_window, tissue_window
from lgesynth_gui.core.series import LgeSeries

SCAR_SD, SD_OF_MAD = 5.0, 1.4826  # brighter than that in the wall is scar, robustly


@by_identity(4)
def grey_window(series: LgeSeries, contours: HeartContours) -> tuple[float, float]:
    """(window, level) in stored values, from muscle, blood and scar when contours exist.

    Scar that the host already holds counts as bright tissue, not as muscle: it neither lifts the
    low end nor is it cut off by the high one.
    """
    muscle, bright = [], []
    for i in contours.outlined():
        wall = wall_at(series, contours, i)
        if wall is not None:
            muscle.append(series.pixels[i][wall.mask].astype(np.float64))
            bright.append(series.pixels[i][wall.cavity].astype(np.float64))
    if not sum(map(len, muscle)) or not sum(map(len, bright)):
        return percentile_window(series.pixels)
    wall_values, blood = np.concatenate(muscle), np.concatenate(bright)
    middle = float(np.median(wall_values))
    spread = SD_OF_MAD * float(np.median(np.abs(wall_values - middle)))
    scar = wall_values > middle + SCAR_SD * max(spread, 1e-9)
    remote = wall_values[~scar]
    return tissue_window(remote, np.concatenate([blood, wall_values[scar]]))


def file_window(series: LgeSeries) -> tuple[float, float] | None:
    """(window, level) in stored values that the file states, or None."""
    stated = dict(series.source.attributes)
    width, centre = stated.get("WindowWidth"), stated.get("WindowCenter")
    if not isinstance(width, (int, float)) or not isinstance(centre, (int, float)):
        return None
    if not (np.isfinite([width, centre]).all() and width > 0 and series.slope):
        return None
    return float(width) / abs(series.slope), (float(centre) - series.intercept) / series.slope


def difference_limit(window: float) -> float:
    """Half a window as a round number (1, 2 or 5 times a power of ten): the end of a scale."""
    half = max(window / 2, 1e-6)
    power = 10.0 ** np.floor(np.log10(half))
    return float(min((1, 2, 5, 10), key=lambda k: abs(k * power - half)) * power)
