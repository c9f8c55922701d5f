"""Proposes heart contours for a whole series: find the heart, read every slice, keep the rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import HeartContours, Point, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.registry.cards import models_of
from lgesynth_gui.segmentation.anatomy import Probabilities, Ring, read_heart, rings
from lgesynth_gui.segmentation.crop import SIZE, Crop, limits, normalise, take
from lgesynth_gui.segmentation.locate import Place, locate
from lgesynth_gui.segmentation.pose import Pose, pose_of
from lgesynth_gui.segmentation.segmenter import Segmenter, load_segmenter

STRAIGHT = ((0, 0),)
LOOKS = (*STRAIGHT, (6, 4), (-5, 3))  # pixels beside the middle
MOVES = 3
STILL_MM = 1.5
FARTHEST_MM = 35.0  # a ring this far from where the heart is expected is another thing
ASTRAY_MM = 18.0  # from the line through the other slices' centres
LEAST_SCORE = 0.7
_MIDDLE = (SIZE - 1) / 2


def propose_contours(series: LgeSeries, device: str = "cpu") -> Job:
    """Outline the heart in every slice in which the contour network finds a closed ring.

    Args:
        series: Any short-axis stack.
        device: Where to compute.

    Returns:
        A job that yields progress and returns `HeartContours`, none of them accepted; slices
        without a ring stay without contours.

    Raises:
        LgeSynthError: there is no contour network.
    """
    yield Progress(0, 1, "loading the contour network")
    cards = models_of("contours")
    if not cards:
        raise LgeSynthError(
            "There is no network that finds the heart.", "Draw the contours, or load them."
        )
    segmenter = load_segmenter(cards[0], device)
    return (yield from find_contours(segmenter, series))


@dataclass(frozen=True, eq=False)
class Outline:
    """A ring with the crop it was found in.

    Args:
        crop: Where the ring's grid lies.
        ring: What was found.
    """

    crop: Crop
    ring: Ring

    @property
    def centre(self) -> Point:
        """Plane mm of the ventricle's centre."""
        row, column = self.ring.centre
        return self.crop.centre[0] + column - _MIDDLE, self.crop.centre[1] + row - _MIDDLE

    def far_from(self, place: Point) -> float:
        """Millimetres from its centre to a place."""
        return float(np.hypot(self.centre[0] - place[0], self.centre[1] - place[1]))


def find_contours(segmenter: Segmenter, series: LgeSeries) -> Job:
    """`propose_contours` with a network at hand."""
    spacing = (series.spacing[1], series.spacing[2])
    count = series.shape[0]
    place: Place | None = yield from locate(
        segmenter, series.pixels, spacing, pose_of(series.geometry)
    )
    if place is None:
        return HeartContours((None,) * count)
    found: list[Outline | None] = [None] * count
    for done, index in enumerate(sorted(range(count), key=lambda i: abs(2 * i - count + 1))):
        yield Progress(done, count, "outlining the heart")
        expected = _neighbour(found, index, place.centre)
        image = series.pixels[index]
        found[index] = yield from _outlined(segmenter, image, spacing, expected, place.pose)
    for index in _astray(found):
        expected = _line(found, index) or place.centre
        image = series.pixels[index]
        found[index] = yield from _outlined(segmenter, image, spacing, expected, place.pose)
    for index in _astray(found):
        found[index] = None
    yield Progress(count, count, "outlining the heart")
    return HeartContours(tuple(None if one is None else _contours(one, place) for one in found))


def _neighbour(found: Sequence[Outline | None], index: int, otherwise: Point) -> Point:
    """Centre of the nearest slice already outlined."""
    known = [(abs(i - index), one.centre) for i, one in enumerate(found) if one is not None]
    return min(known)[1] if known else otherwise


