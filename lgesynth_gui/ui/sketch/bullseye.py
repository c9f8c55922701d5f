"""The AHA-17 bullseye: seventeen cells to click, to tab through, and to read."""

from __future__ import annotations

from math import cos, hypot, radians, sin
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolTip, QWidget

from lgesynth_gui.app import heart
from lgesynth_gui.app.cells import CLASS_TEXTS, Cell
from lgesynth_gui.app.verdicts import signed
from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.sketch.polar import neighbour, place_of, segment_at
from lgesynth_gui.ui.theme import class_colours, data_colour, difference_colours

DRAG_PX = 5
UNKNOWN = "–"
Drag = Literal["none", "radial", "ring"]


class _CellButton(QAbstractButton):
    """Focus and accessible name of one cell; the bullseye draws it and takes the mouse."""

    def __init__(self, segment: int, bullseye: Bullseye) -> None:
        super().__init__(bullseye)
        self.segment = segment
        self.setObjectName(f"segment{segment}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(f"Segment {segment}")
        self._bullseye = bullseye

    def sizeHint(self) -> QSize:
        """Placed by the bullseye."""
        return QSize(24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Nothing: the bullseye draws all cells at once."""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Focus selects."""
        self._bullseye.selected.emit(self.segment)
        self._bullseye.update()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the focus ring away."""
        self._bullseye.update()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move; everything else goes on to the window."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._bullseye.focus_segment(neighbour(self.segment, key))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Bullseye(QWidget):
    """Shows a cell a segment; a click selects.

    A drag outwards or inwards sets the transmurality of the cell it began in; a drag along the
    ring gives every cell it crosses the current class.
    """

    selected = Signal(int)  # segment
    dragged = Signal(int, float, bool)  # segment, covered fraction, first of this drag?
    swept = Signal(int, bool)  # segment that gets the current class, first of this drag?

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bullseye")
        self.setAccessibleName("AHA 17-segment bullseye")
        self.setProperty("surface", "well")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(False)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self._cells: dict[int, Cell] = {}
        self._points: dict[int, float] | None = None
        self._segment: int | None = None
        self._press: tuple[int, QPointF] | None = None
        self._drag: Drag = "none"
        self._crossed: list[int] = []
        self._buttons = {i: _CellButton(i, self) for i in range(1, 18)}
        for i, button in self._buttons.items():
            button.clicked.connect(lambda _=False, i=i: self.selected.emit(i))
        self.fit()

    def fit(self) -> None:
        """Room for the numbers of all cells at this text size."""
        row = self.fontMetrics().height()
        self.setMinimumSize(11 * row, 11 * row)
        self.setMaximumHeight(24 * row)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Small enough for a low window; it grows with its panel."""
        row = self.fontMetrics().height()
        return QSize(19 * row, 12 * row)

    def show_cells(self, cells: dict[int, Cell], segment: int | None) -> None:
        """Print other numbers; segments that are missing are unknown."""
        self._show(cells, None, segment)

    def show_points(
        self, cells: dict[int, Cell], points: dict[int, float], segment: int | None
    ) -> None:
        """Print signed percentage points instead.

        Args:
            cells: What was found, for the tooltips.
            points: Found minus asked by segment; segments that are missing are unknown.
            segment: The selected one.
        """
        self._show(cells, points, segment)

    def _show(
        self, cells: dict[int, Cell], points: dict[int, float] | None, segment: int | None
    ) -> None:
        if (cells, points, segment) == (self._cells, self._points, self._segment):
            return
        self._cells, self._points, self._segment = cells, points, segment
        for i, button in self._buttons.items():
            button.setAccessibleName(self._words(i))
        self.update()

    def _words(self, segment: int) -> str:
        cell, name = self._cells.get(segment), heart.segment_name(segment)
        if self._points is not None:
            if segment not in self._points:
                return f"Segment {segment}, {name}, not known"
            points = round(self._points[segment])
            sign = "plus " if points > 0 else "minus " if points < 0 else ""
            return f"Segment {segment}, {name}, {sign}{abs(points)} percentage points"
        if cell is None:
            return f"Segment {segment}, {name}, not known"
        percent = round(100 * cell.touched)
        span = CLASS_TEXTS[cell.grade].replace("–", " to ")
        return f"Segment {segment}, {name}, {percent} percent, class {span}"

    def focus_segment(self, segment: int) -> None:
        """Give a cell the keyboard focus."""
        self._buttons[segment].setFocus(Qt.FocusReason.TabFocusReason)

    def button(self, segment: int) -> QAbstractButton:
        """The focusable cell of a segment."""
        return self._buttons[segment]

    # -- geometry

    def _disc(self) -> tuple[QPointF, float]:
        size = QFontMetricsF(self._font())
        side, up = size.horizontalAdvance("Sept") + 8, size.height() + 2
        radius = min(self.width() / 2 - side, self.height() / 2 - up)
        return QPointF(self.width() / 2, self.height() / 2), max(radius, 20.0)

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    def point_of(self, segment: int) -> QPointF:
        """Middle of a cell in widget pixels."""
        centre, radius = self._disc()
        place = place_of(segment)
        if segment == 17:
            return centre
        middle, along = radians((place.start + place.end) / 2), (place.inner + place.outer) / 2
        return centre + QPointF(cos(middle), -sin(middle)) * (radius * along)

    def _path(self, segment: int) -> QPainterPath:
        centre, radius = self._disc()
        place = place_of(segment)

        def box(share: float) -> QRectF:
            r = radius * share
            return QRectF(centre.x() - r, centre.y() - r, 2 * r, 2 * r)

        path = QPainterPath()
        if segment == 17:
            path.addEllipse(box(place.outer))
            return path
        path.arcMoveTo(box(place.outer), place.start)
        path.arcTo(box(place.outer), place.start, place.end - place.start)
        path.arcTo(box(place.inner), place.end, place.start - place.end)
        path.closeSubpath()
        return path

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Each button covers the middle of its cell, for screen readers."""
        super().resizeEvent(event)
        for i, button in self._buttons.items():
            at = self.point_of(i)
            button.setGeometry(int(at.x()) - 12, int(at.y()) - 12, 24, 24)

    def _at(self, at: QPointF) -> int | None:
        centre, radius = self._disc()
        return segment_at((at.x() - centre.x()) / radius, (centre.y() - at.y()) / radius)

    # -- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select; a drag may follow."""
        segment = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and segment is not None:
            self._press, self._drag = (segment, event.position()), "none"
            self.focus_segment(segment)
            self.selected.emit(segment)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The first pixels of a drag decide: across the wall, or along the ring."""
        if self._press is None:
            return
        segment, start = self._press
        first = self._drag == "none"
        if first:
            moved = event.position() - start
            if hypot(moved.x(), moved.y()) < DRAG_PX:
                return
            self._drag = self._direction(segment, start, moved)
        if self._drag == "radial":
            self.dragged.emit(segment, self._share(segment, event.position()), first)
            return
        if first:
            self._crossed = [segment]
            self.swept.emit(segment, True)
        here = self._at(event.position())
        if here is not None and here not in self._crossed:
            self._crossed.append(here)
            self.swept.emit(here, False)

    def _direction(self, segment: int, start: QPointF, moved: QPointF) -> Drag:
        centre, _ = self._disc()
        out = start - centre
        length = max(hypot(out.x(), out.y()), 1e-6)
        across = abs(moved.x() * out.x() + moved.y() * out.y()) / length
        along = abs(moved.x() * out.y() - moved.y() * out.x()) / length
        return "radial" if segment == 17 or across >= along else "ring"

    def _share(self, segment: int, at: QPointF) -> float:
        """Covered fraction at a point: the cell's inner edge is 0 %, its outer edge 100 %."""
        centre, radius = self._disc()
        away, place = at - centre, place_of(segment)
        share = (hypot(away.x(), away.y()) / radius - place.inner) / (place.outer - place.inner)
        return round(min(max(share, 0.0), 1.0), 2)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends a drag."""
        self._press = None

    def event(self, event: object) -> bool:
        """Tooltip of the cell under the mouse."""
        if isinstance(event, QHelpEvent):
            segment = self._at(QPointF(event.pos()))
            if segment is not None:
                QToolTip.showText(event.globalPos(), plain_tip(self._tip(segment)), self)
                return True
        return bool(super().event(event))  # type: ignore[arg-type]

    def _tip(self, segment: int) -> str:
        cell = self._cells.get(segment)
        name = f"Segment {segment}, {heart.segment_name(segment)}"
        if cell is None:
            return f"{name}\nnot known: no contours, or not generated"
        rows = [
            name,
            f"{100 * cell.touched:.0f} % of the wall, mean of the chords with scar",
            f"{100 * cell.every:.0f} % of the wall, mean of all chords",
            f"arc {cell.arc_deg:.0f}° · {cell.grams:.1f} g",
        ]
        if self._points is not None and segment in self._points:
            points = signed(self._points[segment])
            rows.insert(1, f"found minus asked: {points} percentage points")
        return "\n".join(rows)

    # -- drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, numbers, ring names, selection."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), data_colour("well"))
        line = QPen(data_colour("well_line"), 1.2)
        font = self._font()
        painter.setFont(font)
        for segment in range(1, 18):
            self._draw_cell(painter, segment, line)
        self._draw_walls(painter)
        accent = QPen(self.palette().accent().color(), 2.4)
        marked = {self._segment} | {i for i, b in self._buttons.items() if b.hasFocus()}
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for chosen in marked - {None}:
            painter.setPen(accent)
            painter.drawPath(self._path(chosen))  # type: ignore[arg-type]
        painter.end()

    def _draw_cell(self, painter: QPainter, segment: int, line: QPen) -> None:
        path = self._path(segment)
        fill, ink, text = self._look_of(segment)
        painter.setPen(line)
        painter.setBrush(fill)
        painter.drawPath(path)
        if text == UNKNOWN:
            painter.setBrush(QBrush(data_colour("well_line"), Qt.BrushStyle.BDiagPattern))
            painter.drawPath(path)
        at, size = self.point_of(segment), QFontMetricsF(painter.font())
        if size.horizontalAdvance(text) > self._room(segment):
            text = text.removesuffix("%")
        painter.setPen(ink)
        painter.drawText(
            QPointF(at.x() - size.horizontalAdvance(text) / 2, at.y() + size.capHeight() / 2), text
        )

    def _look_of(self, segment: int) -> tuple[QColor, QColor, str]:
        """Fill, ink and number of a cell."""
        cell = self._cells.get(segment)
        if self._points is not None:
            if segment in self._points:
                points = self._points[segment]
                return (*difference_colours(points), signed(points))
        elif cell is not None:
            number = f"{100 * cell.touched:.0f}%" if cell.touched > 0 else "0"
            return (*class_colours(cell.grade), number)
        return data_colour("well"), data_colour("well_muted"), UNKNOWN

    def _room(self, segment: int) -> float:
        """Width of a cell where its number stands, in pixels."""
        place, (_, radius) = place_of(segment), self._disc()
        if segment == 17:
            return 2 * radius * place.outer
        middle, along = radians((place.start + place.end) / 2), (place.inner + place.outer) / 2
        thick = radius * (place.outer - place.inner)
        arc = radians(place.end - place.start) * radius * along
        across, around = abs(cos(middle)), abs(sin(middle))
        return min(thick / max(across, 0.1), arc / max(around, 0.1))

    def _draw_walls(self, painter: QPainter) -> None:
        centre, radius = self._disc()
        size = QFontMetricsF(painter.font())
        painter.setPen(data_colour("well_muted"))
        for text, x, y in (
            ("Ant", 0.0, -1.0),
            ("Inf", 0.0, 1.0),
            ("Sept", -1.0, 0.0),
            ("Lat", 1.0, 0.0),
        ):
            wide = size.horizontalAdvance(text)
            px = centre.x() + x * (radius + 5) - wide * (0.5 if x == 0 else 0 if x > 0 else 1)
            py = centre.y() + y * (radius + 3)
            py += size.capHeight() / 2 if y == 0 else (-2 if y < 0 else size.ascent())
            painter.drawText(QPointF(px, py), text)
