"""How far the reviewers of a cohort agree, as a table with intervals."""

from __future__ import annotations

from math import isnan

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.cohort.agreement import Agreement
from lgesynth_gui.ui.labels import plain_label

COLUMNS = ("Reviewers", "Cases", "Alike", "Kappa", "95 % interval", "Drawn over")
FEW = 20
NONE = "Agreement needs two reviewers who decided the same cases."


def row_of(one: Agreement) -> tuple[str, ...]:
    """A row of the table; fewer than 20 cases give counts."""
    if not one.n:
        return ", ".join(one.reviewers), "0", "–", "–", "–", "–"
    alike = f"{round(one.alike * one.n)} of {one.n}"
    if one.n >= FEW:
        alike = f"{100 * one.alike:.0f} %"
    kappa = "–" if isnan(one.kappa) else f"{one.kappa:.2f}"
    interval = "–" if isnan(one.low) else f"{one.low:.2f} to {one.high:.2f}"
    return ", ".join(one.reviewers), str(one.n), alike, kappa, interval, one.over


class AgreementDialog(QDialog):
    """A row a pair of reviewers, and one for all of them."""

    def __init__(self, found: tuple[Agreement, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("agreement")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Agreement of the reviewers")
        self.table = QTableWidget(len(found), len(COLUMNS))
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setAccessibleName("Agreement of the reviewers")
        self.table.setToolTip("Cohen's kappa of two, Fleiss' of more; bootstrap intervals")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        for row, one in enumerate(found):
            for column, text in enumerate(row_of(one)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.none = plain_label(NONE, role="muted")
        self.none.setWordWrap(True)
        self.none.setVisible(not found)
        self.table.setVisible(bool(found))
        about = plain_label(
            "Kappa is agreement beyond chance: 1 is perfect, 0 is what chance gives.", role="muted"
        )
        about.setWordWrap(True)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close")
        self.close_button.clicked.connect(self.accept)
        column_ = QVBoxLayout(self)
        column_.addWidget(self.none)
        column_.addWidget(self.table)
        column_.addWidget(about)
        column_.addWidget(self.close_button, alignment=Qt.AlignmentFlag.AlignRight)
        self.resize(640, 300)
