"""Edits of a heart border as pure functions: points in, points out, millimetres throughout.

A border is a closed polygon. The endocardium stays inside the epicardium: `held_apart` lets an
edit go as far as it can without crossing, and says where it was stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np

from lgesynth_gui.core.contours import Point, Polygon, SliceContours
from lgesynth_gui.core.geometry import Floats

Border = Literal["endo", "epi"]
REACH_MM = 7.0  # how far along the border a drag is felt (one standard deviation)
HANDLE_PX = 14.0  # points nearer to each other on the screen crowd and are not shown
FINE_MM, TOUCHING_MM = 1.5, 0.2  # spacing of the points while a brush pushes: most, least
HALVINGS = 7  # of the way to a crossing
STRONGEST, WEAKEST = 1.5, 24.0  # harmonics of a border that smoothing leaves: at 100 % and near 0


def border_of(contours: SliceContours, border: Border) -> Polygon:
    """One of the two."""
    return contours.endo if border == "endo" else contours.epi


def replaced(contours: SliceContours, border: Border, points: Polygon) -> SliceContours:
    """One of the two replaced."""
    if border == "endo":
        return replace(contours, endo=points)
    return replace(contours, epi=points)


def points_of(border: Polygon) -> Floats:
    """Vertices as `(n, 2)` float64."""
    return np.asarray(border, dtype=np.float64).reshape(-1, 2)


def polygon_of(points: Floats) -> Polygon:
    """Vertices as plain numbers."""
    return tuple((float(x), float(y)) for x, y in points)


def crowded(border: Polygon, px_mm: float) -> bool:
    """Whether the points lie too close on the screen to be taken hold of one by one."""
    points = points_of(border)
    gaps = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    return bool(np.median(gaps) < HANDLE_PX * px_mm)


def nearest_vertex(border: Polygon, at: Point) -> tuple[int, float]:
    """(number of the nearest point, its distance in mm)."""
    gaps = np.hypot(*(points_of(border) - np.asarray(at)).T)
    return int(gaps.argmin()), float(gaps.min())


def nearest_edge(border: Polygon, at: Point) -> tuple[int, Point, float]:
    """(number of the nearest edge, its point nearest to `at`, the distance in mm).

    Edge k runs from point k to the next.
    """
    start = points_of(border)
    step = np.roll(start, -1, axis=0) - start
    way = np.asarray(at) - start
    along = np.clip((way * step).sum(1) / np.maximum((step**2).sum(1), 1e-12), 0.0, 1.0)
    foot = start + along[:, None] * step
    gaps = np.hypot(*(foot - np.asarray(at)).T)
    best = int(gaps.argmin())
    return best, (float(foot[best, 0]), float(foot[best, 1])), float(gaps[best])


def with_vertex(border: Polygon, number: int, at: Point) -> Polygon:
    """One point moved."""
    return (*border[:number], at, *border[number + 1 :])


def with_inserted(border: Polygon, edge: int, at: Point) -> Polygon:
    """A point more, on an edge."""
    return (*border[: edge + 1], at, *border[edge + 1 :])


def without_vertex(border: Polygon, number: int) -> Polygon:
    """A point less; three always stay."""
    return border if len(border) <= 3 else (*border[:number], *border[number + 1 :])


def shifted(border: Polygon, step: Point) -> Polygon:
    """The whole ring moved."""
    return polygon_of(points_of(border) + np.asarray(step))


def bent(border: Polygon, hold: Point, step: Point, reach_mm: float = REACH_MM) -> Polygon:
    """The border dragged softly: what lies along it near `hold` follows most.

    Args:
        border: As it was when it was taken hold of.
        hold: Where that was.
        step: How far it was dragged since, mm.
        reach_mm: Standard deviation of the fall-off along the border.
    """
    points = points_of(border)
    gaps = np.hypot(*(points - np.asarray(hold)).T)
    steps = np.hypot(*(np.roll(points, -1, axis=0) - points).T)
    place = np.concatenate([[0.0], np.cumsum(steps)[:-1]])
    away = np.abs(place - place[int(gaps.argmin())])
    away = np.minimum(away, steps.sum() - away) / reach_mm
    return polygon_of(points + np.exp(-0.5 * away**2)[:, None] * np.asarray(step))


def resampled(border: Polygon, count: int) -> Polygon:
    """The same line with `count` points at equal distances along it, the first one kept."""
    points = points_of(border)
    closed = np.concatenate([points, points[:1]])
    place = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    at = np.linspace(0.0, place[-1], count, endpoint=False)
    return polygon_of(np.stack([np.interp(at, place, closed[:, k]) for k in (0, 1)], axis=1))


def fine(border: Polygon) -> Polygon:
    """The very same line with points so dense that a brush can push it, and none on another."""
    points = points_of(border)
    points = points[np.hypot(*(points - np.roll(points, 1, axis=0)).T) > TOUCHING_MM]
    if len(points) < 3:
        return border
    step = np.roll(points, -1, axis=0) - points
    parts = np.maximum(np.ceil(np.hypot(*step.T) / FINE_MM).astype(int), 1)
    number = np.repeat(np.arange(len(points)), parts)
    first = np.cumsum(parts) - parts
    share = (np.arange(parts.sum()) - first[number]) / parts[number]
    return polygon_of(points[number] + share[:, None] * step[number])


def pushed(border: Polygon, centre: Point, radius_mm: float) -> Polygon:
    """The border pushed out of a disc; what lies outside the disc stays.

    Whether that makes the ring larger or smaller follows from the side the disc comes from.
    """
    points = points_of(border)
    way = points - np.asarray(centre)
    gap = np.hypot(*way.T)
    hit = gap < radius_mm
    if not hit.any():
        return border
    unit = way / np.maximum(gap, 1e-9)[:, None]
    return polygon_of(np.where(hit[:, None], np.asarray(centre) + unit * radius_mm, points))


def between(first: Polygon, last: Polygon, share: float) -> Polygon:
    """Part of the way from one border to another with as many points."""
    a, b = points_of(first), points_of(last)
    return polygon_of(a + share * (b - a))


def smoothed(border: Polygon, amount: float) -> Polygon:
    """The border with its small waves damped; its size, place and ellipse stay.

    Args:
        border: At least three points.
        amount: 0 leaves it as it is, 1 leaves little but an ellipse.
    """
    if amount <= 0.0:
        return border
    count = max(len(border), 48)
    line = points_of(resampled(border, count))
    waves = np.fft.fft(line[:, 0] + 1j * line[:, 1])
    order = np.abs(np.fft.fftfreq(count, 1.0 / count))
    cut = WEAKEST * (STRONGEST / WEAKEST) ** min(amount, 1.0)
    kept = np.fft.ifft(waves * np.exp(-0.5 * (np.maximum(order - 1.0, 0.0) / cut) ** 2))
    return polygon_of(np.stack([kept.real, kept.imag], axis=1))


def crossings(contours: SliceContours) -> tuple[Point, ...]:
    """Where the endocardium meets the epicardium; where it lies outside, its first point; or ()."""
    if not contours.endo:
        return ()
    a, b = points_of(contours.endo), points_of(contours.epi)
    r, s = np.roll(a, -1, axis=0) - a, np.roll(b, -1, axis=0) - b
    turn = r[:, None, 0] * s[None, :, 1] - r[:, None, 1] * s[None, :, 0]
    way = b[None] - a[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (way[..., 0] * s[None, :, 1] - way[..., 1] * s[None, :, 0]) / turn
        u = (way[..., 0] * r[:, None, 1] - way[..., 1] * r[:, None, 0]) / turn
    met = (turn != 0) & (t >= 0) & (t <= 1) & (u >= 0) & (u <= 1)
    edge, other = np.nonzero(met)
    if len(edge):
        return polygon_of(a[edge] + t[edge, other][:, None] * r[edge])
    return () if inside(contours.epi, contours.endo[0]) else (contours.endo[0],)


def held_apart(
    before: SliceContours, border: Border, make: Callable[[float], Polygon]
) -> tuple[SliceContours, tuple[Point, ...]]:
    """An edit taken as far as the two borders stay apart.

    Args:
        before: The last contours that were good.
        border: Which border is edited.
        make: The edited border for a share of the way, 1 being all of it.

    Returns:
        The contours, and where a full edit would have crossed (empty when all of it was made).
    """

    def at(share: float) -> SliceContours:
        return replaced(before, border, make(share))

    whole = at(1.0)
    met = crossings(whole)
    if not met or crossings(before):  # borders that cross already may be brought apart
        return whole, met[:1]
    low, high, best = 0.0, 1.0, before
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        tried = at(middle)
        if crossings(tried):
            high = middle
        else:
            low, best = middle, tried
    return best, met[:1]


def inside(border: Polygon, at: Point) -> bool:
    """Whether a point lies in the ring, by the even-odd rule."""
    (x1, y1), (px, py) = points_of(border).T, at
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    spans = (y1 > py) != (y2 > py)
    with np.errstate(divide="ignore", invalid="ignore"):
        met = x1 + (py - y1) * (x2 - x1) / (y2 - y1)
    return bool(np.count_nonzero(spans & (met > px)) % 2)
