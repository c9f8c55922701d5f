"""A cohort as the window sees it: what is planned, a run that is watched, and its cases.

The run is a process of its own, known by its folder alone, so a window that is opened later
watches on. Nothing is read on the window's thread: the folder's drive may hang.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.anatomy.bins import SEGMENTS
from lgesynth_gui.app import recent_cohorts
from lgesynth_gui.app.cohort_cases import PAGE, Asked, read_rows
from lgesynth_gui.app.cohort_desk import CohortDesk, Heard, commit, heard, usual_workers
from lgesynth_gui.app.cohort_draft import Draft, why_not
from lgesynth_gui.app.cohort_forecast import foresee
from lgesynth_gui.app.cohort_planning import Planning
from lgesynth_gui.app.cohort_watch import ask_run, plan_in, start_run
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.cohort.balance import Statistics, matching_parts, statistics_of
from lgesynth_gui.cohort.coverage import coverage, filling_part
from lgesynth_gui.cohort.index import Entry
from lgesynth_gui.cohort.plan import PLAN, Plan
from lgesynth_gui.cohort.status import Filled, filled
from lgesynth_gui.core.errors import LgeSynthError, in_words
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.io.run_requests import STOP, place_request

POLL_MS = 1000


class Cohorts(QObject):
    """Holds a `CohortDesk`, starts and watches its run, finds its cases."""

    changed = Signal(str)  # the field of `CohortDesk`, or "starting"
    opened = Signal()  # another cohort, or none
    said = Signal(str)
    rows_read = Signal(object)  # dict of number to Entry

    def __init__(self, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.desk = CohortDesk()
        self.planning = Planning(jobs, self)
        self.asked = Asked()
        self.workers = usual_workers()
        self.cluster, self.device = "", "auto"
        self.starting = False
        self.trouble = ""  # why the last start came to nothing
        self._jobs = jobs
        self.watcher = JobRunner(self, name="lgesynth-watch")
        self._busy = False  # the watcher looks at the folder
        self._again = False  # and shall look once more
        self._timer = QTimer(self, interval=POLL_MS)
        self._timer.timeout.connect(self.poll)
        self.planning.said.connect(self.said)
        self.planning.changed.connect(self._on_planned)

    def _put(self, **values: Any) -> None:
        self.desk = replace(self.desk, **values)
        for name in values:
            self.changed.emit(name)

    def _on_planned(self, field_: str) -> None:
        if field_ == "draft":
            self.trouble = ""
        self.changed.emit("draft")
        if field_ == "drawn" or not self.planning.draft.count:
            self._foresee()

    def _foresee(self) -> None:
        """What a start will come to, as far as measured rates tell."""
        desk, planning = self.desk, self.planning
        if not (planning.draft.count and planning.ids) and not self.left:
            lacking = sum(max(0, one.quota.count - one.accepted) for one in self.filled)
            rounds = planning.draft.stop.rounds
            words = f"Quotas lack {spaced(lacking)} kept samples: a run plans more,"
            words = f"{words} in at most {rounds} rounds." if lacking else ""
            if desk.forecast != words:
                self._put(forecast=words)
            return
        draft, drawn = planning.draft, planning.drawn
        folder, workers, left = desk.folder, self.workers, self.left
        home, device = data_folder(), self.device

        def done(words: str) -> None:
            if (draft, folder) == (planning.draft, self.desk.folder):
                self._put(forecast=words)

        self._submit(
            self.watcher, lambda: foresee(folder, draft, drawn, left, workers, home, device), done
        )

    # -- another cohort

    def open(self, folder: Path) -> None:
        """Open the cohort of a folder; told in words where there is none."""

        def read() -> Job:
            yield None
            return plan_in(folder)

        self._submit(self.watcher, read, lambda plan: self._attach(folder, plan))

    def close(self) -> None:
        """Plan a new one; what runs goes on without the window."""
        self._timer.stop()
        self.asked = Asked()
        self.desk = CohortDesk()
        self.planning.begin(Draft(), None, None)
        self.opened.emit()

    def _attach(self, folder: Path, plan: Plan, *, keep: Draft | None = None) -> None:
        draft = keep or Draft(
            name=plan.name,
            seed=plan.seed,
            quotas=plan.quotas,
            stop=plan.stop,
            sampling=plan.sampling,
        )
        self.asked = Asked()
        self.desk = CohortDesk(folder, plan)
        self.planning.begin(draft, plan, folder)
        self.opened.emit()
        self._remember()
        self.poll()
        self._timer.start()

    def _remember(self) -> None:
        folder, plan = self.desk.folder, self.desk.plan
        if folder is None or plan is None:
            return

        def note() -> Job:
            yield None
            recent_cohorts.add(folder, plan.name, plan.count)

        self._submit(self.watcher, note, lambda _: self.changed.emit("recents"))

    # -- start

    @property
    def left(self) -> int:
        """Samples that the cohort's plan still lacks."""
        plan = self.desk.plan
        return 0 if plan is None else max(0, plan.count - self.desk.found.total)

    @property
    def filled(self) -> tuple[Filled, ...]:
        """How far the quotas are filled, those of the draft."""
        plan = self.desk.plan
        if plan is None:
            return ()
        wanted = plan.model_copy(update={"quotas": self.planning.draft.quotas})
        return filled(wanted, self.desk.groups)

    def why_not_start(self) -> str:
        """Why Start is off, in words, or ""."""
        if self.starting:
            return "The cohort is being written."
        if self.desk.run.running:
            return "The cohort is being run."
        if self.planning.busy:
            return "Hearts are being read."
        if reason := why_not(self.planning.draft, self.desk.plan):
            return reason
        if not self.planning.draft.count and self.desk.plan is not None and not self.left:
            if not self.planning.draft.quotas:
                return "Every planned sample is made. Choose a template to plan more."
            if all(one.accepted >= one.quota.count for one in self.filled):
                return "Every planned sample is made, and every quota is full."
        return ""

    def start(self, folder: Path) -> None:
        """Write what is planned into the cohort's folder and run it.

        Args:
            folder: Of a new cohort; one that is open keeps its own.
        """
        if reason := self.why_not_start():
            self.said.emit(reason)
            return
        self.trouble = ""
        draft, opened = self.planning.draft, self.desk.folder
        place = opened or folder
        workers, cluster, device = self.workers, self.cluster, self.device
        self._starting(True)

        def job() -> Job:
            try:
                plan = yield from commit(place, draft, new=opened is None)
            except LgeSynthError as error:
                if opened is None and (place / PLAN).is_file():
                    return plan_in(place), error, draft  # it is there: Start goes on with it
                raise
            try:
                start_run(place, workers, cluster, device)
            except LgeSynthError as error:
                return plan, error, None
            return plan, None, None

        handle = self._submit(self._jobs, job, lambda gave: self._on_started(place, *gave))
        handle.failed.connect(self._on_not_started)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._starting(False))

    def _on_not_started(self, error: Exception) -> None:
        self.trouble = str(error) if isinstance(error, LgeSynthError) else type(error).__name__

    def _starting(self, on: bool) -> None:
        self.starting = on
        self.changed.emit("starting")

    def _on_started(
        self, folder: Path, plan: Plan, error: LgeSynthError | None, left: Draft | None
    ) -> None:
        self._attach(folder, plan, keep=left)
        if error is not None:
            self._on_not_started(error)
            self.said.emit(str(error))
            self.changed.emit("starting")

    def ask(self, what: str) -> None:
        """Ask the run to pause, resume or stop."""
        folder = self.desk.folder
        if folder is None:
            return

        def job() -> Job:
            yield None
            ask_run(folder, what)

        self._submit(self.watcher, job, lambda _: self.poll())

    def stop_now(self) -> None:
        """Ask the run to stop, before the window goes."""
        if self.desk.folder is not None:
            try:
                place_request(self.desk.folder, STOP)
            except (LgeSynthError, OSError) as error:
                self.said.emit(str(error))

    def retry_errors(self) -> None:
        """Make anew what no worker could make; what is only drafted waits for Start."""
        folder = self.desk.folder
        if folder is None:
            return
        chosen = self.workers, self.cluster, self.device

        def job() -> Job:
            from lgesynth_gui.cohort.run import retry_errors

            yield None
            count = retry_errors(folder)
            if count:
                start_run(folder, *chosen)
            return count

        def done(count: int) -> None:
            if not count:
                self.said.emit("No sample failed in a way that another try would change.")
                return
            self.said.emit(f"{count} samples are made again.")
            self._put(stamp=())
            self.poll()

        self._submit(self._jobs, job, done)

    # -- watching

    def poll(self) -> None:
        """Look at the folder, off the window's thread."""
        folder, desk, asked = self.desk.folder, self.desk, self.asked
        if folder is None:
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        handle = self.watcher.submit(lambda: heard(folder, desk, asked))
        handle.finished.connect(lambda found: self._on_heard(folder, asked, found))
        handle.failed.connect(self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(self._on_looked)

    def _on_looked(self, _: object) -> None:
        self._busy = False
        if self._again:
            self._again = False
            self.poll()

    def _on_heard(self, folder: Path, asked: Asked, found: Heard) -> None:
        if folder != self.desk.folder:
            return
        if found.plan is not None and found.plan != self.desk.plan:
            self._put(plan=found.plan)
            self.planning.settle(found.plan, folder)
        if found.found is not None and asked == self.asked:
            left = self.left
            self.desk = replace(self.desk, stamp=found.stamp)
            self._put(found=found.found)
            if left != self.left:
                self._foresee()
        if found.groups is not None and found.groups != self.desk.groups:
            self.desk = replace(self.desk, groups=found.groups)
            self._put(covered=found.covered)
            if self.planning.draft.quotas:
                self._foresee()
        if found.run != self.desk.run:
            self._put(run=found.run)

    # -- cases

    def look(self, asked: Asked) -> None:
        """Ask for other cases, or for another order."""
        if asked != self.asked:
            self.asked = asked
            self.poll()

    def fetch(self, numbers: Iterable[int]) -> None:
        """Read rows of the index; they come by `rows_read`."""
        folder, wanted = self.desk.folder, tuple(numbers)[:PAGE]
        if folder is None or not wanted:
            return

        def done(rows: Mapping[int, Entry]) -> None:
            if folder == self.desk.folder:
                self.rows_read.emit(rows)

        self._submit(self.watcher, lambda: read_rows(folder, wanted), done)

    # -- balance

    def fill_gap(self, segment: int) -> None:
        """Plan samples that bring a segment up to the median of the others."""
        plan, covered = self.desk.plan, self.desk.covered
        if plan is None or covered is None:
            return
        try:
            self.planning.add_parts(f"fill segment {segment}", filling_part(plan, covered, segment))
        except LgeSynthError as error:
            self.said.emit(str(error))

    def compare_with(self, folder: Path) -> None:
        """Count the scars of annotated scans; only counts are kept."""

        def done(real: Statistics) -> None:
            covered = self.desk.covered
            shown = [one.segment for one in covered.segments if one.shown] if covered else SEGMENTS
            self._put(real=real, covered=coverage(self.desk.groups, shown, real.segments))
            unread = f"; {real.unread} could not be read" if real.unread else ""
            self.said.emit(f"{real.scarred} slices with scar of {real.cases} scans{unread}.")

        self.planning.run(lambda: statistics_of((folder,)), done)

    def match_real(self, count: int) -> None:
        """Plan samples with the sizes, depths and places of the real scars."""
        if (real := self.desk.real) is not None:
            self.planning.add_parts("like the real scans", *matching_parts(real, count))

    # -- jobs

    def submit(self, start: Callable[[], Job], done: Callable[[Any], object]) -> JobHandle:
        """Run a short reading job of this desk, told like the others."""
        return self._submit(self.watcher, start, done)

    def _submit(
        self, runner: JobRunner, start: Callable[[], Job], done: Callable[[Any], object]
    ) -> JobHandle:
        handle = runner.submit(start)
        handle.finished.connect(done)
        handle.failed.connect(self._on_failed)
        return handle

    def _on_failed(self, error: Exception) -> None:
        self.said.emit(in_words(error))

    def leave(self) -> None:
        """The window goes; the run stays."""
        self._timer.stop()
        self.planning.leave()
        self.watcher.shutdown(0.5)
