"""A reader study as the window runs it: pictures, readers, and answers that are kept at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.core.errors import LgeSynthError, in_words
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.panel import Panel
from lgesynth_gui.evaluation.study import Sitting, Study, begin

if TYPE_CHECKING:
    from lgesynth_gui.app.workers import Workers

PAIRS = "lgesynth_gui.evaluation.study_pairs:make_pairs"
STUDIES = "studies"


@dataclass(frozen=True, eq=False)
class StudyDesk:
    """What is there to be read.

    Args:
        folder: Of the study, or None.
        study: Its pictures, or None.
        sittings: What every reader has answered so far.
        sitting: The one that is being read now, or None.
    """

    folder: Path | None = None
    study: Study | None = None
    sittings: tuple[Sitting, ...] = ()
    sitting: Sitting | None = None


class Studying(QObject):
    """Holds a `StudyDesk`; every answer is on the drive before the next picture is shown."""

    changed = Signal(str)  # the field of `StudyDesk`
    said = Signal(str)
    working = Signal(object)  # Progress, or None at the end
    found = Signal(object)  # Panel

    def __init__(self, workers: Workers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = StudyDesk()
        self._workers = workers
        self._files = JobRunner(self, name="lgesynth-watch")  # nothing else makes answers wait
        self._handle: JobHandle | None = None
        self.keeping = False  # an answer is being written

    def _put(self, **values: Any) -> None:
        self.desk = replace(self.desk, **values)
        for name in values:
            self.changed.emit(name)

    # -- pictures

    def open(self, folder: Path) -> None:
        """Read the study in a folder, or in its `study`."""
        self._run(self._files, lambda: _opened(folder), self._on_opened)

    def make_pairs(self, count: int, seed: int) -> None:
        """Make a study of simulated hearts and their painted twins, in the engine."""
        out, engine = new_folder(), self._workers.engine
        self._run(
            self._workers.engine_jobs,
            lambda: engine.run(PAIRS, str(out), count, seed),
            lambda _: self.open(out),
        )

    def gather(self, folders: tuple[Path, ...]) -> None:
        """Make a study of exports and of the scans in some folders."""
        from lgesynth_gui.evaluation.study_sources import study_of_folders

        out = new_folder()
        self._run(
            self._workers.file_jobs,
            lambda: study_of_folders(folders, out),
            lambda _: self.open(out),
        )

    @property
    def busy(self) -> bool:
        """Whether pictures are being made or read."""
        return self._handle is not None

    def cancel(self) -> None:
        """Stop what is being made."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()
            self.working.emit(None)

    def _on_opened(self, found: tuple[Path, Study, tuple[Sitting, ...]]) -> None:
        folder, study, sittings = found
        self._put(folder=folder, study=study, sittings=sittings, sitting=None)

    # -- reading

    def begin(self, seed: int) -> str:
        """A new reader sits down; why not, or ""."""
        desk = self.desk
        if desk.study is None or desk.folder is None:
            return "Open a study first."
        reader = 1 + max((one.reader for one in desk.sittings), default=0)
        try:
            sitting = begin(desk.study, reader, seed)
        except LgeSynthError as error:
            return str(error)
        self._put(sitting=sitting)
        return ""

    def resume(self, reader: int) -> str:
        """A reader goes on; why not, or ""."""
        one = next((s for s in self.desk.sittings if s.reader == reader), None)
        if one is None or one.finished:
            return "This reader has finished."
        if self.desk.study is None or one.digest != self.desk.study.digest:
            return "These answers are of other pictures."
        self._put(sitting=one)
        return ""

    def answer(self, rating: int, seconds: float, scar: tuple[float, float] | None = None) -> None:
        """Keep an answer; the next picture comes once it is on the drive.

        Args:
            rating: 1 surely real to 5 surely synthetic.
            seconds: The picture was looked at.
            scar: (row, column) of the click on the scar, or None.
        """
        sitting, folder = self.desk.sitting, self.desk.folder
        if self.keeping or sitting is None or sitting.finished or folder is None:
            return
        more = sitting.answered(rating, seconds, scar)
        self.keeping = True
        handle = self._files.submit(lambda: _kept(folder, more))
        handle.finished.connect(lambda _: self._on_kept(more))
        handle.failed.connect(self._on_not_kept)

    def _on_kept(self, sitting: Sitting) -> None:
        self.keeping = False
        rest = [one for one in self.desk.sittings if one.reader != sitting.reader]
        both = tuple(sorted([*rest, sitting], key=lambda one: one.reader))
        self._put(sittings=both, sitting=sitting)

    def _on_not_kept(self, error: Exception) -> None:
        self.keeping = False
        known = isinstance(error, LgeSynthError)
        words = str(error) if known else "The answer could not be written."
        self.said.emit(f"{words} Answer this picture again.")

    def rest(self) -> None:
        """A break, or the end: what was answered is kept already."""
        self._put(sitting=None)

    # -- results

    def ask_results(self) -> None:
        """Compute what the readers' answers say; `found` tells it."""
        study, sittings = self.desk.study, self.desk.sittings
        if study is not None:
            self._run(self._files, lambda: _results(study, sittings), self.found.emit)

    # -- jobs

    def _run(
        self, runner: JobRunner, start: Callable[[], Job], done: Callable[[Any], object]
    ) -> None:
        self.cancel()
        handle = self._handle = runner.submit(start)
        self.working.emit(Progress(0, 0, "reading"))
        handle.progressed.connect(lambda step: self._on_step(handle, step))
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._on_end(handle))
        handle.finished.connect(done)
        handle.failed.connect(self._on_failed)

    def _on_step(self, handle: JobHandle, step: Progress) -> None:
        if self._handle is handle:
            self.working.emit(step)

    def _on_end(self, handle: JobHandle) -> None:
        if self._handle is handle:
            self._handle = None
            self.working.emit(None)

    def _on_failed(self, error: Exception) -> None:
        self.said.emit(in_words(error))

    def leave(self) -> None:
        """The window goes; an answer that is being written is waited for."""
        self.cancel()
        self._files.finish(1.0)


def new_folder() -> Path:
    """A folder for a new study among this person's own, named by the time alone."""
    return data_folder() / STUDIES / f"study-{datetime.now():%Y%m%d-%H%M%S}"


def _opened(folder: Path) -> Job:
    from lgesynth_gui.evaluation.study_files import read_study, sittings_in, study_folder

    yield None
    study = read_study(folder)
    place = study_folder(folder) or folder
    return place, study, sittings_in(place)


def _kept(folder: Path, sitting: Sitting) -> Job:
    from lgesynth_gui.evaluation.study_files import write_sitting

    write_sitting(folder, sitting)  # before the first yield: what is asked last is kept, too
    yield None


def _results(study: Study, sittings: tuple[Sitting, ...]) -> Job:
    from lgesynth_gui.evaluation.study_results import reader_panel

    yield Progress(0, 0, "computing intervals")
    panel: Panel = reader_panel(study, sittings)
    return panel
