"""Asked once when the window is closed while something would be lost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def ask_to_close(
    parent: QWidget,
    running: int,
    stop: Callable[[], object],
    *,
    save: Callable[[], object] | None = None,
) -> None:
    """Ask what to do with what would be lost, without a nested event loop.

    Args:
        parent: The window.
        running: Variations that are queued or running.
        stop: Called when the user wants to close and lose it.
        save: Called when the user wants to save and close; None when everything is saved.
    """
    box = QMessageBox(parent)
    box.setObjectName("closing")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Close LGESynth")
    box.setText(_words(running, unsaved=save is not None))
    if save is not None:
        keep = box.addButton("Save and close", QMessageBox.ButtonRole.AcceptRole)
        keep.clicked.connect(lambda: save())
    words = "Close without saving" if save is not None else "Stop and close"
    leave = box.addButton(words, QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay if save is None else keep)
    box.setEscapeButton(stay)
    leave.clicked.connect(lambda: stop())
    box.open()


def _words(running: int, *, unsaved: bool) -> str:
    made = f"{running} variation{'s are' if running > 1 else ' is'} still being made"
    if running and unsaved:
        return f"{made}, and the project has changes that are not saved."
    return f"{made}." if running else "The project has changes that are not saved."
