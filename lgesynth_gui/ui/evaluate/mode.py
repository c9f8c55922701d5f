"""The Evaluate mode in the window: its page, how a run is started, how the report is written."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lgesynth_gui.app.evaluating import Evaluating
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.app.studying import Studying
from lgesynth_gui.ui.evaluate.page import EvaluatePage

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

QUICK = ("evaluate", "tables", "--quick")
RUNS = "evaluations"


class EvaluateMode(QObject):
    """Made when the mode is first shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.evaluating = Evaluating(self)
        self.studying = Studying(window.workers, self)
        self.page = EvaluatePage(self.evaluating, self.studying)
        self.page.quick_wanted.connect(self._run)
        for one in (self.evaluating, self.studying):
            one.said.connect(window.status.say)

    def _run(self) -> None:
        folder = data_folder() / RUNS / f"evaluation-{datetime.now():%Y%m%d-%H%M%S}"
        if why := self.evaluating.begin(folder, QUICK):
            self._window.status.say(why)

    def leave(self) -> None:
        """The window goes; a run that goes on needs nobody."""
        self.evaluating.leave()
        self.studying.leave()
