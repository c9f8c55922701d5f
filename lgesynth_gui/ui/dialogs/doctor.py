"""The self-test in a window: one line a question, in words, as `lgesynth doctor` says them."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.reports import self_test_text
from lgesynth_gui.app.self_checks import Check
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.self_test import SelfTest

WIDE, HIGH = 84, 32


class DoctorDialog(QDialog):
    """Starts when it opens, fills line by line, stops when it closes."""

    def __init__(self, workers: Workers, device: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("doctor")
        self.setWindowTitle("Self-test of this computer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.test = SelfTest(workers, device, self)
        self.words = plain_label(role="heading")
        self.words.setObjectName("doctorWords")
        self.words.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setAccessibleName("Answers of the self-test")
        self.list.setToolTip("✓ in order · ✗ not in order, with what to do")
        self.list.setColumnCount(3)
        self.list.setHeaderLabels(["", "What", "Found"])
        self.list.setRootIsDecorated(False)
        self.list.setWordWrap(True)
        header = self.list.header()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.copy = QPushButton("Copy report")
        self.copy.setToolTip("Copy these lines, without any place on the drive")
        self.copy.setAutoDefault(False)
        self.copy.clicked.connect(lambda _=False: self.copy_report())
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close; what is still looked at stops (Esc)")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.addWidget(self.words)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        metrics, screen = self.fontMetrics(), self.screen().availableGeometry()
        wide, high = metrics.horizontalAdvance("0" * WIDE), HIGH * metrics.height()
        self.resize(min(wide, screen.width() - 40), min(high, screen.height() - 60))
        self.test.answered.connect(self.add)
        self.test.doing.connect(lambda what: self.words.setText(f"Looking at: {what}…"))
        self.test.ended.connect(self._on_ended)
        self.finished.connect(lambda _: self.test.stop())
        QTimer.singleShot(0, self.test, self.test.start)

    def add(self, one: Check) -> None:
        """Append an answer."""
        item = QTreeWidgetItem([one.glyph, one.name, one.found])
        item.setToolTip(2, one.found)
        words = "in order" if one.ok else "not in order"
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, words)
        self.list.addTopLevelItem(item)
        if not one.ok:
            self.list.scrollToItem(item)

    def _on_ended(self) -> None:
        bad = [one.name for one in self.test.found if not one.ok]
        self.words.setText(f"Not in order: {', '.join(bad)}." if bad else "Everything is in order.")

    def copy_report(self) -> None:
        """Put the lines on the clipboard."""
        QGuiApplication.clipboard().setText(self_test_text(self.test.found))
        self.copy.setText("Copied")
