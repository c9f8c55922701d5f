"""The files below a path, without opening any of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io import gates
from lgesynth_gui.io.decoder import refusal


def files_in(path: Path) -> Iterator[Path | None]:
    """The regular files of a folder in a fixed order, or the one file; None now and then.

    Links are followed only to files inside the chosen folder, special files never; both are left
    out without a word. A path that was chosen itself is refused in words instead.

    Raises:
        Refused: the path is no regular file or folder (FIL-01), or there is too much below it
            (FIL-03).
        LgeSynthError: there is nothing at the path, or it cannot be read.
    """
    try:
        if not path.is_dir():
            found = path.stat()
            try:
                gates.regular_file(found.st_mode, found.st_size, gates.DICOM_BYTES)
            except Refused as closed:
                raise refusal(path, closed.what, closed.hint, closed.code) from None
            yield path
            return
        yield from _below(path, path.resolve(), 0, [0])
    except OSError as error:
        words = error.strerror or type(error).__name__
        raise LgeSynthError(f"{path.name} cannot be opened: {words}.", "Check the path.") from None


def _below(folder: Path, root: Path, depth: int, count: list[int]) -> Iterator[Path | None]:
    if depth > gates.FOLDER_DEPTH:
        words = f"has folders more than {gates.FOLDER_DEPTH} deep"
        raise Refused(f"{root.name} {words}.", "Open a smaller part of it.", "FIL-03")
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    folders = []
    for entry in listed:
        count[0] += 1
        if count[0] > gates.FOLDER_ENTRIES:
            words = f"holds more than {gates.FOLDER_ENTRIES} files"
            raise Refused(f"{root.name} {words}.", "Open a smaller part of it.", "FIL-03")
        if count[0] % 1000 == 0:
            yield None
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            folders.append(path)
        elif entry.is_file(follow_symlinks=False) or _link_inside(entry, root):
            yield path
    for inner in folders:
        yield from _below(inner, root, depth + 1, count)


def _link_inside(entry: os.DirEntry[str], root: Path) -> bool:
    if not entry.is_symlink():
        return False
    try:
        target = Path(entry.path).resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return target.is_file() and target.is_relative_to(root)
