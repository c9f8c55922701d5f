"""A plot as a picture with its title and what it is of: PNG, SVG, clipboard; its numbers as CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

from lgesynth_gui.app.figure_words import count_words, plot_rows
from lgesynth_gui.evaluation.files import write_csv
from lgesynth_gui.evaluation.panel import Plot
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.ui.theme import data_colour

WIDTH = 1600  # pixels of a PNG
MARGIN = 12.0
RESEARCH = "Research use only: output is synthetic"


class Drawn(Protocol):
    """A plot that paints itself anywhere."""

    @property
    def plot_data(self) -> Plot:
        """What it shows."""

    def draw(self, painter: QPainter, box: QRectF) -> None:
        """Paint it into a box."""

    def size(self) -> QSize:
        """Its size on screen."""

    def font(self) -> QFont:
        """Its font."""


def image_of(view: Drawn, note: str) -> QImage:
    """The figure as a picture, `WIDTH` pixels wide.

    Args:
        view: The plot.
        note: What it was measured on and how it was narrowed down, printed below it.
    """
    size = _size(view, note)
    scale = WIDTH / size.width()
    image = QImage(WIDTH, round(scale * size.height()), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)  # symbols grow with it, too
    image.fill(data_colour("canvas"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _paint(painter, view, note, size)
    painter.end()
    return image


def png_bytes(view: Drawn, note: str) -> bytes:
    """The figure as a PNG."""
    image = image_of(view, note)
    return _written(lambda device: QImageWriter(device, QByteArray(b"PNG")).write(image))


def svg_bytes(view: Drawn, note: str) -> bytes:
    """The figure as an SVG: lines and letters, no pixels."""

    def write(device: QIODevice) -> None:
        made = QSvgGenerator()
        size = _size(view, note)
        made.setOutputDevice(device)
        made.setSize(size)
        made.setViewBox(QRectF(0, 0, size.width(), size.height()))
        made.setTitle(view.plot_data.title)
        made.setDescription(note)
        painter = QPainter(made)
        _paint(painter, view, note, size)
        painter.end()

    return _written(write)


def write_picture(path: Path, data: bytes) -> None:
    """Write a figure whole or not at all.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    with atomic_write(path) as file:
        file.write(data)


def write_numbers(path: Path, plot: Plot, note: str) -> None:
    """Write what a plot shows as CSV, the note in its last line.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    columns, rows = plot_rows(plot)
    write_csv(path, columns, [*rows, (f"# {plot.title}. {note}",)])


def _written(write: Callable[[QIODevice], object]) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(data.data())


def _size(view: Drawn, note: str) -> QSize:
    font = view.font()
    metrics = QFontMetricsF(font)
    width = view.size().width() + 2 * MARGIN
    text = QRectF(0, 0, view.size().width(), 10_000)
    foot = metrics.boundingRect(text, int(Qt.TextFlag.TextWordWrap), _foot(view, note)).height()
    return QSize(
        round(width),
        round(view.size().height() + 1.8 * metrics.height() + foot + 4 * MARGIN),
    )


def _paint(painter: QPainter, view: Drawn, note: str, size: QSize) -> None:
    font = QFont(view.font())
    metrics = QFontMetricsF(font)
    width = size.width() - 2 * MARGIN
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), data_colour("canvas"))
    bold = QFont(font)
    bold.setBold(True)
    painter.setFont(bold)
    painter.setPen(data_colour("well_text"))
    head = QRectF(MARGIN, MARGIN, width, 1.6 * metrics.height())
    middle = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(head, int(middle), view.plot_data.title)
    painter.setFont(font)
    box = QRectF(MARGIN, head.bottom() + MARGIN / 2, width, view.size().height())
    view.draw(painter, box)
    painter.setFont(font)
    painter.setPen(data_colour("well_muted"))
    foot = QRectF(MARGIN, box.bottom() + MARGIN, width, size.height() - box.bottom() - MARGIN)
    painter.drawText(foot, int(Qt.TextFlag.TextWordWrap), _foot(view, note))


def _foot(view: Drawn, note: str) -> str:
    """What stands below: how many, of what, how narrowed down, and that it is research."""
    return " ".join(one for one in (count_words(view.plot_data), note, f"{RESEARCH}.") if one)
