"""What goes wrong with a drive, in words that say what to do and name no folder."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError

MEBI = 1 << 20
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
GONE = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE}
BROKEN = {
    getattr(errno, name)
    for name in ("EIO", "ENXIO", "ENODEV", "ESTALE", "ENOTCONN", "ETIMEDOUT", "EHOSTDOWN")
    if hasattr(errno, name)
}  # ESTALE and the last ones: a network drive that went away


@dataclass(frozen=True)
class Work:
    """Something that is written, as its failure is told.

    Args:
        failed: Begins the sentence.
        elsewhere: What to do when only the place is wrong, up to the place.
        kept: What is whole all the same, a sentence.
    """

    failed: str
    elsewhere: str
    kept: str


@contextmanager
def told(path: Path, needed: int, work: Work) -> Iterator[None]:
    """Failures of a drive in words that name no folder.

    Args:
        path: What is written; its drive's free space is said when it is full.
        needed: Bytes.
        work: What it is part of.
    """
    try:
        yield
    except (LgeSynthError, OSError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(cause, OSError) or type(error) not in (LgeSynthError, type(cause)):
            raise  # somebody else's words, a lock's for example, are better
        raise _in_words(path, needed, work, cause) from error


def _in_words(path: Path, needed: int, work: Work, cause: OSError) -> LgeSynthError:
    failed, kept = work.failed, work.kept
    if cause.errno in FULL:
        try:
            free = f"{shutil.disk_usage(path.parent).free / MEBI:.1f}"
        except OSError:
            free = "an unknown number of"
        return LgeSynthError(
            f"{failed}: the drive is full; {needed / MEBI:.1f} MB are needed and {free} MB are"
            f" free. {kept}",
            f"Free some space, or {work.elsewhere} another drive.",
        )
    elsewhere = work.elsewhere[0].upper() + work.elsewhere[1:]
    if cause.errno in CLOSED:
        return LgeSynthError(
            f"{failed}: this place cannot be written to. {kept}", f"{elsewhere} another folder."
        )
    if cause.errno in GONE:
        return LgeSynthError(
            f"{failed}: the folder is not there any more.", f"{elsewhere} another folder."
        )
    words = os.strerror(cause.errno) if cause.errno else type(cause).__name__
    return LgeSynthError(
        f"{failed}: the drive failed ({words}). {kept}", f"{elsewhere} another drive."
    )
