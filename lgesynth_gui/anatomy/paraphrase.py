"""Other wordings of a caption, as different readers would dictate it; `understand` reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from lgesynth_gui.anatomy.aha import segments_of
from lgesynth_gui.anatomy.lexicon import lexicon
from lgesynth_gui.anatomy.speech import NOTHING, canonical, is_circumferential, listed, wall_words
from lgesynth_gui.anatomy.territories import TEXTBOOK
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.labels import Level

USUAL = 0.4  # how often the canonical word stays
SLIPPED = 0.08  # captions with a typing slip
BEYOND = 0.03  # slips that hit one word twice
SHORTEST_SLIP = 7  # letters of a word that is mistyped
_HEALTHY = (
    NOTHING,
    "No enhancement",
    "No LGE",
    "No scar",
    "no hyperenhancement of the myocardium",
    "no fibrosis in the left ventricle",
    "without scar",
    "normal myocardium",
)
_PERCENT = {
    Depth.SUBENDOCARDIAL: (10, 50),
    Depth.DEEP_SUBENDOCARDIAL: (51, 75),
    Depth.TRANSMURAL: (76, 100),
}
_CLASSES = {
    Depth.SUBENDOCARDIAL: ("1-25 %", "26-50 %"),
    Depth.DEEP_SUBENDOCARDIAL: ("51-75 %", "over half the wall"),
    Depth.TRANSMURAL: ("76-100 %",),
}
_T = TypeVar("_T")


def paraphrase(caption: Caption, rng: np.random.Generator) -> str:
    """The same structure in other words.

    Synonyms, abbreviations, segment numbers, arteries, percentages, other word and region order,
    other punctuation, and now and then a typing slip.

    Args:
        caption: A legal structure.
        rng: Decides everything.

    Returns:
        Text that `understand` reads as the same structure, but for rare slips beyond repair.
    """
    if not caption.regions:
        text = _one(_HEALTHY, rng)
    else:
        regions = [*canonical(caption).regions]
        if rng.random() < 0.4:
            regions = [regions[int(i)] for i in rng.permutation(len(regions))]
        text = _one(("; ", "; ", ". "), rng).join(_region(region, rng) for region in regions)
    if rng.random() < SLIPPED:
        text = _slip(text, rng)
    how = rng.random()
    if how < 0.45:
        text = text[:1].upper() + text[1:]
    elif how < 0.5:
        text = text.upper()
    return text + "." if rng.random() < 0.15 else text


def _one(options: Sequence[_T], rng: np.random.Generator) -> _T:
    return options[int(rng.integers(len(options)))]


def _word(kind: str, key: str, rng: np.random.Generator) -> str:
    """A phrase for a meaning, the usual one most often."""
    phrases = lexicon().spoken(kind, key)
    phrase = phrases[0] if rng.random() < USUAL else _one(phrases, rng)
    return _hyphened(phrase, rng)


def _hyphened(phrase: str, rng: np.random.Generator) -> str:
    """`mid wall` as `mid-wall` and the like, as often as people write it."""
    first, _, rest = phrase.partition(" ")
    tied = {"mid": ("wall", "myocardial", "ventricular", "cavity"), "sub": (rest,)}
    tied |= {"antero": (rest,), "infero": (rest,), "non": ("enhancing core",), "no": ("reflow",)}
    tied |= {"full": ("thickness",), "mixed": ("layer",)}
    return f"{first}-{rest}" if rest in tied.get(first, ()) and rng.random() < 0.7 else phrase


def _region(region: CaptionRegion, rng: np.random.Generator) -> str:
    """One region by one of several sentence plans."""
    look = []
    if region.patchy:
        look.append(_word("texture", "patchy", rng))
    if region.extent is not Extent.REGIONAL:
        look.append(_word("extent", region.extent.value, rng))
    head = _word("head", "enhancement", rng)
    depth, exact = _depth(region.depth, rng)
    level, place = _place(region, rng)
    core = ""
    if region.no_reflow:
        core = _one((", with {}", " with {}", ", {}"), rng).format(_core(rng))
    tail = f", {exact}" if exact else ""
    style = rng.random()
    at = "in the" if region.site is Site.WALLS else "at the"
    if style < 0.45:
        wall = " wall" if place.endswith(("or", "al")) and rng.random() < 0.8 else ""
        said = [*look, depth, head, at, level, place + wall]
    elif style < 0.6:
        said = [level, f"{place}:", *look, depth, head]
    elif style < 0.75:
        said = [*look, f"{depth},", place + ("," if level else ""), level]
    elif style < 0.9:
        said = [*look, depth, place, level]
    else:
        said = [level, place, *look, depth, head]
    return " ".join(word for word in said if word) + tail + core


def _core(rng: np.random.Generator) -> str:
    phrase = _word("core", "with", rng)
    return f"a {phrase}" if phrase.endswith("core") and rng.random() < 0.7 else phrase


def _depth(depth: Depth, rng: np.random.Generator) -> tuple[str, str]:
    """(depth word, exact share or "")."""
    word = _word("depth", depth.value, rng)
    if depth not in _PERCENT or rng.random() > 0.2:
        return word, ""
    if rng.random() < 0.4:
        return word, _one(_CLASSES[depth], rng)
    low, high = _PERCENT[depth]
    share = int(rng.integers(low, high + 1))
    return word, f"{share}{_one((' %', '%', ' percent'), rng)}"


def _place(region: CaptionRegion, rng: np.random.Generator) -> tuple[str, str]:
    """(level or "", place)."""
    level = region.level
    if region.site is Site.APEX:
        return "", _word("site", "apex", rng)
    ring = "" if level is None else _word("level", level.name.lower(), rng)
    if region.site is not Site.WALLS:
        return ring, _word("site", region.site.value, rng)
    if is_circumferential(region):
        return ring, _word("wall", "circumferential", rng)
    if level is not None and rng.random() < 0.12:
        numbers = [str(segment) for segment in region.segments]
        named = "segment" if len(numbers) == 1 else "segments"
        return "", f"{named} {listed(numbers)}"
    if level is not None and rng.random() < 0.3 and (artery := _artery(region.segments, level)):
        return ring, _word("territory", artery, rng)
    merged = rng.random() < 0.8
    walls = wall_words(region.segments, level, merged=merged)
    if rng.random() < 0.2:
        walls = [walls[int(i)] for i in rng.permutation(len(walls))]
    return ring, listed([_word("wall", wall, rng) for wall in walls])


def _artery(segments: tuple[int, ...], level: Level) -> str:
    """The artery that feeds exactly these segments of a ring, or ""."""
    ring = set(segments_of(level))
    for artery, fed in TEXTBOOK.items():
        if set(segments) == ring & set(fed):
            return artery.value
    return ""


def _slip(text: str, rng: np.random.Generator) -> str:
    """The text with one long word mistyped: letters swapped, missing or doubled."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if word.isalpha() and len(word) >= SHORTEST_SLIP]
    if not long:
        return text
    chosen = int(_one(long, rng))
    for _ in range(2 if rng.random() < BEYOND else 1):
        words[chosen] = _mistyped(words[chosen], rng)
    return " ".join(words)


def _mistyped(word: str, rng: np.random.Generator) -> str:
    place = int(rng.integers(1, len(word) - 1))
    kind = rng.random()
    if kind < 0.4:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if kind < 0.75:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]
