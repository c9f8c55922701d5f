"""Runs a cohort: hands out its blocks, writes what comes back, and can be killed at any point.

One process writes; who works is nobody's business but the pool's. A block counts as done when all
its samples are in the index, which happens after they are on the drive; a block that was cut is
worked off again and gives the same bytes.
"""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lgesynth_gui.cohort.block import ERROR, Task, set_aside, task_of
from lgesynth_gui.cohort.hosts import Shelf
from lgesynth_gui.cohort.index import INDEX, Index, entry_of, rebuild
from lgesynth_gui.cohort.plan import PLAN, checked, read_plan, write_plan
from lgesynth_gui.cohort.pools import Done, Pool
from lgesynth_gui.cohort.rounds import missing_parts
from lgesynth_gui.cohort.samples import bytes_of, kept_fix, made_files, store
from lgesynth_gui.core.errors import EngineDied, LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import free_bytes
from lgesynth_gui.io.failures import MEBI, Work, told
from lgesynth_gui.io.leftovers import sweep
from lgesynth_gui.io.project_lock import Lock, Taken
from lgesynth_gui.io.run_log import EventLog
from lgesynth_gui.io.run_requests import PAUSE, RESUME, STOP, take_requests

LOCK = ".cohort.lock"
RUNNING = Work("The cohort cannot be changed", "copy the cohort to", "No sample is lost.")
GIVEN_UP = "Given up after"
ATTEMPTS = 3  # of a block whose worker dies or fails
PATIENCE_S = 2.0  # how long a lock is tried for: whoever looks at it has it for a moment
LEAST_FREE = 64 * MEBI  # on the drive; below that nothing is begun
TOLD_EVERY_S = 2.0


@dataclass(frozen=True)
class Summary:
    """How a run ended.

    Args:
        state: "done", "stopped" (as asked), or "limit" (hours or gigabytes of the plan).
        planned, made: Samples.
        accepted: Which the gate lets through.
        errors: That could not be made.
        tries: Noises that were tried.
        hash: Of everything that was made, see `cohort_hash`; "" unless done.
        seconds: This run took.
    """

    state: str
    planned: int
    made: int
    accepted: int
    errors: int
    tries: int
    hash: str
    seconds: float


def run_cohort(folder: Path, pool: Pool, device: str = "auto") -> Job:
    """Make every sample that is planned and not made yet; fill quotas.

    Args:
        folder: The cohort's, with its plan and hosts.
        pool: Works blocks off; closed at the end, whatever happens.
        device: Where its workers compute.

    Returns:
        A job that yields progress in samples and returns a `Summary`.

    Raises:
        LgeSynthError: it is being run by somebody else, nothing is planned, the plan, a heart or a
            model cannot be read, or the drive is full.
    """
    try:
        with holding(folder):
            run = _Run(folder, pool, device)
            try:
                return (yield from run.job())
            except LgeSynthError as error:
                with suppress(LgeSynthError):  # the drive may be full; the trouble itself is told
                    run.log.write("failed", message=str(error))
                raise
            finally:
                run.close()
    finally:
        pool.close()


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Inside this block nobody else writes to the cohort.

    Raises:
        LgeSynthError: somebody does.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with told(folder / LOCK, 0, RUNNING):
                lock = Lock(folder / LOCK)
            break
        except Taken as taken:
            if time.monotonic() > until:
                who = str(taken.owner).removeprefix("another window").strip()
                raise LgeSynthError(
                    f"This cohort is being run already{' ' + who if who else ''}.",
                    "Wait until it ends, or stop it there.",
                ) from taken
        time.sleep(0.05)
    try:
        sweep(folder, older_than_s=0.0)
        yield
    finally:
        lock.release()


