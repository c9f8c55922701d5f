"""Takes single values out of a data set, whatever the file has put there.

A value that is missing, of the wrong kind or not finite is None or ""; nothing raises, and a
backslash in a text makes no list.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.valuerep import TEXT_VR_DELIMS

from lgesynth_gui.io.dicom_elements import CHARACTER_SET, DataSet
from lgesynth_gui.io.wire import MAX_TEXT

LONGEST = 1 << 16  # bytes of a value that are looked at
_BINARY = {
    b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"UV": "Q", b"SV": "q", b"FL": "f", b"FD": "d",
}  # fmt: skip
_OWN_LETTERS = {b"LO", b"LT", b"PN", b"SH", b"ST", b"UC", b"UT"}  # in the file's character set
_WORDS = {b"AE", b"AS", b"CS", b"DA", b"DS", b"DT", b"IS", b"TM", b"UI", b"UR"} | _OWN_LETTERS
_ESCAPE = b"\x1b"


def stated(dataset: DataSet, keyword: str) -> bool:
    """Whether an attribute is there, empty or not."""
    tag, _ = _known(keyword)
    return tag in dataset.places or tag in dataset.sequences


def keywords_in(dataset: DataSet, keywords: str) -> list[str]:
    """Those of some keywords, parted by spaces, that have a value in a data set."""
    return [keyword for tag, keyword in _tags(keywords) if tag in dataset.places]


def texts(dataset: DataSet, keyword: str) -> tuple[str, ...]:
    """All values of an attribute as text; none where it is absent or empty."""
    vr, raw = _value(dataset, keyword)
    if vr in _BINARY:
        return tuple(str(one) for one in _binary(dataset, vr, raw))
    if not raw or vr not in _WORDS:
        return ()
    parts = [_clean(one) for one in _decoded(dataset, vr, raw).split("\\")]
    return tuple(one.rstrip("=") if vr == b"PN" else one for one in parts)


def text(dataset: DataSet, keyword: str) -> str:
    """An attribute as one text; several values keep their backslashes."""
    return "\\".join(texts(dataset, keyword))[:MAX_TEXT]


def numbers(dataset: DataSet, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers, or None."""
    parts = _parts(dataset, keyword)
    if len(parts) != count:
        return None
    try:
        found = tuple(float(one) for one in parts)
    except (ValueError, OverflowError):
        return None
    return found if all(math.isfinite(one) for one in found) else None


def number(dataset: DataSet, keyword: str) -> float | None:
    """The first value as a finite number, or None."""
    try:
        found = float(_parts(dataset, keyword)[0])
    except (IndexError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def integer(dataset: DataSet, keyword: str) -> int | None:
    """A single whole number, or None."""
    found = numbers(dataset, keyword, 1)
    if found is None or found[0] != int(found[0]):
        return None
    return int(found[0])


def items(dataset: DataSet, keyword: str) -> list[DataSet]:
    """The items of a sequence; empty when it is none."""
    return dataset.sequences.get(_known(keyword)[0], [])


def _parts(dataset: DataSet, keyword: str) -> list[str] | tuple[float, ...]:
    vr, raw = _value(dataset, keyword)
    if vr in _BINARY:
        return _binary(dataset, vr, raw)
    if not raw or vr not in _WORDS:
        return ()
    return raw.rstrip(b"\0 ").decode("latin-1").split("\\")


def _value(dataset: DataSet, keyword: str) -> tuple[bytes, bytes]:
    """Value representation and first bytes of a value; nothing of either when it is absent."""
    tag, usual = _known(keyword)
    place = dataset.places.get(tag)
    if place is None:
        return b"", b""
    vr, start, length = place
    value = bytes(dataset.data[start : start + min(length, LONGEST)])
    return (usual if vr in (b"", b"UN") else vr), value


def _binary(dataset: DataSet, vr: bytes, raw: bytes) -> tuple[float, ...]:
    letter = _BINARY[vr]
    count, rest = divmod(len(raw), struct.calcsize(f"={letter}"))
    if rest:
        return ()
    return struct.unpack(f"{'>' if dataset.big else '<'}{count}{letter}", raw)


def _decoded(dataset: DataSet, vr: bytes, raw: bytes) -> str:
    if vr not in _OWN_LETTERS or (raw.isascii() and _ESCAPE not in raw):
        return raw.decode("latin-1")
    try:
        return decode_bytes(raw, _encodings(dataset), TEXT_VR_DELIMS)
    except Exception:  # noqa: BLE001 - a text that cannot be decoded is no text
        return ""


def _encodings(dataset: DataSet) -> list[str]:
    """Of a data set or, when it states none, of the one around it."""
    place = dataset.places.get(CHARACTER_SET, dataset.letters)
    if place is None:
        return convert_encodings(None)
    _, start, length = place
    names = bytes(dataset.data[start : start + min(length, LONGEST)]).decode("latin-1")
    return convert_encodings([_clean(one) for one in names.split("\\")])


@lru_cache(maxsize=16)
def _tags(keywords: str) -> tuple[tuple[int, str], ...]:
    return tuple((_known(keyword)[0], keyword) for keyword in keywords.split())


@lru_cache(maxsize=512)
def _known(keyword: str) -> tuple[int, bytes]:
    """Tag and value representation of a keyword of the standard."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag, dictionary_VR(tag).encode()


def _clean(value: str) -> str:
    if value.isascii() and value.isprintable():
        return value.strip()
    kept = "".join(one for one in value if one.isprintable())
    return kept.encode("utf-8", "replace").decode("utf-8").strip()
