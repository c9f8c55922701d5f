"""The parts of a run that measures everything: one file a layer and row, kept as soon as done.

What is put together later is always what was read back, so that a run that was killed and resumed
finds the numbers of one that was not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui.evaluation.diversity import Featured
from lgesynth_gui.evaluation.fidelity import FidelityRow
from lgesynth_gui.evaluation.files import write_json
from lgesynth_gui.evaluation.nearest import Near
from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.evaluation.typed import Builder, told
from lgesynth_gui.io.strict_json import strict_value

FOLDER = "parts"
ALIGNMENT, FIDELITY, DIVERSITY, PRIVACY, UTILITY = (
    "alignment", "fidelity", "diversity", "privacy", "utility",
)  # fmt: skip
LAYERS = (ALIGNMENT, FIDELITY, UTILITY, DIVERSITY, PRIVACY)


@dataclass(frozen=True)
class Readings:
    """What the readers say of one row.

    Args:
        placed: Of new scars.
        again: Of scars that were blanked and asked for again; () where that makes no sense.
    """

    placed: tuple[Outcome, ...]
    again: tuple[Outcome, ...] = ()


_KINDS: dict[str, type] = {
    ALIGNMENT: Readings, FIDELITY: FidelityRow, DIVERSITY: Featured, PRIVACY: Near,
}  # fmt: skip


class Parts:
    """The parts that are there.

    Args:
        folder: The run's folder; `parts` is made in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        self._held: dict[tuple[str, str], Any] = {}

    def get(self, layer: str, row: str) -> Any:
        """A part; None when it is not there, or damaged, and has to be measured again."""
        if (layer, row) not in self._held:
            found = self._read(layer, row)
            if found is None:
                return None
            self._held[layer, row] = found
        return self._held[layer, row]

    def keep(self, layer: str, row: str, value: Any) -> None:
        """Write a part; from now on it is what `get` reads back.

        Raises:
            LgeSynthError: the drive is full or closed.
        """
        write_json(self._path(layer, row), {"row": row, "part": told(value)})
        self._held.pop((layer, row), None)

    def _path(self, layer: str, row: str) -> Path:
        return self._folder / f"{layer}--{slug(row)}.json"

    def _read(self, layer: str, row: str) -> Any:
        try:
            value = strict_value(self._path(layer, row).read_bytes())
            if set(value) != {"row", "part"} or value["row"] != row:
                return None
            return Builder().build(_KINDS[layer], value["part"], layer)
        except (OSError, ValueError, TypeError):
            return None


def slug(name: str) -> str:
    """A row's name as part of a file's."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "row"
