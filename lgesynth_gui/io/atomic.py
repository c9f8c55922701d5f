"""The one place that writes: whole or not at all, and never over something unasked.

Library writers truncate first: on a full disk they leave a stump where a good file was. They
write into the file yielded here instead, and the old file lives until the new one is safe.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.failures import BROKEN, CLOSED, FULL, GONE, MEBI
from lgesynth_gui.io.leftovers import sweep, temporary_name


@contextmanager
def atomic_write(
    path: Path, *, private: bool = False, verify: Callable[[Path], object] | None = None
) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends without an error.

    What a killed process leaves of it is hidden and goes with the next `leftovers.sweep`.

    Args:
        path: Final name; its folder must exist.
        private: Readable by the owner only.
        verify: Called with the finished file before it takes its place; raises if it is not good.

    Raises:
        LgeSynthError: the drive is full, closed, broken or gone.
    """
    part = temporary_name(path)
    try:
        with _told(path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            number = os.open(part, flags, 0o600 if private else 0o666)
            with os.fdopen(number, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            if verify is not None:
                verify(part)
            part.replace(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):  # what cannot be removed now is swept later
            part.unlink(missing_ok=True)


def write_json(path: Path, value: Any, *, private: bool = False) -> None:
    """Write canonical JSON (see `canonical`) and a final line end."""
    with atomic_write(path, private=private) as file:
        file.write(canonical(value) + b"\n")


def canonical(value: Any) -> bytes:
    """JSON in UTF-8 with sorted keys and no spaces; floats are written so that they come back.

    Raises:
        ValueError: a number is not finite.
    """
    text = json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return text.encode("utf-8")


class Appender:
    """A file of the owner's that only grows, by whole pieces; each is safe when `append` returns.

    Args:
        path: The file; made when it is not there.
        keep: Bytes of it that count: what lies behind them was never acknowledged and is cut off.

    Raises:
        LgeSynthError: the drive is full, closed, broken or gone.
    """

    def __init__(self, path: Path, keep: int | None = None) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._path = path
        with _told(path):
            self._number = os.open(path, flags, 0o600)
            if keep is not None:
                os.ftruncate(self._number, keep)
        self._end = os.lseek(self._number, 0, os.SEEK_END)

    def append(self, piece: bytes) -> None:
        """Add a piece; when that fails, nothing of it stays behind.

        Raises:
            LgeSynthError: the disk is full.
            OSError: the drive failed.
        """
        try:
            with _told(self._path):
                rest = memoryview(piece)
                while rest:
                    rest = rest[os.write(self._number, rest) :]
                os.fsync(self._number)
        except BaseException:
            os.ftruncate(self._number, self._end)
            raise
        self._end += len(piece)

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._number >= 0:
            os.close(self._number)
            self._number = -1


class Transaction:
    """Many files, visible together or not at all.

    Inside the `with` block `path` is a hidden folder beside the target. When the block ends
    without an error it becomes the target in one rename; otherwise it is removed.

    Args:
        folder: The folder to make; it must not exist, or be empty.

    Raises:
        LgeSynthError: the target holds files, or its drive is full or closed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = temporary_name(folder)

    def __enter__(self) -> Path:
        target = self.folder
        with _told(target):
            self._require_new(target)
            target.parent.mkdir(parents=True, exist_ok=True)
            sweep(target.parent)
            self.path.mkdir()
        return self.path

    @staticmethod
    def _require_new(target: Path) -> None:
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise LgeSynthError(f"{target.name} exists already.", "Choose a new folder.")
        if target.is_dir() and any(target.iterdir()):
            raise LgeSynthError(
                f"The folder {target.name} already holds files.", "Choose a new or empty folder."
            )

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                with _told(self.folder):
                    for one in sorted(self.path.rglob("*")):
                        if one.is_dir():
                            sync_folder(one)
                    sync_folder(self.path)
                    if os.name == "nt" and self.folder.is_dir():
                        self.folder.rmdir()  # elsewhere an empty folder is replaced in one step
                    self.path.rename(self.folder)
                    try:
                        sync_folder(self.folder.parent)
                    except BaseException:  # whoever is told that it failed must not find it
                        with suppress(OSError):
                            self.folder.rename(self.path)
                        raise
        finally:
            shutil.rmtree(self.path, ignore_errors=True)  # what cannot be removed is swept later


def nearest_folder(folder: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    place = folder.absolute()
    while not place.is_dir() and place != place.parent:
        place = place.parent
    return place


def free_bytes(folder: Path) -> int:
    """Free bytes on the drive a folder is, or will be, on."""
    return shutil.disk_usage(nearest_folder(folder)).free


def require_free_space(folder: Path, needed: int) -> None:
    """Refuse before the work starts when a drive cannot hold what will be written.

    Args:
        folder: Where; the nearest folder above it that exists is asked.
        needed: Bytes; ten percent are added.

    Raises:
        LgeSynthError: not enough space; both numbers are said.
    """
    free = free_bytes(folder)
    wanted = needed + needed // 10
    if free < wanted:
        raise LgeSynthError(
            f"{-(-wanted // MEBI)} MiB are needed and {free // MEBI} MiB are free.",
            "Free some space, or choose another drive.",
        )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the system can."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise  # some network drives cannot; they have written all they can
    finally:
        os.close(number)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Failures of a drive in words; what else goes wrong in the block passes as it is."""
    try:
        yield
    except OSError as error:
        if words := _in_words(path, error.errno):
            raise LgeSynthError(*words) from error
        raise


def _in_words(path: Path, number: int | None) -> tuple[str, str] | None:
    """(what happened, what to do), or None when it is not the drive's doing."""
    if number in FULL:
        return f"The drive is full; {path.name} was not written.", "Free some space and try again."
    if number in CLOSED:
        return f"{path.name} cannot be written there.", "Choose a folder you may write to."
    if number in GONE and not path.parent.is_dir():
        return f"The folder of {path.name} is not there any more.", "Choose another folder."
    if number in BROKEN:
        return (
            f"The drive failed ({os.strerror(number or 0)}); {path.name} was not written.",
            "Choose another drive, or try again once this one can be reached.",
        )
    return None
