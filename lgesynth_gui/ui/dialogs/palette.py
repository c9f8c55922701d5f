"""Every action in one list: type a few letters, Enter does it. Made for the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.ui.keymap import live
from lgesynth_gui.ui.labels import plain_label

MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
WIDE = "0" * 74


@dataclass(frozen=True)
class Entry:
    """One line.

    Args:
        action: What it does.
        text: Words.
        key: Its key now, or "".
        reason: Why it cannot be done now, or "".
    """

    action: QAction
    text: str
    key: str
    reason: str


def score(query: str, text: str) -> float | None:
    """How well a text answers a query; None when a letter of it is missing.

    Args:
        query: What was typed; its letters must come in this order. Spaces part words, each of
            which is looked for alone.
        text: Words of an action.

    Returns:
        Larger is better: letters side by side and at the start of words count more.
    """
    total, low = 0.0, text.casefold()
    for word in query.casefold().split():
        found = low.find(word)
        if found >= 0:
            starts = found == 0 or not low[found - 1].isalnum()
            total += 10.0 + 5.0 * starts + len(word) / len(low)
            continue
        at = -1
        for letter in word:
            before, at = at, low.find(letter, at + 1)
            if at < 0:
                return None
            total += 1.0 * (at == before + 1) + 0.5 * (at == 0 or not low[at - 1].isalnum())
        total += len(word) / len(low)
    return total


def ranked(query: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that answer a query, the best first; those that can be done before others."""
    found = [(s, i, e) for i, e in enumerate(entries) if (s := score(query, e.text)) is not None]
    found.sort(key=lambda one: (bool(one[2].reason), -one[0], one[1]))
    return [entry for _, _, entry in found]


class Palette(QDialog):
    """A line to type into and the actions that answer it."""

    def __init__(self, entries: Sequence[Entry], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setWindowTitle("Every action")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries = tuple(entries)
        self._shown: list[Entry] = []
        self.line = QLineEdit()
        self.line.setPlaceholderText("Type what you want to do")
        self.line.setAccessibleName("What to do")
        self.line.setToolTip("Letters find actions · ↑ ↓ choose · Enter does it · Esc closes")
        self.line.textChanged.connect(self.refresh)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Actions")
        self.list.setToolTip("Enter or a double click does the chosen one.")
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["Action", "Key", "Why not now"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda _: self.run())
        self.list.currentItemChanged.connect(lambda *_: self._tell())
        self.why = plain_label(role="muted")
        self.why.setObjectName("whyNot")
        self.why.setWordWrap(True)
        column = QVBoxLayout(self)
        for widget in (self.line, self.list, self.why):
            column.addWidget(widget)
        screen = self.screen().availableGeometry()
        metrics = self.fontMetrics()
        wide = min(metrics.horizontalAdvance(WIDE), screen.width() - 40)
        self.resize(wide, min(24 * metrics.height(), screen.height() - 60))
        for i, share in enumerate((0.5, 0.2)):
            self.list.header().resizeSection(i, int(wide * share))
        self.list.header().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.refresh()

    def refresh(self) -> None:
        """Show what answers the line now."""
        self._shown = ranked(self.line.text(), self._entries)
        self.list.clear()
        ink = self.palette().placeholderText()
        for entry in self._shown:
            item = QTreeWidgetItem([entry.text, entry.key, entry.reason])
            if entry.reason:
                for i in range(3):
                    item.setForeground(i, ink)
            item.setToolTip(0, entry.text)
            item.setToolTip(2, entry.reason)
            self.list.addTopLevelItem(item)
        self._choose(0)
        self._tell()

    def _row(self) -> int:
        item = self.list.currentItem()
        return self.list.indexOfTopLevelItem(item) if item is not None else -1

    def _choose(self, row: int) -> None:
        item = self.list.topLevelItem(max(0, min(self.list.topLevelItemCount() - 1, row)))
        if item is not None:
            self.list.setCurrentItem(item)

    def chosen(self) -> Entry | None:
        """The entry Enter would run."""
        row = self._row()
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def run(self) -> None:
        """Close and do the chosen action; stay and say why when it cannot be done."""
        entry = self.chosen()
        if entry is None or entry.reason:
            self._tell()
            return
        self.accept()
        parent = self.parentWidget()
        if parent is not None:
            parent.activateWindow()
        QTimer.singleShot(0, entry.action, entry.action.trigger)

    def _tell(self) -> None:
        entry = self.chosen()
        if entry is None:
            self.why.setText("No action answers that.")
        elif entry.reason:
            self.why.setText(f"Not now: {entry.reason}")
        else:
            self.why.setText(f"Enter: {entry.text}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move in the list wherever the focus is; Enter runs."""
        if event.key() in MOVES and self.focusWidget() is self.line:
            step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -10}
            self._choose(self._row() + step.get(Qt.Key(event.key()), 10))
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.run()
        else:
            super().keyPressEvent(event)


def open_palette(
    parent: QWidget, actions: dict[str, QAction], why_not: Callable[[QAction], str]
) -> None:
    """Show every action of the window but the palette itself."""
    keymap = live()
    entries = [
        Entry(action, action.text(), keymap.shown(name), why_not(action))
        for name, action in actions.items()
        if name != "palette"
    ]
    palette = Palette(entries, parent)
    palette.open()
    palette.line.setFocus()
