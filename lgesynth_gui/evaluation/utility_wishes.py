"""What is asked of every arm's system: the same scars in the same training slices without scar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.evaluation.cases import Case, case_of
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.real import LEAST_WISH_MM2, patterned
from lgesynth_gui.synthesis.holes import scar_mask

LAYERS = ((0.0, 1.0), (0.0, 0.5), (0.3, 0.7), (0.5, 1.0))  # transmural, inner, middle, outer
ARC_DEG = (20.0, 150.0)
TAPER = 0.6
_WISH = 17  # keeps wishes apart from all else that a seed decides
_TRIES = 50


def wish_at(hosts: Sequence[RealSlice], seed: int, fold: int, index: int) -> Case:
    """Wish `index` of a seed and fold, the same for every system.

    Even ones are a pattern of the library, odd ones a piece of the wall at a random angle in a
    random layer, as in the paper.

    Args:
        hosts: Slices without scar; one is drawn.
        seed: Of the synthesis.
        fold: Of the patients.
        index: >= 0.

    Raises:
        LgeSynthError: nothing can be drawn into these hosts.
    """
    rng = np.random.default_rng((seed, fold, index, _WISH))
    for _ in range(_TRIES):
        host = hosts[int(rng.integers(len(hosts)))]
        labels = placed(host, rng) if index % 2 else patterned(host, rng)
        if labels is not None:
            noise = (seed * 100 + fold) * 1_000_000 + index
            name = "place" if index % 2 else "pattern"
            return case_of(host.ground, labels, name, host.group, noise)
    raise LgeSynthError("No scar fits into the training slices.", "Check their contours.")


def placed(host: RealSlice, rng: np.random.Generator) -> LabelMap | None:
    """A piece of the wall at any angle in any layer; None when it is smaller than 20 mm2."""
    start, arc = float(rng.uniform(0, 360)), float(rng.uniform(*ARC_DEG))
    shallow, deep = LAYERS[int(rng.integers(len(LAYERS)))]
    region = sector_region(start, start + arc, shallow, deep, (0,), taper=TAPER)
    labels = render(ScarSketch((region,)), 0, host.ground.wall)
    return labels if scar_mask(labels).sum() >= LEAST_WISH_MM2 else None
