"""Proof that the rest of the picture is the host's own, and how smooth the seam is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lgesynth_gui.core.arrays import Array, Mask

FEATHER_MM = 3.0


@dataclass(frozen=True)
class Untouched:
    """The comparison outside the edited zone.

    Args:
        changed: Pixels whose stored bits differ from the host's.
        total: Pixels outside the edited zone.
        largest: Largest difference among them, in stored units; infinite when one is no number.
    """

    changed: int
    total: int
    largest: float = 0.0


def compare_untouched(host: Array, pixels: Array, edited: Mask) -> Untouched:
    """Compare stored values outside `edited`, bit by bit.

    Args:
        host: Stored values `(slice, row, column)`.
        pixels: The result, same shape and type.
        edited: True where a pixel was allowed to change.

    Raises:
        ValueError: shapes or types differ, so that nothing can be proven.
    """
    if not same_grid(host, pixels) or edited.shape != host.shape:
        raise ValueError("host, result and edited zone are not on one grid")
    outside = ~np.asarray(edited, dtype=bool)
    differs = (_bits(host) != _bits(pixels)) & outside
    changed = int(np.count_nonzero(differs))
    largest = 0.0
    if changed:
        with np.errstate(invalid="ignore"):
            gaps = np.abs(pixels[differs].astype(np.float64) - host[differs].astype(np.float64))
        largest = float(np.where(np.isnan(gaps), np.inf, gaps).max())
    return Untouched(changed, int(np.count_nonzero(outside)), largest)


def same_grid(host: Array, pixels: Array) -> bool:
    """Whether two stacks have the same shape and stored type."""
    return host.shape == pixels.shape and host.dtype == pixels.dtype


def _bits(array: Array) -> Array:
    """Whole numbers that are equal exactly when the stored bytes are."""
    return np.ascontiguousarray(array).view(f"u{array.dtype.itemsize}")


def seam_ratio(
    host: Array,
    pixels: Array,
    edited: Mask,
    spacing: tuple[float, float, float],
    feather_mm: float = FEATHER_MM,
) -> float:
    """Mean gradient across the feather of the result, over that of the host in the same ring.

    The feather is the outermost `feather_mm` of the edited zone; the gradient is the part that
    points across it. All slices are pooled.

    Args:
        host: Stored values `(slice, row, column)`.
        pixels: The result on the same grid.
        edited: True where a pixel was allowed to change: hole and feather.
        spacing: (slice, row, column) mm.
        feather_mm: Width of the ring.

    Returns:
        About 1 when no seam shows; 1 when nothing was edited or the ring is flat in both,
        infinite when it is flat in the host alone.
    """
    before = after = 0.0
    plane = (spacing[1], spacing[2])
    for index in np.flatnonzero(edited.any(axis=(1, 2)) & ~edited.all(axis=(1, 2))):
        depth = ndimage.distance_transform_edt(edited[index], sampling=plane)
        ring = edited[index] & (depth <= feather_mm)
        across = _across(depth, plane)
        before += _steepness(host[index], across, ring, plane)
        after += _steepness(pixels[index], across, ring, plane)
    if before == 0.0:
        return 1.0 if after == 0.0 else float("inf")
    return after / before


def _across(depth: Array, plane: tuple[float, float]) -> tuple[Array, Array]:
    """Unit vector (row, column) across the feather at every pixel."""
    rows, columns = np.gradient(depth, *plane)
    length = np.hypot(rows, columns)
    length[length == 0] = 1.0
    return rows / length, columns / length


def _steepness(
    image: Array, across: tuple[Array, Array], ring: Mask, plane: tuple[float, float]
) -> float:
    rows, columns = np.gradient(np.asarray(image, dtype=np.float64), *plane)
    return float(np.abs(rows * across[0] + columns * across[1])[ring].sum())
