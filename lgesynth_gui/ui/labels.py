"""The one way to show text that came from a file."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_label(text: str = "", parent: QWidget | None = None, *, role: str = "") -> QLabel:
    """A label that never reads its text as markup.

    Args:
        text: Shown as it is.
        parent: Owner.
        role: Style: "", "muted", "heading", "title".
    """
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)  # first the format, then the text
    label.setText(text)
    if role:
        label.setProperty("role", role)
    return label
