"""Checks every file of a cohort against what is said of it, and blocks by painting them again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.cohort import review
from lgesynth_gui.cohort.block import task_of
from lgesynth_gui.cohort.export_trail import TRAIL
from lgesynth_gui.cohort.hosts import Shelf, load_host
from lgesynth_gui.cohort.index import INDEX, Entry, Index, entry_of
from lgesynth_gui.cohort.plan import PLAN, Plan, read_plan
from lgesynth_gui.cohort.pools import Pool
from lgesynth_gui.cohort.results import result_of_sample
from lgesynth_gui.cohort.run import GIVEN_UP, cohort_hash
from lgesynth_gui.cohort.samples import (
    ENDINGS,
    FIX,
    Sample,
    file_of,
    read_arrays,
    read_record,
    record_bytes,
    stored_numbers,
)
from lgesynth_gui.cohort.wishes import heart_of
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io import trail

MOST_TOLD = 1000


@dataclass(frozen=True)
class Verified:
    """What a check came to.

    Args:
        samples: That were checked.
        hearts: That were checked.
        problems: What is wrong, a sentence each; at most 1,000 are kept.
        wrong: How many there are.
        hash: Of the cohort, see `run.cohort_hash`; "" without an index.
    """

    samples: int
    hearts: int
    problems: tuple[str, ...]
    wrong: int
    hash: str = ""


class Told:
    """Collects problems, without end in number but not in memory."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.count = 0

    def add(self, text: str) -> None:
        """One more."""
        self.count += 1
        if len(self.kept) < MOST_TOLD:
            self.kept.append(text)


def verify_cohort(folder: Path) -> Job:
    """Read every file of a cohort and compare: hearts, plan, records, pixels, index, reviews.

    Args:
        folder: The cohort's.

    Returns:
        A job that returns `Verified`.

    Raises:
        LgeSynthError: the plan cannot be read.
    """
    plan = read_plan(folder / PLAN)
    told, hosts = Told(), Shelf(folder, plan.hosts)
    for number, entry in enumerate(plan.hosts):
        yield Progress(number, len(plan.hosts), "checking hearts")
        try:
            load_host(folder, entry)
        except LgeSynthError as error:
            told.add(error.what)
    for problem in review.problems_of(folder):
        told.add(problem)
    if (folder / TRAIL).is_file():
        for problem in trail.problems_of(folder / TRAIL)[1]:
            told.add(problem)
    with ExitStack() as open_files:
        index = _index(folder, told)
        if index is not None:
            open_files.enter_context(index)
        left = index.numbers() if index is not None else set()
        count = 0
        for number in stored_numbers(folder):
            yield Progress(count, plan.count, "checking samples")
            _sample(folder, plan, number, index, hosts, told)
            left.discard(number)
            count += 1
        for number in sorted(left):
            told.add(f"Sample {number} is in the index, but its record is missing.")
        whole = cohort_hash(index) if index is not None else ""
    return Verified(count, len(plan.hosts), tuple(told.kept), told.count, whole)


def _index(folder: Path, told: Told) -> Index | None:
    """The index, open; None without one."""
    if not (folder / INDEX).is_file():
        if next(stored_numbers(folder), None) is not None:
            told.add("The index is missing; it is made anew by: lgesynth cohort rebuild.")
        return None
    try:
        return Index(folder)
    except LgeSynthError as error:
        told.add(error.what)
        return None


def _sample(
    folder: Path,
    plan: Plan,
    number: int,
    index: Index | None,
    hosts: Shelf,
    told: Told,
) -> None:
    try:
        record, sha256 = read_record(folder, number)
        part, place = plan.part_at(number)
    except LgeSynthError as error:
        told.add(error.what)
        return
    except IndexError:
        told.add(f"Sample {number} is not planned.")
        return
    listed = None if index is None else next(index.entries("number = ?", (number,)), None)
    if index is not None and listed is None:
        told.add(f"Sample {number} is not in the index.")
    elif listed is not None:
        if listed.sha256 != sha256:
            told.add(
                f"The record of sample {number} is not the one the index knows;"
                " the index is made anew by: lgesynth cohort rebuild."
            )
        elif differs := _different(listed, record, part, sha256):
            told.add(f"The index says another {differs} of sample {number} than its record.")
    heart = heart_of(plan.parts[part], place, tuple(one.id for one in plan.hosts))
    if record.get("heart") != heart:
        told.add(f"Sample {number} is of another heart than planned.")
        return
    _pixels(folder, record, hosts, told)
    if FIX in record:
        _made(folder, record, hosts, told)


