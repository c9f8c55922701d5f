"""The AHA-17 model on a slice: where each segment begins and ends, and which pixels it owns.

Segments and their nominal angles: Cerqueira et al., Circulation 2002;105:539.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lgesynth_gui.anatomy.polygons import angle_of
from lgesynth_gui.anatomy.wall import Wall, centre_of
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Level

Sector = tuple[int, float, float]  # (segment, start_deg, end_deg), start < end, end may pass 360

SIX_WALLS = (
    "anterior",
    "anteroseptal",
    "inferoseptal",
    "inferior",
    "inferolateral",
    "anterolateral",
)
FOUR_WALLS = ("anterior", "septal", "inferior", "lateral")
SEGMENT_NAMES: dict[int, str] = {
    **{i + 1: f"basal {name}" for i, name in enumerate(SIX_WALLS)},
    **{i + 7: f"mid {name}" for i, name in enumerate(SIX_WALLS)},
    **{i + 13: f"apical {name}" for i, name in enumerate(FOUR_WALLS)},
    17: "apex",
}
NOMINAL_ANTERIOR_DEG = 120.0
NOMINAL_SEPTUM_DEG = 120.0


@dataclass(frozen=True)
class Anchors:
    """Angles of the RV insertion points that all sectors hang on.

    Args:
        anterior_deg: Anterior insertion (border of segments 1|2), degrees in [0, 360).
        inferior_deg: Inferior insertion (border of 3|4), or None when sectors step by 60 degrees.
        assumed: True when nothing was known and the nominal 120 degrees is used.
    """

    anterior_deg: float
    inferior_deg: float | None = None
    assumed: bool = False

    @property
    def septum_deg(self) -> float:
        """Angular width of the septum: between the insertions, or the nominal 120."""
        if self.inferior_deg is None:
            return NOMINAL_SEPTUM_DEG
        return (self.inferior_deg - self.anterior_deg) % 360.0

    @property
    def inferior_or_nominal_deg(self) -> float:
        """Angle of the inferior insertion, 120 degrees past the anterior one when not known."""
        return (self.anterior_deg + self.septum_deg) % 360.0


def anchors(contours: SliceContours) -> Anchors:
    """Anchoring angles of one slice.

    One insertion gives 60-degree steps from it; two halve the septum and quarter the rest;
    none takes the direction to the right ventricle as the middle of the septum; with nothing
    known the anterior insertion is assumed at 120 degrees.
    """
    centre = centre_of(contours)
    anterior, inferior = contours.rv_anterior, contours.rv_inferior
    if anterior is not None and inferior is not None:
        return Anchors(angle_of(anterior, centre), angle_of(inferior, centre))
    if anterior is not None:
        return Anchors(angle_of(anterior, centre))
    if inferior is not None:
        return Anchors((angle_of(inferior, centre) - NOMINAL_SEPTUM_DEG) % 360.0)
    if contours.rv_centroid is not None:
        middle = angle_of(contours.rv_centroid, centre)
        return Anchors((middle - NOMINAL_SEPTUM_DEG / 2) % 360.0)
    return Anchors(NOMINAL_ANTERIOR_DEG, assumed=True)


def anchors_in(heart: HeartContours, index: int) -> Anchors:
    """Anchors of slice `index`, borrowed from the nearest slice that knows its RV if it does not.

    Raises:
        LgeSynthError: the slice has no contours.
    """
    own = heart.slices[index]
    if own is None:
        raise LgeSynthError(f"Slice {index + 1} has no heart contour.", "Draw or propose one.")
    for other in sorted(heart.outlined(), key=lambda i: (abs(i - index), i)):
        contours = heart.slices[other]
        if contours is not None:
            found = anchors(contours)
            if not found.assumed:
                return found
    return anchors(own)


def is_mirrored(contours: SliceContours) -> bool:
    """True when the display is mirrored: the septum runs clockwise, or the RV lies at the right.

    With both insertions the inferior one must follow the anterior one counter-clockwise within
    180 degrees; with one insertion and the RV's centre, likewise for the RV; with the RV's
    centre alone, an RV at the image's right counts as mirrored. Nothing known: False.
    """
    centre = centre_of(contours)
    anterior, inferior, rv = contours.rv_anterior, contours.rv_inferior, contours.rv_centroid
    if anterior is not None and inferior is not None:
        return (angle_of(inferior, centre) - angle_of(anterior, centre)) % 360.0 > 180.0
    if rv is None:
        return False
    middle = angle_of(rv, centre)
    if anterior is not None:
        return (middle - angle_of(anterior, centre)) % 360.0 > 180.0
    if inferior is not None:
        return (angle_of(inferior, centre) - middle) % 360.0 > 180.0
    return rv[0] > centre[0]


def segments_of(level: Level) -> tuple[int, ...]:
    """AHA segments of a ring, ascending."""
    return {
        Level.BASAL: tuple(range(1, 7)),
        Level.MID: tuple(range(7, 13)),
        Level.APICAL: tuple(range(13, 17)),
        Level.APEX: (17,),
    }[level]


def level_of(segment: int) -> Level:
    """Ring of an AHA segment, 1 to 17.

    Raises:
        LgeSynthError: there is no such segment.
    """
    for level in Level:
        if segment in segments_of(level):
            return level
    raise LgeSynthError(f"There is no segment {segment}.", "Segments are numbered 1 to 17.")


def sectors(level: Level, anchors: Anchors) -> tuple[Sector, ...]:
    """Sectors of a ring, counter-clockwise, each half-open `[start, end)`.

    Args:
        level: Ring.
        anchors: Anchoring angles.

    Returns:
        (segment, start_deg, end_deg) with start < 720 and end >= start; together exactly 360
        degrees. In order from the septum's first segment (2, 8 or 14).
    """
    a, septum = anchors.anterior_deg, anchors.septum_deg
    if level is Level.APEX:
        return ((17, 0.0, 360.0),)
    if level is Level.APICAL:
        first = a + septum / 2 - 45.0
        bounds = [first + 90.0 * i for i in range(5)]
        numbers = [14, 15, 16, 13]
    else:
        rest = (360.0 - septum) / 4
        end = a + septum
        bounds = [a, a + septum / 2, *(end + rest * i for i in range(4)), a + 360.0]
        base = 0 if level is Level.BASAL else 6
        numbers = [base + i for i in (2, 3, 4, 5, 6, 1)]
    shift = 360.0 * (bounds[0] // 360.0)
    return tuple(
        (number, start - shift, stop - shift)
        for number, start, stop in zip(numbers, bounds[:-1], bounds[1:], strict=True)
    )


def sector_of(segment: int, anchors: Anchors) -> tuple[float, float]:
    """(start_deg, end_deg) of one segment in its own ring."""
    found = {number: (a, b) for number, a, b in sectors(level_of(segment), anchors)}
    return found[segment]


def segments_at(angle_deg: np.ndarray, level: Level, anchors: Anchors) -> LabelMap:
    """Segment of each angle; any shape, uint8."""
    parts = sectors(level, anchors)
    start = parts[0][1]
    inner = np.array([a - start for _, a, _ in parts[1:]])
    turned = (np.asarray(angle_deg, dtype=np.float64) - start) % 360.0
    numbers = np.array([number for number, _, _ in parts], dtype=np.uint8)
    return np.asarray(numbers[np.searchsorted(inner, turned, side="right")])


@lru_cache(maxsize=256)
def segment_map(wall: Wall, level: Level, anchors: Anchors) -> LabelMap:
    """AHA segment of every wall pixel.

    Returns:
        uint8 `(row, column)`: 0 outside the wall, else 1 to 17. Read-only.
    """
    out = np.zeros(wall.mask.shape, dtype=np.uint8)
    out[wall.mask] = segments_at(wall.angle[wall.mask], level, anchors)
    out.flags.writeable = False
    return out
