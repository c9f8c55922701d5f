"""Fine-tuning as the window sees it: data, check, split, and a run that is watched.

The run is a process of its own (see `training.process`); it is known by its folder alone, so a
window that is opened later watches on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.core.errors import LgeSynthError, in_words
from lgesynth_gui.core.jobs import Job, Progress

if TYPE_CHECKING:
    from lgesynth_gui.app.audit import RunElsewhere
    from lgesynth_gui.io.run_log import Event
    from lgesynth_gui.registry.cards import ModelCard
    from lgesynth_gui.training.cases import Case
    from lgesynth_gui.training.check import Checked
    from lgesynth_gui.training.gate import Decision
    from lgesynth_gui.training.held_out_table import HeldOut
    from lgesynth_gui.training.process import Request, Status
    from lgesynth_gui.training.split import Split

POLL_MS = 1000
SAMPLES = "samples"  # of a run: pictures whose names go up with the steps
KEPT_EVENTS = 20_000  # of one run, for the curves
Pictures = tuple[Path, ...]


@dataclass(frozen=True, eq=False)
class Desk:
    """What is prepared.

    Args:
        folders: Where the cases lie.
        few: Fewer than 10 cases of 10 patients are allowed, to try the program out.
        cases: Those that were found.
        checked: What was said of them; None = not checked yet.
        split: The patients' parts, once nothing stands against a start.
        run: The run's folder, or None.
        status: How it stands, or None.
        events: What it logged, oldest first.
        samples: The newest pictures of the fixed sketches.
    """

    folders: tuple[Path, ...] = ()
    few: bool = False
    cases: tuple[Case, ...] = ()
    checked: Checked | None = None
    split: Split | None = None
    run: Path | None = None
    status: Status | None = None
    events: tuple[Event, ...] = ()
    samples: Pictures = ()


class Training(QObject):
    """Holds a `Desk`, runs its jobs, watches its run."""

    changed = Signal(str)  # the field of `Desk`
    said = Signal(str)
    working = Signal(object)  # Progress, or None at the end

    def __init__(self, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = Desk()
        self._jobs = jobs
        self._handle: JobHandle | None = None
        self._watcher = JobRunner(self, name="lgesynth-watch")
        self._asked = False  # the watcher is reading
        self._offset = 0  # in the run's log
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.poll)

    def _put(self, **values: Any) -> None:
        self.desk = replace(self.desk, **values)
        for name in values:
            self.changed.emit(name)

    # -- data and check

    def add(self, paths: Iterable[Path]) -> None:
        """Take folders or files to the data; what was checked before is checked again."""
        new = [one for one in paths if one not in self.desk.folders]
        if new:
            self._data((*self.desk.folders, *new))

    def remove(self, number: int) -> None:
        """Leave one of the folders out."""
        left = tuple(one for i, one in enumerate(self.desk.folders) if i != number)
        self._data(left)

    def allow_few(self, few: bool) -> None:
        """Allow fewer cases than a real fine-tuning needs, or not."""
        if few != self.desk.few:
            self._put(few=few)
            self._data(self.desk.folders)

    def _data(self, folders: tuple[Path, ...]) -> None:
        self._put(folders=folders, cases=(), checked=None, split=None)
        self.cancel()
        if folders:
            few = self.desk.few
            self._handle = self._submit(
                lambda: _looked_at(folders, few),
                lambda found: self._on_checked(folders, few, found),
            )

    @property
    def busy(self) -> bool:
        """Whether the data is being looked at."""
        return self._handle is not None

    def cancel(self) -> None:
        """Stop looking at the data."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.cancel()
            self.working.emit(None)

    def exclude(self, ids: Iterable[str], out: bool = True) -> None:
        """Leave cases out, or take them in again."""
        if self.desk.checked is None:
            return
        before = self.desk.checked.excluded
        wanted = before | set(ids) if out else before - set(ids)
        if wanted != before:
            self._judge(self.desk.checked.excluding(wanted))

    def exclude_red(self) -> None:
        """Leave out every case that cannot be used."""
        if self.desk.checked is not None:
            self.exclude(self.desk.checked.red)

    def _on_checked(
        self, folders: tuple[Path, ...], few: bool, found: tuple[tuple[Case, ...], Checked]
    ) -> None:
        if (folders, few) != (self.desk.folders, self.desk.few):
            return  # it was asked of other data
        cases, checked = found
        self._put(cases=cases)
        self._judge(checked)

    def _judge(self, checked: Checked) -> None:
        from lgesynth_gui.training.split import draw_split

        split = None
        if checked.ready:
            try:
                split = draw_split(checked)
            except LgeSynthError as error:
                self.said.emit(str(error))
        self._put(checked=checked, split=split)

    def case(self, id_: str) -> Case | None:
        """A case by our name for it."""
        return next((one for one in self.desk.cases if one.id == id_), None)

    # -- run

    def attach(self, run: Path) -> None:
        """Watch a run, from its first event on."""
        self._offset = 0
        self._put(run=run, events=(), status=None, samples=())
        self.poll()
        self._timer.start()

    def begin(self, run: Path, arguments: tuple[str, ...]) -> str:
        """Start or resume a run as a process of its own, and watch it.

        Returns:
            Why it was not started, or "".
        """
        from lgesynth_gui.training.process import start

        try:
            start(run, arguments)
        except (LgeSynthError, OSError) as error:
            return str(error)
        self.attach(run)
        return ""

    def ask(self, what: Request) -> str:
        """Ask the run for something; why not, or ""."""
        from lgesynth_gui.training.process import ask

        if self.desk.run is None:
            return "There is no run."
        try:
            ask(self.desk.run, what)
        except (LgeSynthError, OSError) as error:
            return str(error)
        return ""

    @property
    def running(self) -> bool:
        """Whether the watched run has a process."""
        status = self.desk.status
        return status is not None and status.state in ("running", "paused")

    def poll(self) -> None:
        """Read what the run has logged since, off the window's thread: its drive may hang."""
        run, offset = self.desk.run, self._offset
        if run is None or self._asked:
            return
        self._asked = True
        handle = self._watcher.submit(lambda: _heard(run, offset))
        handle.finished.connect(lambda heard: self._on_heard(run, heard))
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(self._on_asked)

    def _on_asked(self, _: object) -> None:
        self._asked = False

    def _on_heard(self, run: Path, heard: tuple[list[Event], int, Status, Pictures]) -> None:
        if run != self.desk.run:
            return
        new, self._offset, status, samples = heard
        if new:
            self._put(events=(*self.desk.events, *new)[-KEPT_EVENTS:])
        if status != self.desk.status:
            self._put(status=status)
        if samples != self.desk.samples:
            self._put(samples=samples)

    # -- jobs

    def submit(self, start: Callable[[], Job], done: Callable[[Any], object]) -> JobHandle:
        """Run a small file job of this desk (a preview), told like the others."""
        handle = self._jobs.submit(start)
        handle.finished.connect(done)
        handle.failed.connect(self._on_failed)
        return handle

    def _submit(self, start: Callable[[], Job], done: Callable[[Any], object]) -> JobHandle:
        handle = self.submit(start, done)
        handle.progressed.connect(lambda step: self._on_step(handle, step))
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._on_end(handle))
        return handle

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
        """The window goes; the run stays."""
        self._timer.stop()
        self.cancel()
        self._watcher.shutdown(0.2)


