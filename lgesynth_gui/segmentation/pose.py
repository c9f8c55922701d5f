"""How a heart lies in the stored picture, so that the contour network sees it as it was taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.geometry import Geometry

Pixels = TypeVar("Pixels", bound=Array)

# Base to apex in a typical chest (LPS): left, forward and down; and towards the lateral wall.
APEXWARD = (0.65, -0.60, -0.46)
LATERAL = (0.60, 0.75, -0.10)
SHORT_AXIS = 0.6  # cosine between slice normal and long axis below which nothing is concluded


@dataclass(frozen=True)
class Pose:
    """What turns a stored picture so that the right ventricle is left and the anterior wall up.

    Args:
        quarters: Counter-clockwise quarter turns, 0 to 3.
        mirrored: Left and right are swapped before turning.
    """

    quarters: int = 0
    mirrored: bool = False

    def turned(self, picture: Pixels) -> Pixels:
        """The picture's last two axes, turned."""
        flipped = np.flip(picture, -1) if self.mirrored else picture
        return np.ascontiguousarray(np.rot90(flipped, self.quarters, (-2, -1)))  # type: ignore[return-value]

    def back(self, picture: Pixels) -> Pixels:
        """Undoes `turned`."""
        flipped = np.rot90(picture, -self.quarters, (-2, -1))
        return np.ascontiguousarray(np.flip(flipped, -1) if self.mirrored else flipped)  # type: ignore[return-value]

    def upside_down(self) -> Pose:
        """The pose that shows the same picture with top and bottom swapped."""
        return Pose((2 - self.quarters) % 4, not self.mirrored)

    def rotations(self) -> tuple[Pose, ...]:
        """This pose and its three other quarter turns, this one first."""
        return tuple(Pose((self.quarters + k) % 4, self.mirrored) for k in range(4))


AS_STORED = Pose()


def pose_of(geometry: Geometry) -> Pose:
    """The pose that the file's orientation implies; as stored when it is not short-axis.

    Of the eight ways to turn the picture, the one that brings its right nearest to the heart's
    lateral wall and its bottom nearest to the inferior wall.

    Args:
        geometry: Of a stack.
    """
    normal = np.cross(geometry.row_cosines, geometry.column_cosines)
    apexward = np.array(APEXWARD) / np.linalg.norm(APEXWARD)
    along = float(normal @ apexward)
    if not geometry.known or abs(along) < SHORT_AXIS:
        return AS_STORED
    normal = normal if along > 0 else -normal
    right = np.array(LATERAL) - (normal @ LATERAL) * normal
    right /= np.linalg.norm(right)
    down = np.cross(-normal, right)

    def fits(pose: Pose) -> float:
        across, below = _axes(geometry, pose)
        return float(across @ right + below @ down)

    return max((Pose(k, side) for side in (False, True) for k in range(4)), key=fits)


def _axes(geometry: Geometry, pose: Pose) -> tuple[Array, Array]:
    """LPS directions to the right and to the bottom of the turned picture."""
    right, down = geometry.row_cosines, geometry.column_cosines
    if pose.mirrored:
        right = -right
    for _ in range(pose.quarters):  # counter-clockwise: the bottom comes to the right
        right, down = down, -right
    return right, down
