"""Every key of the window: one table, shown by the cheat sheet and read by the one handler.

Chords with Ctrl or a function key are ordinary shortcuts. Single letters are looked up here, so
that they are dead while a text, number or choice field has the focus.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit, QWidget


@dataclass(frozen=True)
class Key:
    """One binding: the action's id, its key as text, what it does, whether it is a chord."""

    action: str
    keys: str
    text: str
    chord: bool = False


GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (
        "Study and result",
        (
            Key("open_folder", "Ctrl+O", "Open a DICOM folder", True),
            Key("open_file", "Ctrl+Shift+O", "Open a file", True),
            Key("generate", "Ctrl+Return", "Generate", True),
            Key("generate", "Ctrl+Enter", "Generate", True),
            Key("new_seed", "R", "Generate with a new seed"),
            Key("cancel", "Shift+X", "Cancel what is running"),
            Key("cancel_all", "Ctrl+Shift+X", "Cancel everything", True),
            Key("previous", "Left", "Previous variation"),
            Key("next", "Right", "Next variation"),
            Key("confirm", "Return", "Close the open contour, else apply"),
            Key("confirm", "Enter", "Close the open contour, else apply"),
            Key("discard", "Delete", "Discard the previewed variation"),
            Key("star", ".", "Star the previewed variation"),
            Key("export", "Ctrl+E", "Export the applied result", True),
            Key("undo", "Ctrl+Z", "Undo", True),
            Key("redo", "Ctrl+Y", "Redo", True),
            Key("redo", "Ctrl+Shift+Z", "Redo", True),
        ),
    ),
    (
        "Scar and contours",
        (
            Key("bullseye", "P", "Bullseye: anterior segment of this ring"),
            Key("class_0", "0", "Segment without scar"),
            Key("class_1", "1", "Class 1–25 %, again: 25 %"),
            Key("class_2", "2", "Class 26–50 %, again: 50 %"),
            Key("class_3", "3", "Class 51–75 %, again: 75 %"),
            Key("class_4", "4", "Class 76–100 %, again: 100 %"),
            Key("words", "T", "Type the scar in words"),
            Key("tool_select", "V", "Select and edit"),
            Key("tool_contour", "C", "Draw scar contour"),
            Key("tool_fill", "G", "Fill segment"),
            Key("tool_eraser", "E", "Erase scar"),
            Key("back", "Backspace", "Drop the last point of the open contour"),
            Key("abandon", "Esc", "Abandon the open contour"),
            Key("copy_next", "Ctrl+Shift+V", "Copy the scar to the next slice", True),
            Key("object_scar", "Alt+1", "Tools change the scar", True),
            Key("object_endo", "Alt+2", "Tools draw the endocardium", True),
            Key("object_epi", "Alt+3", "Tools draw the epicardium", True),
            Key("object_points", "Alt+4", "Tools set the RV insertion points", True),
        ),
    ),
    (
        "View",
        (
            Key("slice_up", "Up", "Slice towards the base"),
            Key("slice_down", "Down", "Slice towards the apex"),
            Key("slice_first", "Home", "First slice"),
            Key("slice_last", "End", "Last slice"),
            Key("overlay", "S", "Contours and scar on/off"),
            Key("grid", "Shift+S", "AHA sectors on/off"),
            Key("corner", "I", "Corner text on/off"),
            Key("nearest", "Shift+I", "Real pixels on/off"),
            Key("difference", "M", "Synthetic minus original on/off"),
            Key("auto_window", "J", "Automatic window/level"),
            Key("fit", "F", "Fit the heart"),
            Key("zoom_in", "+", "Zoom in"),
            Key("zoom_out", "-", "Zoom out"),
        ),
    ),
    (
        "Window",
        (
            Key("next_panel", "F6", "Next panel", True),
            Key("theme", "Ctrl+T", "Dark or light", True),
            Key("bigger", "Ctrl+=", "Larger text", True),
            Key("smaller", "Ctrl+-", "Smaller text", True),
            Key("layout", "Ctrl+0", "Reset the layout", True),
            Key("help", "F1", "Manual", True),
            Key("keys", "?", "Keys and mouse"),
        ),
    ),
)
KEYS: tuple[Key, ...] = tuple(key for _, keys in GROUPS for key in keys)

MOUSE: tuple[tuple[str, str], ...] = (
    ("left", "current tool"),
    ("right drag", "window and level"),
    ("right click", "menu"),
    ("wheel", "slice, also while drawing"),
    ("Ctrl + wheel", "zoom at the cursor"),
    ("middle, Space + left", "pan"),
    ("double click", "one pane alone, again: both"),
    ("hold Q", "the original in the right pane"),
)

FIRST_DIGIT = 10 if sys.platform.startswith("linux") else 2  # scan code of the key "1"
DIGIT_KEYS = {FIRST_DIGIT + i: str(i + 1) for i in range(9)} | {FIRST_DIGIT + 9: "0"}
_NAMES = {
    Qt.Key.Key_Return: "Return",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Backspace: "Backspace",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
}


def typing(focus: QWidget | None) -> bool:
    """Whether keys belong to a field one types into."""
    return isinstance(focus, (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit))


def _digit(event: QKeyEvent) -> str:
    """The digit printed on a key, whatever the layout puts there without Shift (AZERTY)."""
    if event.text().isdigit() or event.modifiers() & Qt.KeyboardModifier.KeypadModifier:
        return event.text()
    return DIGIT_KEYS.get(event.nativeScanCode(), "")


def action_for(event: QKeyEvent) -> str:
    """The action of a single key, or ""."""
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if held & ~Qt.KeyboardModifier.ShiftModifier:
        return ""
    key = Qt.Key(event.key()) if event.key() else Qt.Key.Key_unknown
    shifted = bool(held & Qt.KeyboardModifier.ShiftModifier)
    if key in _NAMES:
        name = _NAMES[key]
    elif Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
        name = ("Shift+" if shifted else "") + chr(key)
    else:
        name = event.text() if event.text() in "?.+-" else _digit(event) or event.text()
    return next((k.action for k in KEYS if not k.chord and k.keys == name), "")
