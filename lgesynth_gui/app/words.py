"""Scar to words, and words or patterns to scar, through `anatomy`; imported late like `heart`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lgesynth_gui.app.heart import labels_at, wall_at
from lgesynth_gui.app.session import State
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.caption import Caption
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarSketch

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.wall import Wall

ADDING = "and "


@dataclass(frozen=True)
class Reading:
    """What words draw.

    Args:
        sketch: The drawing.
        unknown: Words that were not understood, as written.
        notices: Sentences about what was guessed or contradicts itself.
    """

    sketch: ScarSketch
    unknown: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class PatternRow:
    """One pattern of the library: identifier, title, and place, depth and extent in words."""

    name: str
    title: str
    words: str


def caption_of(state: State, index: int) -> str:
    """The caption of one slice's requested scar; "" without contours or words for it."""
    from lgesynth_gui.anatomy.captions import say

    if state.series is None:
        return ""
    labels, wall = labels_at(state, index), wall_at(state.series, state.contours, index)
    if labels is None or wall is None:
        return ""
    try:
        return str(say(_described(state, index, labels, wall)))
    except LgeSynthError:
        return ""


def _described(state: State, index: int, labels: LabelMap, wall: Wall) -> Caption:
    from lgesynth_gui.anatomy.aha import anchors_in
    from lgesynth_gui.anatomy.describe import describe

    return describe(labels, wall, state.contours.level(index), anchors_in(state.contours, index))


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
    sketch = draw_caption(read.caption, state.contours, fractions=read.fractions)
    if read.caption.regions and not sketch.regions:
        raise LgeSynthError("No slice with contours shows that place.", "Propose contours first.")
    if adding:
        sketch = state.sketch.adding(*sketch.regions)
    return Reading(sketch, read.unknown, read.notices)


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
