"""What was read of one region, and the regions of the AHA-17 model it means."""

from __future__ import annotations

from dataclasses import dataclass, field

from lgesynth_gui.anatomy.aha import SIX_WALLS, level_of
from lgesynth_gui.anatomy.drawing import APICAL_OF_SIX
from lgesynth_gui.anatomy.speech import (
    CORED_DEPTHS,
    INSERTIONS,
    MERGED,
    WHOLE_RING,
    ring_of,
    wall_words,
    widest_regional,
)
from lgesynth_gui.anatomy.territories import Artery, segments_fed_by
from lgesynth_gui.core.caption import CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.labels import Level

MID_LIMIT = 0.5  # from here on a mid-wall band reaches the inner third
MIXED_LIMIT = 0.8
EPI_LIMITS = (0.41, 0.74)  # the largest shares called subepicardial and deep subepicardial
_RINGS = (Level.BASAL, Level.MID, Level.APICAL)
Place = tuple[Level | None, frozenset[int]]


@dataclass
class Draft:
    """What is known of one region while reading."""

    depths: list[Depth] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)
    extents: list[Extent] = field(default_factory=list)
    patchy: bool = False
    core: bool = False
    walls: list[str] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    arteries: list[Artery] = field(default_factory=list)
    sites: list[Site] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)

    @property
    def placed(self) -> bool:
        """True when it names a place."""
        return bool(self.walls or self.segments or self.arteries or self.sites)

    @property
    def deep(self) -> bool:
        """True when it says how deep, in words or percent."""
        return bool(self.depths or self.shares)

    @property
    def styled(self) -> bool:
        """True when it says extent or texture."""
        return bool(self.extents) or self.patchy

    def take(self, other: Draft) -> None:
        """Add what another draft says."""
        for name in ("depths", "shares", "extents", "walls", "segments", "arteries", "sites"):
            getattr(self, name).extend(getattr(other, name))
        self.levels.extend(other.levels)
        self.patchy, self.core = self.patchy or other.patchy, self.core or other.core


def regions_of(draft: Draft, notices: list[str]) -> list[tuple[CaptionRegion, float | None]]:
    """The regions a draft means, with the exact share of the wall if one was given.

    Args:
        draft: What was read.
        notices: Gets a sentence for everything that was guessed or left out.
    """
    if not draft.placed:
        if draft.deep or draft.styled or draft.levels:
            notices.append("A part of these words names no wall and is left out.")
        return []
    if draft.shares and max(draft.shares) == 0.0:
        return []
    depth, share = _depth(draft, notices)
    regions = [CaptionRegion(depth, (17,), Site.APEX, Level.APEX)] * _has_apex(draft)
    rings: list[Level] = [level for level in _RINGS if level in draft.levels]
    for site in dict.fromkeys(draft.sites):
        if site in INSERTIONS:
            regions += _spots(depth, site, rings, notices)
    for level, segments in _places(draft, rings, notices):
        regions += _shaped(draft, depth, level, segments, notices)
    if any(region.site is not Site.WALLS for region in regions) and (draft.styled or draft.core):
        _refuse_extras(draft, regions, notices)
    return [(region, share) for region in regions]


def _refuse_extras(draft: Draft, regions: list[CaptionRegion], notices: list[str]) -> None:
    if draft.core or draft.patchy or Extent.EXTENSIVE in draft.extents:
        where = "apex" if regions[0].site is Site.APEX else "insertion points"
        notices.append(f"The {where} is said without extent, texture or core.")


def _has_apex(draft: Draft) -> bool:
    by_range = Level.APEX in draft.levels and (
        WHOLE_RING in draft.walls or Artery.LAD in draft.arteries
    )
    by_artery = Artery.LAD in draft.arteries and not draft.levels and not draft.walls
    return Site.APEX in draft.sites or 17 in draft.segments or by_range or by_artery


def _spots(depth: Depth, site: Site, rings: list[Level], notices: list[str]) -> list[CaptionRegion]:
    levels: list[Level | None] = [level for level in rings if level is not Level.APICAL]
    if Level.APICAL in rings:
        notices.append("The apical ring has no RV insertion points.")
    return [CaptionRegion(depth, (), site, level) for level in levels or [None]]


def _depth(draft: Draft, notices: list[str]) -> tuple[Depth, float | None]:
    """Depth word and exact share; contradictions are told."""
    depths = list(dict.fromkeys(draft.depths))
    shares = list(dict.fromkeys(draft.shares))
    if len(depths) > 1:
        others = ", ".join(depth.value for depth in depths[1:])
        notices.append(f"Depths contradict each other: {depths[0].value} is taken, not {others}.")
    if len(shares) > 1:
        notices.append(f"Two percentages for one scar: {100 * shares[0]:.0f} % is taken.")
    if not shares:
        if not depths:
            notices.append("No depth is named: transmural is taken.")
        return (depths[0] if depths else Depth.TRANSMURAL), None
    share = shares[0]
    word = depths[0] if depths else Depth.SUBENDOCARDIAL
    if word is Depth.MID_WALL:
        if share < MID_LIMIT:
            return word, share
        notices.append(f"{100 * share:.0f} % of the wall is more than mid-wall; a third is taken.")
        return word, None
    if word is Depth.MIXED_LAYER:
        return (word, share) if share < MIXED_LIMIT else (word, None)
    if word in (Depth.SUBEPICARDIAL, Depth.DEEP_SUBEPICARDIAL):
        if share <= EPI_LIMITS[1]:
            deep = share > EPI_LIMITS[0]
            return (Depth.DEEP_SUBEPICARDIAL if deep else Depth.SUBEPICARDIAL), share
        notices.append(f"{100 * share:.0f} % of the wall is called transmural.")
        return Depth.TRANSMURAL, share
    if share <= 0.5:
        found = Depth.SUBENDOCARDIAL
    else:
        found = Depth.DEEP_SUBENDOCARDIAL if share <= 0.75 else Depth.TRANSMURAL
    if depths and found is not word and not _says_same(word, share):
        notices.append(f"{100 * share:.0f} % of the wall is called {found.value}.")
    return found, share


