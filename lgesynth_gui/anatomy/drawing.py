"""From a caption's structure to outlines: the canonical shape of every word."""

from __future__ import annotations

from collections.abc import Sequence

from lgesynth_gui.anatomy.aha import Anchors, anchors_in, sectors
from lgesynth_gui.anatomy.regions import layer_depths, sector_region
from lgesynth_gui.anatomy.speech import is_circumferential, ring_of, widest_regional
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

Band = tuple[float, float]
Arc = tuple[float, float]  # (start_deg, end_deg), start < end

BANDS: dict[Depth, tuple[Band, ...]] = {
    Depth.SUBENDOCARDIAL: ((0.0, 1 / 3),),
    Depth.DEEP_SUBENDOCARDIAL: ((0.0, 2 / 3),),
    Depth.TRANSMURAL: ((0.0, 1.0),),
    Depth.MID_WALL: ((1 / 3, 2 / 3),),
    Depth.SUBEPICARDIAL: ((2 / 3, 1.0),),
    Depth.DEEP_SUBEPICARDIAL: ((1 / 3, 1.0),),
    Depth.MIXED_LAYER: ((0.0, 1 / 3), (2 / 3, 1.0)),
}
FOCAL_DEG, SPOT_DEG = 28.0, 30.0
END_SHARE = 0.42  # of the end walls of the widest regional scar, which stays under 150 degrees
ISLAND_DEG, DUTY = 20.0, 0.55  # one island so often, filling this share
CORE_ARC = 0.5  # share of the scar's arc that a core takes, in its middle
CORE_BAND = (0.15, 0.70)  # share of the scar's depth between which a core lies
APICAL_OF_SIX = (13, 14, 14, 15, 16, 16)


def draw_caption(
    caption: Caption,
    contours: HeartContours,
    slices: Sequence[int] | None = None,
    fractions: Sequence[float | None] = (),
) -> ScarSketch:
    """The canonical drawing of a structure.

    A region with a level is drawn in the slices of that level, one without in all of them that
    have such a wall: insertion points in basal and mid slices, walls in every ring, where the
    apical ring takes the wall that lies there.

    Args:
        caption: What to draw.
        contours: Heart to draw on.
        slices: Slices to use; None for all that have contours. Those without are skipped.
        fractions: Share of the wall's thickness for each of the caption's regions, 0 to 1; None,
            or nothing, for the depth word's own.

    Returns:
        Scar, then cores, region by region; neighbouring slices with the same anchors share one
        outline. Empty when no slice has the named level.
    """
    outlined = contours.outlined()
    chosen = outlined if slices is None else tuple(i for i in slices if i in outlined)
    places: dict[tuple[Level, Anchors], list[int]] = {}
    for i in sorted(set(chosen)):
        places.setdefault((contours.level(i), anchors_in(contours, i)), []).append(i)
    shares = [*fractions, *[None] * len(caption.regions)]
    drawn: list[ScarRegion] = []
    for region, share in zip(caption.regions, shares, strict=False):
        for (level, anchors), members in places.items():
            drawn.extend(_drawn(region, share, level, anchors, members))
    return ScarSketch(tuple(drawn))


def bands_of(depth: Depth, fraction: float | None) -> tuple[Band, ...]:
    """Depths (from, to) that a depth word covers, `fraction` of the wall in all if given."""
    if fraction is None:
        return BANDS[depth]
    if depth is Depth.MIXED_LAYER:
        return ((0.0, fraction / 2), (1.0 - fraction / 2, 1.0))
    if depth is Depth.MID_WALL:
        return (layer_depths(fraction, "mid"),)
    if depth in (Depth.SUBEPICARDIAL, Depth.DEEP_SUBEPICARDIAL):
        return (layer_depths(fraction, "epi"),)
    return (layer_depths(fraction, "endo"),)


def _drawn(
    region: CaptionRegion,
    fraction: float | None,
    level: Level,
    anchors: Anchors,
    slices: Sequence[int],
) -> list[ScarRegion]:
    """One region in slices of one level with the same anchors."""
    arcs = _arcs(region, level, anchors)
    bands = bands_of(region.depth, fraction)
    drawn = []
    for arc in arcs:
        for start, end in _islands(arc) if region.patchy else [arc]:
            drawn += [sector_region(start, end, low, high, slices) for low, high in bands]
    if region.no_reflow:
        depth = bands[0][1]
        low, high = CORE_BAND[0] * depth, CORE_BAND[1] * depth
        for start, end in arcs:
            rim = (end - start) * (1 - CORE_ARC) / 2
            core = sector_region(start + rim, end - rim, low, high, slices, label=Label.NO_REFLOW)
            drawn.append(core)
    return drawn


def _arcs(region: CaptionRegion, level: Level, anchors: Anchors) -> list[Arc]:
    """Where a region lies in a ring; nowhere when the ring does not have it."""
    if region.level not in (None, level):
        return []
    if region.site is Site.APEX:
        return [(0.0, 360.0)]
    if region.site is not Site.WALLS:
        if level not in (Level.BASAL, Level.MID):
            return []
        front = region.site is Site.ANTERIOR_INSERTION
        middle = anchors.anterior_deg if front else anchors.inferior_or_nominal_deg
        return [(middle - SPOT_DEG / 2, middle + SPOT_DEG / 2)]
    if level is Level.APEX:
        return [(0.0, 360.0)] if is_circumferential(region) else []
    parts = sectors(level, anchors)
    wanted = _in_ring(region, level)
    if len(wanted) == len(parts):
        return [(parts[0][1], parts[0][1] + 360.0)]
    runs = _runs([(number in wanted, start, end) for number, start, end in parts])
    return [_filled(run, region.extent, level) for run in runs]


def _in_ring(region: CaptionRegion, level: Level) -> set[int]:
    """The region's segments in a ring; without a level of its own its walls are moved there."""
    if region.level is not None:
        return set(region.segments)
    if level is Level.APICAL:
        return {APICAL_OF_SIX[segment - 1] for segment in region.segments}
    ring, base = ring_of(level), ring_of(None)
    return {ring[base.index(segment)] for segment in region.segments}


def _runs(parts: list[tuple[bool, float, float]]) -> list[list[Arc]]:
    """Neighbouring wanted sectors, each group counter-clockwise and unwrapped."""
    first = next(i for i, part in enumerate(parts) if not part[0])
    turned = [(0.0, *part) for part in parts[first:]] + [(360.0, *part) for part in parts[:first]]
    runs: list[list[Arc]] = [[]]
    for turn, wanted, start, end in turned:
        if wanted:
            runs[-1].append((start + turn, end + turn))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _filled(run: list[Arc], extent: Extent, level: Level) -> Arc:
    """How much of neighbouring walls a region of some extent fills."""
    (start, first_end), (last_start, end) = run[0], run[-1]
    if extent is Extent.FOCAL:
        half = min(FOCAL_DEG, end - start) / 2
        return (start + end) / 2 - half, (start + end) / 2 + half
    if extent is Extent.REGIONAL and len(run) == widest_regional(level):
        low, high = first_end - start, end - last_start
        return first_end - END_SHARE * low, last_start + END_SHARE * high
    return start, end


def _islands(arc: Arc) -> list[Arc]:
    """Islands along an arc."""
    count = max(3, round((arc[1] - arc[0]) / ISLAND_DEG))
    step = (arc[1] - arc[0]) / count
    rim = step * (1 - DUTY) / 2
    return [(arc[0] + k * step + rim, arc[0] + (k + 1) * step - rim) for k in range(count)]
