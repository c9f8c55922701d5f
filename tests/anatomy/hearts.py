"""Ring hearts for the tests of this package."""

import numpy as np

from lgesynth_gui.anatomy.wall import Wall, wall_of
from lgesynth_gui.core.contours import Point, Polygon, SliceContours

SHAPE = (128, 128)
SPACING = (1.0, 1.0)
CENTRE = (64.3, 63.7)


def at(angle_deg: float, radius: float, centre: Point = CENTRE) -> Point:
    t = np.deg2rad(angle_deg)
    return (float(centre[0] + radius * np.cos(t)), float(centre[1] - radius * np.sin(t)))


def circle(radius: float, centre: Point = CENTRE, turn: float = 0.0, count: int = 72) -> Polygon:
    return tuple(at(turn + 360.0 * i / count, radius, centre) for i in range(count))


def wobbly(radius: float, turn: float = 0.0, centre: Point = CENTRE) -> Polygon:
    angles = np.arange(0.0, 360.0, 5.0)
    radii = radius + 1.2 * np.cos(np.deg2rad(2 * angles)) + 0.8 * np.sin(np.deg2rad(3 * angles))
    return tuple(at(a + turn, r, centre) for a, r in zip(angles, radii, strict=True))


def ring(
    inner: float = 24.0, outer: float = 33.0, centre: Point = CENTRE, **extra
) -> SliceContours:
    endo = circle(inner, centre) if inner else ()
    return SliceContours(endo, circle(outer, centre), **extra)


def ring_wall(inner: float = 24.0, outer: float = 33.0, spacing: float = 1.0) -> Wall:
    size = round(128 / spacing)
    return wall_of(ring(inner, outer), (size, size), (spacing, spacing))


def radius_map(wall: Wall) -> np.ndarray:
    y, x = np.mgrid[: wall.mask.shape[0], : wall.mask.shape[1]]
    return np.hypot(x * wall.spacing[1] - CENTRE[0], y * wall.spacing[0] - CENTRE[1])


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / max(1, (a | b).sum()))
