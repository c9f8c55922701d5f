"""Step 1: where the annotated scans lie."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.training import Training
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.labels import plain_label

ABOUT = (
    "Folders of short-axis LGE images with masks: DICOM, NIfTI, EMIDEC, MyoPS, nnU-Net, projects"
    " and exports of this program. Nothing is copied or changed, and nothing leaves this computer."
)
EMPTY = "Fine-tuning needs at least 10 cases from 10 patients. Drop folders here."


class DataStep(QWidget):
    """A list of folders, and how many cases were found in them."""

    def __init__(self, training: Training, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training = training
        about = plain_label(ABOUT, role="muted")
        about.setWordWrap(True)
        self.folders = QListWidget()
        self.folders.setAccessibleName("Folders of the training data")
        self.folders.setToolTip("Drop folders, project files or ZIP archives anywhere")
        self.add = QPushButton("Add folder…")
        self.add.setToolTip("A folder of annotated scans")
        self.add.clicked.connect(lambda: self._pick(QFileDialog.FileMode.Directory))
        self.file = QPushButton("Add file…")
        self.file.setToolTip("A project (.lgesynth) or a ZIP archive")
        self.file.clicked.connect(lambda: self._pick(QFileDialog.FileMode.ExistingFile))
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Leave the chosen folder out; no file is deleted")
        self.remove.clicked.connect(self._remove)
        self.folders.currentRowChanged.connect(lambda row: self.remove.setEnabled(row >= 0))
        self.few = QCheckBox("Try it with fewer than 10 cases: the result will mean little")
        self.few.setObjectName("fewCases")
        self.few.setToolTip("For trying the program out; at least 2 cases of 2 patients")
        self.few.toggled.connect(training.allow_few)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop looking at the data")
        self.stop.clicked.connect(training.cancel)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Cases looked at")
        self.words = plain_label(EMPTY)
        self.words.setWordWrap(True)
        row = QHBoxLayout()
        for widget in (self.add, self.file, self.remove):
            row.addWidget(widget)
        row.addStretch(1)
        told = QHBoxLayout()
        told.addWidget(self.words, 1)
        told.addWidget(self.bar)
        told.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addWidget(self.folders, 1)
        column.addLayout(row)
        column.addLayout(told)
        column.addWidget(self.few)
        training.changed.connect(self._on_changed)
        training.working.connect(self._on_working)
        self._on_working(None)
        self.remove.setEnabled(False)

    def _pick(self, mode: QFileDialog.FileMode) -> None:
        pick(self, "Annotated scans", mode, lambda path: self._training.add((Path(path),)))

    def _remove(self) -> None:
        self._training.remove(self.folders.currentRow())

    def _on_working(self, step: Progress | None) -> None:
        busy = self._training.busy and step is not None
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        if step is not None:
            self.bar.setRange(0, step.total)
            self.bar.setValue(step.done)
            self.words.setText(f"{step.note.capitalize()} …")
        elif self._training.desk.checked is None:
            self.words.setText("Stopped." if self._training.desk.folders else EMPTY)

    def _on_changed(self, field: str) -> None:
        desk = self._training.desk
        if field == "folders":
            self.folders.clear()
            for one in desk.folders:
                self.folders.addItem(str(one))
                item = self.folders.item(self.folders.count() - 1)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"folder {one.name}")
            if not desk.folders:
                self.words.setText(EMPTY)
        if field == "checked" and desk.checked is not None:
            found, people = len(desk.checked.findings), len({c.patient for c in desk.cases})
            red = len(desk.checked.red)
            words = f"{found} cases of {people} patients found"
            self.words.setText(f"{words}; {red} cannot be used." if red else f"{words}.")
