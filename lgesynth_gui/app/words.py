"""Scar to words, and words or patterns to scar, through `anatomy`; imported late like `heart`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lgesynth_gui.app.heart import borders
from lgesynth_gui.app.session import State
from lgesynth_gui.core.caption import Caption, CaptionRegion, Depth, Extent, Site
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.aha import Anchors
    from lgesynth_gui.anatomy.polygons import Floats

ADDING = "and "
MID_WALL_SHARE = 0.30  # of the wall, from 35 to 65 %
SHORTEST = 4  # letters of a word for which another is offered
APART = 0.10  # of the wall: walls that differ by more are said one by one


@dataclass(frozen=True)
class Reading:
    """What words draw.

    Args:
        sketch: The drawing.
        unknown: Words that were not understood, as written.
        notices: Sentences about what was guessed or contradicts itself.
        offers: (unknown word, the nearest known one), where one is near.
    """

    sketch: ScarSketch
    unknown: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    offers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PatternRow:
    """One pattern of the library: identifier, title, and place, depth and extent in words."""

    name: str
    title: str
    words: str


def caption_of(state: State, index: int) -> str:
    """The whole requested scar in words that draw it again; "" without contours or words for it.

    Every ring is described by one of its drawn slices, the shown one if it is among them; rings
    that say the same are said together, and where the depth word alone would draw another
    thickness its percentage follows: "Subendocardial enhancement in the basal and mid septal
    wall, 40 %".

    Args:
        state: What is drawn.
        index: Shown slice.
    """
    from lgesynth_gui.anatomy.speech import NOTHING

    if state.series is None or not state.contours.outlined():
        return ""
    said: dict[tuple[str, str], list[str]] = {}
    try:
        for one in _spokesmen(state, index):
            for text, level, percent in _said_of(state, one):
                said.setdefault((text, percent), []).append(level)
    except LgeSynthError:
        return ""
    if not said:
        return NOTHING
    parts = []
    for (text, percent), levels in said.items():
        named = " and ".join([", ".join(levels[:-1]), levels[-1]] if len(levels) > 1 else levels)
        parts.append(text.replace(PLACE, f"the {named}" if named else "the") + percent)
    words = "; ".join(parts)
    return words[0].upper() + words[1:]


PLACE = "the \0"  # where the names of the levels belong


def _spokesmen(state: State, index: int) -> list[int]:
    """A drawn slice of every ring, base first: the shown one, else the one in the middle."""
    rings: dict[int, list[int]] = {}
    for i in state.sketch.slices():
        if i < len(state.contours.slices) and state.contours.slices[i] is not None:
            rings.setdefault(int(state.contours.level(i)), []).append(i)
    return [
        index if index in members else members[len(members) // 2]
        for _, members in sorted(rings.items())
    ]


def _said_of(state: State, index: int) -> tuple[tuple[str, str, str], ...]:
    """(words without the level, level, ", 40 %" or "") of the regions of one slice."""
    from lgesynth_gui.anatomy.aha import anchors_in

    assert state.series is not None
    one = state.contours.slices[index]
    assert one is not None
    regions = tuple(r for r in state.sketch.regions if index in r.slices)
    return _regions_said(
        regions,
        borders(one),
        state.contours.level(index),
        anchors_in(state.contours, index),
        state.series.shape[1:],
        state.series.spacing[1:],
    )


@lru_cache(maxsize=64)
def _regions_said(
    regions: tuple[ScarRegion, ...],
    contours: SliceContours,
    level: Level,
    hooks: Anchors,
    shape: tuple[int, int],
    spacing: tuple[float, float],
) -> tuple[tuple[str, str, str], ...]:
    from lgesynth_gui.anatomy.describe import describe
    from lgesynth_gui.anatomy.render import render
    from lgesynth_gui.anatomy.speech import say
    from lgesynth_gui.anatomy.wall import wall_of

    if not regions:
        return ()
    wall = wall_of(contours, shape, spacing)
    here = tuple(replace(region, slices=(0,)) for region in regions)
    caption = describe(render(ScarSketch(here), 0, wall), wall, level, hooks)
    name = level.name.lower()
    out = []
    for region, percent in _measured(caption.regions, regions, level, hooks):
        words = say(Caption((region,)))
        words = words[0].lower() + words[1:]
        known = f"the {name} " in words
        bare = words.replace(f"the {name} ", f"{PLACE} ", 1)
        out.append((bare, name if known else "", percent))
    return tuple(out)


def _measured(
    said: tuple[CaptionRegion, ...], regions: tuple[ScarRegion, ...], level: Level, hooks: Anchors
) -> list[tuple[CaptionRegion, str]]:
    """Regions with ", 40 %" where the depth word alone would draw another thickness.

    Walls of one region that are drawn quite differently thick are told apart.
    """
    from lgesynth_gui.anatomy.aha import segments_at
    from lgesynth_gui.anatomy.coverage import chord_angles, covered

    owners, every = segments_at(chord_angles(), level, hooks), covered(regions)
    out = []
    for region in said:
        shares = {s: _mean(every[owners == s]) for s in region.segments}
        groups: list[list[int]] = []
        for segment in region.segments:
            first = shares[groups[-1][0]] if groups else -1.0
            if abs(shares[segment] - first) < APART or (groups and not _plain(region)):
                groups[-1].append(segment)
            else:
                groups.append([segment])
        for group in groups:
            share = _mean(every[np.isin(owners, group)])
            usual = f", {100 * _usual_share(region.depth):.0f} %"
            percent = f", {100 * share:.0f} %"
            spoken = "" if percent == usual else percent
            out.append((replace(region, segments=tuple(group)), spoken))
        if not groups:
            out.append((region, ""))
    return out


def _plain(region: CaptionRegion) -> bool:
    """Whether a part of a region can be said by itself."""
    usual = region.extent is Extent.REGIONAL and not region.patchy and not region.no_reflow
    return usual and region.site is Site.WALLS


def _mean(shares: Floats) -> float:
    """Mean of the chords that are covered at all."""
    touched = shares[shares > 0]
    return float(touched.mean()) if len(touched) else 0.0


def _usual_share(depth: Depth) -> float:
    """What a depth word draws when no percentage stands beside it."""
    from lgesynth_gui.anatomy.drawing import bands_of

    own = MID_WALL_SHARE if depth is Depth.MID_WALL else None
    return sum(high - low for low, high in bands_of(depth, own))


def from_words(text: str, state: State) -> Reading:
    """The drawing words ask for: instead of the present one, or added to it with "and ...".

    Raises:
        LgeSynthError: nothing in the words could be read, or the heart has no such place.
    """
    from lgesynth_gui.anatomy.captions import understand
    from lgesynth_gui.anatomy.describe import draw_caption

    words = text.strip()
    adding = words.lower().startswith(ADDING)
    read = understand(words[len(ADDING) :] if adding else words)
    shares = tuple(
        MID_WALL_SHARE if share is None and region.depth is Depth.MID_WALL else share
        for region, share in zip(read.caption.regions, read.fractions, strict=True)
    )
    sketch = draw_caption(read.caption, state.contours, fractions=shares)
    if read.caption.regions and not sketch.regions:
        raise LgeSynthError("No slice with contours shows that place.", "Propose contours first.")
    if adding:
        sketch = state.sketch.adding(*sketch.regions)
    offers = ((word, nearest_word(word)) for word in read.unknown)
    return Reading(
        sketch, read.unknown, read.notices, tuple((word, near) for word, near in offers if near)
    )


@lru_cache(maxsize=512)
def nearest_word(word: str) -> str:
    """The known word that is most like an unknown one; "" when none is."""
    from lgesynth_gui.anatomy.lexicon import lexicon, slips

    plain = word.lower()
    if len(plain) < SHORTEST or not plain.isalpha():
        return ""
    whole = {phrase[0] for phrase in lexicon().meanings if len(phrase) == 1}
    likely = [known for known in whole if abs(len(known) - len(plain)) <= len(plain) // 2]
    wrong, _, near = min((slips(plain, one), one[0] != plain[0], one) for one in likely)
    return near if wrong <= len(plain) // 2 else ""


def patterns() -> tuple[PatternRow, ...]:
    """The library of scar patterns, in its order."""
    from lgesynth_gui.anatomy.patterns import load_patterns

    return tuple(
        PatternRow(p.name, p.title, f"{p.where}; {p.depth}; {p.size}") for p in load_patterns()
    )


def from_pattern(name: str, state: State) -> ScarSketch:
    """A scar of a pattern; the seed of the settings decides which one.

    Raises:
        LgeSynthError: no slice has contours, or there is no such pattern.
    """
    from lgesynth_gui.anatomy.patterns import draw_pattern, pattern_named

    rng = np.random.default_rng(state.settings.seed)
    return draw_pattern(pattern_named(name), state.contours, rng)
