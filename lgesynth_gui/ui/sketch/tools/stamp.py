"""Place a pattern: its ghost is turned by a drag and drawn by a click."""

from __future__ import annotations

from collections.abc import Callable

from lgesynth_gui.app import heart
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture

DRAG_PX = 5.0


class StampTool:
    """Stands in for the chosen tool while a pattern is about to be drawn.

    Args:
        turn: The pattern's turn now, degrees.
        set_turn: Takes another one.
        draw: Draws the pattern.
    """

    id, text, key, icon = "stamp", "Place a pattern", "", "fill.svg"
    hint = "Pattern: drag turns it · click or {confirm} draws · {abandon} leaves"

    def __init__(
        self,
        turn: Callable[[], int],
        set_turn: Callable[[int], object],
        draw: Callable[[], object],
    ) -> None:
        self._turn, self._set_turn, self._draw = turn, set_turn, draw

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """A drag around the wall turns; a click on the heart draws."""
        state, index = desk.session.state, desk.view.look.slice_index
        start, first = heart.wall_place(state, index, press.at), self._turn()
        dragged = False
        try:
            while True:
                event = yield
                if not isinstance(event, Pointer):
                    continue
                far = abs(event.at[0] - press.at[0]) + abs(event.at[1] - press.at[1])
                dragged |= event.kind == "move" and far > DRAG_PX * event.px_mm
                if event.kind in ("release", "double"):
                    break
                here = heart.wall_place(state, index, event.at)
                if event.kind == "move" and dragged and start is not None and here is not None:
                    turn = round(first + here[0] - start[0] + 180.0) % 360 - 180
                    self._set_turn(turn)
                    desk.badge(f"{turn:+d}°", event.at)
        finally:
            desk.badge("", press.at)
        if not dragged:
            if heart.segment_at(state, index, press.at) is None:
                desk.say("Click on the heart to draw the pattern; Esc leaves it.")
            else:
                self._draw()
