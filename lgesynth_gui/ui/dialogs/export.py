"""Export: what is it, which formats, checks in words, where. Never saves the project."""

from __future__ import annotations

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
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.services import ExportMode
from lgesynth_gui.app.session import State
from lgesynth_gui.app.verdicts import Answers, effective_grade, why_not_write
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.verdict import Grade, cut
from lgesynth_gui.ui.labels import plain_label, set_role

FORMATS = (
    ("dicom", "DICOM series", True),
    ("seg", "DICOM SEG (myocardium, requested, measured)", True),
    ("nifti", "NIfTI + JSON", False),
    ("png", "PNG pictures, badge drawn in", False),
)
LOOKED = "looked at by the user"
WIDTH = "0" * 72  # room for this many digits
UNDERSTOOD = "I understand: research use, not for diagnosis."


class ExportDialog(QDialog):
    """Asks what to write and where; `export_wanted` carries (folder, formats, mode, reason).

    It stays open while files are written, and closes by `accept` or tells why by `failed`.
    """

    export_wanted = Signal(object, object, str, str)

    def __init__(self, state: State, *, first: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("exportDialog")
        self.setWindowTitle("Export synthetic result")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._state = state
        self._busy = False
        outer = QVBoxLayout(self)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(8)
        self._build_mode(column)
        self._build_formats(column)
        self._build_checks(column)
        self._build_where(column)
        self.understood = QCheckBox(UNDERSTOOD)
        self.understood.setObjectName("understood")
        self.understood.setChecked(not first)
        self.understood.setVisible(first)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        inner.setProperty("surface", "panel")
        self._inner = inner
        outer.addWidget(area, 1)
        outer.addWidget(self.understood)
        row = QHBoxLayout()
        self.why = plain_label(role="muted")
        self.why.setObjectName("whyNot")
        self.why.setWordWrap(True)
        self.write = QPushButton("Export")
        self.write.setObjectName("write")
        self.write.setProperty("primary", True)
        self.write.setMinimumWidth(120)
        self.write.setDefault(True)
        self.write.clicked.connect(self._write)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.reject)
        row.addWidget(self.why, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.write)
        outer.addLayout(row)
        for box in (self.understood, self.looked, *self.formats.values()):
            box.toggled.connect(self.refresh)
        for line in (self.reason, self.folder):
            line.textChanged.connect(self.refresh)
        self._fit()
        self.refresh()

    def _fit(self) -> None:
        """As wide as its words, as high as they need, never more than the screen."""
        wide = self.fontMetrics().horizontalAdvance(WIDTH)
        screen = self.screen().availableGeometry()
        self.resize(min(wide, screen.width() - 40), 100)
        inner = self._inner.heightForWidth(wide - 60)
        rest = 9 * self.fontMetrics().height()
        self.resize(self.width(), min(inner + rest, screen.height() - 60))

    def _build_mode(self, column: QVBoxLayout) -> None:
        column.addWidget(plain_label("What is this?", role="heading"))
        self.new = QRadioButton("New synthetic subject")
        self.new.setChecked(True)
        self.edit = QRadioButton("Edit of this patient")
        self.edit.setObjectName("editOfPatient")
        for button, words in (
            (self.new, "SYN-… identifiers, new study, no link to the source."),
            (self.edit, "Same study and frame of reference, new series, links to the source."),
        ):
            column.addWidget(button)
            note = plain_label(words, role="muted")
            note.setContentsMargins(24, 0, 0, 0)
            note.setWordWrap(True)
            column.addWidget(note)
        source = self._state.series.source.format if self._state.series is not None else ""
        self.edit.setEnabled(source == "dicom")
        if source != "dicom":
            self.edit.setToolTip("Only for a series that was read from DICOM files.")
        note = plain_label(self._origin_words(source), role="warning")
        note.setWordWrap(True)
        column.addWidget(note)

    def _origin_words(self, source: str) -> str:
        result = self._state.applied
        share = 100.0
        if result is not None and result.edited.size:
            share = 100.0 * (1.0 - float(result.edited.mean()))
        if source == "phantom":
            return f"The host is a computed heart: no patient is in it ({share:.1f} % unchanged)."
        return (
            "Outside the edited zone the pixels are the source patient's own "
            f"({share:.1f} % unchanged). This is not anonymous data."
        )

    def _build_formats(self, column: QVBoxLayout) -> None:
        column.addWidget(plain_label("Formats", role="heading"))
        self.formats: dict[str, QCheckBox] = {}
        for name, words, on in FORMATS:
            box = QCheckBox(words)
            box.setObjectName(f"format_{name}")
            box.setChecked(on)
            self.formats[name] = box
            column.addWidget(box)

    def _build_checks(self, column: QVBoxLayout) -> None:
        column.addWidget(plain_label("Checks", role="heading"))
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(4)
        for row, (glyph, words) in enumerate(checks(self._state)):
            mark = plain_label(glyph)
            mark.setFixedWidth(18)
            text = plain_label(words)
            text.setWordWrap(True)
            grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(text, row, 1)
        column.addLayout(grid)
        result = self._state.applied
        grade = effective_grade(result, self._state) if result is not None else Grade.NOT_JUDGED
        self.looked = QCheckBox("I have looked at it; this is recorded in every file.")
        self.looked.setObjectName("looked")
        self.looked.setVisible(grade is Grade.CHECK)
        self.reason = QLineEdit()
        self.reason.setObjectName("reason")
        self.reason.setAccessibleName("Reason for exporting a FAIL")
        self.reason.setPlaceholderText("Why is a FAIL exported? (kept in every file)")
        self.reason.setVisible(grade is Grade.FAIL)
        column.addWidget(self.looked)
        column.addWidget(self.reason)

    def _build_where(self, column: QVBoxLayout) -> None:
        column.addWidget(plain_label("Where", role="heading"))
        row = QHBoxLayout()
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        home = QStandardPaths.writableLocation(documents)
        self.folder = QLineEdit(str(Path(home) / "LGESynth export") if home else "")
        self.folder.setObjectName("folder")
        self.folder.setAccessibleName("Folder")
        choose = QPushButton("Choose…")
        choose.clicked.connect(self._choose)
        row.addWidget(self.folder, 1)
        row.addWidget(choose)
        column.addLayout(row)
        note = plain_label(
            "A new folder is made in it. File names contain SYNTHETIC, never a patient name.",
            role="muted",
        )
        note.setWordWrap(True)
        column.addWidget(note)

    def _choose(self) -> None:
        picker = QFileDialog(self, "Export into folder")
        picker.setFileMode(QFileDialog.FileMode.Directory)
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(self.folder.setText)
        picker.open()

    def answers(self) -> Answers:
        """What is filled in."""
        return Answers(
            looked=self.looked.isChecked(),
            reason=self.reason.text(),
            understood=self.understood.isChecked(),
            formats=tuple(name for name, box in self.formats.items() if box.isChecked()),
            folder=bool(self.folder.text().strip()),
        )

    def refresh(self) -> None:
        """Switch Export on or say why it is off."""
        reason = why_not_write(self._state, self.answers())
        self.write.setEnabled(not reason and not self._busy)
        self._say(reason)

    def _say(self, words: str, role: str = "muted") -> None:
        self.why.setText(words)
        set_role(self.why, role)

    def _write(self) -> None:
        answers = self.answers()
        mode: ExportMode = "edit_of_patient" if self.edit.isChecked() else "new_subject"
        reason = LOOKED if answers.looked else answers.reason.strip()
        self._set_busy(True)
        self._say("Writing and checking…")
        self.export_wanted.emit(Path(self.folder.text().strip()), answers.formats, mode, reason)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for widget in (self._inner, self.understood, self.write):
            widget.setEnabled(not busy)

    def working(self, step: Progress | None) -> None:
        """The job ended; unless that was told otherwise before, it was cancelled."""
        if step is None:
            self.failed("Cancelled: nothing was written.")

    def failed(self, message: str) -> None:
        """Nothing was written: say why, and let it be tried again."""
        if self._busy:
            self._set_busy(False)
            self._say(message, role="warning")


def checks(state: State) -> tuple[tuple[str, str], ...]:
    """(glyph, words) of what can be said before writing."""
    result = state.applied
    if result is None:
        return (("✗", "Nothing is applied."),)
    verdict, grade = result.verdict, effective_grade(result, state)
    gate = f"Gate: {grade.value}, Dice {cut(verdict.dice)}, limit {cut(verdict.limit)}"
    if verdict.judge:
        gate += f", judged by {verdict.judge}"
    zone = f"Untouched zone: {verdict.changed_outside} of {verdict.untouched} pixels changed"
    return (
        (grade.glyph, gate),
        ("✓" if verdict.changed_outside == 0 else "■", zone),
        (
            "·",
            "While writing: marks, identifiers and personal data are checked; a red one stops it.",
        ),
    )
