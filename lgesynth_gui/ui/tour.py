"""The 2-minute tour: seven notes beside real controls; doing what a note says goes on.

Nothing is blocked while a note is up: the described gesture works, and so does everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QWidget,
)

from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.keys import typing
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.theme import data_colour

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

FOLLOW_MS = 150
GAP_PX = 10
NAME = "tour"
WIDE = "0" * 34


@dataclass(frozen=True)
class Step:
    """One note.

    Args:
        title: What it is about.
        text: What to do; `{action}` stands for its key.
        where: The control it points at.
        signals: Emitted by what the note describes.
        done: Whether what was emitted is that.
    """

    title: str
    text: str
    where: Callable[[MainWindow], QWidget]
    signals: Callable[[MainWindow], tuple[SignalInstance, ...]]
    done: Callable[[MainWindow, tuple[object, ...]], bool] = lambda *_: True


def _named(*fields: str) -> Callable[[MainWindow, tuple[object, ...]], bool]:
    """Whether a change named one of these fields."""

    def done(_: MainWindow, told: tuple[object, ...]) -> bool:
        what = told[0] if told else ()
        names = {what} if isinstance(what, str) else set(what)  # type: ignore[call-overload]
        return bool(names & set(fields))

    return done


def _has_result(window: MainWindow, _: tuple[object, ...]) -> bool:
    return any(one.result is not None for one in window.variations.visible())


def _is_applied(window: MainWindow, told: tuple[object, ...]) -> bool:
    return told == ("applied",) and window.session.state.applied is not None


def steps() -> tuple[Step, ...]:
    """The seven notes."""
    return (
        Step(
            "Open",
            "Press this button: a computed heart opens, with its contours and a wished scar.",
            lambda w: w.start.sample,
            lambda w: (w.session.opened,),
        ),
        Step(
            "Slice",
            "Turn the mouse wheel over an image, or press {slice_up} or {slice_down}.",
            lambda w: w.canvas,
            lambda w: (w.view.changed,),
            _named("slice_index"),
        ),
        Step(
            "Segment",
            "Click a segment of the bullseye. With the keyboard: {bullseye}, then arrows.",
            lambda w: w.panel.bullseye,
            lambda w: (w.view.changed,),
            _named("segment"),
        ),
        Step(
            "Class",
            "Choose how deep the scar goes: a button of this row, or {class_0} to {class_4}.",
            lambda w: w.panel.scar.classes.button(3),
            lambda w: (w.session.changed,),
            _named("sketch"),
        ),
        Step(
            "Generate",
            "Press Generate ({generate}). The status bar shows what happens and can stop it.",
            lambda w: w.panel.generate,
            lambda w: (w.variations.changed,),
            _has_result,
        ),
        Step(
            "Verdict",
            "The judge's Dice says whether the scar is where you drew it. Press Apply ({confirm}).",
            lambda w: w.panel.card,
            lambda w: (w.session.changed,),
            _is_applied,
        ),
        Step(
            "Export",
            "Export ({export}) writes DICOM, NIfTI or PNG, marked synthetic. Here the tour ends.",
            lambda w: w.panel.export,
            lambda w: (w._actions["export"].triggered, w.panel.export_wanted),
        ),
    )


class Ring(QWidget):
    """A frame around the control a note points at; the mouse goes through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Light on dark, so that it is seen on both."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for colour, width in ((data_colour("halo"), 5.0), (self.palette().accent().color(), 3.0)):
            painter.setPen(QPen(colour, width))
            painter.drawRoundedRect(self.rect().adjusted(3, 3, -3, -3), 5, 5)
        painter.end()


class Bubble(QFrame):
    """The note: title, text, Back, Skip, End."""

    back_wanted, skip_wanted, end_wanted = Signal(), Signal(), Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tourBubble")
        self.setAccessibleName("Tour")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title = plain_label(role="section")
        self.text = plain_label()
        self.text.setWordWrap(True)
        self.text.setMinimumWidth(self.fontMetrics().horizontalAdvance(WIDE))
        self.back = self._button("Back", "The note before", self.back_wanted)
        self.skip = self._button("Skip", "Go on without doing it", self.skip_wanted)
        self.end = self._button("End tour", "End the tour (Esc); Help starts it again",
                                self.end_wanted)  # fmt: skip
        row = QHBoxLayout()
        row.addWidget(self.back)
        row.addWidget(self.skip)
        row.addStretch(1)
        row.addWidget(self.end)
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.addWidget(self.title, 0, 0)
        grid.addWidget(self.text, 1, 0)
        grid.addLayout(row, 2, 0)

    def _button(self, text: str, tip: str, wanted: SignalInstance) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(plain_tip(tip))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the focus where it works
        button.clicked.connect(lambda _=False: wanted.emit())
        return button

    def say(self, title: str, text: str) -> None:
        """Show a note, and tell screen readers."""
        self.title.setText(title)
        self.text.setText(text)
        self.setAccessibleDescription(f"{title}. {text}")
        self.resize(self.sizeHint())
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))


