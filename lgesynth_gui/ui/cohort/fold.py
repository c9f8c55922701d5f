"""A heading that folds what stands below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.ui.labels import plain_tip


class Fold(QWidget):
    """A button with a title over some content that it shows or hides."""

    def __init__(
        self, title: str, tip: str, content: QWidget, *, open_: bool = False,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._title, self.content = title, content
        self.button = QPushButton()
        self.button.setCheckable(True)
        self.button.setChecked(open_)
        self.button.setToolTip(plain_tip(tip))
        self.button.setAccessibleName(title)
        self.button.setProperty("compact", True)
        self.button.toggled.connect(self._fold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(content)
        self._fold(open_)

    def _fold(self, open_: bool) -> None:
        self.button.setText(f"  {self._title} {'▾' if open_ else '▸'}  ")
        self.content.setVisible(open_)

    def open(self, on: bool = True) -> None:
        """Show or hide the content."""
        self.button.setChecked(on)
