"""What an exported file says of itself: its record, the files listed there, and what was changed.

Reads JSON and hashes bytes only; pixels are opened elsewhere, by the decoder process.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io import gates
from lgesynth_gui.io.chain import broken_links, head_of
from lgesynth_gui.io.decoder import refusal, shown_name
from lgesynth_gui.io.export_files import CHECKSUMS
from lgesynth_gui.io.marks import SYNTHETIC
from lgesynth_gui.io.provenance import FORMAT, chain_of, identifiers_of
from lgesynth_gui.io.strict_json import strict_value

MAX_RECORD = 8 << 20
MAX_FILES = 2000
DEEPEST = 4  # parts of a listed name: nnU-Net and EMIDEC layouts have folders of their own
SIDECAR = "_synth.json"
RECORD = "provenance.json"
VOLUME = f"nifti/{SYNTHETIC}_LGE.nii.gz"
DERIVATION = "DerivationDescription"
SEALED = ("subject", "files", "chain", "head")  # what an export adds to the record of its result
_HINT = "Choose a file or folder that this program exported, with its provenance beside it."
_CHUNK = 1 << 20
_IS = ("is", "are")


@dataclass(frozen=True, eq=False)
class Evidence:
    """An export as it lies on the disk.

    Args:
        root: The folder its file names count from.
        record: What its provenance says, without what the export added.
        derivation: The sidecar's words on how it was made, or "".
        sealed: The record names all files and their checksums, and the subject made of it.
        files: What is to be compared: name in the record -> where it is.
        problems: What was changed since the export, a sentence each.
        notes: What is only worth knowing, a sentence each.
    """

    root: Path
    record: Mapping[str, Any]
    derivation: str = ""
    sealed: bool = False
    files: Mapping[str, Path] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def record_beside(path: Path) -> Path | None:
    """The provenance of an exported file or folder, or None when it has none.

    Args:
        path: The record, a file listed in it, the folder of the export, or one of its subfolders.
    """
    if path.suffix == ".json":
        return path if path.is_file() else None
    if path.is_dir():
        inside = _only(path, RECORD) or _only(path, SIDECAR)
        return inside or _above(path)
    whole = _above(path)
    if path.name.endswith(".nii.gz"):
        own = path.with_name(path.name.removesuffix(".nii.gz") + SIDECAR)
        return whole or (own if own.is_file() else _only(path.parent, SIDECAR))
    return whole


def _above(path: Path) -> Path | None:
    """The record of the export that a file or subfolder of it lies in."""
    found = (_only(folder, RECORD) for folder in list(path.parents)[:DEEPEST])
    return next((one for one in found if one is not None), None)


def is_exported(path: Path) -> Job:
    """A job that returns whether something was exported by this program, in a moment.

    Never raises: what cannot be read was not.
    """
    yield None
    try:
        found = record_beside(path)
        if found is None:
            return False
        record = read_record(found)
    except (LgeSynthError, OSError):
        return False
    if path == found or path.is_dir():
        return True
    listed = record.get("files")
    names = {PurePosixPath(name).name for name in listed} if isinstance(listed, dict) else set()
    return path.name in names or found.name.endswith(SIDECAR)


def read_record(path: Path) -> dict[str, Any]:
    """The JSON of a provenance record or sidecar.

    Raises:
        Refused: it is no such file (AUD-01).
        OSError: it cannot be read.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise refusal(path, "it is not a regular file", _HINT, "FIL-01")
    with path.open("rb") as file:
        data = file.read(MAX_RECORD + 1)
    try:
        if len(data) > MAX_RECORD:
            raise ValueError("too large")
        record = strict_value(data)
    except ValueError as error:
        raise refusal(path, "it is not a provenance record", _HINT, "AUD-01") from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise refusal(path, "it is not a provenance record", _HINT, "AUD-01")
    return record


