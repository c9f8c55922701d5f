"""A case for the eye: original and synthetic at one window and level, with drawn and found scar."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from lgesynth_gui.app.cohort_cases import Case
from lgesynth_gui.app.look import View
from lgesynth_gui.app.mouse import preset_of
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import Point
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.canvas.picture import PanePicture, resolve
from lgesynth_gui.ui.canvas.sight import Sight
from lgesynth_gui.ui.canvas.stage import Stage

CONTROL = "Control: the untouched original,\nkept as a slice without scar."


class PairView(QWidget):
    """Two linked panes; nothing can be drawn on them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("pairView")
        self._session, self.view = Session(self), View(self)
        self.view.set(tool="hand")
        self.stage = Stage()
        self._sight = Sight(self._session, self.view, self._room, self)
        self.case: Case | None = None
        self.blind = False
        self.message = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stage)
        for pane in (self.stage.original, self.stage.synthetic):
            over = pane.overlay
            over.setToolTip("Wheel: slice · Ctrl+wheel: zoom · drag: move · right drag: greys")
            over.pointed.connect(lambda pointer, pane=pane: self._on_pointer(pane, pointer))
            over.scrolled.connect(self.step_slice)
            over.zoomed.connect(self._on_zoom)
            over.panned.connect(self._sight.pan)
            over.windowed.connect(self._sight.drag_window)
            over.crossed.connect(lambda at, pane=pane: self._on_cross(pane, at))
        self.stage.resized.connect(self._sight.refit)
        self.view.changed.connect(lambda _: self.refresh())

    def _room(self) -> tuple[int, int]:
        pane = self.stage.original
        return pane.width(), pane.height()

    def show_case(self, case: Case | None, *, blind: bool = False, message: str = "") -> None:
        """Show another case, or why there is none."""
        self.blind, self.message = blind, message
        if case is not self.case:
            self.case = case
            if case is not None:
                state = case.state
                assert state.series is not None
                known = self._session.state.series
                self._session.open(state.series, state.contours, state.sketch)
                self.view.set(slice_index=case.slice_index)
                if state.series is not known:
                    self._sight.begin()
                self._sight.fit_heart()
        self.refresh()

    def refresh(self) -> None:
        """Draw what is to be seen now."""
        case, look = self.case, self.view.look
        panes = (self.stage.original, self.stage.synthetic)
        if case is None:
            for pane, badge in zip(panes, ("ORIGINAL", "SYNTHETIC"), strict=True):
                pane.show_picture(PanePicture(badge=badge, message=self.message))
            return
        pictures = resolve(self._session.state, look, case.result, "")
        first, second = pictures
        first = replace(first, facts=(f"heart {case.host.entry.id}", *first.facts[1:]))
        if case.result is None:
            badge = "CONTROL" if case.status == "CONTROL" else "SYNTHETIC"
            words = CONTROL if case.status == "CONTROL" else case.error
            second = PanePicture(badge=badge, message=_wrapped(words))
        else:
            second = replace(second, facts=first.facts)
        if self.blind:  # what the judge found would tell its verdict
            shown = tuple(line for line in second.lines if line.kind != "measured")
            second = replace(second, lines=shown)
        for pane, picture in zip(panes, (first, second), strict=True):
            pane.show_picture(picture, nearest=look.nearest)
            pane.set_levels(look.window, look.level)
            pane.set_range(look.zoom, look.centre)
            pane.overlay.set_hands(preset_of(look.mouse), "hand")

    def toggle_lines(self) -> None:
        """Contours and scar on or off."""
        self.view.set(scar=not self.view.look.scar)

    def step_slice(self, by: int) -> None:
        """Another slice of the stack."""
        if self.case is not None:
            last = self.case.host.series.shape[0] - 1
            self.view.set(slice_index=min(max(self.view.look.slice_index + by, 0), last))

    def _on_pointer(self, pane: ImagePane, pointer: Pointer) -> None:
        if pointer.kind == "press":
            pane.overlay.drag_as("pan")

    def _on_zoom(self, factor: float, still: Point) -> None:
        self._sight.zoom_at(factor, still, own=False)

    def _on_cross(self, pane: ImagePane, at: Point | None) -> None:
        other = self.stage.synthetic if pane is self.stage.original else self.stage.original
        other.overlay.set_cross(at)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The heart keeps its share of the panes."""
        super().resizeEvent(event)
        self._sight.refit()

    def focus(self) -> None:
        """Give the keys to the pictures."""
        self.stage.synthetic.overlay.setFocus(Qt.FocusReason.OtherFocusReason)


def _wrapped(words: str, width: int = 44) -> str:
    """A sentence in lines: a pane does not wrap."""
    import textwrap

    return "\n".join(textwrap.fill(line, width) for line in words.splitlines())
