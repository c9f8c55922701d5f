"""The figures of a run in the format that TensorBoard reads, beside `events.jsonl`.

The format is three fields of a protocol buffer in records with a check sum, written here because
the package that writes it brings a web server along. Sources: `tensorflow/core/util/event.proto`,
`summary.proto` and `lib/io/record_writer.cc`; CRC-32C after RFC 3720, appendix B.4.
"""

from __future__ import annotations

import math
import os
import struct
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import Appender

FOLDER = "tensorboard"


class Board:
    """The writing end; a run that goes on begins another file, as TensorBoard expects.

    A drive without room for it costs the curves only: it stays silent from then on.

    Args:
        folder: The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._file: Appender | None = None
        try:
            place = folder / FOLDER
            place.mkdir(exist_ok=True)
            name = f"events.out.tfevents.{time.time_ns() // 10**6}.{os.getpid()}"
            self._file = Appender(place / name)
        except (LgeSynthError, OSError):
            return
        self._append(_double(1, time.time()) + _text(3, "brain.Event:2"))

    def add(self, step: int, figures: Mapping[str, float]) -> None:
        """Write the figures of a step."""
        values = b"".join(
            _text(1, _text(1, name) + _float(2, value))
            for name, value in figures.items()
            if math.isfinite(value)
        )
        self._append(_double(1, time.time()) + _whole(2, step) + _text(5, values))

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _append(self, event: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.append(record(event))
        except (LgeSynthError, OSError):
            self.close()


def record(data: bytes) -> bytes:
    """A record: length, its check sum, the data, their check sum; all little-endian."""
    length = struct.pack("<Q", len(data))
    return length + struct.pack("<I", masked(length)) + data + struct.pack("<I", masked(data))


def masked(data: bytes) -> int:
    """CRC-32C, rotated and shifted so that the sum of a sum is none."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The Castagnoli check sum, polynomial 0x1EDC6F41 (reflected 0x82F63B78)."""
    crc, table = 0xFFFFFFFF, _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    rows = []
    for value in range(256):
        row = value
        for _ in range(8):
            row = row >> 1 ^ (0x82F63B78 if row & 1 else 0)
        rows.append(row)
    return tuple(rows)


def _whole(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _double(number: int, value: float) -> bytes:
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def _float(number: int, value: float) -> bytes:
    return _varint(number << 3 | 5) + struct.pack("<f", value)


def _text(number: int, value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])
