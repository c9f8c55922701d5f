"""One muted line about a drawing that is unusual; it never blocks anything."""

from __future__ import annotations

from lgesynth_gui.app import heart
from lgesynth_gui.app.session import State
from lgesynth_gui.core.labels import Label

SMALL_PX = 100
LAD_SEGMENTS = frozenset((1, 2, 7, 8, 13, 14, 17))  # Cerqueira et al., Circulation 2002;105:539


def hint(state: State) -> str:
    """The first thing worth a second look, or "".

    Args:
        state: What is drawn.
    """
    if state.series is None or not state.sketch.regions:
        return ""
    pixels = {
        i: int((labels >= Label.SCAR).sum())
        for i in state.sketch.slices()
        if (labels := heart.labels_at(state, i)) is not None
    }
    drawn = sorted(i for i, n in pixels.items() if n)
    if not drawn:
        return "The drawing lies outside the wall: nothing is left of it."
    count = sum(pixels.values())
    if count < SMALL_PX:
        return f"Only {count} pixels of scar: Dice is unstable."
    outlined = state.contours.outlined()
    if len(drawn) == 1 and {drawn[0] - 1, drawn[0] + 1} & set(outlined):
        return "Scar on one slice between clean neighbours. Ctrl+Shift+V copies it on."
    touched = {s for s, cell in heart.requested_cells(state).items() if cell.grams > 0}
    shallowest = min(
        depth
        for region in state.sketch.regions
        if region.label is Label.SCAR
        for _, depth in region.outline
    )
    if shallowest > 0.05 and touched <= LAD_SEGMENTS:
        return "Sparing the endocardium in LAD territory: unusual for infarct."
    return ""
