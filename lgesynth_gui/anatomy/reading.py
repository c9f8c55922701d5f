"""The lenient side of the caption grammar: what people type, with everything that was guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from lgesynth_gui.anatomy.drafts import Draft, regions_of
from lgesynth_gui.anatomy.lexicon import lexicon
from lgesynth_gui.anatomy.speech import INSERTIONS, canonical, wall_words
from lgesynth_gui.anatomy.territories import Artery
from lgesynth_gui.anatomy.words import Item, items_of
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.errors import NotUnderstood
from lgesynth_gui.core.labels import Level

EXAMPLE = "For example: subendocardial LAD, 60 %, mid to apex."
_LEVELS = {level.name.lower(): level for level in Level}


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
        for region, share in regions_of(draft, notices):
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


def _why(drafts: list[Draft], unknown: tuple[str, ...]) -> str:
    tail = f"; not understood: {', '.join(unknown)}." if unknown else "."
    if any(draft.deep or draft.styled for draft in drafts):
        return "These words name no wall" + tail
    return "Nothing in these words names a scar" + tail


def _drafts(items: list[Item]) -> tuple[list[Draft], set[str]]:
    """Regions as far as the words tell them apart, and what is denied: "all" or "some"."""
    drafts: list[Draft] = []
    denials: set[str] = set()
    for clause in _split(items, "hard"):
        groups = []
        for group in _split(clause, "soft"):
            draft, denied = _group(group)
            denials |= denied
            if draft != Draft():
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


def _group(items: list[Item]) -> tuple[Draft, set[str]]:
    """What one stretch without commas says; after "no" only a core can be meant, or nothing."""
    draft, denied = Draft(), set[str]()
    for place, item in enumerate(items):
        if item.kind == "no":
            rest = items[place + 1 :]
            if rest and rest[0].kind == "core":
                return draft, denied
            denied.add("some" if _read(rest).placed or draft != Draft() else "all")
            return draft, denied
        _note(draft, item)
    return draft, denied


def _read(items: Iterable[Item]) -> Draft:
    draft = Draft()
    for item in items:
        _note(draft, item)
    return draft


def _note(draft: Draft, item: Item) -> None:
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


def _merged(groups: list[Draft]) -> list[Draft]:
    """Groups between commas put together into regions."""
    merged: list[Draft] = []
    for place, group in enumerate(groups):
        if merged and not _begins(merged[-1], group, groups[place + 1 :]):
            merged[-1].take(group)
        else:
            merged.append(group)
    for after, before in pairwise(merged[::-1]):
        _lend_depth(after, before)
    return merged


def _lend_depth(giver: Draft, taker: Draft) -> None:
    if not taker.deep:
        taker.depths, taker.shares = list(giver.depths), list(giver.shares)


def _begins(now: Draft, group: Draft, later: list[Draft]) -> bool:
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
