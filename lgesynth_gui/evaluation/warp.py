"""Carries a scar from one heart's wall to another's, in wall coordinates."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.labels import Label


def warped(labels: LabelMap, wall: Wall, onto: Wall, turn_deg: float = 0.0) -> LabelMap:
    """The scar of one slice at the same angles and depths of another wall.

    Every pixel of the new wall takes the label of the old wall's pixel that is nearest in angle
    and depth, both measured in the new wall's millimetres.

    Args:
        labels: Label map `(row, column)` of the old slice.
        wall: Its wall.
        onto: The wall it is carried to.
        turn_deg: Degrees it is turned counter-clockwise on the way, for example the difference
            of the hearts' insertion angles.

    Returns:
        uint8 on the new wall's grid: 1 cavity, 2 muscle, 3 scar, 4 no-reflow, else 0.
    """
    out = np.zeros(onto.mask.shape, dtype=np.uint8)
    out[onto.cavity] = Label.BLOOD
    out[onto.mask] = Label.MYOCARDIUM
    if not wall.mask.any() or not onto.mask.any():
        return out
    thick, radius = _sizes(onto)
    tree = cKDTree(_places(wall, thick, radius, turn_deg))
    _, nearest = tree.query(_places(onto, thick, radius))
    found = labels[wall.mask][nearest]
    out[onto.mask] = np.where(found >= Label.SCAR, found, Label.MYOCARDIUM)
    return out


def _sizes(wall: Wall) -> tuple[float, float]:
    """Mean thickness and mid-wall radius in mm, from the areas of wall and cavity."""
    inner = np.sqrt(float(wall.cavity.sum()) * wall.pixel_mm2 / np.pi)
    outer = np.sqrt(float((wall.cavity | wall.mask).sum()) * wall.pixel_mm2 / np.pi)
    return float(max(outer - inner, 1.0)), float((inner + outer) / 2)


def _places(
    wall: Wall, thick: float, radius: float, turn_deg: float = 0.0
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Points `(n, 3)` on a cylinder, so that angles join at 360 degrees."""
    angle = np.deg2rad(wall.angle[wall.mask].astype(np.float64) + turn_deg)
    depth = wall.depth[wall.mask].astype(np.float64)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), thick * depth], axis=1)
