"""Checks the header of a safetensors file in plain Python, before any library reads it."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.registry import strict_json

MAX_HEADER = 100_000_000
BYTES = {"F16": 2, "BF16": 2, "F32": 4, "I64": 8, "I32": 4, "U8": 1}
_HINT = "Get the model again from its source."


@dataclass(frozen=True)
class TensorEntry:
    """One tensor of a file.

    Args:
        dtype: One of F16, BF16, F32, I64, I32, U8.
        shape: Its dimensions; () for a single number.
    """

    dtype: str
    shape: tuple[int, ...]

    @property
    def numbers(self) -> int:
        """How many values it holds."""
        return math.prod(self.shape)


def read_header(path: Path) -> Mapping[str, TensorEntry]:
    """Names, types and shapes of the tensors of a file, after every check of its layout.

    The header must be a JSON object shorter than the file, its types known, its dimensions 1 to
    2^31, its offsets contiguous from 0 without gap or overlap, and its end the end of the file.

    Raises:
        Refused: the layout is not that of a whole, plain safetensors file (MOD-06).
    """
    try:
        with path.open("rb") as file:
            return read_table(file, path.stat().st_size).entries
    except OSError as error:
        raise _refused("cannot be read") from error


@dataclass(frozen=True)
class Table:
    """What the header of a file says.

    Args:
        entries: Its tensors by name.
        spans: First and last byte of each, counted from the end of the header.
    """

    entries: Mapping[str, TensorEntry]
    spans: Mapping[str, tuple[int, int]]


class Readable(Protocol):
    """What is read forwards."""

    def read(self, count: int, /) -> bytes:
        """The next bytes; fewer only at the end."""


def read_table(file: Readable, size: int, most: int = MAX_HEADER) -> Table:
    """As `read_header`, from a file that is read forwards once; it stops behind the header.

    Args:
        file: At its first byte.
        size: Bytes of the whole file.
        most: Longest header that is accepted, bytes.

    Raises:
        Refused: the layout is not that of a whole, plain safetensors file (MOD-06).
    """
    start = file.read(8)
    if len(start) < 8:
        raise _refused("is cut short")
    (length,) = struct.unpack("<Q", start)
    if length > most or length + 8 > size:
        raise _refused(
            "has a header larger than itself"
            if length + 8 > size
            else "has a header that is too large"
        )
    raw = file.read(length)
    if len(raw) < length:
        raise _refused("is cut short")
    table = strict_json.parse(raw, limit=MAX_HEADER)
    if not isinstance(table, dict):
        raise _refused("has no table of tensors")
    entries: dict[str, TensorEntry] = {}
    spans: dict[str, tuple[int, int]] = {}
    for name, value in table.items():
        if name == "__metadata__":
            _check_metadata(value)
            continue
        entry, span = _entry(value)
        entries[name] = entry
        spans[name] = span
    end = 0
    for first, last in sorted(spans.values()):
        if first != end:
            raise _refused("has tensors that overlap or leave a hole")
        end = last
    if 8 + length + end != size:
        raise _refused("does not end where its table says")
    if not entries:
        raise _refused("holds no tensor")
    return Table(entries, spans)


def _refused(what: str) -> Refused:
    return Refused(f"A model's weight file {what}.", _HINT, "MOD-06")


def _check_metadata(value: object) -> None:
    good = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    if not good:
        raise _refused("has metadata that is no plain text")


def _whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _entry(value: object) -> tuple[TensorEntry, tuple[int, int]]:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise _refused("has an entry that is no tensor")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise _refused("holds numbers of an unknown type")
    if not isinstance(shape, list) or len(shape) > 8:
        raise _refused("has a tensor without a shape")
    if not all(_whole(size, 1, 2**31) for size in shape):
        raise _refused("has a tensor of an impossible shape")
    if not isinstance(offsets, list) or len(offsets) != 2:
        raise _refused("has a tensor without a place")
    if not all(_whole(place, 0, 2**48) for place in offsets):
        raise _refused("has a tensor at an impossible place")
    entry = TensorEntry(dtype, tuple(shape))
    if offsets[1] - offsets[0] != entry.numbers * BYTES[dtype]:
        raise _refused("has a tensor whose size and shape disagree")
    return entry, (offsets[0], offsets[1])
