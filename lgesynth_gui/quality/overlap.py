"""How well two masks agree: overlap, surface distance, place and size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lgesynth_gui.core.arrays import Array, Mask

Spacing = tuple[float, ...]


def dice(first: Mask, second: Mask) -> float:
    """`2 |A and B| / (|A| + |B|)`; 1 when both are empty.

    Args:
        first: A mask.
        second: Another of the same shape.
    """
    total = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    if not total:
        return 1.0
    return 2 * int(np.count_nonzero(np.logical_and(first, second))) / total


def surface_distances(
    first: Mask, second: Mask, spacing: Spacing
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances in mm from each border pixel of one mask to the border of the other.

    Args:
        first: A mask with pixels.
        second: Another of the same shape, with pixels too.
        spacing: mm per axis.

    Returns:
        From the first's border to the second's, and the other way round. A border pixel is one
        of the mask with a 4-neighbour (6 in a stack) outside it or outside the image.
    """
    borders = [_border(np.asarray(mask, dtype=bool)) for mask in (first, second)]
    away = [ndimage.distance_transform_edt(~border, sampling=spacing) for border in borders]
    return np.asarray(away[1][borders[0]]), np.asarray(away[0][borders[1]])


def _border(mask: Mask) -> Mask:
    return np.asarray(mask & ~ndimage.binary_erosion(mask, border_value=0))


def hd95(first: Mask, second: Mask, spacing: Spacing, wall: Mask | None = None) -> float:
    """95th percentile of the symmetric surface distance, mm: the larger of both directions.

    Args:
        first: A mask.
        second: Another of the same shape.
        spacing: mm per axis.
        wall: The myocardium. When exactly one mask is empty the distance is the diagonal of its
            bounding box (of the whole image without it).

    Returns:
        0 when both masks are empty.
    """
    empty = [not np.any(mask) for mask in (first, second)]
    if all(empty):
        return 0.0
    if any(empty):
        return _diagonal(np.ones(np.shape(first), bool) if wall is None else wall, spacing)
    there, back = surface_distances(first, second, spacing)
    return float(max(np.percentile(there, 95), np.percentile(back, 95)))


def _diagonal(mask: Mask, spacing: Spacing) -> float:
    if not mask.any():
        return 0.0
    spans = [np.ptp(axis) + 1 for axis in np.nonzero(mask)]
    return float(np.linalg.norm(np.multiply(spans, spacing)))


def centre_of_mass(mask: Mask, spacing: Spacing) -> NDArray[np.float64]:
    """Mean place of a mask's pixels, mm per axis; the mask must not be empty."""
    places = np.stack(np.nonzero(mask), axis=1)
    return np.asarray(places.mean(axis=0) * np.asarray(spacing))


def centroid_distance(first: Mask, second: Mask, spacing: Spacing) -> float:
    """Distance of the centres in mm; 0 when both are empty, infinite when one is."""
    empty = [not np.any(mask) for mask in (first, second)]
    if any(empty):
        return 0.0 if all(empty) else float("inf")
    gap = centre_of_mass(first, spacing) - centre_of_mass(second, spacing)
    return float(np.linalg.norm(gap))


def area_ratio(found: Array, asked: Array) -> float:
    """Area of `found` over area of `asked`; 1 when both are empty, infinite when `asked` is."""
    a, b = int(np.count_nonzero(found)), int(np.count_nonzero(asked))
    if not b:
        return 1.0 if not a else float("inf")
    return a / b