class _Run:
    """One run, from the first block to the last."""

    def __init__(self, folder: Path, pool: Pool, device: str) -> None:
        self.folder, self.pool, self.device = folder, pool, device
        self.plan = read_plan(folder / PLAN)
        self.began = time.monotonic()
        self.log = EventLog(folder)
        self._host = Shelf(folder, self.plan.hosts)
        self._told = -TOLD_EVERY_S
        self.index: Index | None = None
        self.made = self.accepted = self.bytes = 0

    def close(self) -> None:
        self.log.close()
        if self.index is not None:
            self.index.close()

    def job(self) -> Job:
        if not self.plan.count:
            raise LgeSynthError("The plan has no sample.", "Plan some first.")
        take_requests(self.folder)  # of a run that is over
        if not (self.folder / INDEX).is_file():
            yield from rebuild(self.folder)
        self.index = index = Index(self.folder, writes=True)
        self.log.write("start", planned=self.plan.count)
        yield None
        self._settle()
        state = "done"
        while state == "done":
            state = yield from self._blocks(index)
            if state != "done":
                break
            parts = missing_parts(self.plan, index)
            if not parts:
                break
            self._put({"parts": (*self.plan.parts, *parts)})
        return self._summary(index, state)

    def _settle(self) -> None:
        """Decide what the plan leaves to the first run, for all runs to come."""
        if self.plan.sampling.half is None:
            from lgesynth_gui.synthesis.models import best_device, half_pays

            sampling = {
                **self.plan.sampling.model_dump(),
                "half": half_pays(best_device(self.device)),
            }
            self._put({"sampling": sampling})

    def _put(self, values: dict[str, object]) -> None:
        self.plan = checked({**self.plan.model_dump(), **values})
        write_plan(self.folder / PLAN, self.plan)

    def _summary(self, index: Index, state: str) -> Summary:
        counts = index.counts()
        _, tries = index.seconds()
        found = Summary(
            state=state,
            planned=self.plan.count,
            made=sum(counts.values()),
            accepted=index.accepted(),
            errors=counts.get(ERROR, 0),
            tries=tries,
            hash=cohort_hash(index) if state == "done" else "",
            seconds=round(time.monotonic() - self.began, 2),
        )
        kind = "done" if state == "done" else "stopped"
        self.log.write(kind, made=found.made, planned=found.planned, accepted=found.accepted)
        return found

    # -- blocks

    def _blocks(self, index: Index) -> Job:
        """Work off what is planned now; returns how that ended."""
        made = index.numbers()
        self.made, self.accepted, self.bytes = len(made), index.accepted(), index.bytes()
        attempts = {first: count for first, (count, _) in index.attempts().items()}
        waiting = deque(one for one in self.plan.blocks() if not made.issuperset(one))
        out: dict[int, range] = {}
        paused = False
        while waiting or out:
            asked = take_requests(self.folder)
            if STOP in asked or (state := self._over_limit()):
                return "stopped" if STOP in asked else state
            if asked & {PAUSE, RESUME}:
                paused = PAUSE in asked
                self.log.write("paused" if paused else "resumed")
            if not paused:
                self._hand_out(waiting, out)
            ended = self.pool.collect()
            if not paused:
                self._hand_out(waiting, out)  # so that nobody waits while samples are written
            for done in ended:
                block = out.pop(done.key, None)
                if block is None:
                    continue  # a second answer to the same question
                if done.error is not None:
                    attempts[done.key] = attempts.get(done.key, 0) + 1
                    if self._again(index, done, attempts[done.key], block):
                        waiting.append(block)
                    continue
                self._keep(index, block, done)
            yield self._progress(paused)
            if paused and not out:
                time.sleep(0.1)
        return "done"

    def _hand_out(self, waiting: deque[range], out: dict[int, range]) -> None:
        """Give blocks away as long as the pool has room."""
        while waiting and self.pool.room > 0:
            block = waiting.popleft()
            self._require_space()
            out[block.start] = block
            self.pool.submit(block.start, self._task(block))

    def _task(self, block: range) -> Task:
        return task_of(self.plan, block, self._host, self.device)

    def _keep(self, index: Index, block: range, done: Done) -> None:
        """Write the samples of a block, then say so in the index."""
        if [one.index for one in done.samples] != list(block):
            raise LgeSynthError("A worker returned other samples than it was asked for.", "")
        part, _ = self.plan.part_at(block.start)
        each = done.seconds / len(block)
        entries = []
        for sample in done.samples:
            sha256, size = store(self.folder, sample)
            record = sample.record
            if fix := kept_fix(self.folder, sample.index):
                (record, sha256), size = fix, bytes_of(self.folder, sample.index)
            entries.append(entry_of(record, part, sha256, size, round(each, 3)))
        index.put(entries)
        self.bytes += sum(one.bytes for one in entries)
        self.made += len(entries)
        self.accepted += sum(one.accepted for one in entries)

    def _again(self, index: Index, done: Done, attempts: int, block: range) -> bool:
        """Whether a failed block is tried again; else its samples are set aside with the reason."""
        error = done.error
        if isinstance(error, LgeSynthError) and not isinstance(error, EngineDied):
            raise error  # a missing model stops every block
        why = error.what if isinstance(error, LgeSynthError) else type(error).__name__
        index.failed(block.start, attempts, why)
        self.log.write("retry", first=block.start, attempts=attempts, message=why)
        if attempts < ATTEMPTS:
            return True
        task = self._task(block)
        told = f"{GIVEN_UP} {ATTEMPTS} attempts: {why}"
        samples = tuple(set_aside(item, self._host(item.heart), told) for item in task.items)
        self._keep(index, block, Done(block.start, samples))
        return False

    # -- limits and words

    def _over_limit(self) -> str:
        stop, spent = self.plan.stop, time.monotonic() - self.began
        late = stop.hours and spent > stop.hours * 3600
        return "limit" if late or (stop.gigabytes and self.bytes > stop.gigabytes * 1e9) else ""

    def _require_space(self) -> None:
        if free_bytes(self.folder) < LEAST_FREE:
            raise LgeSynthError(
                f"The drive of the cohort is full: less than {LEAST_FREE // MEBI} MiB are free.",
                "Free some space and run it again; nothing that was made is lost.",
            )

    def _progress(self, paused: bool) -> Progress | None:
        now = time.monotonic()
        if now - self._told < TOLD_EVERY_S:
            return None
        self._told = now
        spent = now - self.began
        self.log.write(
            "step",
            made=self.made,
            planned=self.plan.count,
            accepted=self.accepted,
            seconds=round(spent, 1),
        )
        note = "paused" if paused else f"painting samples, {self.accepted} accepted"
        return Progress(self.made, self.plan.count, note)


def cohort_hash(index: Index) -> str:
    """SHA-256 over every sample's number and the hash of its record, which covers its pixels."""
    digest = hashlib.sha256()
    for number, sha256 in index.digest_rows():
        digest.update(f"{number}:{sha256}\n".encode())
    return digest.hexdigest()


def retry_errors(folder: Path) -> int:
    """Forget blocks that no worker could work off, so that the next run tries them again.

    Samples that cannot be drawn are not among them: they would fail again.

    Returns:
        How many samples will be made again.

    Raises:
        LgeSynthError: the cohort is being run.
    """
    with holding(folder), Index(folder, writes=True) as index:
        plan = read_plan(folder / PLAN)
        lost = {one.number for one in index.entries("error like ?", (f"{GIVEN_UP}%",))}
        blocks = [block for block in plan.blocks() if not lost.isdisjoint(block)]
        for block in blocks:
            for path in (path for number in block for path in made_files(folder, number)):
                path.unlink()
            index.forget(block)
        return sum(map(len, blocks))