def find(path: Path) -> Job:
    """Find the record of an exported thing and hash the files that belong to it.

    Returns:
        A job that returns `Evidence`.

    Raises:
        Refused: nothing there was exported by this program (AUD-01), or it lists more than it may.
        LgeSynthError: there is nothing at the path.
    """
    yield Progress(0, 0, "looking")
    if not path.exists():
        raise LgeSynthError("There is nothing at that place.", "Check the path.")
    found = record_beside(path)
    if found is None:
        words = f"{shown_name(path)} has no provenance record with it."
        raise Refused(words, _HINT, "AUD-01")
    told = read_record(found)
    if found.name.endswith(SIDECAR) or "files" not in told:
        return (yield from _by_sidecar(found, told))
    return (yield from _by_record(path, found, told))


def _by_sidecar(path: Path, told: dict[str, Any]) -> Job:
    """Only a volume and its sidecar: nothing lists checksums, unless the whole export is here."""
    yield None
    above = _only(path.parent.parent, RECORD)
    if above is not None and "files" in read_record(above):
        return (yield from _by_record(path, above, read_record(above)))
    record = {key: value for key, value in told.items() if key not in (DERIVATION, *SEALED)}
    volume = path.with_name(path.name.removesuffix(SIDECAR) + ".nii.gz")
    files = {VOLUME: volume} if volume.is_file() else {}
    notes = () if files else ("The volume is not beside its sidecar.",)
    return Evidence(path.parent, record, str(told.get(DERIVATION, "")), False, files, (), notes)


def _by_record(path: Path, record_path: Path, told: dict[str, Any]) -> Job:
    listed = told["files"]
    if not isinstance(listed, dict) or len(listed) > MAX_FILES:
        raise refusal(record_path, "its list of files is not valid", _HINT, "AUD-01")
    root = record_path.parent
    record = {key: value for key, value in told.items() if key not in SEALED}
    problems, notes = [], []
    if told.get("subject") != identifiers_of(record).subject:
        problems.append("The record was changed: the subject's number is not made of it.")
    problems += _chain(told, record)
    if "chain" not in told:
        notes.append("It was exported by a version of the program that made no chain of records.")
    problems += _checksums(root, record_path, listed)
    here = {str(name): place for name in listed if (place := _inside(root, name)) is not None}
    chosen = _chosen(path, root, record_path, here)
    hashes: dict[Path, str] = {}
    for done, (name, place) in enumerate(here.items()):
        if name not in chosen and not name.endswith(".json"):
            continue
        yield Progress(done, len(here), "hashing")
        if not place.is_file() or place.is_symlink():
            continue
        hashes[place] = yield from _sha256(place)
        if hashes[place] != listed[name]:
            problems.append(f"{PurePosixPath(name).name} was changed since the export.")
    if path in (root, record_path) and not _sums(root)[0].is_file():
        notes.append("The list of checksums is not here.")
    if path == root and (more := _unlisted(root, record_path, here)):
        notes.append(f"{more} file{'s' * (more != 1)} here {_IS[more != 1]} not in the record.")
    if lost := [name for name in here if not here[name].is_file()]:
        notes.append(f"{len(lost)} of {len(listed)} listed files are not here.")
    if len(here) < len(listed):
        problems.append("The record lists files outside its folder.")
    if path.is_file() and path not in here.values() and path not in (record_path, *_sums(root)):
        problems.append(f"{shown_name(path)} is not in the list of its record.")
    problems += _sidecars(here, record)
    files = {name: here[name] for name in chosen if here[name].is_file()}
    return Evidence(root, record, "", True, files, tuple(problems), tuple(notes))


def _chosen(path: Path, root: Path, record: Path, here: Mapping[str, Path]) -> tuple[str, ...]:
    """Names of the listed files that somebody wants to have compared."""
    if path in (root, record, *_sums(root)):
        return tuple(here)
    if path.is_dir():
        return tuple(name for name, place in here.items() if place.is_relative_to(path))
    if path.name.endswith(SIDECAR):
        volume = path.with_name(path.name.removesuffix(SIDECAR) + ".nii.gz")
        return tuple(name for name, place in here.items() if place in (path, volume))
    return tuple(name for name, place in here.items() if place == path)


def _inside(root: Path, name: Any) -> Path | None:
    """Where a listed file must be; None for a name that leads elsewhere."""
    if not isinstance(name, str) or len(name) > 200 or "\\" in name or "\0" in name:
        return None
    parts = PurePosixPath(name).parts
    if not parts or len(parts) > DEEPEST or ".." in parts or PurePosixPath(name).is_absolute():
        return None
    if any(":" in part for part in parts):
        return None
    return root.joinpath(*parts)


