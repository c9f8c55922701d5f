"""What a utility run was started with, so that nothing else is mixed into its folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.io.strict_json import strict_value

RECORD = "utility.json"
LARGEST = 1 << 20


def hold_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Write the record of a new run, or see that the folder's run is the same.

    Args:
        folder: Of the run; made when missing.
        record: What decides about any number, as JSON values; `words` only tell of it and may
            change.

    Raises:
        LgeSynthError: the folder holds another run; says in what they differ.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = dict(record)
    if not (folder / RECORD).is_file():
        write_json(folder / RECORD, wanted)
    before = read_record(folder)  # read back: another process may have been quicker
    names = {*before, *record} - {"words"}
    differs = sorted(name for name in names if before.get(name) != record.get(name))
    if differs:
        raise LgeSynthError(
            f"The folder {folder.name} holds a run with other options: {', '.join(differs)}.",
            "Choose another folder, or the options it was started with.",
        )
    if before != wanted:
        write_json(folder / RECORD, wanted)


def read_record(folder: Path) -> dict[str, Any]:
    """The record of a run's folder.

    Raises:
        LgeSynthError: it holds no run.
    """
    path = folder / RECORD
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        found = strict_value(path.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("no record")
    except (OSError, ValueError) as error:
        raise LgeSynthError(
            f"The folder {folder.name} holds no utility run.",
            "Start one with: lgesynth evaluate utility --out DIR.",
        ) from error
    return found
