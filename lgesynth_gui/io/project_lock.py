"""Who has a project open: a lock of the operating system, which ends with its process.

Beside it stands, in a small file, who holds it and since when, so that others can be told.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.processes import runs

LARGEST = 4096
_CANNOT = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL}


@dataclass(frozen=True)
class Owner:
    """Who holds a lock.

    Args:
        host: Name of the computer.
        process: Its number there.
        since: UTC, ISO 8601, seconds.
    """

    host: str = ""
    process: int = 0
    since: str = ""

    def __str__(self) -> str:
        if not self.process:
            return "another window"
        try:
            when = datetime.fromisoformat(self.since).astimezone()
        except ValueError:
            return f"another window ({self.host}, process {self.process})"
        return f"another window since {when:%d %b %H:%M} ({self.host}, process {self.process})"


class Taken(LgeSynthError):
    """The lock is held; `owner` says by whom."""

    def __init__(self, what: str, hint: str = "", owner: Owner = Owner()) -> None:
        super().__init__(what, hint)
        self.owner = owner


class Lock:
    """A lock on a name; held until `release` or the end of the process.

    Args:
        path: Of the lock file.

    Raises:
        Taken: a living process holds it.
        OSError: no file can be made there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        while True:
            self._number = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                self._take()
                if self._is_still_there():
                    break
            except BaseException:
                self._close()
                raise
            self._close()  # its former owner removed it just now: there is a new name to take
        self.owner = Owner(socket.gethostname(), os.getpid(), _now())
        text = json.dumps(asdict(self.owner)).encode()
        os.ftruncate(self._number, 0)
        os.lseek(self._number, 0, os.SEEK_SET)
        os.write(self._number, text)

    def release(self) -> None:
        """Let go, and take the file away; safe to call twice."""
        if self._number < 0:
            return
        if os.name != "nt" and self._is_still_there():
            self.path.unlink(missing_ok=True)  # while it is held, so that nobody loses a new one
        self._close()

    def _take(self) -> None:
        try:
            _lock(self._number)
        except OSError as error:
            owner = owner_in(self._number)
            if error.errno in _CANNOT and not _alive(owner):
                return  # a drive without locks: the record has to do
            raise Taken(
                f"This project is open in {owner}.",
                "Close it there, or save what you change here as another project.",
                owner,
            ) from error

    def _is_still_there(self) -> bool:
        try:
            here, there = os.fstat(self._number), self.path.stat()
        except FileNotFoundError:
            return False
        return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)

    def _close(self) -> None:
        if self._number >= 0:
            os.close(self._number)
            self._number = -1


def lock_beside(path: Path) -> Path:
    """The lock file of a project file."""
    return path.with_name(f".{path.name}.lock")


def holder_of(path: Path) -> Owner | None:
    """Who holds a lock, without keeping it; None when nobody does.

    For a moment the lock is shared with whoever asks, so who takes it should try more than once.

    Args:
        path: Of the lock file.
    """
    try:
        number = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        _lock(number, shared=True)
    except OSError as error:
        owner = owner_in(number)
        return None if error.errno in _CANNOT and not _alive(owner) else owner
    finally:
        os.close(number)
    return None


def owner_in(number: int) -> Owner:
    """The owner written in an open lock file; an empty one when it says nothing."""
    try:
        os.lseek(number, 0, os.SEEK_SET)
        found: Any = json.loads(os.read(number, LARGEST))
        host, process, since = (found[name] for name in ("host", "process", "since"))
    except (OSError, ValueError, KeyError, TypeError):
        return Owner()
    if type(host) is not str or type(process) is not int or type(since) is not str:
        return Owner()
    return Owner("".join(c for c in host if c.isprintable())[:64], process, since)


def _alive(owner: Owner) -> bool:
    """Whether a recorded owner may still be there; on another computer nobody can tell."""
    if not owner.process:
        return False
    if owner.host != socket.gethostname():
        return True
    return runs(owner.process)


def _lock(number: int, shared: bool = False) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(number, LARGEST, os.SEEK_SET)  # behind the text, which others may read
        msvcrt.locking(number, msvcrt.LK_NBLCK, 1)  # freed when it is closed
    else:
        import fcntl

        fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
