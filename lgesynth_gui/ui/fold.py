"""A heading that folds what stands below it; that is made when it is first unfolded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.ui.labels import plain_tip

Content = TypeVar("Content", bound=QWidget)


class Fold(QWidget, Generic[Content]):
    """A button with a title over some content that it shows or hides."""

    def __init__(
        self, title: str, tip: str, make: Callable[[], Content], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._title, self._make = title, make
        self._content: Content | None = None
        self.button = QPushButton()
        self.button.setCheckable(True)
        self.button.setToolTip(plain_tip(tip))
        self.button.setAccessibleName(title)
        self.button.setProperty("compact", True)
        self.button.toggled.connect(self._fold)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignLeft)
        self._word(False)

    @property
    def content(self) -> Content:
        """What is folded."""
        if self._content is None:
            self._content = self._make()
            self._column.addWidget(self._content)
            self._content.setVisible(self.button.isChecked())
        return self._content

    def _fold(self, open_: bool) -> None:
        self._word(open_)
        if open_ or self._content is not None:
            self.content.setVisible(open_)

    def _word(self, open_: bool) -> None:
        self.button.setText(f"  {self._title} {'▾' if open_ else '▸'}  ")

    def open(self, on: bool = True) -> None:
        """Show or hide the content."""
        self.button.setChecked(on)
