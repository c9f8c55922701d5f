"""Every legal region of the caption grammar, by counting, and hypothesis strategies over them."""

from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.labels import Level

RINGS = {
    None: range(1, 7),
    Level.BASAL: range(1, 7),
    Level.MID: range(7, 13),
    Level.APICAL: range(13, 17),
}
CORED = (Depth.SUBENDOCARDIAL, Depth.DEEP_SUBENDOCARDIAL, Depth.TRANSMURAL)
INSERTIONS = (Site.ANTERIOR_INSERTION, Site.INFERIOR_INSERTION)
SIZES = ((24, 33), (20, 28), (27, 40), (16, 24))  # inner and outer radius in mm


def _looks(count: int, ring: int):
    """(extent, patchy) a region of neighbouring walls may have."""
    wide = 360 / ring * count > 150
    if count == ring:
        yield Extent.REGIONAL, False
        yield Extent.REGIONAL, True
        return
    if count == 1:
        yield Extent.FOCAL, False
    if count <= ring // 2:
        yield Extent.REGIONAL, False
        if not wide:
            yield Extent.REGIONAL, True
    if wide:
        yield Extent.EXTENSIVE, False
        yield Extent.EXTENSIVE, True


@cache
def every_region() -> tuple[CaptionRegion, ...]:
    found = [CaptionRegion(depth, (17,), Site.APEX, Level.APEX) for depth in Depth]
    for level, numbers in RINGS.items():
        ring = list(numbers)
        for depth in Depth:
            if level is not Level.APICAL:
                found += [CaptionRegion(depth, (), site, level) for site in INSERTIONS]
            for count in range(1, len(ring) + 1):
                for first in range(len(ring) if count < len(ring) else 1):
                    walls = tuple(sorted((ring * 2)[first : first + count]))
                    for extent, patchy in _looks(count, len(ring)):
                        one = CaptionRegion(depth, walls, Site.WALLS, level, extent, patchy)
                        found.append(one)
                        if depth in CORED and extent is not Extent.FOCAL and not patchy:
                            found.append(replace(one, no_reflow=True))
    return tuple(found)


def regions_of(level: Level | None) -> tuple[CaptionRegion, ...]:
    return tuple(one for one in every_region() if one.level is level)


@st.composite
def regions(draw, level=...):
    every = every_region() if level is ... else regions_of(level)
    return every[draw(st.integers(0, len(every) - 1))]


@st.composite
def captions(draw) -> Caption:
    """None to four regions in any order; no wall and no insertion point is claimed twice."""
    kept: list[CaptionRegion] = []
    taken: set = set()
    for one in draw(st.lists(regions(), max_size=4)):
        claims = {(one.level, s) for s in one.segments} or {(one.level, one.site)}
        if not claims & taken:
            taken |= claims
            kept.append(one)
    return Caption(tuple(kept))
