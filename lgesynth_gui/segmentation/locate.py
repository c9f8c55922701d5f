"""Where the heart is in a stack of whole slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.segmentation.anatomy import read_heart, rings
from lgesynth_gui.segmentation.crop import SIZE, limits, normalise
from lgesynth_gui.segmentation.segmenter import Segmenter

LOOKED_AT = 7  # slices, spread over the middle of the stack
STRIDE = 40  # the network was taught hearts up to 25 mm beside the middle
EDGE_MM = 36  # a heart's centre is never nearer to the picture's edge
BATCH = 6
NEAR_MM = 12.0
_HALF = SIZE // 2


@dataclass(frozen=True)
class Vote:
    """A ring seen in a slice.

    Args:
        place: (x, y) plane mm of its centre.
        score: 0 to 1.
        slice: Where it was seen.
    """

    place: Point
    score: float
    slice: int


def locate(segmenter: Segmenter, pixels: Array, spacing: tuple[float, float]) -> Job:
    """Find the left ventricle's place that most slices agree on.

    A window of 128 mm is moved over slices from the middle of the stack; what the windows see is
    averaged, and every closed ring is a vote for its centre.

    Args:
        segmenter: A contour network.
        pixels: Values `(slice, row, column)`.
        spacing: (row, column) mm.

    Returns:
        A job that returns (x, y) plane mm, or None when no slice shows a ring.
    """
    chosen = _middle(len(pixels))
    votes: list[Vote] = []
    for done, index in enumerate(chosen):
        yield Progress(done, len(chosen), "looking for the heart")
        votes += yield from _votes(segmenter, pixels[index], spacing, index)
    return agreed(votes)


def _middle(count: int) -> list[int]:
    """Up to LOOKED_AT slices from 15 to 85 % of the stack."""
    places = np.linspace(0.15 * (count - 1), 0.85 * (count - 1), LOOKED_AT)
    return sorted({round(float(place)) for place in places})


def agreed(votes: Sequence[Vote]) -> Point | None:
    """The place most votes lie around; no slice counts twice for one place.

    Returns:
        (x, y) mm, or None without votes.
    """
    if not votes:
        return None
    places = np.array([vote.place for vote in votes])
    scores = np.array([vote.score for vote in votes])
    slices = np.array([vote.slice for vote in votes])
    gaps = np.linalg.norm(places[:, None] - places, axis=2)
    weight = np.exp(-((gaps / NEAR_MM) ** 2) / 2) * scores
    support = [
        sum(float(weight[k, slices == one].max()) for one in np.unique(slices))
        for k in range(len(votes))
    ]
    best = weight[int(np.argmax(support))]
    x, y = (best[:, None] * places).sum(axis=0) / best.sum()
    return float(x), float(y)


def _votes(segmenter: Segmenter, image: Array, spacing: tuple[float, float], index: int) -> Job:
    whole = in_millimetres(image, spacing)
    padded = np.pad(whole, _HALF, mode="symmetric" if min(whole.shape) >= _HALF else "edge")
    corners = [(r, c) for r in _corners(whole.shape[0]) for c in _corners(whole.shape[1])]
    total = np.zeros((4, *padded.shape))
    seen = np.full(padded.shape, 1e-6)
    for start in range(0, len(corners), BATCH):
        batch = corners[start : start + BATCH]
        u = [_window(padded, corner) for corner in batch]
        kept = [(corner, one) for corner, one in zip(batch, u, strict=True) if one is not None]
        if kept:
            found = read_heart(segmenter, np.stack([one for _, one in kept]))
            for (corner, _), one in zip(kept, found, strict=True):
                here = (slice(corner[0], corner[0] + SIZE), slice(corner[1], corner[1] + SIZE))
                total[(slice(None), *here)] += one * _taper()
                seen[here] += _taper()
        yield None
    total[0] += 1e-6  # where nobody looked there is nothing
    mean = (total / seen)[:, _HALF:-_HALF, _HALF:-_HALF].astype(np.float32)
    return [Vote((one.centre[1], one.centre[0]), one.score, index) for one in rings(mean)]


def in_millimetres(image: Array, spacing: tuple[float, float]) -> NDArray[np.float32]:
    """A whole slice resampled (linear) to pixels of 1 mm, pixel (0, 0) at the plane's origin."""
    values = np.asarray(image, dtype=np.float32)
    sigma = [max(0.0, (1 / step - 1) / 2) for step in spacing]
    if max(sigma) > 0:
        values = ndimage.gaussian_filter(values, sigma)
    sizes = [int((n - 1) * step) + 1 for n, step in zip(values.shape, spacing, strict=True)]
    places = [np.arange(size) / step for size, step in zip(sizes, spacing, strict=True)]
    grid = np.meshgrid(*places, indexing="ij")
    return np.asarray(ndimage.map_coordinates(values, grid, order=1, mode="nearest"))


def _corners(size: int) -> list[int]:
    """First padded pixel of the windows along one side; a window's middle is a place in the image.

    Middles lie at most STRIDE apart and cover all but EDGE_MM of the picture.
    """
    first, last = EDGE_MM, size - 1 - EDGE_MM
    if last <= first:
        return [(size - 1) // 2]
    count = -(-(last - first) // STRIDE)
    inner = np.linspace(first, last, 2 * count + 1)[1::2] if count else [first]
    return [round(float(place)) for place in inner]


def _window(padded: NDArray[np.float32], corner: tuple[int, int]) -> NDArray[np.float32] | None:
    piece = padded[corner[0] : corner[0] + SIZE, corner[1] : corner[1] + SIZE]
    try:
        return normalise(piece, limits(piece))[0]
    except LgeSynthError:
        return None


@cache
def _taper() -> NDArray[np.float64]:
    """Weight of a window's pixels: the middle counts most."""
    steps = (np.arange(SIZE) - (SIZE - 1) / 2) / (SIZE / 2)
    one = np.cos(np.pi / 2 * steps) ** 2
    return np.asarray(np.outer(one, one) + 1e-3)
