"""What a run was told when it was started, kept in its folder so that resuming repeats it.

Another seed, learning rate or starting model would go on from the same checkpoint and train
something else without a word.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import write_json

RECORD = "run.json"
PATHS = ("models", "data", "sd", "bert")
# What may change when a run is resumed.
OPEN = (
    "steps", "minutes", "threads", "workers", "micro", "recompute", "device", "sample_every",
    "despite_memory", *PATHS,
)  # fmt: skip


def write_record(
    folder: Path, stage: str, options: Mapping[str, Any], *, whole: bool = False
) -> None:
    """Keep the stage and options of a run; one that goes on keeps the newest of what may change.

    Args:
        folder: The run's.
        stage: What it does.
        options: What it was told.
        whole: A record that lacks any of the options is of another version and is not gone on
            with; else what it lacks is taken as it is told now.

    Raises:
        LgeSynthError: the folder holds a run that was told otherwise.
    """
    told = {"stage": stage, **_plain(options)}
    before = read_record(folder)
    if before is not None:
        for name in sorted(told.keys() - set(OPEN)):
            if whole and name not in before:
                raise LgeSynthError(
                    "This run was started by another version of this program.",
                    "Choose another folder; what it measured can still be read.",
                )
            if before.get(name, told[name]) != told[name]:
                raise LgeSynthError(
                    f"This run was started with {name} {before[name]}, not {told[name]}.",
                    "Resume it as it was, or choose another folder.",
                )
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / RECORD, told)


def read_record(folder: Path) -> dict[str, Any] | None:
    """Stage and options of the run in a folder, paths as text; None where there is no record.

    Raises:
        LgeSynthError: the record is damaged.
    """
    path = folder / RECORD
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LgeSynthError(
            "What this run was started with cannot be read.", "Choose another folder."
        ) from error
    if not isinstance(told, dict):
        raise LgeSynthError(
            "What this run was started with cannot be read.", "Choose another folder."
        )
    return told


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(options)
    plain["models"] = [str(one) for one in options.get("models") or ()]
    plain["data"] = str(options["data"]) if options.get("data") else None
    plain |= {name: str(plain[name]) for name in ("sd", "bert") if plain.get(name)}
    return plain
