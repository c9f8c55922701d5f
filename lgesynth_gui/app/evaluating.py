"""An evaluation as the window sees it: a folder that is watched, shown while it still grows.

The run is a process of its own; it is known by its folder alone, so a window that is opened later
shows it, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.app.figure_words import Filter
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

if TYPE_CHECKING:
    from lgesynth_gui.evaluation.panel import Evaluation
    from lgesynth_gui.io.run_log import Event

POLL_MS = 1000
LOCK = ".evaluation.lock"  # held by whoever measures in a folder
NO_EVALUATION = "There is no evaluation in that folder."
COHORT = "This is a cohort. What it kept can be measured beside true scars."
REPORT = "lgesynth-report"
COMMAND = "command.json"  # what the window started, so that it can go on
State = Literal["none", "running", "stopped", "failed", "done"]
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Stage:
    """How a run stands.

    Args:
        state: "none" without a run.
        note: What it does, in a few words.
        done: Steps.
        total: Of how many; 0 = not known.
        message: One sentence without a path, or "".
    """

    state: State = "none"
    note: str = ""
    done: int = 0
    total: int = 0
    message: str = ""


@dataclass(frozen=True, eq=False)
class EvaluationDesk:
    """What is shown.

    Args:
        folder: Of the run, or None.
        evaluation: What it has found so far, or None.
        stage: How it stands.
        filter: What is shown of it.
        trouble: Why the folder shows nothing, or "".
    """

    folder: Path | None = None
    evaluation: Evaluation | None = None
    stage: Stage = Stage()
    filter: Filter = field(default_factory=Filter)
    trouble: str = ""


class Evaluating(QObject):
    """Holds an `EvaluationDesk` and watches its folder."""

    changed = Signal(str)  # the field of `EvaluationDesk`
    said = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = EvaluationDesk()
        self._watcher = JobRunner(self, name="lgesynth-watch")
        self._asked = False
        self._stamp: Stamp | None = None  # of the file that was read last
        self._stopping = False
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.poll)

    def _put(self, **values: Any) -> None:
        self.desk = replace(self.desk, **values)
        for name in values:
            self.changed.emit(name)

    def open(self, folder: Path) -> None:
        """Show the evaluation in a folder, and watch it while it runs."""
        self._stamp = None
        self._stopping = False
        self.desk = EvaluationDesk(folder)
        for name in ("folder", "filter", "stage", "evaluation", "trouble"):
            self.changed.emit(name)
        self.poll()
        self._timer.start()

    def narrow(self, column: str, value: str) -> None:
        """Show one value of a column alone; "" shows all of them again."""
        by = self.desk.filter.with_value(column, value)
        if by != self.desk.filter:
            self._put(filter=by)

    # -- the run

    def begin(self, folder: Path, arguments: tuple[str, ...]) -> str:
        """Start an evaluation as a process of its own, and watch it.

        Args:
            folder: For its results; made when missing.
            arguments: Of `lgesynth`, the folder left out.

        Returns:
            Why it was not started, or "".
        """
        from lgesynth_gui.io.atomic import write_json
        from lgesynth_gui.io.run_process import launch, process_of

        try:
            folder.mkdir(parents=True, exist_ok=True)
            if process_of(folder, lock=LOCK) is not None:
                return "An evaluation is running in that folder already."
            write_json(folder / COMMAND, {"arguments": list(arguments)}, private=True)
            launch(folder, (*arguments, "--out", str(folder.resolve())))
        except (LgeSynthError, OSError) as error:
            known = isinstance(error, LgeSynthError)
            return str(error) if known else "That folder cannot be written to."
        self.open(folder)
        return ""

    def stop(self) -> str:
        """Ask the run to end; what it has found so far stays. Why not, or ""."""
        from lgesynth_gui.io.run_process import end

        folder = self.desk.folder
        if folder is None or not self.running:
            return "No evaluation is running."
        if not end(folder, LOCK):
            return "It runs on another computer, or was started by another program: stop it there."
        self._stopping = True
        self._put(stage=replace(self.desk.stage, note="stopping"))
        return ""

    @property
    def resumable(self) -> bool:
        """Whether a run that was started from a window can go on."""
        folder = self.desk.folder
        ended = self.desk.stage.state in ("stopped", "failed")
        return ended and folder is not None and (folder / COMMAND).is_file()

    def resume(self) -> str:
        """Go on with a run that ended early; what it has done it does not do again. Why not, ""."""
        folder = self.desk.folder
        arguments = _command(folder) if folder is not None else ()
        if folder is None or not arguments:
            return "It was not started from a window: start its command again."
        return self.begin(folder, arguments)

    @property
    def running(self) -> bool:
        """Whether the watched run has a process."""
        return self.desk.stage.state == "running"

    # -- watching

    def poll(self) -> None:
        """Read what is new, off the window's thread: the drive may hang."""
        folder, stamp = self.desk.folder, self._stamp
        if folder is None or self._asked:
            return
        self._asked = True
        handle = self._watcher.submit(lambda: _looked(folder, stamp))
        handle.finished.connect(lambda found: self._on_found(folder, found))
        handle.failed.connect(lambda error: self._on_failed(folder, error))
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(self._on_asked)

    def _on_asked(self, _: object) -> None:
        self._asked = False

    def _on_found(self, folder: Path, found: _Found) -> None:
        if folder != self.desk.folder:
            return
        stage = found.stage
        if self._stopping and stage.state == "failed":
            stage = replace(stage, state="stopped", message="")
        if self._stopping and stage.state == "running":
            stage = replace(stage, note="stopping")
        if stage.state != "running":
            self._stopping = False
        if found.stamp != self._stamp:
            self._stamp = found.stamp
            self._put(evaluation=found.evaluation)
        if found.trouble != self.desk.trouble:
            self._put(trouble=found.trouble)
        if stage != self.desk.stage:
            self._put(stage=stage)
        if stage.state != "running":
            self._timer.stop()

    def _on_failed(self, folder: Path, error: Exception) -> None:
        if folder == self.desk.folder:
            known = isinstance(error, LgeSynthError)
            words = str(error) if known else "The evaluation cannot be read."
            self._timer.stop()
            self._put(trouble=words)

    def leave(self) -> None:
        """The window goes; the run stays."""
        self._timer.stop()
        self._watcher.shutdown(0.2)


