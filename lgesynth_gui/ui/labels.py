"""The one way to show text that came from a file."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget


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


def plain_tip(text: str) -> str:
    """The text of a tooltip that shows it as it is; Qt reads marks in tooltips by itself."""
    if "<" not in text and "&" not in text:
        return text
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>"


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget another style."""
    widget.setProperty("role", role)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.StyleChange))  # its margins, too
