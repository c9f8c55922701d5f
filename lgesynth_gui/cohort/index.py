"""The index of a cohort: one SQLite file that answers quickly, and can be made anew at any time.

The truth are the records beside the samples and the reviewers' own files; a row is written after
the sample is in place. One process writes, any number read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui.cohort.samples import (
    bytes_of,
    has_fix,
    read_arrays,
    read_record,
    stored_numbers,
)
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.failures import Work, told

INDEX = "index.sqlite"
VERSION = 1
APPLICATION = 0x4C474553  # "LGES": what kind of SQLite file this is
EVERY = 200  # rows between two signs of life
WRITING = Work("The index of the cohort could not be written", "write to", "No sample is lost.")
_SCHEMA = """
create table if not exists samples (
  number integer primary key, part integer not null, heart text not null, status text not null,
  accepted integer not null, tries integer not null, passed integer not null,
  dice real, co_dice real, area real,
  size text not null, depth text not null, segment integer not null, segments text not null,
  pattern text not null, error text not null, sha256 text not null,
  bytes integer not null, seconds real not null
) without rowid;
create index if not exists by_status on samples (status, accepted);
create table if not exists blocks (
  first integer primary key, attempts integer not null, error text not null
) without rowid;
"""
_COLUMNS = (
    "number", "part", "heart", "status", "accepted", "tries", "passed", "dice",
    "co_dice", "area", "size", "depth", "segment", "segments", "pattern", "error",
    "sha256", "bytes", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One sample as the index knows it.

    Args:
        number: In the cohort.
        part: Of the plan.
        heart: Host's number.
        status: "PASS", "CHECK", "FAIL", "BLOCKED", "NOT JUDGED", "CONTROL" or "ERROR".
        accepted: The gate lets it through (see `quality.gate.acceptable`).
        tries: Noises it was given.
        passed: Of which were accepted.
        dice: The judge's, of the one that was kept; None when not judged.
        co_dice: The co-judge's.
        area: Drawn scar, mm2.
        size, depth, segment, segments: Its bin; "" and 0 and () without scar.
        pattern: Name, or "".
        error: Why there is none, one sentence.
        sha256: Of its record.
        bytes: Of its files; 0 when unknown.
        seconds: It took; not part of anything that is compared.
    """

    number: int
    part: int
    heart: str
    status: str
    accepted: bool = False
    tries: int = 0
    passed: int = 0
    dice: float | None = None
    co_dice: float | None = None
    area: float | None = None
    size: str = ""
    depth: str = ""
    segment: int = 0
    segments: tuple[int, ...] = ()
    pattern: str = ""
    error: str = ""
    sha256: str = ""
    bytes: int = 0
    seconds: float = 0.0


def entry_of(
    record: Mapping[str, Any], part: int, sha256: str, size: int = 0, seconds: float = 0.0
) -> Entry:
    """A row of the index from a sample's record."""
    place: Mapping[str, Any] = record.get("place") or {}
    verdict: Mapping[str, Any] = record.get("verdict") or {}
    tries: Sequence[Mapping[str, Any]] = record.get("tries") or ()
    return Entry(
        number=int(record["index"]),
        part=part,
        heart=str(record["heart"]),
        status=str(record["status"]),
        accepted=record.get("accepted") is True,
        tries=len(tries),
        passed=sum(one.get("accepted") is True for one in tries),
        dice=verdict.get("dice"),
        co_dice=verdict.get("co_judge_dice"),
        area=place.get("area_mm2"),
        size=str(place.get("size", "")),
        depth=str(place.get("depth", "")),
        segment=int(place.get("segment", 0)),
        segments=tuple(int(one) for one in place.get("segments", ())),
        pattern=str(record.get("pattern", "")),
        error=str(record.get("error", "")),
        sha256=sha256,
        bytes=size,
        seconds=seconds,
    )


