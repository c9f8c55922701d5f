"""Scar to words and words to scar, through `anatomy`'s grammar; imported late like `heart`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lgesynth_gui.app.heart import labels_at, wall_at
from lgesynth_gui.app.session import State
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.caption import Caption
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarSketch

if TYPE_CHECKING:
    from lgesynth_gui.anatomy.wall import Wall


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


def from_words(text: str, state: State) -> tuple[ScarSketch, tuple[str, ...], tuple[str, ...]]:
    """(sketch drawn from words, unknown words, notices).

    Raises:
        LgeSynthError: nothing in the words could be read.
    """
    from lgesynth_gui.anatomy.captions import understand
    from lgesynth_gui.anatomy.describe import draw_caption

    understood = understand(text)
    shares = understood.fractions
    sketch = draw_caption(understood.caption, state.contours, fractions=shares)
    return sketch, tuple(understood.unknown), tuple(understood.notices)
