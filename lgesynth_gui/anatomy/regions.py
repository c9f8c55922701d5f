"""Scar regions: how sectors, segments and freehand polygons become outlines, and how they move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from math import ceil
from typing import Literal

import numpy as np
from scipy import ndimage

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.aha import Anchors, level_of, sectors
from lgesynth_gui.anatomy.polygons import Floats
from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch, WallPoint

Layer = Literal["endo", "mid", "epi"]

STEP_DEG = 3.0  # spacing of the vertices along a tapered front
LONGEST_DEG = 90.0  # neighbouring vertices stay well under half a turn apart
STEP_MM = 1.0  # longest edge of a freehand polygon before it is bent into wall coordinates
SWING_DEG = 5.0  # largest turn of one such edge about the centre
SHALLOWEST, DEEPEST = -0.5, 1.5  # depth is cut here outside the wall


def sector_region(
    start_deg: float,
    end_deg: float,
    depth_from: float,
    depth_to: float,
    slices: Iterable[int],
    *,
    label: Label = Label.SCAR,
    taper: float = 0.0,
) -> ScarRegion:
    """A piece of the wall between two angles and two depths.

    Args:
        start_deg: Where it begins; it runs counter-clockwise from here.
        end_deg: Where it ends; not above the start means through 0. A full turn is given as start
            and start + 360.
        depth_from: 0 endocardium to 1 epicardium.
        depth_to: Likewise, above `depth_from`.
        slices: Slice indices.
        label: Scar, no-reflow or muscle (eraser).
        taper: Share of each half of the arc along which the front falls, 0 (square ends) to 1 (a
            bow): scar from the endocardium thins towards it, from the epicardium towards that,
            mid-wall scar towards its own middle. A full ring has no ends and ignores it.

    Raises:
        LgeSynthError: the depths are not ascending, or the arc is longer than a turn.
    """
    if not depth_from < depth_to:
        raise LgeSynthError("A scar must be thicker than nothing.", "Give two different depths.")
    while end_deg <= start_deg:
        end_deg += 360.0
    arc = end_deg - start_deg
    if arc > 360.0 + 1e-6:
        raise LgeSynthError("A scar cannot run around more than once.", "Use at most 360 degrees.")
    ring = arc > 360.0 - 1e-6
    arc = 360.0 if ring else arc
    tapers = taper > 0 and not ring
    count = ceil(arc / (STEP_DEG if tapers else LONGEST_DEG))
    place = np.linspace(0.0, 1.0, count + 1)
    share = np.ones_like(place)
    if tapers:
        end = np.clip(np.minimum(place, 1 - place) / max(min(taper, 1.0) / 2, 1e-9), 0, 1)
        share = np.sqrt(1 - (1 - end) ** 2)
    thickness = (depth_to - depth_from) * share
    if depth_from <= 0.0:
        inner = np.full_like(place, depth_from)
    elif depth_to >= 1.0:
        inner = depth_to - thickness
    else:
        inner = (depth_from + depth_to - thickness) / 2
    outer = inner + thickness
    angle = start_deg + arc * place
    angle[-1] = start_deg + arc
    outline = [*zip(angle, inner, strict=True), *zip(angle[::-1], outer[::-1], strict=True)]
    return ScarRegion(_plain(outline), tuple(sorted(set(slices))), label)


def segment_region(
    segment: int,
    level: Level,
    anchors: Anchors,
    depth_from: float,
    depth_to: float,
    slices: Iterable[int],
    *,
    label: Label = Label.SCAR,
) -> ScarRegion:
    """One AHA segment between two depths; see `sector_region`.

    Raises:
        LgeSynthError: the segment is not of that ring.
    """
    for number, start, end in sectors(level, anchors):
        if number == segment:
            return sector_region(start, end, depth_from, depth_to, slices, label=label)
    raise LgeSynthError(
        f"Segment {segment} is not in the {level.name.lower()} ring.",
        f"It is {level_of(segment).name.lower()}.",
    )


def region_from_plane_polygon(
    points_mm: Sequence[tuple[float, float]],
    wall: Wall,
    slices: Iterable[int],
    label: Label = Label.SCAR,
) -> ScarRegion:
    """A freehand polygon of the image, bent into wall coordinates.

    Edges are cut to at most 1 mm first. Outside the wall depth goes on as signed distance over
    the wall's thickness, cut to [-0.5, 1.5]. A polygon around the centre of the cavity becomes
    a region of exactly one turn that reaches below the endocardium.

    Args:
        points_mm: (x, y) plane mm, implicitly closed, at least 3.
        wall: Wall it was drawn on.
        slices: Slice indices.
        label: Scar, no-reflow or muscle (eraser).

    Raises:
        LgeSynthError: fewer than three points.
    """
    if len(points_mm) < 3:
        raise LgeSynthError("A scar outline needs at least three points.", "Draw it again.")
    points = _densified(polygons.as_points(points_mm), wall.centre)
    raw = np.rad2deg(np.arctan2(wall.centre[1] - points[:, 1], points[:, 0] - wall.centre[0]))
    depth = depth_at(points, wall)
    turns = (np.diff(np.append(raw, raw[0])) + 180.0) % 360.0 - 180.0
    winding = round(float(turns.sum()) / 360.0)
    if winding == 0:
        angle = raw[0] + np.concatenate([[0.0], np.cumsum(turns[:-1])])
        angle -= 360.0 * np.floor(angle.min() / 360.0)
        return ScarRegion(_plain(zip(angle, depth, strict=True)), tuple(sorted(set(slices))), label)
    first = _clear_start(raw)
    raw, depth, turns = np.roll(raw, -first), np.roll(depth, -first), np.roll(turns, -first)
    start = raw[0] % 360.0
    angle = start + np.concatenate([[0.0], np.cumsum(turns)])
    angle[-1] = start + 360.0 * np.sign(winding)
    depth = np.append(depth, depth[0])
    floor = np.linspace(angle[-1], angle[0], round(360.0 / LONGEST_DEG) + 1)
    outline = [*zip(angle, depth, strict=True), *((turn, SHALLOWEST - 0.1) for turn in floor)]
    return ScarRegion(_plain(outline), tuple(sorted(set(slices))), label)


def depth_at(points_mm: Floats, wall: Wall) -> Floats:
    """Depth of plane points `(n, 2)`, -0.5 to 1.5, continuous across both contours.

    Inside the wall it is the wall's own depth, interpolated; outside, the distance to the nearer
    contour over the wall's thickness in that direction.
    """
    field, row0, column0 = _extended(wall)
    rows = points_mm[:, 1] / wall.spacing[0] - row0
    columns = points_mm[:, 0] / wall.spacing[1] - column0
    return np.asarray(
        ndimage.map_coordinates(field, [rows, columns], order=1, mode="constant", cval=DEEPEST)
    )


@lru_cache(maxsize=64)
def _extended(wall: Wall) -> tuple[Floats, int, int]:
    """Depth continued past both contours on a box around the heart, and the box's corner."""
    epi = polygons.as_points(wall.contours.epi)
    angles = np.arange(0.0, 360.0, 3.0)
    radius = polygons.ray_radii(epi, wall.centre, angles)
    if wall.contours.endo:
        radius = radius - polygons.ray_radii(wall.contours.endo, wall.centre, angles)
    thickness = np.maximum(radius, 1.0)
    margin = 0.5 * float(thickness.max()) + 2 * max(wall.spacing)
    row0 = int(np.floor((epi[:, 1].min() - margin) / wall.spacing[0]))
    row1 = int(np.ceil((epi[:, 1].max() + margin) / wall.spacing[0])) + 1
    column0 = int(np.floor((epi[:, 0].min() - margin) / wall.spacing[1]))
    column1 = int(np.ceil((epi[:, 0].max() + margin) / wall.spacing[1])) + 1
    field = np.full((row1 - row0, column1 - column0), np.nan)
    top, left = max(row0, 0), max(column0, 0)
    bottom, right = min(row1, wall.mask.shape[0]), min(column1, wall.mask.shape[1])
    if bottom > top and right > left:
        field[top - row0 : bottom - row0, left - column0 : right - column0] = wall.depth[
            top:bottom, left:right
        ]
    rows, columns = np.nonzero(np.isnan(field))
    x, y = (columns + column0) * wall.spacing[1], (rows + row0) * wall.spacing[0]
    points = np.stack([x, y], axis=1).astype(np.float64)
    here = np.rad2deg(np.arctan2(wall.centre[1] - y, x - wall.centre[0]))
    across = np.interp(here, angles, thickness, period=360.0)
    deep = 1 + polygons.distance(epi, points) / across
    in_epi = polygons.inside_points(epi, points[:, 0], points[:, 1])
    if wall.contours.endo and in_epi.any():
        deep[in_epi] = -polygons.distance(wall.contours.endo, points[in_epi]) / across[in_epi]
    field[rows, columns] = np.clip(deep, SHALLOWEST, DEEPEST)
    field.flags.writeable = False
    return field, row0, column0


