"""Lines around scar for the screen: smooth vectors, never pixel staircases.

Loads scipy and scikit-image; imported late.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours

from lgesynth_gui.anatomy.polygons import Floats, inside_points
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.contours import Point, Polygon, SliceContours
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion

STEP_MM = 0.5  # grid the sketch is traced on
BLUR_PX = 0.8  # takes the staircase off that grid
MARGIN_PX = 4
LINE_BLUR = 1.0  # vertices; takes the last unrest off a line


@dataclass(frozen=True, eq=False)
class _Fine:
    """Wall coordinates on a fine grid around the heart: flat arrays of the wall's nodes."""

    x0: float
    y0: float
    shape: tuple[int, int]
    index: Array
    angle: Floats
    depth: Floats


@lru_cache(maxsize=64)
def _fine(contours: SliceContours, shape: tuple[int, int], spacing: tuple[float, float]) -> _Fine:
    rows = ceil(shape[0] * spacing[0] / STEP_MM)
    columns = ceil(shape[1] * spacing[1] / STEP_MM)
    wall = wall_of(contours, (rows, columns), (STEP_MM, STEP_MM))
    inside = np.argwhere(wall.mask)
    (r0, c0), (r1, c1) = inside.min(axis=0) - MARGIN_PX, inside.max(axis=0) + MARGIN_PX + 1
    box = (int(r1 - r0), int(c1 - c0))
    index = (inside[:, 0] - r0) * box[1] + inside[:, 1] - c0
    depth = np.clip(wall.depth[wall.mask].astype(np.float64), 1e-6, 1 - 1e-6)
    angle = wall.angle[wall.mask].astype(np.float64)
    return _Fine(float(c0 * STEP_MM), float(r0 * STEP_MM), box, index, angle, depth)


@lru_cache(maxsize=128)
def sketch_outlines(
    regions: tuple[ScarRegion, ...],
    contours: SliceContours,
    shape: tuple[int, int],
    spacing: tuple[float, float],
) -> tuple[Polygon, ...]:
    """Closed lines around scar and core after painting `regions` in order, clipped by the wall."""
    fine = _fine(contours, shape, spacing)
    scar = np.zeros(len(fine.index), dtype=bool)
    for region in regions:
        outline = np.asarray(region.outline, dtype=np.float64)
        (low, shallow), (high, deep) = outline.min(axis=0), outline.max(axis=0)
        near = np.flatnonzero((fine.depth >= shallow) & (fine.depth <= deep))
        for turn in range(int(low // 360), int(high // 360) + 1):
            angle = fine.angle[near] + 360.0 * turn
            maybe = (angle >= low) & (angle <= high)
            hit = near[maybe][inside_points(outline, angle[maybe], fine.depth[near[maybe]])]
            scar[hit] = region.label is not Label.MYOCARDIUM
    field = np.zeros(fine.shape[0] * fine.shape[1], dtype=np.float32)
    field[fine.index] = scar
    smooth = ndimage.gaussian_filter(field.reshape(fine.shape), BLUR_PX)
    return _lines(smooth, (fine.x0, fine.y0), (STEP_MM, STEP_MM))


def _lines(field: Array, origin: Point, step: tuple[float, float]) -> tuple[Polygon, ...]:
    """Smoothed level lines of a field at 0.5, in plane mm; specks are left out."""
    out = []
    for line in find_contours(field, 0.5):
        if len(line) <= 8:
            continue
        closed = bool(np.array_equal(line[0], line[-1]))
        points = line[:-1] if closed else line
        points = ndimage.gaussian_filter1d(
            points, LINE_BLUR, axis=0, mode="wrap" if closed else "nearest"
        )
        out.append(
            tuple((origin[0] + c * step[0], origin[1] + r * step[1]) for r, c in points.tolist())
        )
    return tuple(out)


def outlines(mask: Mask, spacing: tuple[float, float]) -> tuple[Polygon, ...]:
    """Closed lines around a pixel mask `(row, column)`, plane mm.

    The mask is made three times finer and slightly rounded first; areas stay within a few per cent.
    """
    if not mask.any():
        return ()
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    r0, r1 = max(int(rows[0]) - 2, 0), int(rows[-1]) + 3
    c0, c1 = max(int(columns[0]) - 2, 0), int(columns[-1]) + 3
    part = np.pad(mask[r0:r1, c0:c1], 2).astype(np.float32)
    fine = ndimage.gaussian_filter(np.kron(part, np.ones((3, 3), dtype=np.float32)), 1.3)
    dy, dx = spacing
    corner = ((c0 - 2 - 1 / 3) * dx, (r0 - 2 - 1 / 3) * dy)
    return _lines(fine, corner, (dx / 3, dy / 3))
