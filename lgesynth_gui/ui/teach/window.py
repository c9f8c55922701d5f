"""The presentation: a full screen over the window, which stays as it is behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QCloseEvent, QFont, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.teach import MODES, Mode, Show, Stage, in_mode
from lgesynth_gui.app.teach_quiz import answered
from lgesynth_gui.app.teach_said import Said, said_of
from lgesynth_gui.ui.actions import make_actions
from lgesynth_gui.ui.keymap import action_for
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.teach.page import page_of
from lgesynth_gui.ui.teach.painting import Scene
from lgesynth_gui.ui.teach.side import Side
from lgesynth_gui.ui.teach.stage import StageView
from lgesynth_gui.ui.teach.strip import Strip
from lgesynth_gui.ui.theme import BASE_POINTS

PLACE = "teach"  # as in the table of keys
SCALES = (1.0, 2.5)
MODE_TEXTS: dict[Mode, str] = {
    "examples": "Examples",
    "strip": "Transmurality",
    "quiz": "Quiz",
}
BAR = (
    ("teach_back", "◀ Back"),
    ("teach_next", "Next ▶"),
    ("teach_key", "Scar key"),
    ("teach_words", "Words"),
    ("teach_dice", "Dice"),
    ("teach_copy", "Copy picture"),
    ("teach_leave", "Leave"),
)
STEP = 0.1


class TeachWindow(QWidget):
    """Shows a `Stage`. A key press makes another `Show`; everything on screen follows from it."""

    left = Signal(float)  # text size when it was closed

    def __init__(self, scale: float, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("teachWindow")
        self.setWindowTitle("LGESynth: teaching")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("surface", "panel")
        self.stage, self.now = Stage(), Show()
        self.right = self.given = 0
        self.message = "Loading the examples…"
        self._actions = make_actions(self, self._does())
        self._build()
        self.set_scale(scale)

    # -- building

    def _does(self) -> dict[str, Callable[[], object]]:
        does: dict[str, Callable[[], object]] = {
            "teach_next": partial(self._move, 1),
            "teach_back": partial(self._move, -1),
            "teach_key": partial(self._toggle, "key"),
            "teach_words": partial(self._toggle, "words"),
            "teach_dice": partial(self._toggle, "dice"),
            "teach_up": partial(self._scroll, -1),
            "teach_down": partial(self._scroll, 1),
            "teach_copy": self.copy_page,
            "teach_bigger": lambda: self.set_scale(self.scale + STEP),
            "teach_smaller": lambda: self.set_scale(self.scale - STEP),
            "teach_leave": self.close,
        }
        for mode in MODES:
            does[f"teach_{mode}"] = partial(self._set_mode, mode)
        return does

    def _build(self) -> None:
        self.modes = QToolBar()
        self.modes.setObjectName("teachModes")
        for mode in MODES:
            action = self._actions[f"teach_{mode}"]
            action.setCheckable(True)
            action.setIconText(MODE_TEXTS[mode])
            self.modes.addAction(action)
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.modes.addWidget(spacer)
        self.badge = plain_label("Research use only: output is synthetic", role="badge")
        self.badge.setObjectName("researchBadge")
        self.modes.addWidget(self.badge)
        self.bar = QToolBar()
        self.bar.setObjectName("teachBar")
        for name, text in BAR:
            self._actions[name].setIconText(text)
            self.bar.addAction(self._actions[name])
        for name in ("teach_key", "teach_words", "teach_dice"):
            self._actions[name].setCheckable(True)
        self.hint = plain_label(role="muted")
        self.bar.addWidget(self.hint)
        for bar in (self.modes, self.bar):
            bar.setMovable(False)
            for action in bar.actions():
                button = bar.widgetForAction(action)
                if isinstance(button, QToolButton):
                    button.setAccessibleName(action.text())
        self.view = StageView()
        self.view.scrolled.connect(self._scroll)
        self.strip = Strip()
        self.slider = self.strip.slider
        self.slider.valueChanged.connect(self._on_slider)
        self.side = Side()
        self.side.clicked.connect(self._on_segment)
        picture = QVBoxLayout()
        picture.setSpacing(0)
        picture.addWidget(self.view, 1)
        picture.addWidget(self.strip)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(picture, 1)
        middle.addWidget(self.side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.modes)
        whole.addLayout(middle, 1)
        whole.addWidget(self.bar)
        self.view.setFocus()

    def set_scale(self, scale: float) -> None:
        """Size of all texts here, 1.0 to 2.5 times; the window behind keeps its own."""
        self.scale = round(min(max(scale, SCALES[0]), SCALES[1]), 1)
        font = QFont(self.font())
        font.setPointSizeF(BASE_POINTS * self.scale)
        self.setFont(font)
        for widget in (*self.findChildren(QToolBar), *self.findChildren(QToolButton), self.view):
            widget.setFont(font)
        self.hint.setFont(font)
        small = QFont(font)
        small.setPointSizeF(0.8 * font.pointSizeF())
        self.badge.setFont(small)
        self.side.set_base_font(font)
        self.strip.set_base_font(font)
        self.side.fit(self.width())
        self.refresh()

    # -- what is shown

    def set_stage(self, stage: Stage, message: str = "") -> None:
        """Show other examples; what was on stage stays there if it still is one."""
        self.stage, self.message = stage, message or "There is nothing to show here."
        steps = [percent for percent, _ in stage.library.strip]
        if len(steps) > 1:
            self.slider.setSingleStep(steps[1] - steps[0])
        self.refresh()

    def scene(self) -> Scene | None:
        """What is painted now."""
        example, show = self.stage.example(self.now), self.now
        if example is None:
            return None
        key = self.stage.shows_key(show)
        return Scene(example, self.stage.slide(show), key, show.original)

    def said(self) -> Said:
        """Its words."""
        return said_of(self.stage, self.now, self.right, self.given)

    def refresh(self) -> None:
        """Draw everything from the values."""
        show, scene = self.now, self.scene()
        self.view.show_scene(scene, self.message)
        example = None if scene is None else scene.example
        self.side.show_said(self.said(), example, key=self.stage.shows_key(show))
        for mode in MODES:
            self._actions[f"teach_{mode}"].setChecked(show.mode == mode)
        quiz = show.mode == "quiz"
        self._actions["teach_key"].setChecked(self.stage.shows_key(show))
        self._actions["teach_key"].setEnabled(not quiz)
        self._actions["teach_words"].setChecked(show.words)
        self._actions["teach_words"].setEnabled(show.mode == "examples")
        self._actions["teach_dice"].setChecked(show.dice)
        self._actions["teach_copy"].setEnabled(scene is not None)
        self.strip.setVisible(show.mode == "strip" and bool(self.stage.library.strip))
        with QSignalBlocker(self.slider):
            self.slider.setValue(show.percent)
        self.hint.setText("hold Q: before · wheel: slice")

    def _set(self, show: Show) -> None:
        self.now = show
        self.refresh()

    def _toggle(self, name: str) -> None:
        change: dict[str, Any] = {name: not getattr(self.now, name)}
        self._set(replace(self.now, **change))

    def _move(self, by: int) -> None:
        self._set(self.stage.moved(self.now, by))

    def _scroll(self, by: int) -> None:
        self._set(self.stage.scrolled(self.now, by))

    def _set_mode(self, mode: Mode) -> None:
        self._set(in_mode(self.now, mode))
        (self.slider if mode == "strip" else self.view).setFocus()

    def _on_slider(self, percent: int) -> None:
        self._set(replace(self.now, percent=percent))

    def _on_segment(self, segment: int) -> None:
        """An answer of the quiz; the first one counts."""
        example = self.stage.example(self.now)
        self.view.setFocus()  # so that Space asks the next question
        if self.now.mode != "quiz" or example is None or self.now.answer is not None:
            return
        self.given += 1
        self.right += answered(example, segment).right
        self._set(replace(self.now, answer=segment))

    def copy_page(self) -> None:
        """Put the page on the clipboard."""
        if (scene := self.scene()) is not None:
            image = page_of(scene, self.said(), self.side.bullseye, self.font())
            # As an image: data of our own would outlive Python and end the program with a crash.
            QGuiApplication.clipboard().setImage(image)
            self.hint.setText("Copied, 1920 pixels wide")

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Single keys of the presentation; no other key of the program works here."""
        if event.key() == Qt.Key.Key_Q:
            if not event.isAutoRepeat():
                self._set(replace(self.now, original=True))
            return
        name = action_for(event, PLACE)
        if name in self._actions:
            if self._actions[name].isEnabled():
                self._actions[name].trigger()
            event.accept()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Q let go."""
        if event.key() == Qt.Key.Key_Q and not event.isAutoRepeat():
            self._set(replace(self.now, original=False))
        super().keyReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The picture keeps the larger part."""
        super().resizeEvent(event)
        self.side.fit(self.width())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Back to the window."""
        self.left.emit(self.scale)
        super().closeEvent(event)
