"""How much of the wall a drawing covers, from its outlines alone: no pixels, so no rounding."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import numpy as np

from lgesynth_gui.anatomy.polygons import Floats, inside_grid
from lgesynth_gui.anatomy.transmurality import CHORDS
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion

LAYERS = 600  # depths looked at along each chord: thirds and hundredths come out whole


def chord_angles() -> Floats:
    """Directions of the chords, `(100,)` degrees, those of `transmurality.chords`."""
    return np.asarray((np.arange(CHORDS) + 0.5) * (360.0 / CHORDS), dtype=np.float64)


def covered(regions: Sequence[ScarRegion]) -> Floats:
    """Covered fraction of the wall's thickness along each chord.

    Args:
        regions: Of one slice, in the order they are painted; cores count as scar.

    Returns:
        `(100,)`, 0 to 1.
    """
    angles = chord_angles()
    depths = (np.arange(LAYERS) + 0.5) / LAYERS
    painted = np.zeros((LAYERS, CHORDS), dtype=bool)
    for region in regions:
        turns = [angle for angle, _ in region.outline]
        here = np.zeros_like(painted)
        for turn in range(floor(min(turns) / 360.0), ceil(max(turns) / 360.0) + 1):
            here |= inside_grid(region.outline, angles + 360.0 * turn, depths)
        painted[here] = region.label is not Label.MYOCARDIUM
    return np.asarray(painted.mean(axis=0))
