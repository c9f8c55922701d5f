"""Asked once when the window is closed while variations are being made."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def ask_to_close(parent: QWidget, running: int, stop: Callable[[], object]) -> None:
    """Offer "Stop and close" (calls `stop`) and "Stay", without a nested event loop.

    Args:
        parent: The window.
        running: Variations that are queued or running.
        stop: Called when the user wants to stop them.
    """
    box = QMessageBox(parent)
    box.setObjectName("closing")
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Close LGESynth")
    box.setText(f"{running} variation{'s are' if running > 1 else ' is'} still being made.")
    leave = box.addButton("Stop and close", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    leave.clicked.connect(lambda: stop())
    box.open()
