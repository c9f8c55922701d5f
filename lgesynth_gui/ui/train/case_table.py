"""The table of annotated cases: what each is good for, with a tick to take or leave it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from lgesynth_gui.training.check import Checked, Finding, Outcome
from lgesynth_gui.ui.labels import plain_tip

COLUMNS = ("Case", "Check", "Patient", "Slices", "With scar", "Found as", "Why")
GLYPHS = {Outcome.GOOD: "✓ good", Outcome.WARNING: "▲ look", Outcome.REFUSED: "✗ refused"}
Index = QModelIndex | QPersistentModelIndex


class CaseTable(QAbstractTableModel):
    """Rows of `Finding`; the tick beside a case says whether it is used."""

    excluded = Signal(str, bool)  # case, whether it is left out

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.checked: Checked | None = None

    def show_checked(self, checked: Checked | None) -> None:
        """Other findings, or other exclusions of the same."""
        rows = () if checked is None else checked.findings
        before = () if self.checked is None else self.checked.findings
        if len(rows) == len(before):  # keeps the selection and the place of the scroll bar
            self.checked = checked
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self.checked = checked
        self.endResetModel()

    def finding(self, row: int) -> Finding | None:
        """A row."""
        rows = () if self.checked is None else self.checked.findings
        return rows[row] if 0 <= row < len(rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many cases."""
        return 0 if parent.isValid() or self.checked is None else len(self.checked.findings)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The first column can be ticked, but for what is refused."""
        flags = super().flags(index)
        one = self.finding(index.row())
        if one is not None and index.column() == 0 and one.outcome is not Outcome.REFUSED:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take or leave a case."""
        one = self.finding(index.row())
        if one is None or role != Qt.ItemDataRole.CheckStateRole:
            return False
        self.excluded.emit(one.case, Qt.CheckState(value) is not Qt.CheckState.Checked)
        return True

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        one = self.finding(index.row())
        if one is None or self.checked is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cells(one)[index.column()]
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == 0:
            taken = any(one is other for other in self.checked.taken)
            return Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(one.reason)
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (3, 4):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def cells(self, one: Finding) -> tuple[str, ...]:
        """What is printed of a case."""
        left = self.checked is not None and one.case in self.checked.excluded
        code = f"  {one.code}" if one.code else ""
        return (
            one.case,
            "– left out" if left else f"{GLYPHS[one.outcome]}{code}",
            one.patient,
            f"{one.used} of {one.total}" if one.total else "–",
            str(one.scarred) if one.total else "–",
            one.layout,
            one.reason,
        )
