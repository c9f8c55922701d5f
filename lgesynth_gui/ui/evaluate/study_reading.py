"""Reading a study: one picture, five keys, no way back and no word about what is right."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.app.studying import Studying
from lgesynth_gui.evaluation.study import RATINGS
from lgesynth_gui.ui.evaluate.study_view import Point, StudyView
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.keymap import action_for, key_of
from lgesynth_gui.ui.labels import plain_label, plain_tip

PLACE = "study"  # as in the table of keys
ARROWS = {
    Qt.Key.Key_Left: (0.0, -1.0),
    Qt.Key.Key_Right: (0.0, 1.0),
    Qt.Key.Key_Up: (-1.0, 0.0),
    Qt.Key.Key_Down: (1.0, 0.0),
}
FAR = 5.0  # pixels of an arrow with Shift


class StudyReading(QWidget):
    """Shows the present case of a `Studying` and takes its answer."""

    ended = Signal()

    def __init__(self, studying: Studying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("studyReading")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Reader study")
        self._studying = studying
        self.asks_scar = False
        self._scar: Point | None = None
        self._marking = False
        self._shown, self._since, self._spent = "", 0.0, 0.0
        self.view = StudyView()
        self.view.clicked.connect(self._on_click)
        self.told = plain_label(role="section")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Cases answered")
        self.pause = QPushButton("Break")
        self.pause.setToolTip("Leave the study; every answer is kept, and it goes on here")
        self.pause.clicked.connect(self.rest)
        self.hint = plain_label(role="muted")
        self.hint.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(self.told)
        head.addWidget(self.bar, 1)
        head.addWidget(self.pause)
        answers = QWidget()
        row = FlowLayout(answers)
        self.buttons: list[QPushButton] = []
        for rating, text in enumerate(RATINGS, 1):
            button = QPushButton(text)
            button.setAccessibleName(text)
            button.setObjectName(f"rating{rating}")
            button.clicked.connect(lambda _=False, rating=rating: self.answer(rating))
            button.setToolTip(plain_tip(f"The picture is {text}; there is no way back"))
            self.buttons.append(button)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        column.addWidget(answers)
        column.addWidget(self.hint)
        studying.changed.connect(self._on_changed)

    def start(self, asks_scar: bool) -> None:
        """Begin or go on with the sitting of the desk."""
        self.asks_scar, self._shown = asks_scar, ""
        self._next()
        self.setFocus()

    def _on_changed(self, field: str) -> None:
        if field == "sitting" and self.isVisible() and self._studying.desk.sitting is not None:
            self._next()

    def _next(self) -> None:
        """Show the present case, or end."""
        desk = self._studying.desk
        if desk.sitting is None or desk.study is None:
            return
        sitting = desk.sitting
        if sitting.finished:
            self.view.show_picture(None, 1.0, 0.0)
            self._studying.rest()
            self.ended.emit()
            return
        number = len(sitting.answers)
        practice = sitting.practising
        at, total = (
            (number + 1, sitting.practice)
            if practice
            else (number - sitting.practice + 1, len(sitting.order) - sitting.practice)
        )
        self.told.setText(
            f"{'Practice, not counted: case' if practice else 'Case'} {at} of {total}"
        )
        self.bar.setRange(0, len(sitting.order))
        self.bar.setValue(number)
        for rating, (button, text) in enumerate(zip(self.buttons, RATINGS, strict=True), 1):
            button.setText(f"{key_of(f'study_{rating}')}  {text}")
        self._show_hint()
        if sitting.next != self._shown:
            self._shown, self._spent, self._since = sitting.next, 0.0, time.monotonic()
            self._mark(None, marking=False)
            picture = desk.study.picture(sitting.next)
            self.view.show_picture(picture, desk.study.window, desk.study.level)

    def _show_hint(self) -> None:
        mark, drop = key_of("study_mark"), key_of("study_unmark")
        if not self.asks_scar:
            text = "No going back, and no answer until the end."
        elif self._marking:
            text = f"Click on the scar, or move the cross with the arrow keys · {mark}: done"
        elif self._scar is not None:
            text = f"Marked · {mark}: move it · {drop}: take it back · then answer"
        else:
            text = f"If you see a scar: {mark}, then click on it · then answer; no going back"
        self.hint.setText(text)

    # -- answers

    def answer(self, rating: int) -> None:
        """Keep the answer of the present case."""
        if self._studying.keeping or not self._shown:
            return
        self._studying.answer(rating, self._seconds(), self._scar)
        self.setFocus()

    def rest(self) -> None:
        """A break: the present case comes again."""
        self._shown = ""
        self._studying.rest()
        self.ended.emit()

    def _seconds(self) -> float:
        running = time.monotonic() - self._since if self._since else 0.0
        return self._spent + running

    def hideEvent(self, event: QHideEvent) -> None:
        """What is not seen is not looked at: the clock stops."""
        self._spent, self._since = self._seconds(), 0.0
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """And goes on."""
        self._since = time.monotonic()
        super().showEvent(event)

    # -- the scar

    def _mark(self, at: Point | None, *, marking: bool) -> None:
        self._scar, self._marking = at, marking
        self.view.show_cross(at, marking)
        self._show_hint()

    def _on_click(self, row: float, column: float) -> None:
        if self.asks_scar and self._shown:
            self._mark((row, column), marking=self._marking)
            self.setFocus()

    def _toggle(self) -> None:
        """Into marking, and out of it."""
        if self.asks_scar and self._shown:
            self._mark(self._scar, marking=not self._marking)

    def _move(self, key: Qt.Key, far: bool) -> None:
        """While marking an arrow moves the cross; the first one puts it into the middle."""
        study = self._studying.desk.study
        if not self._marking or study is None or not self._shown:
            return
        rows, columns = study.picture(self._shown).picture.shape
        if self._scar is None:
            self._mark(((rows - 1) / 2, (columns - 1) / 2), marking=True)
            return
        down, right = (FAR * one if far else one for one in ARROWS[key])
        row = min(max(self._scar[0] + down, 0.0), rows - 1.0)
        column = min(max(self._scar[1] + right, 0.0), columns - 1.0)
        self._mark((row, column), marking=True)

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the study; an arrow never leads back to a picture."""
        key = Qt.Key(event.key()) if event.key() else Qt.Key.Key_unknown
        if key in ARROWS:
            self._move(key, bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
            event.accept()
            return
        name = action_for(event, PLACE)
        if event.isAutoRepeat() and name.startswith("study_"):
            event.accept()  # a key held down is one answer
            return
        if name == "study_mark":
            self._toggle()
        elif name == "study_unmark":
            self._mark(None, marking=False)
        elif name == "study_break":
            self.rest()
        elif name.startswith("study_"):
            self.answer(int(name.rpartition("_")[2]))
        else:
            super().keyPressEvent(event)
            return
        event.accept()
