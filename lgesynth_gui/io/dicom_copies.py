"""Objects that claim one identity: copies are dropped, others set aside, both with a word."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from lgesynth_gui.io.headers import DicomHeader

Found = tuple[Path, DicomHeader]


def without_copies(found: Sequence[Found]) -> tuple[list[Found], Mapping[str, list[str]]]:
    """The first object of each identity, and notes by series UID on those left out."""
    seen: dict[str, Path] = {}
    kept: list[Found] = []
    copies: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for path, header in found:
        first = seen.setdefault(header.sop_instance, path) if header.sop_instance else path
        if first == path:
            kept.append((path, header))
        elif _digest(first) == _digest(path):
            copies[header.series] += 1
        else:
            others[header.series] += 1
    notes: dict[str, list[str]] = {}
    for series, count in copies.items():
        words = "1 copy of a file was" if count == 1 else f"{count} copies of files were"
        notes.setdefault(series, []).append(f"{words} left out.")
    for series, count in others.items():
        words = "1 file has" if count == 1 else f"{count} files have"
        words += " the identity of another file but not its contents"
        notes.setdefault(series, []).append(f"{words}; left out.")
    return kept, notes


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return str(path)
