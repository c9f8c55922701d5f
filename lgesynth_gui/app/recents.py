"""Projects that were used last.

The list holds a random id, the user's label and a slice count. Where the projects lie stands in
another file, which only its owner can read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lgesynth_gui.app.places import data_folder
from lgesynth_gui.core.errors import LgeSynthError

LIST, PLACES, LOCK = "recents.json", "identity.json", "recents.lock"
MOST = 8
LARGEST_FILE = 1 << 20
LONGEST_LABEL = 64
MEBI = 1 << 20
CHANGING = (  # see `io.failures.Work`
    "The list of projects was not changed",
    "let LGESYNTH_DATA name",
    "The projects themselves are whole.",
)
PATIENCE_S = 1.0  # for another window that writes just now


@dataclass(frozen=True)
class Recent:
    """One project of the list."""

    id: str
    label: str
    slices: int


@dataclass(frozen=True)
class Recents:
    """The list, the last used one first; `remember` is False when nothing may be added."""

    entries: tuple[Recent, ...] = ()
    remember: bool = True


def read() -> Recents:
    """The list as it is; a damaged one is set aside and begins anew."""
    return _entries(load_table(data_folder() / LIST))


def add(one: Recent, path: Path) -> Recents:
    """Put a project first, if projects are remembered at all.

    Raises:
        LgeSynthError: the list could not be written.
    """
    with alone():
        now = read()
        if now.remember:
            one = replace(one, label=one.label[:LONGEST_LABEL])
            rest = [old for old in now.entries if old.id != one.id]
            now = replace(now, entries=(one, *rest)[:MOST])
            _write(now, recent={one.id: str(path.absolute())})
        return now


def forget(id_: str) -> Recents:
    """Take one project off the list, and its place out of the map; its file stays."""
    with alone():
        now = read()
        now = replace(now, entries=tuple(one for one in now.entries if one.id != id_))
        _write(now)
        return now


def set_remember(remember: bool) -> Recents:
    """Remember projects or not; when not, those on the list are forgotten."""
    with alone():
        now = Recents(read().entries if remember else (), remember)
        _write(now)
        return now


def place_of(id_: str) -> Path | None:
    """Where the project of this id lies, when that is known."""
    places = load_table(data_folder() / PLACES)
    for table in ("recent", "open"):
        found = places.get(table)
        if isinstance(found, dict) and isinstance(found.get(id_), str):
            return Path(found[id_])
    return None


def note_open(id_: str, path: Path | None) -> None:
    """Keep the place of an open project for after a crash; None when it is closed."""
    with alone():
        places = load_table(data_folder() / PLACES)
        table = places.get("open")
        table = {k: v for k, v in table.items() if k != id_} if isinstance(table, dict) else {}
        if path is not None:
            table[id_] = str(path.absolute())
        if table != places.get("open"):
            save_table(PLACES, {**places, "open": table})


def note_writing(folder: Path, *, begins: bool) -> None:
    """Keep a folder that is written into for after a crash, until the work ends.

    Raises:
        LgeSynthError: the list could not be written.
    """
    with alone():
        places = load_table(data_folder() / PLACES)
        table = _writing(places)
        process = str(os.getpid())
        if begins:
            table = {**table, f"{process}-{time.monotonic_ns()}": str(folder.absolute())}
        else:
            table = {
                key: value
                for key, value in table.items()
                if not (key.startswith(f"{process}-") and value == str(folder.absolute()))
            }
        save_table(PLACES, {**places, "writing": table})  # an empty one says that all went well


def forget_writing() -> None:
    """Drop the folders that processes wrote into which have ended."""
    from lgesynth_gui.io.processes import runs

    with alone():
        places = load_table(data_folder() / PLACES)
        table = _writing(places)
        kept = {key: one for key, one in table.items() if runs(int(key.partition("-")[0]))}
        if kept != table:
            save_table(PLACES, {**places, "writing": kept})


def folders() -> tuple[Path, ...]:
    """Folders of known projects, and those that something was written into when it ended."""
    places = load_table(data_folder() / PLACES)
    known: list[Path] = [Path(one) for one in _writing(places).values()]
    for name in ("recent", "open"):
        table = places.get(name)
        known += [
            Path(one).parent
            for one in (table.values() if isinstance(table, dict) else ())
            if isinstance(one, str)
        ]
    return tuple(dict.fromkeys(known))


def _writing(places: dict[str, Any]) -> dict[str, str]:
    table = places.get("writing")
    return {
        key: value
        for key, value in (table.items() if isinstance(table, dict) else ())
        if key.partition("-")[0].isdigit() and isinstance(value, str)
    }


def _entries(plain: dict[str, Any]) -> Recents:
    listed = plain.get("recent")
    found = (_entry(one) for one in (listed if isinstance(listed, list) else [])[:MOST])
    return Recents(tuple(one for one in found if one), plain.get("remember") is not False)


def _entry(plain: Any) -> Recent | None:
    kinds = {name: type(value) for name, value in plain.items()} if isinstance(plain, dict) else {}
    if kinds != {"id": str, "label": str, "slices": int}:
        return None
    return Recent(plain["id"], plain["label"][:LONGEST_LABEL], plain["slices"])


def _write(now: Recents, *, recent: dict[str, str] | None = None) -> None:
    places = load_table(data_folder() / PLACES)
    known = places.get("recent")
    table = {**(known if isinstance(known, dict) else {}), **(recent or {})}
    kept = {one.id: table[one.id] for one in now.entries if one.id in table}
    forgotten: dict[str, Any] = {} if now.remember else {"cohorts": {}}  # see `recent_cohorts`
    save_table(PLACES, {**places, "recent": kept, **forgotten})
    save_table(LIST, {"recent": [asdict(one) for one in now.entries], "remember": now.remember})


def save_table(name: str, value: dict[str, Any]) -> None:
    """Write one of the files, whole or not at all."""
    from lgesynth_gui.io.atomic import write_json

    write_json(data_folder() / name, value, private=True)


def load_table(path: Path) -> dict[str, Any]:
    """Read one of the files; a damaged one is set aside and begins anew."""
    from lgesynth_gui.io.strict_json import strict_value

    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        value = strict_value(data) if len(data) <= LARGEST_FILE else None
    except FileNotFoundError:
        return {}
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    path.replace(path.with_name(path.name + ".corrupt"))
    return {}


@contextmanager
def alone() -> Iterator[None]:
    """Only one window changes the files at a time; the folder is its owner's alone."""
    from lgesynth_gui.io.failures import Work, told
    from lgesynth_gui.io.project_lock import Lock, Taken

    folder = data_folder()
    until = time.monotonic() + PATIENCE_S
    with told(folder, MEBI, Work(*CHANGING)):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            try:
                lock = Lock(folder / LOCK)
                break
            except Taken:
                if time.monotonic() > until:
                    raise LgeSynthError("The list of projects is in use.", "Try again.") from None
                time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()
