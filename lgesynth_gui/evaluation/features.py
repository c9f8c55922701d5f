"""Hand-made features of the ventricle's crop, and the distance of two sets of pictures in them.

In the spirit of the Frechet radiomic distance: first-order statistics, grey-level co-occurrence
and Haar band energies take the place of a network's features.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import sqrtm
from skimage.feature import graycomatrix, graycoprops

from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.synthesis.codec import HaarPacket

LEVELS = 16
RANGE = (-1.5, 2.0)  # of normalised pictures
MARGIN_PX = 5
SPLITS = 40
LEAST_GROUPS = 4  # patients, so that halves of them can differ
_TINY = 1e-6
Floats = NDArray[np.float64]


def ventricle(wall: Wall) -> tuple[slice, slice]:
    """Rows and columns of the wall's box and 5 mm around it."""
    rows, columns = np.nonzero(wall.mask)
    low = [max(int(axis.min()) - MARGIN_PX, 0) for axis in (rows, columns)]
    high = [int(axis.max()) + MARGIN_PX + 1 for axis in (rows, columns)]
    return slice(low[0], high[0]), slice(low[1], high[1])


def features(picture: Array, wall: Wall) -> Floats:
    """Features of a normalised picture's ventricle, `(32,)`."""
    crop = np.asarray(picture[ventricle(wall)], dtype=np.float64)
    return np.concatenate([_first_order(crop), _co_occurrence(crop), _bands(crop)])


def _first_order(crop: Floats) -> Floats:
    values = crop.ravel()
    share = np.histogram(values, 32, RANGE)[0] / values.size
    held = share[share > 0]
    spread = max(float(values.std()), _TINY)
    centred = (values - values.mean()) / spread
    return np.array(
        [
            values.mean(),
            spread,
            float((centred**3).mean()),
            float((centred**4).mean()),
            *np.percentile(values, (10, 50, 90)),
            -float((held * np.log2(held)).sum()),
        ]
    )


def _co_occurrence(crop: Floats) -> Floats:
    share = (np.clip(crop, *RANGE) - RANGE[0]) / (RANGE[1] - RANGE[0])
    grey = np.minimum((share * LEVELS).astype(np.uint8), LEVELS - 1)
    angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    table = graycomatrix(grey, [1, 3], angles, LEVELS, symmetric=True, normed=True)
    names = ("contrast", "homogeneity", "correlation", "energy")
    return np.concatenate([graycoprops(table, name).mean(axis=1) for name in names])


def _bands(crop: Floats) -> Floats:
    height, width = (size - size % 4 for size in crop.shape)
    whole = torch.from_numpy(crop[:height, :width].astype(np.float32))[None, None]
    energy = HaarPacket().encode(whole).square().mean(dim=(0, 2, 3)).numpy()
    return np.log(energy.astype(np.float64) + _TINY)


def frechet(first: Floats, second: Floats) -> float:
    """Frechet distance of two sets of features `(n, d)`, each seen as one normal distribution."""
    means = [one.mean(axis=0) for one in (first, second)]
    spreads = [np.cov(one, rowvar=False) + _TINY * np.eye(one.shape[1]) for one in (first, second)]
    root = np.real(sqrtm(spreads[0] @ spreads[1]))
    gap = float(((means[0] - means[1]) ** 2).sum())
    return max(0.0, gap + float(np.trace(spreads[0] + spreads[1] - 2 * root)))


def split_distance(
    real: Floats, other: Floats, groups: Sequence[str], rng: np.random.Generator
) -> tuple[float, float, float]:
    """Frechet distance between halves: other pictures of some cases, real ones of the others.

    Both halves change from split to split and never share a case; with `other` the real pictures
    themselves this is the floor, of the same sample size and so of the same bias.

    Args:
        real: Features `(n, d)` of the true slices, at least 4.
        other: The same cases' features under a system.
        groups: Patient of each case; none is in both halves.
        rng: Decides the splits.

    Returns:
        (median, 2.5th, 97.5th percentile) over 40 splits; features scaled by the real ones.
    """
    scale = np.maximum(real.std(axis=0), _TINY)
    real, other = (real - real.mean(axis=0)) / scale, (other - real.mean(axis=0)) / scale
    found = []
    for first, second in halvings(groups, rng):
        found.append(frechet(real[first], other[second]))
    low, middle, high = np.percentile(found, (2.5, 50, 97.5))
    return float(middle), float(low), float(high)


def halvings(
    groups: Sequence[str], rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Places of two halves, 40 times; whole groups where there are enough, else single cases."""
    names = list(dict.fromkeys(groups))
    if len(names) < LEAST_GROUPS:
        groups = [str(k) for k in range(len(groups))]
        names = list(groups)
    members = [np.flatnonzero([one == name for one in groups]) for name in names]
    for _ in range(SPLITS):
        order = rng.permutation(len(names))
        parts = np.split(order, [len(order) // 2])
        first, second = (np.concatenate([members[k] for k in part]) for part in parts)
        yield first, second


def mover_distance(first: Sequence[Floats], second: Sequence[Floats]) -> float:
    """Earth-mover distance of pooled values; every case counts the same, however many pixels."""
    held = [[one for one in some if len(one)] for some in (first, second)]
    if not all(held):
        return float("nan")
    values = [np.concatenate(some) for some in held]
    weights = [np.concatenate([np.full(len(one), 1 / len(one)) for one in some]) for some in held]
    return float(stats.wasserstein_distance(values[0], values[1], weights[0], weights[1]))
