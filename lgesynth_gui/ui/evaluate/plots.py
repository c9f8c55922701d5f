"""Plots of an evaluation: numbers with their intervals, and curves, on a dark well."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import isfinite

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lgesynth_gui.app.figure_words import value_words
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import Curves, Intervals, Plot
from lgesynth_gui.ui.evaluate.naming import name_figure
from lgesynth_gui.ui.theme import data_colour

DASHES = (
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
# Colour, dash and symbol together tell lines apart: never the colour alone.
LINES = (
    ("endo", Qt.PenStyle.SolidLine, "o"),
    ("epi", Qt.PenStyle.DashLine, "t"),
    ("measured", Qt.PenStyle.DotLine, "s"),
    ("requested", Qt.PenStyle.DashDotLine, "d"),
    ("pass", Qt.PenStyle.DashDotDotLine, "star"),
    ("well_text", Qt.PenStyle.SolidLine, "+"),
    ("well_muted", Qt.PenStyle.DashLine, "x"),
)
BAR_ROWS = 1.55  # height of a bar in lines of text
MARK_ROWS = 3  # marks that lie side by side are told one below the other
LEGEND_PX = 10
ELIDED = 34  # letters of a row's name; the whole name is in the tooltip and in the table


class PlotView(QWidget):
    """A picture with a name: no menu, no mouse, no focus; its numbers in words for whom it hides.

    Args:
        plot: What is shown.
        sides: Axes that are there.
    """

    def __init__(self, plot: Plot, sides: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot_data = plot
        name_figure(self, plot)
        self.setMinimumWidth(280)
        self.canvas = pg.PlotWidget(background=data_colour("canvas"), enableMenu=False)
        self.canvas.setMouseEnabled(x=False, y=False)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.canvas.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        self.item = item = self.canvas.getPlotItem()
        item.ctrlMenu.setParent(self.canvas, item.ctrlMenu.windowFlags())  # else left behind
        item.ctrlMenu.setObjectName("qt_plot_menu")  # never shown: no control of it is reached
        item.hideButtons()
        item.showGrid(x=True, y=False, alpha=0.15)
        for name in sides:
            item.showAxis(name)
            axis = item.getAxis(name)
            axis.enableAutoSIPrefix(False)  # 0.5 is not told as 500 of thousandths
            axis.setPen(data_colour("well_line"))
            axis.setTextPen(data_colour("well_text"))
            axis.setStyle(tickFont=self.font(), tickLength=-4 if name == "bottom" else 0)

    def draw(self, painter: QPainter, box: QRectF) -> None:
        """Paint it anywhere, as sharp as there, keeping its shape."""
        painter.save()
        painter.fillRect(box, data_colour("canvas"))
        source = self.canvas.viewport().rect()
        self.canvas.render(painter, box, source, Qt.AspectRatioMode.KeepAspectRatio)
        painter.restore()


class IntervalsView(PlotView):
    """One dot with whiskers a row; marks are labelled lines; the number stands beside."""

    def __init__(self, plot: Intervals, parent: QWidget | None = None) -> None:
        super().__init__(plot, ("left", "bottom", "right"), parent)
        item = self.item
        shown = list(plot.bars)
        rows = max(len(shown), 1)
        told = min(len(plot.marks), MARK_ROWS)
        low, high = axis_of(plot)
        item.setXRange(low, high, padding=0.0)
        item.setYRange(-0.6, rows - 0.4 + 0.8 * told, padding=0.0)
        names = [(rows - 1 - k, short(one.name)) for k, one in enumerate(shown)]
        alike = len({one.n for one in shown if one.n}) < 2
        told_values = [
            (rows - 1 - k, beside(one, alike, plot.digits)) for k, one in enumerate(shown)
        ]
        item.getAxis("left").setTicks([names])
        item.getAxis("right").setTicks([told_values])
        _size_axes(self, [one for _, one in names], [one for _, one in told_values])
        self._marks(plot.marks, rows, told)
        for k, one in enumerate(shown):
            if one.n and isfinite(one.value):
                self._bar(one, rows - 1 - k, low, high)
        line = self.fontMetrics().height()
        self.setFixedHeight(round(line * (BAR_ROWS * (rows + 0.8 * told) + 2.6)))

    def _bar(self, one: Figure, y: float, low: float, high: float) -> None:
        item, colour = self.item, data_colour("endo")
        ends = [min(max(end, low), high) for end in (one.low, one.high) if isfinite(end)]
        if len(ends) == 2:
            whisker = pg.PlotDataItem(ends, [y, y], pen=pg.mkPen(colour, width=2))
            item.addItem(whisker)
            for end, inside in zip(ends, (one.low >= low, one.high <= high), strict=True):
                if inside:
                    cap = pg.PlotDataItem(
                        [end, end], [y - 0.18, y + 0.18], pen=pg.mkPen(colour, width=2)
                    )
                    item.addItem(cap)
        dot = pg.ScatterPlotItem(
            [min(max(one.value, low), high)], [y], size=10, symbol="o", useCache=False,
            brush=pg.mkBrush(colour), pen=pg.mkPen(data_colour("halo"), width=1),
        )  # fmt: skip
        item.addItem(dot)

    def _marks(self, marks: Sequence[tuple[str, float]], rows: int, told: int) -> None:
        """Dashed lines from top to bottom, their words above the bars."""
        item = self.item
        low, high = item.getViewBox().viewRange()[0]
        for k, (words, at) in enumerate(sorted(marks, key=lambda one: one[1])):
            if not isfinite(at):
                continue
            pen = pg.mkPen(data_colour("well_text"), width=1.3, style=DASHES[k % len(DASHES)])
            item.addItem(pg.InfiniteLine(at, angle=90, pen=pen))
            right = at > (low + high) / 2
            text = pg.TextItem(
                f"{words} {at:.2f}",
                color=data_colour("well_text"),
                anchor=(1.0 if right else 0.0, 0.5),
            )
            text.setFont(self.font())
            text.setPos(at, rows - 0.2 + 0.8 * (told - 1 - k % MARK_ROWS))
            item.addItem(text)


class CurvesView(PlotView):
    """Lines over a common axis, with their bands; told apart by colour, dash and symbol."""

    def __init__(self, plot: Curves, parent: QWidget | None = None) -> None:
        super().__init__(plot, ("left", "bottom"), parent)
        item = self.item
        size = f"{self.font().pointSizeF():g}pt"
        style = {"color": data_colour("well_text").name(), "font-size": size}
        for side, words in (("bottom", plot.x_title), ("left", plot.y_title)):
            item.setLabel(side, escape(words), **style)  # it reads marks
        item.addLegend(
            offset=emptiest(plot), labelTextColor=data_colour("well_text"), labelTextSize=size,
            brush=pg.mkBrush(0, 0, 0, 160),
        )  # fmt: skip
        for k, line in enumerate(plot.lines):
            name, dash, symbol = LINES[k % len(LINES)]
            colour = data_colour(name)
            if line.low and line.high:
                faint = QColor(colour)
                faint.setAlpha(46)
                ends = [
                    pg.PlotCurveItem(np.array(line.x), np.array(y)) for y in (line.low, line.high)
                ]
                item.addItem(pg.FillBetweenItem(*ends, brush=pg.mkBrush(faint)))
            few = len(line.x) <= 40
            item.plot(
                line.x, line.y, name=escape(line.name), pen=pg.mkPen(colour, width=2, style=dash),
                symbol=symbol if few else None, symbolSize=7, symbolBrush=colour, useCache=False,
                symbolPen=pg.mkPen(colour),
            )  # fmt: skip
        for k, (words, at) in enumerate(plot.marks):
            pen = pg.mkPen(data_colour("well_text"), width=1.3, style=DASHES[k % len(DASHES)])
            options = {"position": 0.94 - 0.1 * (k % MARK_ROWS), "color": data_colour("well_text")}
            mark = pg.InfiniteLine(
                at, angle=90, pen=pen, label=_unformatted(words), labelOpts=options
            )
            mark.label.setFont(self.font())
            item.addItem(mark)
        self.setFixedHeight(round(18 * self.fontMetrics().height()))


def beside(one: Figure, alike: bool, digits: int) -> str:
    """The number beside a dot; with its n where the rows have different ones."""
    words = value_words(one, digits)
    return words if alike or not one.n or " of " in words else f"{words}  n {one.n}"


def axis_of(plot: Intervals) -> tuple[float, float]:
    """Ends of the axis: those of the plot, else round the numbers, the marks always inside."""
    values = [at for _, at in plot.marks if isfinite(at)]
    for one in plot.bars:
        values += [v for v in (one.low, one.value, one.high) if one.n and isfinite(v)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    marks = [at for _, at in plot.marks if isfinite(at)]
    left = low if plot.low is None else min([plot.low, *marks])
    right = high if plot.high is None else max([plot.high, *marks])
    room = 0.04 * (right - left) or 0.5
    return left - room, right + room


def emptiest(plot: Curves) -> tuple[int, int]:
    """Offset of the legend into the corner with the fewest points of the lines."""
    xs = np.array([x for line in plot.lines for x in line.x], dtype=float)
    ys = np.array([y for line in plot.lines for y in line.y], dtype=float)
    good = np.isfinite(xs) & np.isfinite(ys)
    if not good.any():
        return LEGEND_PX, LEGEND_PX
    across, up = (_share_of(one[good]) for one in (xs, ys))
    corners = {
        (-LEGEND_PX, LEGEND_PX): (across > 0.6) & (up > 0.5),
        (LEGEND_PX, LEGEND_PX): (across < 0.4) & (up > 0.5),
        (-LEGEND_PX, -LEGEND_PX): (across > 0.6) & (up < 0.5),
        (LEGEND_PX, -LEGEND_PX): (across < 0.4) & (up < 0.5),
    }
    return min(corners, key=lambda corner: int(corners[corner].sum()))


def _share_of(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Where values lie between the smallest, 0, and the largest, 1."""
    span = float(values.max() - values.min())
    return (values - values.min()) / span if span else np.zeros_like(values)


def _unformatted(words: str) -> str:
    """Words that the plot library shall not read as a format."""
    return words.replace("{", "{{").replace("}", "}}")


def short(name: str) -> str:
    """A row's name in the room there is for it."""
    return name if len(name) <= ELIDED else f"{name[: ELIDED - 1]}…"


def _size_axes(view: PlotView, names: Sequence[str], values: Sequence[str]) -> None:
    metrics = QFontMetricsF(view.font())
    for side, texts in (("left", names), ("right", values)):
        width = max((metrics.horizontalAdvance(one) for one in texts), default=0.0)
        view.item.getAxis(side).setWidth(width + 14)
