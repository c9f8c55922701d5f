"""FAIL cases that may be exported all the same: each needs a reason of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from lgesynth_gui.cohort.index import Entry
from lgesynth_gui.cohort.review import LONGEST_TEXT, enough_reason
from lgesynth_gui.core.verdict import cut

COLUMNS = ("Case", "Dice", "Size", "Depth", "Reason (10 letters)")
REASON = 4
Index = QModelIndex | QPersistentModelIndex


class FailTable(QAbstractTableModel):
    """Rows of FAIL entries; the last column is typed into."""

    changed = Signal()

    def __init__(self, entries: Sequence[Entry] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = tuple(entries)
        self._reasons: dict[int, str] = {}

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Other cases; reasons that were typed stay with theirs."""
        self.beginResetModel()
        self._entries = tuple(entries)
        self.endResetModel()

    @property
    def reasons(self) -> dict[int, str]:
        """Reasons that are long enough, by case."""
        return {number: text for number, text in self._reasons.items() if enough_reason(text)}

    @property
    def short(self) -> tuple[int, ...]:
        """Cases whose reason is begun, but too short."""
        return tuple(n for n, text in self._reasons.items() if text and not enough_reason(text))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many cases."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return COLUMNS[section] if role == Qt.ItemDataRole.DisplayRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The reasons can be typed."""
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() == REASON else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        one = self._entries[index.row()]
        dice = "–" if one.dice is None else cut(one.dice)
        typed = self._reasons.get(one.number, "")
        return (str(one.number), dice, one.size, one.depth, typed)[index.column()]

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A reason was typed."""
        if index.column() != REASON or role != Qt.ItemDataRole.EditRole:
            return False
        number = self._entries[index.row()].number
        self._reasons[number] = " ".join(str(value).split())[:LONGEST_TEXT]
        self.dataChanged.emit(index, index)
        self.changed.emit()
        return True