def _densified(points: Floats, centre: tuple[float, float]) -> Floats:
    """The closed polygon with edges of at most `STEP_MM`, finer where it passes the centre."""
    points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    parts = []
    for start, end in zip(points, np.roll(points, -1, axis=0), strict=True):
        length = float(np.hypot(*(end - start)))
        places = [0.0]
        while places[-1] < 1.0:
            here = start + places[-1] * (end - start)
            near = float(np.hypot(*(here - np.asarray(centre))))
            step = min(STEP_MM, max(near * np.deg2rad(SWING_DEG), 0.02))
            places.append(places[-1] + step / max(length, 1e-9))
        parts.append(start + np.array(places[:-1])[:, None] * (end - start))
    return np.concatenate(parts)


def _clear_start(raw: Floats) -> int:
    """A vertex whose direction the line crosses only once, so that a seam there cuts nothing."""
    for i in range(len(raw)):
        relative = (raw - raw[i] + 180.0) % 360.0 - 180.0
        after = np.roll(relative, -1)
        crossings = np.sum((relative < 0) != (after < 0)) - np.sum(np.abs(relative - after) > 180)
        if crossings == 1:
            return i
    return int(np.argmax(raw))


def _plain(points: Iterable[tuple[float, float]]) -> tuple[WallPoint, ...]:
    return tuple((float(angle), float(depth)) for angle, depth in points)


