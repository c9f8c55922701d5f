"""The strict side of the caption grammar: one structure has one text, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lgesynth_gui.anatomy.aha import FOUR_WALLS, SIX_WALLS, segments_of
from lgesynth_gui.anatomy.lexicon import lexicon
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.errors import NotUnderstood
from lgesynth_gui.core.labels import Level

NOTHING = "No enhancement in the left ventricular myocardium"
CORE = ", with a non-enhancing core"
CORED_DEPTHS = (Depth.SUBENDOCARDIAL, Depth.DEEP_SUBENDOCARDIAL, Depth.TRANSMURAL)
INSERTIONS = (Site.ANTERIOR_INSERTION, Site.INFERIOR_INSERTION)
WHOLE_RING = "circumferential"
MERGED = {"septal": ("anteroseptal", "inferoseptal"), "lateral": ("inferolateral", "anterolateral")}

_LEVELS = {"basal": Level.BASAL, "mid": Level.MID, "apical": Level.APICAL}
_REGION = re.compile(
    r"(?P<patchy>patchy )?(?:(?P<extent>focal|extensive) )?"
    rf"(?P<depth>{'|'.join(depth.value for depth in Depth)}) enhancement "
    r"(?:in the (?:(?P<level>basal|mid|apical) )?(?P<walls>[a-z, ]+) wall"
    r"|at the (?:(?P<ring>basal|mid) )?(?P<side>anterior|inferior) RV insertion point"
    r"|at the (?P<apex>apex))"
    rf"(?P<core>{CORE})?"
)


def ring_of(level: Level | None) -> tuple[int, ...]:
    """Segments of a ring in circle order; those of the base when the ring is not said."""
    return segments_of(Level.BASAL if level is None else level)


def widest_regional(level: Level | None) -> int:
    """Most walls a regional region has; as many are the fewest of an extensive one."""
    return len(ring_of(level)) // 2


def is_circumferential(region: CaptionRegion) -> bool:
    """True when a region of walls runs all around."""
    return region.site is Site.WALLS and len(region.segments) == len(ring_of(region.level))


def complaint(region: CaptionRegion) -> str:
    """Why a region cannot be, in one sentence; "" when it can."""
    flags = region.patchy or region.no_reflow or region.extent is not Extent.REGIONAL
    if region.site is not Site.WALLS:
        if flags:
            return "Insertion points and the apex have no extent, texture or core."
        if region.site is Site.APEX:
            legal = region.segments == (17,) and region.level is Level.APEX
            return "" if legal else "The apex is segment 17."
        if region.segments or region.level not in (None, Level.BASAL, Level.MID):
            return "Insertion points are basal or mid and have no segments."
        return ""
    if not region.segments or region.level is Level.APEX:
        return "A region needs walls."
    if set(region.segments) - set(ring_of(region.level)):
        return "Segments and level do not agree."
    if region.extent is Extent.FOCAL and (len(region.segments) > 1 or region.patchy):
        return "A focal region is one piece in one wall."
    if region.no_reflow and (
        region.depth not in CORED_DEPTHS or region.patchy or region.extent is Extent.FOCAL
    ):
        return "A core needs a solid scar that starts at the endocardium."
    if region.extent is not Extent.REGIONAL and is_circumferential(region):
        return "A region all around has no extent."
    return ""


def canonical(caption: Caption) -> Caption:
    """The same regions in the order they are said, each with ascending segments."""
    return Caption(tuple(sorted(map(_tidied, caption.regions), key=_order)))


def _tidied(region: CaptionRegion) -> CaptionRegion:
    segments = tuple(sorted(set(region.segments)))
    if segments == region.segments:
        return region
    return CaptionRegion(
        region.depth,
        segments,
        region.site,
        region.level,
        region.extent,
        region.patchy,
        region.no_reflow,
    )


def _order(region: CaptionRegion) -> tuple[object, ...]:
    level = -1 if region.level is None else int(region.level)
    ring = ring_of(region.level)
    if region.site is Site.WALLS:
        first = min((ring.index(s) for s in region.segments if s in ring), default=0)
    else:
        first = 2 if region.site is Site.INFERIOR_INSERTION else 0
    return (
        level,
        first,
        list(Site).index(region.site),
        list(Depth).index(region.depth),
        region.segments,
        list(Extent).index(region.extent),
        region.patchy,
        region.no_reflow,
    )


def wall_words(segments: Iterable[int], level: Level | None, *, merged: bool = True) -> list[str]:
    """Names of the walls of one ring's segments, in circle order.

    Args:
        segments: Segments of the ring.
        level: Ring; None names the basal segments.
        merged: Say septal and lateral where both halves are meant, circumferential for all.
    """
    ring, chosen = ring_of(level), set(segments)
    names = FOUR_WALLS if level is Level.APICAL else SIX_WALLS
    found = [name for number, name in zip(ring, names, strict=True) if number in chosen]
    if not merged:
        return found
    if len(found) == len(names):
        return [WHOLE_RING]
    for whole, parts in MERGED.items():
        if set(parts) <= set(found):
            found[found.index(parts[0])] = whole
            found.remove(parts[1])
    return found


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def say(caption: Caption) -> str:
    """The canonical caption of a structure.

    Args:
        caption: Regions in any order.

    Raises:
        NotUnderstood: a region is not possible, for example a core in mid-wall scar.
    """
    for region in caption.regions:
        if why := complaint(region):
            raise NotUnderstood(why, "Change the region.")
    if not caption.regions:
        return NOTHING
    return _capital("; ".join(map(_say_region, canonical(caption).regions)))


def say_as_paper(caption: Caption) -> str:
    """One region, no level, and the wall names of older reports: how LGESynthNet's captions read.

    The region with most walls is said, the first of equals.
    """
    if not caption.regions:
        return NOTHING
    region = max(canonical(caption).regions, key=lambda one: len(one.segments))
    place = _place(region, None)
    if region.site is Site.WALLS:
        older = [
            (lexicon().spoken("paper", name) or (name,))[0]
            for name in wall_words(region.segments, region.level)
        ]
        place = f"in the {listed(older)} wall"
    return _capital(f"{region.depth.value} enhancement {place}")


def _say_region(region: CaptionRegion) -> str:
    extent = "" if region.extent is Extent.REGIONAL else region.extent.value + " "
    return (
        f"{'patchy ' if region.patchy else ''}{extent}{region.depth.value} enhancement "
        f"{_place(region, region.level)}{CORE if region.no_reflow else ''}"
    )


def _place(region: CaptionRegion, level: Level | None) -> str:
    if region.site is Site.APEX:
        return "at the apex"
    ring = "" if level is None else level.name.lower() + " "
    if region.site is Site.WALLS:
        return f"in the {ring}{listed(wall_words(region.segments, region.level))} wall"
    return f"at the {ring}{region.site.value}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def parse(text: str) -> Caption:
    """The structure of a canonical caption; the exact inverse of `say`.

    Raises:
        NotUnderstood: the text is not word for word what `say` writes.
    """
    if text == NOTHING:
        return Caption()
    caption = canonical(Caption(tuple(map(_parse_region, _small(text).split("; ")))))
    expected = say(caption)
    if expected != text:
        raise NotUnderstood(f'"{text}" is not in canonical form.', f'Write "{expected}".')
    return caption


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def _parse_region(text: str) -> CaptionRegion:
    found = _REGION.fullmatch(text)
    if found is None:
        raise NotUnderstood(
            f'"{text}" is not a region of a caption.',
            'Write for example "Subendocardial enhancement in the mid anterior wall".',
        )
    depth = Depth(found["depth"])
    if found["apex"]:
        return _checked(found, CaptionRegion(depth, (17,), Site.APEX, Level.APEX))
    level = _LEVELS.get(found["level"] or found["ring"] or "")
    if found["side"]:
        site = Site(f"{found['side']} RV insertion point")
        return _checked(found, CaptionRegion(depth, (), site, level))
    segments: set[int] = set()
    for word in found["walls"].replace(" and ", ", ").split(", "):
        segments.update(segments_called(word, level))
    return _checked(found, CaptionRegion(depth, tuple(sorted(segments)), Site.WALLS, level))


def _checked(found: re.Match[str], bare: CaptionRegion) -> CaptionRegion:
    region = CaptionRegion(
        bare.depth,
        bare.segments,
        bare.site,
        bare.level,
        Extent(found["extent"] or "regional"),
        bool(found["patchy"]),
        bool(found["core"]),
    )
    if why := complaint(region):
        raise NotUnderstood(why, f'Change "{found[0]}".')
    return region


def segments_called(word: str, level: Level | None) -> tuple[int, ...]:
    """Segments of a canonical wall word in a ring.

    Raises:
        NotUnderstood: the ring has no such wall.
    """
    ring = ring_of(level)
    if word == WHOLE_RING:
        return ring
    names = FOUR_WALLS if level is Level.APICAL else SIX_WALLS
    parts = (word,) if word in names else MERGED.get(word, ())
    if not parts or set(parts) - set(names):
        where = "apical ring" if level is Level.APICAL else "ring"
        raise NotUnderstood(f'The {where} has no wall "{word}".', f"Its walls: {listed([*names])}.")
    return tuple(ring[names.index(part)] for part in parts)
