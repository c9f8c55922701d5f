"""A study and its answers as files: `study.json` and `pictures.npz`, `readers/reader-01.json`.

The answers are written whole after each case, so that a killed program loses none. Pictures may be
of patients: the files are their owner's.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.evaluation.study import Answer, Sitting, Study, StudyPicture
from lgesynth_gui.io.atomic import atomic_write, canonical, write_json
from lgesynth_gui.io.strict_json import strict_value

FOLDER = "study"
STUDY, PICTURES, READERS = "study.json", "pictures.npz", "readers"
VERSION = 1
LARGEST = 1 << 30  # bytes of all pictures
MOST = 20_000  # pictures
LONGEST_JSON = 16 << 20
_READER = re.compile(r"reader-(\d{2,4})\.json")


def study_folder(folder: Path) -> Path | None:
    """Where a study lies: in a folder itself or in its `study`; None when there is none."""
    for one in (folder, folder / FOLDER):
        if (one / STUDY).is_file() and (one / PICTURES).is_file():
            return one
    return None


def write_study(
    folder: Path, title: str, pictures: Sequence[StudyPicture], window: float, level: float
) -> Study:
    """Write a study; the folder is made when missing.

    Args:
        folder: Where; answers to other pictures must not lie there.
        title: What the pictures are.
        pictures: All of them.
        window: Of the greys, the same for all.
        level: Its middle.

    Raises:
        LgeSynthError: somebody has answered other pictures there, or the drive is full.
    """
    if sittings_in(folder):
        raise LgeSynthError(
            "There are answers of readers in that folder already.", "Choose another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    rows = []
    for number, one in enumerate(pictures):
        arrays[f"picture_{number}"] = np.asarray(one.picture, dtype=np.float16)
        if one.scar is not None:
            arrays[f"scar_{number}"] = np.asarray(one.scar, dtype=bool)
        rows.append({"id": one.id, "group": one.group, "synthetic": one.synthetic})
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    told = {
        "version": VERSION,
        "title": title,
        "window": float(window),
        "level": float(level),
        "pictures": rows,
        "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
    }
    with atomic_write(folder / PICTURES, private=True) as file:
        file.write(packed.getbuffer())
    write_json(folder / STUDY, told, private=True)
    return read_study(folder)


def read_study(folder: Path) -> Study:
    """Read a study.

    Args:
        folder: It, or a folder whose `study` it is.

    Raises:
        LgeSynthError: there is none, or it is damaged.
    """
    place = study_folder(folder)
    if place is None:
        raise LgeSynthError(
            "There is no reader study in that folder.", "Choose another one, or make pairs."
        )
    try:
        told = _told(place / STUDY)
        if told.get("version") != VERSION:
            raise ValueError("another version")
        packed = _bytes(place / PICTURES, LARGEST)
        if hashlib.sha256(packed).hexdigest() != told["sha256"]:
            raise ValueError("the pictures are not those of the list")
        pictures = _pictures(packed, told["pictures"])
        if len({one.id for one in pictures}) != len(pictures):
            raise ValueError("a name twice")
        window, level = float(told["window"]), float(told["level"])
        digest = hashlib.sha256(canonical(told)).hexdigest()
        return Study(str(told["title"])[:400], pictures, window, level, digest)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise LgeSynthError(
            "The reader study in that folder is damaged.", "Make it again."
        ) from error


def _pictures(packed: bytes, rows: list[dict[str, Any]]) -> tuple[StudyPicture, ...]:
    if len(rows) > MOST:
        raise ValueError("too many pictures")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        if sum(one.file_size for one in archive.infolist()) > LARGEST:
            raise ValueError("the pictures are too large")
    out = []
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        for number, row in enumerate(rows):
            picture = np.asarray(arrays[f"picture_{number}"], dtype=np.float32)
            scar = arrays[f"scar_{number}"] if f"scar_{number}" in arrays.files else None
            if picture.ndim != 2 or not picture.size or not np.isfinite(picture).all():
                raise ValueError("a picture that is none")
            if scar is not None and (scar.dtype != bool or scar.shape != picture.shape):
                raise ValueError("a mask of another grid")
            synthetic = row["synthetic"]
            if not isinstance(synthetic, bool):
                raise ValueError("a picture of no kind")
            out.append(StudyPicture(str(row["id"]), str(row["group"]), picture, synthetic, scar))
    return tuple(out)


def write_sitting(folder: Path, sitting: Sitting) -> None:
    """Keep what a reader has answered so far: whole or not at all.

    Args:
        folder: The study's own.
        sitting: As it is now.

    Raises:
        LgeSynthError: the drive is full or the folder cannot be written to; the answers that
            were kept before are still there.
    """
    place = folder / READERS
    place.mkdir(exist_ok=True)
    told = {"version": VERSION, **asdict(sitting)}
    write_json(place / f"reader-{sitting.reader:02d}.json", told, private=True)


def sittings_in(folder: Path) -> tuple[Sitting, ...]:
    """What every reader has answered so far, by the readers' numbers; damaged files are left out.

    Args:
        folder: The study's own.
    """
    found = []
    for path in sorted((folder / READERS).glob("reader-*.json")):
        if _READER.fullmatch(path.name):
            try:
                found.append(_sitting(_told(path)))
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return tuple(sorted(found, key=lambda one: one.reader))


def next_reader(folder: Path) -> int:
    """The number of a new reader; a damaged file keeps its number."""
    names = [_READER.fullmatch(path.name) for path in (folder / READERS).glob("reader-*.json")]
    return 1 + max((int(one.group(1)) for one in names if one), default=0)


def _sitting(told: dict[str, Any]) -> Sitting:
    answers = tuple(
        Answer(
            str(one["id"]),
            int(one["rating"]),
            float(one["seconds"]),
            None if one["scar"] is None else (float(one["scar"][0]), float(one["scar"][1])),
        )
        for one in told["answers"]
    )
    order = tuple(str(one) for one in told["order"])
    if len(answers) > len(order) or any(a.id != b for a, b in zip(answers, order, strict=False)):
        raise ValueError("answers in another order")
    return Sitting(
        int(told["reader"]),
        int(told["seed"]),
        str(told["digest"]),
        order,
        int(told["practice"]),
        answers,
    )


def _told(path: Path) -> dict[str, Any]:
    value = strict_value(_bytes(path, LONGEST_JSON))
    if not isinstance(value, dict):
        raise ValueError("no table")
    return value


def _bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError("too large")
    return data
