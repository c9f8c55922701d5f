"""When the card on what was understood is shown, and what its *Fix…* does."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu

from lgesynth_gui.app import understood
from lgesynth_gui.app.session import State
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.series import LgeSeries, SignalKind
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.understood_card import UnderstoodCard

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow


class Understanding(QObject):
    """Shows the card once an imported series is open, until somebody says that it looks right.

    It lies where the result will be, so it is in nobody's way and goes when a result comes.
    """

    said = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._asked = False  # somebody wants to see it
        self._closed = False  # somebody does not
        self._menu = QMenu(window)
        self._menu.setToolTipsVisible(True)
        self._over = QAction("Turn base and apex", self)
        self._over.triggered.connect(self._turn_over)
        self._menu.addAction(self._over)
        self._signals = {}
        signals = self._menu.addMenu("Signal")
        for kind, text in understood.SIGNALS.items():
            action = signals.addAction(text)
            action.setCheckable(True)
            action.triggered.connect(partial(self._set_signal, kind))
            self._signals[kind] = action
        self._menu.addSeparator()
        self._menu.aboutToShow.connect(self._word_menu)
        self.card = UnderstoodCard(self._menu, window.canvas.stage)
        self.card.confirmed.connect(self._on_confirmed)
        self.card.closed.connect(self._on_closed)
        session, canvas = window.session, window.canvas
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        canvas.stage.resized.connect(self._place)
        canvas.stage.arranged.connect(self._place)
        window.variations.changed.connect(self.refresh)

    def does(self) -> dict[str, Callable[[], object]]:
        """Its actions."""
        return {"understood": self.toggle, "mask": self.pick_mask}

    def offer(self, actions: dict[str, QAction]) -> None:
        """Let *Fix…* offer what other parts of the window do."""
        window = self._window
        for text, run in (
            ("RV insertion points", actions["object_points"].trigger),
            ("Ring of this slice", window.study.box.ring.setFocus),
            ("Contours from a mask file…", actions["mask"].trigger),
            ("Propose contours again", window.proposals.ask),
        ):
            action = self._menu.addAction(text)
            action.triggered.connect(partial(_run, run))
        self._phases = self._menu.addMenu("Phase of the film")
        self._another = self._menu.addAction("Another series of the list")
        self._another.triggered.connect(lambda: window.study.series.setFocus())

    @property
    def wanted(self) -> bool:
        """Whether the card belongs on the screen now."""
        state = self._window.session.state
        if state.series is None or self._asked:
            return self._asked and state.series is not None
        done = state.confirmed or self._closed or self._window.shown()[0] is not None
        return understood.is_imported(state) and not done

    def toggle(self) -> None:
        """Show the card, or put it away."""
        visible = self.card.isVisible()
        self._asked, self._closed = not visible, visible
        self.refresh()
        if self.card.isVisible():
            self.card.good.setFocus()

    def refresh(self) -> None:
        """Show what is understood now, where it belongs."""
        state = self._window.session.state
        if not self.wanted or state.series is None:
            self._put_away()
            return
        facts = understood.facts(state.series, state.contours)
        self.card.say(
            understood.outcome(state), facts, state.series.notes, confirmed=state.confirmed
        )
        self.card.show()
        self._place()

    def _put_away(self) -> None:
        if self.card.isVisible():
            held = self.card.isAncestorOf(self._window.focusWidget() or self._window)
            self.card.hide()
            if held:
                self._window.canvas.original.overlay.setFocus()

    def _place(self) -> None:
        if not self.card.isVisible():
            return
        stage = self._window.canvas.stage
        pane = stage.synthetic if not stage.synthetic.isHidden() else stage.original
        room: QRect = pane.geometry()
        if pane.width() == stage.width():  # alone: the lower part, so that the image is seen
            room = room.adjusted(0, room.height() // 3, 0, 0)
        self.card.place(room)

    def _on_opened(self) -> None:
        self._asked = self._closed = False

    def _on_changed(self, field: str) -> None:
        if field in ("series", "contours", "sketch", "applied", "confirmed"):
            self.refresh()

    def _on_confirmed(self) -> None:
        self._asked, self._closed = False, True
        self._window.session.adopt("confirmed", True)
        self.refresh()

    def _on_closed(self) -> None:
        self._asked, self._closed = False, True
        self.refresh()

    # -- putting right

    def _word_menu(self) -> None:
        state = self._window.session.state
        why = understood.why_not_correct(state, bool(self._window.variations.visible()))
        for action in (self._over, *self._signals.values()):
            action.setEnabled(not why)
            action.setToolTip(plain_tip(why))
        if state.series is not None:
            self._over.setEnabled(not why and state.series.shape[0] > 1)
            for kind, action in self._signals.items():
                action.setChecked(kind is state.series.signal)
        self._word_phases()
        self._another.setVisible(self._window.study.series.count() > 1)

    def _word_phases(self) -> None:
        shown, count = self._window.files.phases
        self._phases.menuAction().setVisible(count > 1)
        self._phases.clear()
        for number in range(1, count + 1):
            action = self._phases.addAction(f"{number} of {count}")
            action.setCheckable(True)
            action.setChecked(number == shown)
            action.triggered.connect(partial(self._choose_phase, number))

    def _choose_phase(self, number: int, _: bool = False) -> None:
        self._window.files.choose_phase(number)

    def _turn_over(self) -> None:
        series, contours = understood.turned_over(self._window.session.state)
        self._reopen(series, contours, "Base and apex are turned.")

    def _set_signal(self, kind: SignalKind, _: bool = False) -> None:
        state = self._window.session.state
        if state.series is not None and state.series.signal is not kind:
            text = f"Signal: {understood.SIGNALS[kind].lower()}."
            series = understood.with_signal(state.series, kind)
            self._reopen(series, state.contours, text)

    def _reopen(self, series: LgeSeries, contours: HeartContours, said: str) -> None:
        """Nothing is drawn or made yet, so nothing but contours and note has to come along."""
        session = self._window.session
        before: State = session.state
        session.open(series, contours)
        session.adopt("note", before.note)
        self.said.emit(said)

    def pick_mask(self) -> None:
        """Ask for a mask file and take its contours."""
        if self._window.session.state.series is None:
            self.said.emit("Open a series first.")
            return
        kind = QFileDialog.FileMode.ExistingFile
        pick(
            self._window,
            "Mask: NIfTI or DICOM segmentation",
            kind,
            lambda path: self._window.files.outline(Path(path)),
        )


def _run(run: Callable[[], object], _: bool = False) -> None:
    run()
