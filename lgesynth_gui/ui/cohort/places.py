"""The bullseye of counts: how many scars lie most in each segment, and how often one is asked."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app import heart
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.theme import data_colour

STEPS = ("class_0", "class_1", "class_2", "class_3", "class_4")
MOST = 10.0


class CountBullseye(Bullseye):
    """Prints a whole number a segment, coloured by its share of the largest.

    With `editable` a click or + asks for a segment more often, - less; the number behind the dot
    is the weight.
    """

    weighted = Signal(object)  # weights by segment, {} = as the patterns are

    def __init__(self, *, editable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("countBullseye")
        self._editable = editable
        self._counts: dict[int, int] = {}
        self._weights: dict[int, float] = {}
        self._what = "scars"
        self._lacking: frozenset[int] = frozenset()

    def fit(self) -> None:
        """Room for counts of four digits."""
        row = self.fontMetrics().height()
        self.setMinimumSize(11 * row, 11 * row)
        self.setMaximumHeight(16 * row)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Small: it stands among other panels."""
        row = self.fontMetrics().height()
        return QSize(13 * row, 12 * row)

    def show_counts(
        self,
        counts: Mapping[int, int],
        *,
        what: str = "scars",
        lacking: frozenset[int] = frozenset(),
    ) -> None:
        """Print other numbers.

        Args:
            counts: By segment; one that is missing is 0.
            what: What is counted, for the tooltips.
            lacking: Segments that are marked: too few of them.
        """
        self._counts, self._what, self._lacking = dict(counts), what, lacking
        self._name()

    def show_weights(self, weights: Mapping[int, float]) -> None:
        """What is asked; {} = as the patterns are."""
        self._weights = dict(weights)
        self._name()

    def _name(self) -> None:
        for segment in range(1, 18):
            self.button(segment).setAccessibleName(self._words(segment))
        self.update()

    def _words(self, segment: int) -> str:
        said = f"Segment {segment}, {heart.segment_name(segment)}"
        said += f", {self._counts.get(segment, 0)} {self._what}"
        if self._weights:
            said += f", weight {self._weights.get(segment, 0.0):g}"
        return said + (", too few" if segment in self._lacking else "")

    def _tip(self, segment: int) -> str:
        hint = "\n+ or a click: more often, - or Shift+click: less" if self._editable else ""
        return self._words(segment) + hint

    def _look_of(self, segment: int) -> tuple[QColor, QColor, str]:
        count = self._counts.get(segment, 0)
        most = max([*self._counts.values(), 1])
        step = 0 if not count else 1 + min(3, int(4 * (count - 1) / max(most, 1)))
        ink = data_colour("well_text" if step in (0, 4) else "on_light")
        text = str(count)
        if segment in self._lacking:
            text += "!"
        if self._weights.get(segment):
            text += f"·{self._weights[segment]:g}"
        return data_colour(STEPS[step]), ink, text

    # -- editing

    def change(self, segment: int, by: float) -> None:
        """Ask for a segment more or less often."""
        now = dict(self._weights)
        now[segment] = min(max(now.get(segment, 0.0) + by, 0.0), MOST)
        self.weighted.emit({k: v for k, v in now.items() if v > 0})

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click asks for more."""
        super().mousePressEvent(event)
        segment = self._at(event.position())
        if self._editable and segment is not None and event.button() == Qt.MouseButton.LeftButton:
            less = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.change(segment, -1.0 if less else 1.0)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Nothing is dragged."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Belongs to the panel around it."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """+ and - on the focused cell, Delete for all."""
        focused = next((s for s in range(1, 18) if self.button(s).hasFocus()), None)
        steps = {Qt.Key.Key_Plus: 1.0, Qt.Key.Key_Minus: -1.0}
        if self._editable and focused is not None and event.key() in steps:
            self.change(focused, steps[Qt.Key(event.key())])
        elif self._editable and event.key() == Qt.Key.Key_Delete:
            self.weighted.emit({})
        else:
            super().keyPressEvent(event)
