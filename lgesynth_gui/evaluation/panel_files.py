"""An evaluation as a file, written whole and read with suspicion. Nothing here loads torch.

`evaluation.json` holds all of it; every table also lies beside it as `tables/NAME.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.evaluation.files import write_csv, write_json
from lgesynth_gui.evaluation.panel import Curves, Evaluation, Intervals, Pictures, Segments
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.evaluation.tiles import check_tile
from lgesynth_gui.evaluation.typed import Builder, told
from lgesynth_gui.io.strict_json import strict_value

FILE = "evaluation.json"
TABLES = "tables"
FORMAT = 1
LARGEST = 64 << 20  # bytes
SEGMENTS = 17
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
SIDES = range(16, 121)  # pixels of a tile
_KINDS: dict[str, type] = {
    "intervals": Intervals, "curves": Curves, "segments": Segments, "pictures": Pictures,
}  # fmt: skip
_HINT = "Name the folder of an evaluation, or measure again."


def write_evaluation(folder: Path, evaluation: Evaluation) -> None:
    """Write `evaluation.json` and the tables; the JSON comes last and is never half there.

    Args:
        folder: Made when it is not there.
        evaluation: Numbers that are not finite come back as NaN.

    Raises:
        LgeSynthError: the drive is full or closed.
        ValueError: two tables or two plots share a name, or a name cannot name a file.
    """
    tables = [table for panel in evaluation.panels for table in panel.tables]
    _distinct([table.name for table in tables])
    _distinct([plot.name for panel in evaluation.panels for plot in panel.plots])
    (folder / TABLES).mkdir(parents=True, exist_ok=True)
    for table in tables:
        write_csv(folder / TABLES / f"{table.name}.csv", table.columns, table.cells)
    write_json(folder / FILE, {"format": FORMAT, "evaluation": told(evaluation, _KINDS)})


def read_evaluation(folder: Path) -> Evaluation:
    """The evaluation in a folder.

    Raises:
        Refused: there is none, or it is not what this program writes (EVA-01 to EVA-03).
    """
    path = folder / FILE
    try:
        if not path.is_file():
            raise Refused("There is no evaluation in this folder.", _HINT, "EVA-01")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise Refused("The evaluation cannot be read.", _HINT, "EVA-01") from error
    if len(data) > LARGEST:
        raise Refused("The evaluation is larger than 64 MiB.", _HINT, "EVA-02")
    try:
        return evaluation_of(strict_value(data))
    except ValueError as error:
        raise Refused(f"The evaluation is damaged or foreign: {error}.", _HINT, "EVA-03") from error


def evaluation_of(value: Any) -> Evaluation:
    """An evaluation from JSON values.

    Raises:
        ValueError: something is missing, too much, of another kind, or does not fit together.
    """
    if not isinstance(value, dict) or set(value) != {"format", "evaluation"}:
        raise ValueError("it is no evaluation")
    if value["format"] != FORMAT or isinstance(value["format"], bool):
        raise ValueError("it is of another version of this program")
    found: Evaluation = Builder(_KINDS, _CHECKS).build(Evaluation, value["evaluation"], FILE)
    _distinct([table.name for panel in found.panels for table in panel.tables])
    _distinct([plot.name for panel in found.panels for plot in panel.plots])
    return found


def _check_table(table: Table) -> None:
    _check_name(table.name)
    if any(len(row) != len(table.columns) for row in table.cells):
        raise ValueError(f"a row of {table.name} is too long or too short")
    if any(len(row) != len(table.head) for row in table.shown):
        raise ValueError(f"a shown row of {table.name} is too long or too short")


def _check_curves(plot: Curves) -> None:
    _check_name(plot.name)
    for line in plot.lines:
        bands = {len(line.low), len(line.high)}
        if len(line.x) != len(line.y) or bands not in ({0}, {len(line.x)}):
            raise ValueError(f"a curve of {plot.name} is incomplete")


def _check_segments(plot: Segments) -> None:
    _check_name(plot.name)
    if any(len(values) != SEGMENTS for _, values in plot.rings):
        raise ValueError(f"{plot.name} does not have 17 segments")


def _check_pictures(plot: Pictures) -> None:
    _check_name(plot.name)
    if plot.side not in SIDES or plot.together not in (1, 2):
        raise ValueError(f"{plot.name} has tiles of a strange size")
    for row in plot.rows:
        for tile in row.tiles:
            check_tile(tile, plot.side)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("a table or plot has a name that cannot name a file")


_CHECKS: dict[type, Callable[[Any], None]] = {
    Table: _check_table,
    Intervals: lambda plot: _check_name(plot.name),
    Curves: _check_curves,
    Segments: _check_segments,
    Pictures: _check_pictures,
}


def _distinct(names: list[str]) -> None:
    for name in names:
        _check_name(name)
    if len(set(names)) != len(names):
        raise ValueError("two tables or two plots share a name")
