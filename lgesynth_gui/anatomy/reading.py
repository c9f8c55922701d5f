"""The lenient side of the caption grammar: what people type, with everything that was guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from lgesynth_gui.anatomy.aha import SIX_WALLS, level_of
from lgesynth_gui.anatomy.drawing import APICAL_OF_SIX
from lgesynth_gui.anatomy.lexicon import lexicon
from lgesynth_gui.anatomy.speech import (
    CORED_DEPTHS,
    INSERTIONS,
    MERGED,
    WHOLE_RING,
    canonical,
    ring_of,
    wall_words,
    widest_regional,
)
from lgesynth_gui.anatomy.territories import Artery, segments_fed_by
from lgesynth_gui.anatomy.words import Item, items_of
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.errors import NotUnderstood
from lgesynth_gui.core.labels import Level

EXAMPLE = "For example: subendocardial LAD, 60 %, mid to apex."
MID_LIMIT = 0.5  # from here on a mid-wall band reaches the inner third
MIXED_LIMIT = 0.8
EPI_LIMITS = (0.41, 0.74)  # the largest shares called subepicardial and deep subepicardial
_LEVELS = {level.name.lower(): level for level in Level}
_RINGS = (Level.BASAL, Level.MID, Level.APICAL)
Place = tuple[Level | None, frozenset[int]]


@dataclass(frozen=True)
class Understood:
    """What free text says.

    Args:
        caption: Its structure, in canonical order.
        unknown: Words that mean nothing here, as written.
        notices: Sentences about what was guessed, mended or contradicts itself.
        fractions: For each region the exact share of the wall that was asked for (0 to 1), or
            None where only a depth word was given.
    """

    caption: Caption
    unknown: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    fractions: tuple[float | None, ...] = ()


@dataclass
class _Draft:
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
        return bool(self.walls or self.segments or self.arteries or self.sites)

    @property
    def deep(self) -> bool:
        return bool(self.depths or self.shares)

    @property
    def styled(self) -> bool:
        return bool(self.extents) or self.patchy

    def take(self, other: _Draft) -> None:
        """Add what another draft says."""
        for name in ("depths", "shares", "extents", "walls", "segments", "arteries", "sites"):
            getattr(self, name).extend(getattr(other, name))
        self.levels.extend(other.levels)
        self.patchy, self.core = self.patchy or other.patchy, self.core or other.core


def understand(text: str) -> Understood:
    """Read free text.

    Words of the field, abbreviations, segment numbers, arteries, percentages and classes are
    known (`resources/lexicon.toml`); a typing slip is mended where one word only can be meant.

    Args:
        text: For example "subendocardial LAD, 60 %, mid to apex" or "7 50% and 12 25%".

    Raises:
        NotUnderstood: no region, and no absence of scar, can be read out of it.
    """
    if not text.strip():
        raise NotUnderstood("There are no words to read.", EXAMPLE)
    items, notices = items_of(text)
    unknown = tuple(dict.fromkeys(item.text for item in items if item.kind == "unknown"))
    for word in unknown:
        if near := lexicon().nearest(word.lower()):
            notices.append(f'"{word}" is not known; did you mean {" or ".join(near)}?')
    drafts, denials = _drafts([item for item in items if item.kind != "unknown"])
    found: dict[CaptionRegion, float | None] = {}
    for draft in drafts:
        for region, share in _regions(draft, notices):
            found.setdefault(region, share)
    spared = any(draft.shares and max(draft.shares) == 0.0 for draft in drafts)
    if not found and not denials and not spared:
        raise NotUnderstood(_why(drafts, unknown), EXAMPLE)
    if found and "all" in denials:
        notices.append("The words deny any scar and also name one; the named one is read.")
    caption = canonical(Caption(tuple(found)))
    notices += _overlaps(caption)
    return Understood(
        caption,
        unknown,
        tuple(dict.fromkeys(notices)),
        tuple(found[region] for region in caption.regions),
    )


def _why(drafts: list[_Draft], unknown: tuple[str, ...]) -> str:
    tail = f"; not understood: {', '.join(unknown)}." if unknown else "."
    if any(draft.deep or draft.styled for draft in drafts):
        return "These words name no wall" + tail
    return "Nothing in these words names a scar" + tail


def _drafts(items: list[Item]) -> tuple[list[_Draft], set[str]]:
    """Regions as far as the words tell them apart, and what is denied: "all" or "some"."""
    drafts: list[_Draft] = []
    denials: set[str] = set()
    for clause in _split(items, "hard"):
        groups = []
        for group in _split(clause, "soft"):
            draft, denied = _group(group)
            denials |= denied
            if draft != _Draft():
                groups.append(draft)
        for own in _merged(groups):
            last = drafts[-1] if drafts else None
            apart = own.placed if last is None or last.placed else False
            if last is not None and not apart and not (own.deep and last.deep):
                last.take(own)
            else:
                if last is not None:
                    _lend_depth(last, own)
                drafts.append(own)
    return drafts, denials


def _split(items: list[Item], kind: str) -> list[list[Item]]:
    parts: list[list[Item]] = [[]]
    for item in items:
        if item.kind == kind:
            parts.append([])
        else:
            parts[-1].append(item)
    return [part for part in parts if part]


def _group(items: list[Item]) -> tuple[_Draft, set[str]]:
    """What one stretch without commas says; after "no" only a core can be meant, or nothing."""
    draft, denied = _Draft(), set[str]()
    for place, item in enumerate(items):
        if item.kind == "no":
            rest = items[place + 1 :]
            if rest and rest[0].kind == "core":
                return draft, denied
            denied.add("some" if _read(rest).placed or draft != _Draft() else "all")
            return draft, denied
        _note(draft, item)
    return draft, denied


def _read(items: Iterable[Item]) -> _Draft:
    draft = _Draft()
    for item in items:
        _note(draft, item)
    return draft


def _note(draft: _Draft, item: Item) -> None:
    match item.kind:
        case "depth":
            draft.depths.append(Depth(item.key))
        case "share":
            draft.shares.append(item.value / 100.0)
        case "extent":
            draft.extents.append(Extent(item.key))
        case "texture":
            draft.patchy = True
        case "core":
            draft.core = True
        case "wall":
            draft.walls.append(item.key)
        case "segment":
            draft.segments.append(int(item.value))
        case "territory":
            draft.arteries.append(Artery(item.key))
        case "site":
            draft.sites.extend(INSERTIONS if item.key == "both" else (Site(item.key),))
        case "level":
            draft.levels.append(_LEVELS[item.key])


def _merged(groups: list[_Draft]) -> list[_Draft]:
    """Groups between commas put together into regions."""
    merged: list[_Draft] = []
    for place, group in enumerate(groups):
        if merged and not _begins(merged[-1], group, groups[place + 1 :]):
            merged[-1].take(group)
        else:
            merged.append(group)
    for before, after in pairwise(merged):
        _lend_depth(before, after)
    for after, before in pairwise(merged[::-1]):
        _lend_depth(after, before)
    return merged


def _lend_depth(giver: _Draft, taker: _Draft) -> None:
    if not taker.deep:
        taker.depths, taker.shares = list(giver.depths), list(giver.shares)


def _begins(now: _Draft, group: _Draft, later: list[_Draft]) -> bool:
    """True when a group cannot belong to the region that is being read."""
    if not now.placed:
        return False
    if not group.placed:
        if not (group.depths and now.depths):
            return False
        ahead = next((one for one in later if one.placed or one.deep), None)
        return ahead is not None and ahead.placed and not ahead.deep
    if group.levels and now.levels:
        return True
    if group.styled and (now.deep or now.styled):
        return True
    if now.deep and not group.deep:
        ahead = later[0] if later else None
        alike = ahead is not None and (
            (bool(ahead.shares) and bool(now.shares)) or (bool(ahead.depths) and bool(now.depths))
        )
        return alike and ahead is not None and not ahead.placed
    return bool(
        (group.depths and now.deep)
        or (group.shares and now.shares)
        or (group.shares and Depth.TRANSMURAL in now.depths)
    )


def _regions(draft: _Draft, notices: list[str]) -> list[tuple[CaptionRegion, float | None]]:
    """The regions a draft means, with the exact share of the wall if one was given."""
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


def _refuse_extras(draft: _Draft, regions: list[CaptionRegion], notices: list[str]) -> None:
    if draft.core or draft.patchy or Extent.EXTENSIVE in draft.extents:
        where = "apex" if regions[0].site is Site.APEX else "insertion points"
        notices.append(f"The {where} is said without extent, texture or core.")


def _has_apex(draft: _Draft) -> bool:
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


def _depth(draft: _Draft, notices: list[str]) -> tuple[Depth, float | None]:
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


def _places(draft: _Draft, rings: list[Level], notices: list[str]) -> list[Place]:
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


def _walls(draft: _Draft, notices: list[str]) -> list[str]:
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
    draft: _Draft,
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


def _overlaps(caption: Caption) -> list[str]:
    """Sentences about walls that two regions claim."""
    seen: dict[tuple[Level | None, int], Depth] = {}
    out = []
    for region in caption.regions:
        for segment in region.segments:
            other = seen.setdefault((region.level, segment), region.depth)
            if other is not region.depth:
                name = wall_words((segment,), region.level)[0] if segment < 17 else "apex"
                out.append(f"The {name} has two depths: {other.value}, {region.depth.value}.")
    return out
