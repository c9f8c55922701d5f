"""The bins that samples are counted in: size by depth by place.

A gate that asks for overlap keeps large bright scars more easily than small ones; counting by bin
shows it, and quotas by bin correct it (METHOD: selection bias).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.anatomy.transmurality import report
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.caption import Caption, Depth
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Label

SIZES: tuple[tuple[str, float, float], ...] = (
    ("< 50 mm2", 0, 50),
    ("50-100 mm2", 50, 100),
    ("100-300 mm2", 100, 300),
    ("> 300 mm2", 300, np.inf),
)
SIZE_NAMES = tuple(name for name, _, _ in SIZES)
DEPTHS = tuple(one.value for one in Depth)
SEGMENTS = tuple(range(1, 18))
NONE = "none"  # depth of a slice without scar


@dataclass(frozen=True)
class Place:
    """Where a scar belongs.

    Args:
        size: One of `SIZE_NAMES`; of the largest slice.
        depth: Depth word of the slice's region with most scar, one of `DEPTHS`.
        segment: AHA segment with most scar, 1 to 17.
        segments: Every segment with at least 10 mm2, or the fullest.
        area_mm2: Scar with its core in the largest slice.
    """

    size: str
    depth: str
    segment: int
    segments: tuple[int, ...]
    area_mm2: float


def size_of(area_mm2: float) -> str:
    """The size class of an area."""
    return next(name for name, low, high in SIZES if low <= area_mm2 < high)


LEAST_IN_SEGMENT_MM2 = 10.0


def place_of(
    labels: LabelMap,
    slices: Sequence[int],
    contours: HeartContours,
    spacing: tuple[float, float, float],
) -> Place | None:
    """Where the scar of a stack lies; None without scar.

    Args:
        labels: `(slice, row, column)`, see `core.labels`.
        slices: Those that count; each must be outlined.
        contours: Of the stack.
        spacing: (slice, row, column) mm.
    """
    plane = (spacing[1], spacing[2])
    areas = {i: float((labels[i] >= Label.SCAR).sum()) * plane[0] * plane[1] for i in slices}
    if not areas or max(areas.values()) <= 0:
        return None
    held: dict[int, float] = {}
    for index in slices:
        outlined = contours.slices[index]
        if outlined is None or areas[index] <= 0:
            continue
        wall = wall_of(outlined, labels.shape[1:], plane)
        extents = report(labels[index], wall, contours.level(index), anchors_in(contours, index))
        for one in extents:
            held[one.segment] = held.get(one.segment, 0.0) + one.area_mm2
    largest = max(areas, key=lambda index: (areas[index], -index))
    most = max(held, key=lambda segment: (held[segment], -segment))
    enough = tuple(sorted(s for s, area in held.items() if area >= LEAST_IN_SEGMENT_MM2))
    return Place(
        size=size_of(areas[largest]),
        depth=_depth(labels[largest], largest, contours, plane),
        segment=most,
        segments=enough or (most,),
        area_mm2=round(areas[largest], 3),
    )


def _depth(
    labels: LabelMap, index: int, contours: HeartContours, plane: tuple[float, float]
) -> str:
    outlined = contours.slices[index]
    if outlined is None:
        return NONE
    wall = wall_of(outlined, labels.shape, plane)
    level, anchors = contours.level(index), anchors_in(contours, index)
    return main_depth(
        describe(labels, wall, level, anchors),
        {one.segment: one.area_mm2 for one in report(labels, wall, level, anchors)},
    )


def main_depth(caption: Caption, areas: dict[int, float]) -> str:
    """Depth word of the region with most scar, or "none".

    Args:
        caption: What `describe` says of the slice.
        areas: Scar of each segment, mm2.
    """
    if not caption.regions:
        return NONE
    named = [sum(areas.get(s, 0.0) for s in region.segments) for region in caption.regions]
    rest = sum(areas.values()) - sum(named)  # an insertion point names no segment
    spots = [not region.segments for region in caption.regions]
    sizes = [rest / sum(spots) if spot else own for own, spot in zip(named, spots, strict=True)]
    return caption.regions[int(np.argmax(sizes))].depth.value
