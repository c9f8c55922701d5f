"""From a request to what the networks are shown, slice by slice, on the model and native grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.captions import say
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import Hole, SynthesisRequest
from lgesynth_gui.segmentation.crop import (
    PIXEL_MM,
    SIZE,
    Crop,
    Image,
    contours_in,
    crop_of,
    limits,
    normalise,
    take,
)
from lgesynth_gui.synthesis.holes import control_maps, local_hole, ring_hole, scar_mask, wall_mask

MODEL_SHAPE = (SIZE, SIZE)
MODEL_SPACING = (PIXEL_MM, PIXEL_MM)


@dataclass(frozen=True, eq=False)
class Conditions:
    """One slice's host and wish; model-grid arrays are 128 x 128 pixels of 1 mm.

    Args:
        index: Slice of the series.
        crop: Where the model grid lies.
        scale: (lo, hi) of the host, stored units; never taken from a result.
        host: Normalised host, float32.
        labels: Wanted heart on the model grid.
        native_labels: The same on the slice's own grid.
        maps: What the ControlNet sees, `(4, 128, 128)`.
        caption: What the text encoder reads.
    """

    index: int
    crop: Crop
    scale: tuple[float, float]
    host: Image
    labels: LabelMap
    native_labels: LabelMap
    maps: npt.NDArray[np.float32]
    caption: str

    @property
    def wall(self) -> Mask:
        """Muscle, scar and core on the model grid."""
        return wall_mask(self.labels)


@dataclass(frozen=True, eq=False)
class Holes:
    """What is painted anew, on both grids."""

    model: Mask
    native: Mask


def wanted_slices(request: SynthesisRequest, series: LgeSeries) -> tuple[int, ...]:
    """Slices to generate, ascending.

    Raises:
        LgeSynthError: the request belongs to another host, names no slice, or one that the
            series does not have or that has no contour.
    """
    if request.host_sha256 != series.pixels_sha256:
        raise LgeSynthError("This request was made for another series.", "Open that series.")
    slices = tuple(sorted(set(request.slices))) or request.sketch.slices()
    if not slices:
        raise LgeSynthError("The sketch holds no scar.", "Draw one, or name the slices to clean.")
    for index in slices:
        if not 0 <= index < series.shape[0]:
            raise LgeSynthError(f"There is no slice {index + 1}.", "Choose another slice.")
        if index >= len(request.contours.slices) or request.contours.slices[index] is None:
            raise LgeSynthError(f"Slice {index + 1} has no heart contour.", "Draw or propose one.")
    return slices


def conditions_of(request: SynthesisRequest, series: LgeSeries, index: int) -> Conditions:
    """What the networks are shown for one slice.

    Raises:
        LgeSynthError: the contour lies outside the image, or the slice has no contrast.
    """
    contours = request.contours.slices[index]
    if contours is None:
        raise LgeSynthError(f"Slice {index + 1} has no heart contour.", "Draw or propose one.")
    plane = series.shape[1:]
    spacing = series.spacing[1:]
    crop = crop_of(contours, spacing, plane)
    image = take(series.pixels[index], crop)
    scale = limits(image)
    wall = wall_of(contours_in(contours, crop), MODEL_SHAPE, MODEL_SPACING)
    labels = render(request.sketch, index, wall)
    if not wall_mask(labels).any():
        raise LgeSynthError(
            f"The contours of slice {index + 1} hold no muscle.", "Draw the contours again."
        )
    native = render(request.sketch, index, wall_of(contours, plane, spacing))
    caption = request.caption
    if not caption:
        anchors = anchors_in(request.contours, index)
        caption = say(describe(labels, wall, request.contours.level(index), anchors))
    return Conditions(
        index=index,
        crop=crop,
        scale=scale,
        host=normalise(image, scale)[0],
        labels=labels,
        native_labels=native,
        maps=control_maps(labels, wall.depth),
        caption=caption,
    )


def holes_of(
    request: SynthesisRequest,
    conditions: Conditions,
    spacing: tuple[float, float],
    *,
    host_has_scar: bool,
) -> Holes:
    """Which part of a slice is painted anew.

    Args:
        request: Says which kind of hole is wanted.
        conditions: The slice.
        spacing: (row, column) mm of the native grid.
        host_has_scar: Whether the host already shows scar there; decides `Hole.AUTO`.
    """
    empty = not scar_mask(conditions.labels).any()
    ring = request.hole is Hole.RING or empty or (request.hole is Hole.AUTO and host_has_scar)
    if ring:
        return Holes(
            ring_hole(conditions.labels, MODEL_SPACING),
            ring_hole(conditions.native_labels, spacing),
        )
    margin = request.margin_mm
    return Holes(
        local_hole(conditions.labels, MODEL_SPACING, margin),
        local_hole(conditions.native_labels, spacing, margin),
    )
