"""A cohort as the window sees it: what is planned, a run that is watched, and its cases.

The run is a process of its own, known by its folder alone, so a window that is opened later
watches on. Nothing is read on the window's thread: the folder's drive may hang.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.anatomy.aha import segments_of
from lgesynth_gui.anatomy.bins import SEGMENTS
from lgesynth_gui.app import recent_cohorts
from lgesynth_gui.app.cohort_cases import PAGE, Asked, Found, find_cases, read_rows
from lgesynth_gui.app.cohort_draft import Draft, first_plan, why_not
from lgesynth_gui.app.cohort_forecast import foresee
from lgesynth_gui.app.cohort_planning import Planning
from lgesynth_gui.app.cohort_watch import RunState, ask_run, plan_in, run_state, start_run
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.cohort.balance import Statistics, matching_parts, statistics_of
from lgesynth_gui.cohort.coverage import Coverage, coverage, filling_part
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import INDEX, Entry, Group, Index
from lgesynth_gui.cohort.plan import PLAN, HostEntry, Plan
from lgesynth_gui.cohort.status import Filled, filled
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.run_requests import STOP, place_request

POLL_MS = 1000
FOLDERS = "cohorts"  # of this person's data: where new ones are made


@dataclass(frozen=True, eq=False)
class CohortDesk:
    """What is open.

    Args:
        folder: The cohort's, or None.
        plan: What it plans, or None.
        run: How its run stands.
        found: The cases that were asked for.
        stamp: Of the index when they were found.
        groups: Painted samples by bin.
        covered: Scars by segment, or None as long as nothing was made.
        real: Scars of annotated scans it is compared with, or None.
        forecast: What a start will come to, in words, or "".
    """

    folder: Path | None = None
    plan: Plan | None = None
    run: RunState = field(default_factory=RunState)
    found: Found = field(default_factory=Found)
    stamp: tuple[int, ...] = ()
    groups: tuple[Group, ...] = ()
    covered: Coverage | None = None
    real: Statistics | None = None
    forecast: str = ""


@dataclass(frozen=True, eq=False)
class Heard:
    """What one look at a cohort's folder gave; None = as before."""

    run: RunState
    plan: Plan | None
    found: Found | None
    stamp: tuple[int, ...]
    groups: tuple[Group, ...] | None = None
    covered: Coverage | None = None


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
        self.cluster = ""
        self.starting = False
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
        self.changed.emit("draft")
        if field_ == "drawn" or not self.planning.draft.count:
            self._foresee()

    def _foresee(self) -> None:
        """What a start will come to, as far as measured rates tell."""
        desk, planning = self.desk, self.planning
        if not (planning.draft.count and planning.ids) and not self.left:
            if desk.forecast:
                self._put(forecast="")
            return
        draft, drawn = planning.draft, planning.drawn
        folder, workers, left = desk.folder, self.workers, self.left

        def done(words: str) -> None:
            if (draft, folder) == (planning.draft, self.desk.folder):
                self._put(forecast=words)

        self._submit(
            self.watcher, lambda: foresee(folder, draft, drawn, left, workers, data_folder()), done
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
        draft, opened = self.planning.draft, self.desk.folder
        place = opened or folder
        workers, cluster = self.workers, self.cluster
        self._starting(True)

        def job() -> Job:
            try:
                plan = yield from commit(place, draft, new=opened is None)
            except LgeSynthError as error:
                if opened is None and (place / PLAN).is_file():
                    return plan_in(place), error, draft  # it is there: Start goes on with it
                raise
            try:
                start_run(place, workers, cluster)
            except LgeSynthError as error:
                return plan, error, None
            return plan, None, None

        handle = self._submit(self._jobs, job, lambda gave: self._on_started(place, *gave))
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._starting(False))

    def _starting(self, on: bool) -> None:
        self.starting = on
        self.changed.emit("starting")

    def _on_started(
        self, folder: Path, plan: Plan, error: LgeSynthError | None, left: Draft | None
    ) -> None:
        self._attach(folder, plan, keep=left)
        if error is not None:
            self.said.emit(str(error))

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
        """Make anew what no worker could make."""
        folder = self.desk.folder
        if folder is None:
            return

        def job() -> Job:
            from lgesynth_gui.cohort.run import retry_errors

            yield None
            return retry_errors(folder)

        def done(count: int) -> None:
            if not count:
                self.said.emit("No sample failed in a way that another try would change.")
                return
            self.said.emit(f"{count} samples will be made again.")
            self._put(stamp=())
            self.start(folder)

        self._submit(self.watcher, job, done)

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
        handle = self.watcher.submit(lambda: _heard(folder, desk, asked))
        handle.finished.connect(lambda heard: self._on_heard(folder, asked, heard))
        handle.failed.connect(self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(self._on_looked)

    def _on_looked(self, _: object) -> None:
        self._busy = False
        if self._again:
            self._again = False
            self.poll()

    def _on_heard(self, folder: Path, asked: Asked, heard: Heard) -> None:
        if folder != self.desk.folder:
            return
        if heard.plan is not None and heard.plan != self.desk.plan:
            self._put(plan=heard.plan)
            self.planning.settle(heard.plan, folder)
        if heard.found is not None and asked == self.asked:
            left = self.left
            self.desk = replace(self.desk, stamp=heard.stamp)
            self._put(found=heard.found)
            if left != self.left:
                self._foresee()
        if heard.groups is not None and heard.groups != self.desk.groups:
            self.desk = replace(self.desk, groups=heard.groups)
            self._put(covered=heard.covered)
        if heard.run != self.desk.run:
            self._put(run=heard.run)

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
        known = isinstance(error, LgeSynthError)
        self.said.emit(str(error) if known else f"This could not be done ({type(error).__name__}).")

    def leave(self) -> None:
        """The window goes; the run stays."""
        self._timer.stop()
        self.planning.leave()
        self.watcher.shutdown(0.5)


def usual_workers() -> int:
    """Engines that leave the computer usable: all cores but one, at least one."""
    return max(1, (os.cpu_count() or 2) - 1)


def usual_folder(name: str) -> Path:
    """A folder that does not exist yet, for a new cohort."""
    home = data_folder() / FOLDERS
    plain = "".join(c if c.isalnum() or c in "-_" else "-" for c in name).strip("-") or "cohort"
    number = 1
    while (place := home / f"{plain}-{number}").exists():
        number += 1
    return place


def commit(folder: Path, draft: Draft, *, new: bool) -> Job:
    """Write a draft into a cohort's folder.

    Returns:
        A job that returns the `Plan` as it is then.

    Raises:
        LgeSynthError: the folder is in use or cannot be written to, or a heart cannot be used.
    """
    from lgesynth_gui.cohort.make import add_hearts, add_parts, make_cohort, set_limits

    yield Progress(0, 1, "writing the cohort")
    if new:
        make_cohort(folder, first_plan(draft))
    hearts = draft.usable
    for number, one in enumerate(hearts):
        yield Progress(number, len(hearts), "copying hearts")
        assert one.series is not None
        assert one.contours is not None
        add_hearts(folder, ((one.series, one.contours),))
    set_limits(folder, draft.quotas, draft.stop)
    yield None
    plan = add_parts(folder, *draft.new_parts())
    return plan


def _heard(folder: Path, desk: CohortDesk, asked: Asked) -> Job:
    """How a cohort stands; plan and cases only where they may be others than before."""
    yield None
    run = run_state(folder)
    plan = plan_in(folder) if _worth(folder, run, desk) else None
    stamp = stamp_of(folder)
    found = groups = covered = None
    if stamp != desk.stamp or asked != desk.found.asked:
        yield None
        found = yield from find_cases(folder, asked)
    if stamp != desk.stamp and (folder / INDEX).is_file():
        yield None
        with Index(folder) as index:
            groups = tuple(index.groups())
        hosts = (plan or desk.plan or plan_in(folder)).hosts
        shown = shown_segments(folder, hosts)
        yield None
        covered = coverage(groups, shown, desk.real.segments if desk.real is not None else None)
    return Heard(run, plan, found, stamp, groups, covered)


@lru_cache(maxsize=4)
def shown_segments(folder: Path, hosts: tuple[HostEntry, ...]) -> tuple[int, ...]:
    """Segments that the hearts of a cohort show."""
    shown: set[int] = set()
    for entry in hosts:
        if len(shown) == len(SEGMENTS):
            break
        contours = load_host(folder, entry).contours
        shown |= {s for i in contours.outlined() for s in segments_of(contours.level(i))}
    return tuple(sorted(shown))


def _worth(folder: Path, run: RunState, desk: CohortDesk) -> bool:
    """Whether the plan may have grown: a run adds parts that fill quotas."""
    return desk.plan is None or (run.planned != 0 and run.planned != desk.plan.count)


def stamp_of(folder: Path) -> tuple[int, ...]:
    """Changes whenever the index does."""
    found: list[int] = []
    for name in (INDEX, f"{INDEX}-wal"):
        try:
            stat = (folder / name).stat()
        except OSError:
            continue
        found += (stat.st_size, stat.st_mtime_ns)
    return tuple(found)
