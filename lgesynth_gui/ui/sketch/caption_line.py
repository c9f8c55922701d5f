"""The caption of the shown slice; words typed here draw contours."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from lgesynth_gui.app import edits, words
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.ui.labels import plain_label


class _Line(QLineEdit):
    """Esc puts the caption back."""

    escaped = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc stay here; everything else is typing."""
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


class CaptionLine(QWidget):
    """Text to scar and scar to text, in one line."""

    def __init__(self, session: Session, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self.line = _Line()
        self.line.setObjectName("caption")
        self.line.setAccessibleName("Scar in words")
        self.line.setPlaceholderText("Type a scar: subendocardial LAD 60 %, mid")
        self.line.setToolTip("Words draw the scar: Enter draws, Esc restores (T jumps here)")
        self.line.returnPressed.connect(self._draw)
        self.line.escaped.connect(self._restore)
        self.note = plain_label(role="warning")
        self.note.setWordWrap(True)
        self.note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.line)
        column.addWidget(self.note)

    def refresh(self) -> None:
        """Re-word after an edit elsewhere; what is being typed is left alone."""
        state, look = self._session.state, self._view.look
        self.line.setEnabled(state.series is not None)
        if self.line.hasFocus() and self.line.isModified():
            return
        text = words.caption_of(state, look.slice_index) if state.series is not None else ""
        if text != self.line.text():
            self.line.setText(text)
            self.line.setCursorPosition(0)

    def _draw(self) -> None:
        message, unknown = edits.draw_words(self._session, self.line.text())
        self._tell(message)
        if not unknown and not message:
            self.line.setModified(False)
            self.refresh()

    def _restore(self) -> None:
        self.line.setModified(False)
        self._tell("")
        self.refresh()
        self.line.clearFocus()

    def _tell(self, message: str) -> None:
        self.note.setText(message)
        self.note.setVisible(bool(message))
        self.line.setProperty("unread", bool(message))
        self.line.style().polish(self.line)
