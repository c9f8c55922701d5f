"""The bullseye on stage: shows the key, or nothing but the segments' numbers to be clicked."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app import heart
from lgesynth_gui.app.cells import Cell
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.theme import class_colours, data_colour

BLANK = Cell(0.0, 0.0, 0.0, 0)


class TeachBullseye(Bullseye):
    """A bullseye that never gives away what is hidden.

    Tabbing through its cells answers nothing: a click does, or Enter on the focused cell.
    """

    clicked = Signal(int)  # segment

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("teachBullseye")
        self._blank = True
        for segment in range(1, 18):
            self.button(segment).clicked.connect(lambda _=False, s=segment: self.clicked.emit(s))

    def show_key(self, cells: Mapping[int, Cell] | None, segment: int | None = None) -> None:
        """Print the shares of the wall; with None the numbers of the segments alone."""
        self._blank = cells is None
        self.show_cells(
            dict.fromkeys(range(1, 18), BLANK) if cells is None else dict(cells), segment
        )
        for one in range(1, 18):
            self.button(one).setAccessibleName(self._words(one))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click is an answer."""
        super().mousePressEvent(event)
        segment = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and segment is not None:
            self.clicked.emit(segment)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Nothing is dragged on stage."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter on a cell is a click on it."""
        focused = next((s for s in range(1, 18) if self.button(s).hasFocus()), None)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and focused is not None:
            self.clicked.emit(focused)
        else:
            super().keyPressEvent(event)

    def _words(self, segment: int) -> str:
        if self._blank:
            return f"Segment {segment}, {heart.segment_name(segment)}"
        return super()._words(segment)

    def _tip(self, segment: int) -> str:
        return self._words(segment)

    def _look_of(self, segment: int) -> tuple[QColor, QColor, str]:
        cell = self._cells.get(segment)
        if self._blank or (cell is not None and cell.touched == 0):
            fill, _ = class_colours(0)
            return fill, data_colour("well_muted"), str(segment)
        return super()._look_of(segment)
