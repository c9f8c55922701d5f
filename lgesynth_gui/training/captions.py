"""Random caption structures, their near misses, and the attributes an encoder must tell apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from lgesynth_gui.anatomy.captions import canonical
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.labels import Level

_RINGS = {
    None: (1, 2, 3, 4, 5, 6),
    Level.BASAL: (1, 2, 3, 4, 5, 6),
    Level.MID: (7, 8, 9, 10, 11, 12),
    Level.APICAL: (13, 14, 15, 16),
}
_CORE = (Depth.SUBENDOCARDIAL, Depth.DEEP_SUBENDOCARDIAL, Depth.TRANSMURAL)
ATTRIBUTES = {"segments": 17, "depth": 7, "level": 5, "extent": 3, "site": 4, "flags": 3}


def draw_region(rng: np.random.Generator, level: Level | None) -> CaptionRegion:
    """A legal region of the caption grammar."""
    depth = list(Depth)[int(rng.integers(len(Depth)))]
    kind = rng.random()
    if kind < 0.06:
        return CaptionRegion(depth, (17,), Site.APEX, Level.APEX)
    if kind < 0.14 and level in (None, Level.BASAL, Level.MID):
        site = Site.ANTERIOR_INSERTION if rng.random() < 0.5 else Site.INFERIOR_INSERTION
        return CaptionRegion(depth, (), site, level)
    ring = _RINGS[level]
    most = len(ring) // 2
    count = len(ring) if rng.random() < 0.05 else int(rng.integers(1, most + 1))
    start = int(rng.integers(len(ring)))
    segments = tuple(sorted(ring[(start + k) % len(ring)] for k in range(count)))
    extent = Extent.REGIONAL
    if count == 1 and rng.random() < 0.4:
        extent = Extent.FOCAL
    elif count == most and rng.random() < 0.3:
        extent = Extent.EXTENSIVE
    patchy = extent is Extent.REGIONAL and count < most and rng.random() < 0.2
    plain = extent is not Extent.FOCAL and not patchy
    core = depth in _CORE and plain and rng.random() < 0.25
    return CaptionRegion(depth, segments, Site.WALLS, level, extent, patchy, core)


def draw_structure(rng: np.random.Generator) -> Caption:
    """A caption structure of none to three regions of one slice."""
    if rng.random() < 0.03:
        return Caption()
    level = [None, Level.BASAL, Level.MID, Level.APICAL][int(rng.integers(4))]
    count = int(rng.choice([1, 2, 3], p=[0.7, 0.22, 0.08]))
    regions: list[CaptionRegion] = []
    for _ in range(count):
        region = draw_region(rng, level)
        taken = {s for r in regions for s in r.segments}
        sites = {r.site for r in regions if not r.segments}
        if not taken & set(region.segments) and region.site not in sites:
            regions.append(region)
    return Caption(tuple(regions))


def near_miss(caption: Caption, rng: np.random.Generator) -> Caption:
    """The same structure with one attribute of one region changed."""
    while canonical(other := _changed(caption, rng)) == canonical(caption):
        pass
    return other


def _changed(caption: Caption, rng: np.random.Generator) -> Caption:
    if not caption.regions:
        return Caption((draw_region(rng, None),))
    place = int(rng.integers(len(caption.regions)))
    region = caption.regions[place]
    choice = rng.random()
    if choice < 0.45:
        depths = [d for d in Depth if d is not region.depth]
        depth = depths[int(rng.integers(len(depths)))]
        other = replace(region, depth=depth, no_reflow=region.no_reflow and depth in _CORE)
    elif choice < 0.6 and region.no_reflow:
        other = replace(region, no_reflow=False)
    elif region.site is Site.WALLS and len(region.segments) < len(_RINGS[region.level]):
        ring = _RINGS[region.level]
        step = int(rng.integers(1, len(ring)))
        moved = tuple(sorted(ring[(ring.index(s) + step) % len(ring)] for s in region.segments))
        other = replace(region, segments=moved)
    else:
        other = draw_region(rng, None if region.level is Level.APEX else region.level)
    regions = list(caption.regions)
    regions[place] = other
    return Caption(tuple(regions))


def attributes(caption: Caption) -> dict[str, npt.NDArray[np.float32]]:
    """Multi-hot targets of the attribute heads: every attribute any region has."""
    hot = {name: np.zeros(size, dtype=np.float32) for name, size in ATTRIBUTES.items()}
    for region in caption.regions:
        for segment in region.segments:
            hot["segments"][segment - 1] = 1
        hot["depth"][list(Depth).index(region.depth)] = 1
        hot["level"][4 if region.level is None else int(region.level)] = 1
        hot["extent"][list(Extent).index(region.extent)] = 1
        hot["site"][list(Site).index(region.site)] = 1
        hot["flags"][0] = max(hot["flags"][0], region.patchy)
        hot["flags"][1] = max(hot["flags"][1], region.no_reflow)
    hot["flags"][2] = not caption.regions
    return hot