def _made(folder: Path, fix: Mapping[str, Any], hosts: Shelf, told: Told) -> None:
    """Whether the sample that a fix stands for is still there as it was made."""
    number = int(fix["index"])
    try:
        record, sha256 = read_record(folder, number, made=True)
    except (LgeSynthError, FileNotFoundError):
        told.add(f"Sample {number} as it was before its fix is missing or damaged.")
        return
    if fix[FIX].get("of") != sha256:
        told.add(f"The fix of sample {number} was made of another sample.")
    _pixels(folder, record, hosts, told)


def _different(listed: Entry, record: Mapping[str, Any], part: int, sha256: str) -> str:
    """The first field in which a row of the index differs from what its record gives."""
    true = entry_of(record, part, sha256)
    fields = ("part", "heart", "status", "accepted", "tries", "passed", "dice", "co_dice", "area",
              "size", "depth", "segment", "segments", "pattern", "error")  # fmt: skip
    return next((one for one in fields if getattr(listed, one) != getattr(true, one)), "")


def _pixels(
    folder: Path,
    record: Mapping[str, Any],
    hosts: Shelf,
    told: Told,
) -> None:
    """Whether a sample's arrays are those of its record, and change nothing they must not."""
    number, heart = int(record["index"]), str(record["heart"])
    try:
        host = hosts(heart)
    except LgeSynthError:
        host = None  # told already
    try:
        if host is None or record.get("synthetic") is not True:
            read_arrays(folder, record)
            return
        result = result_of_sample(folder, record, host)
    except LgeSynthError as error:
        told.add(error.what if str(number) in error.what else f"Sample {number}: {error.what}")
        return
    if content_hash(result.pixels) != result.pixels_sha256:
        told.add(f"The pixels of sample {number} are not those that were judged.")
    elif not np.array_equal(result.pixels[~result.edited], host.series.pixels[~result.edited]):
        told.add(f"Sample {number} differs from its heart outside the edited zone.")


@dataclass(frozen=True)
class Again:
    """Blocks that were painted again.

    Args:
        blocks: How many.
        samples: In them.
        different: Numbers of the samples whose bytes are not the stored ones.
    """

    blocks: int
    samples: int
    different: tuple[int, ...]


def paint_again(
    folder: Path, pool: Pool, count: int, rng: np.random.Generator, device: str = "auto"
) -> Job:
    """Work some blocks off once more and compare record and arrays, byte by byte.

    Args:
        folder: The cohort's.
        pool: Works them off; closed at the end.
        count: Blocks, >= 1; fewer where fewer are whole.
        rng: Chooses them.
        device: Where it computes; the same bytes come out only on the same kind of device.

    Returns:
        A job that returns `Again`.

    Raises:
        LgeSynthError: no block is whole, a heart cannot be read, or a model is missing.
    """
    try:
        plan = read_plan(folder / PLAN)
        blocks = _whole_blocks(folder, plan)
        if not blocks:
            raise LgeSynthError("No block of the cohort is whole.", "Run it first.")
        places = sorted(rng.choice(len(blocks), min(count, len(blocks)), replace=False).tolist())
        waiting = [blocks[place] for place in places]
        hosts = Shelf(folder, plan.hosts)
        out: dict[int, range] = {}
        different: list[int] = []
        samples = 0
        total = len(waiting)
        while waiting or out:
            while waiting and pool.room > 0:
                block = waiting.pop()
                task = task_of(plan, block, hosts, device)
                out[block.start] = block
                pool.submit(block.start, task)
            for done in pool.collect():
                if done.error is not None:
                    raise done.error
                if out.pop(done.key, None) is not None:
                    samples += len(done.samples)
                    different += [one.index for one in done.samples if not _same(folder, one)]
            yield Progress(total - len(waiting) - len(out), total, "painting blocks again")
        return Again(total, samples, tuple(sorted(different)))
    finally:
        pool.close()


def _whole_blocks(folder: Path, plan: Plan) -> Sequence[range]:
    """Blocks whose samples are all made, and none was given up."""
    with Index(folder) as index:
        made = index.numbers()
        lost = {one.number for one in index.entries("error like ?", (f"{GIVEN_UP}%",))}
    return [one for one in plan.blocks() if made.issuperset(one) and lost.isdisjoint(one)]


def _same(folder: Path, sample: Sample) -> bool:
    stored = []
    for ending in ENDINGS:
        try:
            with file_of(folder, sample.index, ending).open("rb") as file:
                stored.append(hashlib.file_digest(file, "sha256").hexdigest())
        except FileNotFoundError:
            stored.append("")
    pixels = hashlib.sha256(sample.pixels).hexdigest() if sample.pixels else ""
    return stored == [hashlib.sha256(record_bytes(sample)).hexdigest(), pixels]
