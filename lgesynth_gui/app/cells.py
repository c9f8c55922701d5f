"""What the cells of the bullseye and the live figures say, as cached functions of the state.

`anatomy` loads scipy and scikit-image, so it is imported inside the functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lgesynth_gui.app.heart import borders, labels_at
from lgesynth_gui.app.memo import by_identity
from lgesynth_gui.app.session import State
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.aha import Anchors

CLASS_TEXTS = ("0", "1–25", "26–50", "51–75", "76–100")
CLASS_FRACTIONS = (0.0, 0.13, 0.38, 0.63, 0.88)
CLASS_TOPS = (0.0, 0.25, 0.50, 0.75, 1.0)


@dataclass(frozen=True)
class Cell:
    """One cell of the bullseye.

    Args:
        touched: Mean covered fraction over the chords that hold scar, 0 to 1.
        every: Mean over all chords of the segment.
        grams: Scar mass.
        grade: Transmurality class 0 to 4.
        arc_deg: Degrees around the ring that hold scar, averaged over the slices that do.
    """

    touched: float
    every: float
    grams: float
    grade: int
    arc_deg: float = 0.0


@dataclass(frozen=True)
class Numbers:
    """Live figures of a sketch; None while contours are missing."""

    scar_g: float | None = None
    percent_lv: float | None = None
    segments: int = 0
    slices: int = 0


def grade_of(fraction: float) -> int:
    """Transmurality class 0 to 4 of a covered fraction."""
    from lgesynth_gui.anatomy.transmurality import transmurality_class

    return transmurality_class(fraction)


@lru_cache(maxsize=512)
def _chords(
    key: _ByIdentity,
    contours: SliceContours,
    spacing: tuple[float, float],
    level: Level,
    hooks: Anchors,
) -> tuple[tuple[int, tuple[float, ...], float], ...]:
    """Per segment: covered fractions of its chords, and scar area in mm2."""
    from lgesynth_gui.anatomy.aha import segment_map, segments_of
    from lgesynth_gui.anatomy.transmurality import chords, scar_of
    from lgesynth_gui.anatomy.wall import wall_of

    labels = key.array
    wall = wall_of(contours, (labels.shape[0], labels.shape[1]), spacing)
    rays = chords(labels, wall, level, hooks)
    owners = segment_map(wall, level, hooks)
    scar = scar_of(labels)
    return tuple(
        (
            segment,
            tuple(rays.covered[(rays.segment == segment) & (rays.wall_mm > 0)].tolist()),
            float((scar & (owners == segment)).sum()) * wall.pixel_mm2,
        )
        for segment in segments_of(level)
    )


class _ByIdentity:
    """Makes a read-only array a cache key: equal only to itself."""

    __slots__ = ("array",)

    def __init__(self, array: LabelMap) -> None:
        self.array = array

    def __hash__(self) -> int:
        return id(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and other.array is self.array


@lru_cache(maxsize=256)
def _drawn(
    regions: tuple[ScarRegion, ...], level: Level, hooks: Anchors
) -> dict[int, tuple[float, ...]]:
    """Per segment: covered fractions of its chords, from the outlines."""
    from lgesynth_gui.anatomy.aha import segments_at, segments_of
    from lgesynth_gui.anatomy.coverage import chord_angles, covered

    owners, shares = segments_at(chord_angles(), level, hooks), covered(regions)
    return {s: tuple(shares[owners == s].tolist()) for s in segments_of(level)}


def _pooled(
    stack: dict[int, LabelMap],
    contours: HeartContours,
    spacing: tuple[float, float, float],
    sketch: ScarSketch | None = None,
) -> dict[int, Cell]:
    """Cells of label maps; with a sketch the fractions are those of its outlines, unrounded."""
    from lgesynth_gui.anatomy.aha import anchors_in
    from lgesynth_gui.anatomy.transmurality import CHORDS, DENSITY_G_PER_ML

    covered: dict[int, list[float]] = {}
    area: dict[int, float] = {}
    arcs: dict[int, list[float]] = {}
    for i, labels in stack.items():
        one = contours.slices[i]
        if one is None:
            continue
        level, hooks = contours.level(i), anchors_in(contours, i)
        drawn: dict[int, tuple[float, ...]] = {}
        if sketch is not None:
            drawn = _drawn(tuple(r for r in sketch.regions if i in r.slices), level, hooks)
        for segment, seen, mm2 in _chords(
            _ByIdentity(labels), borders(one), (spacing[1], spacing[2]), level, hooks
        ):
            values = drawn.get(segment, seen)
            covered.setdefault(segment, []).extend(values)
            area[segment] = area.get(segment, 0.0) + mm2
            if rays := sum(value > 0 for value in values):
                arcs.setdefault(segment, []).append(rays * 360.0 / CHORDS)
    out = {}
    for segment, every in sorted(covered.items()):
        touched = [v for v in every if v > 0]
        mean = sum(touched) / len(touched) if touched else 0.0
        grams = area[segment] * spacing[0] / 1000.0 * DENSITY_G_PER_ML
        arc = arcs.get(segment, [0.0])
        out[segment] = Cell(
            mean,
            sum(every) / max(len(every), 1),
            grams,
            grade_of(mean),
            sum(arc) / len(arc),
        )
    return out


def requested_cells(state: State, slices: Sequence[int] | None = None) -> dict[int, Cell]:
    """The bullseye of the sketch: segment to cell; rings without contours are missing.

    Args:
        state: What is drawn.
        slices: Slices to look at; None for all that have contours.
    """
    if state.series is None:
        return {}
    some = None if slices is None else tuple(slices)
    return dict(_requested_cells(state.series, state.contours, state.sketch, some))


@by_identity(16)
def _requested_cells(
    series: LgeSeries, contours: HeartContours, sketch: ScarSketch, slices: tuple[int, ...] | None
) -> dict[int, Cell]:
    state = State(series, contours, sketch)
    wanted = [i for i in contours.outlined() if slices is None or i in slices]
    stack = {i: m for i in wanted if (m := labels_at(state, i)) is not None}
    return _pooled(stack, contours, series.spacing, sketch)


def measured_cells(state: State, measured: LabelMap, slices: Sequence[int]) -> dict[int, Cell]:
    """The bullseye of a judge's label map, from the generated slices alone."""
    if state.series is None:
        return {}
    stack = {i: measured[i] for i in slices if i < len(measured)}
    return _pooled(stack, state.contours, state.series.spacing)


