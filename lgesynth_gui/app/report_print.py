"""An evaluation as PDF and its plots as PNG, drawn by Qt without a window.

Qt's text document knows neither SVG in a page nor style variables, so the pages are laid out anew
from the evaluation, with each plot as a picture.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QGuiApplication,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextDocument,
)
from PySide6.QtSvg import QSvgRenderer

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.evaluation.panel import Evaluation, Panel, PictureRow, Pictures, Plot, Segments
from lgesynth_gui.evaluation.picture_plots import ACROSS, lines_of
from lgesynth_gui.evaluation.plots import svg
from lgesynth_gui.evaluation.report import BADGE, PLOTS, UNFINISHED, plots_of
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.io.atomic import atomic_write

PDF = "report.pdf"
SCALE = 2  # pixels of a PNG for each unit of its plot
MARGIN_MM = 12.0
DOTS = 150
COLUMNS = 8  # of a table side by side on a page; the others follow below, the row's name again
PAGE_WIDTH = 960  # units that a page's width is laid out in
LINES = 2  # of tiles, one picture of a page
PAGE_HIGH = 600  # what of a page's height a picture may take
_STYLE = (
    "body{font-family:sans-serif;font-size:9pt;color:#1B1F24}"
    "h1{font-size:16pt}h2{font-size:13pt}h3{font-size:10pt}"
    "td,th{padding:2px 5px;font-size:7pt}th{color:#57606A}"
    ".amber{background-color:#FFF4D6}"
)
_app: QGuiApplication | None = None  # ours, kept: a second one may not be made in a process


def print_report(folder: Path, evaluation: Evaluation) -> None:
    """Write `report.pdf`, and every plot as `plots/NAME.png`.

    Args:
        folder: The run's; it must exist.
        evaluation: What was found.

    Raises:
        LgeSynthError: the drive is full or closed, or the pages cannot be drawn.
    """
    ready()
    (folder / PLOTS).mkdir(exist_ok=True)
    pictures = drawn(evaluation)
    for plot in plots_of(evaluation):
        image = pictures[plot.name] if plot.name in pictures else picture(plot)
        with atomic_write(folder / PLOTS / f"{plot.name}.png") as file:
            file.write(_encoded(image))
    with atomic_write(folder / PDF) as file:
        file.write(_pdf(evaluation, pictures))


def drawn(evaluation: Evaluation) -> dict[str, QImage]:
    """Every plot as it is printed, by its name."""
    every = (part for plot in plots_of(evaluation) for part in printed(plot))
    return {plot.name: picture(plot) for plot in every}


def printed(plot: Plot) -> tuple[Plot, ...]:
    """A plot as pages hold it: of pictures a few lines, as all of them are higher than a page."""
    if not isinstance(plot, Pictures):
        return (plot,)
    rows = [part for row in plot.rows for part in _parts(row, plot.together)]
    if len(rows) < 2:
        return (plot,)
    first, *rest = rows
    others = (
        replace(
            plot, name=f"{plot.name}-{k}", title=f"{plot.title} (continued)", words=(), rows=(o,)
        )
        for k, o in enumerate(rest, 2)
    )
    return (replace(plot, name=f"{plot.name}-1", rows=(first,)), *others)


def _parts(row: PictureRow, together: int) -> Iterator[PictureRow]:
    lines = lines_of(row, together, ACROSS)
    for k in range(0, len(lines), LINES):
        title = f"{row.title} (continued)" if k else row.title
        tiles = tuple(tile for line in lines[k : k + LINES] for tile in line)
        yield replace(row, title=title, tiles=tiles)


def ready() -> None:
    """Make sure that text can be drawn: the application that is there serves, else one of ours.

    A window's application is left as it is. On Linux ours draws offscreen, and so needs no display.
    """
    global _app
    if QGuiApplication.instance() is None:
        offscreen = ["-platform", "offscreen"] if sys.platform.startswith("linux") else []
        _app = QGuiApplication(["lgesynth", *offscreen])


def picture(plot: Plot) -> QImage:
    """A plot on white, two pixels for each of its units.

    Raises:
        LgeSynthError: it cannot be drawn.
    """
    renderer = QSvgRenderer(QByteArray(svg(plot).encode()))
    if not renderer.isValid():
        raise LgeSynthError(f"The plot {plot.name} cannot be drawn.", "Use report.html.")
    size = renderer.defaultSize() * SCALE
    image = QImage(size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    return image


def _encoded(image: QImage) -> bytes:
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    if not image.save(held, "PNG"):  # type: ignore[call-overload]  # its stub wants bytes
        raise LgeSynthError("A plot cannot be written as PNG.", "Use the SVG beside it.")
    return bytes(held.data().data())


def _pdf(evaluation: Evaluation, pictures: dict[str, QImage]) -> bytes:
    held = QBuffer()
    held.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(held)
    writer.setTitle(evaluation.title)
    writer.setCreator("LGESynth")
    writer.setResolution(DOTS)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageOrientation(QPageLayout.Orientation.Landscape)
    writer.setPageMargins(QMarginsF(*(MARGIN_MM,) * 4), QPageLayout.Unit.Millimeter)
    page = writer.pageLayout().paintRectPixels(DOTS)
    zoom = page.width() / PAGE_WIDTH
    high = page.height() / zoom
    document = laid_out(evaluation, pictures, high)
    painter = QPainter(writer)
    painter.scale(zoom, zoom)
    for number in range(document.pageCount()):
        if number:
            writer.newPage()
            painter.translate(0, -high)
        document.drawContents(painter, QRectF(0, number * high, PAGE_WIDTH, high))
    painter.end()
    return bytes(held.data().data())


def laid_out(evaluation: Evaluation, pictures: dict[str, QImage], high: float) -> QTextDocument:
    """The pages, `PAGE_WIDTH` units wide and `high` units high; text needs `ready` before."""
    document = QTextDocument()
    document.setUndoRedoEnabled(False)
    for name, image in pictures.items():
        document.addResource(QTextDocument.ResourceType.ImageResource, QUrl(f"plot:{name}"), image)
    document.setDefaultStyleSheet(_STYLE)
    document.setHtml(_html(evaluation, pictures))
    document.setPageSize(QSizeF(PAGE_WIDTH, high))
    return document


def _html(evaluation: Evaluation, pictures: dict[str, QImage]) -> str:
    settings = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>"
        for name, value in evaluation.settings
    )
    warnings = [*([] if evaluation.finished else [UNFINISHED]), evaluation.small]
    return (
        f"<body><p>{BADGE}</p><h1>{escape(evaluation.title)}</h1>"
        f"<p>Measured on {escape(evaluation.data)}. {escape(evaluation.held_out)}</p>"
        f"{_amber([one for one in warnings if one])}<table>{settings}</table>"
        f"{''.join(_panel(one, pictures) for one in evaluation.panels)}"
        f"<h2>Networks</h2>{_models(evaluation.models)}</body>"
    )


def _amber(sentences: Sequence[str]) -> str:
    if not sentences:
        return ""
    inside = "<br>".join(escape(one) for one in sentences)
    return f'<table width="100%"><tr><td class="amber" bgcolor="#FFF4D6">{inside}</td></tr></table>'


def _panel(panel: Panel, pictures: dict[str, QImage]) -> str:
    words = "".join(f"<li>{escape(one)}</li>" for one in panel.words)
    alarms = _amber([f"Alarm: {one}" for one in panel.alarms])
    missing = _amber([f"Not measured: {one}." for one in panel.missing])
    plots = _plots(panel.plots, pictures)
    tables = "".join(_table(one) for one in panel.tables if one.shown)
    return f"<h2>{escape(panel.title)}</h2><ul>{words}</ul>{alarms}{missing}{plots}{tables}"


def _plots(plots: Sequence[Plot], pictures: dict[str, QImage]) -> str:
    """Two plots side by side; bullseyes and pictures, which are wide, alone."""
    wide = [one for one in plots if isinstance(one, (Segments, Pictures))]
    rest = [one for one in plots if one not in wide]
    half = PAGE_WIDTH // 2 - 12
    rows = [rest[k : k + 2] for k in range(0, len(rest), 2)]
    cells = (
        "".join(f"<td>{_plot(one, pictures[one.name], half)}</td>" for one in row) for row in rows
    )
    pairs = "".join(f"<table><tr>{row}</tr></table>" for row in cells)
    alone = "".join(
        f"<p>{_plot(one, pictures[one.name], PAGE_WIDTH - 10)}</p>"
        for plot in wide
        for one in printed(plot)
    )
    return pairs + alone


def _plot(plot: Plot, image: QImage, most: int) -> str:
    width = min(image.width() // SCALE, most)
    if isinstance(plot, Pictures):
        width = min(width, round(PAGE_HIGH * image.width() / image.height()))
    return f'<img src="plot:{escape(plot.name, quote=True)}" width="{width}">'


def _table(table: Table) -> str:
    """A table, cut into several where it has more columns than a page is wide."""
    rest = range(1, len(table.head))
    parts = [rest[k : k + COLUMNS] for k in range(0, len(rest), COLUMNS)] or [rest]
    pieces = []
    for part in parts:
        head = "".join(f'<th align="left">{escape(table.head[k])}</th>' for k in (0, *part))
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(row[k])}</td>' for k in (0, *part))}</tr>"
            for row in table.shown
        )
        pieces.append(f"<table><tr>{head}</tr>{rows}</table>")
    return f"<h3>{escape(table.title)}</h3>{'<br>'.join(pieces)}"


def _models(models: Sequence[tuple[str, str]]) -> str:
    texts = dict.fromkeys(text for _, text in models)
    rows = "".join(f"<tr><td>{escape(text)}</td></tr>" for text in texts)
    return f"<table>{rows}</table>"
