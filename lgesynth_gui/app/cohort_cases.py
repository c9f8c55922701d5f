"""The cases of a cohort for a table and for the eye: found by filter, read page by page, opened.

All of it reads the index or a sample's files; jobs run off the window's thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.app.session import State
from lgesynth_gui.cohort.hosts import Host, load_host
from lgesynth_gui.cohort.index import INDEX, Index
from lgesynth_gui.cohort.plan import PLAN, HostEntry, read_plan
from lgesynth_gui.cohort.results import result_of_sample
from lgesynth_gui.cohort.samples import FIX, has_fix_aside, read_record, tries_of
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisResult

PAGE = 200  # rows read at once
STATUSES = ("PASS", "CHECK", "FAIL", "BLOCKED", "NOT JUDGED", "CONTROL", "ERROR")
SORTS = {  # column of the table to column of the index
    "number": "number",
    "status": "status",
    "dice": "dice",
    "co_dice": "co_dice",
    "area": "area",
    "size": "case size when '< 50 mm2' then 0 when '50-100 mm2' then 1"
    " when '100-300 mm2' then 2 when '> 300 mm2' then 3 else 4 end",
    "depth": "depth",
    "segment": "segment",
    "heart": "heart",
    "pattern": "pattern",
    "tries": "tries",
    "error": "error",
}


@dataclass(frozen=True)
class Asked:
    """Which cases, in which order; "" and 0 stand for any.

    Args:
        status: One of `STATUSES`, or "accepted".
        size, depth, segment, heart: A bin.
        text: Part of the pattern, the error, or the whole number.
        among: Only these numbers (of a reviewer's answers), or None.
        without: None of these.
        sort: A key of `SORTS`.
        down: Largest first.
    """

    status: str = ""
    size: str = ""
    depth: str = ""
    segment: int = 0
    heart: str = ""
    text: str = ""
    among: frozenset[int] | None = None
    without: frozenset[int] = frozenset()
    sort: str = "number"
    down: bool = False

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return replace(self, sort="number", down=False) != Asked()

    def sql(self) -> tuple[str, list[Any]]:
        """Condition and its values."""
        parts: list[str] = []
        values: list[Any] = []
        if self.status == "accepted":
            parts.append("accepted")
        elif self.status:
            parts.append("status = ?")
            values.append(self.status)
        for name in ("size", "depth", "heart"):
            if wanted := getattr(self, name):
                parts.append(f"{name} = ?")
                values.append(wanted)
        if self.segment:
            parts.append("',' || segments || ',' like ?")
            values.append(f"%,{self.segment},%")
        if text := self.text.strip():
            plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            like = f"%{plain}%"
            parts.append("(pattern like ? escape '\\' or error like ? escape '\\' or number = ?)")
            values += [like, like, int(text) if text.isdecimal() and len(text) < 9 else -1]
        return " and ".join(parts), values

    def order(self) -> str:
        """SQL order; the number decides between equals."""
        return f"{SORTS[self.sort]} {'desc' if self.down else 'asc'}, number"


@dataclass(frozen=True, eq=False)
class Found:
    """What a question gave.

    Args:
        asked: The question.
        numbers: Of the samples, in order.
        counts: Samples of the whole cohort by status.
        accepted: Of the whole cohort.
    """

    asked: Asked = Asked()
    numbers: tuple[int, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    accepted: int = 0

    @property
    def total(self) -> int:
        """Samples of the whole cohort."""
        return sum(self.counts.values())


def find_cases(folder: Path, asked: Asked) -> Job:
    """The numbers of the cases that a question asks for.

    Returns:
        A job that returns `Found`; empty as long as nothing was made.
    """
    yield None
    if not (folder / INDEX).is_file():
        return Found(asked)
    where, values = asked.sql()
    with Index(folder) as index:
        numbers = index.find(where, values, asked.order())
        counts, accepted = index.counts(), index.accepted()
    if asked.among is not None:
        numbers = tuple(one for one in numbers if one in asked.among)
    if asked.without:
        numbers = tuple(one for one in numbers if one not in asked.without)
    return Found(asked, numbers, counts, accepted)


def read_rows(folder: Path, numbers: Sequence[int]) -> Job:
    """Some rows of the index.

    Returns:
        A job that returns a dict of number to `Entry`.
    """
    yield None
    marks = ",".join("?" * len(numbers))
    with Index(folder) as index:
        found = {one.number: one for one in index.entries(f"number in ({marks})", numbers)}
    return found


@dataclass(frozen=True, eq=False)
class Case:
    """A case with its pixels, in the form that panes, card and Sketch take.

    Args:
        number: In the cohort.
        record: As it is stored.
        host: Its heart.
        sha256: Of the record.
        result: The painted sample; None for a control and for one that could not be made.
        tries: How often a noise was tried for it.
        aside: A fix of it was taken back, and can be put in again.
    """

    number: int
    record: Mapping[str, Any]
    sha256: str
    host: Host
    result: SynthesisResult | None
    tries: int = 0
    aside: bool = False

    @property
    def status(self) -> str:
        """As the index has it."""
        return str(self.record["status"])

    @property
    def state(self) -> State:
        """As if it were open in Sketch."""
        series = self.host.series
        sketch = self.result.request.sketch if self.result is not None else ScarSketch()
        missing = series.shape[0] - len(self.host.contours.slices)
        contours = HeartContours(self.host.contours.slices + (None,) * max(0, missing))
        return State(series, contours, sketch, applied=self.result)

    @property
    def slice_index(self) -> int:
        """The slice to look at first."""
        slices = self.record.get("slices") or [0]
        if self.result is None:
            return int(slices[0])
        scar = (self.result.requested >= 3).sum(axis=(1, 2))
        return int(np.argmax(scar)) if scar.any() else int(slices[0])

    @property
    def fixed_by(self) -> str:
        """Who put a fix in its place, or ""."""
        return str((self.record.get(FIX) or {}).get("by", ""))

    @property
    def error(self) -> str:
        """Why it could not be made, or ""."""
        return str(self.record.get("error") or "")


def read_case(folder: Path, number: int) -> Job:
    """Read a case with its pixels.

    Returns:
        A job that returns `Case`.

    Raises:
        LgeSynthError: it is not made yet, or damaged.
    """
    yield None
    try:
        record, sha256 = read_record(folder, number)
    except FileNotFoundError as error:
        raise LgeSynthError(f"Sample {number} is not made yet.", "Start the run.") from error
    plan = read_plan(folder / PLAN)
    entry = next((one for one in plan.hosts if one.id == record["heart"]), None)
    if entry is None:
        raise LgeSynthError(f"Sample {number} is of a heart that is not in the plan.", "")
    host = _host(folder, entry)
    yield None
    result = result_of_sample(folder, record, host) if record.get("arrays_sha256") else None
    aside = has_fix_aside(folder, number)
    case = Case(number, record, sha256, host, result, tries_of(record), aside)
    _warm(case)
    return case


@lru_cache(maxsize=16)
def _host(folder: Path, entry: HostEntry) -> Host:
    """A heart; many cases share one, and what was computed of it."""
    return load_host(folder, entry)


def _warm(case: Case) -> None:
    """Compute here what the window would have to wait for."""
    from lgesynth_gui.app import greys, heart
    from lgesynth_gui.app.outcome import outcome_of
    from lgesynth_gui.app.verdicts import card_of

    state, index = case.state, case.slice_index
    assert state.series is not None
    greys.grey_window(state.series, case.host.contours)
    heart.requested_outlines(state, index)
    if case.result is not None:
        heart.measured_outlines(case.result, index, state.series.spacing[1:])
        outcome_of(case.result, state.series)
        card_of(case.result, state)
