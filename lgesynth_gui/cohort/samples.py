"""A sample on the drive: what was painted, and beside it a record that says how and how well.

Kept are the pixels that may differ from the host, and the label maps around them; the rest is the
host's. The record is the truth the index is made from; nothing in it depends on a clock or a place,
so the same plan gives the same bytes.

Where somebody put a fix of a sample into the cohort (`fixes`), it lies beside the sample as it was
made, which stays, and is what everybody reads.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.atomic import atomic_write, canonical
from lgesynth_gui.io.provenance import request_values, verdict_values
from lgesynth_gui.io.strict_json import strict_value

FOLDER = "samples"
FORMAT = "lgesynth cohort sample"
VERSION = 1
A_FOLDER = 1000  # samples in one
ENDINGS = ("json", "npz")
MAX_RECORD = 4 << 20
MAX_PIXELS = 64 << 20
ARRAYS = ("pixels", "edited", "requested", "measured")
FIX = "fix"  # in the record of a fix, and in the names of its files
FIX_RECORD, ASIDE = f"{FIX}.json", ".aside"
_HINT = "Make it again: lgesynth cohort rebuild, then run."


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample as it is stored.

    Args:
        record: Plain values; `block` says which.
        pixels: The bytes of its arrays; b"" for a control or an error.
    """

    record: Mapping[str, Any]
    pixels: bytes = b""

    @property
    def index(self) -> int:
        """Its number in the cohort."""
        return int(self.record["index"])


def pack_arrays(result: SynthesisResult) -> bytes:
    """The arrays of a result where they say something, as a compressed npz file."""
    slices = list(result.slices)
    own = {name: getattr(result, name)[slices] for name in ARRAYS}
    there = (own["edited"] | (own["requested"] > 0) | (own["measured"] > 0)).any(axis=0)
    rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
    box = (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1)
    cut = (slice(None), slice(box[0], box[1]), slice(box[2], box[3]))
    arrays: dict[str, Array] = {
        "box": np.array(box, dtype="<i4"),
        "slices": np.array(slices, dtype="<i4"),
    }
    for name, whole in own.items():
        part = np.ascontiguousarray(whole[cut])
        arrays[name] = part.astype(part.dtype.newbyteorder("<"), copy=False)
    return npz_bytes(arrays)


def npz_bytes(arrays: Mapping[str, Array]) -> bytes:
    """Arrays as a compressed npz file; the same arrays give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as whole:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            whole.writestr(entry, part.getvalue())
    return made.getvalue()


@dataclass(frozen=True, eq=False)
class Painted:
    """A sample's arrays on its host's grid; `(slice, row, column)`.

    Args:
        slices: Those that were painted.
        pixels: The whole stack, as the host elsewhere.
        edited: Where it may differ from the host.
        requested: What was drawn, in the painted slices.
        measured: What the judge read there.
    """

    slices: tuple[int, ...]
    pixels: Array
    edited: Mask
    requested: LabelMap
    measured: LabelMap


def unpack_arrays(data: bytes, host: LgeSeries) -> Painted:
    """What `pack_arrays` packed, put into its host.

    Raises:
        LgeSynthError: the file is damaged or does not belong to the host.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            slices = [int(one) for one in stored["slices"]]
            top, bottom, left, right = (int(one) for one in stored["box"])
            parts = {name: stored[name] for name in ARRAYS}
        shape = (len(slices), bottom - top, right - left)
        kinds = {"pixels": host.pixels.dtype.newbyteorder("<"), "edited": np.dtype(bool)}
        fits = all(
            part.shape == shape and part.dtype == kinds.get(name, np.dtype(np.uint8))
            for name, part in parts.items()
        )
        inside = 0 <= top < bottom <= host.shape[1] and 0 <= left < right <= host.shape[2]
        known = slices == sorted(set(slices)) and all(0 <= i < host.shape[0] for i in slices)
        if not (fits and inside and known and slices):
            raise ValueError("another grid")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise LgeSynthError("The pixels of a sample are damaged.", _HINT) from error
    whole: dict[str, Array] = {"pixels": host.pixels.copy()}
    whole["edited"] = np.zeros(host.shape, dtype=bool)
    whole["requested"], whole["measured"] = (np.zeros(host.shape, dtype=np.uint8) for _ in "rm")
    for name, part in parts.items():
        for number, index in enumerate(slices):
            whole[name][index, top:bottom, left:right] = part[number]
    return Painted(tuple(slices), **whole)


