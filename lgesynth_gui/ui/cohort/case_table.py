"""The cases of a cohort as a table: a model over pages of the index, read when they are seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.cohort_cases import PAGE, Found
from lgesynth_gui.cohort.index import Entry
from lgesynth_gui.core.verdict import Grade, cut
from lgesynth_gui.ui.labels import plain_tip

KEPT_ROWS = 50_000  # of the index, that are remembered
COLUMNS: tuple[tuple[str, str], ...] = (
    ("number", "No."),
    ("status", "Verdict"),
    ("dice", "Dice"),
    ("co_dice", "Co-judge"),
    ("review", "Review"),
    ("size", "Size"),
    ("depth", "Depth"),
    ("segment", "Segment"),
    ("area", "mm²"),
    ("heart", "Heart"),
    ("pattern", "Pattern"),
    ("tries", "Tries"),
    ("error", "Why"),
)
RIGHT = frozenset(("number", "dice", "co_dice", "segment", "area", "tries"))
GLYPHS = {grade.value: grade.glyph for grade in Grade} | {"CONTROL": "–", "ERROR": "✗"}
WAITING = "…"
Index = QModelIndex | QPersistentModelIndex


def status_words(entry: Entry) -> str:
    """Glyph and word of a case; a kept CHECK says so."""
    kept = " · kept" if entry.accepted and entry.status != Grade.PASS.value else ""
    return f"{GLYPHS.get(entry.status, '○')} {entry.status}{kept}"


class CaseTable(QAbstractTableModel):
    """Rows of `Entry` in the order of a `Found`; what is not read yet shows an ellipsis."""

    wanted = Signal(object)  # numbers of samples to read

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: tuple[int, ...] = ()
        self._rows: dict[int, Entry] = {}
        self._places: dict[int, int] | None = None
        self._asked: set[int] = set()  # pages that are under way
        self._seen: set[int] = set()  # pages that a view asked for just now
        self._reviews: Mapping[int, str] = {}
        self._titles: Mapping[str, str] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)

    # -- what is shown

    def show_found(self, found: Found) -> None:
        """Other cases, or more of the same: then only rows are added."""
        numbers, before = found.numbers, self._numbers
        if numbers == before:
            return
        if before and len(numbers) > len(before) and numbers[: len(before)] == before:
            self.beginInsertRows(QModelIndex(), len(before), len(numbers) - 1)
            self._numbers, self._places = numbers, None
            self._asked.clear()
            self.endInsertRows()
            return
        self.beginResetModel()
        self._numbers, self._places = numbers, None
        self._asked.clear()
        self.endResetModel()

    def forget(self) -> None:
        """Another cohort, or samples that are made anew: nothing that was read holds."""
        self.beginResetModel()
        self._rows.clear()
        self._numbers, self._places = (), None
        self._asked.clear()
        self.endResetModel()

    def take(self, rows: Mapping[int, Entry]) -> None:
        """Rows that were read."""
        if len(self._rows) > KEPT_ROWS:
            self._rows.clear()
            self._asked.clear()
        self._rows.update(rows)
        places = [place for number in rows if (place := self.place_of(number)) >= 0]
        if places:
            low, high = min(places), max(places)
            self._asked -= {place // PAGE for place in (low, high)}
            self.dataChanged.emit(self.index(low, 0), self.index(high, len(COLUMNS) - 1))

    def show_reviews(self, words: Mapping[int, str]) -> None:
        """What was decided, by sample."""
        self._reviews = words
        self._changed_column("review")

    def show_titles(self, titles: Mapping[str, str]) -> None:
        """Titles of patterns by name."""
        self._titles = titles

    def _changed_column(self, name: str) -> None:
        if self._numbers:
            column = [key for key, _ in COLUMNS].index(name)
            last = len(self._numbers) - 1
            self.dataChanged.emit(self.index(0, column), self.index(last, column))

    # -- rows and numbers

    @property
    def numbers(self) -> Sequence[int]:
        """Numbers of the samples in the order of the rows."""
        return self._numbers

    def number_at(self, row: int) -> int | None:
        """Number of the sample in a row."""
        return self._numbers[row] if 0 <= row < len(self._numbers) else None

    def place_of(self, number: int) -> int:
        """Row of a sample, -1 when it is not shown."""
        if self._places is None:
            self._places = {one: row for row, one in enumerate(self._numbers)}
        return self._places.get(number, -1)

    def entry(self, row: int) -> Entry | None:
        """What the index says of a row; None while it is not read: then it is asked for."""
        number = self.number_at(row)
        if number is None:
            return None
        found = self._rows.get(number)
        if found is None:
            self._seen.add(row // PAGE)
            self._soon.start()
        return found

    def _ask(self) -> None:
        for page in sorted(self._seen - self._asked):
            numbers = self._numbers[page * PAGE : (page + 1) * PAGE]
            lacking = [one for one in numbers if one not in self._rows]
            if lacking:
                self._asked.add(page)
                self.wanted.emit(tuple(lacking))
        self._seen.clear()

    # -- Qt's own

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many cases."""
        return 0 if parent.isValid() else len(self._numbers)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole and COLUMNS[section][0] in RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        name = COLUMNS[index.column()][0]
        if role == Qt.ItemDataRole.TextAlignmentRole and name in RIGHT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        number = self.number_at(index.row())
        if number is None:
            return None
        entry = self.entry(index.row())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(entry.error) if entry is not None and entry.error else None
        if name == "number":
            return str(number)
        if name == "review":
            return self._reviews.get(number, "")
        return WAITING if entry is None else self.cell(entry, name)

    def cell(self, entry: Entry, name: str) -> str:
        """What is printed of a case."""
        if name == "status":
            return status_words(entry)
        if name in ("dice", "co_dice"):
            value = getattr(entry, name)
            return "–" if value is None else cut(value)
        if name == "area":
            return "–" if entry.area is None else f"{entry.area:.0f}"
        if name == "segment":
            return str(entry.segment) if entry.segment else "–"
        if name == "pattern":
            return self._titles.get(entry.pattern, entry.pattern) or "–"
        if name == "tries":
            return str(entry.tries) if entry.tries else "–"
        return str(getattr(entry, name)) or ("" if name == "error" else "–")