def _looked_at(folders: tuple[Path, ...], few: bool) -> Job:
    """Find and check the cases of some folders."""
    from lgesynth_gui.training.cases import find_cases
    from lgesynth_gui.training.check import FEWEST, LEAST, check_cases

    cases = yield from find_cases(folders)
    checked = yield from check_cases(cases, least=FEWEST if few else LEAST)
    return cases, checked


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a finished run gave.

    Args:
        table: Before and after on held-out patients.
        decision: What the gate says.
        model: "id/version".
        samples: The last pictures of the fixed sketches.
    """

    table: HeldOut
    decision: Decision
    model: str
    samples: Pictures = ()


def outcome(run: Path) -> Job:
    """Read what a finished run gave, off the window's thread.

    Raises:
        LgeSynthError: there is no model, or its table is damaged.
    """
    from lgesynth_gui.registry.defaults import default_card
    from lgesynth_gui.training.gate import decide
    from lgesynth_gui.training.held_out_table import TABLE, read_table

    yield None
    card, table = _tuned(run), read_table(run / TABLE)
    if table is None:
        raise LgeSynthError("The run has no held-out table yet.", "Resume it to its end.")
    return Outcome(table, decide(card, table, default_card()), card.reference, _newest(run))


def _newest(run: Path) -> Pictures:
    """The newest pictures of the fixed sketches: those of one step, one kind of look."""
    pictures = sorted((run / SAMPLES).glob("*.png"))
    if not pictures:
        return ()
    last = max(pictures, key=lambda one: one.stat().st_mtime_ns)
    return tuple(one for one in pictures if one.name[:12] == last.name[:12])


def take(run: Path, engine: RunElsewhere, default: bool, reason: str) -> Job:
    """Add the model of a run to this person's models, and make it the default when asked.

    It goes the way of every foreign model: checked, tried in the engine, then settled.

    Args:
        run: The run's folder.
        engine: The engine's `run`.
        default: Whether Generate shall take it from now on.
        reason: Why, where the gate is against it.

    Returns:
        A job that returns what was done, one sentence.

    Raises:
        LgeSynthError: the model is damaged, or another of its name is there.
        Refused: the gate is against it and no reason was given.
    """
    from lgesynth_gui.app.models import keep_model
    from lgesynth_gui.training.gate import make_default

    card, _ = yield from keep_model(run, engine)
    if not default:
        return f"{card.reference} is among your models."
    make_default(card.reference, reason)
    return f"{card.reference} is the default now: Generate takes it from now on."


def _tuned(run: Path) -> ModelCard:
    from lgesynth_gui.registry.cards import find_models
    from lgesynth_gui.training.held_out_table import TUNED

    for card in find_models((run / TUNED,)):
        if card.role == "controlnet":
            return card
    raise LgeSynthError("The run has no model yet.", "Resume it to its end.")


def _heard(run: Path, offset: int) -> Job:
    """What a run has logged after an offset, the next offset, how it stands, its last pictures."""
    from lgesynth_gui.io.run_log import read_events
    from lgesynth_gui.training.process import status

    yield None
    new, offset = read_events(run, offset)
    return new, offset, status(run), _newest(run)