def result_values(result: SynthesisResult) -> dict[str, Any]:
    """What a record says of a result: its request without the contours, verdict and scores."""
    request = request_values(result.request)
    del request["contours"]  # the host's own
    return {
        "request": request,
        "slices": [int(index) for index in result.slices],
        "captions": [[int(index), text] for index, text in result.captions],
        "verdict": verdict_values(result.verdict),
        "scores": {name: float(value) for name, value in result.scores},
        "models": [list(one) for one in result.models],
        "pixels_sha256": result.pixels_sha256,
    }


def file_of(folder: Path, index: int, ending: str) -> Path:
    """Where a file of a sample lies: a thousand samples a folder."""
    return folder / FOLDER / f"{index // A_FOLDER:05d}" / f"{index:08d}.{ending}"


def record_bytes(sample: Sample) -> bytes:
    """A sample's record as it is stored; it names the hash of its arrays."""
    record = dict(sample.record)
    record["arrays_sha256"] = hashlib.sha256(sample.pixels).hexdigest() if sample.pixels else ""
    return canonical(record) + b"\n"


def made_files(folder: Path, index: int) -> tuple[Path, ...]:
    """The files of a sample as it was made, those that are there."""
    both = (file_of(folder, index, ending) for ending in ENDINGS)
    return tuple(path for path in both if path.is_file())


def bytes_of(folder: Path, index: int) -> int:
    """Size of a sample's files, those of its fix among them."""
    files = (*made_files(folder, index), *_fix_files(folder, index))
    return sum(path.stat().st_size for path in files)


def has_fix(folder: Path, index: int) -> bool:
    """Whether somebody put a fix of a sample into the cohort."""
    return file_of(folder, index, FIX_RECORD).is_file()


def set_fix_aside(folder: Path, index: int) -> None:
    """From now on a sample is again what was made; its fix stays under names that nobody reads."""
    for path in _fix_files(folder, index):
        path.replace(path.with_name(path.name + ASIDE))


def has_fix_aside(folder: Path, index: int) -> bool:
    """Whether a fix of a sample was set aside and none was put in since."""
    record = file_of(folder, index, FIX_RECORD)
    return not record.is_file() and record.with_name(record.name + ASIDE).is_file()


def bring_fix_back(folder: Path, index: int) -> None:
    """The opposite of `set_fix_aside`; the record comes last, as when it was written."""
    record = file_of(folder, index, FIX_RECORD)
    pixels = sorted(record.parent.glob(f"{index:08d}.{FIX}-*.npz{ASIDE}"))
    for path in (*pixels, record.with_name(record.name + ASIDE)):
        path.replace(path.with_name(path.name.removesuffix(ASIDE)))


def tries_of(record: Mapping[str, Any]) -> int:
    """Of how many pictures of its drawing a sample is the chosen one; 0 when nothing was painted.

    A fix has the tries of its sample in its record, too: what the run needed does not change.
    """
    return int(record[FIX]["tries"]) if FIX in record else len(record.get("tries") or ())


def _fix_files(folder: Path, index: int) -> tuple[Path, ...]:
    """The files of a sample's fix, its record first; () without one."""
    record = file_of(folder, index, FIX_RECORD)
    if not record.is_file():
        return ()
    return (record, *sorted(record.parent.glob(f"{index:08d}.{FIX}-*.npz")))


def _pixels_of(folder: Path, index: int, sha256: str, *, fix: bool) -> Path:
    """Where arrays lie; a fix's are named by hash: newer ones can be written beside them."""
    return file_of(folder, index, f"{FIX}-{sha256[:16]}.npz" if fix else "npz")


