"""Opens the bytes of a DICOM file before anything of it is read.

Says how the file is written, inflates what is deflated, and has its elements walked through (see
`dicom_elements`).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from lgesynth_gui.io import gates
from lgesynth_gui.io.dicom_elements import LONG_VRS, Bytes, DataSet, Pixels, is_vr, walk
from lgesynth_gui.io.gates import AGAIN, refuse

DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
DIRECTORY = "1.2.840.10008.1.3.10"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
_OFFSETS = (0x7FE00001, 0x7FE00002)  # Extended Offset Table, its lengths
_SYNTAX, _MEDIA_CLASS = b"\2\0\x10\0", b"\2\0\2\0"


@dataclass(frozen=True)
class Stream:
    """A file's bytes and what is where in them.

    Args:
        data: What its places are in: the file, or what was deflated in it.
        syntax: Transfer syntax UID; taken from the first element when the file does not say it.
        dataset: Where its values lie.
        pixels: The pixel element, or None.
        active_preamble: The first 128 bytes are neither zero nor a TIFF header.
        offsets: Extended Offset Table and its lengths, where both are there.
    """

    data: Bytes
    syntax: str
    dataset: DataSet
    pixels: Pixels | None = None
    active_preamble: bool = False
    offsets: tuple[bytes, bytes] | None = None


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
    syntax, start = _file_meta(data, start)
    preamble = head[:128] if head[128:132] == b"DICM" else b""
    active = any(preamble) and preamble[:4] not in (b"II*\0", b"MM\0*")
    if syntax == DEFLATED:
        data, start = memoryview(_inflate(data[start:])), 0
    if not syntax:
        syntax = _guess(bytes(data[start : start + 8]))
    implicit = _is_implicit(bytes(data[start : start + 6]))
    dataset, pixels = walk(data, start, big=syntax == BIG_ENDIAN, implicit=implicit)
    places = [dataset.places.get(tag) for tag in _OFFSETS]
    tables = [bytes(data[at : at + length]) for _, at, length in filter(None, places)]
    offsets = (tables[0], tables[1]) if len(tables) == 2 else None
    return Stream(data, syntax, dataset, pixels, active, offsets)


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
    if is_vr(element[4:6]):
        return True
    return not big and int.from_bytes(element[4:8], "little") <= 1024


def _file_meta(data: Bytes, start: int) -> tuple[str, int]:
    """Transfer syntax ("" when absent), first byte behind the meta group."""
    syntax, count = "", 0
    while start + 8 <= len(data) and bytes(data[start : start + 2]) == b"\2\0":
        vr, length = (
            bytes(data[start + 4 : start + 6]),
            int.from_bytes(data[start + 6 : start + 8], "little"),
        )
        value = start + 8
        if not is_vr(vr):  # some writers use implicit elements here
            length = int.from_bytes(data[start + 4 : start + 8], "little")
        elif vr in LONG_VRS:
            length, value = int.from_bytes(data[start + 8 : start + 12], "little"), start + 12
        count += 1
        if value + length > len(data) or count > 1000:
            refuse("it is cut short or damaged", AGAIN, "HDR-02")
        element = bytes(data[start : start + 4])
        words = (
            bytes(data[value : value + min(length, 65)]).rstrip(b"\0 ").decode("ascii", "replace")
        )
        if element == _SYNTAX:
            syntax = words
        elif element == _MEDIA_CLASS and words == DIRECTORY:
            words = "it is the table of contents of a disc (DICOMDIR)"
            refuse(words, "Open the folder it lies in.", gates.DISC)
        start = value + length
    return syntax, start


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
    return not is_vr(start[4:6])
