"""Diagnostics for somebody who helps: the exact text is shown first, and nothing is sent."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.preferences import Preferences
from lgesynth_gui.app.reports import Events, diagnostics_text, write_zip
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.self_test import SelfTest

WIDE, HIGH = 84, 34
NAME = "lgesynth-diagnostics.zip"
ABOUT = "This is all the file will hold. Nothing is sent; you decide who gets it."


class DiagnosticsDialog(QDialog):
    """Shows the text, runs the self-test into it, saves exactly what is shown."""

    def __init__(
        self,
        workers: Workers,
        now: Preferences,
        events: Events,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("diagnostics")
        self.setWindowTitle("Diagnostics without patient data")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._workers, self._now, self._events = workers, now, events
        self.test = SelfTest(workers, now.device, self)
        about = plain_label(ABOUT, role="heading")
        about.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Text of the diagnostics")
        self.text.setToolTip("The exact text of the file")
        self.text.setTabChangesFocus(True)
        self.words = plain_label(role="muted")
        self.words.setObjectName("diagnosticsWords")
        self.words.setWordWrap(True)
        self.save = QPushButton("Save as ZIP…")
        self.save.setToolTip("Write the shown text, and only it, into a ZIP file")
        self.save.setProperty("primary", True)
        self.save.setAutoDefault(False)
        self.save.clicked.connect(lambda _=False: self.pick())
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close without saving (Esc)")
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.close_button)
        row.addWidget(self.save)
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        metrics, screen = self.fontMetrics(), self.screen().availableGeometry()
        wide, high = metrics.horizontalAdvance("0" * WIDE), HIGH * metrics.height()
        self.resize(min(wide, screen.width() - 40), min(high, screen.height() - 60))
        self.test.answered.connect(lambda _: self.refresh())
        self.test.doing.connect(lambda what: self.words.setText(f"Self-test: {what}…"))
        self.test.ended.connect(lambda: self.words.setText("The self-test is done."))
        self.finished.connect(lambda _: self.test.stop())
        self.refresh()
        QTimer.singleShot(0, self.test, self.test.start)

    def refresh(self) -> None:
        """Show the text as it is now."""
        text = diagnostics_text(self._now, self.test.found, self._events)
        bar = self.text.verticalScrollBar()
        place = bar.value()
        self.text.setPlainText(text)
        bar.setValue(place)

    def pick(self) -> None:
        """Ask where to write the file; the text stops changing first."""
        self.test.stop()
        picker = QFileDialog(self, "Save diagnostics")
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setNameFilter("ZIP (*.zip)")
        picker.setDefaultSuffix("zip")
        picker.selectFile(NAME)
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(lambda name: self.write(Path(name)))
        picker.open()

    def write(self, path: Path) -> None:
        """Write exactly what is shown."""
        self.test.stop()
        text = self.text.toPlainText()

        def job() -> Job:
            yield None
            write_zip(path, text)

        handle = self._workers.file_jobs.submit(job)
        handle.finished.connect(self._on_written)  # bound: ends with the dialog
        handle.failed.connect(self._on_failed)

    def _on_written(self, _: object) -> None:
        self.words.setText("Saved.")

    def _on_failed(self, error: Exception) -> None:
        told = str(error) if isinstance(error, LgeSynthError) else type(error).__name__
        self.words.setText(f"Not saved: {told}")
