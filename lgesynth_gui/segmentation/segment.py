"""Proposes heart contours for a whole series: find the heart, read every slice, keep the rings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import HeartContours, Point, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.registry.cards import models_of
from lgesynth_gui.segmentation.anatomy import Probabilities, Ring, read_heart, rings
from lgesynth_gui.segmentation.crop import SIZE, Crop, limits, normalise, take
from lgesynth_gui.segmentation.locate import locate
from lgesynth_gui.segmentation.segmenter import Segmenter, load_segmenter

LOOKS = ((0, 0), (6, 4), (-4, 6), (-6, -4), (4, -6))  # pixels beside the middle; averaged
MOVES = 3
STILL_MM = 1.5
FARTHEST_MM = 35.0  # a ring this far from where the heart is expected is another thing
ASTRAY_MM = 18.0  # from the line through the other slices' centres
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


def find_contours(segmenter: Segmenter, series: LgeSeries) -> Job:
    """`propose_contours` with a network at hand."""
    plane = (series.spacing[1], series.spacing[2])
    place = yield from locate(segmenter, series.pixels, plane)
    count = series.shape[0]
    found: list[tuple[Crop, Ring] | None] = [None] * count
    if place is not None:
        for index in range(count):
            yield Progress(index, count, "outlining the heart")
            found[index] = yield from _outlined(segmenter, series.pixels[index], place, plane)
        for index in _astray(found):
            expected = _expected(found, index)
            again = yield from _outlined(segmenter, series.pixels[index], expected, plane)
            found[index] = again
        for index in _astray(found):
            found[index] = None
    yield Progress(count, count, "outlining the heart")
    return HeartContours(tuple(None if one is None else _contours(*one) for one in found))


def _outlined(
    segmenter: Segmenter, image: Array, place: Point, spacing: tuple[float, float]
) -> Job:
    """The ring near a place of one slice with the crop it was found in, or None."""
    centre, ring = place, None
    for _ in range(MOVES):
        crop = Crop(centre, spacing)
        ring = _nearest(_read(segmenter, image, crop, ((0, 0),)), crop, place)
        yield None
        if ring is None:
            break
        moved = _place(ring, crop)
        if np.hypot(moved[0] - centre[0], moved[1] - centre[1]) < STILL_MM:
            break
        centre = moved
    crop = Crop(centre, spacing)
    ring = _nearest(_read(segmenter, image, crop, LOOKS), crop, place)
    yield None
    return None if ring is None else (crop, ring)


def _read(
    segmenter: Segmenter, image: Array, crop: Crop, looks: Sequence[tuple[int, int]]
) -> Probabilities | None:
    """Probabilities on the grid of a crop, averaged over several looks at it."""
    seen: list[NDArray[np.float32]] = []
    for dy, dx in looks:
        aside = replace(crop, centre=(crop.centre[0] + dx, crop.centre[1] + dy))
        taken = take(image, aside)
        try:
            seen.append(normalise(taken, limits(taken))[0])
        except LgeSynthError:
            return None
    found = read_heart(segmenter, np.stack(seen))
    back = [np.roll(one, shift, (1, 2)) for one, shift in zip(found, looks, strict=True)]
    return np.asarray(np.mean(back, axis=0), dtype=np.float32)


def _place(ring: Ring, crop: Crop) -> Point:
    """Plane mm of a ring's centre."""
    row, column = ring.centre
    return crop.centre[0] + column - _MIDDLE, crop.centre[1] + row - _MIDDLE


def _nearest(probability: Probabilities | None, crop: Crop, place: Point) -> Ring | None:
    if probability is None:
        return None
    near = []
    for ring in rings(probability):
        x, y = _place(ring, crop)
        gap = float(np.hypot(x - place[0], y - place[1]))
        if gap <= FARTHEST_MM:
            near.append((ring.score * (1 - gap / (2 * FARTHEST_MM)), ring))
    return max(near, key=lambda pair: pair[0])[1] if near else None


def _line(found: Sequence[tuple[Crop, Ring] | None], index: int) -> Point | None:
    """Where the other slices' centres say that slice `index` has its own (median slope)."""
    others = [(i, _place(one[1], one[0])) for i, one in enumerate(found) if one and i != index]
    if len(others) < 3:
        return None
    at = np.array([i for i, _ in others], dtype=np.float64)
    places = np.array([place for _, place in others])
    first, second = np.triu_indices(len(at), 1)
    slope = np.median((places[second] - places[first]) / (at[second] - at[first])[:, None], axis=0)
    x, y = np.median(places + slope * (index - at)[:, None], axis=0)
    return float(x), float(y)


def _astray(found: Sequence[tuple[Crop, Ring] | None]) -> list[int]:
    """Slices whose ring lies far from the line through the others."""
    off = []
    for index, one in enumerate(found):
        line = _line(found, index)
        if one is not None and line is not None:
            x, y = _place(one[1], one[0])
            if np.hypot(x - line[0], y - line[1]) > ASTRAY_MM:
                off.append(index)
    return off


def _expected(found: Sequence[tuple[Crop, Ring] | None], index: int) -> Point:
    line = _line(found, index)
    assert line is not None
    return line


def _contours(crop: Crop, ring: Ring) -> SliceContours | None:
    """Contours in the slice's plane millimetres."""
    outlined = contours_of_mask(ring.labels, (1.0, 1.0), ring.right)
    if outlined is None or not outlined.endo or not polygons.area(outlined.epi):
        return None
    dx, dy = crop.centre[0] - _MIDDLE, crop.centre[1] - _MIDDLE

    def moved(point: Point | None) -> Point | None:
        return None if point is None else (point[0] + dx, point[1] + dy)

    return replace(
        outlined,
        endo=tuple((x + dx, y + dy) for x, y in outlined.endo),
        epi=tuple((x + dx, y + dy) for x, y in outlined.epi),
        rv_anterior=moved(outlined.rv_anterior),
        rv_inferior=moved(outlined.rv_inferior),
        rv_centroid=moved(outlined.rv_centroid),
        accepted=False,
    )
