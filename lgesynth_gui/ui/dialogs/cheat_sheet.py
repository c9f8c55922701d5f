"""Keys and mouse, generated from the live table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lgesynth_gui.ui.keymap import live
from lgesynth_gui.ui.keys import MOUSE, Key
from lgesynth_gui.ui.labels import plain_label

Rows = list[tuple[str, str]]
Table = tuple[str, Rows]
COLUMNS = 3


class CheatSheet(QDialog):
    """The groups of keys in three columns; the mouse below."""

    def __init__(
        self, parent: QWidget | None = None, mouse: Sequence[tuple[str, str]] = MOUSE
    ) -> None:
        super().__init__(parent)
        self.setObjectName("cheatSheet")
        self.setWindowTitle("Keys and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        tables = [(title, lines(keys)) for title, keys in live().groups()]
        tables.append(("Mouse on an image", list(mouse)))
        screen = self.screen().availableGeometry()
        for columns in range(COLUMNS, 0, -1):  # as many as the screen has room for
            inner = _sheet(tables, columns)
            if inner.sizeHint().width() + 50 <= screen.width():
                break
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        area.setAccessibleName("Keys and mouse")
        area.setToolTip("Arrow keys scroll, Esc closes.")
        QVBoxLayout(self).addWidget(area)
        want = inner.sizeHint()
        self.resize(
            min(want.width() + 50, screen.width() - 20),
            min(want.height() + 40, screen.height() - 50),
        )


def lines(keys: Sequence[Key]) -> Rows:
    """(keys, what they do), the keys of one action in one line; "–" without one."""
    rows: dict[str, tuple[list[str], str]] = {}
    for key in keys:
        if "Return" not in key.keys:  # Enter stands for both
            rows.setdefault(key.action, ([], key.text))[0].append(key.keys or "–")
    return [(" or ".join(pressed), text) for pressed, text in rows.values()]


def _sheet(tables: Sequence[Table], columns: int) -> QWidget:
    inner = QWidget()
    inner.setProperty("surface", "panel")
    row = QHBoxLayout(inner)
    row.setContentsMargins(16, 12, 16, 12)
    row.setSpacing(28)
    for several in spread(tables, columns):
        row.addLayout(_column(several))
    return inner


def spread(tables: Sequence[Table], columns: int) -> list[list[Table]]:
    """The tables, in their order, in columns of about the same height."""
    heights = [len(rows) + 2 for _, rows in tables]
    room = max(max(heights), sum(heights) / columns)
    while True:
        filled: list[list[Table]] = [[]]
        height = 0
        for table, more in zip(tables, heights, strict=True):
            if height and height + more > room:
                filled.append([])
                height = 0
            filled[-1].append(table)
            height += more
        if len(filled) <= columns:
            return filled
        room += 1


def _column(tables: Sequence[tuple[str, Rows]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    at = 0
    for title, rows in tables:
        section = plain_label(title, role="section")
        section.setIndent(0)
        grid.addWidget(section, at, 0, 1, 2)
        for pressed, text in rows:
            at += 1
            grid.addWidget(plain_label(pressed, role="heading"), at, 0)
            grid.addWidget(plain_label(text), at, 1)
        grid.setRowMinimumHeight(at + 1, 14)
        at += 2
    grid.setRowStretch(at, 1)
    return grid


def open_keys(parent: QWidget) -> None:
    """Show it without a nested event loop."""
    CheatSheet(parent).open()
