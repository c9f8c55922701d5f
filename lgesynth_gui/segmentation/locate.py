"""Where the heart is in a stack of whole slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.segmentation.anatomy import Probabilities, read_heart, rings
from lgesynth_gui.segmentation.crop import SIZE, limits, normalise
from lgesynth_gui.segmentation.pose import AS_STORED, Pose
from lgesynth_gui.segmentation.segmenter import Segmenter

LOOKED_AT = 3  # slices of the middle of the stack; more when they do not agree
LOOKED_AT_MOST = 9
STRIDE = 40  # the network was taught hearts up to 25 mm beside the middle
EDGE_MM = 36  # a heart's centre is never nearer to the picture's edge
BATCH = 6
NEAR_MM = 12.0
SURE = 0.75  # support above which nothing else is tried
CONFIRMED = 0.85  # score of rings in the middle of a window that leaves no doubt of the place
CLEARLY = 0.1  # more support another pose must have
LEAST = 0.3  # support below which there is no heart
_HALF = SIZE // 2
_MIDDLE = (SIZE - 1) / 2


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


@dataclass(frozen=True)
class Place:
    """Where a heart is.

    Args:
        centre: (x, y) plane mm.
        pose: How it lies.
        support: Mean score of its rings over the slices looked at, 0 to 1.
    """

    centre: Point
    pose: Pose
    support: float


def locate(
    segmenter: Segmenter, pixels: Array, spacing: tuple[float, float], pose: Pose = AS_STORED
) -> Job:
    """Find the left ventricle's place that most slices agree on.

    A window of 128 mm is moved over slices from the middle of the stack; what the windows see is
    averaged, and every closed ring is a vote for its centre. Unless they agree well, the other
    quarter turns are tried too, and more slices.

    Args:
        segmenter: A contour network.
        pixels: Values `(slice, row, column)`.
        spacing: (row, column) mm.
        pose: How the heart is expected to lie.

    Returns:
        A job that returns a `Place`, or None when the slices show no heart.
    """
    stack = _Stack(segmenter, pixels, spacing)
    few = _spread(len(pixels), LOOKED_AT)
    found: Place | None = yield from stack.searched(few, pose)
    if found is not None and found.support >= SURE:
        return found
    if found is not None:
        middle: Place | None = yield from stack.searched(few, pose, _middle_of(found.centre))
        if middle is not None and middle.support >= CONFIRMED:
            return (yield from _turned(stack, few, middle))
    for other in pose.rotations()[1:]:
        turned: Place | None = yield from stack.searched(few, other)
        found = _better(found, turned)
    more = _spread(len(pixels), LOOKED_AT_MOST)
    if len(more) > len(few):
        found = yield from stack.searched(more, pose if found is None else found.pose)
    return found if found is not None and found.support >= LEAST else None


def _better(first: Place | None, second: Place | None) -> Place | None:
    """The second when it is clearly better supported."""
    if first is None or second is None:
        return first or second
    return second if second.support > first.support + CLEARLY else first


def _turned(stack: _Stack, chosen: Sequence[int], place: Place) -> Job:
    """The same place in the pose that windows around it support best."""
    best: Place | None = None
    for pose in place.pose.rotations():
        seen: Place | None = yield from stack.searched(chosen, pose, _around(place.centre))
        best = _better(best, seen)
    return place if best is None else replace(place, pose=best.pose)


@dataclass(frozen=True, eq=False)
class _Stack:
    """What is searched."""

    segmenter: Segmenter
    pixels: Array
    spacing: tuple[float, float]

    def searched(
        self,
        chosen: Sequence[int],
        pose: Pose,
        middles: Sequence[tuple[float, float]] | None = None,
    ) -> Job:
        """The best place of some slices; `middles` are (row, column) mm, None = everywhere."""
        votes: list[Vote] = []
        for done, index in enumerate(chosen):
            yield Progress(done, len(chosen), "looking for the heart")
            whole = in_millimetres(self.pixels[index], self.spacing)
            mean = yield from _seen(self.segmenter, whole, pose, middles or _everywhere(whole))
            votes += [Vote((x, y), score, index) for y, x, score in _centres(mean)]
        found = agreed(votes)
        return None if found is None else Place(found[0], pose, found[1] / len(chosen))


def _centres(probability: Probabilities) -> list[tuple[float, float, float]]:
    return [(*one.centre, one.score) for one in rings(probability)]


def _spread(count: int, most: int) -> list[int]:
    """Up to `most` slices from 20 to 80 % of the stack."""
    places = np.linspace(0.2 * (count - 1), 0.8 * (count - 1), most)
    return sorted({round(float(place)) for place in places})


def agreed(votes: Sequence[Vote]) -> tuple[Point, float] | None:
    """The place most votes lie around; no slice counts twice for one place.

    Returns:
        (x, y) mm and the sum of its slices' scores, or None without votes.
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
    best = int(np.argmax(support))
    x, y = (weight[best][:, None] * places).sum(axis=0) / weight[best].sum()
    return (float(x), float(y)), support[best]


