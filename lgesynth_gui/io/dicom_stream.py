"""Walks the elements of a DICOM file before a library parses it.

Nothing is decoded or kept: the walk proves that every length lies inside its container, that
nesting is shallow and elements are countable, and finds where the pixels are.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Literal

from lgesynth_gui.io import gates
from lgesynth_gui.io.gates import AGAIN, refuse

UNDEFINED = 0xFFFFFFFF
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DIRECTORY = "1.2.840.10008.1.3.10"
DISC = "HDR-06"  # the code of a DICOMDIR
BIG_ENDIAN = "1.2.840.10008.1.2.2"
PIXEL_TAGS = {0x7FE00010: "PixelData", 0x7FE00008: "FloatPixelData", 0x7FE00009: "DoublePixelData"}
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_SYNTAX, _MEDIA_CLASS = b"\2\0\x10\0", b"\2\0\2\0"
Bytes = bytes | memoryview


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


@dataclass(frozen=True)
class Stream:
    """A file's bytes (inflated when they were deflated) and what is where in them.

    Args:
        data: Starts with preamble and file meta information where the file has them.
        syntax: Transfer syntax UID; taken from the first element when the file does not say it.
        has_meta: Whether the file states its transfer syntax.
        pixels: The pixel element, or None.
        active_preamble: The first 128 bytes are neither zero nor a TIFF header.
    """

    data: Bytes
    syntax: str
    has_meta: bool
    pixels: Pixels | None = None
    active_preamble: bool = False


def looks_like_dicom(head: bytes) -> bool:
    """Whether a file that begins like this is DICOM, with or without its preamble."""
    return head[128:132] == b"DICM" or _bare_start(head) is not None


def open_stream(data: Bytes) -> Stream:
    """Check the whole structure of a file.

    Raises:
        Refused: not DICOM (HDR-01), damaged structure (HDR-02), deflate bomb or damage (FIL-05).
    """
    head = bytes(data[:4096])
    if head[128:132] == b"DICM":
        start = 132
    else:
        bare = _bare_start(head)
        if bare is None:
            refuse("it is not a DICOM file", "Choose another file.", "HDR-01")
        start = bare
    if start >= len(data):
        refuse("it ends after its first bytes", AGAIN, "HDR-01")
    syntax, start, value_at = _file_meta(data, start)
    preamble = head[:128] if head[128:132] == b"DICM" else b""
    active = any(preamble) and preamble[:4] not in (b"II*\0", b"MM\0*")
    stream = Stream(data, syntax, bool(syntax), active_preamble=active)
    if syntax == DEFLATED:
        inflated = _inflate(data[start:])
        front = bytearray(data[:start])
        front[value_at : value_at + len(DEFLATED)] = EXPLICIT.ljust(len(DEFLATED), "\0").encode()
        stream = replace(stream, data=memoryview(bytes(front) + inflated))
    if not syntax:
        stream = replace(stream, syntax=_guess(bytes(data[start : start + 8])))
    implicit = _is_implicit(bytes(stream.data[start : start + 6]))
    big = stream.syntax == BIG_ENDIAN
    return replace(stream, pixels=_Walk(stream.data, big).dataset(start, implicit))


def _bare_start(head: bytes) -> int | None:
    """Start of a data set without preamble: a group 0002 or 0008 element at 0 or 128."""
    for start in (0, 128):
        group = head[start : start + 2]
        element = head[start + 2 : start + 4]
        if len(element) < 2:
            continue
        if group in (b"\2\0", b"\0\2") and element in (b"\0\0", b"\1\0", b"\2\0", b"\x10\0"):
            return start
        small = group == b"\x08\0" and element[1] == 0
        large = group == b"\0\x08" and element[0] == 0
        if (small or large) and _plausible(head[start : start + 12], big=large):
            return start
    return None


def _plausible(element: bytes, *, big: bool) -> bool:
    if len(element) < 12:
        return False
    if _is_vr(element[4:6]):
        return True
    return not big and int.from_bytes(element[4:8], "little") <= 1024


def _file_meta(data: Bytes, start: int) -> tuple[str, int, int]:
    """Transfer syntax ("" when absent), first byte behind the meta group, place of its value."""
    syntax, value_at, count = "", 0, 0
    while start + 8 <= len(data) and bytes(data[start : start + 2]) == b"\2\0":
        vr, length = (
            bytes(data[start + 4 : start + 6]),
            int.from_bytes(data[start + 6 : start + 8], "little"),
        )
        value = start + 8
        if not _is_vr(vr):  # some writers use implicit elements here
            length = int.from_bytes(data[start + 4 : start + 8], "little")
        elif vr in _LONG:
            length, value = int.from_bytes(data[start + 8 : start + 12], "little"), start + 12
        count += 1
        if value + length > len(data) or count > 1000:
            refuse("it is cut short or damaged", AGAIN, "HDR-02")
        element = bytes(data[start : start + 4])
        words = (
            bytes(data[value : value + min(length, 65)]).rstrip(b"\0 ").decode("ascii", "replace")
        )
        if element == _SYNTAX:
            syntax, value_at = words, value
        elif element == _MEDIA_CLASS and words == DIRECTORY:
            words = "it is the table of contents of a disc (DICOMDIR)"
            refuse(words, "Open the folder it lies in.", DISC)
        start = value + length
    return syntax, start, value_at


def _inflate(data: Bytes) -> bytes:
    """Inflate with a cap on what comes out."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    parts, size, rest = [], 0, bytes(data)
    try:
        while not engine.eof:
            part = engine.decompress(rest, gates.MIB)
            rest = engine.unconsumed_tail
            if not part and not rest:
                break
            size += len(part)
            if size > gates.DEFLATED_BYTES:
                words = f"it unpacks to more than {gates.DEFLATED_BYTES // gates.MIB} MiB"
                refuse(words, "Choose a smaller file.", "FIL-05")
            parts.append(part)
    except zlib.error:
        refuse("its packed contents are damaged", AGAIN, "FIL-05")
    if not engine.eof:
        refuse("its packed contents are cut short", AGAIN, "FIL-05")
    return b"".join(parts)


