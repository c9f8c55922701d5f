"""From a slice's label map to words, and from words to a drawing.

Layers are thirds of the wall. Segments with the same depth word that touch make one region.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lgesynth_gui.anatomy.aha import Anchors, segment_map, segments_of
from lgesynth_gui.anatomy.drawing import draw_caption
from lgesynth_gui.anatomy.polygons import Floats
from lgesynth_gui.anatomy.speech import CORED_DEPTHS, canonical, is_circumferential, widest_regional
from lgesynth_gui.anatomy.transmurality import scar_of
from lgesynth_gui.anatomy.wall import Wall
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.labels import Label, Level

__all__ = ["describe", "draw_caption"]

HIT = 0.25  # share of a segment's layer that scar must cover
NEARLY = 0.9  # an inner layer this full, compared with the fullest, counts as the fullest
SHALLOW, DEEP = 0.50, 0.75  # depth reached: subendocardial, deep subendocardial, transmural
CHORD_DEG = 3.6
FOCAL_DEG, EXTENSIVE_DEG = 30.0, 150.0
SPOT_DEG, OFF_DEG = 40.0, 10.0  # widest insertion spot, and how far from the point its middle is
APART_DEG = 15.0  # a wider gap parts two spots
PARTS, PART_PX, FILLED = 3, 4, 0.75  # patchy: so many islands, of so many pixels, less than full
CORE_PX = 5
NOTHING_ELSE = 4  # pixels; scar smaller than this is not described

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Pixels:
    """The wall's pixels as flat arrays `(n,)`.

    Args:
        where: Flat index into the slice.
        angle: Degrees.
        depth: 0 to 1.
        segment: AHA segment.
        layer: 0 inner, 1 middle, 2 outer third.
        scar: Scar or no-reflow.
    """

    where: npt.NDArray[np.intp]
    angle: Floats
    depth: Floats
    segment: Indices
    layer: Indices
    scar: Flags


def describe(labels: LabelMap, wall: Wall, level: Level, anchors: Anchors) -> Caption:
    """The structure of one slice's scar.

    Args:
        labels: Label map `(row, column)`.
        wall: The slice's wall; scar outside it is not described.
        level: Its ring.
        anchors: Its anchoring angles.

    Returns:
        Regions in canonical order; none without scar.
    """
    where = np.flatnonzero(wall.mask)
    scar = scar_of(labels).ravel()[where]
    if not scar.any():
        return Caption()
    depth = np.clip(wall.depth.ravel()[where].astype(np.float64), 0.0, 1.0)
    pixels = _Pixels(
        where,
        wall.angle.ravel()[where].astype(np.float64),
        depth,
        segment_map(wall, level, anchors).ravel()[where].astype(np.int64),
        np.minimum((depth * 3).astype(np.int64), 2),
        scar,
    )
    regions, rest = [], scar.copy()
    if level in (Level.BASAL, Level.MID):
        regions = _insertions(pixels, level, anchors, rest)
    if int(rest.sum()) >= NOTHING_ELSE or not regions:
        regions += _walls(labels, wall.mask.shape, pixels, level, rest, bool(regions))
    return canonical(Caption(tuple(regions)))


def _insertions(
    pixels: _Pixels, level: Level, anchors: Anchors, rest: Flags
) -> list[CaptionRegion]:
    """Spots at the insertion points; takes their pixels out of `rest`."""
    hooks = {
        Site.ANTERIOR_INSERTION: anchors.anterior_deg,
        Site.INFERIOR_INSERTION: anchors.inferior_or_nominal_deg,
    }
    found: dict[Site, CaptionRegion] = {}
    for start, arc in _clusters(pixels.angle[rest]):
        for site, hook in hooks.items():
            off = abs((start + arc / 2 - hook + 180.0) % 360.0 - 180.0)
            if arc >= SPOT_DEG or off > OFF_DEG or site in found:
                continue
            within = (pixels.angle - start) % 360.0 <= arc
            spot = within & rest
            if int(spot.sum()) < NOTHING_ELSE:
                continue
            cover = _cover(pixels.layer[spot], pixels.layer[within], 3)
            depth = _depth_word(_hit_or_fullest(cover), _reached(pixels, spot))
            found[site] = CaptionRegion(depth, (), site, level)
            rest &= ~spot
            break
    return list(found.values())


def _clusters(angle: Floats) -> list[tuple[float, float]]:
    """(start, arc) in degrees of the groups of angles that wide gaps part."""
    ordered = np.sort(angle)
    gaps = np.diff(ordered, append=ordered[0] + 360.0)
    cuts = np.flatnonzero(gaps > APART_DEG)
    if not len(cuts):
        return [(0.0, 360.0)]
    starts = ordered[(cuts + 1) % len(ordered)]
    ends = ordered[np.roll(cuts, -1)]
    return [(float(a), float((b - a) % 360.0)) for a, b in zip(starts, ends, strict=True)]


def _walls(
    labels: LabelMap,
    shape: tuple[int, ...],
    pixels: _Pixels,
    level: Level,
    scar: Flags,
    optional: bool,
) -> list[CaptionRegion]:
    """Regions of walls, or of the apex; with `optional` only of layers that are hit."""
    ring = segments_of(level)
    size = 3 * (max(ring) + 1)
    cell = 3 * pixels.segment + pixels.layer
    cover = _cover(cell[scar], cell, size).reshape(-1, 3)
    hit = cover >= HIT
    if not hit.any():
        if optional:
            return []
        most = int(np.bincount(pixels.segment[scar]).argmax())
        hit[most] = _hit_or_fullest(cover[most])
    words = {
        s: _depth_word(hit[s], _reached(pixels, scar & (pixels.segment == s)))
        for s in ring
        if hit[s].any()
    }
    regions = []
    for segments in _runs(words, ring):
        mine = np.isin(pixels.segment, segments)
        region = CaptionRegion(words[segments[0]], segments, Site.WALLS, level)
        if level is Level.APEX:
            regions.append(CaptionRegion(region.depth, (17,), Site.APEX, level))
            continue
        cells = mine & hit.ravel()[cell]
        regions.append(_shaped(region, labels, shape, pixels, mine & scar, cells))
    return regions


def _cover(some: Indices, every: Indices, size: int) -> Floats:
    """Share of each cell that is covered, `(size,)`."""
    all_of = np.bincount(every, minlength=size)
    return np.asarray(np.bincount(some, minlength=size) / np.maximum(all_of, 1))


def _hit_or_fullest(cover: Floats) -> Flags:
    """Layers that are hit; when none is, the fullest, the innermost of near equals."""
    hit = np.asarray(cover >= HIT)
    if not hit.any():
        hit[int(np.argmax(cover >= NEARLY * cover.max()))] = True
    return hit


def _reached(pixels: _Pixels, scar: Flags) -> float:
    """Median over chords of the depth of the outermost scar pixel."""
    if not scar.any():
        return 0.0
    chord = (pixels.angle[scar] / CHORD_DEG).astype(np.int64)
    deepest = np.full(int(360 / CHORD_DEG) + 1, -1.0)
    np.maximum.at(deepest, chord, pixels.depth[scar])
    return float(np.median(deepest[deepest >= 0]))


def _depth_word(hit: Flags, reached: float) -> Depth:
    inner, middle, outer = (bool(layer) for layer in hit)
    if not inner:
        if not outer:
            return Depth.MID_WALL
        return Depth.DEEP_SUBEPICARDIAL if middle else Depth.SUBEPICARDIAL
    if outer and not middle:
        return Depth.MIXED_LAYER
    if reached <= SHALLOW:
        return Depth.SUBENDOCARDIAL
    return Depth.DEEP_SUBENDOCARDIAL if reached <= DEEP else Depth.TRANSMURAL


def _runs(words: dict[int, Depth], ring: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Neighbouring segments with one depth word, each group in circle order."""
    runs: list[list[int]] = []
    for place, segment in enumerate(ring):
        if segment not in words:
            continue
        before = ring[place - 1]
        if runs and place and runs[-1][-1] == before and words[before] is words[segment]:
            runs[-1].append(segment)
        else:
            runs.append([segment])
    joins = len(runs) > 1 and runs[0][0] == ring[0] and runs[-1][-1] == ring[-1]
    if joins and words[ring[0]] is words[ring[-1]]:
        runs[0] = runs.pop() + runs[0]
    return [tuple(run) for run in runs]


