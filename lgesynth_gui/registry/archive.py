"""Reads the one kind of ZIP a model package may be, in plain Python, before a member is believed.

Members are stored, not compressed, and follow one another from the first byte to the directory
without a gap: nothing can be larger than it says, lie over another member, or hide beside one.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lgesynth_gui.core.errors import Refused

MAX_PACKAGE = 2**32 - 1  # bytes; beyond it a ZIP needs fields that are not read here
MAX_MEMBERS = 65  # the 64 files of a model and the package's own list
MAX_DIRECTORY = 1 << 16
CHUNK = 1 << 20
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}\.(safetensors|json|txt|md)")
_HINT = "Get the package again from its source."
_END = struct.Struct("<4s4H2IH")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_UTF8 = 0x0800  # the only flag that may be set


@dataclass(frozen=True)
class Member:
    """One file in a package.

    Args:
        name: Its name, no folders.
        size: Bytes.
        start: First byte of its content in the package.
        crc: Checksum the package names.
    """

    name: str
    size: int
    start: int
    crc: int


class Archive:
    """An open package whose directory was checked.

    Args:
        file: The package, readable and seekable.
        size: Its bytes.

    Raises:
        Refused: see `opened`.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file = file
        self.members = {one.name: one for one in _members(file, size)}

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of a member, a MiB at a time.

        Raises:
            Refused: the member is cut short, or not what its checksum says (MOD-12).
        """
        member = self.members[name]
        left, crc = member.size, 0
        self.file.seek(member.start)
        while left:
            block = self.file.read(min(CHUNK, left))
            if not block:
                raise refuse("is cut short", "MOD-12")
            left -= len(block)
            crc = zlib.crc32(block, crc)
            yield block
        if crc != member.crc:
            raise refuse("is damaged", "MOD-12")

    def content(self, name: str, limit: int) -> bytes:
        """A small member as a whole.

        Raises:
            Refused: it is larger than `limit` (MOD-11), or damaged (MOD-12).
        """
        if self.members[name].size > limit:
            raise refuse("holds a text that is too large", "MOD-11")
        return b"".join(self.chunks(name))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a package.

    Raises:
        Refused: it is no regular file (MOD-10), too large (MOD-11), no plain ZIP (MOD-12), holds
            too many members (MOD-13), a name that is not allowed (MOD-14) or twice there
            (MOD-15), a link, folder or device (MOD-16), or a compressed or encrypted member
            (MOD-17).
        OSError: it cannot be read.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_size == 0:
        raise Refused("This is no file that could be a model package.", _HINT, "MOD-10")
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_PACKAGE:
            raise refuse("is larger than 4 GiB", "MOD-11")
        yield Archive(file, size)


def refuse(clause: str, code: str) -> Refused:
    """A refusal of the package; nothing of its content is repeated."""
    return Refused(f"The model package {clause}.", _HINT, code)


def _members(file: BinaryIO, size: int) -> Iterator[Member]:
    if size < _END.size:
        raise refuse("is no model package", "MOD-12")
    file.seek(size - _END.size)
    mark, disk, disk_of, here, count, length, start, comment = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06" or disk or disk_of or comment or here != count:
        raise refuse("is no model package", "MOD-12")
    if not 1 <= count <= MAX_MEMBERS:
        raise refuse(f"holds {count} files, not 1 to {MAX_MEMBERS}", "MOD-13")
    if length > MAX_DIRECTORY or start + length != size - _END.size:
        raise refuse("has a list of files that is not at its end", "MOD-12")
    file.seek(start)
    table = file.read(length)
    place = end = 0
    names: set[str] = set()
    for _ in range(count):
        member, place, end = _member(file, table, place, end)
        if member.name in names:
            raise refuse("holds two files of one name", "MOD-15")
        names.add(member.name)
        yield member
    if place != length or end != start:
        raise refuse("holds bytes that belong to no file", "MOD-12")


def _member(file: BinaryIO, table: bytes, place: int, end: int) -> tuple[Member, int, int]:
    """(member, where the next entry begins, where the next member must begin)."""
    if place + _ENTRY.size > len(table):
        raise refuse("has a list of files that is cut short", "MOD-12")
    (mark, made_by, needed, flags, method, time, date, crc, packed, size, name_length,
     extra, comment, disk, _, attributes, start) = _ENTRY.unpack_from(table, place)  # fmt: skip
    raw = table[place + _ENTRY.size : place + _ENTRY.size + name_length]
    if mark != b"PK\x01\x02" or len(raw) != name_length or extra or comment or disk:
        raise refuse("has a list of files that is not plain", "MOD-12")
    _check_kind(raw, made_by >> 8, attributes)
    if not (text := raw.decode("ascii", "replace")) or not NAME.fullmatch(text):
        raise refuse("holds a file whose name is not allowed", "MOD-14")
    if flags & ~_UTF8 or method or packed != size:
        raise refuse("holds a compressed or encrypted file", "MOD-17")
    if start != end:
        raise refuse("holds files that overlap or leave a gap", "MOD-12")
    file.seek(start)
    head = file.read(_LOCAL.size + name_length)
    wanted = (b"PK\x03\x04", needed, flags, method, time, date, crc, packed, size, name_length, 0)
    if head != _LOCAL.pack(*wanted) + raw:
        raise refuse("says two things of one file", "MOD-12")
    begins = start + len(head)
    return Member(text, size, begins, crc), place + _ENTRY.size + name_length, begins + size


def _check_kind(name: bytes, system: int, attributes: int) -> None:
    kind = stat.S_IFMT(attributes >> 16)
    unix = system == 3 or kind
    if name.endswith(b"/") or attributes & 0x10 or (unix and kind not in (0, stat.S_IFREG)):
        raise refuse("holds a link, folder or device", "MOD-16")
