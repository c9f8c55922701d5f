"""Walks the elements of a DICOM data set: proves its structure and says where each value lies.

Nothing is decoded: the walk proves that every length lies inside its container, that nesting is
shallow and elements are countable. What `dicom_values` reads of a file is read at the places
found here, so there is one opinion only on what is where.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from pydicom.datadict import dictionary_VR

from lgesynth_gui.io import gates
from lgesynth_gui.io.gates import AGAIN, refuse

UNDEFINED = 0xFFFFFFFF
PIXEL_TAGS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoublePixelData"}
LONG_VRS = {
    b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV",
}  # fmt: skip
CHARACTER_SET = 0x00080005
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
Bytes = bytes | memoryview
Place = tuple[bytes, int, int]


@dataclass(frozen=True)
class Pixels:
    """Where the top-level pixel element lies.

    Args:
        keyword: Its keyword.
        vr: Its value representation, b"" when implicit.
        start: First byte of its value.
        length: Bytes of its value; for compressed pixels up to and with the end delimiter.
        encapsulated: Compressed: the value is a list of fragments.
        parts: Fragments without the offset table.
        ended: The end delimiter is there.
    """

    keyword: str
    vr: bytes
    start: int
    length: int
    encapsulated: bool = False
    parts: int = 0
    ended: bool = True


@dataclass(eq=False, slots=True)
class DataSet:
    """A data set or an item of a sequence: where its values lie.

    Args:
        data: The bytes it lies in.
        big: Its numbers are big-endian.
        letters: Where the Specific Character Set lies that holds unless it states one, or None.
        places: Tag -> value representation (b"" when implicit), first byte, length.
        sequences: Tag -> items.
    """

    data: Bytes
    big: bool = False
    letters: Place | None = None
    places: dict[int, Place] = field(default_factory=dict)
    sequences: dict[int, list[DataSet]] = field(default_factory=dict)


def is_vr(two: bytes) -> bool:
    """Whether these may be the letters of a value representation."""
    return len(two) == 2 and two.isalpha() and two.isupper()


def walk(data: Bytes, at: int, *, big: bool, implicit: bool) -> tuple[DataSet, Pixels | None]:
    """The data set that begins at `at` and ends with the data, and where its pixels are.

    Raises:
        Refused: damaged structure (HDR-02, PIX-05).
    """
    found = _Walk(data, big)
    return found.dataset(at, implicit), found.pixels


class _Level(NamedTuple):
    """One container the walk is inside of: a sequence holds items, a data set elements."""

    end: int  # of the container when its length is stated, else of the one around it
    open_ended: bool
    implicit: bool
    dataset: DataSet  # the one it is, or that its items lie in
    items: list[DataSet] | None = None  # of a sequence


class _Walk:
    """Goes through all elements once, without recursion."""

    def __init__(self, data: Bytes, big: bool) -> None:
        self._data, self._big = data, big
        order = ">" if big else "<"
        self._explicit = struct.Struct(f"{order}HH2sH").unpack_from
        self._plain = struct.Struct(f"{order}HHI").unpack_from
        self._long = struct.Struct(f"{order}I").unpack_from
        self._levels: list[_Level] = []
        self._count = 0
        self.pixels: Pixels | None = None

    def dataset(self, at: int, implicit: bool) -> DataSet:
        """Walk to the end."""
        whole = DataSet(self._data, self._big)
        levels = self._levels = [_Level(len(self._data), False, implicit, whole)]
        while levels:
            level = levels[-1]
            if at >= level.end:
                if level.open_ended:
                    _damaged()
                levels.pop()
            elif at + 8 > level.end:
                if len(levels) > 1 or any(self._data[at:]):
                    _damaged()
                break
            else:
                self._count += 1
                if self._count > gates.ELEMENTS:
                    refuse(f"it has more than {gates.ELEMENTS} elements", AGAIN, "HDR-02")
                at = self._element(at, level) if level.items is None else self._item(at, level)
        return whole

    def _item(self, at: int, level: _Level) -> int:
        group, element, length = self._plain(self._data, at)
        tag = group << 16 | element
        if tag == _SEQUENCE_END:
            if not level.open_ended or length:
                _damaged()
            self._levels.pop()
        elif tag == _ITEM and level.items is not None:
            around = level.dataset
            letters = around.places.get(CHARACTER_SET, around.letters)
            item = DataSet(self._data, self._big, letters)
            level.items.append(item)
            self._push(at + 8, length, level.implicit, item)
        else:
            _damaged()
        return at + 8

    def _element(self, at: int, level: _Level) -> int:
        group, element, vr, length = self._explicit(self._data, at)
        tag, value = group << 16 | element, at + 8
        if group == 0xFFFE:
            if tag == _ITEM_END:
                if not level.open_ended or any(self._data[at + 4 : at + 8]):
                    _damaged()
                self._levels.pop()
                return value
            if tag in (_ITEM, _SEQUENCE_END):
                _damaged()
        if level.implicit or not is_vr(vr):
            vr, (length,) = b"", self._long(self._data, at + 4)
        elif vr in LONG_VRS:
            value = at + 12
            if value > level.end:
                _damaged()
            (length,) = self._long(self._data, at + 8)
        if length == UNDEFINED:
            return self._endless(tag, vr, value, level)
        if value + length > level.end:
            refuse("it is cut short: an element is longer than the file", AGAIN, "HDR-02")
        if tag in PIXEL_TAGS and len(self._levels) == 1:
            self.pixels = Pixels(PIXEL_TAGS[tag], vr, value, length)
        elif vr == b"SQ" or (vr in (b"", b"UN") and _is_sequence(tag)):
            items: list[DataSet] = []
            level.dataset.sequences[tag] = items
            if length:
                implicit = level.implicit or vr != b"SQ"
                self._push(value, length, implicit, level.dataset, items)
            return value
        level.dataset.places[tag] = vr, value, length
        return int(value + length)

    def _endless(self, tag: int, vr: bytes, value: int, level: _Level) -> int:
        if tag in PIXEL_TAGS or vr in (b"OB", b"OW"):
            pixels = self._fragments(tag, vr, value, level)
            if len(self._levels) == 1 and tag in PIXEL_TAGS:
                self.pixels = pixels
            return value + pixels.length
        if vr not in (b"", b"SQ", b"UN"):
            _damaged()
        items: list[DataSet] = []
        level.dataset.sequences[tag] = items
        implicit = level.implicit or vr == b"UN"
        self._push(value, UNDEFINED, implicit, level.dataset, items)
        return value

    def _fragments(self, tag: int, vr: bytes, start: int, level: _Level) -> Pixels:
        at, count, ended = start, 0, False
        while at + 8 <= level.end and count <= gates.FRAGMENTS + 1:
            group, element, length = self._plain(self._data, at)
            ended = group << 16 | element == _SEQUENCE_END
            if group << 16 | element != _ITEM:
                break
            if length == UNDEFINED or at + 8 + length > level.end:
                refuse("its compressed pixels are cut short", AGAIN, "PIX-05")
            at, count = at + 8 + length, count + 1
        gates.fragments(count - 1, ended)
        return Pixels(PIXEL_TAGS.get(tag, ""), vr, start, at + 8 - start, True, count - 1, ended)

    def _push(
        self,
        at: int,
        length: int,
        implicit: bool,
        dataset: DataSet,
        items: list[DataSet] | None = None,
    ) -> None:
        around = self._levels[-1].end
        end = around if length == UNDEFINED else at + length
        if end > around:
            refuse("it is cut short: a part is longer than the whole", AGAIN, "HDR-02")
        self._levels.append(_Level(end, length == UNDEFINED, implicit, dataset, items))
        if sum(one.items is not None for one in self._levels) > gates.SEQUENCE_DEPTH:
            refuse(f"it is nested more than {gates.SEQUENCE_DEPTH} deep", AGAIN, "HDR-02")


@lru_cache(maxsize=4096)
def _is_sequence(tag: int) -> bool:
    """Whether the standard says so."""
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False


def _damaged() -> None:
    refuse("its structure is damaged", AGAIN, "HDR-02")
