"""How a cohort stands: what is made, what the gate kept of it by bin, how fast, and by whom."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from lgesynth_gui.anatomy.bins import DEPTHS, SIZE_NAMES
from lgesynth_gui.cohort.index import INDEX, Group, Index
from lgesynth_gui.cohort.plan import PLAN, Plan, Quota, read_plan
from lgesynth_gui.cohort.rounds import in_quota
from lgesynth_gui.cohort.run import LOCK
from lgesynth_gui.io.atomic import free_bytes
from lgesynth_gui.io.project_lock import Owner, holder_of
from lgesynth_gui.io.run_log import last_events
from lgesynth_gui.quality.interval import wilson

GATE_BIAS = (
    "A gate that asks for Dice keeps large bright scars more easily than small or thin ones:"
    " what is kept is not what was asked for. Compare the rows; quotas by bin correct it."
)
State = Literal["running", "paused", "done", "stopped", "failed", "never run"]
_ENDS: Mapping[str, State] = {"done": "done", "stopped": "stopped", "failed": "failed"}


@dataclass(frozen=True)
class Share:
    """Samples of a bin that the gate kept.

    Args:
        size, depth: The bin; "" = all.
        painted, accepted: Samples.
    """

    size: str
    depth: str
    painted: int
    accepted: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share that was kept (Wilson)."""
        return wilson(self.accepted, self.painted)


@dataclass(frozen=True)
class Filled:
    """A quota and how far it is filled."""

    quota: Quota
    accepted: int


@dataclass(frozen=True)
class Status:
    """How a cohort stands.

    Args:
        state: What its last run is doing or came to.
        message: Why it failed, or "".
        planned, made: Samples.
        counts: Samples by status.
        accepted: Which stand as accepted, fixed ones among them.
        tries, passed: Noises that were tried, and those the gate let through.
        shares: By size and depth, in their order; the first is all together.
        quotas: How far they are filled.
        an_hour: Samples the present or last run made in an hour; None when not known.
        left_s: Seconds until the plan is made at that pace; None unless it runs.
        bytes: Of the samples' files.
        index_bytes: Of the index.
        free: Bytes on the drive.
        owner: Who runs it, or None.
        failures: Blocks that failed: first sample to (attempts, why).
    """

    state: State
    message: str = ""
    planned: int = 0
    made: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    accepted: int = 0
    tries: int = 0
    passed: int = 0
    shares: tuple[Share, ...] = ()
    quotas: tuple[Filled, ...] = ()
    an_hour: float | None = None
    left_s: float | None = None
    bytes: int = 0
    index_bytes: int = 0
    free: int = 0
    owner: Owner | None = None
    failures: Mapping[int, tuple[int, str]] = field(default_factory=dict)


def status_of(folder: Path) -> Status:
    """How the cohort in a folder stands; cheap enough to ask now and then.

    Raises:
        LgeSynthError: there is no plan, or plan or index cannot be read.
    """
    plan = read_plan(folder / PLAN)
    owner = holder_of(folder / LOCK)
    told = _told(folder, owner)
    bare = Status(
        state=told["state"],
        message=told["message"],
        planned=plan.count,
        free=free_bytes(folder),
        owner=owner,
    )
    if not (folder / INDEX).is_file():
        return bare
    with Index(folder) as index:
        counts = index.counts()
        groups = tuple(index.groups())
        _, tries = index.seconds()
        made = sum(counts.values())
        rate, left = _pace(told, made, plan)
        return replace(
            bare,
            made=made,
            counts=counts,
            accepted=index.accepted(),
            tries=tries,
            passed=sum(one.passed for one in groups),
            shares=shares_of(groups),
            quotas=filled(plan, groups),
            an_hour=rate,
            left_s=left,
            bytes=index.bytes(),
            index_bytes=(folder / INDEX).stat().st_size,
            failures=index.attempts(),
        )


def shares_of(groups: Iterable[Group]) -> tuple[Share, ...]:
    """What the gate kept: all together, then by size, then by size and depth."""
    every = tuple(groups)
    bins = [("", ""), *((size, "") for size in SIZE_NAMES)]
    bins += [(size, depth) for size in SIZE_NAMES for depth in DEPTHS]
    found = []
    for size, depth in bins:
        own = [one for one in every if size in ("", one.size) and depth in ("", one.depth)]
        painted = sum(one.painted for one in own)
        if painted or not size:
            found.append(Share(size, depth, painted, sum(one.kept for one in own)))
    return tuple(found)


def filled(plan: Plan, groups: Iterable[Group]) -> tuple[Filled, ...]:
    """How far each quota of a plan is filled."""
    every = tuple(groups)
    return tuple(
        Filled(quota, sum(one.accepted for one in every if in_quota(one, quota)))
        for quota in plan.quotas
    )


def _told(folder: Path, owner: Owner | None) -> dict[str, Any]:
    """What the log says of the last run."""
    facts: dict[str, Any] = {"state": "never run", "message": "", "seconds": 0.0}
    for event in last_events(folder):
        kind, message = str(event["event"]), event.get("message")
        if kind in ("start", "starting"):
            facts |= {"state": "running", "message": "", "seconds": 0.0, "first": None}
        elif kind in _ENDS:
            facts |= {"state": _ENDS[kind], "message": message if isinstance(message, str) else ""}
        elif kind == "paused":
            facts["state"] = "paused"
        elif kind in ("resumed", "step"):
            facts["state"] = "running" if kind == "resumed" else facts["state"]
        if kind == "step":
            made, seconds = event.get("made"), event.get("seconds")
            if isinstance(made, int) and isinstance(seconds, int | float):
                first = facts.get("first") or (made, seconds)
                facts |= {"first": first, "last": (made, seconds), "time": event.get("time")}
    alive = owner is not None
    if facts["state"] == "never run" and alive:
        facts["state"] = "running"
    if facts["state"] in ("running", "paused") and not alive:
        facts |= {"state": "stopped", "message": "It ended without a word; run it again."}
    return facts


def _pace(told: Mapping[str, Any], made: int, plan: Plan) -> tuple[float | None, float | None]:
    """(samples an hour, seconds left) of the present or last run."""
    first, last = told.get("first"), told.get("last")
    if not first or not last or last[1] <= first[1] or last[0] <= first[0]:
        return None, None
    rate = (last[0] - first[0]) / (last[1] - first[1])
    if told["state"] != "running":
        return rate * 3600, None
    since = told.get("time")
    gone = max(0.0, time.time() - since) if isinstance(since, int | float) else 0.0
    return rate * 3600, max(0.0, (plan.count - last[0]) / rate - gone)
