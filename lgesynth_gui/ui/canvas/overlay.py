"""The transparent layer of a pane: takes the mouse, and has lines and texts drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.mouse import Deed, Preset
from lgesynth_gui.core.contours import Point
from lgesynth_gui.ui.canvas.drawing import CROSS_PX, Sheet, cross, draw, draw_frame
from lgesynth_gui.ui.canvas.picture import PanePicture

DRAG_PX = 4
ZOOM_STEP = 1.15  # one notch of the wheel
ZOOM_PER_PX = 1.01
CLICK_ZOOM = 1.5
PointerKind = Literal["press", "move", "release", "hover", "double"]
CURSORS = {
    "hand": Qt.CursorShape.OpenHandCursor,
    "window": Qt.CursorShape.SizeAllCursor,
    "zoom": Qt.CursorShape.SizeVerCursor,
}


@dataclass(frozen=True)
class Pointer:
    """What the left button (or the bare mouse) does on an image.

    Args:
        kind: Press, move with the button down, release, hover, double click.
        at: Plane millimetres of the stored slice.
        px_mm: Millimetres a screen pixel, for "how near is near".
        shift, alt: Modifier keys.
        pressure: Of a pen, 0 to 1; 1 for a mouse.
    """

    kind: PointerKind
    at: Point
    px_mm: float = 0.25
    shift: bool = False
    alt: bool = False
    pressure: float = 1.0


class Overlay(QWidget):
    """Draws the vectors and texts of a `PanePicture` and turns mouse events into intents."""

    pointed = Signal(object)  # Pointer
    scrolled = Signal(int)  # slices, + towards the apex
    sized = Signal(int)  # brush, + larger
    zoomed = Signal(float, object)  # factor, display mm to stay still
    panned = Signal(float, float)  # display mm
    windowed = Signal(float, float)  # screen pixels: right widens, down darkens
    boxed = Signal(object, object)  # two corners, plane mm
    crossed = Signal(object)  # plane mm under the bare mouse, or None
    menu_wanted = Signal(object)  # global position

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._picture = PanePicture()
        self._zoom, self._centre = 4.0, (0.0, 0.0)
        self._part: tuple[float, float] | None = None
        self._preset, self._tool = Preset(), ""
        self._last = self._pressed = QPointF()
        self._travel = 0.0
        self._deed: Deed | None = None  # what the drag does that is not the tool's
        self._drawing = False  # the tool was told of a press, and not yet of the release
        self._space = False
        self._cross: Point | None = None
        self._pressure = 1.0
        self.set_hands(Preset(), "")

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

    def set_part(self, part: tuple[float, float] | None) -> None:
        """Left and right end of what can be seen of the pane, px; None when all of it can."""
        self._part = part
        self.update()

    def set_hands(self, preset: Preset, tool: str) -> None:
        """What the buttons do, and with which tool; the cursor says so."""
        self._preset, self._tool = preset, tool
        self._show_cursor()

    def set_cross(self, point: Point | None) -> None:
        """Mark where the mouse is in the other pane; repaints only around it."""
        former, self._cross = self._cross, point
        for one in (former, point):
            if one is not None:
                at, reach = self.to_screen(one).toPoint(), int(CROSS_PX) + 3
                self.update(QRect(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach))

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

    def drag_as(self, deed: Deed) -> None:
        """Let the left drag that has just begun go on as something that is not the tool's."""
        self._deed, self._drawing = deed, False

    def _point(self, kind: PointerKind, event: QMouseEvent) -> None:
        held = event.modifiers()
        self.pointed.emit(
            Pointer(
                kind,
                self.to_plane(event.position()),
                1.0 / self._zoom,
                bool(held & Qt.KeyboardModifier.ShiftModifier),
                bool(held & Qt.KeyboardModifier.AltModifier),
                self._pressure,
            )
        )

    def _deed_of(self, event: QMouseEvent) -> Deed | None:
        button, held = event.button(), event.modifiers()
        if button == Qt.MouseButton.RightButton:
            return self._preset.right
        if button == Qt.MouseButton.MiddleButton:
            return self._preset.middle
        if self._space:
            return "pan"
        if held & Qt.KeyboardModifier.ControlModifier and self._preset.ctrl_left:
            return self._preset.ctrl_left
        if held & Qt.KeyboardModifier.ShiftModifier and not self._picture.handles:
            return self._preset.shift_left  # while a border is edited, Shift+drag moves the ring
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A button of the preset, or the tool."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._last = self._pressed = event.position()
        self._travel = 0.0
        self._deed = self._deed_of(event)
        if self._deed is None and event.button() == Qt.MouseButton.LeftButton:
            self._drawing = True
            self._point("press", event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Closes a contour, or maximises the pane."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._point("double", event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Goes on with whatever button is down."""
        here = event.position()
        moved, self._last = here - self._last, here
        if not event.buttons():
            self._point("hover", event)
            self.crossed.emit(self.to_plane(here))
            return
        self._travel += abs(moved.x()) + abs(moved.y())
        if self._deed is not None:
            if self._travel >= DRAG_PX:
                self._do(self._deed, moved)
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._point("move", event)

    def _do(self, deed: Deed, moved: QPointF) -> None:
        if deed == "window":
            self.windowed.emit(moved.x(), moved.y())
        elif deed == "pan":
            self.panned.emit(-moved.x() / self._zoom, -moved.y() / self._zoom)
        elif deed == "zoom":
            self.zoomed.emit(ZOOM_PER_PX ** -moved.y(), self.to_display(self._pressed))
        else:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag; a right click that did not move asks for the menu."""
        deed, self._deed = self._deed, None
        clicked = self._travel < DRAG_PX
        if event.button() == Qt.MouseButton.LeftButton and self._drawing:
            self._drawing = False
            self._point("release", event)
        elif event.button() == Qt.MouseButton.RightButton and clicked:
            self.menu_wanted.emit(event.globalPosition().toPoint())
        elif deed == "box":
            self.update()
            if not clicked:
                self.boxed.emit(self.to_plane(self._pressed), self.to_plane(event.position()))
        elif deed == "zoom" and clicked and event.button() == Qt.MouseButton.LeftButton:
            out = event.modifiers() & Qt.KeyboardModifier.AltModifier
            factor = 1 / CLICK_ZOOM if out else CLICK_ZOOM
            self.zoomed.emit(factor, self.to_display(self._pressed))

    def leaveEvent(self, event: QEvent) -> None:
        """No cross in the other pane."""
        self.crossed.emit(None)
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Wheel changes the slice, Ctrl+wheel zooms at the cursor, Shift+wheel sizes the brush."""
        turned = event.angleDelta()
        steps = (turned.y() or turned.x()) / 120.0  # some systems make Shift+wheel horizontal
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed.emit(ZOOM_STEP**steps, self.to_display(event.position()))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and steps:
            self.sized.emit(1 if steps > 0 else -1)
        elif steps:
            self.scrolled.emit(-1 if steps > 0 else 1)
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """Remembers how hard a pen presses; the mouse event that follows is the one that counts."""
        lifted = event.type() == QEvent.Type.TabletRelease
        self._pressure = 1.0 if lifted else max(event.pressure(), 0.0)
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Holding Space pans while an image has the focus."""
        if event.key() == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Space let go."""
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A key let go elsewhere is let go here too."""
        self._space = False
        self._show_cursor()
        super().focusOutEvent(event)

    def _show_cursor(self) -> None:
        tool = "hand" if self._space else self._tool
        self.setCursor(CURSORS.get(tool, Qt.CursorShape.CrossCursor))

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Lines first, then texts, then the frame."""
        left, right = self._part or (0.0, float(self.width()))
        sheet = Sheet(
            self.width(), self.height(), left, right, self._zoom, self.font(), self.to_screen
        )
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw(painter, self._picture, sheet)
        draw_frame(painter, self._picture, sheet)
        if self._cross is not None:
            cross(painter, self.to_screen(self._cross))
        accent = QColor(self.palette().accent().color())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._deed == "box" and self._travel >= DRAG_PX:
            painter.setPen(QPen(accent, 1.6))
            painter.drawRect(QRectF(self._pressed, self._last).normalized())
        if self.hasFocus():
            painter.setPen(QPen(accent, 2.0))
            painter.drawRect(QRectF(left, 0, right - left, self.height()).adjusted(3, 3, -3, -3))
        painter.end()