def _guess(start: bytes) -> str:
    """Transfer syntax of a data set that does not say it, by its first element."""
    if _is_implicit(start[:6]):
        return IMPLICIT
    return BIG_ENDIAN if start[:1] == b"\0" else EXPLICIT


def _is_implicit(start: bytes) -> bool:
    return not _is_vr(start[4:6])


def _is_vr(two: bytes) -> bool:
    return len(two) == 2 and all(65 <= one <= 90 for one in two)


@dataclass(frozen=True)
class _Level:
    """One container the walk is inside of."""

    end: int  # of the container when its length is stated, else of the one around it
    open_ended: bool
    items: bool  # a sequence (holds items) instead of a data set (holds elements)
    implicit: bool


class _Walk:
    """Goes through all elements once, without recursion."""

    def __init__(self, data: Bytes, big: bool) -> None:
        self._data = data
        self._order: Literal["big", "little"] = "big" if big else "little"
        self._levels: list[_Level] = []
        self._pixels: Pixels | None = None
        self._count = 0

    def dataset(self, at: int, implicit: bool) -> Pixels | None:
        """Walk to the end and return where the pixels are."""
        self._levels = [_Level(len(self._data), False, False, implicit)]
        while self._levels:
            level = self._levels[-1]
            if at >= level.end:
                if level.open_ended:
                    _damaged()
                self._levels.pop()
            elif at + 8 > level.end:
                if len(self._levels) > 1 or any(self._data[at:]):
                    _damaged()
                break
            else:
                self._count += 1
                if self._count > gates.ELEMENTS:
                    refuse(f"it has more than {gates.ELEMENTS} elements", AGAIN, "HDR-02")
                at = self._item(at, level) if level.items else self._element(at, level)
        return self._pixels

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], self._order)

    def _tag(self, at: int) -> int:
        return self._number(at, 2) << 16 | self._number(at + 2, 2)

    def _item(self, at: int, level: _Level) -> int:
        tag, length = self._tag(at), self._number(at + 4, 4)
        if tag == _SEQUENCE_END:
            if not level.open_ended or length:
                _damaged()
            self._levels.pop()
            return at + 8
        if tag != _ITEM:
            _damaged()
        self._push(at + 8, length, items=False, implicit=level.implicit)
        return at + 8

    def _element(self, at: int, level: _Level) -> int:
        tag = self._tag(at)
        if tag == _ITEM_END:
            if not level.open_ended or self._number(at + 4, 4):
                _damaged()
            self._levels.pop()
            return at + 8
        if tag in (_ITEM, _SEQUENCE_END):
            _damaged()
        vr, length, value = self._measure(at, level)
        top = len(self._levels) == 1
        if length == UNDEFINED:
            return self._endless(tag, vr, value, level, top=top)
        if value + length > level.end:
            refuse("it is cut short: an element is longer than the file", AGAIN, "HDR-02")
        if top and tag in PIXEL_TAGS:
            self._pixels = Pixels(PIXEL_TAGS[tag], vr, value, length)
        if vr == b"SQ" and length:
            self._push(value, length, items=True, implicit=level.implicit)
            return value
        return value + length

    def _measure(self, at: int, level: _Level) -> tuple[bytes, int, int]:
        """(VR or b"", length, first byte of the value) of the element at `at`."""
        vr = bytes(self._data[at + 4 : at + 6])
        if level.implicit or not _is_vr(vr):
            return b"", self._number(at + 4, 4), at + 8
        if vr not in _LONG:
            return vr, self._number(at + 6, 2), at + 8
        if at + 12 > level.end:
            _damaged()
        return vr, self._number(at + 8, 4), at + 12

    def _endless(self, tag: int, vr: bytes, value: int, level: _Level, *, top: bool) -> int:
        if tag in PIXEL_TAGS or vr in (b"OB", b"OW"):
            pixels = self._fragments(tag, vr, value, level)
            if top and tag in PIXEL_TAGS:
                self._pixels = pixels
            return value + pixels.length
        if vr not in (b"", b"SQ", b"UN"):
            _damaged()
        implicit = level.implicit or vr == b"UN"
        self._push(value, UNDEFINED, items=True, implicit=implicit)
        return value

    def _fragments(self, tag: int, vr: bytes, start: int, level: _Level) -> Pixels:
        at, count = start, 0
        while at + 8 <= level.end and self._tag(at) == _ITEM:
            length = self._number(at + 4, 4)
            if length == UNDEFINED or at + 8 + length > level.end:
                refuse("its compressed pixels are cut short", AGAIN, "PIX-05")
            at, count = at + 8 + length, count + 1
            if count > gates.FRAGMENTS + 1:
                break
        ended = at + 8 <= level.end and self._tag(at) == _SEQUENCE_END
        gates.fragments(count - 1, ended)
        return Pixels(PIXEL_TAGS.get(tag, ""), vr, start, at + 8 - start, True, count - 1, ended)

    def _push(self, at: int, length: int, *, items: bool, implicit: bool) -> None:
        around = self._levels[-1].end
        end = around if length == UNDEFINED else at + length
        if end > around:
            refuse("it is cut short: a part is longer than the whole", AGAIN, "HDR-02")
        self._levels.append(_Level(end, length == UNDEFINED, items, implicit))
        if sum(one.items for one in self._levels) > gates.SEQUENCE_DEPTH:
            refuse(f"it is nested more than {gates.SEQUENCE_DEPTH} deep", AGAIN, "HDR-02")


def _damaged() -> None:
    refuse("its structure is damaged", AGAIN, "HDR-02")
