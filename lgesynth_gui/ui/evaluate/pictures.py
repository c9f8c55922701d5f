"""Tiles of slices, all at one window and level, with two lines of words below each."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from lgesynth_gui.evaluation.panel import Pictures, Tile
from lgesynth_gui.evaluation.picture_plots import lines_of
from lgesynth_gui.evaluation.tiles import ZOOM, pixels_of
from lgesynth_gui.ui.evaluate.naming import name_figure
from lgesynth_gui.ui.theme import data_colour

GAP = 10.0
LEAST = 2  # tiles of a line: where so few are too wide they are shown smaller


class PicturesView(QWidget):
    """Paints the tiles of a `Pictures`, line after line; how many stand on one, the width says."""

    def __init__(self, plot: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot_data = plot
        name_figure(self, plot)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(round(LEAST * (plot.side + GAP) + GAP))
        self._images: dict[tuple[Tile, int], QImage] = {}
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrower is higher."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(round(self.height_of(self.width())))

    def sizeHint(self) -> QSize:
        """Its height at this width."""
        return QSize(self.minimumWidth(), self.height())

    def zoom_of(self, width: float) -> int:
        """Screen pixels of one pixel: two, or one where two tiles would not fit."""
        return ZOOM if width >= LEAST * (self.plot_data.side * ZOOM + GAP) + GAP else 1

    def lines(self, width: float) -> Iterator[tuple[str, tuple[Tile, ...]]]:
        """(title above, tiles) of each line; the title is "" below a row's first line."""
        plot = self.plot_data
        side = plot.side * self.zoom_of(width)
        across = max(int((width - GAP) // (side + GAP)), 1)
        for row in plot.rows:
            for k, tiles in enumerate(lines_of(row, plot.together, across)):
                yield ("" if k else row.title), tiles

    def height_of(self, width: float) -> float:
        """Pixels that all lines need."""
        line, head = _heights(self.font())
        side = self.plot_data.side * self.zoom_of(width)
        each = side + 2 * line + GAP
        return GAP + sum(each + (head if title else 0) for title, _ in self.lines(width))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The tiles on their well."""
        painter = QPainter(self)
        painter.setFont(self.font())
        self.draw(painter, QRectF(self.rect()))
        painter.end()

    def draw(self, painter: QPainter, box: QRectF) -> None:
        """Paint it anywhere: pixels are squares of whole pixels, smooth where those are scaled."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(box, data_colour("canvas"))
        line, head = _heights(painter.font())
        zoom = self.zoom_of(box.width())
        side = self.plot_data.side * zoom
        bold = QFont(painter.font())
        bold.setBold(True)
        plain = QFont(painter.font())
        y = box.top() + GAP
        for title, tiles in self.lines(box.width()):
            if title:
                painter.setFont(bold)
                painter.setPen(data_colour("well_text"))
                _words(painter, QRectF(box.left() + GAP, y, box.width() - 2 * GAP, head), title)
                painter.setFont(plain)
                y += head
            for k, tile in enumerate(tiles):
                at = QPointF(box.left() + GAP + k * (side + GAP), y)
                painter.drawImage(QRectF(at.x(), at.y(), side, side), self._image(tile, zoom))
                below = QRectF(at.x(), at.y() + side, side, line)
                painter.setPen(data_colour("well_text"))
                _words(painter, below, tile.title)
                painter.setPen(data_colour("well_muted"))
                _words(painter, below.translated(0, line), tile.words)
            y += side + 2 * line + GAP
        painter.restore()

    def _image(self, tile: Tile, zoom: int) -> QImage:
        """A tile enlarged to whole pixels."""
        if (tile, zoom) not in self._images:
            pixels = pixels_of(tile, self.plot_data.side, zoom)
            high, wide, colours = pixels.shape
            data = pixels.tobytes()
            image = QImage(data, wide, high, wide * colours, QImage.Format.Format_RGB888)
            self._images[tile, zoom] = image.copy()  # it owns its pixels
        return self._images[tile, zoom]


def _heights(font: QFont) -> tuple[int, int]:
    """Of a line of words and of a row's title: whole pixels, else tiles would be blurred."""
    line = QFontMetricsF(font).height()
    return ceil(line), ceil(1.6 * line)


def _words(painter: QPainter, box: QRectF, words: str) -> None:
    """One line, cut where there is no room for it."""
    metrics = QFontMetricsF(painter.font())
    told = metrics.elidedText(words, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, told)