def _seen(
    segmenter: Segmenter,
    whole: NDArray[np.float32],
    pose: Pose,
    middles: Sequence[tuple[float, float]],
) -> Job:
    """What windows around some places see, averaged: `(4, row, column)` on a grid of 1 mm."""
    padded = np.pad(whole, _HALF, mode="symmetric" if min(whole.shape) >= _HALF else "edge")
    corners = [_corner(middle, whole.shape) for middle in middles]
    total = np.zeros((4, *padded.shape))
    seen = np.full(padded.shape, 1e-6)
    total[0] = 1e-6  # where nobody looks there is nothing
    for start in range(0, len(corners), BATCH):
        batch = corners[start : start + BATCH]
        pairs = [(corner, _window(padded, corner)) for corner in batch]
        kept = [(corner, u) for corner, u in pairs if u is not None]
        if kept:
            found = read_heart(segmenter, np.stack([u for _, u in kept]), pose)
            for (corner, _), one in zip(kept, found, strict=True):
                here = (slice(corner[0], corner[0] + SIZE), slice(corner[1], corner[1] + SIZE))
                total[(slice(None), *here)] += one * _taper()
                seen[here] += _taper()
        yield None
    return (total / seen)[:, _HALF:-_HALF, _HALF:-_HALF].astype(np.float32)


def _corner(middle: tuple[float, float], shape: tuple[int, ...]) -> tuple[int, int]:
    """First padded pixel of the window around a place, which is moved into the picture."""
    row, column = (
        round(float(np.clip(place, 0, size - 1)) - _MIDDLE) + _HALF
        for place, size in zip(middle, shape, strict=True)
    )
    return max(0, row), max(0, column)


def _everywhere(whole: Array) -> list[tuple[float, float]]:
    """Windows' middles all over a picture."""
    rows, columns = (_along(size) for size in whole.shape)
    return [(row, column) for row in rows for column in columns]


def _middle_of(centre: Point) -> list[tuple[float, float]]:
    return [(centre[1], centre[0])]


def _around(centre: Point) -> list[tuple[float, float]]:
    """Four windows that show a place beside their middle, as windows of a search do."""
    off = STRIDE / 2
    return [(centre[1] + down, centre[0] + right) for down in (-off, off) for right in (-off, off)]


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


def _along(size: int) -> list[float]:
    """Middles of the windows along one side, at most STRIDE apart.

    Together they show every place not nearer than EDGE_MM to the picture's edge within half a
    STRIDE of a middle.
    """
    first, last = EDGE_MM, size - 1 - EDGE_MM
    if last <= first:
        return [(size - 1) / 2]
    count = -(-(last - first) // STRIDE)
    return [float(place) for place in np.linspace(first, last, 2 * count + 1)[1::2]]


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