@dataclass(frozen=True, eq=False)
class _Found:
    stage: Stage
    stamp: Stamp | None
    evaluation: Evaluation | None
    trouble: str = ""


def _looked(folder: Path, before: Stamp | None) -> Job:
    """How a folder stands; the evaluation is read when its file is another one than before.

    Whether a process works there is asked first: what it wrote before it ended is then read.
    """
    from lgesynth_gui.cohort.plan import PLAN
    from lgesynth_gui.evaluation.panel_files import FILE, read_evaluation
    from lgesynth_gui.io.run_log import last_events
    from lgesynth_gui.io.run_process import process_of

    yield None
    events = last_events(folder)
    launched = next(
        (one["process"] for one in reversed(events) if isinstance(one.get("process"), int)), 0
    )
    alive = process_of(folder, launched, LOCK) is not None
    try:
        facts = (folder / FILE).stat()
    except OSError:
        if (folder / PLAN).is_file():
            return _Found(Stage(), None, None, COHORT)
        trouble = "" if alive or events else NO_EVALUATION
        return _Found(_stage(folder, events, alive, None), None, None, trouble)
    stamp = (facts.st_mtime_ns, facts.st_size)
    evaluation = None
    if stamp != before or not alive:
        evaluation = read_evaluation(folder)
    return _Found(_stage(folder, events, alive, evaluation), stamp, evaluation)


def _stage(folder: Path, events: list[Event], alive: bool, evaluation: Evaluation | None) -> Stage:
    from lgesynth_gui.io.run_process import STARTING, last_words
    from lgesynth_gui.io.run_progress import FAILED, START, STEP, STOPPED

    note, done, total, message, stopped = "starting", 0, 0, "", False
    for one in events:
        if one["event"] in (STARTING, START):
            note, done, total, message, stopped = "starting", 0, 0, "", False
        elif one["event"] == STEP:
            note = str(one.get("note", ""))
            done, total = (_whole(one.get(name)) for name in ("done", "total"))
        elif one["event"] == FAILED:
            message = str(one.get("message", ""))
        elif one["event"] == STOPPED:
            stopped = True
    if alive:
        return Stage("running", note, done, total)
    if evaluation is not None and evaluation.finished:
        return Stage("done")
    if stopped or (evaluation is not None and not events):
        return Stage("stopped", note, done, total)
    if not events:
        return Stage("none")
    words = message or last_words(folder)
    words = words or "It ended without a word; it can go on where it was."
    return Stage("failed", note, done, total, words)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _command(folder: Path) -> tuple[str, ...]:
    from lgesynth_gui.io.strict_json import strict_value

    try:
        told = strict_value((folder / COMMAND).read_bytes()[: 1 << 16])
        found = told["arguments"]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        return ()
    return tuple(found) if found[:1] == ["evaluate"] else ()


def export_report(folder: Path, evaluation: Evaluation) -> Job:
    """Write the whole evaluation for print, off the window's thread.

    Args:
        folder: Where; a folder of its own is made in it.
        evaluation: What was found.

    Returns:
        A job that returns the folder with `report.html`, `report.pdf` and the plots.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    from lgesynth_gui.app.report_print import print_report
    from lgesynth_gui.evaluation.report import write_report

    target, number = folder / REPORT, 2
    while target.exists():
        target, number = folder / f"{REPORT}-{number}", number + 1
    yield Progress(0, 2, "writing the report")
    target.mkdir(parents=True)
    write_report(target, evaluation)
    yield Progress(1, 2, "printing the report")
    print_report(target, evaluation)
    return target
