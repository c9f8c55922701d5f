"""Strokes of a round brush: pixels while it moves, a region in wall coordinates when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from skimage.measure import approximate_polygon

from lgesynth_gui.anatomy.polar import chart_of, labels_on, signed_mm, traced
from lgesynth_gui.anatomy.polygons import Floats
from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion

PATH_MM = 0.1  # a path may lose points that move it less than this
CORE_RIM_MM = 0.8  # scar that is left around a no-reflow core
AT_ONCE = 2_000_000  # distances held in memory together
Box = tuple[slice, slice]
Point = tuple[float, float]


@dataclass(eq=False)
class StrokeMask:
    """What a stroke has covered so far, on the slice's own pixels.

    Args:
        mask: Bool `(row, column)`, written in place.
        spacing: (row, column) mm.
        radius_mm: Of the brush.
    """

    mask: Mask
    spacing: tuple[float, float]
    radius_mm: float

    def add(self, start: Point, end: Point) -> tuple[Box, Mask]:
        """Cover one step of the path; only its box is rasterised.

        Args:
            start: Plane mm.
            end: Plane mm.

        Returns:
            The box, and the pixels in it that were not covered before.
        """
        (dy, dx), r = self.spacing, self.radius_mm
        rows, columns = self.mask.shape
        top = int((min(start[1], end[1]) - r) // dy)
        bottom = int((max(start[1], end[1]) + r) // dy) + 2
        left = int((min(start[0], end[0]) - r) // dx)
        right = int((max(start[0], end[0]) + r) // dx) + 2
        box = (
            slice(min(max(top, 0), rows), min(max(bottom, 0), rows)),
            slice(min(max(left, 0), columns), min(max(right, 0), columns)),
        )
        y = np.arange(box[0].start, box[0].stop)[:, None] * dy - start[1]
        x = np.arange(box[1].start, box[1].stop) * dx - start[0]
        sx, sy = end[0] - start[0], end[1] - start[1]
        along = np.clip((x * sx + y * sy) / max(sx * sx + sy * sy, 1e-12), 0.0, 1.0)
        hit = (x - along * sx) ** 2 + (y - along * sy) ** 2 <= r * r
        new = hit & ~self.mask[box]
        self.mask[box] |= hit
        return box, np.asarray(new)


def stroke_mask(
    path: Sequence[Point], radius_mm: float, shape: tuple[int, int], spacing: tuple[float, float]
) -> Mask:
    """Every pixel whose centre a stroke covers, bool `(row, column)`."""
    stroke = StrokeMask(np.zeros(shape, dtype=bool), spacing, radius_mm)
    for start, end in zip(path, (*path[1:], path[-1]), strict=True):
        stroke.add(start, end)
    return stroke.mask


def stroke_regions(
    path: Sequence[Point],
    radius_mm: float,
    wall: Wall,
    index: int,
    label: Label = Label.SCAR,
    *,
    clip: bool = True,
) -> tuple[ScarRegion, ...]:
    """A stroke as regions of one slice: the union of all its places.

    Args:
        path: Plane mm; a single point is a dot.
        radius_mm: Of the brush, > 0.
        wall: Wall it was painted on.
        index: Slice.
        label: Scar or muscle (eraser).
        clip: Leave out what lies outside the wall.

    Returns:
        One region for each connected piece; none where the stroke misses.
    """
    chart = chart_of(wall)
    rows = chart.inner if clip else slice(None)
    field = _reach(np.asarray(path, dtype=np.float64), radius_mm, chart.x[rows], chart.y[rows])
    return tuple(ScarRegion(line, (index,), label) for line in traced(field, chart))


def inside_scar(
    regions: Sequence[ScarRegion], scar: Sequence[ScarRegion], wall: Wall, index: int
) -> tuple[ScarRegion, ...]:
    """No-reflow cores of the shape of `regions`, as far as scar lies around them.

    Args:
        regions: Shapes, whatever their labels.
        scar: Everything painted in the slice, in order.
        wall: Its wall.
        index: Slice.

    Returns:
        Cores with a rim of scar; none where there is no scar thick enough.
    """
    chart = chart_of(wall)
    shape = tuple(ScarRegion(one.outline, one.slices, Label.SCAR) for one in regions)
    wanted = signed_mm(labels_on(shape, chart) == Label.SCAR, chart)
    around = signed_mm(labels_on(scar, chart) >= Label.SCAR, chart)
    field = np.minimum(wanted, around - CORE_RIM_MM)
    return tuple(ScarRegion(line, (index,), Label.NO_REFLOW) for line in traced(field, chart))


def _reach(path: Floats, radius_mm: float, across: Floats, down: Floats) -> Floats:
    """Radius minus distance to the path, mm, at nodes with these x and y; -2 where it is far."""
    if len(path) > 2:
        path = approximate_polygon(path, PATH_MM)
    low, high = path.min(axis=0) - radius_mm - 3.0, path.max(axis=0) + radius_mm + 3.0
    near = (across >= low[0]) & (across <= high[0]) & (down >= low[1]) & (down <= high[1])
    x, y = across[near], down[near]
    gap = np.full(len(x), np.inf)
    ends = path[1:] if len(path) > 1 else path
    chunk = max(1, AT_ONCE // max(len(x), 1))
    for first in range(0, len(ends), chunk):
        start, end = path[: len(ends)][first : first + chunk], ends[first : first + chunk]
        step = end - start
        length2 = np.maximum((step**2).sum(axis=1), 1e-18)
        px, py = x[:, None] - start[:, 0], y[:, None] - start[:, 1]
        along = np.clip((px * step[:, 0] + py * step[:, 1]) / length2, 0, 1)
        away = (px - along * step[:, 0]) ** 2 + (py - along * step[:, 1]) ** 2
        gap = np.minimum(gap, away.min(axis=1))
    out = np.full(across.shape, -2.0)
    out[near] = np.maximum(radius_mm - np.sqrt(gap), -2.0)
    return out


def changes(labels: LabelMap, wall: Mask, erase: bool) -> Mask:
    """Pixels a stroke can change: muscle that may become scar, or scar that may go."""
    return np.asarray(labels >= Label.SCAR if erase else wall & (labels < Label.SCAR))