def _shaped(
    region: CaptionRegion,
    labels: LabelMap,
    shape: tuple[int, ...],
    pixels: _Pixels,
    scar: Flags,
    cells: Flags,
) -> CaptionRegion:
    """The region with extent, texture and core, as far as they are legal.

    Args:
        region: Segments in circle order.
        labels: The slice's label map.
        shape: Its shape.
        pixels: The wall.
        scar: The region's scar.
        cells: The region's hit layers.
    """
    start, arc = _arc(pixels.angle[scar])
    most, ring = widest_regional(region.level), is_circumferential(region)
    extent = Extent.REGIONAL
    segments = region.segments
    if not ring and arc > EXTENSIVE_DEG and len(segments) >= most:
        extent = Extent.EXTENSIVE
    elif arc <= FOCAL_DEG and len(segments) == 1:
        extent = Extent.FOCAL
    elif not ring:
        amount = np.bincount(pixels.segment[scar], minlength=18)
        while len(segments) > most:
            first_less = amount[segments[0]] < amount[segments[-1]]
            segments = segments[1:] if first_less else segments[:-1]
    may_break = ring or extent is Extent.EXTENSIVE or len(segments) < most
    patchy = False
    if may_break and extent is not Extent.FOCAL:
        held = cells & ((pixels.angle - start) % 360.0 <= arc)
        fill = float((scar & held).sum()) / max(int(held.sum()), 1)
        patchy = fill < FILLED and _islands(shape, pixels.where[scar]) >= PARTS
    core = int((labels.ravel()[pixels.where[scar]] == Label.NO_REFLOW).sum()) >= CORE_PX
    solid = not patchy and extent is not Extent.FOCAL and region.depth in CORED_DEPTHS
    return CaptionRegion(
        region.depth,
        tuple(sorted(segments)),
        Site.WALLS,
        region.level,
        extent,
        patchy,
        core and solid,
    )


def _arc(angle: Floats) -> tuple[float, float]:
    """(start, arc) in degrees of the smallest angle that holds all angles."""
    ordered = np.sort(angle)
    gaps = np.diff(ordered, append=ordered[0] + 360.0)
    widest = int(np.argmax(gaps))
    return float(ordered[(widest + 1) % len(ordered)]), float(360.0 - gaps[widest])


def _islands(shape: tuple[int, ...], where: npt.NDArray[np.intp]) -> int:
    """Separate parts (8 neighbours) of at least `PART_PX` pixels."""
    rows, columns = np.divmod(where, shape[1])
    top, left = int(rows.min()), int(columns.min())
    box: Mask = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), dtype=bool)
    box[rows - top, columns - left] = True
    parts, count = ndimage.label(box, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=count + 1)[1:]
    return int((sizes >= PART_PX).sum())
