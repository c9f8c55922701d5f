"""After an export: show the folder, copy what was written in words. Never in the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.app.verdicts import export_summary
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.labels import plain_label


class ExportedDialog(QDialog):
    """Says how many files were written; the folder is opened by the desktop, never named here."""

    def __init__(
        self, result: SynthesisResult, paths: Sequence[Path], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("exported")
        self.setWindowTitle("Exported")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._folder = _common(paths)
        self.summary = export_summary(result, tuple(path.name for path in paths))
        column = QVBoxLayout(self)
        files = f"{len(paths)} file{'s' * (len(paths) != 1)}"
        column.addWidget(plain_label(f"{files} written, read back and checked.", role="heading"))
        column.addWidget(plain_label(self.summary))
        row = QHBoxLayout()
        self.show_folder = QPushButton("Show in folder")
        self.show_folder.setObjectName("showFolder")
        self.show_folder.setToolTip("Open the folder in the desktop's file manager")
        self.show_folder.clicked.connect(self._open)
        self.copy = QPushButton("Copy summary")
        self.copy.setObjectName("copySummary")
        self.copy.setToolTip("Copy these lines; no name, path or identifier is in them")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.summary))
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.close)
        for button in (self.show_folder, self.copy):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        column.addLayout(row)

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))


def _common(paths: Sequence[Path]) -> Path:
    """The folder that holds all of them."""
    first = min(paths, key=lambda path: len(path.parts), default=Path())
    return first.parent if first.suffix else first
