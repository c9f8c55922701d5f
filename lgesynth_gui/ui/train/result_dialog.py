"""Before and after on held-out patients, and whether the model may become the default."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.training.gate import LEAST_REASON, Decision
from lgesynth_gui.training.held_out_table import HeldOut, Measured
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.train.run_step import sheet

HEADS = ("", "Passes (Dice > 0.60)", "Judge Dice", "Reward Dice", "Contrast error")
NAMES = {"before": "Model before", "after": "Fine-tuned", "real scars": "Their real scars"}
UNUSED = "It becomes selectable in Preferences and by its name, and is not the default."


class ResultDialog(QDialog):
    """The held-out table, what the gate says, and two ways to take the model."""

    take_wanted = Signal(bool, str)  # as the default?, the typed reason

    def __init__(
        self,
        table: HeldOut,
        decision: Decision,
        model: str,
        samples: Sequence[Path] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("trainResult")
        self.setWindowTitle("Result of the fine-tuning")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._decision = decision
        column = QVBoxLayout(self)
        people = f"{table.patients} patients that took no part in it, {table.cases} wishes on them"
        column.addWidget(plain_label(f"{model}: {people}; 95 % intervals over patients."))
        column.addLayout(_grid(table))
        gain = table.difference
        column.addWidget(
            plain_label(
                f"Paired change: judge Dice {gain.dice.text('+')}, pass rate"
                f" {gain.passed.text('+')}."
            )
        )
        for one in table.alarms:
            column.addWidget(_wrapped(f"▲ {one}", "warning"))
        if table.memorisation:
            column.addWidget(_wrapped(table.memorisation, "warning" if table.blocked else "muted"))
        if not (picture := sheet(samples)).isNull():
            shown = plain_label()
            shown.setPixmap(picture)
            shown.setAccessibleName("The fixed sketches, before and after")
            shown.setAlignment(Qt.AlignmentFlag.AlignCenter)
            area = QScrollArea()
            area.setWidgetResizable(True)
            area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            area.setWidget(shown)
            column.addWidget(area, 1)
        self.gate = _wrapped(f"The gate: {decision.words}", "" if decision.passed else "warning")
        column.addWidget(self.gate)
        self.reason = QLineEdit()
        self.reason.setAccessibleName("Reason to take it all the same")
        self.reason.setPlaceholderText(
            f"To make it the default all the same: a reason of {LEAST_REASON} letters or more"
        )
        self.reason.setToolTip("Kept with the choice")
        self.reason.setVisible(not decision.passed)
        self.reason.textChanged.connect(lambda _: self._refresh())
        column.addWidget(self.reason)
        self.default = QPushButton("Make it the default")
        self.default.setProperty("primary", True)
        self.default.clicked.connect(lambda: self._take(True))
        self.add = QPushButton("Add to my models")
        self.add.setToolTip(UNUSED)
        self.add.clicked.connect(lambda: self._take(False))
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close (Esc); the run's folder keeps everything")
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.default)
        row.addWidget(self.add)
        row.addStretch(1)
        row.addWidget(self.close_button)
        column.addLayout(row)
        self._refresh()
        room = self.screen().availableGeometry()
        wide = self.sizeHint().width() + (0 if picture.isNull() else 40)
        high = self.sizeHint().height() + picture.height()
        self.resize(min(wide, room.width() - 40), min(high, room.height() - 60))

    def _refresh(self) -> None:
        letters = len("".join(self.reason.text().split()))
        may = self._decision.passed or letters >= LEAST_REASON
        self.default.setEnabled(may)
        self.default.setToolTip(
            "Generate takes it from now on" if may else "The gate is against it: type a reason"
        )

    def _take(self, default: bool) -> None:
        self.take_wanted.emit(default, self.reason.text().strip())
        self.accept()


def _grid(table: HeldOut) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(16)
    for column, text in enumerate(HEADS):
        grid.addWidget(plain_label(text, role="heading"), 0, column)
    rows = [(NAMES.get(one.name, one.name), one) for one in table.rows]
    rows += [(f"{NAMES.get(one.name, one.name)}, computed hearts", one) for one in table.computed]
    for line, (name, one) in enumerate(rows, 1):
        for column, text in enumerate((name, *_cells(one))):
            grid.addWidget(plain_label(text), line, column)
    return grid


def _cells(one: Measured) -> tuple[str, ...]:
    return tuple(part.text() for part in (one.passed, one.dice, one.reward_dice, one.contrast))


def _wrapped(text: str, role: str) -> QLabel:
    made = plain_label(text, role=role)
    made.setWordWrap(True)
    return made
