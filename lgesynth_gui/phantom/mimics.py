"""Bright spots of healthy muscle: what looks a little like scar and is none.

Pixels that hold both muscle and its bright neighbours are grey: at the insertions of the right
ventricle, where blood fills the gaps between trabeculae, where fat touches the epicardium.
Readers that never saw them call them scar.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lgesynth_gui.phantom.fields import smooth_ring
from lgesynth_gui.phantom.heart import ANGLES, Heart
from lgesynth_gui.phantom.scarfield import DEPTHS

GREY = 0.3  # at most as much blood as this in a spot inside the wall, where it touches nothing
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mimic:
    """One spot.

    Args:
        fat: Mixed with fat; else with blood.
        angle_deg, half_arc_deg: Middle and half width around the ring.
        depth: Middle, 0 endocardium to 1 epicardium.
        reach_mm: How far it extends to either side.
        weight: Share of the neighbour in the middle, 0 to 0.7.
        rough: How much it varies around the ring, 0 to 1.
    """

    fat: bool
    angle_deg: float
    half_arc_deg: float
    depth: float
    reach_mm: float
    weight: float
    rough: float


def draw_mimics(rng: np.random.Generator, heart: Heart, most: int) -> tuple[Mimic, ...]:
    """Draw the spots of a heart.

    Args:
        rng: Source.
        heart: Whose insertions count.
        most: Of each kind: spill along the endocardium, insertion, fat, grey patch.
    """
    found = [
        _spot(rng, False, rng.uniform(0, 360), (15, 120), 0.0, (0.4, 2.2), 0.7)
        for _ in range(_count(rng, most))
    ]
    for _ in range(_count(rng, most)):
        place = heart.anterior_deg if rng.random() < 0.5 else heart.inferior_deg
        angle, depth = place + rng.normal(0, 8), float(rng.uniform(0.5, 1.0))
        found.append(_spot(rng, bool(rng.random() < 0.5), angle, (4, 14), depth, (1.0, 3.0), 0.45))
    found += [
        _spot(rng, True, rng.uniform(0, 360), (10, 70), 1.0, (0.3, 1.6), 0.6)
        for _ in range(_count(rng, most))
    ]
    for _ in range(_count(rng, most)):
        depth = float(rng.uniform(0.2, 0.8))
        found.append(_spot(rng, False, rng.uniform(0, 360), (8, 50), depth, (1.5, 5.0), GREY))
    return tuple(found)


def _count(rng: np.random.Generator, most: int) -> int:
    return int(rng.integers(0, most + 1))


def _spot(
    rng: np.random.Generator,
    fat: bool,
    angle: float,
    half_arc: tuple[float, float],
    depth: float,
    reach: tuple[float, float],
    most: float,
) -> Mimic:
    return Mimic(
        fat=fat,
        angle_deg=float(angle),
        half_arc_deg=float(rng.uniform(*half_arc)),
        depth=depth,
        reach_mm=float(rng.uniform(*reach)),
        weight=float(rng.uniform(0.1, most)),
        rough=float(rng.uniform(0, 0.8)),
    )


def mimic_tables(
    mimics: tuple[Mimic, ...], wall_mm: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Shares of blood and of fat in healthy muscle over `(depth, angle)`, `(DEPTHS, ANGLES)`.

    Args:
        mimics: Spots.
        wall_mm: Mean thickness, to turn mm into depth.
        rng: Their roughness in this slice.
    """
    tables = np.zeros((2, DEPTHS, ANGLES), dtype=np.float32)
    rows = (np.arange(DEPTHS, dtype=np.float32)[:, None] + 0.5) / DEPTHS
    angles = np.arange(ANGLES, dtype=np.float32) * np.float32(360 / ANGLES)
    for one in mimics:
        away = (angles - np.float32(one.angle_deg) + 180) % 360 - 180
        around = np.exp(-((away / np.float32(one.half_arc_deg)) ** 4))
        around *= np.clip(1 + one.rough * smooth_ring(rng, ANGLES, 24), 0, 1.4)
        across = np.exp(-(((rows - np.float32(one.depth)) * wall_mm / one.reach_mm) ** 2))
        part = np.float32(one.weight) * across * around[None]
        tables[int(one.fat)] = np.maximum(tables[int(one.fat)], part)
    return tables[0], np.asarray(np.clip(tables[1], 0, 0.8))
