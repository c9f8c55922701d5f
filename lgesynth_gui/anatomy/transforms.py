"""What one can do to a scar in wall coordinates: cut, turn, mirror, widen, deepen, smooth, carry.

Angles are degrees counter-clockwise and unwrapped, depth is 0 at the endocardium and 1 at the
epicardium; a region that runs all around spans exactly 360 degrees, before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
from scipy import ndimage

from lgesynth_gui.anatomy.aha import Anchors
from lgesynth_gui.anatomy.polar import Chart, chart_of, labels_on, traced
from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch, WallPoint

Part = Literal["inner", "outer", "start", "end"]
Axis = Literal["anterior-inferior", "septal-lateral"]

THINNEST = 0.03  # of the wall
NARROWEST_DEG, WIDEST_DEG = 4.0, 355.0
AT_BORDER = 0.02  # depth from a border that counts as reaching it
RING_DEG = 360.0 - 1e-6


def span_of(region: ScarRegion) -> tuple[float, float]:
    """(first, last) angle of a region."""
    angles = [angle for angle, _ in region.outline]
    return min(angles), max(angles)


def depths_of(region: ScarRegion) -> tuple[float, float]:
    """(least, most) depth of a region."""
    depths = [depth for _, depth in region.outline]
    return min(depths), max(depths)


def is_ring(region: ScarRegion) -> bool:
    """Whether a region runs all around."""
    low, high = span_of(region)
    return high - low >= RING_DEG


def clipped(region: ScarRegion) -> ScarRegion | None:
    """The region without what lies outside the wall; None when nothing is left."""
    line = list(region.outline)
    for edge, sign in ((0.0, 1.0), (1.0, -1.0)):
        line = _half(line, edge, sign)
    if len(line) < 3:
        return None
    depths = [depth for _, depth in line]
    return replace(region, outline=tuple(line)) if max(depths) - min(depths) > 1e-6 else None


def _half(line: list[WallPoint], edge: float, sign: float) -> list[WallPoint]:
    """The part of a polygon on one side of a depth (Sutherland and Hodgman)."""
    out: list[WallPoint] = []
    for (a0, d0), (a1, d1) in zip(line, line[1:] + line[:1], strict=True):
        inside, next_inside = sign * (d0 - edge) >= 0, sign * (d1 - edge) >= 0
        if inside:
            out.append((a0, d0))
        if inside != next_inside:
            out.append((a0 + (edge - d0) / (d1 - d0) * (a1 - a0), edge))
    return [point for k, point in enumerate(out) if point != out[k - 1]]


def mirrored(region: ScarRegion, anchors: Anchors, axis: Axis) -> ScarRegion:
    """The region on the other side of the heart.

    Args:
        region: What is mirrored.
        anchors: Of its slice.
        axis: "anterior-inferior" swaps those two walls, "septal-lateral" the other two.
    """
    septum = anchors.anterior_deg + anchors.septum_deg / 2
    about = septum if axis == "anterior-inferior" else septum + 90.0
    low, high = span_of(region)
    middle = 2 * about - (low + high) / 2
    shift = 360.0 * np.floor((middle - (high - low) / 2) / 360.0)
    line = tuple((float(2 * about - a - shift), d) for a, d in reversed(region.outline))
    return replace(region, outline=line)


def with_front(region: ScarRegion, part: str, depth: float) -> ScarRegion:
    """The region stretched so that its inner or outer front lies at `depth`."""
    low, high = depths_of(region)
    new_low, new_high = low, high
    if part == "outer":
        new_high = max(depth, low + THINNEST)
    else:
        new_low = min(depth, high - THINNEST)
    scale = (new_high - new_low) / max(high - low, 1e-9)
    return replace(
        region, outline=tuple((a, new_low + (d - low) * scale) for a, d in region.outline)
    )


def with_end(region: ScarRegion, part: str, angle: float) -> ScarRegion:
    """The region stretched so that its first ("start") or last ("end") angle is `angle`.

    It stays between 4 and 355 degrees wide; one that runs all around has no ends and is returned
    as it is.
    """
    if is_ring(region):
        return region
    low, high = span_of(region)
    if part == "end":
        wide = _width(angle - low, high - low)
        still = low
    else:
        wide = _width(high - angle, high - low)
        still = high
    scale = wide / max(high - low, 1e-9)
    line = tuple((still + (a - still) * scale, d) for a, d in region.outline)
    return replace(region, outline=line)


def _width(wanted: float, former: float) -> float:
    """A width near the former one, turns apart from the wanted one."""
    near = former + (wanted - former + 180.0) % 360.0 - 180.0
    return min(max(near, NARROWEST_DEG), WIDEST_DEG)


def widened(region: ScarRegion, factor: float) -> ScarRegion:
    """The region's arc made `factor` times as long about its own middle; a ring stays a ring."""
    if is_ring(region) or factor == 1.0:
        return region
    low, high = span_of(region)
    scale = min(max(factor * (high - low), NARROWEST_DEG), WIDEST_DEG) / max(high - low, 1e-9)
    middle = (low + high) / 2
    line = tuple((middle + (a - middle) * scale, d) for a, d in region.outline)
    return replace(region, outline=line)


def deepener(region: ScarRegion, factor: float) -> Callable[[float], float]:
    """How depths move when a region becomes `factor` times as thick.

    Scar that reaches a border keeps it, other scar keeps its middle; nothing leaves the wall.
    """
    low, high = depths_of(region)
    thick = min(max(factor * (high - low), THINNEST), 1.0)
    scale = thick / max(high - low, 1e-9)
    if low <= AT_BORDER:
        still = low
    elif high >= 1 - AT_BORDER:
        still = high
    else:
        still = (low + high) / 2
    start = still + (low - still) * scale
    shift = max(0.0, min(0.0, low) - start) - max(0.0, start + thick - max(1.0, high))
    shift = 0.0 if factor == 1.0 else shift
    return lambda depth: still + (depth - still) * scale + shift


