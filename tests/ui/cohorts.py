"""Cohorts for tests: real folders and a real run, whose pool paints without a network."""

import json
import time

import numpy as np

from lgesynth_gui.cohort import block
from lgesynth_gui.cohort.index import Entry, Index
from lgesynth_gui.cohort.make import add_hearts, add_parts, make_cohort
from lgesynth_gui.cohort.plan import Draw, Part, Plan, Quota, Stop
from lgesynth_gui.cohort.pools import Done
from lgesynth_gui.cohort.run import run_cohort
from lgesynth_gui.cohort.wishes import wish_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts

SIZES = ("< 50 mm2", "50-100 mm2", "100-300 mm2", "> 300 mm2")
DEPTHS = ("subendocardial", "transmural", "mid-wall")
BLOCK = 8  # samples that a worker loses together


def heart():
    return hearts.series(), hearts.contours()


def plan_of(count=12, controls=0.0, quotas=()):
    plan = Plan(name="cohort", seed=3, quotas=quotas, stop=Stop(tries=2), block=BLOCK)
    return plan, Part(name="drawn", draw=Draw(count=count, controls=controls))


def planned(folder, count=12, controls=0.0, quotas=()):
    """A cohort with one heart that nobody has run."""
    plan, part = plan_of(count, controls, quotas)
    make_cohort(folder, plan)
    add_hearts(folder, (heart(),))
    add_parts(folder, part)
    return folder


def painted(task):
    """What `block.compute` would return, painted as `hearts.result_of` does."""
    hosts = {one.entry.id: one for one in task.hosts}
    out = []
    for item in task.items:
        host, wish = hosts[item.heart], None
        try:
            wish = wish_of(item.what, host.heart, task.seed, item.index)
        except LgeSynthError as error:
            out.append(block._sample(item, host, block.ERROR, None, error))
            continue
        if wish.control:
            out.append(block._sample(item, host, block.CONTROL, wish))
            continue
        grade, dice = (
            (Grade.PASS, 0.84), (Grade.PASS, 0.76), (Grade.CHECK, 0.71), (Grade.FAIL, 0.41)
        )[item.index % 4]  # fmt: skip
        request = block.request_of(wish, host, task.sampling, seed=item.index)
        result = hearts.result_of(request, host.series, grade=grade, dice=dice)
        tries = [block._try(item.index, result)] * (1 + (grade is Grade.FAIL))
        status = result.verdict.grade.value
        out.append(block._sample(item, host, status, wish, None, result, tries))
    return tuple(out)


class FakePool:
    """Works a block off at once, or fails it as a dead worker does."""

    def __init__(self, dies=(), slow_s=0.0):
        self._waiting, self._dies, self._slow_s = [], set(dies), slow_s

    @property
    def room(self):
        return 1 - len(self._waiting)

    def submit(self, key, task):
        self._waiting.append((key, task))

    def collect(self):
        found = []
        for key, task in self._waiting:
            time.sleep(self._slow_s)
            if key in self._dies:
                found.append(Done(key, error=RuntimeError("its worker was lost")))
            else:
                found.append(Done(key, painted(task), seconds=0.5))
        self._waiting.clear()
        return found

    def close(self):
        self._waiting.clear()


def run(folder, dies=()):
    """Make everything that is planned."""
    return drive(run_cohort(folder, FakePool(dies)))


def made(folder, count=12, controls=0.0, quotas=(), dies=()):
    """A cohort that was run."""
    run(planned(folder, count, controls, quotas), dies)
    return folder


def entries(count, seed=0):
    """Rows of an index as a large run would have written them."""
    rng = np.random.default_rng(seed)
    names = ["PASS", "CHECK", "FAIL", "ERROR", "CONTROL"]
    for number in range(count):
        status = names[int(rng.choice(5, p=[0.55, 0.2, 0.15, 0.02, 0.08]))]
        if status in ("ERROR", "CONTROL"):
            why = "Given up after 3 attempts: its worker was lost" if status == "ERROR" else ""
            yield Entry(number, 0, "H001", status, error=why, sha256=f"{number:064x}")
            continue
        segment = int(rng.choice([k for k in range(1, 18) if k != 5 or rng.random() < 0.2]))
        dice = float(rng.uniform(0.2, 0.95))
        size = SIZES[int(rng.integers(4))]
        kept, tries = status != "FAIL", 1 + int(rng.integers(3))
        yield Entry(
            number, 0, "H001", status, kept, tries, int(kept), dice,
            dice - 0.05, float(rng.uniform(25, 400)), size, DEPTHS[int(rng.integers(3))],
            segment, (segment,), "ischaemic_transmural", "", f"{number:064x}", 1.0,
        )  # fmt: skip


def large(folder, count=10_000):
    """A cohort whose index has many rows; its samples are not on the drive."""
    planned(folder, count, quotas=(Quota(size="< 50 mm2", count=2000),))
    with Index(folder, writes=True) as index:
        index.put(entries(count))
    logged(folder, {"event": "done", "made": count, "planned": count, "accepted": count // 2})
    return folder


def logged(folder, *events):
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        for one in events:
            file.write(json.dumps({"time": time.time(), **one}) + "\n")


def status_of(folder, number):
    """Of a sample that was made."""
    with Index(folder) as index:
        return next(index.entries("number = ?", (number,))).status
