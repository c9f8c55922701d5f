"""Cohorts that were used last: an id and the person's own label; where they lie stands apart.

As with projects (`recents`), places are in the file that only its owner can read.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui.app import recents
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.app.recents import LONGEST_LABEL, MOST, PLACES, alone, load_table, save_table

LIST = "cohorts.json"
TABLE = "cohorts"  # of the file with the places


@dataclass(frozen=True)
class RecentCohort:
    """One cohort of the list.

    Args:
        id: Ours; says nothing of where it lies.
        label: The person's name for it.
        samples: That it planned when it was open.
    """

    id: str
    label: str
    samples: int


def read() -> tuple[RecentCohort, ...]:
    """The list, the last used one first; () where nothing may be remembered."""
    if not recents.read().remember:
        return ()
    listed = load_table(data_folder() / LIST).get("recent")
    found = (_entry(one) for one in (listed if isinstance(listed, list) else [])[:MOST])
    return tuple(one for one in found if one is not None)


def add(folder: Path, label: str, samples: int) -> None:
    """Put a cohort first, if anything is remembered at all.

    Raises:
        LgeSynthError: the list could not be written.
    """
    place = str(folder.absolute())
    id_ = hashlib.sha256(place.encode()).hexdigest()[:16]
    one = RecentCohort(id_, label[:LONGEST_LABEL], samples)
    with alone():
        if recents.read().remember:
            rest = [old for old in read() if old.id != one.id]
            _write((one, *rest)[:MOST], {one.id: place})


def forget(id_: str) -> None:
    """Take a cohort off the list, and its place out of the map; its folder stays."""
    with alone():
        _write(tuple(one for one in read() if one.id != id_), {})


def place_of(id_: str) -> Path | None:
    """Where the cohort of this id lies, when that is known."""
    table = load_table(data_folder() / PLACES).get(TABLE)
    found = table.get(id_) if isinstance(table, dict) else None
    return Path(found) if isinstance(found, str) else None


def _write(entries: tuple[RecentCohort, ...], new: dict[str, str]) -> None:
    places = load_table(data_folder() / PLACES)
    known = places.get(TABLE)
    table = {**(known if isinstance(known, dict) else {}), **new}
    kept = {one.id: table[one.id] for one in entries if one.id in table}
    save_table(PLACES, {**places, TABLE: kept})
    save_table(LIST, {"recent": [asdict(one) for one in entries]})


def _entry(plain: Any) -> RecentCohort | None:
    kinds = {name: type(value) for name, value in plain.items()} if isinstance(plain, dict) else {}
    if kinds != {"id": str, "label": str, "samples": int}:
        return None
    return RecentCohort(plain["id"], plain["label"][:LONGEST_LABEL], plain["samples"])