def _unlisted(root: Path, record: Path, here: Mapping[str, Path]) -> int:
    """How many files lie in the folder that the export did not write."""
    known = {record, *_sums(root), *here.values()}
    places = itertools.islice(root.rglob("*"), MAX_FILES)
    return sum(place.is_file() and place not in known for place in places)


def _sums(root: Path) -> tuple[Path, ...]:
    return (root / CHECKSUMS,)


def _chain(told: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[str]:
    """The chain of records must hold, and say what the record says."""
    chain = told.get("chain")
    if chain is None and "head" not in told:
        return
    if broken := broken_links(chain):
        yield from broken
        return
    assert isinstance(chain, list)
    if told.get("head") != head_of(chain):
        yield f"Record {len(chain) + 1} of the chain is missing."
    wanted = chain_of(record, told["files"])
    for here, there in zip(chain, wanted, strict=False):
        for name in different_fields(there.get("sha256"), here.get("sha256")):
            yield f"The record's {name} is not what record {here['sequence']} of the chain says."
    if len(chain) != len(wanted) or [one.get("action") for one in chain] != [
        one["action"] for one in wanted
    ]:
        yield "The chain does not tell the steps of an export."


def _checksums(root: Path, record: Path, listed: Mapping[str, Any]) -> Iterator[str]:
    """The list of checksums must be the one that follows from the record, byte by byte."""
    (path,) = _sums(root)
    try:
        with path.open("rb") as file:
            text = file.read(gates.MIB)
        hashes = {**listed, record.name: hashlib.sha256(record.read_bytes()).hexdigest()}
    except OSError:
        return
    if text == "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode():
        return
    lines = (line.partition("  ") for line in text.decode("utf-8", "replace").splitlines())
    if {name: sha256 for sha256, _, name in lines}.get(record.name) != hashes[record.name]:
        yield "The record is not the one in the list of checksums."
    yield f"{path.name} was changed since the export."


def _sidecars(here: Mapping[str, Path], record: Mapping[str, Any]) -> Iterator[str]:
    """Sidecars must say what the record says."""
    for name, place in here.items():
        if not name.endswith(SIDECAR) or not place.is_file():
            continue
        try:
            told = read_record(place)
        except LgeSynthError:
            yield f"{PurePosixPath(name).name} is no record any more."
            continue
        told.pop(DERIVATION, None)
        if parts := different_fields(record, told):
            yield f"{PurePosixPath(name).name} says something else than the record: {parts[0]}."


def different_fields(first: Any, second: Any, near: float = 0.0, at: str = "") -> tuple[str, ...]:
    """Names of the places where two plain values differ, as "request.seed".

    Args:
        first: A value of JSON.
        second: Another.
        near: How far numbers may be apart.
        at: Name of the place.
    """
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return tuple(
            found
            for key in sorted({*map(str, first), *map(str, second)})
            for found in different_fields(
                first.get(key, _NOTHING), second.get(key, _NOTHING), near, _joined(at, key)
            )
        )
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        if len(first) != len(second):
            return (at,)
        pairs = zip(first, second, strict=True)
        return tuple(dict.fromkeys(f for a, b in pairs for f in different_fields(a, b, near, at)))
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (first, second))
    if numbers and near:
        return () if abs(first - second) <= near else (at,)
    return () if type(first) is type(second) and first == second else (at,)


_NOTHING = object()


def _joined(at: str, key: str) -> str:
    plain = "".join(one for one in key if one.isprintable())[:40]
    return f"{at}.{plain}" if at else plain


def _only(folder: Path, ending: str) -> Path | None:
    """The one file of a folder whose name ends like that; None when there is none or more."""
    try:
        with os.scandir(folder) as entries:
            found = [entry.path for entry in entries if entry.name.endswith(ending)][:2]
    except OSError:
        return None
    return Path(found[0]) if len(found) == 1 else None


def _sha256(path: Path) -> Job:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            digest.update(block)
            yield None
    return digest.hexdigest()
