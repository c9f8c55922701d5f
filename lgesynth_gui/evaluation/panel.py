"""A whole evaluation as it is shown, printed and stored: panels of words, tables and plots.

Nothing here loads torch: the window reads what another process measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.table import FEW, Table

__all__ = [
    "FEW", "PICTURE_COLUMNS", "Curves", "Evaluation", "Intervals", "Line", "Panel", "PictureRow",
    "Pictures", "Plot", "Segments", "Tile",
]  # fmt: skip


@dataclass(frozen=True)
class Intervals:
    """A plot of numbers with their intervals, one a line.

    Args:
        name: Of its file, without ending.
        title: What is shown, with its unit.
        bars: One a line, named by its row, best read from top to bottom.
        marks: (words, value) of vertical lines: a ceiling, a floor, a limit.
        low, high: Ends of the axis; None fits it to the numbers.
    """

    name: str
    title: str
    bars: tuple[Figure, ...]
    marks: tuple[tuple[str, float], ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def digits(self) -> int:
        """After the point, so that two of the largest number count."""
        values = [abs(one.value) for one in self.bars if isfinite(one.value)]
        return 3 if values and 0 < max(values) < 0.1 else 2


@dataclass(frozen=True)
class Line:
    """One curve.

    Args:
        name: Its row.
        x, y: Points, x ascending.
        low, high: Band around y; () for none.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Curves:
    """A plot of curves over a common axis.

    Args:
        name: Of its file, without ending.
        title: What is shown.
        x_title, y_title: Axes, with units.
        lines: At least one.
        marks: (words, x) of vertical lines.
    """

    name: str
    title: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    marks: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Segments:
    """A bullseye of AHA segments.

    Args:
        name: Of its file, without ending.
        title: What is shown.
        rings: (name, values of segments 1 to 17) of each picture side by side; NaN is empty.
        unit: Of the values.
    """

    name: str
    title: str
    rings: tuple[tuple[str, tuple[float, ...]], ...]
    unit: str = ""


@dataclass(frozen=True)
class Tile:
    """One small picture, made by `tiles.tile_of`.

    Args:
        row: The system it is of; "" where it stands beside those of all systems.
        title, words: Two lines below it.
        grey: 8-bit greys, row by row, packed into a text.
        wish, found: Masks whose borders are drawn, packed likewise; "" for none.
    """

    row: str
    title: str
    words: str
    grey: str
    wish: str = ""
    found: str = ""


PICTURE_COLUMNS = ("row", "picture", "words")


@dataclass(frozen=True)
class PictureRow:
    """Tiles side by side.

    Args:
        title: What they have in common.
        tiles: At least one.
        facts: (column of a filter, value) of all of them.
    """

    title: str
    tiles: tuple[Tile, ...]
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Pictures:
    """Pictures of slices, all at one window and level.

    Args:
        name: Of its file, without ending.
        title: What is shown.
        words: How they were chosen, and their greys, one sentence each.
        side: Pixels of every tile, across and down.
        together: As many tiles of a row stay on one line, as a sample and what it is compared with.
        rows: From top to bottom.
    """

    name: str
    title: str
    words: tuple[str, ...]
    side: int
    together: int
    rows: tuple[PictureRow, ...]

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """Its tiles in words, as `PICTURE_COLUMNS` names them."""
        return [(row.title, tile.title, tile.words) for row in self.rows for tile in row.tiles]


Plot = Intervals | Curves | Segments | Pictures


@dataclass(frozen=True)
class Panel:
    """One layer of evidence.

    Args:
        name: "alignment", "fidelity", "utility", "diversity" or "privacy".
        title: For people.
        words: What is measured and how to read it, one sentence each.
        alarms: What speaks against a gain being one, one sentence each.
        tables: To be read and to be stored.
        plots: Beside them.
        missing: Rows that could not be measured, with the reason.
    """

    name: str
    title: str
    words: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    """Everything one run found.

    Args:
        title: Of the report.
        data: What it was measured on, in words.
        settings: (name, value) that make it again, the command among them.
        held_out: A sentence: no network has seen any of the data, or which one may have.
        small: A sentence when the numbers of cases are too small to conclude from; "" otherwise.
        panels: In the order of the report.
        models: (row, "id/version sha256") of every network that took part.
        finished: False while the run goes on.
    """

    title: str
    data: str
    settings: tuple[tuple[str, str], ...]
    held_out: str
    small: str
    panels: tuple[Panel, ...]
    models: tuple[tuple[str, str], ...] = ()
    finished: bool = True

    def panel(self, name: str) -> Panel | None:
        """The panel of some name, if it was measured."""
        return next((one for one in self.panels if one.name == name), None)
