"""What hides behind the gear: how to generate, each setting with a dot that resets it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from lgesynth_gui.app.session import Session, Settings
from lgesynth_gui.app.tries import CARD_MINUTES, CPU_MINUTES
from lgesynth_gui.ui.binding import bind_number, bind_tick
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.labels import plain_label, plain_tip

USUAL = Settings()
PRESETS = (("Fast", 4), ("Default", USUAL.steps), ("Careful", 25))
DOT = "●"


class SettingsPopup(QFrame):
    """A small panel that closes when one clicks elsewhere."""

    pair_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._session = session
        self._dots: dict[str, QToolButton] = {}
        self.setObjectName("generateSettings")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._grid = grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 12)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        self._wide(plain_label("How to generate", role="heading"))
        self._steps()
        self._number(
            "guidance",
            "Guidance",
            QDoubleSpinBox(minimum=0.0, maximum=0.3, singleStep=0.02, decimals=2),
            "How strongly the reward networks pull towards the drawn scar; 0 is off.",
        )
        self._number(
            "feather_mm",
            "Feather",
            QDoubleSpinBox(minimum=2.0, maximum=4.0, singleStep=0.5, decimals=1, suffix=" mm"),
            "Width of the band where new and original pixels are mixed.",
        )
        self._tick("this_slice", "Only the shown slice", "Leave the other drawn slices as they are")
        self._tick(
            "seed_locked",
            "Keep the seed",
            "Generate uses the seed as it is, also when that picture exists already;"
            " else it goes on to seeds that were not used yet",
        )
        self._rule()
        self._tick(
            "until_pass",
            "Try until one passes",
            "Make one after the other and stop at the first PASS; never more than the limits below."
            " The number of tries is stored in every export",
        )
        self._number(
            "most_tries",
            "Tries at most",
            QSpinBox(minimum=1, maximum=50),
            "No further try starts after this many.",
        )
        minutes = QSpinBox(minimum=0, maximum=60, suffix=" min")
        minutes.setSpecialValueText("automatic")
        self._number(
            "most_minutes",
            "Time at most",
            minutes,
            "No try starts later than this after the first. Automatic:"
            f" {CPU_MINUTES} minutes on the processor, {CARD_MINUTES} on a graphics card.",
        )
        self._rule()
        self._tick(
            "draft",
            "Draft while drawing",
            "After every stroke show the slice in a few steps, not judged, only to look at",
        )
        self.pair = QPushButton("Guided and unguided")
        self.pair.setObjectName("guidancePair")
        self.pair.setAccessibleName("Generate the same seed with and without guidance")
        self.pair.setToolTip("One picture with and one without guidance, from the same seed")
        self.pair.clicked.connect(self._on_pair)
        self._wide(self.pair)
        session.changed.connect(self._on_changed)
        self._refresh()

    def showEvent(self, event: Any) -> None:
        """Texts name the keys as they are now."""
        super().showEvent(event)
        self.pair.setToolTip(worded("The same seed with and without guidance ({pair})"))

    # -- building

    def _wide(self, widget: QWidget) -> None:
        self._grid.addWidget(widget, self._grid.rowCount(), 0, 1, 3)

    def _rule(self) -> None:
        line = QFrame()
        line.setProperty("role", "rule")
        self._wide(line)

    def _steps(self) -> None:
        box = QSpinBox(minimum=1, maximum=100)
        self._number("steps", "Steps", box, "Sampler steps: more is slower.")
        row = QHBoxLayout()
        row.setSpacing(4)
        self.presets = QButtonGroup(self)
        for i, (name, steps) in enumerate(PRESETS):
            button = QPushButton(f"{name} {steps}")
            button.setCheckable(True)
            button.setProperty("compact", True)
            button.setToolTip(plain_tip(f"{steps} sampler steps"))
            button.setAccessibleName(f"{name}: {steps} sampler steps")
            self.presets.addButton(button, i)
            row.addWidget(button, 1)
        self.presets.idClicked.connect(lambda i: self._set("steps", PRESETS[i][1], "steps"))
        self._grid.addLayout(row, self._grid.rowCount(), 0, 1, 3)

    def _number(self, field: str, name: str, box: QSpinBox | QDoubleSpinBox, tip: str) -> None:
        kind: Callable[[float], Any] = int if isinstance(box, QSpinBox) else float
        bind_number(
            box,
            self._session,
            "settings",
            show=lambda s: getattr(s.settings, field),
            take=lambda s, v: replace(s.settings, **{field: kind(v)}),
            text=name.lower(),
        )
        box.setObjectName(f"setting_{field}")
        box.setAccessibleName(name)
        box.setToolTip(plain_tip(tip))
        line = self._grid.rowCount()
        self._grid.addWidget(plain_label(name), line, 0)
        self._grid.addWidget(box, line, 1)
        self._add_dot(field, name, line)

    def _tick(self, field: str, name: str, tip: str) -> None:
        box = QCheckBox(name)
        bind_tick(
            box,
            self._session,
            "settings",
            show=lambda s: getattr(s.settings, field),
            take=lambda s, on: replace(s.settings, **{field: on}),
            text=name.lower(),
        )
        box.setObjectName(f"setting_{field}")
        box.setAccessibleName(name)
        box.setToolTip(plain_tip(tip))
        line = self._grid.rowCount()
        self._grid.addWidget(box, line, 0, 1, 2)
        self._add_dot(field, name, line)

    def _add_dot(self, field: str, name: str, line: int) -> None:
        dot = QToolButton()
        dot.setText(DOT)
        dot.setAutoRaise(True)
        dot.setObjectName(f"reset_{field}")
        usual = getattr(USUAL, field)
        said = {True: "on", False: "off"}.get(usual, f"{usual}") if type(usual) is bool else usual
        dot.setToolTip(plain_tip(f"Reset to {said or 'automatic'}"))
        dot.setAccessibleName(f"Reset {name.lower()}")
        policy = dot.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        dot.setSizePolicy(policy)
        dot.clicked.connect(lambda _=False: self._set(field, usual, f"reset {name.lower()}"))
        self._dots[field] = dot
        self._grid.addWidget(dot, line, 2)

    # -- doing

    def _set(self, field: str, value: Any, text: str) -> None:
        changed = replace(self._session.state.settings, **{field: value})
        self._session.edit("settings", changed, text)
        self._refresh()  # a press on the pressed preset changes nothing, and stays pressed

    def _on_pair(self) -> None:
        self.close()
        self.pair_wanted.emit()

    def _on_changed(self, field: str) -> None:
        if field == "settings":
            self._refresh()

    def _refresh(self) -> None:
        settings = self._session.state.settings
        for field, dot in self._dots.items():
            dot.setVisible(getattr(settings, field) != getattr(USUAL, field))
        with QSignalBlocker(self.presets):
            self.presets.setExclusive(False)
            for i, (_, steps) in enumerate(PRESETS):
                self.presets.button(i).setChecked(steps == settings.steps)
            self.presets.setExclusive(True)
