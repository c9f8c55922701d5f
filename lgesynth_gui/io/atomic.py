"""The one place that writes: whole or not at all, and never over something unasked.

Library writers truncate first: on a full disk they leave a stump where a good file was. They
write into the file yielded here instead, and the old file lives until the new one is safe.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from lgesynth_gui.core.errors import LgeSynthError

SUFFIX = ".lgestmp"
MEBI = 1 << 20
STALE_S = 24 * 3600.0
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def atomic_write(
    path: Path, *, private: bool = False, verify: Callable[[Path], object] | None = None
) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `path` when the block ends without an error.

    Args:
        path: Final name; its folder must exist.
        private: Readable by the owner only.
        verify: Called with the finished file before it takes its place; raises if it is not good.

    Raises:
        LgeSynthError: the disk is full or the folder cannot be written to.
    """
    part = _beside(path)
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

    Raises:
        LgeSynthError: the disk is full or the folder cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._path = path
        with _told(path):
            self._number = os.open(path, flags, 0o600)
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
        self.path = _beside(folder)

    def __enter__(self) -> Path:
        target = self.folder
        if target.is_symlink() or (target.exists() and not target.is_dir()):
            raise LgeSynthError(f"{target.name} exists already.", "Choose a new folder.")
        if target.is_dir() and any(target.iterdir()):
            raise LgeSynthError(
                f"The folder {target.name} already holds files.", "Choose a new or empty folder."
            )
        with _told(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            self.path.mkdir()
        return self.path

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                with _told(self.folder):
                    for one in sorted(self.path.rglob("*")):
                        if one.is_dir():
                            sync_folder(one)
                    sync_folder(self.path)
                    if self.folder.is_dir():
                        self.folder.rmdir()
                    self.path.rename(self.folder)
                    sync_folder(self.folder.parent)
        finally:
            if self.path.exists():
                shutil.rmtree(self.path)


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


def sweep(folder: Path, older_than_s: float = STALE_S) -> int:
    """Remove what interrupted writes left in a folder; returns how many items went.

    Args:
        folder: Looked at without its subfolders.
        older_than_s: Younger ones may still be written to and stay.
    """
    removed = 0
    for one in folder.glob(f".*{SUFFIX}"):
        if time.time() - one.lstat().st_mtime < older_than_s:
            continue
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)
        removed += 1
    return removed


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


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}{SUFFIX}")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise LgeSynthError(
                f"The drive is full; {path.name} was not written.", "Free some space and try again."
            ) from error
        if error.errno in CLOSED:
            raise LgeSynthError(
                f"{path.name} cannot be written there.", "Choose a folder you may write to."
            ) from error
        raise