def deepened(regions: Sequence[ScarRegion], factor: float) -> tuple[ScarRegion, ...]:
    """Regions made `factor` times as thick; a core moves with the scar it was painted into."""
    out: list[ScarRegion] = []
    scars = [one for one in regions if one.label is Label.SCAR]
    for region in regions:
        leader = region
        if region.label is not Label.SCAR:
            here = [s for s in scars if set(s.slices) & set(region.slices) and _over(s, region)]
            leader = here[-1] if here else region
        move = deepener(leader, factor)
        out.append(replace(region, outline=tuple((a, move(d)) for a, d in region.outline)))
    return tuple(out)


def _over(scar: ScarRegion, inner: ScarRegion) -> bool:
    (low, high), (start, end) = span_of(scar), span_of(inner)
    return ((start + end) / 2 - low) % 360.0 <= high - low


def carried(region: ScarRegion, source: Anchors, target: Anchors, index: int) -> ScarRegion:
    """The region of one slice on another, at the same place between the RV insertion points.

    Septal angles follow the target's septum, the others its free wall.

    Args:
        region: What is carried.
        source: Anchors of the slice it comes from.
        target: Anchors of the slice it goes to.
        index: That slice.
    """
    if source == target:
        return replace(region, slices=(index,))
    line = [(_moved(a, source, target), d) for a, d in region.outline]
    low, high = min(a for a, _ in line), max(a for a, _ in line)
    if is_ring(region):  # a full turn is exactly a full turn
        line = [(low + 360.0 if a == high else a, d) for a, d in line]
    shift = 360.0 * np.floor(low / 360.0)
    return replace(region, outline=tuple((float(a - shift), d) for a, d in line), slices=(index,))


def _moved(angle: float, source: Anchors, target: Anchors) -> float:
    turns, within = divmod(angle - source.anterior_deg, 360.0)
    old, new = source.septum_deg, target.septum_deg
    if within <= old:
        place = within * new / max(old, 1e-9)
    else:
        place = new + (within - old) * (360.0 - new) / max(360.0 - old, 1e-9)
    return target.anterior_deg + 360.0 * turns + place


def smoothed(region: ScarRegion, wall: Wall, sigma_mm: float = 1.0) -> tuple[ScarRegion, ...]:
    """The region with a smoother outline, cut to the wall.

    Ends at a border stay at the border.

    Args:
        region: What is smoothed.
        wall: Of a slice it is painted in.
        sigma_mm: Standard deviation of the rounding, > 0.

    Returns:
        Usually one region; several when a thin bridge broke; none when it was too small.
    """
    chart: Chart = chart_of(wall)
    plain = replace(region, label=Label.SCAR)
    mask = (labels_on((plain,), chart) == Label.SCAR).astype(np.float64)
    sigma = (sigma_mm / chart.depth_mm, sigma_mm / chart.angle_mm)
    field = ndimage.gaussian_filter(mask, sigma, mode=("nearest", "wrap")) - 0.5
    return tuple(replace(region, outline=line) for line in traced(field, chart))


def without_vertex(region: ScarRegion, number: int) -> ScarRegion:
    """The region with one vertex less.

    Raises:
        LgeSynthError: fewer than three are left.
    """
    line = region.outline[:number] + region.outline[number + 1 :]
    return replace(region, outline=line)


def with_vertex(region: ScarRegion, number: int, place: WallPoint) -> ScarRegion:
    """The region with vertex `number` at another place, on the turn nearest to the old one."""
    angle = region.outline[number][0]
    near = angle + (place[0] - angle + 180.0) % 360.0 - 180.0
    line = list(region.outline)
    line[number] = (near, place[1])
    return replace(region, outline=tuple(line))


def with_new_vertex(region: ScarRegion, after: int, place: WallPoint) -> ScarRegion:
    """The region with one vertex more, behind vertex `after`."""
    angle = region.outline[after][0]
    near = angle + (place[0] - angle + 180.0) % 360.0 - 180.0
    line = list(region.outline)
    line.insert(after + 1, (near, place[1]))
    return replace(region, outline=tuple(line))


def split_off(sketch: ScarSketch, number: int, index: int) -> tuple[ScarSketch, int]:
    """The sketch with region `number` of slice `index` made a region of that slice alone.

    Returns:
        The sketch, which looks the same, and the number of the region of that slice.
    """
    region = sketch.regions[number]
    rest = tuple(i for i in region.slices if i != index)
    if not rest or index not in region.slices:
        return sketch, number
    pair = (replace(region, slices=rest), replace(region, slices=(index,)))
    regions = (*sketch.regions[:number], *pair, *sketch.regions[number + 1 :])
    return ScarSketch(regions), number + 1


def replacing(sketch: ScarSketch, number: int, *regions: ScarRegion) -> ScarSketch:
    """The sketch with region `number` replaced by others, or by none."""
    return ScarSketch((*sketch.regions[:number], *regions, *sketch.regions[number + 1 :]))


def of_slice(sketch: ScarSketch, index: int) -> tuple[ScarRegion, ...]:
    """What is painted in one slice, in order, as regions of that slice alone."""
    return tuple(replace(r, slices=(index,)) for r in sketch.regions if index in r.slices)


def without_slice(sketch: ScarSketch, index: int) -> ScarSketch:
    """The sketch with nothing painted in one slice."""
    return ScarSketch(
        tuple(
            replace(region, slices=rest)
            for region in sketch.regions
            if (rest := tuple(i for i in region.slices if i != index))
        )
    )
