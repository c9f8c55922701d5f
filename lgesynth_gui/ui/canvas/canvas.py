"""ORIGINAL and SYNTHETIC side by side: linked, and the place where gestures happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lgesynth_gui.app import heart
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.canvas.picture import Line, display_turn, resolve
from lgesynth_gui.ui.sketch.tools import TOOLS, Desk
from lgesynth_gui.ui.sketch.tools.base import Command, Gesture

ZOOM_RANGE = (0.5, 60.0)  # screen pixels a millimetre
HEART_SHARE = 0.65  # of the pane's shorter side


class Canvas(QWidget):
    """Two linked panes. Reads session and view, asks them for changes, holds no truth."""

    said = Signal(str)
    menu_wanted = Signal(object)

    def __init__(
        self,
        session: Session,
        view: View,
        shown: Callable[[], tuple[SynthesisResult | None, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("canvasArea")
        self._session, self._view, self._shown = session, view, shown
        self._gesture: Gesture | None = None
        self._ghost: tuple[Point, ...] = ()
        self._fitted = True
        self._outlined = False  # whether the study had contours before the last change
        self._auto = (0.0, 0.0)  # window and level nobody has changed yet
        self._single = False
        self._alone: ImagePane | None = None  # the pane that was maximised
        self.original = ImagePane("Original image", self)
        self.synthetic = ImagePane("Synthetic image", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for pane in (self.original, self.synthetic):
            row.addWidget(pane, 1)
            over = pane.overlay
            over.pointed.connect(lambda pointer, pane=pane: self._on_pointer(pane, pointer))
            over.scrolled.connect(self.step_slice)
            over.zoomed.connect(self._on_zoom)
            over.panned.connect(self._on_pan)
            over.windowed.connect(self._on_window)
            over.menu_wanted.connect(self._on_menu)
        session.changed.connect(self._on_changed)
        session.opened.connect(self._on_opened)
        view.changed.connect(self._on_look)

    def sizeHint(self) -> QSize:
        """Takes what it gets."""
        return QSize(800, 600)

    # -- what is shown

    def refresh(self) -> None:
        """Resolve the pictures anew and draw them."""
        look = self._view.look
        result, frame = self._shown()
        left, right = resolve(self._session.state, look, result, frame)
        if self._ghost:
            ghost = Line("ghost", self._ghost, closed=False)
            left = replace(left, lines=(*left.lines, ghost))
            if right.pixels is not None:
                right = replace(right, lines=(*right.lines, ghost))
        for pane, picture in ((self.original, left), (self.synthetic, right)):
            pane.show_picture(picture, nearest=look.nearest)
            pane.set_levels(look.window, look.level)
        self._show_panes(result is not None)

    def _show_panes(self, has_result: bool) -> None:
        alone = self._alone
        if alone is None and self._single:
            alone = self.synthetic if has_result else self.original
        for pane in (self.original, self.synthetic):
            pane.setVisible(alone is None or pane is alone)

    def set_single(self, single: bool) -> None:
        """One pane for want of room: the result once there is one (Q shows the original)."""
        self._single = single
        self.refresh()

    def _on_changed(self, field: str) -> None:
        if field == "contours":
            self._on_contours()
        self.refresh()

    def _on_contours(self) -> None:
        """The first contours of a study say where the heart is and how bright its tissues are."""
        outlined = bool(self._session.state.contours.outlined())
        first, self._outlined = outlined and not self._outlined, outlined
        look = self._view.look
        if not first:
            return
        self.refit()
        if (look.window, look.level) == self._auto:
            self.auto_window()

    def _on_opened(self) -> None:
        self.abandon()
        self._alone = None
        state = self._session.state
        if state.series is None:
            return
        outlined = state.contours.outlined()
        drawn = state.sketch.slices() or outlined
        middle = drawn[len(drawn) // 2] if drawn else state.series.shape[0] // 2
        self._outlined = bool(outlined)
        self._view.set(slice_index=middle, segment=None)
        self.auto_window()
        self.fit_heart()

    def fit_heart(self) -> None:
        """Zoom so that the heart fills two thirds of a pane; the whole slice without contours."""
        state = self._session.state
        if state.series is None:
            return
        self._fitted = True
        turn = display_turn(state)
        pane = self.synthetic if self.original.isHidden() else self.original
        width, height = max(pane.width(), 50), max(pane.height(), 50)
        one = state.contours.slices[self._view.look.slice_index]
        if one is None:
            others = state.contours.outlined()
            one = state.contours.slices[others[len(others) // 2]] if others else None
        if one is not None:
            points = [turn.to_display(*p) for p in one.epi]
            share = HEART_SHARE
        else:
            rows, columns = state.series.shape[1:]
            _, dy, dx = state.series.spacing
            points = [turn.to_display(x * dx, y * dy) for x in (0, columns) for y in (0, rows)]
            share = 1.0
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        size = max(max(xs) - min(xs), max(ys) - min(ys), 1.0)
        centre = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
        self._view.set(zoom=share * min(width, height) / size, centre=centre)
        self._fitted = True

    def auto_window(self) -> None:
        """Back to the window/level made from the original."""
        state = self._session.state
        if state.series is not None:
            self._auto = window, level = heart.grey_window(state.series, state.contours)
            self._view.set(window=window, level=level)

    def _on_look(self, names: frozenset[str]) -> None:
        look = self._view.look
        if names & {"zoom", "centre"}:
            for pane in (self.original, self.synthetic):
                pane.set_range(look.zoom, look.centre)
        if names & {"slice_index", "tool", "active"}:
            self.abandon()
        if names - {"zoom", "centre", "tool", "layer", "grade", "ring", "segment", "active"}:
            self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A heart that was fitted stays fitted."""
        super().resizeEvent(event)
        self.refit()

    def refit(self) -> None:
        """Fit the heart again, unless somebody zoomed or panned."""
        if self._fitted:
            self.fit_heart()

    def maximise(self, pane: ImagePane) -> None:
        """One pane alone, or both again."""
        self._alone = None if self._alone is not None else pane
        self.refresh()

    # -- intents

    def step_slice(self, by: int) -> None:
        """Show a slice further towards the apex (+) or the base (-)."""
        series = self._session.state.series
        if series is not None:
            here = self._view.look.slice_index + by
            self._view.set(slice_index=max(0, min(series.shape[0] - 1, here)))

    def zoom_by(self, factor: float) -> None:
        """Zoom around the middle."""
        self._on_zoom(factor, self._view.look.centre)

    def _on_zoom(self, factor: float, still: Point) -> None:
        look = self._view.look
        zoom = min(max(look.zoom * factor, ZOOM_RANGE[0]), ZOOM_RANGE[1])
        keep = 1 - look.zoom / zoom
        self._fitted = False
        self._view.set(
            zoom=zoom,
            centre=(
                look.centre[0] + (still[0] - look.centre[0]) * keep,
                look.centre[1] + (still[1] - look.centre[1]) * keep,
            ),
        )

    def _on_pan(self, dx: float, dy: float) -> None:
        x, y = self._view.look.centre
        self._fitted = False
        self._view.set(centre=(x + dx, y + dy))

    def _on_window(self, dx: float, dy: float) -> None:
        look = self._view.look
        step = max(look.window, 1e-3) / 250.0
        self._view.set(
            window=max(look.window + dx * step, look.window / 20), level=look.level + dy * step
        )

    def _on_menu(self, place: QPoint) -> None:
        self.menu_wanted.emit(place)

    # -- gestures

    @property
    def drawing(self) -> bool:
        """Whether a gesture is open."""
        return self._gesture is not None

    def _on_pointer(self, pane: ImagePane, pointer: Pointer) -> None:
        if self._session.state.series is None:
            return
        if self._gesture is not None:
            self._send(pointer)
        elif pointer.kind == "press":
            tool = next(t for t in TOOLS if t.id == self._view.look.tool)
            desk = Desk(self._session, self._view, self._set_ghost, self.said.emit)
            self._gesture = tool.gesture(desk, pointer)
            self._send(None)
        elif pointer.kind == "double":
            self.maximise(pane)

    def command(self, command: Command) -> bool:
        """Close the open contour or drop its last point; False when none is open."""
        if self._gesture is None:
            return False
        self._send(command)
        return True

    def abandon(self) -> bool:
        """Drop the open contour; False when none is open."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.close()
        return gesture is not None

    def _send(self, event: Pointer | Command | None) -> None:
        gesture = self._gesture
        assert gesture is not None
        try:
            if event is None:
                next(gesture)
            else:
                gesture.send(event)
        except StopIteration:
            if self._gesture is gesture:
                self._gesture = None

    def _set_ghost(self, points: tuple[Point, ...]) -> None:
        self._ghost = points
        self.refresh()
