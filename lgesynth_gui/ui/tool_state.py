"""The actions and the hint as the state has them: what can be undone, which tool is in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from PySide6.QtGui import QAction

from lgesynth_gui.app.look import ActiveObject, View
from lgesynth_gui.app.session import Session
from lgesynth_gui.ui.keymap import key_of, worded
from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.sketch.tools import TOOLS
from lgesynth_gui.ui.status import Status

OBJECTS: tuple[ActiveObject, ...] = get_args(ActiveObject)
OBJECT_HINTS = {
    "endo": (
        "Endocardium: {tool_contour} draws it anew · {tool_select} drags it, Shift moves it"
        " · {object_scar} back to scar"
    ),
    "epi": (
        "Epicardium: {tool_contour} draws it anew · {tool_select} drags it, Shift moves it"
        " · {object_scar} back to scar"
    ),
    "points": (
        "Click an RV insertion: anterior (1|2), then inferior (3|4) · {object_scar} back to scar"
    ),
}


def show_undo(actions: Mapping[str, QAction], can: Mapping[str, tuple[bool, str]]) -> None:
    """Enable undo and redo, and say what they would change."""
    for name, (possible, text) in can.items():
        action = actions[name]
        action.setEnabled(possible)
        tip = f"{name.capitalize()}: {text}" if text else name.capitalize()
        action.setToolTip(plain_tip(f"{tip} ({key})" if (key := key_of(name)) else tip))


def show_tool_state(
    actions: Mapping[str, QAction], session: Session, view: View, status: Status
) -> None:
    """Enable, check and word the actions, and say what the tool in hand does."""
    stack, look = session.undo_stack, view.look
    undo, redo = (stack.canUndo(), stack.undoText()), (stack.canRedo(), stack.redoText())
    show_undo(actions, {"undo": undo, "redo": redo})
    for tool in TOOLS:
        actions[f"tool_{tool.id}"].setChecked(look.tool == tool.id)
    for name in OBJECTS:
        actions[f"object_{name}"].setChecked(look.active == name)
    actions["overlay"].setChecked(look.scar)
    actions["grid"].setChecked(look.grid)
    tool = next(t for t in TOOLS if t.id == look.tool)
    is_open = session.state.series is not None
    status.hint(worded(OBJECT_HINTS.get(look.active, tool.hint) if is_open else "Ready"))