@dataclass(frozen=True)
class Group:
    """Painted samples of one bin.

    Args:
        size, depth, segment, segments: The bin, as in `Entry`.
        painted: How many.
        kept: Which the gate let through as they were made.
        accepted: Which stand in the cohort as accepted, fixed ones among them.
        tries: Noises they were given.
        passed: Of which were accepted.
    """

    size: str
    depth: str
    segment: int
    segments: tuple[int, ...]
    painted: int
    kept: int
    accepted: int
    tries: int
    passed: int


class Index:
    """An open index.

    Args:
        folder: The cohort's.
        writes: Whether rows will be written; else the file must be there already.

    Raises:
        LgeSynthError: it is no index, of another version, or cannot be opened.
    """

    def __init__(self, folder: Path, *, writes: bool = False) -> None:
        self.folder = folder
        self.path = folder / INDEX
        if not writes and not self.path.is_file():
            raise LgeSynthError("The cohort has no index yet.", "Run it first.")
        with told(self.path, 0, WRITING), _readable():
            self._open(writes)

    def _open(self, writes: bool) -> None:
        how = "rwc" if writes else "ro"
        self._base = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode={how}", uri=True)
        self._base.execute("pragma busy_timeout = 5000")
        if writes:
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = full")
        (version,) = self._base.execute("pragma user_version").fetchone()
        (kind,) = self._base.execute("pragma application_id").fetchone()
        if version == 0 and writes:
            self._base.executescript(_SCHEMA)
            self._base.execute(f"pragma application_id = {APPLICATION}")
            self._base.execute(f"pragma user_version = {VERSION}")
            self._base.commit()
        elif version != VERSION or kind != APPLICATION:
            self._base.close()
            raise LgeSynthError(
                "The index of the cohort is of another version.",
                f"Remove {INDEX}; it is made anew from the samples.",
            )

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._base.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, entries: Iterable[Entry]) -> None:
        """Write rows, all or none; they are on the drive when this returns.

        Raises:
            LgeSynthError: the drive is full or closed.
        """
        rows = [[_cell(getattr(one, name)) for name in _COLUMNS] for one in entries]
        marks = ",".join("?" * len(_COLUMNS))
        self._write(f"insert or replace into samples values ({marks})", rows)

    def failed(self, first: int, attempts: int, error: str) -> None:
        """Note that a block could not be worked off.

        Args:
            first: Number of its first sample.
            attempts: How often it was tried; 0 forgets it.
            error: Why, one sentence.
        """
        if attempts:
            self._write("insert or replace into blocks values (?,?,?)", [[first, attempts, error]])
        else:
            self._write("delete from blocks where first = ?", [[first]])

    def forget(self, block: range) -> None:
        """Take a block's samples out, and what is noted of its failures."""
        self._write("delete from samples where number = ?", [[number] for number in block])
        self.failed(block.start, 0, "")

    def _write(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        with told(self.path, 0, WRITING), _readable(), self._base:
            self._base.executemany(statement, rows)

    def numbers(self) -> set[int]:
        """Samples that are made."""
        return {one for (one,) in self._rows("select number from samples")}

    def attempts(self) -> dict[int, tuple[int, str]]:
        """Blocks that failed: first sample to (attempts, error)."""
        found = self._rows("select first, attempts, error from blocks")
        return {first: (attempts, error) for first, attempts, error in found}

    def entries(
        self, where: str = "", values: Sequence[Any] = (), order: str = "number", limit: int = -1
    ) -> Iterator[Entry]:
        """Rows in order.

        Args:
            where: SQL condition of ours, or "".
            values: For its question marks.
            order: SQL order of ours.
            limit: At most so many; -1 = all.
        """
        condition = f"where {where}" if where else ""
        names = ",".join(_COLUMNS)
        asked = f"select {names} from samples {condition} order by {order} limit ?"
        for row in self._rows(asked, (*values, limit)):
            yield _entry(row)

    def find(
        self, where: str = "", values: Sequence[Any] = (), order: str = "number"
    ) -> tuple[int, ...]:
        """Numbers of samples in order; cheaper than `entries`, also for a million.

        Args:
            where: SQL condition of ours, or "".
            values: For its question marks.
            order: SQL order of ours.
        """
        condition = f"where {where}" if where else ""
        asked = f"select number from samples {condition} order by {order}"
        return tuple(one for (one,) in self._rows(asked, values))

    def counts(self) -> dict[str, int]:
        """How many samples have which status."""
        return dict(self._rows("select status, count(*) from samples group by status"))

    def accepted(self) -> int:
        """How many samples the gate lets through."""
        (count,) = next(self._rows("select count(*) from samples where accepted"))
        return int(count)

    def bytes(self) -> int:
        """Size of the samples' files."""
        (size,) = next(self._rows("select total(bytes) from samples"))
        return int(size)

    def seconds(self) -> tuple[float, int]:
        """(seconds spent, noises tried) of all samples."""
        spent, tries = next(self._rows("select total(seconds), total(tries) from samples"))
        return float(spent), int(tries)

    def groups(self) -> Iterator[Group]:
        """Painted samples counted by bin, so that a large cohort is not read row by row."""
        found = self._rows(
            "select size, depth, segment, segments, count(*), sum(passed > 0), sum(accepted),"
            " sum(tries), sum(passed) from samples where tries > 0"
            " group by size, depth, segment, segments"
        )
        for size, depth, segment, segments, *counts in found:
            yield Group(size, depth, segment, _segments(segments), *counts)

    def timed(self) -> tuple[float, int, int, int, int]:
        """(seconds, samples, noises, kept, noises accepted) of painted samples with a time.

        An index that was made anew knows no times.
        """
        row = next(
            self._rows(
                "select total(seconds), count(*), sum(tries), sum(passed > 0), sum(passed)"
                " from samples where tries > 0 and seconds > 0"
            )
        )
        spent, *counts = (one or 0 for one in row)
        samples, tries, kept, passed = (int(one) for one in counts)
        return float(spent), samples, tries, kept, passed

    def digest_rows(self) -> Iterator[tuple[int, str]]:
        """(number, SHA-256 of the record) of every sample, ascending."""
        yield from self._rows("select number, sha256 from samples order by number")

    def _rows(self, asked: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        with _readable(), closing(self._base.execute(asked, values)) as found:
            yield from found


def rebuild(folder: Path) -> Job:
    """Make the index anew from the records of the samples.

    Args:
        folder: The cohort's.

    Returns:
        A job that returns how many samples it found; those whose record or pixels are damaged are
        left out, and made again by the next run.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    from lgesynth_gui.cohort.plan import PLAN, read_plan

    plan = read_plan(folder / PLAN)
    for name in (INDEX, f"{INDEX}-wal", f"{INDEX}-shm"):
        (folder / name).unlink(missing_ok=True)
    count, waiting = 0, []
    with Index(folder, writes=True) as index:
        for number in stored_numbers(folder):
            try:
                for made in (True, False) if has_fix(folder, number) else (True,):
                    record, sha256 = read_record(folder, number, made=made)
                    read_arrays(folder, record)
                part, _ = plan.part_at(number)
            except (LgeSynthError, IndexError):
                continue
            waiting.append(entry_of(record, part, sha256, bytes_of(folder, number)))
            count += 1
            if len(waiting) == EVERY:
                index.put(waiting)
                waiting.clear()
                yield Progress(count, plan.count, "reading samples")
        index.put(waiting)
    return count


@contextmanager
def _readable() -> Iterator[None]:
    """Turns what SQLite says into our sentences."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "full" in text:
            raise LgeSynthError(
                "The drive is full.", "Free some space; no sample is lost."
            ) from error
        raise LgeSynthError(
            "The index of the cohort cannot be used.",
            f"Remove {INDEX}; it is made anew from the samples.",
        ) from error


def _cell(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, tuple) else value


def _entry(row: Sequence[Any]) -> Entry:
    values = dict(zip(_COLUMNS, row, strict=True))
    values["accepted"] = bool(values["accepted"])
    values["segments"] = _segments(values["segments"])
    return Entry(**values)


def _segments(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in text.split(",")) if text else ()
