"""What is open of a cohort, and one look at its folder: all of it off the window's thread."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from lgesynth_gui.anatomy.aha import segments_of
from lgesynth_gui.anatomy.bins import SEGMENTS
from lgesynth_gui.app.cohort_cases import Asked, Found, find_cases
from lgesynth_gui.app.cohort_draft import Draft, first_plan
from lgesynth_gui.app.cohort_watch import RunState, plan_in, run_state
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.cohort.balance import Statistics
from lgesynth_gui.cohort.coverage import Coverage, coverage
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import INDEX, Group, Index
from lgesynth_gui.cohort.plan import HostEntry, Plan
from lgesynth_gui.core.jobs import Job, Progress

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


def heard(folder: Path, desk: CohortDesk, asked: Asked) -> Job:
    """How a cohort stands; plan and cases only where they may be others than before."""
    yield None
    run = run_state(folder)
    plan = plan_in(folder) if _may_differ(folder, run, desk) else None
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


def _may_differ(folder: Path, run: RunState, desk: CohortDesk) -> bool:
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
