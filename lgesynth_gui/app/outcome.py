"""A result against its request: both bullseyes, their difference, and the zones of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lgesynth_gui.app import heart
from lgesynth_gui.app.cells import Cell, measured_cells, requested_cells
from lgesynth_gui.app.session import State
from lgesynth_gui.core.arrays import Mask
from lgesynth_gui.core.contours import Polygon
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult

KEPT = 8  # results whose figures are remembered


@dataclass(frozen=True)
class Outcome:
    """Asked and found scar of the generated slices, by segment.

    Args:
        asked: Bullseye of the request.
        found: Bullseye of the judge's label map.
    """

    asked: dict[int, Cell]
    found: dict[int, Cell]

    @property
    def points(self) -> dict[int, float]:
        """Signed percentage points, found minus asked, of every segment of the slices."""
        return {
            segment: 100.0 * (cell.touched - self.asked[segment].touched)
            for segment, cell in self.found.items()
            if segment in self.asked
        }

    @property
    def error_points(self) -> float | None:
        """Mean absolute difference over segments with asked or found scar; None without any."""
        held = [
            abs(points)
            for segment, points in self.points.items()
            if self.asked[segment].grams > 0 or self.found[segment].grams > 0
        ]
        return sum(held) / len(held) if held else None


@lru_cache(maxsize=KEPT)
def outcome_of(result: SynthesisResult, series: LgeSeries) -> Outcome:
    """The figures of a result, measured within the contours it was made for."""
    state = State(series, result.request.contours, result.request.sketch)
    return Outcome(
        requested_cells(state, result.slices),
        measured_cells(state, result.measured, result.slices),
    )


@dataclass(frozen=True)
class Zones:
    """Borders of the parts of one slice, plane mm.

    Args:
        full: Around what was painted altogether.
        feather: Around the band in which painted and original are mixed.
        untouched: Just outside of it, where every stored value is the original's.
    """

    full: tuple[Polygon, ...] = ()
    feather: tuple[Polygon, ...] = ()
    untouched: tuple[Polygon, ...] = ()


@lru_cache(maxsize=4 * KEPT)
def zones_of(result: SynthesisResult, index: int, spacing: tuple[float, float]) -> Zones:
    """The zones of a slice; nothing where it was not edited.

    Args:
        result: What was made.
        index: Slice.
        spacing: (row, column) mm.
    """
    from scipy import ndimage

    edited: Mask = np.asarray(result.edited[index])
    if not edited.any():
        return Zones()
    inside = ndimage.distance_transform_edt(edited, sampling=spacing)
    full: Mask = np.asarray(inside > result.request.feather_mm)
    around: Mask = np.asarray(ndimage.binary_dilation(edited))
    return Zones(
        heart.mask_outlines(full, spacing),
        heart.mask_outlines(edited, spacing),
        heart.mask_outlines(around, spacing),
    )
