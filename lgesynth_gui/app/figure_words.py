"""Numbers of an evaluation as they are told, and the rows one wants to see. No widgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isclose, isfinite
from typing import Any

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import (
    FEW,
    PICTURE_COLUMNS,
    Curves,
    Evaluation,
    Intervals,
    Panel,
    PictureRow,
    Pictures,
    Plot,
    Segments,
)
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.quality.interval import wilson

# Columns of tables by which a person may narrow down what is shown, and what they are called.
FILTERS: Mapping[str, str] = {
    "row": "System",
    "system": "System",
    "host": "Heart",
    "heart": "Heart",
    "pattern": "Pattern",
    "class": "Class",
    "size": "Size",
    "depth": "Depth",
    "wall": "Wall",
    "model": "Model",
    "verdict": "Verdict",
    "reader": "Reviewer",
}
# Rows that others are read against: a filter leaves them in every plot.
CONTROLS = frozenset(("real scars (ceiling)", "shuffled wishes (chance)", "untouched host"))
CURVE_COLUMNS = ("line", "x", "y", "low", "high")
INTERVAL_COLUMNS = ("row", "value", "low", "high", "n")


def is_share(one: Figure) -> bool:
    """Whether a number is a share of its cases: hits over n, with the interval of such a share.

    A mean may be a whole number of n-ths by chance; its interval then is another one.
    """
    if not one.n or not isfinite(one.value) or not 0.0 <= one.value <= 1.0:
        return False
    hits = round(one.value * one.n)
    if not isclose(one.value * one.n, hits, abs_tol=1e-6):
        return False
    from lgesynth_gui.quality.exact import clopper_pearson  # scipy: late, the mode opens at once

    return any(
        isclose(one.low, low, abs_tol=1e-6) and isclose(one.high, high, abs_tol=1e-6)
        for low, high in (wilson(hits, one.n), clopper_pearson(hits, one.n))
    )


def figure_words(one: Figure, digits: int = 2) -> str:
    """A number with its interval and its n; a share of fewer than 20 cases as a count."""
    if not one.n or not isfinite(one.value):
        return "not measured"
    interval = f"{one.low:.{digits}f} to {one.high:.{digits}f}"
    if one.n < FEW and is_share(one):
        return f"{round(one.value * one.n)} of {one.n} (95 %: {interval})"
    return f"{one.value:.{digits}f} (95 %: {interval}; n = {one.n})"


def value_words(one: Figure, digits: int = 2) -> str:
    """The same in the room beside a dot: "0.84" or "12 of 15"."""
    if not one.n or not isfinite(one.value):
        return "–"
    if one.n < FEW and is_share(one):
        return f"{round(one.value * one.n)} of {one.n}"
    return f"{one.value:.{digits}f}"


@dataclass(frozen=True)
class Filter:
    """What is shown; everything without a wish.

    Args:
        wanted: Name of a column to its wanted value.
    """

    wanted: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """For the foot of a figure; "" when everything is shown."""
        return ", ".join(f"{FILTERS.get(k, k)}: {v}" for k, v in self.wanted.items())

    def with_value(self, column: str, value: str) -> Filter:
        """Another wish; "" takes it back."""
        rest = {k: v for k, v in self.wanted.items() if k != column}
        return Filter({**rest, column: value} if value else rest)

    def keeps(self, columns: Sequence[str], cells: Sequence[Any]) -> bool:
        """Whether a line of a table is shown; columns it lacks ask nothing of it."""
        at = {name: str(cell) for name, cell in zip(columns, cells, strict=False)}
        return all(at.get(name, value) == value for name, value in self.wanted.items())


def choices(evaluation: Evaluation) -> dict[str, tuple[str, ...]]:
    """The columns by which an evaluation can be narrowed down, with their values in order.

    A column is offered when it has two values or more; plots add their rows to "row".
    """
    found: dict[str, dict[str, None]] = {}
    for panel in evaluation.panels:
        for table in panel.tables:
            for place, name in enumerate(table.columns):
                if name in FILTERS:
                    values = (str(cells[place]) for cells in table.cells)
                    found.setdefault(name, {}).update(dict.fromkeys(values))
        for name in _rows_of(panel):
            found.setdefault("row", {})[name] = None
    return {name: tuple(values) for name, values in found.items() if len(values) > 1}


def _rows_of(panel: Panel) -> Iterator[str]:
    for plot in panel.plots:
        if isinstance(plot, Intervals):
            yield from (bar.name for bar in plot.bars)
        elif isinstance(plot, Curves):
            yield from (line.name for line in plot.lines)
        elif isinstance(plot, Pictures):
            yield from (tile.row for row in plot.rows for tile in row.tiles if tile.row)


def narrowed_table(table: Table, by: Filter) -> Table:
    """A table with the wanted lines alone, long and short form."""
    cells = tuple(one for one in table.cells if by.keeps(table.columns, one))
    if not table.shown:
        return replace(table, cells=cells)
    names = [_column_of(head, table) for head in table.head]
    shown = tuple(one for one in table.shown if by.keeps(names, one))
    return replace(table, cells=cells, shown=shown)


def _column_of(head: str, table: Table) -> str:
    """The long form's name of a head of the short form."""
    if head.lower() in FILTERS:
        return head.lower()
    return table.columns[0] if table.head and head == table.head[0] and table.columns else head


