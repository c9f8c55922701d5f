"""Plane polygons in millimetres: area, centroid, inside test, distance, rays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Mask

Floats = npt.NDArray[np.float64]

ROUNDING = 1e-9  # a ray through a vertex must not slip between its two edges


def as_points(polygon: Sequence[tuple[float, float]] | Floats) -> Floats:
    """Vertices as `(n, 2)` float64."""
    return np.asarray(polygon, dtype=np.float64).reshape(-1, 2)


def area(polygon: Sequence[tuple[float, float]] | Floats) -> float:
    """Enclosed area, always >= 0 (shoelace formula), in the square of the points' unit."""
    x, y = as_points(polygon).T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def centroid(polygon: Sequence[tuple[float, float]] | Floats) -> tuple[float, float]:
    """Centre of the enclosed area; the mean vertex when the polygon encloses nothing."""
    points = as_points(polygon)
    mean = points.mean(axis=0)
    x, y = (points - mean).T
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    twice = cross.sum()
    if abs(twice) < 1e-9:
        return float(mean[0]), float(mean[1])
    cx = ((x + np.roll(x, -1)) * cross).sum() / (3 * twice)
    cy = ((y + np.roll(y, -1)) * cross).sum() / (3 * twice)
    return float(mean[0] + cx), float(mean[1] + cy)


def inside_grid(polygon: Sequence[tuple[float, float]] | Floats, xs: Floats, ys: Floats) -> Mask:
    """Even-odd test of every grid node.

    Args:
        polygon: Vertices, implicitly closed.
        xs: Ascending coordinates of the columns, same unit.
        ys: Ascending coordinates of the rows.

    Returns:
        Bool `(len(ys), len(xs))`. Half-open: a left or upper edge belongs to the polygon, a right
        or lower one does not, so polygons that share an edge never share a node.
    """
    points = as_points(polygon)
    toggles = np.zeros((len(ys), len(xs) + 1), dtype=np.int64)
    if len(points) >= 3:
        x1, y1 = points.T
        x2, y2 = np.roll(points, -1, axis=0).T
        row, edge = np.nonzero((y1 > ys[:, None]) != (y2 > ys[:, None]))
        cross = x1[edge] + (ys[row] - y1[edge]) * (x2 - x1)[edge] / (y2 - y1)[edge]
        np.add.at(toggles, (row, np.searchsorted(xs, cross, side="left")), 1)
    after = np.cumsum(toggles[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(after[:, 1:] % 2 == 1)


def inside_points(polygon: Sequence[tuple[float, float]] | Floats, x: Floats, y: Floats) -> Mask:
    """Even-odd test of scattered points `(n,)`, with the same half-open rule as `inside_grid`."""
    x1, y1 = as_points(polygon).T
    x2, y2 = np.roll(x1, -1), np.roll(y1, -1)
    use = y1 != y2
    x1, y1, x2, y2 = x1[use], y1[use], x2[use], y2[use]
    point, edge = np.nonzero((y1 > y[:, None]) != (y2 > y[:, None]))
    cross = x1[edge] + (y[point] - y1[edge]) * (x2 - x1)[edge] / (y2 - y1)[edge]
    hits = np.bincount(point[cross > x[point]], minlength=len(y))
    return np.asarray(hits % 2 == 1)


def distance(polygon: Sequence[tuple[float, float]] | Floats, points: Floats) -> Floats:
    """Distance of each of `points` `(n, 2)` to the polygon's line, >= 0, same unit."""
    start = as_points(polygon)
    step = np.roll(start, -1, axis=0) - start
    length2 = np.maximum((step**2).sum(axis=1), 1e-18)
    px = points[:, 0, None] - start[:, 0]
    py = points[:, 1, None] - start[:, 1]
    along = np.clip((px * step[:, 0] + py * step[:, 1]) / length2, 0, 1)
    gap2 = (px - along * step[:, 0]) ** 2 + (py - along * step[:, 1]) ** 2
    return np.asarray(np.sqrt(gap2.min(axis=1)))


def ray_radii(
    polygon: Sequence[tuple[float, float]] | Floats,
    centre: tuple[float, float],
    angles_deg: Floats,
) -> Floats:
    """Distance from `centre` to the polygon along each angle; the outermost crossing counts.

    Args:
        polygon: Vertices in plane mm (y downwards).
        centre: (x, y) mm.
        angles_deg: `(n,)`, counter-clockwise from the image's right as displayed.

    Returns:
        `(n,)` mm; 0 where the ray meets nothing.
    """
    start = as_points(polygon) - np.asarray(centre)
    step = np.roll(start, -1, axis=0) - start
    theta = np.deg2rad(angles_deg)[:, None]
    ux, uy = np.cos(theta), -np.sin(theta)
    side_a = ux * start[:, 1] - uy * start[:, 0]
    slope = ux * step[:, 1] - uy * step[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        place = -side_a / slope
        radius = ux * (start[:, 0] + place * step[:, 0]) + uy * (start[:, 1] + place * step[:, 1])
    hit = (slope != 0) & (place >= -ROUNDING) & (place <= 1 + ROUNDING) & (radius > 0)
    return np.asarray(np.where(hit, radius, 0.0).max(axis=1))


def angle_of(point: tuple[float, float], centre: tuple[float, float]) -> float:
    """Degrees in [0, 360), counter-clockwise from the image's right, of `point` about `centre`."""
    return float(np.rad2deg(np.arctan2(centre[1] - point[1], point[0] - centre[0])) % 360.0)
