"""Paint is as fine as the scan it lies in: the painted part is brought to the host's resolution.

A scanner's filter and the heart's motion leave every scan its own finest detail. A network that
has seen many scans paints grain of an average one, which in a smooth scan is told at a glance.
What is left of it after the last step is taken off by the narrowest Gaussian with which the
painted part shows no more grain than the tissue around it; in a scan that is grainy itself
nothing is taken off.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lgesynth_gui.core.arrays import Mask

WIDTHS_PX = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)  # tried in turn; the last is the most
NEAR_PX, APART_PX = 12, 2  # around the hole, where the host's grain is measured
TOLERATED = 1.05  # grain of the painted part over the host's
LEAST_PX = 50  # pixels a measurement needs
_TWICE = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32) / 6
Picture = npt.NDArray[np.float32]


def grain(picture: Picture, where: Mask) -> float:
    """Strength of the finest detail: deviation of the second difference along both axes.

    It is told from the median, so that a few edges do not count; white noise of deviation 1
    gives 1.

    Args:
        picture: `(row, column)`.
        where: The pixels that count, one at least.
    """
    fine = ndimage.convolve(picture, _TWICE)[where]
    return float(np.median(np.abs(fine)) / 0.6745)


def matched(picture: Picture, host: Picture, hole: Mask, changed: Mask) -> Picture:
    """The picture with its painted part no grainier than the host around it.

    Args:
        picture: Normalised, `(row, column)`; the host beyond `changed`.
        host: The scan it was painted into.
        hole: What was painted anew.
        changed: The hole and the feather around it; nothing else is touched.

    Returns:
        The same picture when it is not too grainy, when hole or surroundings are too small or too
        flat to tell, or when nothing of the host is kept; else one that is smoothed inside
        `changed`.
    """
    if changed.all():
        return picture
    around = ndimage.binary_dilation(hole, iterations=NEAR_PX)
    around &= ~ndimage.binary_dilation(hole, iterations=APART_PX)
    if hole.sum() < LEAST_PX or around.sum() < LEAST_PX:
        return picture
    most = TOLERATED * grain(host, around)
    if most <= 0:
        return picture
    found = picture
    for width in WIDTHS_PX:
        if grain(found, hole) <= most:
            break
        found = np.where(changed, ndimage.gaussian_filter(picture, width), host)
    return found.astype(np.float32)