def layer_depths(fraction: float, layer: Layer) -> tuple[float, float]:
    """(from, to) of a band of `fraction` of the wall that starts at, or lies in, a layer."""
    if layer == "endo":
        return 0.0, fraction
    if layer == "epi":
        return 1.0 - fraction, 1.0
    return 0.5 - fraction / 2, 0.5 + fraction / 2


def set_segment_transmurality(
    sketch: ScarSketch,
    segment: int,
    level: Level,
    anchors: Anchors,
    slices: Iterable[int],
    fraction: float,
    layer: Layer = "endo",
) -> ScarSketch:
    """The sketch with one segment emptied and painted anew to a share of the wall.

    Args:
        sketch: What is drawn so far.
        segment: AHA segment of `level`.
        level: Ring of the slices.
        anchors: Their anchoring angles.
        slices: Slices it is set in.
        fraction: Share of the thickness, 0 (normal) to 1.
        layer: From the endocardium, in mid-wall, or from the epicardium.

    Returns:
        A new sketch. Regions that would be hidden altogether are dropped, so repeated changes of
        one segment do not pile up.

    Raises:
        LgeSynthError: the fraction is not in [0, 1], or the segment is not of that ring.
    """
    if not 0.0 <= fraction <= 1.0:
        raise LgeSynthError("Transmurality runs from 0 to 100 %.", "Give a number in between.")
    eraser = segment_region(
        segment, level, anchors, SHALLOWEST, DEEPEST, slices, label=Label.MYOCARDIUM
    )
    cleared = _erased(sketch, eraser)
    if fraction == 0.0:
        return cleared
    low, high = layer_depths(fraction, layer)
    return cleared.adding(segment_region(segment, level, anchors, low, high, slices))


def _erased(sketch: ScarSketch, eraser: ScarRegion) -> ScarSketch:
    """Paint an eraser on top; drop what it hides, and the eraser itself if nothing is left."""
    kept: list[ScarRegion] = []
    for region in sketch.regions:
        if not _within(region, eraser):
            kept.append(region)
        elif rest := tuple(i for i in region.slices if i not in eraser.slices):
            kept.append(replace(region, slices=rest))
    if any(_meets(region, eraser) for region in kept):
        kept.append(eraser)
    return ScarSketch(tuple(kept))


def _angles(region: ScarRegion) -> tuple[float, float]:
    values = [angle for angle, _ in region.outline]
    return min(values), max(values)


def _within(region: ScarRegion, sector: ScarRegion) -> bool:
    """True when the region's angles lie inside the sector's (whatever the slices)."""
    low, high = _angles(region)
    start, end = _angles(sector)
    if end - start >= 360.0 - 1e-9:
        return True
    offset = (low - start + 1e-7) % 360.0 - 1e-7
    return offset + (high - low) <= end - start + 1e-7


def _meets(region: ScarRegion, sector: ScarRegion) -> bool:
    """True when the two share a slice and some angle."""
    if not set(region.slices) & set(sector.slices):
        return False
    low, high = _angles(region)
    start, end = _angles(sector)
    behind = (low - start) % 360.0
    return behind < end - start - 1e-7 or behind + (high - low) > 360.0 + 1e-7
