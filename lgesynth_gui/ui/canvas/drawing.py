"""Paints a `PanePicture`: lines with a halo, points, letters, corner text, legend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, log10

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
)

from lgesynth_gui.app.borders import crowded
from lgesynth_gui.core.contours import Point
from lgesynth_gui.ui.canvas.difference import STEPS, table
from lgesynth_gui.ui.canvas.picture import Line, PanePicture, plain
from lgesynth_gui.ui.theme import data_colour

WIDTHS = {"epi": 1.4, "endo": 1.4, "requested": 2.4, "measured": 2.0, "grid": 1.0, "ghost": 1.6}
WIDTHS |= {"full": 1.6, "feather": 1.6, "untouched": 1.6}
INKS = {"grid": "well_muted", "ghost": "requested", "full": "well_text", "feather": "check"}
INKS |= {"untouched": "pass"}
HALO_PX = 1.8
DASH_PX, GAP_PX = 7.0, 5.0
NARROW_PX = 300
MARGIN_PX = 8.0
CROSS_PX, CROSS_GAP_PX = 9.0, 3.0
LEGEND_PX, BAR_PX = 150.0, 10.0
EDGE_PX = 3  # around a text, for its outline


@dataclass(frozen=True)
class Sheet:
    """Where one paints.

    Args:
        width, height: Of the pane in screen pixels.
        left, right: Of the part of it that is visible; badge and frame stay inside.
        zoom: Screen pixels a millimetre.
        font: The window's font.
        to_screen: Widget pixels of a plane point.
    """

    width: float
    height: float
    left: float
    right: float
    zoom: float
    font: QFont
    to_screen: Callable[[Point], QPointF]

    def scaled(self, scale: float, *, bold: bool = False) -> QFont:
        """The font in another size."""
        font = QFont(self.font)
        font.setPointSizeF(self.font.pointSizeF() * scale)
        font.setBold(bold)
        return font


def path_of(line: Line, sheet: Sheet) -> QPainterPath:
    """A line in widget pixels."""
    path = QPainterPath()
    for i, point in enumerate(line.points):
        if i:
            path.lineTo(sheet.to_screen(point))
        else:
            path.moveTo(sheet.to_screen(point))
    if line.closed:
        path.closeSubpath()
    return path


def draw(painter: QPainter, picture: PanePicture, sheet: Sheet) -> None:
    """Lines and points first, then the texts."""
    painter.setOpacity(picture.opacity)
    for line in picture.lines:
        _line(painter, line, sheet)
    if picture.handles and not crowded(picture.handles, 1.0 / sheet.zoom):
        for point in picture.handles:
            _handle(painter, sheet.to_screen(point))
    for dot in picture.dots:
        _dot(painter, sheet.to_screen(dot))
    for text, place in picture.marks:
        _mark(painter, text, place, sheet)
    painter.setOpacity(1.0)
    for point in picture.crossings:
        _crossing(painter, sheet.to_screen(point))
    if picture.message:
        painter.setFont(sheet.scaled(1.0))
        painter.setPen(data_colour("well_muted"))
        area = QRectF(sheet.left, 0, sheet.right - sheet.left, sheet.height)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), picture.message)
    _texts(painter, picture, sheet)


def _line(painter: QPainter, line: Line, sheet: Sheet) -> None:
    path, width = path_of(line, sheet), WIDTHS[line.kind]
    colour = data_colour(INKS.get(line.kind, line.kind))
    halo = QPen(data_colour("halo"), width + HALO_PX)
    halo.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    if line.dashed:  # the halo too, or what lies under the line could not be seen
        for one, of in ((pen, width), (halo, width + HALO_PX)):
            one.setDashPattern([DASH_PX / of, GAP_PX / of])
            one.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for one in (halo, pen):
        painter.setPen(one)
        painter.drawPath(path)


def _dot(painter: QPainter, at: QPointF) -> None:
    painter.setPen(QPen(data_colour("halo"), 3.4))
    painter.setBrush(data_colour("epi"))
    painter.drawEllipse(at, 4.5, 4.5)
    painter.setPen(QPen(data_colour("well_text"), 1.4))
    painter.drawEllipse(at, 4.5, 4.5)


def _handle(painter: QPainter, at: QPointF) -> None:
    painter.setPen(QPen(data_colour("halo"), 1.2))
    painter.setBrush(data_colour("well_text"))
    painter.drawRect(QRectF(at.x() - 2.5, at.y() - 2.5, 5, 5))


def _crossing(painter: QPainter, at: QPointF) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(data_colour("halo"), 4.6), QPen(data_colour("check"), 2.2)):
        painter.setPen(pen)
        painter.drawEllipse(at, 8, 8)
        painter.drawLine(at + QPointF(-4, -4), at + QPointF(4, 4))
        painter.drawLine(at + QPointF(-4, 4), at + QPointF(4, -4))


def cross(painter: QPainter, at: QPointF) -> None:
    """Where the pointer is in the other pane."""
    for pen in (QPen(data_colour("halo"), 3.0), QPen(data_colour("well_text"), 1.2)):
        painter.setPen(pen)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(dx, dy)
            painter.drawLine(at + way * CROSS_GAP_PX, at + way * CROSS_PX)


def _mark(painter: QPainter, text: str, place: Point, sheet: Sheet) -> None:
    font = sheet.scaled(0.9)
    size = QFontMetricsF(font)
    at = sheet.to_screen(place)
    where = QPointF(at.x() - size.horizontalAdvance(text) / 2, at.y() + size.ascent() / 2 - 1)
    _outlined(painter, where, text, font, data_colour("well_text"))


def _outlined(painter: QPainter, where: QPointF, text: str, font: QFont, colour: QColor) -> None:
    """A text with a dark outline, its base line beginning at `where`.

    Outlines are slow to stroke and the same in every frame, so that pictures of them are kept.
    """
    scale = painter.device().devicePixelRatio()
    picture = _text_picture(text, font.toString(), colour.name(), scale)
    size = QFontMetricsF(font)
    painter.drawPixmap(
        QPointF(round(where.x()) - EDGE_PX, round(where.y() - size.ascent()) - EDGE_PX), picture
    )


@lru_cache(maxsize=400)
def _text_picture(text: str, font_words: str, colour: str, scale: float) -> QPixmap:
    font = QFont()
    font.fromString(font_words)
    size = QFontMetricsF(font)
    wide = ceil((size.horizontalAdvance(text) + 2 * EDGE_PX + 2) * scale)
    picture = QPixmap(wide, ceil((size.height() + 2 * EDGE_PX) * scale))
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    path.addText(QPointF(EDGE_PX, EDGE_PX + size.ascent()), font, text)
    inner = QPainter(picture)
    inner.setRenderHint(QPainter.RenderHint.Antialiasing)
    inner.strokePath(path, QPen(data_colour("halo"), 2.6))
    inner.fillPath(path, QColor(colour))
    inner.end()
    return picture


def _badge(painter: QPainter, picture: PanePicture, sheet: Sheet, top: float) -> float:
    """Write what is shown, upright where it fits and along the border where not; its width."""
    font = sheet.scaled(0.95, bold=picture.synthetic)
    size = QFontMetricsF(font)
    wide = size.horizontalAdvance(picture.badge)
    colour = data_colour("synthetic" if picture.synthetic else "well_text")
    room = sheet.right - sheet.left
    whole = room >= sheet.width
    plain_size = QFontMetricsF(sheet.scaled(0.95))
    beside = plain_size.horizontalAdvance(picture.facts[0]) if picture.facts else 0.0
    beside = beside if not whole and sheet.right >= sheet.width else 0.0
    if whole or wide + beside + 4 * MARGIN_PX <= room:
        _outlined(painter, QPointF(sheet.left + MARGIN_PX, top), picture.badge, font, colour)
        return wide if sheet.left <= 0 else 0.0
    painter.save()
    painter.translate(
        sheet.left + (min(room, 3 * size.height()) + size.ascent()) / 2,
        sheet.height * 0.75 if beside else top - size.ascent() + wide,
    )
    painter.rotate(-90)
    _outlined(painter, QPointF(0, 0), picture.badge, font, colour)
    painter.restore()
    return 0.0


def _texts(painter: QPainter, picture: PanePicture, sheet: Sheet) -> None:
    """Corner texts of the whole pane: where two panes lie over each other they are the same."""
    font = sheet.scaled(0.95)
    size, ink = QFontMetricsF(font), data_colour("well_text")
    left, right = MARGIN_PX, sheet.width - MARGIN_PX
    top, bottom = MARGIN_PX + size.ascent(), sheet.height - MARGIN_PX - size.descent()
    badge = _badge(painter, picture, sheet, top) if picture.badge else 0.0
    if picture.pixels is None:
        return
    room = sheet.width
    narrow = room < NARROW_PX
    percent = f"Zoom {100 * sheet.zoom * picture.spacing[1]:.0f} %"
    rows = picture.below if narrow else (*picture.below, percent)
    for i, text in enumerate(rows):
        _outlined(painter, QPointF(left, bottom - i * size.height()), text, font, ink)
    if picture.scale_limit and not narrow:
        _legend(painter, picture.scale_limit, left, bottom - len(rows) * size.height(), font)
    facts = () if narrow else picture.facts
    scale = "" if narrow else picture.scale
    for i, text in enumerate(facts):
        free = room - (badge + 24 if i == 0 else 0) - 2 * MARGIN_PX
        words = size.elidedText(text, Qt.TextElideMode.ElideRight, free)
        place = QPointF(right - size.horizontalAdvance(words), top + i * size.height())
        _outlined(painter, place, words, font, ink)
    below = max(map(size.horizontalAdvance, rows), default=0.0)
    tight = below + size.horizontalAdvance(scale) + 3 * MARGIN_PX > room
    if scale:
        _scale(painter, scale, right, bottom - tight * size.height() * len(rows), font, sheet)
    wide = QFontMetricsF(sheet.scaled(1.0, bold=True))
    letters = picture.letters
    half = max(map(wide.horizontalAdvance, (letters.top, letters.bottom))) / 2 + 10
    free = room / 2 - half - 2 * MARGIN_PX  # room of a corner text beside a letter
    part = sheet.right - sheet.left < sheet.width  # both parts must put the letters alike
    if part or max([badge, *map(size.horizontalAdvance, facts)]) > free:
        top += max(len(facts), 2 if part or picture.frame else 1) * size.height()
    if max(below, size.horizontalAdvance(scale)) > free:
        bottom -= (len(rows) + tight * len(rows) + 1) * size.height()
    _letters(painter, picture, sheet, (left, right, top, bottom))


def _letters(
    painter: QPainter,
    picture: PanePicture,
    sheet: Sheet,
    box: tuple[float, float, float, float],
) -> None:
    font, letters = sheet.scaled(1.0, bold=True), picture.letters
    wide, (left, right, top, bottom) = QFontMetricsF(font), box
    x, y = sheet.width / 2, sheet.height / 2 + wide.ascent() / 2
    for text, place in (
        (letters.left, QPointF(left, y)),
        (letters.right, QPointF(right - wide.horizontalAdvance(letters.right), y)),
        (letters.top, QPointF(x - wide.horizontalAdvance(letters.top) / 2, top)),
        (letters.bottom, QPointF(x - wide.horizontalAdvance(letters.bottom) / 2, bottom)),
    ):
        if text:
            _outlined(painter, place, text, font, data_colour("well_text"))


def scale_bar(room_mm: float) -> float:
    """Length of the bar: 1, 2 or 5 times a power of ten mm, at most `room_mm` if that is over 1."""
    power = 10.0 ** int(log10(max(room_mm, 1.0)))
    return max((k * power for k in (1.0, 2.0, 5.0) if k * power <= room_mm), default=power)


def _scale(
    painter: QPainter, text: str, right: float, bottom: float, font: QFont, sheet: Sheet
) -> None:
    size = QFontMetricsF(font)
    length = scale_bar(sheet.width / 5 / sheet.zoom)
    label = f"{length:g} mm"
    x1, y = right, bottom - size.height() - 2
    x0 = x1 - length * sheet.zoom
    for pen in (QPen(data_colour("halo"), 4.6), QPen(data_colour("well_text"), 2.0)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x0, y), QPointF(x1, y))
    where = QPointF(x0 - size.horizontalAdvance(label) - 6, y + size.ascent() / 2 - 1)
    ink = data_colour("well_text")
    _outlined(painter, where, label, font, ink)
    place = QPointF(right - size.horizontalAdvance(text), bottom)
    _outlined(painter, place, text, font, ink)


def _legend(painter: QPainter, limit: float, left: float, bottom: float, font: QFont) -> None:
    """The colours of a difference and what they stand for, in stored values."""
    size, ink = QFontMetricsF(font), data_colour("well_text")
    colours = QImage(table().tobytes(), STEPS, 1, 3 * STEPS, QImage.Format.Format_RGB888)
    wide = max(LEGEND_PX, 20 * size.horizontalAdvance("0"))
    bar = QRectF(left, bottom - size.height() - BAR_PX, wide, BAR_PX)
    painter.drawImage(bar, colours)
    painter.setPen(QPen(data_colour("halo"), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(bar)
    for text, share in ((f"−{plain(limit)}", 0.0), ("0", 0.5), (f"+{plain(limit)}", 1.0)):
        x = bar.left() + share * (wide - size.horizontalAdvance(text))
        _outlined(painter, QPointF(x, bottom - size.descent()), text, font, ink)
    _outlined(painter, QPointF(bar.right() + 8, bar.bottom()), "stored values", font, ink)


def draw_frame(painter: QPainter, picture: PanePicture, sheet: Sheet) -> None:
    """PREVIEW dashed, APPLIED solid, around the visible part of a generated picture."""
    if not picture.frame or picture.pixels is None:
        return
    pen = QPen(data_colour("synthetic"), 2.0)
    if picture.frame in ("PREVIEW", "DRAFT"):
        pen.setDashPattern([6.0, 4.0])
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    part = QRectF(sheet.left, 0, sheet.right - sheet.left, sheet.height)
    painter.drawRect(part.adjusted(1, 1, -1, -1))
    font = sheet.scaled(0.9, bold=True)
    size = QFontMetricsF(font)
    if size.horizontalAdvance(picture.frame) + 2 * MARGIN_PX > part.width():
        return
    top = MARGIN_PX + size.ascent() + QFontMetricsF(sheet.scaled(0.95)).height()
    place = QPointF(sheet.left + MARGIN_PX, top)
    _outlined(painter, place, picture.frame, font, data_colour("synthetic"))
