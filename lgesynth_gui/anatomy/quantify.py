"""Scar by signal threshold: n-SD, FWHM, Otsu. Which one was used must be named with the result."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import FloatArray, Mask
from lgesynth_gui.core.errors import NoMyocardium

REMOTE_MARGIN_PX = 3
DARKEST_DEG = 60
LEAST_PART_MM2 = 10.0
LARGEST_CORE = 0.4  # of scar and core together; 10-40 % is what acute infarcts show
WRAPPED_DEG = 300.0  # a dark layer that runs this far round is muscle, not a core


def remote_mask(wall: Wall, scar: Mask | None = None, image: FloatArray | None = None) -> Mask:
    """Remote myocardium: the healthy reference of n-SD.

    Args:
        wall: The slice's wall.
        scar: Known or expected scar; remote is the wall at least 3 pixels away from it. None or
            empty means nothing is known.
        image: Signal `(row, column)`; when nothing is known, remote is the darkest contiguous 60
            degrees of it.

    Returns:
        Bool `(row, column)` inside the wall. The whole wall when neither is given.

    Raises:
        NoMyocardium: no wall is left away from the scar.
    """
    if scar is not None and scar.any():
        near = ndimage.binary_dilation(
            scar, structure=np.ones((3, 3), dtype=bool), iterations=REMOTE_MARGIN_PX
        )
        remote = wall.mask & ~near
    elif image is not None and wall.mask.any():
        remote = _darkest_sector(wall, image)
    else:
        remote = wall.mask.copy()
    if not remote.any():
        raise NoMyocardium(
            "No healthy myocardium is left to compare with.", "Mark less scar or use FWHM."
        )
    return np.asarray(remote)


def _darkest_sector(wall: Wall, image: FloatArray) -> Mask:
    degree = np.floor(wall.angle[wall.mask]).astype(int) % 360
    total = np.bincount(degree, weights=np.asarray(image)[wall.mask], minlength=360)
    count = np.bincount(degree, minlength=360)
    twice = np.arange(720) % 360
    sums = np.cumsum(np.append(0.0, total[twice]))
    counts = np.cumsum(np.append(0, count[twice]))
    held = counts[DARKEST_DEG : DARKEST_DEG + 360] - counts[:360]
    mean = (sums[DARKEST_DEG : DARKEST_DEG + 360] - sums[:360]) / np.maximum(held, 1)
    start = int(np.argmin(np.where(held > 0, mean, np.inf)))
    out = np.zeros_like(wall.mask)
    out[wall.mask] = (degree - start) % 360 < DARKEST_DEG
    return out


def n_sd(image: FloatArray, wall_mask: Mask, remote: Mask, n: float) -> Mask:
    """Wall brighter than the remote mean + n standard deviations.

    Args:
        image: Signal `(row, column)`.
        wall_mask: Myocardium.
        remote: Remote myocardium, at least one pixel.
        n: 2, 3, 5 or 6 are in use.

    Raises:
        NoMyocardium: `remote` is empty.
    """
    if not remote.any():
        raise NoMyocardium("No remote myocardium is marked.", "Mark some healthy wall.")
    values = np.asarray(image, dtype=np.float64)[remote]
    return np.asarray(wall_mask & (image > values.mean() + n * values.std()))


def fwhm(
    image: FloatArray, wall_mask: Mask, scar: Mask | None = None, remote: Mask | None = None
) -> Mask:
    """Wall brighter than half of the scar's maximum.

    Args:
        image: Signal `(row, column)`.
        wall_mask: Myocardium.
        scar: Where the maximum is looked for, or None for the whole wall.
        remote: Remote myocardium; needed for PSIR, whose zero is not dark: the threshold is then
            half-way between the remote mean and the maximum. None for magnitude images.

    Raises:
        NoMyocardium: nothing to take the maximum of.
    """
    where = wall_mask if scar is None or not (scar & wall_mask).any() else scar & wall_mask
    if not where.any():
        raise NoMyocardium("This slice holds no myocardium.", "Choose another slice.")
    top = float(np.asarray(image)[where].max())
    floor = float(np.asarray(image)[remote].mean()) if remote is not None and remote.any() else 0.0
    return np.asarray(wall_mask & (image > (top + floor) / 2))


def otsu(image: FloatArray, wall_mask: Mask) -> Mask:
    """The brighter of two classes of the wall's signal (Otsu); empty when the wall is uniform."""
    values = np.asarray(image, dtype=np.float64)[wall_mask]
    if values.size == 0 or values.min() == values.max():
        return np.zeros_like(wall_mask)
    return np.asarray(wall_mask & (image > threshold_otsu(values)))


def tidy(mask: Mask, wall: Wall) -> Mask:
    """A threshold's answer made plausible: specks dropped, enclosed no-reflow filled.

    Parts (8-neighbours) below 10 mm2 go. A dark part of the wall that scar encloses, alone or
    together with the cavity, is no-reflow and counts as scar, unless it is larger than 40 % of
    the scar with it or runs around the ring.
    """
    scar = mask & wall.mask
    parts, count = ndimage.label(scar, structure=np.ones((3, 3)))
    if count:
        sizes = np.bincount(parts.ravel())
        sizes[0] = 0
        scar = (sizes * wall.pixel_mm2 >= LEAST_PART_MM2)[parts]
    if not scar.any():
        return np.asarray(scar)
    closed = ndimage.binary_fill_holes(scar | wall.cavity)
    holes, count = ndimage.label(closed & wall.mask & ~scar)
    total = scar.sum()
    out = scar.copy()
    for number in range(1, count + 1):
        hole = holes == number
        size = hole.sum()
        degrees = np.unique(np.floor(wall.angle[hole] / 3.6)).size * 3.6
        if size <= LARGEST_CORE * (size + total) and degrees < WRAPPED_DEG:
            out |= hole
    return np.asarray(out)
