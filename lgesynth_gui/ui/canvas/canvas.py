"""Original and synthetic, compared and linked, and the place where gestures happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, QSize, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lgesynth_gui.app.compare import Compare, effective, following
from lgesynth_gui.app.look import View
from lgesynth_gui.app.mouse import preset_of
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point, SliceContours
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.canvas.compare_bar import CompareBar
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.canvas.picture import Line, PanePicture, resolve, with_borders
from lgesynth_gui.ui.canvas.sight import Sight
from lgesynth_gui.ui.canvas.stage import Stage
from lgesynth_gui.ui.sketch.tool_layer import ToolLayer
from lgesynth_gui.ui.sketch.tools import TOOLS, Desk, Tool
from lgesynth_gui.ui.sketch.tools.base import Command, Gesture, Wash

BLINK_MS = 500  # slow: two changes a second
REST_MS = 200  # without a move: the hand rests
PLACES = frozenset({"zoom", "centre", "own_zoom"})
ARRANGED = frozenset({"compare", "split", "swapped", "blink"})
HANDS = frozenset({"mouse", "tool"})
UNSEEN = PLACES | HANDS | {"split", "layer", "grade", "ring", "segment"}  # change no picture
UNSEEN |= {"brush_mm", "core", "clip", "lasso", "picked"}


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
        self._marks: tuple[Point, ...] = ()
        self.stand_in: Tool | None = None  # used instead of the chosen tool
        self._pictures = (PanePicture(), PanePicture())
        self._outlined = False  # whether the study had contours before the last change
        self._single = False
        self._alone: ImagePane | None = None  # the pane that was maximised
        self._blinked = False  # the original's turn
        self._timer = QTimer(self, interval=BLINK_MS)
        self._timer.timeout.connect(self._on_blink)
        self._outline: SliceContours | None = None  # borders that are being dragged
        self._due: Callable[[], None] | None = None  # what a gesture left for when the hand rests
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._on_rest)
        self.bar = CompareBar(view)
        self.stage = Stage()
        self.sight = sight = Sight(session, view, self._room, self)
        self.fit_heart, self.refit, self.zoom_by = sight.fit_heart, sight.refit, sight.zoom_by
        self.auto_window = sight.auto_window
        sight.said.connect(self.said)
        self.stage.resized.connect(sight.refit)
        self.stage.split.connect(lambda share: view.set(split=share))
        self.original, self.synthetic = self.stage.original, self.stage.synthetic
        both = (self.original, self.synthetic)
        self.layers = tuple(ToolLayer(pane, session, view) for pane in both)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.stage, 1)
        for pane, other in ((self.original, self.synthetic), (self.synthetic, self.original)):
            over = pane.overlay
            over.pointed.connect(lambda pointer, pane=pane: self._on_pointer(pane, pointer))
            over.scrolled.connect(self.step_slice)
            over.zoomed.connect(lambda factor, at, pane=pane: self._on_zoom(pane, factor, at))
            over.panned.connect(sight.pan)
            over.windowed.connect(sight.drag_window)
            over.boxed.connect(sight.box_window)
            over.crossed.connect(other.overlay.set_cross)
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
        mode = self.mode
        shown = replace(look, compare=mode)
        if mode == "flicker" and self._blinked and result is not None:
            shown = replace(shown, original=True)
        self._pictures = resolve(self._session.state, shown, result, frame)
        for pane, picture in zip(self._panes, self._dressed(), strict=True):
            pane.show_picture(picture, nearest=look.nearest)
            pane.set_levels(look.window, look.level)
        self._arrange()

    @property
    def mode(self) -> Compare:
        """The way of comparing that is really shown."""
        return effective(self._view.look.compare, single=self._single)

    @property
    def _panes(self) -> tuple[ImagePane, ImagePane]:
        return self.original, self.synthetic

    def _dressed(self) -> tuple[PanePicture, ...]:
        """The pictures with what the gesture that is under way shows."""
        ghost = (Line("ghost", self._ghost, closed=False),) if self._ghost else ()
        dressed = []
        for one in self._pictures:
            if one.pixels is not None and (ghost or self._marks or self._outline is not None):
                if self._outline is not None:
                    one = with_borders(one, self._outline, self._view.look.active)
                one = replace(one, lines=(*one.lines, *ghost), crossings=self._marks)
            dressed.append(one)
        return tuple(dressed)

    def _redress(self) -> None:
        for pane, picture in zip(self._panes, self._dressed(), strict=True):
            pane.overlay.show_picture(picture)

    def _arrange(self) -> None:
        look, mode = self._view.look, self.mode
        compared = self._shown()[0] is not None
        alone = self._alone
        if alone is None and (self._single or mode in ("slider", "flicker")):
            if not compared:
                alone = self.original
            elif mode != "slider":
                alone = self.synthetic
        self.bar.show_state(single=self._single, result=compared)
        blinking = look.blink and mode == "flicker" and compared
        if blinking != self._timer.isActive():
            self._timer.start() if blinking else self._timer.stop()
            self._blinked = False
        if self.stage.arrange(mode, alone, swapped=look.swapped, split=look.split):
            self._show_places()

    def _on_blink(self) -> None:
        self._blinked = not self._blinked
        self.refresh()

    def set_single(self, single: bool) -> None:
        """One pane for want of room: side by side becomes flicker (Q shows the original)."""
        self._single = single
        self.refresh()

    def cycle(self) -> None:
        """Compare in the next way."""
        self._alone = None
        self._view.set(compare=following(self._view.look.compare, single=self._single))

    def _on_changed(self, field: str) -> None:
        if field == "contours":
            self._on_contours()
        self.refresh()

    def _on_contours(self) -> None:
        """The first contours of a study say where the heart is and how bright its tissues are."""
        outlined = bool(self._session.state.contours.outlined())
        first, self._outlined = outlined and not self._outlined, outlined
        if first:
            self.sight.outlined()

    def _on_opened(self) -> None:
        self.abandon()
        self._alone = None
        self._marks = ()
        state = self._session.state
        if state.series is None:
            return
        outlined = state.contours.outlined()
        drawn = state.sketch.slices() or outlined
        middle = drawn[len(drawn) // 2] if drawn else state.series.shape[0] // 2
        self._outlined = bool(outlined)
        self._view.set(slice_index=middle, segment=None)
        self.sight.begin()
        self.fit_heart()

    def _on_look(self, names: frozenset[str]) -> None:
        if names & {"slice_index", "tool", "active"}:
            self.abandon()
            self._marks = ()
        if names & PLACES:
            self._show_places()
        if names & HANDS:
            self._show_hands()
        if names & {"compare"}:
            self._alone = None
        if "upright" in names:
            self.fit_heart()
        if names - UNSEEN or "tool" in names:
            self.refresh()
        elif names & ARRANGED:
            self._arrange()
        if "compare" in names:
            self.refit()

    def _show_places(self) -> None:
        look = self._view.look
        apart = look.own_zoom if not self.stage.sliding else None
        self.original.set_range(look.zoom, look.centre)
        self.synthetic.set_range(look.zoom if apart is None else apart, look.centre)

    def _show_hands(self) -> None:
        look = self._view.look
        for pane in self._panes:
            pane.overlay.set_hands(preset_of(look.mouse), look.tool)

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

    def _on_zoom(self, pane: ImagePane, factor: float, still: Point) -> None:
        apart = self._view.look.own_zoom is not None and not self.stage.sliding
        self.sight.zoom_at(factor, still, own=apart and pane is self.synthetic)

    def _room(self) -> tuple[int, int]:
        """Size of the pane a heart is fitted into."""
        pane = self.synthetic if self.original.isHidden() else self.original
        return pane.width(), pane.height()

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
            self._begin(pane, pointer)
        elif pointer.kind == "double":
            self.maximise(pane)

    def _begin(self, pane: ImagePane, pointer: Pointer) -> None:
        look, drag = self._view.look, pane.overlay.drag_as
        self._set_marks(())
        tool = self.stand_in or next(t for t in TOOLS if t.id == look.tool)
        desk = Desk(
            self._session,
            self._view,
            self._set_ghost,
            self.said.emit,
            drag=drag,
            mark=self._set_marks,
            outline=self._set_outline,
            rest=self._on_hand,
            wash=self._show_wash,
            badge=self._show_badge,
        )
        self._gesture = tool.gesture(desk, pointer)
        self._send(None)
        idle = preset_of(look.mouse).idle
        if idle is not None and self._gesture is None and tool.id == "select" and not pointer.alt:
            drag(idle)  # there was nothing to take hold of

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

    def _show_wash(self, wash: Wash | None) -> None:
        for layer in self.layers:
            layer.show_wash(wash)

    def _show_badge(self, text: str, beside: Point) -> None:
        for layer in self.layers:
            layer.show_badge(text, beside)

    def _set_ghost(self, points: tuple[Point, ...]) -> None:
        self._ghost = points
        self._redress()

    def _set_outline(self, one: SliceContours | None) -> None:
        self._outline = one
        self._redress()

    def _on_hand(self, do: Callable[[], None] | None) -> None:
        """Remember what is to be done when the hand rests."""
        self._due = do
        if do is None:
            self._rest.stop()
        else:
            self._rest.start()

    def _on_rest(self) -> None:
        due, self._due = self._due, None
        if due is not None:
            due()

    def _set_marks(self, points: tuple[Point, ...]) -> None:
        if points != self._marks:
            self._marks = points
            self._redress()