def _outlined(
    segmenter: Segmenter, image: Array, spacing: tuple[float, float], place: Point, pose: Pose
) -> Job:
    """The `Outline` near a place of one slice, or None: the crop follows what it shows."""
    centre = place
    for _ in range(MOVES):
        crop = Crop(centre, spacing)
        one = _nearest(_read(segmenter, image, crop, pose, STRAIGHT), crop, place)
        yield None
        if one is None or one.far_from(centre) < STILL_MM:
            break
        centre = one.centre
    crop = Crop(centre, spacing)
    final = _nearest(_read(segmenter, image, crop, pose, LOOKS), crop, place)
    yield None
    return final


def _read(
    segmenter: Segmenter,
    image: Array,
    crop: Crop,
    pose: Pose,
    looks: Sequence[tuple[int, int]],
) -> Probabilities | None:
    """Probabilities on the grid of a crop, averaged over several looks at it.

    Each look is taken upright and upside down: a ventricle looks much the same, what the network
    mistakes for one does not.
    """
    seen: list[NDArray[np.float32]] = []
    for down, right in looks:
        taken = take(image, replace(crop, centre=(crop.centre[0] + right, crop.centre[1] + down)))
        try:
            seen.append(normalise(taken, limits(taken))[0])
        except LgeSynthError:
            return None
    both = (pose, pose.upside_down())
    found = np.mean([read_heart(segmenter, np.stack(seen), one) for one in both], axis=0)
    back = [np.roll(one, shift, (1, 2)) for one, shift in zip(found, looks, strict=True)]
    return np.asarray(np.mean(back, axis=0), dtype=np.float32)


def _nearest(probability: Probabilities | None, crop: Crop, place: Point) -> Outline | None:
    """The best ring that is not too far from a place; nearer ones are better."""
    if probability is None:
        return None
    near = []
    for ring in rings(probability):
        one = Outline(crop, ring)
        gap = one.far_from(place)
        if gap <= FARTHEST_MM and ring.score >= LEAST_SCORE:
            near.append((ring.score * (1 - gap / (2 * FARTHEST_MM)), one))
    return max(near, key=lambda pair: pair[0])[1] if near else None


def _line(found: Sequence[Outline | None], index: int) -> Point | None:
    """Where the other slices' centres say that slice `index` has its own (median slope)."""
    others = [(i, one.centre) for i, one in enumerate(found) if one is not None and i != index]
    if len(others) < 3:
        return None
    at = np.array([i for i, _ in others], dtype=np.float64)
    places = np.array([place for _, place in others])
    first, second = np.triu_indices(len(at), 1)
    slope = np.median((places[second] - places[first]) / (at[second] - at[first])[:, None], axis=0)
    x, y = np.median(places + slope * (index - at)[:, None], axis=0)
    return float(x), float(y)


def _astray(found: Sequence[Outline | None]) -> list[int]:
    """Slices whose ring lies far from the line through the others."""
    off = []
    for index, one in enumerate(found):
        line = _line(found, index)
        if one is not None and line is not None and one.far_from(line) > ASTRAY_MM:
            off.append(index)
    return off


def _contours(one: Outline, place: Place) -> SliceContours | None:
    """Contours in the slice's plane millimetres."""
    drawn = contours_of_mask(one.ring.labels, (1.0, 1.0), one.ring.right)
    if drawn is None or not drawn.endo:
        return None
    dx, dy = one.crop.centre[0] - _MIDDLE, one.crop.centre[1] - _MIDDLE

    def moved(point: Point | None) -> Point | None:
        return None if point is None else (point[0] + dx, point[1] + dy)

    ends = (moved(drawn.rv_anterior), moved(drawn.rv_inferior))
    anterior, inferior = ends[::-1] if place.pose.mirrored else ends
    return replace(
        drawn,
        endo=tuple((x + dx, y + dy) for x, y in drawn.endo),
        epi=tuple((x + dx, y + dy) for x, y in drawn.epi),
        rv_anterior=anterior,
        rv_inferior=inferior,
        rv_centroid=moved(drawn.rv_centroid),
        accepted=False,
    )
