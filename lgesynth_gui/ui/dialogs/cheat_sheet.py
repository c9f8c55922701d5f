"""Keys and mouse, generated from the live table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from lgesynth_gui.ui.keys import GROUPS, MOUSE, Key
from lgesynth_gui.ui.labels import plain_label

Rows = list[tuple[str, str]]


class CheatSheet(QDialog):
    """Three columns: results, drawing, looking; the mouse below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cheatSheet")
        self.setWindowTitle("Keys and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inner = QWidget()
        inner.setProperty("surface", "panel")
        row = QHBoxLayout(inner)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(28)
        named = {title: lines(keys) for title, keys in GROUPS}
        columns = (
            ("Study and result", "Window"),
            ("Scar and contours",),
            ("View", "Mouse on an image"),
        )
        named["Mouse on an image"] = list(MOUSE)
        for titles in columns:
            row.addLayout(_column([(title, named[title]) for title in titles]))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        QVBoxLayout(self).addWidget(area)
        want = inner.sizeHint()
        screen = self.screen().availableGeometry()
        self.resize(
            min(want.width() + 50, screen.width() - 20),
            min(want.height() + 40, screen.height() - 50),
        )


def lines(keys: Sequence[Key]) -> Rows:
    """(keys, what they do), the keys of one action in one line."""
    rows: dict[str, tuple[list[str], str]] = {}
    for key in keys:
        if "Return" not in key.keys:  # Enter stands for both
            rows.setdefault(key.action, ([], key.text))[0].append(key.keys)
    return [(" or ".join(pressed), text) for pressed, text in rows.values()]


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
