"""Take scar away inside a line."""

from __future__ import annotations

from lgesynth_gui.core.labels import Label
from lgesynth_gui.ui.sketch.tools.contour import Contour


class Eraser(Contour):
    """Like the contour tool, but what lies inside the line becomes healthy muscle."""

    id, text, key, icon = "eraser", "Erase scar", "E", "eraser.svg"
    hint = "Eraser: drag around what is to go, or click points · Enter closes · Esc abandons"
    label = Label.MYOCARDIUM
