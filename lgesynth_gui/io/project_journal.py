"""Unsaved work on disk: generations of whole copies, and after each a journal of what followed.

A folder holds `000007.lgesynth` and `000007.journal`, and the two generations before them. The
journal has one line a record, each flushed to the drive before it counts, each with a checksum
that covers all lines before it: what a crash cut off is noticed, and so is a line that is missing
in the middle. When the newest copy is damaged, the one before it and both journals give the same.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array, content_hash
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.atomic import Appender, canonical, sync_folder
from lgesynth_gui.io.leftovers import sweep
from lgesynth_gui.io.project import Head, read_head, read_project, told, write_project
from lgesynth_gui.io.project_archive import SUFFIX, Archive
from lgesynth_gui.io.project_lock import Lock, Taken
from lgesynth_gui.io.project_pack import Packing
from lgesynth_gui.io.strict_json import strict_value

GENERATIONS = 3
JOURNAL = ".journal"
CORRUPT = ".corrupt"
LOCK = "lock"
FORMAT = "lgesynth journal"
VERSION = 1
LINE_BYTES = 64 << 20
Record = dict[str, Any]


class WorkFolder:
    """Writes the unsaved work of one window; used by one thread.

    Args:
        path: The folder; made, readable by its owner only.

    Raises:
        LgeSynthError: it cannot be written to, in words.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with told(path, 0):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock: Lock | None = Lock(path / LOCK)
        self._generation = max(_generations(path) + _generations(path, JOURNAL), default=0)
        self._sequence = 0
        self._journal: Appender | None = None
        self._chain = b""

    def snapshot(
        self,
        head: Head,
        series: LgeSeries,
        build: Callable[[Packing], Any],
        results: Sequence[SynthesisResult],
        *,
        gap: bool = True,
    ) -> Job:
        """A job that writes a whole copy and begins its journal; the oldest copies go.

        Args:
            head: What is said of it; its sequence is set here.
            series: The open series.
            build: As for `write_project`.
            results: Results in the order of their numbers.
            gap: Whether it holds something that no record of the former journal says.

        Raises:
            LgeSynthError: it could not be written; what was there is as it was.
        """
        self._end_journal()
        number = self._generation = self._generation + 1  # one that failed is not used again
        path = self.path / f"{number:06d}"
        self._sequence += gap
        head = replace(head, sequence=self._sequence)
        yield from write_project(path.with_suffix(SUFFIX), head, series, build, results)
        names = [one.pixels_sha256 or content_hash(one.pixels) for one in results]
        first = {"format": FORMAT, "version": VERSION, "generation": number, "results": names}
        with told(path, 4096):
            self._chain = b""
            journal = Appender(path.with_suffix(JOURNAL))
            try:
                self._write(journal, {**first, "sequence": self._sequence})
                sync_folder(self.path)
            except BaseException:
                journal.close()
                raise
        self._journal = journal
        oldest = sorted(_generations(self.path))[-GENERATIONS:][0]
        for suffix in (SUFFIX, JOURNAL):
            for old in _generations(self.path, suffix):
                if old < oldest:
                    (self.path / f"{old:06d}{suffix}").unlink(missing_ok=True)

    def append(self, record: Record) -> int:
        """Add a record to the journal; it is on the drive when this returns.

        Returns:
            Its number.

        Raises:
            LgeSynthError: it could not be written, or there is no copy it could follow.
        """
        if self._journal is None:
            raise LgeSynthError("There is no copy of the work yet.", "")
        with told(self.path, 1 << 16):
            try:
                self._write(self._journal, {**record, "sequence": self._sequence + 1})
            except BaseException:
                self._end_journal()  # the next thing written is a whole copy
                raise
        self._sequence += 1
        return self._sequence

    def close(self) -> None:
        """Let go of the folder; what is in it stays."""
        self._end_journal()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def discard(self) -> None:
        """Take the folder away."""
        self._end_journal()
        lock, self._lock = self._lock, None
        remove_work(self.path, lock)

    def _write(self, journal: Appender, record: Record) -> None:
        text = canonical(record)
        chain = hashlib.sha256(self._chain + text).hexdigest().encode("ascii")
        journal.append(chain + b" " + text + b"\n")
        self._chain = chain

    def _end_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


@dataclass(frozen=True, eq=False)
class Found:
    """Unsaved work that a window left behind.

    Args:
        path: Its folder.
        head: Of the newest copy that is whole; `edits` counts those of the journal, too.
        picture: Small picture of the series, uint8.
        damaged: Names under which damaged copies were kept.
        when: UTC, ISO 8601, of the last record.
        whole: Whether any copy is whole; if not, there is nothing to restore.
    """

    path: Path
    head: Head
    picture: Array
    damaged: tuple[str, ...] = ()
    when: str = ""
    whole: bool = True


