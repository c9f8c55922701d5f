"""The scar in words; words typed here draw contours, patterns too."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QKeyEvent,
    QKeySequence,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app import edits, words
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.theme import data_colour

GHOST_MS = 80
ROWS = (2, 5)  # least and most rows of text before it scrolls
MOST_OFFERS, LONGEST_SHOWN = 3, 16


class WordsEdit(QPlainTextEdit):
    """A caption that grows with its words; Enter and Esc are told, not typed."""

    entered = Signal()
    escaped = Signal()
    typed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("caption")
        self.setAccessibleName("Scar in words")
        self.setPlaceholderText("Type a scar: subendocardial LAD 60 %, mid")
        self.setToolTip("Words draw the scar: Enter draws, Esc restores (T jumps here)")
        self.setTabChangesFocus(True)
        self.textChanged.connect(self._on_text)
        self._setting = False
        self.document().documentLayout().documentSizeChanged.connect(lambda _: self.fit())
        self.fit()

    def fit(self) -> None:
        """Room for its words at this text size, within bounds."""
        margins = 2 * int(self.document().documentMargin()) + 8
        rows = min(max(ceil(self.document().size().height()), ROWS[0]), ROWS[1])
        height = rows * self.fontMetrics().lineSpacing() + margins
        if height != self.height():
            self.setFixedHeight(height)

    def text(self) -> str:
        """What stands here."""
        return self.toPlainText()

    def show_text(self, text: str) -> None:
        """Put a caption here without anybody having typed it."""
        if text != self.text():
            self._setting = True
            self.setPlainText(text)
            self._setting = False
        self.document().setModified(False)
        self.mark(())

    def mark(self, unknown: Sequence[str]) -> None:
        """Underline words that were not understood."""
        wave = QTextCharFormat()
        wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        wave.setUnderlineColor(QColor(data_colour("check")))
        marks = []
        for word in unknown:
            found = self._next(word, QTextCursor(self.document()))
            while not found.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor, mark.format = QTextCursor(found), wave
                marks.append(mark)
                found = self._next(word, found)
        self.setExtraSelections(marks)

    def _next(self, word: str, after: QTextCursor) -> QTextCursor:
        flags = QTextDocument.FindFlag.FindWholeWords | QTextDocument.FindFlag.FindCaseSensitively
        return self.document().find(word, after, flags)

    def swap(self, word: str, known: str) -> None:
        """Write another word wherever one stands, as if it had been typed."""
        found = self._next(word, QTextCursor(self.document()))
        while not found.isNull():
            found.insertText(known)
            found = self._next(word, found)

    def _on_text(self) -> None:
        if not self._setting:
            self.typed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter draws and Esc restores; everything else is typing."""
        if event.matches(QKeySequence.StandardKey.Cancel):
            self.escaped.emit()
        elif event.matches(QKeySequence.StandardKey.InsertParagraphSeparator):
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class CaptionLine(QWidget):
    """Text to scar and scar to text; what the words would draw is shown while they are typed."""

    drawn = Signal()
    said = Signal(str)
    pattern_wanted = Signal(object)  # words.PatternRow

    def __init__(self, session: Session, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self.line = WordsEdit()
        self.line.entered.connect(self._draw)
        self.line.escaped.connect(self._restore)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GHOST_MS)
        self._timer.timeout.connect(self._show_ghost)
        self.line.typed.connect(self._timer.start)
        self.patterns = QPushButton("Patterns ▾")
        self.patterns.setObjectName("patterns")
        self.patterns.setProperty("compact", True)
        self.patterns.setToolTip("Scar patterns of heart disease: click one to size and draw it")
        self.patterns.clicked.connect(self._open_patterns)
        self.note = plain_label(role="warning")
        self.note.setWordWrap(True)
        self.note.hide()
        self.offers = QVBoxLayout()
        self.offers.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(plain_label("In words", role="heading"), 1)
        row.addWidget(self.patterns)
        column.addLayout(row)
        column.addWidget(self.line)
        column.addLayout(self.offers)
        column.addWidget(self.note)

    def refresh(self) -> None:
        """Re-word after an edit elsewhere; what is being typed is left alone."""
        state, look = self._session.state, self._view.look
        self.line.setEnabled(state.series is not None)
        self.patterns.setEnabled(bool(state.contours.outlined()))
        if self.line.hasFocus() and self.line.document().isModified():
            return
        text = words.caption_of(state, look.slice_index) if state.series is not None else ""
        if text != self.line.text():
            self._tell("")  # what was said belonged to other words
            self._offer(())
        self.line.show_text(text)

    # -- words

    def _show_ghost(self) -> None:
        try:
            read = words.from_words(self.line.text(), self._session.state)
        except LgeSynthError:
            self._view.set(ghost=None)
            self._offer(())
            return
        self._mark(read.unknown)
        self._view.set(ghost=read.sketch)

    def _mark(self, unknown: Sequence[str]) -> None:
        """Underline unknown words, and offer the nearest known one for each."""
        self.line.mark(unknown)
        found = ((word, words.nearest_word(word)) for word in unknown)
        self._offer([(word, near) for word, near in found if near][:MOST_OFFERS])

    def _offer(self, offers: Sequence[tuple[str, str]]) -> None:
        while (item := self.offers.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for word, known in offers:
            button = QPushButton(f"{known} instead of {word[:LONGEST_SHOWN]}")
            button.setObjectName("offer")
            button.setProperty("compact", True)
            button.setToolTip(plain_tip(f"Write {known} there"))
            button.clicked.connect(lambda _=False, pair=(word, known): self._swap(*pair))
            self.offers.addWidget(button)

    def _swap(self, word: str, known: str) -> None:
        self.line.swap(word, known)
        self._tell("")
        self.line.setFocus()

    def _drop_ghost(self) -> None:
        self._timer.stop()
        self._view.set(ghost=None)

    def _draw(self) -> None:
        self._drop_ghost()
        if not self.line.document().isModified():  # nothing was typed: nothing is drawn anew
            self.drawn.emit()
            return
        drawn, message, unknown = edits.draw_words(self._session, self.line.text())
        self._tell(message)
        self._mark(unknown)
        if drawn and not unknown:
            self.line.document().setModified(False)
            self.refresh()
            self.drawn.emit()

    def _restore(self) -> None:
        self._drop_ghost()
        self.line.document().setModified(False)
        self._tell("")
        self._offer(())
        self.refresh()
        self.drawn.emit()

    def _tell(self, message: str) -> None:
        self.note.setText(message)
        self.note.setVisible(bool(message))
        self.line.setProperty("unread", bool(message))
        self.line.style().polish(self.line)

    # -- patterns

    def _open_patterns(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("patternMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for row in words.patterns():
            action = QAction(row.title, menu)
            action.setObjectName(row.name)
            action.setToolTip(plain_tip(row.words))
            action.hovered.connect(lambda row=row: self._imagine(row))
            action.triggered.connect(lambda _=False, row=row: self._take(row))
            menu.addAction(action)
        menu.aboutToHide.connect(self._drop_ghost)
        below = self.patterns.mapToGlobal(QPoint(0, self.patterns.height()))
        menu.popup(below)

    def _imagine(self, row: words.PatternRow) -> None:
        try:
            self._view.set(ghost=words.from_pattern(row.name, self._session.state))
        except LgeSynthError:
            self._view.set(ghost=None)

    def _take(self, row: words.PatternRow) -> None:
        self.said.emit(f"{row.title}: {row.words}.")
        self.pattern_wanted.emit(row)
