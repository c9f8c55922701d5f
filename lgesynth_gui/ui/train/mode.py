"""The Train mode in the window: its page, what is dropped on it, and how the window closes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from lgesynth_gui.app.training import Outcome, Training, outcome, take
from lgesynth_gui.io.series_info import DicomRecipe, NiftiRecipe
from lgesynth_gui.training.cases import Case
from lgesynth_gui.training.local_pool import preview
from lgesynth_gui.ui.dialogs.closing import ask_about_training
from lgesynth_gui.ui.train.page import TrainPage
from lgesynth_gui.ui.train.result_dialog import ResultDialog

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow


class TrainMode(QObject):
    """Made when the mode is first shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.training = Training(window.workers.file_jobs, self)
        self.page = TrainPage(self.training, window.workers, preview)
        self.training.said.connect(window.status.say)
        self.page.check.contours_wanted.connect(self._open_case)
        self.page.run.result_wanted.connect(self._read_result)

    def _open_case(self, id_: str) -> None:
        """Open a case without contours in Sketch, where they are proposed and looked at."""
        case = self.training.case(id_)
        path = _image_of(case) if case is not None else None
        if path is None:
            return
        self._window.modes.to("sketch")
        self._window.open_path(path)
        self._window.status.say(
            "Look at the proposed contours, accept them, save the project; add it to the data."
        )

    def _read_result(self) -> None:
        run = self.training.desk.run
        if run is not None:
            self.training.submit(lambda: outcome(run), lambda found: self._show(run, found))

    def _show(self, run: Path, found: Outcome) -> None:
        dialog = ResultDialog(found.table, found.decision, found.model, found.samples, self._window)
        dialog.take_wanted.connect(lambda default, reason: self._take(run, default, reason))
        dialog.open()

    def _take(self, run: Path, default: bool, reason: str) -> None:
        engine = self._window.workers.engine
        self.training.submit(
            lambda: take(run, engine.run, default, reason), self._window.status.say
        )

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether the window may close now; else it is asked what becomes of the run."""
        if not self.training.running:
            return True
        ask_about_training(self._window, close, lambda: (self.training.ask("stop"), close()))
        return False

    def leave(self) -> None:
        """The window goes; a run that goes on needs nobody."""
        self.training.leave()


def _image_of(case: Case) -> Path | None:
    """The file or folder of a case's image."""
    recipe = case.info.recipe if case.info is not None else None
    if isinstance(recipe, NiftiRecipe):
        return recipe.path
    if isinstance(recipe, DicomRecipe):
        return recipe.files[0][0].parent
    return case.project
