"""What somebody let leave the program: one chain a study (see `io.chain`), on this computer only.

A file has one line of canonical JSON a record and only grows. It is its owner's alone; nothing of
it goes into an export, whose own chain knows no clock and no user.
"""

from __future__ import annotations

import getpass
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import Appender, canonical
from lgesynth_gui.io.chain import Record, broken_links, chained
from lgesynth_gui.io.failures import MEBI, Work, told
from lgesynth_gui.io.project_lock import Lock, Taken
from lgesynth_gui.io.strict_json import strict_value

FORMAT = "lgesynth trail"
SUFFIX = ".trail"
LARGEST = 256 << 20
PATIENCE_S = 5.0
NOTING = Work("Nothing was exported", "let LGESYNTH_DATA name", "It could not be noted.")


@contextmanager
def leaving(path: Path, values: Mapping[str, Any]) -> Iterator[None]:
    """Note what is about to leave the program, and at the end whether it did.

    Args:
        path: The trail.
        values: Plain values that say what; not where to, as a path may name a patient.

    Raises:
        LgeSynthError: it cannot be noted; nothing leaves then.
    """
    began = append(path, "export", values)
    try:
        yield
    except BaseException as error:
        with suppress(LgeSynthError, OSError):  # the trouble itself is told
            append(path, "not exported", {"of": began["sequence"], "why": type(error).__name__})
        raise
    with suppress(LgeSynthError, OSError):  # what is shown stays; that it was meant to is noted
        append(path, "exported", {"of": began["sequence"]})


def append(path: Path, action: str, values: Mapping[str, Any]) -> Record:
    """Add a record; it is safe on the drive when this returns.

    A line that a killed process left unfinished was never acknowledged and goes. A trail whose last
    record cannot be read is kept as `.corrupt`, and a new one says so.

    Args:
        path: The trail; made, with its folder, when it is not there.
        action: What is done.
        values: Plain values of it; time and user of the computer are added.

    Raises:
        LgeSynthError: it could not be written.
    """
    with told(path, MEBI, NOTING):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(path), told(path, MEBI, NOTING):
        begun, end = _last(path)
        fresh: list[Mapping[str, Any]] = []
        if begun is None:
            if end:
                path.replace(_free(path))
                end = 0
            fresh = [_record("begin", {"format": FORMAT, "version": 1})]
        fresh.append(_record(action, values))
        made = chained(fresh, [begun] if begun is not None else [])
        file = Appender(path, keep=end)
        try:
            file.append(b"".join(canonical(one) + b"\n" for one in made))
        finally:
            file.close()
    return made[-1]


def problems_of(path: Path) -> tuple[tuple[Record, ...], tuple[str, ...]]:
    """(records, what is wrong with them) of a trail; a record is named by its number.

    Raises:
        LgeSynthError: it is no trail.
        OSError: it cannot be read.
    """
    if not is_trail(path):
        raise LgeSynthError(f"{path.name} is no trail.", f"Choose a file *{SUFFIX}.")
    records: list[Any] = []
    with path.open("rb") as file:
        for line in file.read(LARGEST).splitlines():
            try:
                records.append(strict_value(line))
            except ValueError:
                records.append(None)
    wrong = broken_links(records, "trail")
    return tuple(one for one in records if isinstance(one, dict)), wrong


def is_trail(path: Path) -> bool:
    """Whether a file is called like a trail; never raises."""
    return path.suffix == SUFFIX and path.is_file()


def _record(action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = ""
    when = datetime.now(UTC).isoformat(timespec="milliseconds")
    return {**values, "action": action, "time": when, "user": user}


def _last(path: Path) -> tuple[Record | None, int]:
    """(the last whole record or None, bytes up to its end; all bytes when there is none)."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None, 0
    end = data.rfind(b"\n") + 1
    if not end and data:
        return None, len(data)
    line = data[data.rfind(b"\n", 0, end - 1) + 1 : end] if end else b""
    try:
        record = strict_value(line) if len(data) <= LARGEST else None
    except ValueError:
        record = None
    if isinstance(record, dict) and type(record.get("sequence")) is int and "chain" in record:
        return record, end
    return None, len(data)


def _free(path: Path) -> Path:
    names = (path.with_name(f"{path.name}{n or ''}.corrupt") for n in range(1000))
    return next(one for one in names if not one.exists())


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Only one process adds at a time."""
    until = time.monotonic() + PATIENCE_S
    with told(path, MEBI, NOTING):
        while True:
            try:
                lock = Lock(path.with_name(f".{path.name}.lock"))
                break
            except Taken:
                if time.monotonic() > until:
                    raise LgeSynthError("Another export is being noted.", "Try again.") from None
                time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()
