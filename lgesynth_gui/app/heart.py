"""Cached pure functions of the frozen state: masks, outlines, bullseye, grams.

The one door of the window to `anatomy`. What lies behind it loads scipy and scikit-image, so
it is imported inside the functions: nothing of it is needed before the first paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lgesynth_gui.app.look import LayerName
from lgesynth_gui.app.memo import by_identity
from lgesynth_gui.app.session import State
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours, Point, Polygon, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.core.synthesis import SynthesisResult

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.aha import Anchors
    from lgesynth_gui.anatomy.wall import Wall

CLASS_TEXTS = ("0", "1–25", "26–50", "51–75", "76–100")
CLASS_FRACTIONS = (0.0, 0.13, 0.38, 0.63, 0.88)
CLASS_TOPS = (0.0, 0.25, 0.50, 0.75, 1.0)
NOTHING = ScarSketch()


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


def segment_name(segment: int) -> str:
    """Name of an AHA segment, for example mid anterior for 7."""
    from lgesynth_gui.anatomy.aha import SEGMENT_NAMES

    return SEGMENT_NAMES[segment]


def level_of_segment(segment: int) -> Level:
    """Ring of an AHA segment."""
    from lgesynth_gui.anatomy.aha import level_of

    return level_of(segment)


def grade_of(fraction: float) -> int:
    """Transmurality class 0 to 4 of a covered fraction."""
    from lgesynth_gui.anatomy.transmurality import transmurality_class

    return transmurality_class(fraction)


def borders(contours: SliceContours) -> SliceContours:
    """The two borders alone: a key for caches that accepting or an insertion point leaves valid."""
    return SliceContours(contours.endo, contours.epi)


def warm(series: LgeSeries, contours: HeartContours, sketch: ScarSketch = NOTHING) -> None:
    """Compute what the window will ask for first, on the thread that calls."""
    from lgesynth_gui.app.greys import grey_window  # it looks at walls, which are made here

    grey_window(series, contours)
    state = State(series, contours, sketch)
    numbers(state)
    for index in sketch.slices():
        requested_outlines(state, index)


def wall_at(series: LgeSeries, contours: HeartContours, index: int) -> Wall | None:
    """The `anatomy.wall.Wall` of a slice, or None without contours."""
    from lgesynth_gui.anatomy.wall import wall_of

    one = contours.slices[index]
    if one is None:
        return None
    return wall_of(borders(one), series.shape[1:], series.spacing[1:])


def labels_at(state: State, index: int) -> LabelMap | None:
    """Requested label map of one slice, or None without contours."""
    assert state.series is not None
    one = state.contours.slices[index]
    if one is None:
        return None
    regions = tuple(r for r in state.sketch.regions if index in r.slices)
    return _labels(regions, index, borders(one), state.series.shape[1:], state.series.spacing[1:])


@lru_cache(maxsize=128)
def _labels(
    regions: tuple[ScarRegion, ...],
    index: int,
    contours: SliceContours,
    shape: tuple[int, int],
    spacing: tuple[float, float],
) -> LabelMap:
    from lgesynth_gui.anatomy.render import render
    from lgesynth_gui.anatomy.wall import wall_of

    out = render(ScarSketch(regions), index, wall_of(contours, shape, spacing))
    out.flags.writeable = False
    return out


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


def segment_at(state: State, index: int, point: Point) -> int | None:
    """AHA segment under a plane point, also a little outside the wall; None far from it."""
    from lgesynth_gui.anatomy.aha import anchors_in, segments_at
    from lgesynth_gui.anatomy.polygons import angle_of

    place = wall_place(state, index, point)
    if place is None or not -0.35 < place[1] < 1.35:
        return None
    one = state.contours.slices[index]
    wall = wall_at(state.series, state.contours, index) if state.series else None
    if one is None or wall is None:
        return None
    angle = np.array([angle_of(point, wall.centre)])
    found = segments_at(angle, state.contours.level(index), anchors_in(state.contours, index))
    return int(found[0])


def wall_place(state: State, index: int, point: Point) -> tuple[float, float] | None:
    """(angle_deg, depth) of a plane point; depth runs on outside the wall, cut to [-0.5, 1.5]."""
    from lgesynth_gui.anatomy.polygons import angle_of
    from lgesynth_gui.anatomy.regions import depth_at

    if state.series is None:
        return None
    wall = wall_at(state.series, state.contours, index)
    if wall is None:
        return None
    depth = float(depth_at(np.array([point], dtype=np.float64), wall)[0])
    return angle_of(point, wall.centre), depth


def with_segment(
    state: State, segment: int, fraction: float, layer: LayerName, slices: Sequence[int]
) -> ScarSketch:
    """The sketch with one segment set to a covered fraction in some slices."""
    from lgesynth_gui.anatomy.aha import anchors_in
    from lgesynth_gui.anatomy.regions import set_segment_transmurality

    sketch = state.sketch
    groups: dict[Anchors, list[int]] = {}
    for i in slices:
        groups.setdefault(anchors_in(state.contours, i), []).append(i)
    level = level_of_segment(segment)
    for hooks, members in groups.items():
        sketch = set_segment_transmurality(
            sketch,
            segment,
            level,
            hooks,
            members,
            fraction,
            layer,
        )
    return sketch


def slices_for(state: State, segment: int, index: int, ring: bool) -> tuple[int, ...]:
    """Slices an edit of a segment goes to: its whole ring, or the shown (else middle) slice."""
    level = level_of_segment(segment)
    members = tuple(i for i in state.contours.outlined() if state.contours.level(i) == level)
    if ring or not members:
        return members
    return (index,) if index in members else (members[len(members) // 2],)


def drawn(points: Sequence[Point], state: State, index: int, label: Label) -> ScarRegion:
    """A freehand polygon of the image as a region of one slice.

    Raises:
        LgeSynthError: no contours, or fewer than three points.
    """
    from lgesynth_gui.anatomy.regions import region_from_plane_polygon

    wall = wall_at(state.series, state.contours, index) if state.series else None
    if wall is None:
        raise LgeSynthError("This slice has no heart contours.", "Propose or draw them first.")
    return region_from_plane_polygon(points, wall, (index,), label)


def centre_of(contours: SliceContours) -> Point:
    """Centre of the cavity, plane mm."""
    from lgesynth_gui.anatomy.wall import centre_of as centre

    return centre(contours)


@by_identity(64)
def sector_lines(
    contours: HeartContours, index: int
) -> tuple[tuple[Polygon, ...], tuple[tuple[int, Point], ...], bool]:
    """AHA grid of a slice: lines across the wall, (segment, place of its number), assumed?"""
    from lgesynth_gui.anatomy.aha import anchors_in, sectors
    from lgesynth_gui.anatomy.polygons import ray_radii

    one = contours.slices[index]
    if one is None:
        return (), (), False
    hooks = anchors_in(contours, index)
    parts = sectors(contours.level(index), hooks)
    cx, cy = centre = centre_of(one)

    def at(angle: float, radius: float) -> Point:
        theta = np.deg2rad(angle)
        return float(cx + radius * np.cos(theta)), float(cy - radius * np.sin(theta))

    lines, marks = [], []
    for segment, start, end in parts:
        both = np.array([start, (start + end) / 2])
        outer = ray_radii(one.epi, centre, both)
        inner = ray_radii(one.endo, centre, both) if one.endo else np.zeros(2)
        if len(parts) > 1:
            lines.append((at(start, inner[0]), at(start, outer[0])))
        marks.append((segment, at(float(both[1]), float(outer[1]) + 5.0)))
    return tuple(lines), tuple(marks), hooks.assumed


def requested_outlines(state: State, index: int) -> tuple[Polygon, ...]:
    """Closed lines around the requested scar of a slice, plane mm, smooth at any zoom."""
    from lgesynth_gui.app.outlines import sketch_outlines

    if state.series is None:
        return ()
    one = state.contours.slices[index]
    regions = tuple(r for r in state.sketch.regions if index in r.slices)
    if one is None or not regions:
        return ()
    return sketch_outlines(regions, borders(one), state.series.shape[1:], state.series.spacing[1:])


@lru_cache(maxsize=32)
def measured_outlines(
    result: SynthesisResult, index: int, spacing: tuple[float, float]
) -> tuple[Polygon, ...]:
    """Closed lines around the scar the judge found in a slice of a result, plane mm."""
    return mask_outlines(result.measured[index] >= Label.SCAR, spacing)


def mask_outlines(mask: Mask, spacing: tuple[float, float]) -> tuple[Polygon, ...]:
    """Closed lines around a pixel mask, plane mm."""
    from lgesynth_gui.app.outlines import outlines

    return outlines(mask, spacing)