def store(folder: Path, sample: Sample) -> tuple[str, int]:
    """Write a sample or a fix, its record last: a sample with a record is whole.

    Returns:
        SHA-256 of the record, and the bytes of both files.

    Raises:
        LgeSynthError: the drive is full, closed or gone.
    """
    fix, index = FIX in sample.record, sample.index
    place = file_of(folder, index, FIX_RECORD if fix else "json")
    pixels = _pixels_of(folder, index, hashlib.sha256(sample.pixels).hexdigest(), fix=fix)
    place.parent.mkdir(parents=True, exist_ok=True)
    if sample.pixels:
        with atomic_write(pixels) as file:
            file.write(sample.pixels)
    data = record_bytes(sample)
    with atomic_write(place) as file:
        file.write(data)
    if fix:
        for older in _fix_files(folder, index)[1:]:
            if older != pixels:
                older.unlink()
    return hashlib.sha256(data).hexdigest(), len(data) + len(sample.pixels)


def read_record(folder: Path, index: int, *, made: bool = False) -> tuple[dict[str, Any], str]:
    """A sample's record and its SHA-256.

    Args:
        folder: The cohort's.
        index: The sample's number.
        made: As it was made, even if there is a fix.

    Raises:
        FileNotFoundError: the sample is not made yet.
        LgeSynthError: the record is damaged.
    """
    fix = not made and has_fix(folder, index)
    with file_of(folder, index, FIX_RECORD if fix else "json").open("rb") as file:
        data = file.read(MAX_RECORD + 1)
    try:
        record: Any = strict_value(data) if len(data) <= MAX_RECORD else None
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise ValueError("no record")
        if record.get("version") != VERSION or record.get("index") != index:
            raise ValueError("another record")
        told = record.get(FIX)
        if fix != (told is not None) or (fix and not _is_fix(told)):
            raise ValueError("a fix in the place of a sample, or a sample in that of a fix")
    except ValueError as error:
        raise LgeSynthError(f"The record of sample {index} is damaged.", _HINT) from error
    return record, hashlib.sha256(data).hexdigest()


def _is_fix(told: Any) -> bool:
    kinds = {"of": str, "by": str, "tries": int}
    return isinstance(told, dict) and all(type(told.get(k)) is kind for k, kind in kinds.items())


def read_arrays(folder: Path, record: Mapping[str, Any]) -> bytes:
    """The bytes of a sample's arrays; b"" when it has none.

    Raises:
        LgeSynthError: they are missing or not those of the record.
    """
    wanted, index = record.get("arrays_sha256"), int(record["index"])
    if not wanted:
        return b""
    try:
        with _pixels_of(folder, index, str(wanted), fix=FIX in record).open("rb") as file:
            data = file.read(MAX_PIXELS + 1)
    except OSError as error:
        raise LgeSynthError(f"The pixels of sample {index} are missing.", _HINT) from error
    if hashlib.sha256(data).hexdigest() != wanted:
        raise LgeSynthError(f"The pixels of sample {index} are damaged.", _HINT)
    return data


def kept_fix(folder: Path, number: int) -> tuple[dict[str, Any], str] | None:
    """Record and SHA-256 of a sample's fix, if it is whole; a damaged one is set aside."""
    if not has_fix(folder, number):
        return None
    try:
        record, sha256 = read_record(folder, number)
        read_arrays(folder, record)
    except LgeSynthError:
        set_fix_aside(folder, number)
        return None
    return record, sha256


def stored_numbers(folder: Path) -> Iterator[int]:
    """Numbers of the samples that have a record, ascending."""
    place = folder / FOLDER
    if not place.is_dir():
        return
    for part in sorted(place.iterdir()):
        if part.name.isdigit() and part.is_dir():
            for path in sorted(part.glob("*.json")):
                if path.stem.isdigit():
                    yield int(path.stem)
