"""What a tool shows on an image while it works: brush ring, stroke, points of a scar, a number."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app import drawing, regions
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point, Polygon
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.sketch.tools.base import Wash
from lgesynth_gui.ui.theme import data_colour

BRUSHES = ("brush", "eraser")
WASH_ALPHA = 120
POINT_PX = 3.5
EDGE_PX = 6
SHOWN = frozenset(
    {"tool", "active", "picked", "brush_mm", "lasso", "slice_index", "clip", "zoom", "centre"}
    | {"ghost"}
)


class ToolLayer(QWidget):
    """Lies on an overlay and lets every mouse event through; repaints only what changed."""

    def __init__(self, pane: ImagePane, session: Session, view: View) -> None:
        overlay = pane.overlay
        super().__init__(overlay)
        self._pane, self._overlay, self._session, self._view = pane, overlay, session, view
        self._at: Point | None = None
        self._wash: Wash | None = None
        self._path = QPainterPath()
        self._drawn = 0
        self._badge, self._beside = "", (0.0, 0.0)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        overlay.installEventFilter(self)
        overlay.pointed.connect(self._on_pointed)
        view.changed.connect(self._on_look)
        session.changed.connect(lambda _: self.update())
        self.setGeometry(overlay.rect())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """As large as the overlay; the ring goes with the mouse."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._overlay.rect())
        elif event.type() == QEvent.Type.Leave:
            self._move_ring(None)
        return False

    # -- what is shown

    @property
    def ring(self) -> bool:
        """Whether the brush's ring follows the mouse."""
        look = self._view.look
        lasso = look.tool == "eraser" and look.lasso and look.active == "scar"
        waits = look.ghost is not None  # a click draws that, not a stroke
        return look.tool in BRUSHES and look.active != "points" and not lasso and not waits

    def show_wash(self, wash: Wash | None) -> None:
        """Show a stroke, or what was added to it; None takes it away."""
        if wash is None or wash is not self._wash:
            self.update()
            self._wash, self._path, self._drawn = wash, QPainterPath(), 0
        if wash is None:
            return
        new = wash.path[max(self._drawn - 1, 0) :]
        self._grow(wash)
        self.update(self._box(new, wash.radius_mm))

    def show_badge(self, text: str, beside: Point) -> None:
        """Show a number beside a plane point; "" takes it away."""
        former = self._badge_box()
        self._badge, self._beside = text, beside
        self.update(former.united(self._badge_box()))

    def _grow(self, wash: Wash) -> None:
        for point in wash.path[self._drawn :]:
            at = self._overlay.to_screen(point)
            if self._drawn:
                self._path.lineTo(at)
            else:
                self._path.moveTo(at)
                self._path.lineTo(at + QPointF(0.01, 0.0))  # a dot has a direction, too
            self._drawn += 1

    def _on_pointed(self, pointer: Pointer) -> None:
        self._move_ring(pointer.at)

    def _move_ring(self, at: Point | None) -> None:
        former, self._at = self._at, at
        if self.ring:
            radius = self._view.look.brush_mm / 2
            for one in (former, at):
                if one is not None:
                    self.update(self._box((one,), radius))

    def _on_look(self, names: frozenset[str]) -> None:
        if names & {"zoom", "centre"} and self._wash is not None:
            self._path, self._drawn = QPainterPath(), 0
            self._grow(self._wash)
        if names & SHOWN:
            self.update()

    def px_mm(self) -> float:
        """Millimetres a screen pixel."""
        a, b = self._overlay.to_screen((0.0, 0.0)), self._overlay.to_screen((100.0, 0.0))
        return 100.0 / max(abs(b.x() - a.x()) + abs(b.y() - a.y()), 1e-6)

    def _box(self, points: Sequence[Point], radius_mm: float) -> QRect:
        spots = [self._overlay.to_screen(p) for p in points]
        if not spots:
            return QRect()
        reach = int(radius_mm / self.px_mm()) + EDGE_PX
        xs, ys = [p.x() for p in spots], [p.y() for p in spots]
        box = QRectF(min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)).toAlignedRect()
        return box.adjusted(-reach, -reach, reach, reach)

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Stroke, points, ring, number; nothing where there is no image."""
        if self._pane.picture.pixels is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._wash is not None:
            self._draw_wash(painter, self._wash)
        self._draw_picked(painter)
        if self.ring and self._at is not None:
            self._draw_ring(painter, self._overlay.to_screen(self._at))
        if self._badge:
            self._draw_badge(painter)
        painter.end()

    def _draw_wash(self, painter: QPainter, wash: Wash) -> None:
        colour = QColor(data_colour("well_text" if wash.erase else "requested"))
        colour.setAlpha(WASH_ALPHA)
        pen = QPen(colour, 2 * wash.radius_mm / self.px_mm())
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.save()
        if self._view.look.clip and not (muscle := self._muscle()).isEmpty():
            painter.setClipPath(muscle, Qt.ClipOperation.IntersectClip)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._path)
        painter.restore()

    def _muscle(self) -> QPainterPath:
        """The wall of the shown slice; an empty path without contours."""
        path, index = QPainterPath(), self._view.look.slice_index
        slices = self._session.state.contours.slices
        one = slices[index] if index < len(slices) else None
        for line in (one.epi, one.endo) if one is not None else ():
            for k, point in enumerate(line):
                at = self._overlay.to_screen(point)
                path.lineTo(at) if k else path.moveTo(at)
            path.closeSubpath()
        return path  # odd-even: the cavity is left out

    def points(self) -> Polygon:
        """Plane mm of the picked scar's points; () while none is picked or they would crowd."""
        look, state = self._view.look, self._session.state
        number = regions.picked(state, self._view)
        if look.tool != "select" or look.active != "scar" or number is None:
            return ()
        line = state.sketch.regions[number].outline
        found = drawing.places(line, state, look.slice_index)
        return () if not found or regions.crowded(found, self.px_mm()) else found

    def _draw_picked(self, painter: QPainter) -> None:
        """A thin light line within the picked scar's own, then its points."""
        look, state = self._view.look, self._session.state
        number = regions.picked(state, self._view)
        if look.tool != "select" or look.active != "scar" or number is None:
            return
        line = regions.close_points(state.sketch.regions[number])
        path = QPainterPath()
        for k, point in enumerate(drawing.places(line, state, look.slice_index)):
            at = self._overlay.to_screen(point)
            path.lineTo(at) if k else path.moveTo(at)
        path.closeSubpath()
        painter.setPen(QPen(data_colour("well_text"), 1.0))
        painter.drawPath(path)
        self._draw_points(painter)

    def _draw_points(self, painter: QPainter) -> None:
        ink, halo = data_colour("well_text"), data_colour("halo")
        for point in self.points():
            at = self._overlay.to_screen(point)
            box = QRectF(at.x() - POINT_PX, at.y() - POINT_PX, 2 * POINT_PX, 2 * POINT_PX)
            painter.setPen(QPen(halo, 3.2))
            painter.drawRect(box)
            painter.setPen(QPen(ink, 1.2))
            painter.setBrush(data_colour("requested"))
            painter.drawRect(box)
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw_ring(self, painter: QPainter, at: QPointF) -> None:
        radius = self._view.look.brush_mm / 2 / self.px_mm()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(data_colour("well_text"), 1.4)
        if self._view.look.tool == "eraser":
            pen.setDashPattern([4.0, 3.0])
        for one in (QPen(data_colour("halo"), 3.2), pen):
            painter.setPen(one)
            painter.drawEllipse(at, radius, radius)

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def _badge_box(self) -> QRect:
        if not self._badge:
            return QRect()
        size = QFontMetricsF(self._font())
        at = self._overlay.to_screen(self._beside) + QPointF(14.0, -size.height())
        wide, high = size.horizontalAdvance(self._badge) + 12, size.height() + 4
        x = min(max(at.x(), 2.0), max(self.width() - wide - 2, 2.0))
        y = min(max(at.y() - high / 2, 2.0), max(self.height() - high - 2, 2.0))
        return QRectF(x, y, wide, high).toAlignedRect().adjusted(-1, -1, 1, 1)

    def _draw_badge(self, painter: QPainter) -> None:
        box = QRectF(self._badge_box()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(data_colour("well_line"), 1.0))
        painter.setBrush(data_colour("well"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(self._font())
        painter.setPen(data_colour("well_text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._badge)
