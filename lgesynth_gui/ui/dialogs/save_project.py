"""Save as: the user's name for the project, the file, and whether it is remembered."""

from __future__ import annotations

import os
import re
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.ui.labels import plain_label

SUFFIX = ".lgesynth"
LONGEST_LABEL = 64
WIDTH = "0" * 62  # room for this many digits
NOTE = (
    "The file holds the pixels, the drawing, all variations and the last 200 steps; no name, no"
    " number, no date of a patient. Do not type one here either."
)


def file_name(label: str) -> str:
    """A file name made of a label: letters, digits and dashes of any language."""
    return (re.sub(r"[^\w-]+", "-", label).strip("-_")[:40] or "heart") + SUFFIX


def free(path: Path) -> Path:
    """The path, with a number behind its name when something is there already."""
    number, found = 2, path
    while os.path.lexists(found):
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return found


class SaveProject(QDialog):
    """Asks once; `save_wanted` carries (path, label, whether to remember it).

    Another project is never written over unasked: by the picker, or by the button.
    """

    save_wanted = Signal(object, str, bool)

    def __init__(
        self,
        label: str,
        *,
        remember: bool = True,
        own: Path | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Make one.

        Args:
            label: The user's name for the project, as proposed.
            remember: Whether it may be put on the list of recent projects.
            own: The file of the open project, which is its to replace; or None.
            parent: The window.
        """
        super().__init__(parent)
        self._asked = {own} if own is not None else set()  # files that may be written over
        self._sure = False
        self.setObjectName("saveProject")
        self.setWindowTitle("Save project as")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        self.label = QLineEdit(label[:LONGEST_LABEL])
        self.label.setObjectName("projectLabel")
        self.label.setMaxLength(LONGEST_LABEL)
        self.label.setAccessibleName("Name in the list of projects")
        self.label.setToolTip("How the project is called in the list on the start page")
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        home = Path(QStandardPaths.writableLocation(documents) or Path.home())
        self.file = QLineEdit(str(free(home / file_name(label))))
        self.file.setObjectName("projectFile")
        self.file.setAccessibleName("File")
        self.file.setToolTip("Where the project is written")
        self.choose = QPushButton("Choose…")
        self.choose.setToolTip("Choose the file in a picker")
        self.choose.clicked.connect(self._choose)
        for row, (words, field) in enumerate((("Name", self.label), ("File", self.file))):
            name = plain_label(words)
            name.setBuddy(field)
            grid.addWidget(name, row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(self.choose, 1, 2)
        column.addLayout(grid)
        note = plain_label(NOTE, role="muted")
        note.setWordWrap(True)
        column.addWidget(note)
        self.remember = QCheckBox("Show it in the list on the start page")
        self.remember.setObjectName("rememberProject")
        self.remember.setToolTip(
            "The list holds the name and the number of slices; the place stands in a file that only"
            " you can read"
        )
        self.remember.setChecked(remember)
        self.remember.setEnabled(remember)
        column.addWidget(self.remember)
        self.why = plain_label(role="warning")
        self.why.setObjectName("whyNot")
        self.why.setWordWrap(True)
        column.addWidget(self.why)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Do not save (Esc)")
        self.cancel.clicked.connect(self.reject)
        self.save = QPushButton("Save")
        self.save.setObjectName("saveNow")
        self.save.setProperty("primary", True)
        self.save.setToolTip("Write the project (Enter)")
        self.save.setMinimumWidth(self.fontMetrics().horizontalAdvance("0" * 14))
        self.save.setDefault(True)
        self.save.clicked.connect(self._save)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        column.addLayout(buttons)
        self.setMinimumWidth(
            min(
                self.fontMetrics().horizontalAdvance(WIDTH),
                self.screen().availableGeometry().width() - 40,
            )
        )
        self._typed = False
        self.file.textEdited.connect(self._on_typed)
        self.label.textEdited.connect(self._on_label)
        for line in (self.label, self.file):
            line.textChanged.connect(self.refresh)
        self.label.selectAll()
        self.refresh()

    def path(self) -> Path:
        """The file, with the suffix of a project."""
        path = Path(self.file.text().strip())
        return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)

    def refresh(self) -> None:
        """Switch Save on or say why it is off."""
        self._sure = False
        self.save.setText("Save")
        reason = ""
        if not self.label.text().strip():
            reason = "Type a name."
        elif not Path(self.file.text().strip()).is_absolute():
            reason = "Choose a file."
        self.save.setEnabled(not reason)
        self.why.setText(reason)
        self.why.setVisible(bool(reason))

    def _on_typed(self, _: str) -> None:
        self._typed = True

    def _on_label(self, label: str) -> None:
        if not self._typed:
            self.file.setText(str(free(self.path().with_name(file_name(label)))))

    def _choose(self) -> None:
        picker = QFileDialog(self, "Save project as", str(self.path().parent))
        picker.setFileMode(QFileDialog.FileMode.AnyFile)
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setNameFilter(f"LGESynth project (*{SUFFIX})")
        picker.setDefaultSuffix(SUFFIX[1:])
        picker.selectFile(self.path().name)
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(self._chosen)
        picker.open()

    def _chosen(self, path: str) -> None:
        self._typed = True
        self._asked.add(Path(path))
        self.file.setText(path)

    def _save(self) -> None:
        taken = self.path() not in self._asked and os.path.lexists(self.path())
        if taken and not self._sure:
            self._sure = True
            self.save.setText("Really replace?")
            self.why.setText("A file of this name is there already. Replace it, or type another.")
            self.why.show()
            return
        self.save_wanted.emit(self.path(), self.label.text().strip(), self.remember.isChecked())
        self.accept()
