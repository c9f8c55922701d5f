"""Why an action cannot be done now, in words: the palette shows it beside the action."""

from __future__ import annotations

from PySide6.QtGui import QAction

from lgesynth_gui.app.look import View
from lgesynth_gui.app.regions import picked
from lgesynth_gui.app.session import Session, why_not_generate
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.app.verdicts import why_not_export
from lgesynth_gui.ui.canvas.canvas import Canvas
from lgesynth_gui.ui.keys import GROUPS
from lgesynth_gui.ui.running import Running

FREE = frozenset(("open_folder", "open_file", "undo", "redo", "cancel", "cancel_all"))
NEEDS_STUDY = frozenset(
    key.action
    for title, keys in GROUPS
    if title in ("Study and result", "Scar and contours", "View")
    for key in keys
    if key.action not in FREE
) | {"layout"}
NEEDS_VARIATION = frozenset(("previous", "next", "discard", "star"))
GIVEN = "why"  # a property of an action: the reason its owner gives


class Reasons:
    """Answers from the state as it is at the moment."""

    def __init__(
        self,
        session: Session,
        view: View,
        variations: Variations,
        canvas: Canvas,
        running: Running,
    ) -> None:
        self._session, self._view = session, view
        self._variations, self._canvas = variations, canvas
        self._running = running

    def why_not(self, action: QAction) -> str:
        """The reason, or "" when it can be done."""
        state, name = self._session.state, action.objectName()
        if name in NEEDS_STUDY and state.series is None:
            return "Open a study first."
        if name in ("generate", "new_seed"):
            return why_not_generate(state, self._view.look.slice_index)
        if name == "export":
            return why_not_export(state)
        deletes = name == "discard" and picked(state, self._view) is not None
        if name in NEEDS_VARIATION and not self._variations.visible() and not deletes:
            return "There is no variation yet."
        if name == "back" and not self._canvas.drawing:
            return "No contour is open."
        if name == "abandon" and not self._canvas.drawing and self._view.look.ghost is None:
            return "No contour is open and nothing waits."
        if name == "cancel" and not self._running.busy:
            return "Nothing is running."
        if name == "cancel_all" and not self._variations.waiting():
            return "No variation is waiting."
        if name in ("undo", "redo") and not action.isEnabled():
            return f"There is nothing to {name}."
        if action.isEnabled():
            return ""
        given = action.property(GIVEN)
        return given if isinstance(given, str) and given else "Not possible now."
