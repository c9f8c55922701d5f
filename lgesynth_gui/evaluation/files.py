"""Reports as files: JSON for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.io.atomic import atomic_write

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\0")


def plain(value: Any) -> Any:
    """A report as JSON values; what is not finite becomes null."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(plain(one) for one in value)
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(path: Path, value: Any) -> None:
    """Write a report as indented JSON; the folder must exist."""
    with atomic_write(path) as file:
        text = json.dumps(plain(value), indent=1, sort_keys=True, allow_nan=False)
        file.write(text.encode() + b"\n")


def _cell(value: Any) -> Any:
    """A cell as it is written; a spreadsheet would compute what begins like a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    line = value.replace("\r", " ")  # the writer would not quote it: another line would begin
    return f"'{line}" if value.startswith(_FORMULAS) else line


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table; numbers that are not finite stay empty, and no text becomes a formula.

    Args:
        path: Final name; its folder must exist.
        columns: First line.
        rows: The others.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(plain(cell)) for cell in row])
    with atomic_write(path) as file:
        file.write(text.getvalue().encode())