def narrowed_plot(plot: Plot, by: Filter) -> Plot:
    """A plot with the wanted row; marks and controls stay, as they are what it is read against."""
    row = by.wanted.get("row", by.wanted.get("system"))
    if isinstance(plot, Pictures):
        return replace(plot, rows=tuple(_narrowed_tiles(plot.rows, row, by)))
    if row is None:
        return plot
    kept = CONTROLS | {row}
    if isinstance(plot, Intervals):
        return replace(plot, bars=tuple(one for one in plot.bars if one.name in kept))
    if isinstance(plot, Curves):
        return replace(plot, lines=tuple(one for one in plot.lines if one.name in kept))
    return replace(plot, rings=tuple(one for one in plot.rings if one[0] in kept))


def _narrowed_tiles(
    rows: Sequence[PictureRow], system: str | None, by: Filter
) -> Iterator[PictureRow]:
    """Rows of tiles that are wanted; those of a wanted system, and what they are read against."""
    for one in rows:
        if not by.keeps([name for name, _ in one.facts], [value for _, value in one.facts]):
            continue
        named = {tile.row for tile in one.tiles if tile.row}
        if system is None or not named:
            yield one
        elif system in named:
            yield replace(one, tiles=tuple(t for t in one.tiles if t.row in ("", system)))


def holds(plot: Plot) -> bool:
    """Whether there is anything to be shown but marks."""
    if isinstance(plot, Intervals):
        return bool(plot.bars)
    if isinstance(plot, Pictures):  # what all are read against says nothing alone
        return any(tile.row for row in plot.rows for tile in row.tiles)
    return bool(plot.lines if isinstance(plot, Curves) else plot.rings)


def count_words(plot: Plot) -> str:
    """Over how many cases a plot's numbers are, and what their whiskers mean; "" = none."""
    if isinstance(plot, Intervals):
        counts = sorted({one.n for one in plot.bars if one.n})
        if not counts:
            return ""
        many = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
        return f"{many}; whiskers: 95 % intervals."
    if isinstance(plot, Curves) and any(line.low for line in plot.lines):
        return "Bands: 95 % intervals."
    return " ".join(plot.words) if isinstance(plot, Pictures) else ""


def plot_rows(plot: Plot) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """(columns, lines) of what a plot shows, marks too, as they are written into a CSV."""
    if isinstance(plot, Intervals):
        rows: list[tuple[Any, ...]] = [
            (one.name, one.value, one.low, one.high, one.n) for one in plot.bars
        ]
        return INTERVAL_COLUMNS, rows + [(name, at, None, None, None) for name, at in plot.marks]
    if isinstance(plot, Curves):
        rows = []
        for line in plot.lines:
            for k, (x, y) in enumerate(zip(line.x, line.y, strict=True)):
                band = (line.low[k], line.high[k]) if line.low and line.high else (None, None)
                rows.append((line.name, x, y, *band))
        return CURVE_COLUMNS, rows + [(name, at, None, None, None) for name, at in plot.marks]
    if isinstance(plot, Pictures):
        return PICTURE_COLUMNS, list(plot.told)
    return _segment_rows(plot)


def _segment_rows(plot: Segments) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    columns = ("segment", *(name for name, _ in plot.rings))
    lines = zip(range(1, 18), *(values for _, values in plot.rings), strict=False)
    return columns, [tuple(one) for one in lines]


def plot_words(plot: Plot) -> str:
    """A plot in one sentence, for those who do not see it."""
    if isinstance(plot, Intervals):
        told = [f"{one.name} {figure_words(one, plot.digits)}" for one in plot.bars]
        told += [f"{name} at {value:g}" for name, value in plot.marks]
    elif isinstance(plot, Curves):
        told = [
            f"{line.name} from {line.y[0]:.3g} to {line.y[-1]:.3g}" for line in plot.lines if line.y
        ]
        told += [f"{name} at {value:g}" for name, value in plot.marks]
    elif isinstance(plot, Pictures):
        told = [
            f"{row.title}: " + ", ".join(f"{t.title} {t.words}".strip() for t in row.tiles)
            for row in plot.rows
        ]
    else:
        told = [
            f"{name}: " + ", ".join(f"{k} {v:.3g}" for k, v in enumerate(values, 1) if isfinite(v))
            for name, values in plot.rings
        ]
    return f"{plot.title}. {'; '.join(told) or 'Nothing to show'}."
