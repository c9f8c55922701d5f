"""A table of a report, short to be read and long for programs. Nothing here loads torch."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lgesynth_gui.evaluation.figure import Figure

FEW = 20  # cases below which counts are shown, not percentages
FIGURE_COLUMNS = ("row", "figure", "value", "low", "high", "n")


@dataclass(frozen=True)
class Table:
    """One table in two forms.

    Args:
        name: Of its file, without ending.
        columns: Heads of the long form.
        cells: The long form.
        title: Of the short form.
        head: Heads of the short form.
        shown: The short form; none when only the file matters.
    """

    name: str
    columns: tuple[str, ...]
    cells: tuple[tuple[Any, ...], ...]
    title: str = ""
    head: tuple[str, ...] = ()
    shown: tuple[tuple[str, ...], ...] = ()


def figure_cells(name: str, figures: Sequence[Figure]) -> list[tuple[Any, ...]]:
    """Long form of a row's figures."""
    return [(name, one.name, one.value, one.low, one.high, one.n) for one in figures]


def counts(figure: Figure) -> str:
    """A share as counts; a dash when there is nothing to say."""
    if not figure.n or not np.isfinite(figure.value):
        return "-"
    return f"{round(figure.value * figure.n)} of {figure.n}"


def figure_table(
    name: str,
    title: str,
    rows: Sequence[tuple[str, Sequence[Figure]]],
    digits: int = 2,
    shares: Collection[str] = (),
) -> Table:
    """One line a row, one column a figure.

    Args:
        name: Of its file.
        title: For people.
        rows: Names and figures; rows may hold different figures.
        digits: After the point.
        shares: Figures that are shares of cases: fewer than 20 cases show counts.
    """
    columns = list(dict.fromkeys(one.name for _, figures in rows for one in figures))
    shown = []
    for row, figures in rows:
        texts = {
            one.name: counts(one) if one.name in shares and one.n < FEW else one.text(digits)
            for one in figures
        }
        n = max((one.n for one in figures), default=0)
        shown.append((row, str(n), *(texts.get(column, "-") for column in columns)))
    cells = tuple(cell for row, figures in rows for cell in figure_cells(row, figures))
    return Table(name, FIGURE_COLUMNS, cells, title, ("row", "n", *columns), tuple(shown))
