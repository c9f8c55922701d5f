"""Checks an exported cohort: each file by its checksum, the manifest by the files, the chain."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from lgesynth_gui.cohort.export import FORMAT
from lgesynth_gui.cohort.manifest import CHECKSUMS, CSV, JSON
from lgesynth_gui.cohort.verify import Told, Verified
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.chain import broken_links, head_of
from lgesynth_gui.io.export_files import PROVENANCE
from lgesynth_gui.io.marks import SYNTHETIC
from lgesynth_gui.io.provenance import sha256_of
from lgesynth_gui.io.strict_json import strict_value

LONGEST_LINE = 4 << 20
MAX_PROVENANCE = 64 << 20
_LINE = re.compile(r"([0-9a-f]{64})  (.{1,300})")
EVERY = 50


def is_export(folder: Path) -> bool:
    """Whether a folder is an exported cohort."""
    return (folder / CHECKSUMS).is_file()


def verify_export(folder: Path) -> Job:
    """Read every file of an exported cohort and compare.

    Args:
        folder: The export's.

    Returns:
        A job that returns `Verified`.

    Raises:
        LgeSynthError: it has no checksums.
    """
    told = Told()
    named: dict[str, str] = {}
    for number, line in enumerate(_lines(folder / CHECKSUMS), 1):
        found = _LINE.fullmatch(line.decode("utf-8", "replace").rstrip("\n"))
        if found is None or not _inside(found[2]) or found[2] in named:
            told.add(f"Line {number} of {CHECKSUMS} is no checksum.")
            continue
        named[found[2]] = found[1]
    present = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {CHECKSUMS}
    for name in sorted(named.keys() - present):
        told.add(f"{name} is missing.")
    for name in sorted(present - named.keys()):
        told.add(f"{name} has no checksum.")
    for number, name in enumerate(sorted(named.keys() & present)):
        if number % EVERY == 0:
            yield Progress(number, len(named), "checking files")
        with (folder / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != named[name]:
                told.add(f"{name} was changed.")
        if SYNTHETIC not in name:
            told.add(f"The name of {name} does not say {SYNTHETIC}.")
    count = yield from _manifest(folder, named, told)
    whole = _provenance(folder, named, told)
    return Verified(count, 0, tuple(told.kept), told.count, whole)


def _inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while line := file.readline(LONGEST_LINE):
                yield line
    except OSError as error:
        raise LgeSynthError(
            f"{path.name} cannot be read.", "Choose the export's folder."
        ) from error


def _manifest(folder: Path, named: dict[str, str], told: Told) -> Job:
    """Whether what the manifest says of each image is true of its files."""
    if not (folder / JSON).is_file():
        return 0
    listed = set(named.values())
    images: set[str] = set()
    lines = _lines(folder / JSON)
    next(lines, b"")  # its head
    for number, line in enumerate(lines, 1):
        if line.startswith(b"]}"):
            break
        if number % EVERY == 0:
            yield None
        try:
            row: Any = strict_value(line.strip().removesuffix(b","))
            name, marked = str(row["image"]), row["synthetic"] == int(row["kind"] == "synthetic")
        except (ValueError, KeyError, TypeError):
            told.add(f"Image {number} of {JSON} cannot be read.")
            continue
        if name in images:
            told.add(f"{name} is listed twice.")
        images.add(name)
        if not marked:
            told.add(f"{name} does not say truly whether it is synthetic.")
        if not row["synthetic"] and row.get("dice") is not None:
            told.add(f"{name} is a control, but has a Dice.")
        for key in ("image_sha256", "label_sha256"):
            if key in row and row[key] not in listed:
                told.add(f"A file of {name} is not the one the manifest names.")
    rows = max(0, sum(1 for _ in _lines(folder / CSV)) - 1) if (folder / CSV).is_file() else 0
    if rows < len(images):
        told.add(f"{CSV} lists fewer images than {JSON}.")
    return len(images)


def _provenance(folder: Path, named: dict[str, str], told: Told) -> str:
    path = folder / PROVENANCE
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PROVENANCE + 1)
        record: Any = strict_value(data)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise ValueError("no provenance")
    except (OSError, ValueError):
        told.add(f"{PROVENANCE} is missing or damaged.")
        return ""
    problems = broken_links(record.get("chain"))
    for problem in problems:
        told.add(problem)
    if not problems:
        steps = {one.get("action"): one.get("sha256") for one in record["chain"]}
        wanted = {
            "plan": record.get("plan"),
            "review": record.get("reviews"),
            "export": [record.get("choices"), record.get("files")],
        }
        for action, value in wanted.items():
            if steps.get(action) != sha256_of(value):
                told.add(f"What {PROVENANCE} says of the step '{action}' was changed.")
        if steps.get("paint and judge") != record.get("cohort_sha256"):
            told.add(f"The hash of the cohort in {PROVENANCE} was changed.")
        if head_of(record["chain"]) != record.get("head"):
            told.add(f"The head of the chain in {PROVENANCE} was changed.")
    files = record.get("files")
    for name, sha256 in files.items() if isinstance(files, dict) else ():
        if named.get(name) != sha256:
            told.add(f"{name} is not the one {PROVENANCE} names.")
    if canonical(record) + b"\n" != data:
        told.add(f"{PROVENANCE} is not as it was written.")
    return str(record.get("cohort_sha256", ""))
