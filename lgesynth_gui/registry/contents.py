"""Looks into the files of a model that nobody vouches for: weights, vocabularies, notes, cards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.registry import strict_json
from lgesynth_gui.registry.cards import ModelCard
from lgesynth_gui.registry.header import Table, read_table

MAX_TABLE = 8 << 20  # bytes of a header: a table of some 50,000 tensors
MAX_TEXT = 4 << 20
CHUNK = 1 << 20  # a multiple of every number's size
_HINT = "Get the model again from its source."
_PROGRAMS = (
    b"PK", b"\x7fELF", b"MZ", b"#!", b"\x93NUMPY", b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"Rar!",
    b"\xfd7zXZ", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa",
    b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05",
)  # fmt: skip
_MARKUP = re.compile(r"<[A-Za-z/!?]|&#|&[a-z]{2,8};|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]"
                     r"|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # fmt: skip


def check_start(data: bytes) -> None:
    """No program, archive or pickle under the name of something else.

    Args:
        data: First bytes of a file.

    Raises:
        Refused: it is one (MOD-23).
    """
    if data.startswith(_PROGRAMS):
        raise Refused(
            "A file of the model is a program, an archive or a pickle under another name.",
            _HINT,
            "MOD-23",
        )


def check_text(data: bytes) -> None:
    """A vocabulary or a note: UTF-8 without control characters.

    Raises:
        Refused: it is something else (MOD-23).
    """
    check_start(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("A text of the model is no UTF-8 text.", _HINT, "MOD-23") from error
    if "\0" in text:
        raise Refused("A text of the model is no plain text.", _HINT, "MOD-23")


def check_json(data: bytes) -> None:
    """A JSON file beside the card: small, strict.

    Raises:
        Refused: it is not (MOD-05).
    """
    check_start(data)
    strict_json.parse(data)


def check_words(card: ModelCard) -> None:
    """The words of a card are plain: no markup, no control or direction characters.

    Raises:
        Refused: they are not (MOD-21).
    """
    metrics = (text for one in card.metrics for text in (one.name, one.data, one.unit))
    words = (card.title, card.notes, card.trained_on.data, *metrics)
    if any(_MARKUP.search(text) for text in words):
        raise Refused("The words of the model's card hold markup.", _HINT, "MOD-21")


def check_weights(chunks: Iterator[bytes], size: int) -> Job:
    """A weights file: its table, and that every number in it is finite.

    Args:
        chunks: The file's bytes, in order; what is left unread is the caller's to read.
        size: Bytes of the whole file.

    Returns:
        A job that returns how many numbers it holds.

    Raises:
        Refused: its layout (MOD-06) or a value (MOD-09) is not right; or it is no such file
            at all (MOD-23).
    """
    file = _Forwards(chunks)
    check_start(file.peek(8))
    table = read_table(file, size, most=MAX_TABLE)
    yield None
    for dtype, length in _in_order(table):
        while length:
            part = min(length, CHUNK)
            raw = file.read(part)
            if len(raw) < part:
                raise Refused("A model's weight file is cut short.", _HINT, "MOD-06")
            if not _finite(raw, dtype):
                raise Refused("A model holds weights that are no numbers.", _HINT, "MOD-09")
            length -= part
            yield None
    return sum(entry.numbers for entry in table.entries.values())


def _in_order(table: Table) -> Iterable[tuple[str, int]]:
    """(type, bytes) of each tensor, in the order they lie in the file."""
    for name, (first, last) in sorted(table.spans.items(), key=lambda one: one[1]):
        yield table.entries[name].dtype, last - first


def _finite(raw: bytes, dtype: str) -> bool:
    if dtype == "BF16":  # no type of numpy's: all bits of the exponent set is infinite or NaN
        return not bool(((np.frombuffer(raw, "<u2") & 0x7F80) == 0x7F80).any())
    if dtype in ("F16", "F32"):
        return bool(np.isfinite(np.frombuffer(raw, "<f2" if dtype == "F16" else "<f4")).all())
    return True


class _Forwards:
    """Chunks as a file that is read forwards."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._kept = chunks, bytearray()

    def peek(self, count: int) -> bytes:
        while len(self._kept) < count:
            block = next(self._chunks, b"")
            if not block:
                break
            self._kept += block
        return bytes(self._kept[:count])

    def read(self, count: int) -> bytes:
        found = self.peek(count)
        del self._kept[: len(found)]
        return found
