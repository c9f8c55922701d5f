"""Turns a scar mask into a sketch: each part's outline, bent into wall coordinates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import ndimage
from skimage import measure

from lgesynth_gui.anatomy.regions import region_from_plane_polygon
from lgesynth_gui.anatomy.wall import Wall, wall_of
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

SMALLEST_PX = 4


def sketch_of_mask(
    labels: LabelMap, contours: HeartContours, series: LgeSeries, slices: tuple[int, ...]
) -> ScarSketch:
    """Scar and no-reflow core of a label map as vectors.

    Args:
        labels: `(slice, row, column)`; 3 scar, 4 no-reflow core. A map that holds only 0 and 1
            is taken as a scar mask.
        contours: Heart contours; slices without them are refused when they hold scar.
        series: Gives shape and spacing.
        slices: Slices to take it from.

    Returns:
        Regions in slice order: scar, then its holes, then cores. Parts under 4 pixels are left.

    Raises:
        LgeSynthError: no scar in these slices, or scar where there is no contour.
    """
    if labels.max(initial=0) == 1:
        labels = labels * np.uint8(Label.SCAR)
    regions: list[ScarRegion] = []
    for index in slices:
        scar = labels[index] >= Label.SCAR
        if not scar.any():
            continue
        outlined = contours.slices[index]
        if outlined is None:
            raise LgeSynthError(
                f"Slice {index + 1} of the mask holds scar but has no heart contour.",
                "Give contours for it: --contours.",
            )
        wall = wall_of(outlined, series.shape[1:], series.spacing[1:])
        core = labels[index] == Label.NO_REFLOW
        regions += _regions(scar, wall, index, Label.SCAR)
        regions += _regions(ndimage.binary_fill_holes(scar) & ~scar, wall, index, Label.MYOCARDIUM)
        regions += _regions(core, wall, index, Label.NO_REFLOW)
    if not regions:
        raise LgeSynthError("The mask holds no scar in these slices.", "Label scar as 3.")
    return ScarSketch(tuple(regions))


def _regions(part: Mask, wall: Wall, index: int, label: Label) -> Iterator[ScarRegion]:
    pieces, count = ndimage.label(part, np.ones((3, 3)))
    row_mm, column_mm = wall.spacing
    for number in range(1, count + 1):
        piece = ndimage.binary_fill_holes(pieces == number)
        if piece.sum() < SMALLEST_PX:
            continue
        outlines = measure.find_contours(np.pad(piece, 1).astype(float), 0.5)
        longest = max(outlines, key=len)[:-1] - 1.0
        points = [(float(c) * column_mm, float(r) * row_mm) for r, c in longest]
        yield region_from_plane_polygon(points, wall, (index,), label)
