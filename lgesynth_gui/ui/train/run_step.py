"""Step 4: a run that is watched: curves, sketches sampled again, what it may be asked."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.pace import time_words
from lgesynth_gui.app.training import Training
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.labels import plain_label, plain_tip, set_role
from lgesynth_gui.ui.theme import data_colour
from lgesynth_gui.ui.train.curves import GAP, Curves, reward_gap

if TYPE_CHECKING:
    from lgesynth_gui.training.process import Request, Status

STATES = {
    "running": "● Training",
    "paused": "‖ Paused",
    "stopped": "■ Stopped",
    "done": "✓ Done",
    "failed": "✗ Failed",
}
ASKED: tuple[tuple[Request, str, str], ...] = (
    ("sample", "Sample now", "Paint the fixed sketches with the weights as they are"),
    ("save", "Back up now", "Write a checkpoint now"),
    ("pause", "Pause", "Wait after this step; go on with the same button"),
    ("stop", "Stop and keep best", "Save, end, and keep the best weights so far"),
)
HIDDEN = ("event", "time")
LOG_LINES = 500


class RunStep(QWidget):
    """Shows the run of a `Training`; asks it, resumes it, and opens another one."""

    resume_wanted = Signal()
    result_wanted = Signal()

    def __init__(self, training: Training, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training = training
        self._logged = 0
        self.state = plain_label("No run yet.", role="section")
        self.state.setObjectName("runState")
        self.left = plain_label(role="muted")
        self.message = plain_label(role="warning")
        self.message.setWordWrap(True)
        self.alarm = plain_label(
            "▲ Possible reward hacking: the reward's reader finds more, the judge does not.",
            role="warning",
        )
        self.alarm.setWordWrap(True)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout()
        for name, text, tip in ASKED:
            button = QPushButton(text)
            button.setObjectName(f"ask_{name}")
            button.setToolTip(plain_tip(tip))
            button.clicked.connect(partial(self._ask, name))
            self.buttons[name] = button
            row.addWidget(button)
        self.resume = QPushButton("Resume")
        self.resume.setToolTip("Go on from the newest intact checkpoint, exactly as it was")
        self.resume.clicked.connect(self.resume_wanted)
        self.other = QPushButton("Open a run…")
        self.other.setToolTip("Watch a run that was started before, here or by the command line")
        self.other.clicked.connect(self._pick)
        self.result = QPushButton("Result and model…")
        self.result.setToolTip("Before and after on held-out patients, and what the model may be")
        self.result.clicked.connect(self.result_wanted)
        row.addWidget(self.resume)
        row.addStretch(1)
        row.addWidget(self.result)
        row.addWidget(self.other)
        self.curves = Curves()
        self.sample = plain_label()
        self.sample.setAccessibleName("The fixed sketches, painted again")
        self.sample.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.when = plain_label(role="muted")
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.sample)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setTabChangesFocus(True)
        self.log.setMaximumBlockCount(LOG_LINES)
        self.log.setAccessibleName("Log of the run")
        self.log.setToolTip("What the run logged; can be selected and copied")
        self.drawer = QPushButton("Log")
        self.drawer.setCheckable(True)
        self.drawer.setToolTip("Show or hide the log")
        self.drawer.toggled.connect(self.log.setVisible)
        head = QGridLayout()
        head.addWidget(self.state, 0, 0)
        head.addWidget(self.left, 0, 1, Qt.AlignmentFlag.AlignRight)
        head.setColumnStretch(1, 1)
        below = QHBoxLayout()
        below.addWidget(self.when, 1)
        below.addWidget(self.drawer)
        column = QVBoxLayout(self)
        column.addLayout(head)
        column.addWidget(self.message)
        column.addWidget(self.alarm)
        column.addLayout(row)
        column.addWidget(self.curves, 3)
        column.addWidget(area, 2)
        column.addLayout(below)
        column.addWidget(self.log, 1)
        self.log.hide()
        training.changed.connect(self._on_changed)
        self._show_status(None)

    def _ask(self, what: Request) -> None:
        status = self._training.desk.status
        if what == "pause" and status is not None and status.state == "paused":
            what = "resume"
        if why := self._training.ask(what):
            self._training.said.emit(why)

    def _pick(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Folder of a run", kind, lambda path: self._training.attach(Path(path)))

    def _on_changed(self, field: str) -> None:
        desk = self._training.desk
        if field == "run":
            self._logged = 0
            self.log.clear()
        if field == "samples":
            self._show_samples(desk.samples)
        if field == "status":
            self._show_status(desk.status)
        if field == "events":
            self.curves.show_events(desk.events)
            self.alarm.setVisible(reward_gap(desk.events) > GAP)
            self._write_log(desk.events)

    def _show_status(self, status: Status | None) -> None:
        running = status is not None and status.state in ("running", "paused")
        for button in self.buttons.values():
            button.setEnabled(running)
        self.alarm.setVisible(reward_gap(self._training.desk.events) > GAP)
        resumable = status is not None and status.resumable and not running
        self.resume.setEnabled(resumable and status is not None and status.state != "done")
        self.result.setEnabled(status is not None and status.state == "done")
        self.message.setVisible(bool(status and status.message))
        if status is None:
            self.state.setText("No run yet.")
            self.left.setText("")
            return
        of = f" · step {status.step:,} of {status.steps:,}" if status.steps else ""
        self.state.setText(f"{STATES[status.state]}{of}".replace(",", " "))
        self.buttons["pause"].setText("Go on" if status.state == "paused" else "Pause")
        spent = f"{time_words(status.seconds)} trained"
        left = "" if status.left_s is None else f" · about {time_words(status.left_s)} left"
        self.left.setText(spent + left)
        self.message.setText(status.message)
        set_role(self.message, "warning" if status.state in ("failed", "paused") else "muted")

    def _write_log(self, events: Sequence[Mapping[str, Any]]) -> None:
        """The new events as plain lines, without paths."""
        new = events[self._logged :] if self._logged <= len(events) else events
        self._logged = len(events)
        for one in new[-LOG_LINES:]:
            self.log.appendPlainText(line_of(one))

    def _show_samples(self, paths: Sequence[Path]) -> None:
        """The newest pictures of the fixed sketches."""
        self.sample.setPixmap(sheet(paths))
        steps = [one for path in paths for one in re.findall(r"step[-_](\d+)", path.name)]
        words = "the slice, then before and now for each seed"
        self.when.setText(f"Fixed sketches at step {int(steps[0])}: {words}" if steps else "")


def sheet(paths: Sequence[Path]) -> QPixmap:
    """Pictures below each other; what cannot be read is left out."""
    pictures = [one for one in (QPixmap(str(path)) for path in paths) if not one.isNull()]
    if not pictures:
        return QPixmap()
    made = QPixmap(max(p.width() for p in pictures), sum(p.height() for p in pictures))
    made.fill(data_colour("canvas"))
    painter, y = QPainter(made), 0
    for one in pictures:
        painter.drawPixmap(0, y, one)
        y += one.height()
    painter.end()
    return made


def line_of(event: Mapping[str, Any]) -> str:
    """An event as a line of the log; values that look like paths are left out."""
    clock = time.strftime("%H:%M:%S", time.localtime(float(event.get("time", 0))))
    parts = [
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in event.items()
        if name not in HIDDEN and isinstance(value, int | float | str) and not _is_path(value)
    ]
    return f"{clock}  {event.get('event')}  {'  '.join(parts)}"


def _is_path(value: object) -> bool:
    return isinstance(value, str) and ("/" in value or "\\" in value)
