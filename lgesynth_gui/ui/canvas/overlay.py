"""The transparent layer of a pane: contours, letters, corner text; and the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.orientation import EdgeLetters
from lgesynth_gui.core.contours import Point
from lgesynth_gui.ui.canvas.picture import Line, PanePicture
from lgesynth_gui.ui.theme import data_colour

WIDTHS = {"epi": 1.4, "endo": 1.4, "requested": 2.4, "measured": 2.0, "grid": 1.0, "ghost": 1.6}
HALO_PX = 1.8
DASH_PX, GAP_PX = 7.0, 5.0
NARROW_PX = 300
MARGIN_PX = 8.0
DRAG_PX = 4
PointerKind = Literal["press", "move", "release", "hover", "double"]


@dataclass(frozen=True)
class Pointer:
    """What the left button (or the bare mouse) does on an image.

    Args:
        kind: Press, move with the button down, release, hover, double click.
        at: Plane millimetres of the stored slice.
        px_mm: Millimetres a screen pixel, for "how near is near".
        shift, alt: Modifier keys.
    """

    kind: PointerKind
    at: Point
    px_mm: float = 0.25
    shift: bool = False
    alt: bool = False


class Overlay(QWidget):
    """Draws the vectors and texts of a `PanePicture` and turns mouse events into intents."""

    pointed = Signal(object)  # Pointer
    scrolled = Signal(int)  # slices, + towards the apex
    zoomed = Signal(float, object)  # factor, display mm to stay still
    panned = Signal(float, float)  # display mm
    windowed = Signal(float, float)  # screen pixels: right widens, down darkens
    menu_wanted = Signal(object)  # global position

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._picture = PanePicture()
        self._zoom, self._centre = 4.0, (0.0, 0.0)
        self._last: QPointF | None = None
        self._travel = 0.0
        self._space = False

    def sizeHint(self) -> QSize:
        """No wish of its own."""
        return QSize(0, 0)

    def show_picture(self, picture: PanePicture) -> None:
        """Draw another picture."""
        self._picture = picture
        self.update()

    def set_range(self, zoom: float, centre: tuple[float, float]) -> None:
        """Same numbers as the image layer's."""
        self._zoom, self._centre = zoom, centre
        self.update()

    def to_screen(self, point: Point) -> QPointF:
        """Widget pixels of a plane point."""
        x, y = self._picture.turn.to_display(*point)
        return QPointF(
            (x - self._centre[0]) * self._zoom + self.width() / 2,
            (y - self._centre[1]) * self._zoom + self.height() / 2,
        )

    def to_display(self, at: QPointF) -> Point:
        """Display millimetres of a widget position."""
        return (
            (at.x() - self.width() / 2) / self._zoom + self._centre[0],
            (at.y() - self.height() / 2) / self._zoom + self._centre[1],
        )

    def to_plane(self, at: QPointF) -> Point:
        """Plane millimetres of a widget position."""
        return self._picture.turn.to_plane(*self.to_display(at))

    # -- mouse

    def _point(self, kind: PointerKind, event: QMouseEvent) -> None:
        held = event.modifiers()
        self.pointed.emit(
            Pointer(
                kind,
                self.to_plane(event.position()),
                1.0 / self._zoom,
                bool(held & Qt.KeyboardModifier.ShiftModifier),
                bool(held & Qt.KeyboardModifier.AltModifier),
            )
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Left draws, right is window/level, middle (or Space) pans."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._last, self._travel = event.position(), 0.0
        if event.button() == Qt.MouseButton.LeftButton and not self._space:
            self._point("press", event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Closes a contour, or maximises the pane."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._point("double", event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with whatever button is down."""
        held, here = event.buttons(), event.position()
        moved = here - self._last if self._last is not None else QPointF()
        self._last = here
        self._travel += abs(moved.x()) + abs(moved.y())
        left = bool(held & Qt.MouseButton.LeftButton)
        if held & Qt.MouseButton.MiddleButton or (left and self._space):
            self.panned.emit(-moved.x() / self._zoom, -moved.y() / self._zoom)
        elif held & Qt.MouseButton.RightButton:
            if self._travel >= DRAG_PX:
                self.windowed.emit(moved.x(), moved.y())
        else:
            self._point("move" if left else "hover", event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag; a right click that did not move asks for the menu."""
        if event.button() == Qt.MouseButton.LeftButton and not self._space:
            self._point("release", event)
        elif event.button() == Qt.MouseButton.RightButton and self._travel < DRAG_PX:
            self.menu_wanted.emit(event.globalPosition().toPoint())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Wheel changes the slice, Ctrl+wheel zooms at the cursor."""
        steps = event.angleDelta().y() / 120.0
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit(1.15**steps, self.to_display(event.position()))
        elif steps:
            self.scrolled.emit(-1 if steps > 0 else 1)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Holding Space pans while an image has the focus."""
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.setCursor(Qt.CursorShape.CrossCursor)
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key let go elsewhere is let go here too."""
        self._space = False
        self.setCursor(Qt.CursorShape.CrossCursor)
        super().focusOutEvent(event)

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lines first, then texts, then the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        picture = self._picture
        for line in picture.lines:
            self._draw_line(painter, line)
        for dot in picture.dots:
            self._draw_dot(painter, dot)
        for text, place in picture.marks:
            self._draw_mark(painter, text, place)
        self._draw_texts(painter, picture)
        self._draw_frame(painter, picture)
        painter.end()

    def path_of(self, line: Line) -> QPainterPath:
        """The line in widget pixels."""
        path = QPainterPath()
        for i, point in enumerate(line.points):
            if i:
                path.lineTo(self.to_screen(point))
            else:
                path.moveTo(self.to_screen(point))
        if line.closed:
            path.closeSubpath()
        return path

    def _draw_line(self, painter: QPainter, line: Line) -> None:
        path, width = self.path_of(line), WIDTHS[line.kind]
        colour = data_colour({"grid": "well_muted", "ghost": "requested"}.get(line.kind, line.kind))
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

    def _draw_dot(self, painter: QPainter, place: Point) -> None:
        at = self.to_screen(place)
        painter.setPen(QPen(data_colour("halo"), 3.4))
        painter.setBrush(data_colour("epi"))
        painter.drawEllipse(at, 4.5, 4.5)
        painter.setPen(QPen(data_colour("well_text"), 1.4))
        painter.drawEllipse(at, 4.5, 4.5)

    def _draw_mark(self, painter: QPainter, text: str, place: Point) -> None:
        font = self._font(0.9)
        size = QFontMetricsF(font)
        at = self.to_screen(place)
        where = QPointF(at.x() - size.horizontalAdvance(text) / 2, at.y() + size.ascent() / 2 - 1)
        self._outlined(painter, where, text, font, data_colour("well_text"))

    def _font(self, scale: float, *, bold: bool = False) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(self.font().pointSizeF() * scale)
        font.setBold(bold)
        return font

    def _outlined(
        self, painter: QPainter, where: QPointF, text: str, font: QFont, colour: QColor
    ) -> None:
        path = QPainterPath()
        path.addText(where, font, text)
        painter.strokePath(path, QPen(data_colour("halo"), 2.6))
        painter.fillPath(path, colour)

    def _draw_texts(self, painter: QPainter, picture: PanePicture) -> None:
        font, size = self._font(0.95), QFontMetricsF(self._font(0.95))
        ink = data_colour("well_text")
        left, right = MARGIN_PX, self.width() - MARGIN_PX
        top, bottom = MARGIN_PX + size.ascent(), self.height() - MARGIN_PX - size.descent()
        strong = self._font(0.95, bold=picture.synthetic)
        badge = QFontMetricsF(strong).horizontalAdvance(picture.badge)
        if picture.badge:
            colour = data_colour("synthetic") if picture.synthetic else ink
            self._outlined(painter, QPointF(left, top), picture.badge, strong, colour)
        if picture.message:
            self._draw_message(painter, picture.message)
        if picture.pixels is None:
            return
        narrow = self.width() < NARROW_PX
        percent = f"Zoom {100 * self._zoom * picture.spacing[1]:.0f} %"
        rows = picture.below if narrow else (*picture.below, percent)
        self._rows(painter, rows, left, bottom, font, up=True)
        facts = () if narrow else picture.facts
        scale = "" if narrow else picture.scale
        for i, text in enumerate(facts):
            room = self.width() - (badge + 24 if i == 0 else 0) - 2 * MARGIN_PX
            words = size.elidedText(text, Qt.TextElideMode.ElideRight, room)
            place = QPointF(right - size.horizontalAdvance(words), top + i * size.height())
            self._outlined(painter, place, words, font, ink)
        below = size.horizontalAdvance(picture.below[0]) if picture.below else 0.0
        crowded = below + size.horizontalAdvance(scale) + 3 * MARGIN_PX > self.width()
        if scale:
            self._draw_scale(painter, scale, right, bottom - crowded * size.height(), font)
        wide = QFontMetricsF(self._font(1.0, bold=True))
        letters = picture.letters
        half = max(map(wide.horizontalAdvance, (letters.top, letters.bottom))) / 2 + 10
        free = self.width() / 2 - half - 2 * MARGIN_PX  # room of a corner text beside a letter
        if max([badge, *map(size.horizontalAdvance, facts)]) > free:
            top += max(len(facts), 2 if picture.frame else 1) * size.height()
        if max(below, size.horizontalAdvance(scale)) > free:
            bottom -= max(len(rows), 2 + crowded) * size.height() + 4
        self._draw_letters(painter, picture.letters, (left, right, top, bottom))

    def _draw_letters(
        self, painter: QPainter, letters: EdgeLetters, box: tuple[float, float, float, float]
    ) -> None:
        font = self._font(1.0, bold=True)
        wide, (left, right, top, bottom) = QFontMetricsF(font), box
        x, y = self.width() / 2, self.height() / 2 + wide.ascent() / 2
        for text, place in (
            (letters.left, QPointF(left, y)),
            (letters.right, QPointF(right - wide.horizontalAdvance(letters.right), y)),
            (letters.top, QPointF(x - wide.horizontalAdvance(letters.top) / 2, top)),
            (letters.bottom, QPointF(x - wide.horizontalAdvance(letters.bottom) / 2, bottom)),
        ):
            if text:
                self._outlined(painter, place, text, font, data_colour("well_text"))

    def _rows(
        self,
        painter: QPainter,
        rows: Sequence[str],
        x: float,
        y: float,
        font: QFont,
        *,
        up: bool = False,
    ) -> None:
        height = QFontMetricsF(font).height()
        texts = list(reversed(rows)) if up else list(rows)
        for i, text in enumerate(texts):
            place = QPointF(x, y - i * height if up else y + i * height)
            self._outlined(painter, place, text, font, data_colour("well_text"))

    def _draw_scale(
        self, painter: QPainter, text: str, right: float, bottom: float, font: QFont
    ) -> None:
        """A bar of 1, 2 or 5 times a power of ten mm, at most a fifth of the pane."""
        size = QFontMetricsF(font)
        room = self.width() / 5 / self._zoom
        power = 10 ** int(log10(max(room, 1.0)))
        length = max((k * power for k in (1, 2, 5) if k * power <= room), default=power)
        label = f"{length:g} mm"
        x1, y = right, bottom - size.height() - 2
        x0 = x1 - length * self._zoom
        for pen in (QPen(data_colour("halo"), 4.6), QPen(data_colour("well_text"), 2.0)):
            painter.setPen(pen)
            painter.drawLine(QPointF(x0, y), QPointF(x1, y))
        where = QPointF(x0 - size.horizontalAdvance(label) - 6, y + size.ascent() / 2 - 1)
        ink = data_colour("well_text")
        self._outlined(painter, where, label, font, ink)
        place = QPointF(right - size.horizontalAdvance(text), bottom)
        self._outlined(painter, place, text, font, ink)

    def _draw_message(self, painter: QPainter, text: str) -> None:
        painter.setFont(self._font(1.0))
        painter.setPen(data_colour("well_muted"))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), text)

    def _draw_frame(self, painter: QPainter, picture: PanePicture) -> None:
        if picture.frame and picture.pixels is not None:
            pen = QPen(data_colour("synthetic"), 2.0)
            if picture.frame == "PREVIEW":
                pen.setDashPattern([6.0, 4.0])
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
            font = self._font(0.9, bold=True)
            size = QFontMetricsF(font)
            top = MARGIN_PX + size.ascent() + QFontMetricsF(self._font(0.95)).height()
            self._outlined(
                painter, QPointF(MARGIN_PX, top), picture.frame, font, data_colour("synthetic")
            )
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.palette().accent().color()), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(3, 3, -3, -3))
