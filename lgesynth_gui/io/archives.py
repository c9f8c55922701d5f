"""Opens a zipped folder of scans: its files are unpacked under limits into a folder of ours.

What is declared in an archive is not believed: sizes and ratios are counted while unpacking. No
name of the archive becomes a path before it has been checked. The unpacked files hold somebody's
scans: the folder can be read by its owner only, and goes with the program, or, if that was
killed, when an archive is opened the next time (on Windows a day later: there nobody can ask
whether a program still runs).
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import stat
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io import gates
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.io.decoder import refusal
from lgesynth_gui.io.processes import runs

MAGIC = b"PK\x03\x04"
ENTRIES = 20_000
TOTAL_BYTES = 4 << 30
RATIO = 100  # of an entry's size to what it takes in the archive
SMALL = 1 << 20  # bytes below which the ratio does not matter
CHUNK = 1 << 20
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # zipfile reads others without a bound
DAY_S = 86_400.0
PREFIX = "lgesynth-unpacked-"
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ ()+=@,-]{0,99}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_HINT = "Unpack it yourself and open the folder."


def is_archive(path: Path) -> bool:
    """Whether a regular file starts as a ZIP archive does."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def unpack(path: Path) -> Job:
    """Unpack a ZIP archive into a folder of its own.

    Archives inside the archive are left as they are.

    Args:
        path: The archive.

    Returns:
        A job that returns the folder; it is removed when the program ends.

    Raises:
        Refused: no sound archive, an entry that leads elsewhere, is locked or a link, names that
            collide, or more than the limits allow (FIL-04).
        OSError: the disk is full or cannot be written.
    """
    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    done = False
    try:
        with zipfile.ZipFile(path) as archive:
            entries = _checked(path, archive)
            _room(path, folder, sum(entry.file_size for entry, _ in entries))
            total = 0
            for number, (entry, name) in enumerate(entries):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                for size in _written(path, archive, entry, target):
                    total += size
                    if total > TOTAL_BYTES:
                        raise _no(path, f"it holds more than {TOTAL_BYTES >> 30} GiB")
                    yield None
                yield Progress(number + 1, len(entries), "unpacking")
        done = True
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise _no(path, "it is damaged, or packed in a way that is not known") from error
    finally:
        if not done:
            shutil.rmtree(folder, ignore_errors=True)
    return folder


def _checked(path: Path, archive: zipfile.ZipFile) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files of an archive with the names they get."""
    listed = archive.infolist()
    if len(listed) > ENTRIES:
        raise _no(path, f"it holds more than {ENTRIES} files")
    found: dict[str, str] = {}
    out = []
    for number, entry in enumerate(listed):
        if entry.flag_bits & 1:
            raise _no(path, "it is locked with a password")
        if entry.compress_type not in PACKED:
            raise _no(path, "it is packed in a way whose size cannot be limited")
        kind = entry.external_attr >> 16
        if kind and stat.S_IFMT(kind) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _no(path, "it holds a link or a special file")
        name = _safe(path, entry.filename, number)
        if entry.is_dir():
            continue
        if name.lower() in found:
            raise _no(path, "it holds two files of the same name")
        found[name.lower()] = name
        out.append((entry, name))
    if not out:
        raise _no(path, "it is empty")
    for name in found:
        if any(str(folder) in found for folder in PurePosixPath(name).parents):
            raise _no(path, "it holds a file and a folder of the same name")
    return out


def _safe(path: Path, name: str, number: int) -> str:
    """A relative name below our folder; parts that are not plain become numbers of ours."""
    parts = PurePosixPath(name).parts
    if "\\" in name or "\0" in name or name.startswith("/") or ".." in parts or ":" in name:
        raise _no(path, "a name in it leads out of the folder")
    if len(parts) > gates.FOLDER_DEPTH:
        raise _no(path, f"it has folders more than {gates.FOLDER_DEPTH} deep")
    kept = [part if _is_plain(part) else f"part-{zlib.crc32(part.encode()):08x}" for part in parts]
    if parts and not _is_plain(parts[-1]):
        kept[-1] = f"file-{number}{_suffix(parts[-1])}"
    return "/".join(kept)


def _is_plain(part: str) -> bool:
    ends = part[-1:] in (".", " ")
    return bool(_PLAIN.fullmatch(part)) and not ends and not _RESERVED.fullmatch(part)


def _suffix(name: str) -> str:
    found = re.search(r"(\.nii|\.img|\.hdr|\.dcm|\.ima)(\.gz)?$", name, re.IGNORECASE)
    return found.group(0).lower() if found else ""


def _written(
    path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path
) -> Iterator[int]:
    """Unpack one entry; the bytes of each chunk."""
    size = 0
    with archive.open(entry) as packed, atomic_write(target) as file:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            if size > max(SMALL, RATIO * max(entry.compress_size, 1)):
                raise _no(path, f"a file in it unpacks to more than {RATIO} times its size")
            if size > gates.DICOM_BYTES:
                raise _no(path, f"a file in it is larger than {gates.DICOM_BYTES >> 20} MiB")
            file.write(chunk)
            yield len(chunk)


def _room(path: Path, folder: Path, needed: int) -> None:
    if needed > TOTAL_BYTES:
        raise _no(path, f"it holds more than {TOTAL_BYTES >> 30} GiB")
    free = shutil.disk_usage(folder).free
    if 1.1 * needed > free:
        raise refusal(
            path,
            f"unpacking it needs {needed >> 20} MB and {free >> 20} MB are free",
            "Free some space.",
            "FIL-04",
        )


def _no(path: Path, clause: str) -> Refused:
    return refusal(path, clause, _HINT, "FIL-04")


def _old(folder: Path) -> bool:
    """Whether a folder of Windows, where owners cannot be asked, is older than a day."""
    try:
        return os.name == "nt" and time.time() - folder.stat().st_mtime > DAY_S
    except OSError:
        return False


def _sweep() -> None:
    """Remove what programs left that ended without being able to."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = left.name.removeprefix(PREFIX).split("-")[0]
        if owner.isdigit() and (not runs(int(owner)) or _old(left)):
            shutil.rmtree(left, ignore_errors=True)
