"""What a run will come to, before it is started: samples, time, disk, and what the gate will keep.

Nothing is guessed: rates are those that were measured (`rates`), or nothing is said.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path

from lgesynth_gui.cohort.block import Task, task_of
from lgesynth_gui.cohort.hosts import Shelf
from lgesynth_gui.cohort.index import INDEX, Index
from lgesynth_gui.cohort.plan import PLAN, Plan, read_plan
from lgesynth_gui.cohort.pools import Pool
from lgesynth_gui.cohort.rates import Bin, Rates, Settings
from lgesynth_gui.cohort.samples import record_bytes
from lgesynth_gui.cohort.wishes import heart_of, wish_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import free_bytes
from lgesynth_gui.io.leftovers import hidden_folder
from lgesynth_gui.quality.interval import Z95, wilson

ROWS_MEASURED = 2000
LOOKS = 48  # drawings that are looked at to know what is planned


@dataclass(frozen=True)
class Wanted:
    """What the samples that are not made yet ask for, by drawing some of them.

    Args:
        looked: Samples that were drawn.
        controls: Of them, untouched originals.
        impossible: Of them, those that cannot be drawn.
        bins: Of them, scars by (size, depth).
        reason: Why one cannot be drawn, or "".
    """

    looked: int = 0
    controls: int = 0
    impossible: int = 0
    bins: dict[tuple[str, str], int] = field(default_factory=dict)
    reason: str = ""

    @property
    def painted(self) -> float:
        """Share of the samples that will be painted."""
        return sum(self.bins.values()) / self.looked if self.looked else 0.0


@dataclass(frozen=True)
class Range:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    """What a run will come to.

    Args:
        planned, made: Samples.
        wanted: What the others ask for.
        workers: Processes that share the work.
        accepted: Further samples the gate is expected to keep; None where no rate is known.
        seconds: The run will take; None where no rate is known.
        bytes: It will take on the drive; None where no rate is known.
        free: Bytes on the drive.
        source: What the rates rest on.
        stops: When it ends, a sentence each.
    """

    planned: int
    made: int
    wanted: Wanted
    workers: int
    accepted: Range | None
    seconds: float | None
    bytes: int | None
    free: int
    source: str
    stops: tuple[str, ...]

    @property
    def left(self) -> int:
        """Samples that are not made yet."""
        return self.planned - self.made


def stop_words(plan: Plan) -> tuple[str, ...]:
    """When a run of a plan ends, a sentence each; there is always one."""
    stop, words = plan.stop, [f"Every sample is given at most {plan.stop.tries} noises."]
    words.append(f"It ends when the {plan.count} planned samples are made.")
    if plan.quotas:
        words.append(f"Quotas are filled in at most {stop.rounds} more rounds.")
    if stop.hours:
        words.append(f"A run ends after {stop.hours:g} hours.")
    if stop.gigabytes:
        words.append(f"A run ends when the cohort takes {stop.gigabytes:g} GB.")
    return tuple(words)


def estimate(
    folder: Path, rates: Rates | None, source: str, workers: int = 1, looks: int = LOOKS
) -> Job:
    """Look at a cohort's plan and say what a run will come to.

    Args:
        folder: The cohort's.
        rates: Measured ones, or None.
        source: Whence, in words.
        workers: Processes, >= 1.
        looks: Samples that are drawn to see what is planned.

    Returns:
        A job that returns an `Estimate`.

    Raises:
        LgeSynthError: plan or hearts cannot be read, or nothing is planned.
    """
    plan = read_plan(folder / PLAN)
    made: set[int] = set()
    if (folder / INDEX).is_file():
        with Index(folder) as index:
            made = index.numbers()
    if not plan.count:
        raise LgeSynthError("The plan has no sample.", "Plan some first.")
    wanted = yield from _look(folder, plan, made, looks)
    left = plan.count - len(made)
    painted = left * wanted.painted
    return Estimate(
        planned=plan.count,
        made=len(made),
        wanted=wanted,
        workers=workers,
        accepted=None if rates is None else expected(rates, wanted, painted),
        seconds=None if rates is None else painted * rates.seconds / workers,
        bytes=None if rates is None else round(painted * rates.bytes),
        free=free_bytes(folder),
        source=source,
        stops=stop_words(plan),
    )


def _look(folder: Path, plan: Plan, made: set[int], looks: int) -> Job:
    """Draw some of the samples that are left, evenly over their numbers."""
    left = plan.count - len(made)
    every = max(1, left // max(1, looks))
    hearts = tuple(one.id for one in plan.hosts)
    hosts = Shelf(folder, plan.hosts)
    counts: Counter[str] = Counter()
    bins: Counter[tuple[str, str]] = Counter()
    reason = ""
    for number in _spread(plan.count, made, every):
        part, place = plan.part_at(number)
        name = heart_of(plan.parts[part], place, hearts)
        drawn_in = hosts(name).heart
        counts["looked"] += 1
        try:
            wish = wish_of(plan.parts[part].at(place), drawn_in, plan.seed, number)
        except LgeSynthError as error:
            counts["impossible"] += 1
            reason = reason or str(error)
        else:
            if wish.place is None:
                counts["controls"] += 1
            else:
                bins[wish.place.size, wish.place.depth] += 1
        yield Progress(min(counts["looked"], looks), looks, "drawing some of the samples")
    return Wanted(counts["looked"], counts["controls"], counts["impossible"], dict(bins), reason)


def _spread(count: int, made: set[int], every: int) -> Iterator[int]:
    """Every so manieth number that is not made."""
    place = 0
    for number in range(count):
        if number not in made:
            if place % every == 0:
                yield number
            place += 1


def expected(rates: Rates, wanted: Wanted, painted: float) -> Range:
    """How many the gate will keep, bin by bin.

    Args:
        rates: Measured ones.
        wanted: What is asked for.
        painted: Samples that will be painted.
    """
    total = sum(wanted.bins.values())
    if not total or not rates.samples:
        return Range(0.0, 0.0, 0.0)
    share = variance = 0.0
    shares: Counter[tuple[int, int]] = Counter()
    for (size, depth), count in wanted.bins.items():
        shares[rates.accept(size, depth)] += count
    for (hits, n), count in shares.items():
        weight = count / total
        low, high = wilson(hits, n)
        share += weight * hits / n
        variance += (weight * (high - low) / (2 * Z95)) ** 2
    reach = Z95 * sqrt(variance)
    bounds = max(0.0, share - reach), min(1.0, share + reach)
    return Range(painted * share, painted * bounds[0], painted * bounds[1])


def probe(folder: Path, pool: Pool, settings: Settings, device: str = "auto") -> Job:
    """Paint one block that is planned, keep nothing of it, and measure.

    Args:
        folder: The cohort's.
        pool: Works it off; closed at the end.
        settings: Of the plan.
        device: Where it computes.

    Returns:
        A job that returns `Rates`.

    Raises:
        LgeSynthError: nothing is planned, a model is missing, or nothing could be painted.
    """
    try:
        plan = read_plan(folder / PLAN)
        block = next(plan.blocks(), None)
        if block is None:
            raise LgeSynthError("The plan has no sample.", "Plan some first.")
        task = task_of(plan, block, Shelf(folder, plan.hosts), device)
        empty = Task((), (), task.seed, 1, task.sampling, device)
        yield from _worked_off(pool, empty, "loading models")
        began = time.monotonic()
        samples = yield from _worked_off(pool, task, "painting one block to measure it")
        spent = time.monotonic() - began
    finally:
        pool.close()
    painted = [one for one in samples if one.pixels]
    if not painted:
        raise LgeSynthError("Nothing in the first block could be painted.", "Look at the plan.")
    places = [(str(r["place"]["size"]), str(r["place"]["depth"]), r["accepted"] is True)
              for r in (one.record for one in painted)]  # fmt: skip
    bins = Counter((size, depth) for size, depth, _ in places)
    kept = Counter((size, depth) for size, depth, accepted in places if accepted)
    return Rates(
        settings=settings,
        seconds=round(spent / len(painted), 4),
        samples=len(painted),
        accepted=sum(kept.values()),
        tries=sum(len(one.record["tries"]) for one in painted),
        bytes=round(
            sum(len(one.pixels) + len(record_bytes(one)) for one in painted) / len(painted)
        ),
        bins=tuple(
            Bin(size=size, depth=depth, painted=count, accepted=kept[size, depth])
            for (size, depth), count in sorted(bins.items())
        ),
        source="one block, painted to measure it",
    )


def _worked_off(pool: Pool, task: Task, note: str) -> Job:
    pool.submit(0, task)
    while True:
        yield Progress(0, 0, note)
        for done in pool.collect():
            if done.error is not None:
                raise done.error
            return done.samples


@dataclass(frozen=True)
class Project:
    """What a cohort of some size would take, on paper.

    Args:
        samples: Painted ones.
        bytes: Of samples on the drive.
        index_bytes: Of the index; 0 where none was measured.
        files: On the drive.
        worker_hours: All workers together.
        accepted: Samples the gate would keep.
    """

    samples: int
    bytes: int
    index_bytes: int
    files: int
    worker_hours: float
    accepted: Range


def project(folder: Path, rates: Rates, samples: int) -> Project:
    """What a cohort like this one would take with another number of samples.

    Args:
        folder: The cohort's; its samples tell how large a row of the index is.
        rates: Measured ones.
        samples: Painted ones, >= 1.
    """
    low, high = wilson(rates.accepted, rates.samples)
    share = rates.accepted / rates.samples if rates.samples else 0.0
    return Project(
        samples=samples,
        bytes=samples * rates.bytes,
        index_bytes=round(samples * _row_bytes(folder)),
        files=2 * samples,
        worker_hours=samples * rates.seconds / 3600,
        accepted=Range(samples * share, samples * low, samples * high),
    )


def _row_bytes(folder: Path) -> float:
    """What a row of the cohort's index takes, measured on many like its own; 0 without any.

    The file of a small index is mostly empty, so its size says nothing.
    """
    if not (folder / INDEX).is_file():
        return 0.0
    with Index(folder) as index:
        own = list(index.entries("tries > 0", limit=ROWS_MEASURED))
    if not own:
        return 0.0
    rows = (replace(own[k % len(own)], number=k) for k in range(ROWS_MEASURED))
    with hidden_folder() as place:
        with Index(place, writes=True) as index:
            index.put(rows)
        return (place / INDEX).stat().st_size / ROWS_MEASURED
