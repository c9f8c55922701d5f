"""The wall as a chart of angle and depth: from the plane to the chart, and from it to outlines.

Outlines are traced on the chart, not on pixels: what comes out is in wall coordinates already, and
a shape that runs all around is cut at one angle only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import ndimage
from skimage.measure import approximate_polygon, find_contours

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.polygons import Floats
from lgesynth_gui.anatomy.regions import DEEPEST, SHALLOWEST, depth_at
from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, WallPoint

ANGLES = 360  # columns, a degree apart
DEPTH_STEP = 0.02
RAY_MM = 0.25  # step along a ray on which depth is looked up
OUTSIDE = -1e6  # beyond the chart's edge: the outline runs along the edge itself
TOLERANCE_MM = 0.10  # an outline may lose vertices that move it less than this
SMALLEST_MM2 = 1.0
LONGEST_DEG = 90.0
RIM = 1e-6


@dataclass(frozen=True, eq=False)
class Chart:
    """Nodes of the wall's chart; arrays `(depth, angle)`, read-only.

    Args:
        angle: Degrees of the columns, `(360,)`, 0 to 359.
        depth: Of the rows, `(101,)`, -0.5 to 1.5.
        x, y: Plane mm of each node.
        angle_mm, depth_mm: Millimetres of a column's and a row's step, half-way through the wall.
        centre: (x, y) mm the angles are taken around.
    """

    angle: Floats
    depth: Floats
    x: Floats
    y: Floats
    angle_mm: float
    depth_mm: float
    centre: tuple[float, float]

    @property
    def inner(self) -> slice:
        """Rows of the wall itself, depth 0 to 1."""
        first = round(-SHALLOWEST / DEPTH_STEP)
        return slice(first, first + round(1 / DEPTH_STEP) + 1)


@lru_cache(maxsize=64)
def chart_of(wall: Wall) -> Chart:
    """The chart of a wall."""
    angle = np.asarray(np.arange(ANGLES) * (360.0 / ANGLES), dtype=np.float64)
    rows = round((DEEPEST - SHALLOWEST) / DEPTH_STEP) + 1
    depth = np.asarray(np.linspace(SHALLOWEST, DEEPEST, rows), dtype=np.float64)
    outer = polygons.ray_radii(wall.contours.epi, wall.centre, angle)
    inner = np.zeros_like(outer)
    if wall.contours.endo:
        inner = polygons.ray_radii(wall.contours.endo, wall.centre, angle)
    thickness = np.maximum(outer - inner, 1.0)
    radius = np.arange(0.0, float((outer + thickness).max()) + RAY_MM, RAY_MM)
    theta = np.deg2rad(angle)
    dx, dy = np.cos(theta), -np.sin(theta)
    points = np.stack(
        [wall.centre[0] + radius * dx[:, None], wall.centre[1] + radius * dy[:, None]], axis=-1
    )
    found = depth_at(points.reshape(-1, 2), wall).reshape(ANGLES, -1)
    rising = np.maximum.accumulate(found, axis=1) + 1e-9 * radius  # np.interp wants it strict
    reach = np.stack([np.interp(depth, one, radius) for one in rising], axis=1)
    x, y = wall.centre[0] + reach * dx, wall.centre[1] + reach * dy
    for array in (angle, depth, x, y):
        array.flags.writeable = False
    middle = float((outer + inner).mean()) / 2
    return Chart(
        angle,
        depth,
        np.asarray(x),
        np.asarray(y),
        max(np.deg2rad(360.0 / ANGLES) * middle, 1e-3),
        float(thickness.mean()) * DEPTH_STEP,
        wall.centre,
    )


def places_of(points: Sequence[WallPoint], chart: Chart) -> tuple[tuple[float, float], ...]:
    """Plane mm of points in wall coordinates; depth is cut to [-0.5, 1.5]."""
    at = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    row = np.clip((at[:, 1] - SHALLOWEST) / DEPTH_STEP, 0, len(chart.depth) - 1)
    column = (at[:, 0] % 360.0) * (ANGLES / 360.0)
    where = [row, column]
    x = ndimage.map_coordinates(_closed(chart.x), where, order=1)
    y = ndimage.map_coordinates(_closed(chart.y), where, order=1)
    return tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))


def _closed(field: Floats) -> Floats:
    return np.asarray(np.concatenate([field, field[:, :1]], axis=1))


def labels_on(regions: Sequence[ScarRegion], chart: Chart, *, beyond: bool = False) -> LabelMap:
    """Labels of the chart's wall after painting `regions` in order, whatever their slices.

    Args:
        regions: What is painted.
        chart: Where.
        beyond: The whole chart instead of the wall's own rows.

    Returns:
        uint8 `(depth, angle)`.
    """
    depth = chart.depth if beyond else np.clip(chart.depth[chart.inner], RIM, 1 - RIM)
    deep = np.repeat(depth, ANGLES)
    turns = np.tile(chart.angle, len(depth))
    out = np.full(len(deep), Label.MYOCARDIUM, dtype=np.uint8)
    for region in regions:
        outline = np.asarray(region.outline, dtype=np.float64)
        (low, shallow), (high, deepest) = outline.min(axis=0), outline.max(axis=0)
        near = np.flatnonzero((deep >= shallow) & (deep <= deepest))
        for turn in range(int(low // 360), int(high // 360) + 1):
            angle = turns[near] + 360.0 * turn
            maybe = (angle >= low) & (angle <= high)
            hit = polygons.inside_points(outline, angle[maybe], deep[near[maybe]])
            out[near[maybe][hit]] = region.label
    return out.reshape(len(depth), ANGLES)


def signed_mm(mask: Mask, chart: Chart) -> Floats:
    """Distance to the edge of a mask `(depth, angle)`, mm half-way through the wall; + inside.

    What lies beyond the first and the last row counts as outside.
    """
    turn = ANGLES // 4
    wide = np.pad(np.pad(mask, ((0, 0), (turn, turn)), mode="wrap"), ((1, 1), (0, 0)))
    step = (chart.depth_mm, chart.angle_mm)
    inside = ndimage.distance_transform_edt(wide, sampling=step)
    outside = ndimage.distance_transform_edt(~wide, sampling=step)
    half = min(step) / 2
    field = np.where(wide, inside - half, half - outside)
    return np.asarray(field[1:-1, turn:-turn])


def traced(field: Floats, chart: Chart) -> tuple[tuple[WallPoint, ...], ...]:
    """Outlines of the places where a field is above 0, largest first.

    Args:
        field: `(depth, angle)` with the chart's own rows, or those of the wall alone.
        chart: What it lies on.

    Returns:
        One outline a connected piece. Holes are joined to it by a cut; a piece that runs all
        around spans exactly 360 degrees. Pieces below 1 mm2 are left out.
    """
    inside = field > 0
    if not inside.any():
        return ()
    free = np.flatnonzero(~inside.any(axis=0))
    cut = int(free[0]) if len(free) else int(inside.sum(axis=0).argmin())
    rolled = np.roll(field, -cut, axis=1)
    rolled = np.concatenate([rolled, rolled[:, :1]], axis=1)
    first = chart.depth[chart.inner.start] if len(field) < len(chart.depth) else SHALLOWEST
    padded = np.pad(np.where(rolled == 0, -1e-12, rolled), 1, constant_values=OUTSIDE)
    pieces = []
    for line in find_contours(padded, 0.0):
        spot = np.clip(line - 1.0, 0, (rolled.shape[0] - 1, rolled.shape[1] - 1))
        pieces.append(spot[:, ::-1] * (chart.angle_mm, chart.depth_mm))
    out = []
    for line in _joined(pieces):
        thin = approximate_polygon(np.concatenate([line, line[:1]]), TOLERANCE_MM)[:-1]
        if len(thin) < 3 or polygons.area(thin) < SMALLEST_MM2:
            continue
        angle = (thin[:, 0] / chart.angle_mm + cut) * (360.0 / ANGLES)
        depth = first + thin[:, 1] / chart.depth_mm * DEPTH_STEP
        angle -= 360.0 * np.floor(angle.min() / 360.0)
        out.append(_short_steps(np.stack([angle, np.round(depth, 9)], axis=1)))
    return tuple(out)


def _joined(lines: Sequence[Floats]) -> list[Floats]:
    """Outer lines with the holes in them joined by a cut there and back, largest first."""
    closed = [line[:-1] for line in lines if len(line) > 3]
    closed.sort(key=polygons.area, reverse=True)
    outer: list[Floats] = []
    for line in closed:
        start = line.mean(axis=0)[None] * 1e-9 + line[:1] * (1 - 1e-9)
        around = [k for k, one in enumerate(outer) if _around(one, start)]
        if len(around) % 2 == 0:
            outer.append(line)
            continue
        k = around[-1]
        gaps = np.hypot(*(outer[k][:, None] - line[None]).transpose(2, 0, 1))
        i, j = np.unravel_index(int(gaps.argmin()), gaps.shape)
        hole = np.roll(line, -int(j), axis=0)
        parts = [outer[k][: i + 1], hole, hole[:1], outer[k][i:]]
        outer[k] = np.concatenate(parts)
    return outer


def _around(line: Floats, point: Floats) -> bool:
    return bool(polygons.inside_points(line, point[:, 0], point[:, 1])[0])


def _short_steps(outline: Floats) -> tuple[WallPoint, ...]:
    """The outline with no step longer than a quarter turn."""
    out: list[WallPoint] = []
    for start, end in zip(outline, np.roll(outline, -1, axis=0), strict=True):
        count = max(1, int(np.ceil(abs(end[0] - start[0]) / LONGEST_DEG - 1e-9)))
        for k in range(count):
            angle, depth = start + (end - start) * (k / count)
            out.append((float(angle), float(depth)))
    return tuple(out)
