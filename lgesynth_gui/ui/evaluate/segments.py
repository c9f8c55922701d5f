"""Bullseyes of an evaluation side by side: a number in every segment, its shade its size."""

from __future__ import annotations

from math import cos, isfinite, radians, sin

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lgesynth_gui.evaluation.panel import Segments
from lgesynth_gui.ui.evaluate.naming import name_figure
from lgesynth_gui.ui.sketch.polar import place_of
from lgesynth_gui.ui.theme import class_colours, data_colour, difference_colours

UNKNOWN = "–"
GAP = 10.0


class SegmentsView(QWidget):
    """Paints the rings of a `Segments`; the scale is the same for all of them."""

    def __init__(self, plot: Segments, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot_data = plot
        name_figure(self, plot)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        values = [v for _, ring in plot.rings for v in ring if isfinite(v)]
        self.signed = any(v < 0 for v in values)
        self.most = max((abs(v) for v in values), default=0.0)
        line = self.fontMetrics().height()
        self.setMinimumWidth(10 * line * max(len(plot.rings), 1))
        self.setFixedHeight(20 * line)

    def sizeHint(self) -> QSize:
        """Room for a number in every segment."""
        return self.minimumSize()

    def look_of(self, value: float) -> tuple[QColor, QColor, str]:
        """(fill, number's colour, number) of a value; classes by quarters of the largest one."""
        if not isfinite(value):
            return data_colour("well"), data_colour("well_muted"), UNKNOWN
        digits = 0 if self.most >= 10 else 1 if self.most >= 1 else 2
        text = f"{value:+.{digits}f}" if self.signed else f"{value:.{digits}f}"
        share = value / self.most if self.most else 0.0
        if self.signed:
            fill, ink = difference_colours(30.0 * share)
        else:
            fill, ink = class_colours(0 if share <= 0 else min(4, int(4 * share * 0.9999) + 1))
        return fill, ink, text

    def scale_words(self) -> str:
        """What the darkest shade is."""
        unit = f" {self.plot_data.unit}" if self.plot_data.unit else ""
        if not self.most:
            return f"All 0{unit}"
        span = f"-{self.most:.3g} to +{self.most:.3g}" if self.signed else f"0 to {self.most:.3g}"
        return f"Shades: {span}{unit}; hatched: no case"

    def paintEvent(self, event: QPaintEvent) -> None:
        """The rings on their well."""
        painter = QPainter(self)
        painter.setFont(self.font())
        self.draw(painter, QRectF(self.rect()))
        painter.end()

    def draw(self, painter: QPainter, box: QRectF) -> None:
        """Paint it anywhere, as sharp as there."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(box, data_colour("canvas"))
        line = QFontMetricsF(painter.font()).height()
        count = max(len(self.plot_data.rings), 1)
        wide = (box.width() - GAP) / count - GAP
        side = min(wide, box.height() - 3.4 * line)
        for k, (name, values) in enumerate(self.plot_data.rings):
            left = box.left() + GAP + k * (wide + GAP)
            painter.setPen(data_colour("well_text"))
            top = QRectF(left, box.top() + 0.3 * line, wide, 1.3 * line)
            told = QFontMetricsF(painter.font()).elidedText(name, Qt.TextElideMode.ElideRight, wide)
            painter.drawText(top, Qt.AlignmentFlag.AlignCenter, told)
            middle = QPointF(left + wide / 2, top.bottom() + side / 2)
            self._ring(painter, middle, side / 2 - 2, values)
        painter.setPen(data_colour("well_muted"))
        foot = QRectF(box.left(), box.bottom() - 1.5 * line, box.width(), 1.4 * line)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.scale_words())
        painter.restore()

    def _ring(
        self, painter: QPainter, middle: QPointF, radius: float, values: tuple[float, ...]
    ) -> None:
        font = QFont(painter.font())
        painter.setFont(font)
        for segment, value in zip(range(1, 18), values, strict=False):
            fill, ink, text = self.look_of(value)
            path, at = _cell(segment, middle, radius)
            painter.setPen(QPen(data_colour("canvas"), 1.5))
            painter.setBrush(fill)
            painter.drawPath(path)
            if not isfinite(value):
                painter.setBrush(data_colour("well_line"))
                hatch = painter.brush()
                hatch.setStyle(Qt.BrushStyle.BDiagPattern)
                painter.setBrush(hatch)
                painter.drawPath(path)
            painter.setPen(ink)
            spot = QRectF(at.x() - 40, at.y() - 12, 80, 24)
            painter.drawText(spot, Qt.AlignmentFlag.AlignCenter, text)


def _cell(segment: int, middle: QPointF, radius: float) -> tuple[QPainterPath, QPointF]:
    """The outline of a cell, and where its number stands."""
    place = place_of(segment)
    outer, inner = place.outer * radius, place.inner * radius
    path = QPainterPath()
    box = QRectF(middle.x() - outer, middle.y() - outer, 2 * outer, 2 * outer)
    if segment == 17:
        path.addEllipse(box)
        return path, middle
    hole = QRectF(middle.x() - inner, middle.y() - inner, 2 * inner, 2 * inner)
    span = place.end - place.start
    path.arcMoveTo(box, place.start)
    path.arcTo(box, place.start, span)
    path.arcTo(hole, place.end, -span)
    path.closeSubpath()
    turn, reach = radians((place.start + place.end) / 2), (outer + inner) / 2
    return path, QPointF(middle.x() + reach * cos(turn), middle.y() - reach * sin(turn))
