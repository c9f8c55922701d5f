"""Cached pure functions of the frozen state: walls, masks, outlines, segments.

Where the window asks `anatomy` about the heart. That loads scipy and scikit-image, so it is
imported inside the functions: nothing of it is needed before the first paint.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def segment_name(segment: int) -> str:
    """Name of an AHA segment, for example mid anterior for 7."""
    from lgesynth_gui.anatomy.aha import SEGMENT_NAMES

    return SEGMENT_NAMES[segment]


def level_of_segment(segment: int) -> Level:
    """Ring of an AHA segment."""
    from lgesynth_gui.anatomy.aha import level_of

    return level_of(segment)


def borders(contours: SliceContours) -> SliceContours:
    """The two borders alone: a key for caches that accepting or an insertion point leaves valid."""
    return SliceContours(contours.endo, contours.epi)


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