def _says_same(word: Depth, share: float) -> bool:
    """True when a percentage only makes the word more precise ("subendocardial, 60 %")."""
    return word is Depth.SUBENDOCARDIAL and share <= 0.75


def _places(draft: Draft, rings: list[Level], notices: list[str]) -> list[Place]:
    """Segments by ring; None where the ring is not known."""
    by_ring: dict[Level | None, set[int]] = {}
    for segment in draft.segments:
        level = level_of(segment)
        if level is Level.APEX:
            continue
        if rings and level not in rings:
            notices.append(f"Segment {segment} is {level.name.lower()}.")
        by_ring.setdefault(level, set()).update((segment,))
    fed = {segment for artery in draft.arteries for segment in segments_fed_by(artery)}
    walls = _walls(draft, notices)
    named: list[Level | None] = [*rings]
    if not named and Level.APEX not in draft.levels:
        named = [*_RINGS] if fed else [None]
    for ring_level in named:
        own = _of_walls(walls, ring_level, notices)
        if fed:
            ring = fed & set(ring_of(ring_level))
            if own and not own & ring:
                where = f"{ring_level.name.lower()} " if ring_level is not None else ""
                notices.append(f"No {where}wall that is named belongs to that artery.")
            own = (own & ring or own) if walls else ring
        if own:
            by_ring.setdefault(ring_level, set()).update(own)
    return [(level, frozenset(segments)) for level, segments in by_ring.items()]


def _walls(draft: Draft, notices: list[str]) -> list[str]:
    walls = list(dict.fromkeys(draft.walls))
    if WHOLE_RING in walls and (len(walls) > 1 or draft.segments or draft.arteries):
        walls.remove(WHOLE_RING)
        notices.append("Walls and the whole ring are named; the walls are taken.")
    return walls


def _of_walls(walls: list[str], level: Level | None, notices: list[str]) -> set[int]:
    ring, found = ring_of(level), set[int]()
    for wall in walls:
        if wall == WHOLE_RING:
            return set(ring)
        parts = MERGED.get(wall, (wall,))
        places = [SIX_WALLS.index(part) for part in parts]
        if level is not Level.APICAL:
            found |= {ring[place] for place in places}
            continue
        snapped = {APICAL_OF_SIX[place] for place in places}
        found |= snapped
        if wall not in MERGED and wall_words(snapped, level) != [wall]:
            name = wall_words(snapped, level)[0]
            notices.append(f"The apical ring has four walls: {wall} is read as {name}.")
    return found


def _shaped(
    draft: Draft,
    depth: Depth,
    level: Level | None,
    segments: frozenset[int],
    notices: list[str],
) -> list[CaptionRegion]:
    """Regions of neighbouring walls in one ring, with what the words say about their look."""
    ring = ring_of(level)
    extents = list(dict.fromkeys(draft.extents))
    if len(extents) > 1:
        notices.append(f"Extents contradict each other: {extents[0].value} is taken.")
    asked = extents[0] if extents else Extent.REGIONAL
    runs = [(s,) for s in ring if s in segments] if asked is Extent.FOCAL else _runs(segments, ring)
    out = []
    for run in runs:
        extent = _extent(asked, len(run), level, notices)
        patchy = draft.patchy
        wide = len(run) >= widest_regional(level) and len(run) < len(ring)
        if patchy and extent is Extent.FOCAL:
            notices.append("A focal scar is one piece: patchy is left out.")
            patchy = False
        elif patchy and wide and extent is Extent.REGIONAL:
            extent = Extent.EXTENSIVE
            notices.append("Patches over so many walls are called extensive.")
        core = draft.core
        if core and (patchy or extent is Extent.FOCAL or depth not in CORED_DEPTHS):
            notices.append("A core needs a solid scar from the endocardium: it is left out.")
            core = False
        region = CaptionRegion(depth, tuple(sorted(run)), Site.WALLS, level, extent, patchy, core)
        out.append(region)
    return out


def _extent(asked: Extent, count: int, level: Level | None, notices: list[str]) -> Extent:
    most, ring = widest_regional(level), len(ring_of(level))
    if count == ring:
        return Extent.REGIONAL
    if asked is Extent.EXTENSIVE and count < most:
        notices.append("Extensive needs more than 150 degrees: these walls are regional.")
        return Extent.REGIONAL
    if asked is Extent.REGIONAL and count > most:
        notices.append("So many walls are called extensive.")
        return Extent.EXTENSIVE
    return asked


def _runs(segments: frozenset[int], ring: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Neighbouring segments of a ring."""
    if len(segments) == len(ring):
        return [ring]
    first = next(place for place, segment in enumerate(ring) if segment not in segments)
    runs: list[list[int]] = [[]]
    for segment in ring[first:] + ring[:first]:
        if segment in segments:
            runs[-1].append(segment)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if run]
