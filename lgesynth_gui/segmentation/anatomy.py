"""The contour network's answer for one crop, and the heart found in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.labels import Label
from lgesynth_gui.segmentation.pose import AS_STORED, Pose
from lgesynth_gui.segmentation.segmenter import Segmenter

BACKGROUND, BLOOD, WALL, RIGHT = range(4)  # classes of the network
HEART_MM2 = (250.0, 11000.0)  # cavity and wall: epicardial radius 9 to 59 mm
CAVITY_MM2 = 60.0
NARROWEST_MM = 12
CLOSING_PX = 3
THINNEST_PX = 2  # wall drawn across a gap of the answer
OPEN_SHARE = 0.35  # of the cavity's border that may have had no wall
_EIGHT = np.ones((3, 3), dtype=bool)

Probabilities = NDArray[np.float32]


@torch.no_grad()
def read_heart(
    segmenter: Segmenter, u: NDArray[np.float32], pose: Pose = AS_STORED
) -> Probabilities:
    """Probabilities of background, blood, wall and right ventricle.

    Args:
        segmenter: A contour network.
        u: `(n, h, w)` normalised crops of 1 mm; h and w divisible by 16.
        pose: How the heart lies in them.

    Returns:
        `(n, 4, h, w)` float32; the four add up to 1.
    """
    device = next(segmenter.parameters()).device
    pixels = torch.from_numpy(pose.turned(u.astype(np.float32)))[:, None].to(device)
    logits = segmenter.network(pixels).float()
    found: Probabilities = torch.softmax(logits, dim=1).cpu().numpy()
    return pose.back(found)


@dataclass(frozen=True, eq=False)
class Ring:
    """A left ventricle found in a grid of 1 mm.

    Args:
        labels: uint8 `(h, w)`: 1 blood, 2 wall.
        right: Cavity of the right ventricle.
        centre: (row, column) of cavity and wall.
        closed: Share of the cavity's border that the answer itself shows as wall.
        sure: Mean probability of blood and wall within them.
    """

    labels: LabelMap
    right: Mask
    centre: tuple[float, float]
    closed: float
    sure: float

    @property
    def score(self) -> float:
        """How much it looks like a left ventricle, 0 to 1."""
        return self.closed**2 * self.sure


def rings(probability: Probabilities) -> tuple[Ring, ...]:
    """Every left ventricle in a picture, the best first.

    Args:
        probability: `(4, h, w)`, see `read_heart`.
    """
    classes = probability.argmax(axis=0)
    parts, count = ndimage.label(_closing((classes == BLOOD) | (classes == WALL)), _EIGHT)
    boxes = ndimage.find_objects(parts)
    found = [_ring(probability, classes, parts == k + 1) for k in range(count) if _wide(boxes[k])]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -one.score))


def _wide(box: tuple[slice, slice]) -> bool:
    return all(side.stop - side.start >= NARROWEST_MM for side in box)


def _closing(mask: Mask) -> Mask:
    padded = np.pad(mask, CLOSING_PX)
    closed = ndimage.binary_closing(padded, _disc(CLOSING_PX))
    return np.asarray(closed[CLOSING_PX:-CLOSING_PX, CLOSING_PX:-CLOSING_PX])


def _disc(radius: int) -> Mask:
    steps = np.arange(-radius, radius + 1)
    return np.asarray(steps[:, None] ** 2 + steps**2 <= (radius + 0.3) ** 2)


def _largest(mask: Mask) -> Mask:
    parts, count = ndimage.label(mask, _EIGHT)
    if count <= 1:
        return mask
    return np.asarray(parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:])))


def _ring(probability: Probabilities, classes: NDArray[np.int64], part: Mask) -> Ring | None:
    heart = _largest(ndimage.binary_opening(ndimage.binary_fill_holes(part), _disc(2)))
    blood = _largest(ndimage.binary_opening(heart & (classes == BLOOD), _disc(1)))
    cavity = ndimage.binary_fill_holes(_closing(blood)) & heart
    if cavity.sum() < CAVITY_MM2:
        return None
    border = ndimage.binary_dilation(cavity, _EIGHT) & ~cavity
    seen = ndimage.binary_dilation(classes == WALL, _EIGHT)
    closed = float(seen[border].mean())
    heart = heart | ndimage.binary_dilation(cavity, _disc(THINNEST_PX))
    if closed < 1 - OPEN_SHARE or not HEART_MM2[0] <= heart.sum() <= HEART_MM2[1]:
        return None
    labels = np.zeros(classes.shape, dtype=np.uint8)
    labels[heart] = Label.MYOCARDIUM
    labels[cavity] = Label.BLOOD
    row, column = ndimage.center_of_mass(heart)
    sure = float((probability[BLOOD] + probability[WALL])[heart].mean())
    right = _largest((classes == RIGHT) & ~heart)
    return Ring(labels, np.asarray(right), (float(row), float(column)), closed, sure)
