"""The bundled help pages, shown inside the app."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QListWidget, QTextBrowser, QWidget

from lgesynth_gui.core.assets import bundled

FIRST = "first-steps"


class Manual(QDialog):
    """Pages at the left, text at the right; links to the outside are never followed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manual")
        self.setWindowTitle("Manual")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._pages = sorted(
            (bundled("resources") / "help").glob("*.md"), key=lambda p: (p.stem != FIRST, p.stem)
        )
        self.list = QListWidget()
        self.list.setObjectName("manualPages")
        self.list.setAccessibleName("Pages of the manual")
        self.list.setToolTip("Pages of the manual")
        self.list.setSpacing(3)
        self.list.setFixedWidth(self.fontMetrics().horizontalAdvance("0" * 24))
        self.text = QTextBrowser()
        self.text.setAccessibleName("Manual")
        self.text.setOpenLinks(False)
        self.text.document().setDocumentMargin(16)
        for page in self._pages:
            self.list.addItem(page.stem.replace("-", " ").capitalize())
        row = QHBoxLayout(self)
        row.addWidget(self.list)
        row.addWidget(self.text, 1)
        self.list.currentRowChanged.connect(self._show)
        self.text.anchorClicked.connect(lambda url: self._go(url.fileName()))
        self.list.setCurrentRow(0)
        screen = self.screen().availableGeometry()
        wide = self.fontMetrics().horizontalAdvance("0" * 110)
        self.resize(min(wide, screen.width() - 40), min(640, screen.height() - 60))

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._pages):
            self.text.setMarkdown(self._pages[row].read_text(encoding="utf-8"))

    def _go(self, name: str) -> None:
        names = [Path(page).name for page in self._pages]
        if name in names:
            self.list.setCurrentRow(names.index(name))


def open_manual(parent: QWidget) -> None:
    """Show it without a nested event loop."""
    Manual(parent).open()
