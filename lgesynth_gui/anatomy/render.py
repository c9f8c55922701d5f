"""From vectors in wall coordinates to pixels: exact, the same every time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

import numpy as np
import numpy.typing as npt

from lgesynth_gui.anatomy.polygons import inside_points
from lgesynth_gui.anatomy.wall import Wall, wall_of
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

RIM = 1e-6  # depths 0 and 1 lie inside regions that reach the contour


@dataclass(frozen=True, eq=False)
class _Pixels:
    """The wall's pixels as flat arrays `(n,)`."""

    index: npt.NDArray[np.intp]
    angle: npt.NDArray[np.float64]
    depth: npt.NDArray[np.float64]


@lru_cache(maxsize=256)
def _pixels(wall: Wall) -> _Pixels:
    index = np.flatnonzero(wall.mask)
    angle = wall.angle.ravel()[index].astype(np.float64)
    depth = np.clip(wall.depth.ravel()[index].astype(np.float64), RIM, 1 - RIM)
    return _Pixels(index, angle, depth)


def region_mask(region: ScarRegion, wall: Wall) -> Mask:
    """Wall pixels inside a region's outline, whatever its label and slices.

    The outline's edges are straight in (angle, depth). Half-open: the outline's first angle and
    first depth belong to it, the last ones do not, so neighbours neither overlap nor leave a gap.

    Returns:
        Bool `(row, column)`, always inside `wall.mask`.
    """
    out = np.zeros(wall.mask.size, dtype=bool)
    out[_inside(region, _pixels(wall))] = True
    return out.reshape(wall.mask.shape)


def _inside(region: ScarRegion, pixels: _Pixels) -> npt.NDArray[np.intp]:
    """Flat image indices of the wall pixels inside the outline."""
    outline = np.asarray(region.outline, dtype=np.float64)
    (low, shallow), (high, deep) = outline.min(axis=0), outline.max(axis=0)
    near = np.flatnonzero((pixels.depth >= shallow) & (pixels.depth <= deep))
    angle, depth = pixels.angle[near], pixels.depth[near]
    found = np.zeros(len(near), dtype=bool)
    for turn in range(floor(low / 360.0), ceil(high / 360.0) + 1):
        turned = angle + 360.0 * turn
        maybe = np.flatnonzero((turned >= low) & (turned <= high) & ~found)
        if len(maybe):
            found[maybe] = inside_points(outline, turned[maybe], depth[maybe])
    return np.asarray(pixels.index[near[found]])


def render(sketch: ScarSketch, index: int, wall: Wall) -> LabelMap:
    """Label map of one slice: the heart with the sketch painted in order, clipped by the wall.

    Args:
        sketch: Regions; those that do not name slice `index` are skipped.
        index: Slice.
        wall: Its wall.

    Returns:
        uint8 `(row, column)`: 0 background, 1 blood, 2 muscle, 3 scar, 4 no-reflow.
    """
    out = np.zeros(wall.mask.size, dtype=np.uint8)
    out[wall.cavity.ravel()] = Label.BLOOD
    out[wall.mask.ravel()] = Label.MYOCARDIUM
    pixels = _pixels(wall)
    for region in sketch.regions:
        if index in region.slices:
            out[_inside(region, pixels)] = region.label
    return out.reshape(wall.mask.shape)


def render_stack(
    sketch: ScarSketch,
    contours: HeartContours,
    series_shape: tuple[int, int, int],
    spacing: tuple[float, float, float],
) -> LabelMap:
    """Label map of a whole series; slices without contours stay background.

    Args:
        sketch: Regions.
        contours: Contours of the stack, at most as many as the series has slices.
        series_shape: (slices, rows, columns).
        spacing: (slice, row, column) mm.

    Returns:
        uint8 `(slice, row, column)`.
    """
    out = np.zeros(series_shape, dtype=np.uint8)
    for i in contours.outlined():
        one = contours.slices[i]
        if one is not None and i < series_shape[0]:
            wall = wall_of(one, (series_shape[1], series_shape[2]), (spacing[1], spacing[2]))
            out[i] = render(sketch, i, wall)
    return out
