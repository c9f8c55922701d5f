"""Names of what is still being written, and the removal of what a killed process left of it."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lgesynth_gui.io.processes import runs

SUFFIX = ".lgestmp"
HIDDEN = "lgesynth-work-"  # begins the names of folders for what nobody shall see
STALE_S = 24 * 3600.0
_OURS = re.compile(r"\..*\.([0-9a-f]{8})-(\d+)\.[0-9a-f]{12}" + re.escape(SUFFIX))


def temporary_name(path: Path) -> Path:
    """A hidden name in the same folder that says which process writes it, and is nobody else's."""
    return path.with_name(f".{path.name[:40]}.{_owner()}.{secrets.token_hex(6)}{SUFFIX}")


def sweep(folder: Path, older_than_s: float = STALE_S) -> int:
    """Remove what interrupted writes left in a folder; returns how many items went.

    What a process of this computer left that has ended goes at once; what may still be written to,
    or comes from elsewhere, only when it is old. Never raises: what cannot be removed stays.

    Args:
        folder: Looked at without its subfolders.
        older_than_s: Younger ones of others stay.
    """
    removed = 0
    try:
        left = [one for one in folder.iterdir() if one.name.endswith(SUFFIX)]
    except OSError:
        return 0
    for one in left:
        try:
            if not one.name.startswith(".") or not _abandoned(one, older_than_s):
                continue
            _remove(one)
        except OSError:
            continue
        removed += 1
    return removed


@contextmanager
def hidden_folder() -> Iterator[Path]:
    """A folder for files that are only looked at, gone when the block ends; its owner's alone.

    What a process left that was killed meanwhile is swept with the next one, and by
    `sweep_hidden`.
    """
    sweep_hidden()
    with tempfile.TemporaryDirectory(prefix=f"{HIDDEN}{_owner()}.") as place:
        yield Path(place)


def sweep_hidden() -> int:
    """Remove the hidden folders of processes that have ended; returns how many went."""
    removed = 0
    for left in Path(tempfile.gettempdir()).glob(f"{HIDDEN}*"):
        place, _, process = left.name.removeprefix(HIDDEN).partition(".")[0].partition("-")
        if place == _here() and process.isdigit() and not runs(int(process)):
            shutil.rmtree(left, ignore_errors=True)
            removed += not left.exists()
    return removed


def _abandoned(left: Path, older_than_s: float) -> bool:
    """Whether nobody writes to it any more."""
    ours = _OURS.fullmatch(left.name)
    if ours is not None and ours[1] == _here() and not runs(int(ours[2])):
        return True
    return time.time() - left.lstat().st_mtime >= older_than_s


def _remove(left: Path) -> None:
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left)
    else:
        left.unlink(missing_ok=True)


def _here() -> str:
    """Where numbers of processes mean what they mean here: this computer and its name space."""
    try:
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        space = ""
    return hashlib.sha256(f"{platform.node()}\0{space}".encode()).hexdigest()[:8]


def _owner() -> str:
    return f"{_here()}-{os.getpid()}"
