"""The Evaluate mode in the window: its page, how a run is started, how the report is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from lgesynth_gui.app.evaluating import COHORT, Evaluating, export_report
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.app.studying import Studying
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.dialogs.closing import ask_about_evaluation
from lgesynth_gui.ui.evaluate.page import EvaluatePage

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

QUICK = ("evaluate", "tables")
RUNS = "evaluations"


class EvaluateMode(QObject):
    """Made when the mode is first shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.evaluating = Evaluating(self)
        self.studying = Studying(window.workers, self)
        self.page = EvaluatePage(self.evaluating, self.studying)
        self.page.quick_wanted.connect(lambda: self._run(QUICK))
        self.page.measure_wanted.connect(self._measure)
        self.page.report_wanted.connect(self._pick_report)
        for one in (self.evaluating, self.studying):
            one.said.connect(window.status.say)

    def measure_cohort(self, folder: Path) -> None:
        """Measure what a cohort kept, beside true scars of simulated hearts."""
        self._run(("evaluate", "cohort", str(folder)))

    def _measure(self, folder: Path) -> None:
        """Measure a cohort, or every system on labelled scans."""
        if self.evaluating.desk.trouble == COHORT:
            self.measure_cohort(folder)
        else:
            self._run((*QUICK, "--data", str(folder)))

    def _run(self, arguments: tuple[str, ...]) -> None:
        if self.evaluating.running:
            self._window.status.say("An evaluation is running: wait for it, or stop it first.")
            return
        folder = data_folder() / RUNS / f"evaluation-{datetime.now():%Y%m%d-%H%M%S}"
        if why := self.evaluating.begin(folder, arguments):
            self._window.status.say(why)

    def _pick_report(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self.page, "Folder for the report", kind, lambda path: self.export(Path(path)))

    def export(self, folder: Path) -> None:
        """Write the report into a new folder inside one."""
        evaluation = self.evaluating.desk.evaluation
        if evaluation is None:
            return
        self._window.status.say("The report is being written.")
        handle = self._window.workers.file_jobs.submit(lambda: export_report(folder, evaluation))
        handle.finished.connect(self._on_report)
        handle.failed.connect(self._on_no_report)

    def _on_report(self, target: Path) -> None:
        self._window.status.say(f"The report is in {target.name}: HTML, PDF, and every plot.")

    def _on_no_report(self, error: Exception) -> None:
        known = isinstance(error, LgeSynthError)
        words = str(error) if known else f"The report failed ({type(error).__name__})."
        self._window.status.say(words)

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether the window may close now; else it is asked what becomes of the run."""
        if not self.evaluating.running:
            return True
        stop = self.evaluating.stop
        ask_about_evaluation(self._window, close, lambda: (stop(), close()))
        return False

    def leave(self) -> None:
        """The window goes; a run that goes on needs nobody."""
        self.evaluating.leave()
        self.studying.leave()
