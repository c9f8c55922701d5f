"""Keys and mouse, generated from the live table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from lgesynth_gui.ui.keys import KEYS, MOUSE
from lgesynth_gui.ui.labels import plain_label


class CheatSheet(QDialog):
    """Two columns of keys, then the mouse."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cheatSheet")
        self.setWindowTitle("Keys and mouse")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        inner = QWidget()
        inner.setProperty("surface", "panel")
        grid = QGridLayout(inner)
        grid.setHorizontalSpacing(14)
        rows: dict[str, tuple[list[str], str]] = {}
        for key in KEYS:
            if "Return" in key.keys:
                continue  # Enter stands for both
            keys, _ = rows.setdefault(key.action, ([], key.text))
            keys.append(key.keys)
        lines = [(" or ".join(keys), text) for keys, text in rows.values()]
        half = -(-len(lines) // 2)
        for i, (pressed, text) in enumerate(lines):
            column = 0 if i < half else 2
            grid.addWidget(plain_label(pressed, role="heading"), i % half, column)
            grid.addWidget(plain_label(text), i % half, column + 1)
        for i, (pressed, text) in enumerate(MOUSE):
            grid.addWidget(
                plain_label(pressed, role="heading"), half + 1 + i % 4, 0 if i < 4 else 2
            )
            grid.addWidget(plain_label(text), half + 1 + i % 4, 1 if i < 4 else 3)
        grid.setRowMinimumHeight(half, 14)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inner)
        QVBoxLayout(self).addWidget(area)
        self.resize(1060, 680)


def open_keys(parent: QWidget) -> None:
    """Show it without a nested event loop."""
    CheatSheet(parent).open()
