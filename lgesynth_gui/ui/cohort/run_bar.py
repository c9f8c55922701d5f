"""The bottom of the Cohort mode: the run, what it may be asked, and which cohort is open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_cases import STATUSES
from lgesynth_gui.app.cohort_watch import RunState
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.app.pace import time_words
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label, plain_tip

STATES = {
    "idle": "○ Not run yet",
    "running": "● Running",
    "paused": "‖ Paused",
    "stopped": "■ Stopped",
    "done": "✓ Done",
    "failed": "✗ Failed",
}


class RunBar(QWidget):
    """State, progress, time left; pause, stop, retry; export; another cohort."""

    export_wanted = Signal()
    measure_wanted = Signal()

    def __init__(self, cohorts: Cohorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cohortRun")
        self._cohorts = cohorts
        self.state = plain_label(role="section")
        self.state.setObjectName("cohortState")
        self.figures = plain_label(role="muted")
        self.figures.setObjectName("cohortFigures")
        self.figures.setWordWrap(True)
        self.message = plain_label(role="warning")
        self.message.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Samples made")
        self.bar.setMinimumWidth(80)
        self.pause = QPushButton("Pause")
        self.pause.setObjectName("cohortPause")
        self.pause.clicked.connect(self._pause)
        self.stop = QPushButton("Stop")
        self.stop.setObjectName("cohortStop")
        self.stop.setToolTip("End the run; what is made stays, Start goes on with the rest")
        self.stop.clicked.connect(lambda: cohorts.ask("stop"))
        self.retry = QPushButton("Retry errors")
        self.retry.setToolTip("Make anew what no engine could make; what cannot be drawn stays")
        self.retry.clicked.connect(cohorts.retry_errors)
        self.export = QPushButton("Export cohort…")
        self.export.setObjectName("exportCohort")
        self.export.clicked.connect(self.export_wanted)
        self.measure = QPushButton("Measure")
        self.measure.setObjectName("measureCohort")
        self.measure.clicked.connect(self.measure_wanted)
        self.open = QPushButton("Open…")
        self.open.setToolTip("Open the folder of a cohort; one that runs is watched")
        self.open.clicked.connect(self._pick)
        self.new = QPushButton("New")
        self.new.setToolTip("Plan a new cohort; one that runs goes on")
        self.new.clicked.connect(cohorts.close)
        head = QHBoxLayout()
        head.addWidget(self.state)
        head.addWidget(self.bar, 1)
        buttons = QWidget()
        row = FlowLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        for button in (
            self.pause, self.stop, self.retry, self.export, self.measure, self.open, self.new,
        ):  # fmt: skip
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 4, 9, 4)
        column.setSpacing(3)
        column.addLayout(head)
        column.addWidget(self.figures)
        column.addWidget(self.message)
        column.addWidget(buttons)
        cohorts.changed.connect(self._on_changed)
        cohorts.opened.connect(self.refresh)
        self.refresh()

    def _pause(self) -> None:
        self._cohorts.ask("resume" if self._cohorts.desk.run.state == "paused" else "pause")

    def _pick(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Folder of a cohort", kind, lambda path: self._cohorts.open(Path(path)))

    def _on_changed(self, field: str) -> None:
        if field in ("run", "found", "plan", "starting"):
            self.refresh()

    def refresh(self) -> None:
        """Everything as it is now."""
        cohorts, desk = self._cohorts, self._cohorts.desk
        run, found, plan = desk.run, desk.found, desk.plan
        for widget in (self.pause, self.stop):
            widget.setEnabled(run.running)
            widget.setVisible(plan is not None)
        self.pause.setText("Resume" if run.state == "paused" else "Pause")
        self.pause.setToolTip(
            plain_tip("Go on" if run.state == "paused" else "Wait after the blocks under way")
        )
        errors = found.counts.get("ERROR", 0)
        self.retry.setVisible(bool(errors))
        self.retry.setEnabled(not run.running and not cohorts.starting)
        self.retry.setText(f"Retry errors ({errors})" if errors else "Retry errors")
        self.new.setEnabled(plan is not None)
        self.bar.setVisible(plan is not None)
        self.export.setVisible(plan is not None)
        self.export.setEnabled(bool(found.total))
        why = "Formats, labels, and what is left out and why (Ctrl+E)"
        self.export.setToolTip(plain_tip(why if found.total else "Nothing is made yet."))
        self.measure.setVisible(plan is not None)
        self.measure.setEnabled(bool(found.total))
        why = (
            "In Evaluate: do kept samples look like true scars, and are they where they should be?"
        )
        self.measure.setToolTip(plain_tip(why if found.total else "Nothing is made yet."))
        self.message.setText(run.message)
        self.message.setVisible(bool(run.message) and run.state != "running")
        if plan is None:
            self.state.setText("Writing the cohort …" if cohorts.starting else "New cohort")
            self.figures.setText("A run goes on without the window; open its folder to watch it.")
            return
        made = max(run.made if run.running else 0, found.total)
        self.bar.setRange(0, max(plan.count, 1))
        self.bar.setValue(min(made, plan.count))
        self.state.setText(f"{STATES[run.state]} · {plan.name}")
        self.figures.setText(figures(run, made, plan.count, found.accepted, found.counts))
        self.setAccessibleDescription(f"{self.state.text()}. {self.figures.text()}")


def figures(run: RunState, made: int, planned: int, accepted: int, by: Mapping[str, int]) -> str:
    """How far it is, in words.

    Args:
        run: How it stands.
        made: Samples.
        planned: Samples.
        accepted: Samples that stand as accepted.
        by: Samples by status.
    """
    said = [f"{spaced(made)} of {spaced(planned)} made"]
    painted = sum(count for name, count in by.items() if name not in ("CONTROL", "ERROR"))
    if painted:
        share = f" ({round(100 * accepted / painted)} %)" if painted >= 20 else ""
        said.append(f"{spaced(accepted)} of {spaced(painted)} accepted{share}")
    said += [f"{spaced(by[name])} {name}" for name in STATUSES if by.get(name)]
    if run.state == "running":
        left = "time left: estimating …" if run.left_s is None else ""
        said.append(left or f"about {time_words(run.left_s or 1.0)} left")
    return " · ".join(said)
