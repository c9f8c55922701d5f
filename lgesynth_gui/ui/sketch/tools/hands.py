"""What the left button does while nothing is drawn: window/level, pan, zoom."""

from __future__ import annotations

from lgesynth_gui.app.mouse import Deed
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools.base import Desk, Gesture


class _Hand:
    """Lets the whole drag be something else."""

    deed: Deed

    def gesture(self, desk: Desk, press: Pointer) -> Gesture:
        """Ends at once: the drag goes on as window/level, pan or zoom, and is no undo step."""
        desk.drag(self.deed)
        return
        yield  # a generator, as every gesture is


class WindowTool(_Hand):
    """Window and level with the left button."""

    id, text, key, icon, deed = "window", "Window and level", "W", "window.svg", "window"
    hint = (
        "Window/level: drag right widens, drag down darkens"
        " · {auto_window} automatic · {file_window} of the file"
    )


class HandTool(_Hand):
    """Pan with the left button."""

    id, text, key, icon, deed = "hand", "Move the image", "H", "hand.svg", "pan"
    hint = "Hand: drag moves both images · {fit} fits the heart"


class ZoomTool(_Hand):
    """Zoom with the left button."""

    id, text, key, icon, deed = "zoom", "Zoom", "Z", "zoom.svg", "zoom"
    hint = "Zoom: drag up or down · click enlarges · Alt+click makes smaller"
