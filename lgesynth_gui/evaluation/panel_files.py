"""An evaluation as a file, written whole and read with suspicion. Nothing here loads torch.

`evaluation.json` holds all of it; every table also lies beside it as `tables/NAME.csv`.
"""

from __future__ import annotations

import math
import re
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.evaluation.files import plain, write_csv, write_json
from lgesynth_gui.evaluation.panel import Curves, Evaluation, Intervals, Segments
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.io.strict_json import strict_value

FILE = "evaluation.json"
TABLES = "tables"
FORMAT = 1
LARGEST = 64 << 20  # bytes
LONGEST = 20_000  # characters of one text
SEGMENTS = 17
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
_KINDS: dict[str, type] = {"intervals": Intervals, "curves": Curves, "segments": Segments}
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
    write_json(folder / FILE, {"format": FORMAT, "evaluation": _tagged(evaluation)})


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
    found: Evaluation = _built(Evaluation, value["evaluation"], "evaluation")
    _distinct([table.name for panel in found.panels for table in panel.tables])
    _distinct([plot.name for panel in found.panels for plot in panel.plots])
    return found


def _tagged(value: Any) -> Any:
    """JSON values; plots say of which kind they are."""
    if isinstance(value, tuple):
        return [_tagged(one) for one in value]
    if not is_dataclass(value) or isinstance(value, type):
        return plain(value)
    told = {one.name: _tagged(getattr(value, one.name)) for one in fields(value)}
    kind = next((name for name, made in _KINDS.items() if type(value) is made), None)
    return told if kind is None else {"kind": kind, **told}


def _built(wanted: Any, value: Any, place: str) -> Any:
    """A value of a wanted type; `place` is where it stands, for the message."""
    if is_dataclass(wanted):
        return _instance(typing.cast(type, wanted), value, place)
    origin = typing.get_origin(wanted)
    if origin is tuple:
        return _row(typing.get_args(wanted), value, place)
    if origin in (types.UnionType, typing.Union):
        return _of_a_union(typing.get_args(wanted), value, place)
    return _SIMPLE[wanted](value, place)


def _of_a_union(kinds: tuple[Any, ...], value: Any, place: str) -> Any:
    if type(None) in kinds:
        rest = next(kind for kind in kinds if kind is not type(None))
        return None if value is None else _built(rest, value, place)
    if not isinstance(value, dict) or value.get("kind") not in tuple(_KINDS):
        raise ValueError(f"{place} is no plot")
    rest = {name: one for name, one in value.items() if name != "kind"}
    return _instance(_KINDS[value["kind"]], rest, place)


def _instance(wanted: type, value: Any, place: str) -> Any:
    hints = _hints(wanted)
    if not isinstance(value, dict) or set(value) != set(hints):
        raise ValueError(f"{place} does not have the parts it should")
    made = wanted(**{name: _built(hint, value[name], name) for name, hint in hints.items()})
    if check := _CHECKS.get(wanted):
        check(made, place)
    return made


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return typing.get_type_hints(wanted)


def _row(kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{place} is no list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_built(kinds[0], one, place) for one in value)
    if len(value) != len(kinds):
        raise ValueError(f"{place} has {len(value)} parts instead of {len(kinds)}")
    return tuple(_built(kind, one, place) for kind, one in zip(kinds, value, strict=True))


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{place} is no text, or a very long one")
    return value


def _whole(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**12:
        raise ValueError(f"{place} is no whole number")
    return value


def _number(value: Any, place: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{place} is no number")
    return float(value)


def _truth(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{place} is neither true nor false")
    return value


def _cell(value: Any, place: str) -> Any:
    if isinstance(value, str):
        return _text(value, place)
    if value is not None and not isinstance(value, (bool, int, float)):
        raise ValueError(f"{place} is no cell of a table")
    return value


_SIMPLE: dict[Any, Callable[[Any, str], Any]] = {
    str: _text, int: _whole, float: _number, bool: _truth, Any: _cell,
}  # fmt: skip


def _check_table(table: Table, place: str) -> None:
    _check_name(table.name)
    if any(len(row) != len(table.columns) for row in table.cells):
        raise ValueError(f"{place}: a row of {table.name} is too long or too short")
    if any(len(row) != len(table.head) for row in table.shown):
        raise ValueError(f"{place}: a shown row of {table.name} is too long or too short")


def _check_curves(plot: Curves, place: str) -> None:
    _check_name(plot.name)
    for line in plot.lines:
        bands = {len(line.low), len(line.high)}
        if len(line.x) != len(line.y) or bands not in ({0}, {len(line.x)}):
            raise ValueError(f"{place}: a curve of {plot.name} is incomplete")


def _check_segments(plot: Segments, place: str) -> None:
    _check_name(plot.name)
    if any(len(values) != SEGMENTS for _, values in plot.rings):
        raise ValueError(f"{place}: {plot.name} does not have 17 segments")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("a table or plot has a name that cannot name a file")


_CHECKS: dict[type, Callable[[Any, str], None]] = {
    Table: _check_table,
    Intervals: lambda plot, _: _check_name(plot.name),
    Curves: _check_curves,
    Segments: _check_segments,
}


def _distinct(names: list[str]) -> None:
    for name in names:
        _check_name(name)
    if len(set(names)) != len(names):
        raise ValueError("two tables or two plots share a name")
