"""About: version, licences of the libraries, cards of the models; all as plain text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.licences import libraries_text, models_text, program_text
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.labels import plain_tip

WIDE, HIGH = 84, 30


class AboutDialog(QDialog):
    """Three pages; what has to be read from the drive arrives when it is read."""

    def __init__(self, workers: Workers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about")
        self.setWindowTitle("About LGESynth")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Pages")
        self.tabs.setToolTip("Program, libraries, models")
        self.program = self._page("Program")
        self.libraries = self._page("Libraries and licences")
        self.models = self._page("Model cards")
        self.program.setPlainText(program_text())
        for page, read in ((self.libraries, libraries_text), (self.models, models_text)):
            page.setPlainText("Reading…")
            handle = workers.file_jobs.submit(partial(_read, read))
            handle.finished.connect(page.setPlainText)
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.addWidget(self.tabs, 1)
        column.addLayout(row)
        metrics, screen = self.fontMetrics(), self.screen().availableGeometry()
        wide, high = metrics.horizontalAdvance("0" * WIDE), HIGH * metrics.height()
        self.resize(min(wide, screen.width() - 40), min(high, screen.height() - 60))

    def _page(self, title: str) -> QPlainTextEdit:
        page = QPlainTextEdit()
        page.setReadOnly(True)
        page.setAccessibleName(title)
        page.setToolTip(plain_tip(f"{title}; can be selected and copied"))
        page.setTabChangesFocus(True)
        page.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.tabs.addTab(page, title)
        return page


def _read(text: Callable[[], str]) -> Job:
    yield None
    try:
        return text()
    except Exception as error:  # noqa: BLE001 - a foreign package's record may be broken anyhow
        return f"This could not be read ({type(error).__name__})."
