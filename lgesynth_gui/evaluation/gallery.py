"""Pictures that a run keeps of its rows: one file each, kept as soon as done, read with suspicion.

They may be of patients: the files are their owner's.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lgesynth_gui.evaluation.parts import slug
from lgesynth_gui.io.atomic import atomic_write, canonical
from lgesynth_gui.io.strict_json import strict_value

FOLDER = "pictures"
SHAPE = (128, 128)
MOST = 1024  # pictures of a file
LARGEST = 256 << 20  # bytes of a file, unpacked
_TOLD = "told"
Floats = npt.NDArray[np.float32]
Masks = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Shown:
    """The first cases of a row.

    Args:
        row: The system or control.
        names: Pattern or donor of each.
        hosts: Number of each one's patient.
        dice: The judge's.
        pictures: Normalised, `(n, 128, 128)`; kept in half precision.
        wishes: Scars that were asked for, or are there.
        found: What the judge sees.
    """

    row: str
    names: tuple[str, ...]
    hosts: tuple[int, ...]
    dice: tuple[float, ...]
    pictures: Floats
    wishes: Masks
    found: Masks

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, eq=False)
class Alike:
    """The pictures of a row that are most alike to training slices, the most alike first.

    Args:
        row: The system or control.
        copies: How many pictures of the row are called a copy.
        likeness: Over the limit of each; above 1 it is called a copy.
        correlation: With the slice beside it; NaN where a reader's features are what is alike.
        pictures: Normalised, `(n, 128, 128)`; kept in half precision.
        slices: The training slice each is most alike to.
        painted: The part that is compared.
    """

    row: str
    copies: int
    likeness: tuple[float, ...]
    correlation: tuple[float, ...]
    pictures: Floats
    slices: Floats
    painted: Masks

    def __len__(self) -> int:
        return len(self.likeness)


Kept = TypeVar("Kept", Shown, Alike)


class Gallery:
    """The pictures that are there.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._held: dict[tuple[type, str], Any] = {}

    def get(self, kind: type[Kept], row: str) -> Kept | None:
        """A row's; None when they are not there, or damaged, and have to be made again."""
        if (kind, row) not in self._held:
            try:
                with self._path(kind, row).open("rb") as file:
                    data = file.read(LARGEST + 1)
                self._held[kind, row] = _READ[kind](row, data)
            except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
                return None
        found: Kept = self._held[kind, row]
        return found

    def keep(self, some: Shown | Alike) -> None:
        """Write a row's pictures; from now on they are what `get` reads back.

        Raises:
            LgeSynthError: the drive is full or closed.
        """
        told, arrays = _told_of(some)
        arrays[_TOLD] = np.frombuffer(canonical(told), dtype=np.uint8)
        packed = io.BytesIO()
        np.savez_compressed(packed, **arrays)
        self._folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._path(type(some), some.row), private=True) as file:
            file.write(packed.getbuffer())
        self._held.pop((type(some), some.row), None)

    def _path(self, kind: type, row: str) -> Path:
        return self._folder / f"{kind.__name__.lower()}--{slug(row)}.npz"


def _told_of(some: Shown | Alike) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is told in words and numbers, and the arrays."""
    if isinstance(some, Shown):
        told: dict[str, Any] = {"row": some.row, "names": some.names, "hosts": some.hosts}
        told["dice"] = some.dice
        return told, {
            "pictures": some.pictures.astype(np.float16),
            "wishes": some.wishes,
            "found": some.found,
        }
    correlation = [one if math.isfinite(one) else None for one in some.correlation]
    told = {"row": some.row, "copies": some.copies, "likeness": some.likeness}
    return {**told, "correlation": correlation}, {
        "pictures": some.pictures.astype(np.float16),
        "slices": some.slices.astype(np.float16),
        "painted": some.painted,
    }


def _shown(row: str, data: bytes) -> Shown:
    told, arrays = _unpacked(data, row, {"names", "hosts", "dice"}, _SHOWN)
    count = len(arrays["pictures"])
    return Shown(
        row,
        tuple(_text(one) for one in _listed(told["names"], count)),
        tuple(_whole(one) for one in _listed(told["hosts"], count)),
        tuple(_number(one) for one in _listed(told["dice"], count)),
        arrays["pictures"].astype(np.float32),
        arrays["wishes"],
        arrays["found"],
    )


def _alike(row: str, data: bytes) -> Alike:
    told, arrays = _unpacked(data, row, {"copies", "likeness", "correlation"}, _ALIKE)
    count = len(arrays["pictures"])
    return Alike(
        row,
        _whole(told["copies"]),
        tuple(_number(one) for one in _listed(told["likeness"], count)),
        tuple(
            math.nan if one is None else _number(one) for one in _listed(told["correlation"], count)
        ),
        arrays["pictures"].astype(np.float32),
        arrays["slices"].astype(np.float32),
        arrays["painted"],
    )


_SHOWN = {"pictures": np.float16, "wishes": np.bool_, "found": np.bool_}
_ALIKE = {"pictures": np.float16, "slices": np.float16, "painted": np.bool_}
_READ: Mapping[type, Any] = {Shown: _shown, Alike: _alike}


def _unpacked(
    data: bytes, row: str, names: set[str], kinds: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a file holds; nothing else than what is written passes."""
    if len(data) > LARGEST:
        raise ValueError("too large")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(one.file_size for one in archive.infolist()) > LARGEST:
            raise ValueError("too large")
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        if set(held.files) != {_TOLD, *kinds}:
            raise ValueError("other arrays")
        text = held[_TOLD]
        if text.dtype != np.uint8 or text.ndim != 1:
            raise ValueError("no text")
        told = strict_value(text.tobytes())
        arrays = {name: held[name] for name in kinds}
    if not isinstance(told, dict) or set(told) != {"row", *names} or told["row"] != row:
        raise ValueError("of another row")
    count = len(arrays["pictures"])
    for name, kind in kinds.items():
        one = arrays[name]
        if one.dtype != kind or one.shape != (count, *SHAPE) or not 0 < count <= MOST:
            raise ValueError("arrays of another kind")
        if not np.isfinite(one).all():
            raise ValueError("pictures without an end")
    return told, arrays


def _listed(value: Any, count: int) -> list[Any]:
    if not isinstance(value, list) or len(value) != count:
        raise ValueError("no list of the pictures")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError("no name")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("no count")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("no number")
    return float(value)
