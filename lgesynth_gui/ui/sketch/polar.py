"""Where the seventeen cells of the polar map lie, and which one is beside which."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot

from PySide6.QtCore import Qt

# Outer radius of each ring and of the apex, as a share of the whole (basal, mid, apical, apex).
RINGS = (1.0, 0.74, 0.49, 0.22)


@dataclass(frozen=True)
class Place:
    """Where a cell lies: angles counter-clockwise from the right, radii as shares."""

    start: float
    end: float
    inner: float
    outer: float


def place_of(segment: int) -> Place:
    """The cell of a segment in the standard polar map (Cerqueira et al., 2002)."""
    if segment == 17:
        return Place(0.0, 360.0, 0.0, RINGS[3])
    if segment >= 13:
        start = 45.0 + 90.0 * (segment - 13)
        return Place(start, start + 90.0, RINGS[3], RINGS[2])
    ring = 0 if segment <= 6 else 1
    start = 60.0 + 60.0 * ((segment - 1) % 6)
    return Place(start, start + 60.0, RINGS[ring + 1], RINGS[ring])


def segment_at(x: float, y: float) -> int | None:
    """Segment at a point of the unit disc (y upwards), or None outside it."""
    radius, angle = hypot(x, y), degrees(atan2(y, x)) % 360.0
    if radius < RINGS[3]:
        return 17
    for first, count, outer in ((13, 4, RINGS[2]), (7, 6, RINGS[1]), (1, 6, RINGS[0])):
        if radius < outer:
            turned = (angle - place_of(first).start) % 360.0
            return first + int(turned / (360.0 / count)) % count
    return None


def neighbour(segment: int, key: Qt.Key) -> int:
    """The cell an arrow key leads to: left and right around the ring, up and down across rings."""
    if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
        step = 1 if key == Qt.Key.Key_Left else -1  # left is counter-clockwise at the top
        for first, count in ((1, 6), (7, 6), (13, 4)):
            if first <= segment < first + count:
                return first + (segment - first + step) % count
        return segment
    rings = (range(1, 7), range(7, 13), range(13, 17), range(17, 18))
    ring = next(i for i, members in enumerate(rings) if segment in members)
    other = ring + (1 if key == Qt.Key.Key_Down else -1)
    if not 0 <= other < len(rings):
        return segment
    here = place_of(segment) if segment != 17 else Place(90.0, 90.0, 0, 0)
    middle = (here.start + here.end) / 2
    return min(
        rings[other],
        key=lambda s: abs(((place_of(s).start + place_of(s).end) / 2 - middle + 180) % 360 - 180),
    )
