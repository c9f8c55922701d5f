"""Orientation letters and the display turn: how a slice lies on the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lgesynth_gui.app import heart
from lgesynth_gui.app.memo import by_identity
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.geometry import Floats, Geometry

SMALLEST_COSINE = 0.20
# How a short-axis slice seen from the apex lies in most hearts, LPS: the image's right points to
# the lateral wall, its bottom to the inferior wall. Used only to choose between the eight quarter
# turns and mirrors, so a heart may lie 45 degrees away from it.
USUAL_RIGHT = np.array([0.70, 0.60, -0.387]) / np.linalg.norm([0.70, 0.60, -0.387])
USUAL_BOTTOM = np.array([-0.484, 0.0, -0.875])
SHORT_AXIS = 0.70  # cosine to the usual long axis from which a slice counts as short-axis
CLEARLY = 0.15  # a turn must be that much better than the stored picture
_LETTERS = ("LR", "PA", "SI")  # towards +x, -x; +y, -y; +z, -z in DICOM LPS


def direction_letters(direction: Floats) -> str:
    """Letters of the side a unit LPS vector points to, for example "LP".

    Components with |c| >= 0.20, largest first; ties in the order x, y, z. The opposite edge
    takes the letters of the opposite vector.

    Args:
        direction: `(3,)` unit vector in DICOM LPS.

    Returns:
        One to three letters, or "" for a vector that is not finite or has no length.
    """
    cosines = np.asarray(direction, dtype=np.float64)
    if cosines.shape != (3,) or not np.isfinite(cosines).all():
        return ""
    order = sorted(range(3), key=lambda axis: -round(abs(float(cosines[axis])), 6))
    return "".join(
        _LETTERS[axis][0 if cosines[axis] > 0 else 1]
        for axis in order
        if abs(cosines[axis]) >= SMALLEST_COSINE
    )


@dataclass(frozen=True)
class Turn:
    """How stored plane millimetres become display millimetres: quarter turns after a mirror.

    Args:
        quarters: Counter-clockwise quarter turns on the screen, 0 to 3.
        mirrored: Left and right swapped before turning.
    """

    quarters: int = 0
    mirrored: bool = False

    @property
    def matrix(self) -> tuple[float, float, float, float]:
        """(xx, xy, yx, yy): display x = xx*x + xy*y, display y = yx*x + yy*y (y down)."""
        cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.quarters % 4]
        side = -1 if self.mirrored else 1
        return (cos * side, sin, -sin * side, cos)

    def to_display(self, x: float, y: float) -> tuple[float, float]:
        """Display millimetres of a plane point."""
        xx, xy, yx, yy = self.matrix
        return xx * x + xy * y, yx * x + yy * y

    def to_plane(self, x: float, y: float) -> tuple[float, float]:
        """Plane millimetres of a display point."""
        xx, xy, yx, yy = self.matrix
        return xx * x + yx * y, xy * x + yy * y

    def __str__(self) -> str:
        parts = ["mirrored"] if self.mirrored else []
        if self.quarters % 4:
            parts.append(f"rotated {90 * (self.quarters % 4)}°")
        return "shown " + " and ".join(parts) if parts else ""


@dataclass(frozen=True)
class EdgeLetters:
    """Letters at the four edges of a pane; all empty when the orientation is not known."""

    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


def edge_letters(geometry: Geometry, turn: Turn = Turn()) -> EdgeLetters:
    """Letters of the pane's edges after the display turn; empty when the file states nothing."""
    if not geometry.known:
        return EdgeLetters()
    row, column = geometry.row_cosines, geometry.column_cosines
    xx, xy, yx, yy = turn.matrix
    right = xx * row + xy * column
    bottom = yx * row + yy * column
    return EdgeLetters(
        left=direction_letters(-right),
        right=direction_letters(right),
        top=direction_letters(-bottom),
        bottom=direction_letters(bottom),
    )


@by_identity(8)
def display_turn(contours: HeartContours, geometry: Geometry) -> Turn:
    """The turn of a whole study to the standard short-axis view, as seen from the apex.

    Decided by the middle slice with both RV insertion points; without any, by the direction
    cosines; else the picture stays as it is stored.
    """
    known = [
        one
        for one in contours.slices
        if one is not None and one.rv_anterior is not None and one.rv_inferior is not None
    ]
    if not known:
        return usual(geometry)
    one = known[len(known) // 2]
    return upright(one, heart.centre_of(one))


def usual(geometry: Geometry) -> Turn:
    """The turn that brings a short-axis slice nearest to the usual view, from its cosines alone.

    Nothing is turned when the file states no orientation, when the slice is no short-axis one, or
    when no turn is clearly better than the stored picture.
    """
    if not geometry.known:
        return Turn()
    row, column = geometry.row_cosines, geometry.column_cosines
    if abs(np.cross(row, column) @ np.cross(USUAL_RIGHT, USUAL_BOTTOM)) < SHORT_AXIS:
        return Turn()

    def fit(turn: Turn) -> float:
        xx, xy, yx, yy = turn.matrix
        right, bottom = xx * row + xy * column, yx * row + yy * column
        return float(right @ USUAL_RIGHT + bottom @ USUAL_BOTTOM)

    best = max((Turn(q, mirrored) for mirrored in (False, True) for q in range(4)), key=fit)
    return best if fit(best) > fit(Turn()) + CLEARLY else Turn()


def turned(pixels: Array, turn: Turn) -> Array:
    """A small picture `(row, column)` as the turn shows it, for thumbnails; a view, no copy."""
    side = pixels[:, ::-1] if turn.mirrored else pixels
    return np.asarray(np.rot90(side, turn.quarters % 4))


def upright(contours: SliceContours | None, centre: tuple[float, float] | None) -> Turn:
    """The quarter turn and mirror that bring the RV to the image's left and anterior up.

    Needs both insertion points; anything less leaves the picture as it is stored.

    Args:
        contours: Contours of a slice.
        centre: Centre of its cavity, plane mm.
    """
    if contours is None or centre is None:
        return Turn()
    anterior, inferior = contours.rv_anterior, contours.rv_inferior
    if anterior is None or inferior is None:
        return Turn()

    def angle(point: tuple[float, float]) -> float:
        return float(np.rad2deg(np.arctan2(centre[1] - point[1], point[0] - centre[0]))) % 360.0

    first, last = angle(anterior), angle(inferior)
    mirrored = (last - first) % 360.0 > 180.0
    if mirrored:
        first, last = (180.0 - first) % 360.0, (180.0 - last) % 360.0
    middle = (first + ((last - first) % 360.0) / 2) % 360.0
    return Turn(round((180.0 - middle) / 90.0) % 4, mirrored)