class Tour(QObject):
    """Shows one step after the other; deletes itself at its end."""

    ended = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName(NAME)
        self._window = window
        self.number = -1
        self._steps = steps()
        self._wait: tuple[SignalInstance, ...] = ()
        self.ring, self.bubble = Ring(window), Bubble(window)
        self.bubble.back_wanted.connect(lambda: self.show_step(self.number - 1))
        self.bubble.skip_wanted.connect(self._skip)
        self.bubble.end_wanted.connect(self.end)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.place)
        window.installEventFilter(self)

    @property
    def first(self) -> int:
        """The first step there is: with a heart open, none has to be opened."""
        return 0 if self._window.session.state.series is None else 1

    def start(self) -> None:
        """From the first step."""
        self.ring.show()
        self.bubble.show()
        self._timer.start(FOLLOW_MS)
        self.show_step(self.first)

    def show_step(self, number: int) -> None:
        """Show a step; past the last one the tour ends."""
        self._stop_waiting()
        if number >= len(self._steps):
            self.end()
            return
        self.number = max(number, self.first)
        step = self._steps[self.number]
        if step.title in ("Segment", "Class"):
            self._window.shell.reveal_scar()
        elif self._window.shell.narrow.drawer.used:
            self._window.shell.narrow.drawer.open(False)
        self.bubble.back.setEnabled(self.number > self.first)
        title = f"{self.number + 1} of {len(self._steps)} · {step.title}"
        self.bubble.say(title, worded(step.text))
        self._wait = step.signals(self._window)
        for signal in self._wait:
            signal.connect(self._on_signal)
        self.place()

    def _on_signal(self, *told: object) -> None:
        if 0 <= self.number < len(self._steps) and self._steps[self.number].done(
            self._window, told
        ):
            number = self.number + 1
            self._stop_waiting()  # what else this gesture changes is not the next step
            QTimer.singleShot(0, self, lambda: self.show_step(number))

    def _skip(self) -> None:
        if self.number == 0:
            self._window.files.open_sample()  # everything after it needs a heart
        else:
            self.show_step(self.number + 1)

    def _stop_waiting(self) -> None:
        waited, self._wait = self._wait, ()
        for signal in waited:
            signal.disconnect(self._on_signal)

    def place(self) -> None:
        """Put the ring around the control and the note beside it, inside the window."""
        if not 0 <= self.number < len(self._steps):
            return
        window, target = self._window, self._steps[self.number].where(self._window)
        if not target.isVisible():
            self.ring.hide()
            self.bubble.move(window.rect().center() - self.bubble.rect().center())
            self.bubble.raise_()
            return
        _scroll_to(target)
        box = QRect(target.mapTo(window, QPoint(0, 0)), target.size()).adjusted(-4, -4, 4, 4)
        self.ring.setGeometry(box)
        self.ring.show()
        self.bubble.move(beside(box, self.bubble.size().width(), self.bubble.size().height(),
                                window.rect()))  # fmt: skip
        self.ring.raise_()
        self.bubble.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc ends the tour, unless a contour is open or something is typed."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and not self._window.canvas.drawing
            and not typing(QApplication.focusWidget())
        ):
            self.end()
            return True
        if event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self.place)
        return False

    def end(self) -> None:
        """Take everything away."""
        if self.number == len(self._steps):
            return
        self._stop_waiting()
        self.number = len(self._steps)
        self._timer.stop()
        self._window.removeEventFilter(self)
        for widget in (self.ring, self.bubble):
            widget.hide()
            widget.deleteLater()
        self.ended.emit()
        self.deleteLater()


def _scroll_to(target: QWidget) -> None:
    """Make a control seen that lies in something scrolled."""
    parent = target.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            if target.visibleRegion().boundingRect().height() < target.height() // 2:
                parent.ensureWidgetVisible(target)
            return
        parent = parent.parentWidget()


def beside(box: QRect, wide: int, high: int, room: QRect) -> QPoint:
    """Where a note of a size goes so that it hides nothing of a box: left, right, below, above.

    Args:
        box: What it points at.
        wide: Width of the note.
        high: Height of the note.
        room: What it must stay within.
    """
    x = min(max(box.center().x() - wide // 2, room.left() + GAP_PX), room.right() - wide - GAP_PX)
    y = min(max(box.center().y() - high // 2, room.top() + GAP_PX), room.bottom() - high - GAP_PX)
    for place in (
        QPoint(box.left() - wide - GAP_PX, y),
        QPoint(box.right() + GAP_PX, y),
        QPoint(x, box.bottom() + GAP_PX),
        QPoint(x, box.top() - high - GAP_PX),
    ):
        note = QRect(place.x(), place.y(), wide, high)
        if room.contains(note) and not note.intersects(box):
            return place
    return QPoint(x, room.bottom() - high - GAP_PX)


def start_tour(window: MainWindow) -> Tour:
    """Start the tour anew; one that is under way ends first."""
    for old in window.findChildren(Tour, NAME):
        old.end()
    tour = Tour(window)
    tour.start()
    return tour
