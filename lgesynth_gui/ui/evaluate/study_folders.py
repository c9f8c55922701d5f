"""Which folders a reader study is made of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.labels import plain_label

ABOUT = (
    "Add the exports of this program (with their masks) and the folders of real scans with masks,"
    " as Train reads them. Only slices with scar are taken, at most one of a patient is shown, and"
    " nothing in the folders is changed."
)


class StudyFolders(QDialog):
    """A list of folders; `chosen` carries them."""

    chosen = Signal(object)  # tuple of Path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("studyFolders")
        self.setWindowTitle("Exports and scans")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        about = plain_label(ABOUT, role="muted")
        about.setWordWrap(True)
        self.folders = QListWidget()
        self.folders.setAccessibleName("Folders of the study")
        self.folders.setToolTip("Exports and scans")
        add = QPushButton("Add folder…")
        add.setToolTip("Exports of this program, or scans with masks")
        add.clicked.connect(
            lambda: pick(
                self,
                "Exports or scans",
                QFileDialog.FileMode.Directory,
                lambda p: self.add(Path(p)),
            )
        )
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Leave the chosen folder out; no file is deleted")
        self.remove.clicked.connect(lambda: self.folders.takeItem(self.folders.currentRow()))
        self.make = QPushButton("Make the study")
        self.make.setProperty("primary", True)
        self.make.setToolTip("Reads the folders; pictures are kept among your own data")
        self.make.clicked.connect(self._make)
        close = QPushButton("Close")
        close.setToolTip("Close (Esc)")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        for button in (add, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.make, close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addWidget(self.folders, 1)
        column.addLayout(row)
        model = self.folders.model()
        for signal in (model.rowsInserted, model.rowsRemoved):
            signal.connect(lambda *_: self._refresh())
        self._refresh()
        self.resize(560, 320)

    def add(self, folder: Path) -> None:
        """Take a folder."""
        self.folders.addItem(str(folder))
        item = self.folders.item(self.folders.count() - 1)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"folder {folder.name}")
        self.folders.setCurrentItem(item)

    def paths(self) -> tuple[Path, ...]:
        """The folders."""
        return tuple(Path(self.folders.item(k).text()) for k in range(self.folders.count()))

    def _refresh(self) -> None:
        some = self.folders.count() > 0
        self.remove.setEnabled(some)
        self.make.setEnabled(some)

    def _make(self) -> None:
        self.chosen.emit(self.paths())
        self.accept()
