"""Take scar away: with a brush, or everything inside a line."""

from __future__ import annotations

from lgesynth_gui.core.labels import Label
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture
from lgesynth_gui.ui.sketch.tools.brush import Brush
from lgesynth_gui.ui.sketch.tools.contour import Contour


class Lasso(Contour):
    """Like the contour tool, but what lies inside the line becomes healthy muscle."""

    label = Label.MYOCARDIUM
    name = "erase scar"


class Eraser(Brush):
    """A brush that erases; with the lasso switch a line that does."""

    id, text, key, icon = "eraser", "Erase scar", "E", "eraser.svg"
    hint = (
        "Eraser: drag over scar · {brush_smaller} {brush_larger} or Shift+wheel size"
        " · {swap_brush} paints · Lasso: around it"
    )
    erase = True

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """One stroke, or one line."""
        look = desk.view.look
        lasso = look.lasso and look.active == "scar"
        yield from Lasso().gesture(desk, press) if lasso else super().gesture(desk, press)
