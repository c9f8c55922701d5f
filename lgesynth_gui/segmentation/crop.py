"""Between the native grid of a slice and the model grid: 128 x 128 pixels of 1 mm on the LV."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.contours import Point, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label

SIZE = 128
PIXEL_MM = 1.0
_MIDDLE = (SIZE - 1) / 2
Image = NDArray[np.float32]


@dataclass(frozen=True)
class Crop:
    """Where the model grid lies in one slice.

    Pixel (i, j) of the crop is at plane millimetres (x, y) = centre + (j - 63.5, i - 63.5).

    Args:
        centre: (x, y) plane mm of the crop's middle.
        spacing: (row, column) mm of the native grid.
    """

    centre: Point
    spacing: tuple[float, float]


def crop_of(contours: SliceContours, spacing: tuple[float, float], shape: tuple[int, int]) -> Crop:
    """The crop centred on the left ventricle (cavity and wall) of one slice.

    Args:
        contours: The slice's contours.
        spacing: (row, column) mm of the native grid.
        shape: (rows, columns) of the native grid.

    Raises:
        LgeSynthError: the contour's centre lies outside the image.
    """
    x, y = polygons.centroid(contours.epi)
    rows, columns = shape
    if not (0 <= y <= (rows - 1) * spacing[0] and 0 <= x <= (columns - 1) * spacing[1]):
        raise LgeSynthError("The heart contour lies outside the image.", "Draw it again.")
    return Crop((x, y), (float(spacing[0]), float(spacing[1])))


def contours_in(contours: SliceContours, crop: Crop) -> SliceContours:
    """The same contours in the plane millimetres of the model grid (spacing 1 mm)."""
    dx, dy = _MIDDLE - crop.centre[0], _MIDDLE - crop.centre[1]

    def moved(point: Point | None) -> Point | None:
        return None if point is None else (point[0] + dx, point[1] + dy)

    return replace(
        contours,
        endo=tuple((x + dx, y + dy) for x, y in contours.endo),
        epi=tuple((x + dx, y + dy) for x, y in contours.epi),
        rv_anterior=moved(contours.rv_anterior),
        rv_inferior=moved(contours.rv_inferior),
        rv_centroid=moved(contours.rv_centroid),
    )


def _native_places(crop: Crop) -> tuple[Array, Array]:
    """Fractional native (row, column) of the rows and of the columns of the crop."""
    steps = (np.arange(SIZE) - _MIDDLE) * PIXEL_MM
    return (crop.centre[1] + steps) / crop.spacing[0], (crop.centre[0] + steps) / crop.spacing[1]


def _crop_places(crop: Crop, shape: tuple[int, int]) -> tuple[Array, Array]:
    """Fractional crop (row, column) of the native rows and of the native columns."""
    rows = (np.arange(shape[0]) * crop.spacing[0] - crop.centre[1]) / PIXEL_MM + _MIDDLE
    columns = (np.arange(shape[1]) * crop.spacing[1] - crop.centre[0]) / PIXEL_MM + _MIDDLE
    return rows, columns


def _sampled(image: Array, places: tuple[Array, Array], order: int) -> Array:
    grid = np.meshgrid(*places, indexing="ij")
    return np.asarray(ndimage.map_coordinates(image, grid, order=order, mode="mirror"))


def _smoothed(image: Array, shrink: tuple[float, float]) -> Array:
    """Low-passed before its pixels become `shrink` times coarser (no change below 1)."""
    sigma = [max(0.0, (factor - 1) / 2) for factor in shrink]
    if max(sigma) == 0:
        return image
    return np.asarray(ndimage.gaussian_filter(image, sigma, mode="mirror"))


def take(image: Array, crop: Crop) -> Image:
    """Resample one native slice to the model grid.

    Cubic, with an anti-alias filter where the native grid is finer than 1 mm; what lies outside
    the image is its mirror.

    Args:
        image: `(rows, columns)` values in any unit.
        crop: Where.

    Returns:
        `(128, 128)` float32 in the same unit.
    """
    values = np.asarray(image, dtype=np.float64)
    values = _smoothed(values, (PIXEL_MM / crop.spacing[0], PIXEL_MM / crop.spacing[1]))
    return _sampled(values, _native_places(crop), order=3).astype(np.float32)


def _signed_distance(mask: Mask, spacing: tuple[float, float]) -> Array:
    inside = ndimage.distance_transform_edt(mask, sampling=spacing)
    outside = ndimage.distance_transform_edt(~mask, sampling=spacing)
    return np.asarray(inside - outside)


def take_mask(mask: Mask, crop: Crop) -> Mask:
    """Resample a native mask `(rows, columns)` to the model grid through its signed distance."""
    mask = np.asarray(mask, dtype=bool)
    if mask.all() or not mask.any():
        return np.full((SIZE, SIZE), bool(mask.flat[0]))
    distance = _signed_distance(mask, crop.spacing)
    return np.asarray(_sampled(distance, _native_places(crop), order=1) > 0)


def labels_in(labels: LabelMap, crop: Crop, wall: Wall) -> LabelMap:
    """A slice's label map on the model grid: cavity and wall of the contours, scar of the map.

    Args:
        labels: Native uint8 `(rows, columns)`, see `core.labels`.
        crop: Where.
        wall: The contours' wall on the model grid.
    """
    out = np.zeros((SIZE, SIZE), dtype=np.uint8)
    out[wall.cavity] = Label.BLOOD
    out[wall.mask] = Label.MYOCARDIUM
    out[take_mask(labels >= Label.SCAR, crop) & wall.mask] = Label.SCAR
    out[take_mask(labels == Label.NO_REFLOW, crop) & (out == Label.SCAR)] = Label.NO_REFLOW
    return out


def covered(crop: Crop, shape: tuple[int, int]) -> Mask:
    """Native pixels `(rows, columns)` whose centre lies inside the model grid."""
    rows, columns = _crop_places(crop, shape)
    inside = [(places >= -0.5) & (places <= SIZE - 0.5) for places in (rows, columns)]
    return np.asarray(inside[0][:, None] & inside[1][None, :])


def give_back(
    grid: Array, crop: Crop, shape: tuple[int, int], *, order: int = 3, outside: float = 0.0
) -> Image:
    """Resample a picture on the model grid back to the native grid.

    Anti-aliased where the native grid is coarser than 1 mm.

    Args:
        grid: `(128, 128)` values (a difference, a probability).
        crop: The crop it was made with.
        shape: (rows, columns) of the native grid.
        order: 3 cubic, 1 linear (no overshoot).
        outside: Value of native pixels beyond the crop.

    Returns:
        `(rows, columns)` float32.
    """
    values = np.asarray(grid, dtype=np.float64)
    values = _smoothed(values, (crop.spacing[0] / PIXEL_MM, crop.spacing[1] / PIXEL_MM))
    back = _sampled(values, _crop_places(crop, shape), order)
    return np.where(covered(crop, shape), back, outside).astype(np.float32)


def give_back_mask(mask: Mask, crop: Crop, shape: tuple[int, int]) -> Mask:
    """Resample a mask on the model grid back to the native grid through its signed distance."""
    mask = np.asarray(mask, dtype=bool)
    if not mask.any():
        return np.zeros(shape, dtype=bool)
    if mask.all():
        return covered(crop, shape)
    distance = _signed_distance(mask, (PIXEL_MM, PIXEL_MM))
    back = _sampled(distance, _crop_places(crop, shape), order=1) > 0
    return np.asarray(back & covered(crop, shape))


def limits(image: Array) -> tuple[float, float]:
    """(lo, hi): 1st and 99th percentile of a host crop, the scale it keeps for good.

    Raises:
        LgeSynthError: the crop is not finite or has no contrast.
    """
    if not np.isfinite(image).all():
        raise LgeSynthError("The slice holds values that are no numbers.", "Use another series.")
    lo, hi = (float(v) for v in np.percentile(image, (1, 99)))
    if not hi > lo or math.isinf(hi - lo):
        raise LgeSynthError("The slice has no contrast around the heart.", "Choose another slice.")
    return lo, hi


def normalise(image: Array, scale: tuple[float, float] | None = None) -> tuple[Image, float, float]:
    """Scale a crop to the networks' range.

    `u = 2 clip((I - lo) / (hi - lo), -0.25, 1.5) - 1`, so u lies in [-1.5, 2]; the headroom
    keeps fat and bright scar.

    Args:
        image: Crop in scanner units.
        scale: (lo, hi) of the host; None takes them from this very image. Never take them from
            a result: a bright scar would shift the scale.

    Returns:
        (u float32, lo, hi).
    """
    lo, hi = limits(image) if scale is None else scale
    share = (np.asarray(image, dtype=np.float64) - lo) / (hi - lo)
    return (2 * np.clip(share, -0.25, 1.5) - 1).astype(np.float32), lo, hi


def denormalise(u: Array, lo: float, hi: float) -> Image:
    """Inverse of `normalise` inside its clip: `lo + (hi - lo) (u + 1) / 2`, float32."""
    return (lo + (hi - lo) * (np.asarray(u, dtype=np.float64) + 1) / 2).astype(np.float32)
