"""A table of an evaluation: a view without item widgets, sorted by its numbers, copied as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.evaluation.files import write_csv
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.ui.bars import pick_save
from lgesynth_gui.ui.labels import plain_label, plain_tip

MOST_ROWS = 12  # shown without scrolling
SORT = Qt.ItemDataRole.UserRole
_NUMBER = re.compile(r"\s*[+-]?\d+(?:\.\d+)?")
Index = QModelIndex | QPersistentModelIndex


class RowsModel(QAbstractTableModel):
    """Lines of text, told as they are; numbers in front of a text sort it."""

    def __init__(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.head, self.rows = tuple(head), tuple(tuple(one) for one in rows)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many lines."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(self.head)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.head[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        text = self.rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(f"{self.head[index.column()]}: {text}")
        if role == SORT:
            found = _NUMBER.match(text)
            return float(found.group()) if found and index.column() else text
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


class TableCard(QWidget):
    """The title, the table, Copy and CSV; a table without short form offers its file alone."""

    said = Signal(str)

    def __init__(self, table: Table, note: str, parent: QWidget | None = None) -> None:
        """Args: note: What it was measured on and how it was narrowed down."""
        super().__init__(parent)
        self.setObjectName(f"table-{table.name}")
        self.table, self.note = table, note
        title = table.title or f"{table.name.replace('-', ' ')}: {len(table.cells)} lines"
        label = plain_label(title, role="heading")
        label.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(label, 1)
        self.copy_button = self._button("Copy", f"Copy the table: {title}")
        self.copy_button.clicked.connect(self.copy)
        self.csv = self._button("CSV", f"Save the whole table as CSV: {title}")
        self.csv.clicked.connect(self._pick)
        self.copy_button.setVisible(bool(table.shown))
        row.addWidget(self.copy_button)
        row.addWidget(self.csv)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        self.view: QTableView | None = None
        if table.shown:
            self.view = self._view(title)
            column.addWidget(self.view)

    def _button(self, name: str, tip: str) -> QPushButton:
        button = QPushButton(name)
        button.setProperty("compact", True)
        button.setAccessibleName(tip)
        button.setToolTip(plain_tip(tip))
        button.setMinimumSize(self.fontMetrics().horizontalAdvance(name) + 16, 24)
        return button

    def _view(self, title: str) -> QTableView:
        view = QTableView()
        self.model = RowsModel(self.table.head, self.table.shown, self)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(self.model)
        self.sorted.setSortRole(SORT)
        view.setModel(self.sorted)
        view.setAccessibleName(title)
        view.setToolTip("Click a head to sort by it")
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setTabKeyNavigation(False)
        view.setWordWrap(False)
        view.setSortingEnabled(True)
        self.sorted.sort(-1)  # as it came: best first
        view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        lines = min(len(self.table.shown), MOST_ROWS)
        high = view.verticalHeader().defaultSectionSize()
        bar = view.horizontalScrollBar().sizeHint().height()
        view.setFixedHeight(header.sizeHint().height() + lines * high + bar + 4)
        return view

    def text(self) -> str:
        """The short form, tabs between its cells."""
        lines = [self.table.head, *self.table.shown]
        told = ["\t".join(one) for one in lines]
        return "\n".join([*told, f"{self.table.title}. {self.note}"])

    def copy(self) -> None:
        """Put the table on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())
        self.said.emit("Copied.")

    def _pick(self) -> None:
        name = f"{self.table.name}.csv"
        pick_save(self, "Save as CSV", name, "CSV (*.csv)", lambda path: self.write(Path(path)))

    def write(self, path: Path) -> None:
        """Write the long form."""
        try:
            write_csv(path, self.table.columns, self.table.cells)
        except LgeSynthError as error:
            self.said.emit(str(error))
        else:
            self.said.emit(f"Saved: {path.name}.")
