"""How much of the wall a drawing covers, from its outlines alone: no pixels, so no rounding."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor

import numpy as np

from lgesynth_gui.anatomy.polygons import Floats, inside_grid
from lgesynth_gui.anatomy.transmurality import CHORDS
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, WallPoint

LAYERS = 300  # depths looked at along each chord: thirds and hundredths come out whole


def chord_angles() -> Floats:
    """Directions of the chords, `(100,)` degrees, those of `transmurality.chords`."""
    return np.asarray((np.arange(CHORDS) + 0.5) * (360.0 / CHORDS), dtype=np.float64)


def covered(regions: Sequence[ScarRegion]) -> Floats:
    """Covered fraction of the wall's thickness along each chord.

    Args:
        regions: Of one slice, in the order they are painted; cores count as scar.

    Returns:
        `(100,)`, 0 to 1, read-only.
    """
    return _covered(tuple((region.outline, region.label) for region in regions))


@lru_cache(maxsize=128)
def _covered(painting: tuple[tuple[tuple[WallPoint, ...], Label], ...]) -> Floats:
    angles = chord_angles()
    depths = (np.arange(LAYERS) + 0.5) / LAYERS
    painted = np.zeros((LAYERS, CHORDS), dtype=bool)
    for outline, label in painting:
        turns = [angle for angle, _ in outline]
        here = np.zeros_like(painted)
        for turn in range(floor(min(turns) / 360.0), ceil(max(turns) / 360.0) + 1):
            here |= inside_grid(outline, angles + 360.0 * turn, depths)
        painted[here] = label is not Label.MYOCARDIUM
    share: Floats = np.asarray(painted.mean(axis=0))
    share.flags.writeable = False
    return share
