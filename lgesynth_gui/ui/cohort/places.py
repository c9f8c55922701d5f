"""The bullseye of counts: how many scars lie most in each segment, and how often one is asked."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app import heart
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.theme import data_colour, load_theme

BLUES = (2, 1, 0)  # places in the scale of differences: no class of transmurality looks so
MOST = 10.0


def short(count: int) -> str:
    """A count that fits a cell: 950, 4k, 12k."""
    return str(count) if count < 1000 else f"{count // 1000}k"


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
        self.setMinimumSize(11 * row, 14 * row)
        self.setMaximumHeight(17 * row)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Small: it stands among other panels."""
        row = self.fontMetrics().height()
        return QSize(14 * row, 15 * row)

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
        text = short(count)
        if self._weights.get(segment):
            text += f"·{self._weights[segment]:g}"
        if not count:
            return data_colour("class_0"), data_colour("well_text"), text
        most = max(self._counts.values())
        step = min(int(len(BLUES) * (count - 1) / most), len(BLUES) - 1)
        fill = QColor(load_theme("dark").data["difference"][BLUES[step]])
        ink = data_colour("well_text" if step == len(BLUES) - 1 else "on_light")
        return fill, ink, text

    def paintEvent(self, event: QPaintEvent) -> None:
        """Segments with too few are framed and marked."""
        super().paintEvent(event)
        if not self._lacking:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(data_colour("check"), 2.0, Qt.PenStyle.DashLine)
        for segment in self._lacking:
            painter.setPen(pen)
            painter.drawPath(self._path(segment))
        painter.end()

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