def numbers(state: State) -> Numbers:
    """Scar grams, share of the left ventricle's mass, touched segments and slices.

    Grams stay unknown while a drawn slice has contours that nobody accepted.
    """
    if state.series is None:
        return Numbers()
    return _numbers(state.series, state.contours, state.sketch)


@by_identity(8)
def _numbers(series: LgeSeries, contours: HeartContours, sketch: ScarSketch) -> Numbers:
    from lgesynth_gui.anatomy.transmurality import mass_g, scar_of

    state = State(series, contours, sketch)
    scar_pixels = wall_pixels = slices = 0
    for i in contours.outlined():
        labels = labels_at(state, i)
        if labels is None:
            continue
        here = int(scar_of(labels).sum())
        scar_pixels += here
        slices += here > 0
        wall_pixels += int((labels >= Label.MYOCARDIUM).sum())
    if not wall_pixels:
        return Numbers()
    one = mass_g(np.ones((1, 1, 1), dtype=bool), series.spacing)
    touched = sum(cell.grams > 0 for cell in requested_cells(state).values())
    drawn = (contours.slices[i] for i in sketch.slices())
    if any(found is not None and not found.accepted for found in drawn):
        return Numbers(None, None, touched, slices)
    return Numbers(scar_pixels * one, 100.0 * scar_pixels / wall_pixels, touched, slices)