def find_work(root: Path) -> Job:
    """A job that returns a list of `Found`, newest first; what a living window holds is left out.

    Args:
        root: Holds one folder a window.
    """
    found: list[Found] = []
    if not root.is_dir():
        yield None
        return found
    for folder in sorted(root.iterdir()):
        yield None
        if not folder.is_dir() or folder.is_symlink():
            continue
        try:
            lock = Lock(folder / LOCK)
        except (Taken, OSError):
            continue
        try:
            sweep(folder, 0.0)
            one = _examine(folder)
            if one is None:
                remove_work(folder, lock)
            else:
                found.append(one)
        finally:
            lock.release()
    return sorted(found, key=lambda one: (one.when, _written(one.path)), reverse=True)


def _written(folder: Path) -> int:
    """When its newest copy was written, ns: it tells apart what was kept in the same second."""
    return max((one.stat().st_mtime_ns for one in folder.glob(f"*{SUFFIX}")), default=0)


def recover(folder: Path) -> Job:
    """A job that returns (`Opened` of the newest whole copy, journal lines that follow it).

    Raises:
        LgeSynthError: no copy is whole.
    """
    for number in sorted(_generations(folder), reverse=True):
        path = folder / f"{number:06d}{SUFFIX}"
        try:
            opened = yield from read_project(path)
        except (Refused, OSError):
            continue
        return opened, list(_records(folder, number, opened.head.sequence))
    raise LgeSynthError("None of the copies of this work is whole.", "They were kept as .corrupt.")


def project_of(folder: Path) -> str:
    """Id of the saved project that a piece of work came from; "" when it was never saved."""
    for number in sorted(_generations(folder), reverse=True):
        try:
            return read_head(folder / f"{number:06d}{SUFFIX}")[0].project
        except (Refused, OSError):
            continue
    return ""


def remove_work(folder: Path, lock: Lock | None = None) -> None:
    """Take a folder of unsaved work away for good; one that a living window holds stays.

    Its lock goes last: nobody takes a folder that is half gone for work that is damaged.

    Args:
        folder: The folder.
        lock: Its lock, if it is held; let go here.
    """
    try:
        lock = lock or Lock(folder / LOCK)
    except (Taken, OSError):
        return
    try:
        for one in folder.iterdir():
            if one.name != LOCK:
                one.unlink(missing_ok=True)
    except OSError:
        pass  # what cannot go now is found, and asked about, at the next start
    finally:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)


def _examine(folder: Path) -> Found | None:
    """What a folder holds whose lock is held; None when that is nothing."""
    damaged = [one.name for one in sorted(folder.glob(f"*{CORRUPT}"))]
    for number in sorted(_generations(folder), reverse=True):
        path = folder / f"{number:06d}{SUFFIX}"
        try:
            with Archive(path) as archive:
                for _ in archive.verify():
                    pass
            head, picture = read_head(path)
        except (Refused, OSError):
            kept = path.with_name(path.name + CORRUPT)
            path.replace(kept)
            damaged.append(kept.name)
            continue
        edits, when = head.edits, head.saved
        for _, record in _records(folder, number, head.sequence):
            edits = record["edits"] if type(record.get("edits")) is int else edits
            when = record["when"] if type(record.get("when")) is str else when
        return Found(folder, replace(head, edits=edits), picture, tuple(damaged), when)
    if not damaged:
        return None  # it ended before its first copy was written
    nothing = np.zeros((1, 1), np.uint8)
    return Found(folder, Head(folder.name, "", ""), nothing, tuple(damaged), whole=False)


def _records(folder: Path, first: int, sequence: int) -> Iterator[tuple[Mapping[str, Any], Record]]:
    """(first line of its journal, record) of all records after `sequence`, without a gap."""
    for number in sorted(_generations(folder, JOURNAL)):
        if number < first:
            continue
        lines = _lines(folder / f"{number:06d}{JOURNAL}")
        header = next(lines, None)
        if header is None or header.get("format") != FORMAT or header.get("version") != VERSION:
            return
        for record in lines:
            if record.get("sequence") != sequence + 1:
                return
            sequence += 1
            yield header, record


def _lines(path: Path) -> Iterator[Record]:
    """Lines whose checksum is right, up to the first that is not."""
    chain = b""
    with path.open("rb") as file:
        while line := file.readline(LINE_BYTES):
            claimed, _, text = line.rstrip(b"\n").partition(b" ")
            right = hashlib.sha256(chain + text).hexdigest().encode("ascii")
            if claimed != right or not line.endswith(b"\n"):
                return
            try:
                value = strict_value(text)
            except ValueError:
                return
            if not isinstance(value, dict):
                return
            chain = right
            yield value


def _generations(folder: Path, suffix: str = SUFFIX) -> list[int]:
    found = (one.name.removesuffix(suffix) for one in folder.glob(f"*{suffix}"))
    return [int(name) for name in found if name.isascii() and name.isdigit()]
