"""Makes and extends a cohort's folder: hearts, plan, parts."""

from __future__ import annotations

from pathlib import Path

from lgesynth_gui.cohort.hosts import add_host
from lgesynth_gui.cohort.plan import (
    PLAN,
    HostEntry,
    Part,
    Plan,
    Quota,
    Stop,
    checked,
    read_plan,
    write_plan,
)
from lgesynth_gui.cohort.run import holding
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries

Hearts = tuple[tuple[LgeSeries, HeartContours], ...]


def make_cohort(folder: Path, plan: Plan) -> None:
    """Make a new cohort without hearts and samples.

    Args:
        folder: Must not exist, or be empty.
        plan: Its name, seed, limits and sampling; hearts and parts are added afterwards.

    Raises:
        LgeSynthError: the folder is in use, or the drive is full.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise LgeSynthError(f"{folder.name} exists already.", "Choose a new folder.")
    if folder.is_dir() and any(folder.iterdir()):
        raise LgeSynthError(
            f"The folder {folder.name} already holds files.", "Choose a new or empty folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_plan(folder / PLAN, plan)


def add_hearts(folder: Path, hearts: Hearts) -> tuple[HostEntry, ...]:
    """Copy hearts into a cohort; those it has already are left out.

    Returns:
        Entries of the new ones.

    Raises:
        LgeSynthError: contours are missing or nobody accepted them; nothing is listed then.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        known = {one.sha256 for one in plan.hosts}
        number = max((int(one.id[1:]) for one in plan.hosts), default=0)
        new: list[HostEntry] = []
        for series, contours in hearts:
            if series.pixels_sha256 in known:
                continue
            number += 1
            entry = add_host(folder, number, series, contours)
            known.add(entry.sha256)
            new.append(entry)
        if new:
            write_plan(folder / PLAN, _with(plan, hosts=(*plan.hosts, *new)))
        return tuple(new)


def add_parts(folder: Path, *parts: Part) -> Plan:
    """Plan more samples behind those of a cohort.

    Raises:
        LgeSynthError: a part names a heart the cohort does not have, or it is being run.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        for part in parts:
            plan = plan.with_part(part)
        write_plan(folder / PLAN, plan)
        return plan


def add_quotas(folder: Path, *quotas: Quota) -> Plan:
    """Want more accepted samples by bin; the next run fills them.

    Raises:
        LgeSynthError: it is being run.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        plan = _with(plan, quotas=(*plan.quotas, *quotas))
        write_plan(folder / PLAN, plan)
        return plan


def set_limits(folder: Path, quotas: tuple[Quota, ...], stop: Stop) -> Plan:
    """Give a cohort other quotas and another stop rule; nothing that was made changes.

    Raises:
        LgeSynthError: it is being run, or there is no plan.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        if (plan.quotas, plan.stop) != (quotas, stop):
            plan = _with(plan, quotas=quotas, stop=stop)
            write_plan(folder / PLAN, plan)
        return plan


def _with(plan: Plan, **values: object) -> Plan:
    return checked({**plan.model_dump(), **values})
