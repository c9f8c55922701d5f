"""Which part of a slice is painted anew, and what the network is told about it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lgesynth_gui.core.arrays import FloatArray, LabelMap, Mask
from lgesynth_gui.core.labels import Label

RING_MM = 2.0
WALL = (Label.MYOCARDIUM, Label.SCAR, Label.NO_REFLOW)
DARKER = 35  # percentile of the wall that stands for healthy muscle
LEAST_WALL_PX = 50  # pixels of wall left without its rim, else the whole wall counts
Picture = npt.NDArray[np.float32]
_CROSS = ndimage.generate_binary_structure(2, 1)


def wall_mask(labels: LabelMap) -> Mask:
    """Muscle, scar and core of a label map."""
    return np.asarray(labels >= Label.MYOCARDIUM)


def scar_mask(labels: LabelMap) -> Mask:
    """Scar with its core."""
    return np.asarray(labels >= Label.SCAR)


def distance_mm(mask: Mask, spacing: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Distance of every pixel to the nearest pixel of `mask`, mm; infinite when it is empty.

    Args:
        mask: `(row, column)`.
        spacing: (row, column) mm.
    """
    if not mask.any():
        return np.full(mask.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(~mask, sampling=spacing))


def local_hole(labels: LabelMap, spacing: tuple[float, float], margin_mm: float) -> Mask:
    """The wanted scar, dilated by `margin_mm`; empty without scar."""
    return np.asarray(distance_mm(scar_mask(labels), spacing) <= margin_mm)


def ring_hole(labels: LabelMap, spacing: tuple[float, float]) -> Mask:
    """The whole wall, dilated by 2 mm."""
    return np.asarray(distance_mm(wall_mask(labels), spacing) <= RING_MM)


def muscle_level(picture: Picture, wall: Mask) -> float:
    """Signal of healthy muscle in a slice that may hold scar, as its darker part tells it.

    The 35th percentile over the wall without its outermost pixels, which blood and fat share;
    about the median of the muscle where a third of the wall is scar.

    Args:
        picture: Normalised, `(row, column)`.
        wall: Its muscle and scar.

    Returns:
        0 when there is no wall.
    """
    inner = np.asarray(ndimage.binary_erosion(wall, _CROSS))
    where = inner if inner.sum() >= LEAST_WALL_PX else wall
    return float(np.percentile(picture[where], DARKER)) if where.any() else 0.0


def masked(picture: Picture, hole: Mask, level: float) -> Picture:
    """The picture with its hole filled by one level: what a network is told of the host."""
    return np.where(hole, np.float32(level), picture).astype(np.float32)


def outline(mask: Mask) -> Mask:
    """The 1-pixel inner outline of a mask (what Canny gives for a binary picture)."""
    inner = ndimage.binary_erosion(mask, _CROSS, border_value=1)
    return np.asarray(mask & ~inner)


def control_maps(labels: LabelMap, depth: FloatArray) -> npt.NDArray[np.float32]:
    """What the ControlNet sees, `(4, row, column)`: edge, scar, myocardium, depth.

    Args:
        labels: Wanted label map on the model grid.
        depth: Place in the wall, 0 endocardium to 1 epicardium, NaN outside.

    Returns:
        Edge of scar and of core (0/1); 1 scar, -1 core; 1 in the wall; depth inside the wall.
    """
    core = labels == Label.NO_REFLOW
    wall = wall_mask(labels)
    maps = np.zeros((4, *labels.shape), dtype=np.float32)
    maps[0] = outline(scar_mask(labels)) | outline(np.asarray(core))
    maps[1] = np.where(core, -1.0, labels == Label.SCAR)
    maps[2] = wall
    maps[3] = np.where(wall, np.nan_to_num(depth), 0.0)
    return maps
