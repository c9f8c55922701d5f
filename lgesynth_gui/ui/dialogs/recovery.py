"""What a window left unsaved: shown at the next start, beside the work and never in its way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.project_jobs import Left
from lgesynth_gui.ui.labels import plain_label, plain_tip

WIDTH, ROWS = "0" * 64, 3
THUMB = 4.0  # heights of a line


class Recovery(QDialog):
    """One line a piece of work; nothing is lost by closing it, the next start asks again."""

    restore_wanted = Signal(object, bool)  # folder, as a copy
    saved_wanted = Signal(object)  # folder: open what was saved last instead
    discard_wanted = Signal(object)  # folder

    def __init__(self, left: Sequence[Left], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recovery")
        self.setWindowTitle("Unsaved work")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._left = list(left)
        self._sure = False
        line = self.fontMetrics().height()
        column = QVBoxLayout(self)
        several = "Some work was" if len(left) == 1 else f"{len(left)} pieces of work were"
        words = plain_label(f"{several} not saved when the program ended.", role="heading")
        words.setWordWrap(True)
        column.addWidget(words)
        self.list = QListWidget()
        self.list.setObjectName("unsavedWork")
        self.list.setAccessibleName("Unsaved work")
        self.list.setToolTip("What was not saved, the newest first")
        self.list.setIconSize(QSize(round(THUMB * line), round(THUMB * line)))
        self.list.setSpacing(2)
        self.list.setWordWrap(True)
        for one in self._left:
            item = QListWidgetItem(_icon(one), describe(one))
            item.setData(Qt.ItemDataRole.AccessibleTextRole, describe(one).replace("\n", ", "))
            self.list.addItem(item)
        self.list.setMinimumHeight(round(min(len(left), ROWS) * (THUMB + 0.6) * line) + 2 * line)
        self.list.currentRowChanged.connect(lambda _: self._refresh())
        column.addWidget(self.list, 1)
        self.note = plain_label(role="warning")
        self.note.setObjectName("damagedCopies")
        self.note.setWordWrap(True)
        column.addWidget(self.note)
        grid = QGridLayout()
        self.restore = self._button(
            "Restore", "Go on with this work; Save writes it to its project"
        )
        self.restore.setProperty("primary", True)
        self.saved = self._button("Open last saved", "")
        self.both = self._button("Keep both", "")
        self.discard = self._button("Throw away", "")
        self.later = self._button("Later", "Ask again at the next start (Esc)")
        for place, button in enumerate((self.restore, self.saved, self.both)):
            grid.addWidget(button, 0, place)
        grid.addWidget(self.discard, 1, 0)
        grid.addWidget(self.later, 1, 2)
        column.addLayout(grid)
        self.restore.clicked.connect(lambda: self._restore(False))
        self.both.clicked.connect(lambda: self._restore(True))
        self.saved.clicked.connect(self._open_saved)
        self.discard.clicked.connect(self._discard)
        self.later.clicked.connect(self.reject)
        screen = self.screen().availableGeometry()
        self.setMinimumWidth(min(self.fontMetrics().horizontalAdvance(WIDTH), screen.width() - 40))
        self.list.setCurrentRow(0)
        self._refresh()
        self.restore.setFocus()

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(words.split()[0].lower())
        button.setAutoDefault(False)
        button.setToolTip(plain_tip(tip))
        return button

    def _current(self) -> Left | None:
        row = self.list.currentRow()
        return self._left[row] if 0 <= row < len(self._left) else None

    def _refresh(self) -> None:
        one = self._current()
        self._sure = False
        self.discard.setText("Throw away")
        self.discard.setToolTip("Take it away for good; asks once more")
        whole, saved = one is not None and one.whole, one is not None and one.saved
        self.restore.setEnabled(whole)
        self.saved.setEnabled(saved)
        self.both.setEnabled(whole and saved)
        why = "" if saved else "It was never saved, or its place was not remembered"
        self.saved.setToolTip(plain_tip(why or "Open the project as it was saved; this work goes"))
        self.both.setToolTip(
            plain_tip(why or "Go on with this work as a new project; the saved one stays")
        )
        self.note.setText(_damage(one) if one is not None else "")
        self.note.setVisible(bool(self.note.text()))

    def _restore(self, as_copy: bool) -> None:
        if (one := self._current()) is not None:
            self.restore_wanted.emit(one.folder, as_copy)
            self.accept()

    def _open_saved(self) -> None:
        if (one := self._current()) is not None:
            self.saved_wanted.emit(one.folder)
            self.accept()

    def _discard(self) -> None:
        one = self._current()
        if one is None:
            return
        if not self._sure:
            self._sure = True
            self.discard.setText("Really throw away?")
            return
        self.discard_wanted.emit(one.folder)
        row = self.list.currentRow()
        del self._left[row]
        self.list.takeItem(row)
        self._refresh()
        if not self._left:
            self.accept()


def describe(one: Left) -> str:
    """Label, time and number of edits of a piece of work."""
    edits = f"{one.edits} edit{'s' * (one.edits != 1)}"
    return f"{one.label or 'Damaged work'}\n{when_words(one.when)}{edits}"


def when_words(when: str) -> str:
    """A stored time in local words, with a dot behind it; "" when it is none."""
    try:
        return f"{datetime.fromisoformat(when).astimezone():%d %b %Y %H:%M} · "
    except ValueError:
        return ""


def _damage(one: Left) -> str:
    if not one.damaged:
        return ""
    names = ", ".join(Path(name).name for name in one.damaged)
    what = "A copy was damaged and is skipped" if one.whole else "No copy of it is whole"
    return f"{what}; kept as {names}."


def _icon(one: Left) -> QIcon:
    grey = one.picture
    rows, columns = grey.shape
    image = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8)
    picture = QPixmap.fromImage(image.copy())
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)  # as it is, not tinted
    return icon
