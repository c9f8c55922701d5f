"""Export: what is it, which formats, checks in words, where. Never saves the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Qt, QTimer, Signal
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

from lgesynth_gui.app.export_checks import check_lines, first_fix
from lgesynth_gui.app.services import ExportMode
from lgesynth_gui.app.session import State
from lgesynth_gui.app.verdicts import Answers, effective_grade, why_not_write
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.verdict import Grade, cut
from lgesynth_gui.ui.dialogs.check_list import CheckList
from lgesynth_gui.ui.labels import plain_label, plain_tip, set_role

if TYPE_CHECKING:
    from lgesynth_gui.io.export import Rehearsal

FORMATS = (  # name, words, ticked at first, what it is
    ("dicom", "DICOM series", True, "The whole stack, every slice an MR image"),
    ("seg", "DICOM SEG (myocardium, requested, measured)", True, "Masks on those images"),
    ("sr", "DICOM report (17 segments)", False, "Transmurality and mass, requested and measured"),
    ("nifti", "NIfTI + JSON", False, "The stack, both label maps, and the record"),
    ("pdf", "One-page PDF", False, "Both pictures of a slice and the verdict in words"),
    ("nnunet", "nnU-Net raw dataset", False, "Image and drawn labels, in nnU-Net's layout"),
    ("emidec", "EMIDEC layout", False, "Image and drawn labels, in EMIDEC's layout"),
    ("png", "PNG, badge drawn in", False, "Original and synthetic side by side"),
    ("png_clean", "PNG without badge, too", False, ""),
)
LEFT = 5  # of them stand in the left column
CLEAN = (
    "A picture without its badge can be taken for a real one once it is copied elsewhere. Only its"
    " name and its hidden text say SYNTHETIC."
)
BURN = "Draw SYNTHETIC into the pixels of the DICOM images, too"
BURN_TIP = "For viewing, off the heart; the one change outside the edited zone, told in every file"
ONLY_DICOM = "Only for a series that was read from DICOM files."
INDENT = 24
CHECK_MS, TYPING_MS = 100, 500  # after a click, and while the folder is typed
LOOKED = "looked at by the user"
WIDTH = "0" * 72  # room for this many digits
UNDERSTOOD = "I understand: research use, not for diagnosis."


class ExportDialog(QDialog):
    """Asks what to write and where; `export_wanted` carries (folder, formats, mode, reason, mark).

    Whenever the files would become others, `rehearse_wanted` asks for them to be made and checked
    out of sight; the answer comes by `show_rehearsal`. The dialog stays open while files are
    written, and closes by `accept` or tells why by `failed`.
    """

    export_wanted = Signal(object, object, str, str, bool)
    rehearse_wanted = Signal(object, object, str, bool, int)  # folder, formats, mode, mark, number

    def __init__(self, state: State, *, first: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("exportDialog")
        self.setWindowTitle("Export synthetic result")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._state = state
        self._busy = False
        self._rehearsal: Rehearsal | None = None
        self._trouble = ""
        self._number = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._rehearse)
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
        self.understood.setToolTip("Asked before the first export only")
        self.understood.setChecked(not first)
        self.understood.setVisible(first)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus of what is in it
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
        self.write.setToolTip("Write the files, read them back, then show the folder (Enter)")
        self.write.setProperty("primary", True)
        self.write.setMinimumWidth(120)
        self.write.setDefault(True)
        self.write.clicked.connect(self._write)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Close; nothing is written (Esc)")
        self.cancel.clicked.connect(self.reject)
        row.addWidget(self.why, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.write)
        outer.addLayout(row)
        for box in (self.understood, self.looked):
            box.toggled.connect(self.refresh)
        self.reason.textChanged.connect(self.refresh)
        for changing in (*self.formats.values(), self.new, self.burn):
            changing.toggled.connect(lambda _: self._ask_again(CHECK_MS))
        self.folder.textChanged.connect(lambda _: self._ask_again(TYPING_MS))
        self._ask_again(0)
        self._fit()

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
        source = self._state.series.source.format if self._state.series is not None else ""
        same = "Same study and frame of reference, new series, links to the source."
        for button, words in (
            (self.new, "SYN-… identifiers, new study, no link to the source."),
            (self.edit, same if source == "dicom" else ONLY_DICOM),
        ):
            column.addWidget(button)
            note = plain_label(words, role="muted")
            note.setContentsMargins(INDENT, 0, 0, 0)
            note.setWordWrap(True)
            column.addWidget(note)
        self.edit.setEnabled(source == "dicom")
        if source != "dicom":
            self.edit.setToolTip(ONLY_DICOM)
        note = plain_label(self._origin_words(source), role="warning")
        note.setWordWrap(True)
        column.addWidget(note)

    def _origin_words(self, source: str) -> str:
        result = self._state.applied
        share = 100.0
        if result is not None and result.edited.size:
            share = 100.0 * (1.0 - float(result.edited.mean()))
        words = f"{cut(share, 1)} % unchanged"  # cut: never 100.0 where something was changed
        if source == "phantom":
            return f"The host is a computed heart: no patient is in it ({words})."
        return (
            "Outside the edited zone the pixels are the source patient's own "
            f"({words}). This is not anonymous data."
        )

    def _build_formats(self, column: QVBoxLayout) -> None:
        column.addWidget(plain_label("Formats", role="heading"))
        self.formats: dict[str, QCheckBox] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        left = LEFT if self._two_columns() else len(FORMATS)
        for i, (name, words, on, tip) in enumerate(FORMATS):
            box = QCheckBox(words)
            box.setObjectName(f"format_{name}")
            box.setToolTip(plain_tip(tip))
            box.setChecked(on)
            self.formats[name] = box
            cell = QHBoxLayout()  # the second tick stands in from the marked pictures' one
            cell.setContentsMargins(INDENT if name == "png_clean" else 0, 0, 0, 0)
            cell.addWidget(box)
            grid.addLayout(cell, i % left, i // left)
        column.addLayout(grid)
        self.burn = QCheckBox(BURN)
        self.burn.setObjectName("burnIn")
        self.burn.setToolTip(plain_tip(BURN_TIP))
        column.addWidget(self.burn)
        self.formats["dicom"].toggled.connect(self._on_dicom)
        clean = self.formats["png_clean"]
        clean.setEnabled(False)
        clean.setToolTip(CLEAN)
        self.clean = plain_label(CLEAN, role="warning")
        self.clean.setObjectName("cleanWarning")
        self.clean.setWordWrap(True)
        self.clean.hide()
        column.addWidget(self.clean)
        clean.toggled.connect(self.clean.setVisible)
        self.formats["png"].toggled.connect(self._on_png)
        if self._state.note:
            note = plain_label(f"Your note goes into every file: {self._state.note}", role="muted")
            note.setObjectName("noteShown")
            note.setWordWrap(True)
            column.addWidget(note)

    def _two_columns(self) -> bool:
        """Whether the longest words of both columns fit on the screen beside each other."""
        measure = self.fontMetrics().horizontalAdvance
        rows = [measure(words) for _, words, _, _ in FORMATS]
        needed = max(rows[:LEFT]) + max(rows[LEFT:]) + 2 * measure("0" * 5) + INDENT + 80
        return needed <= self.screen().availableGeometry().width() - 40

    def _on_dicom(self, on: bool) -> None:
        self.burn.setEnabled(on)
        if not on:
            self.burn.setChecked(False)

    def _on_png(self, on: bool) -> None:
        self.formats["png_clean"].setEnabled(on)
        if not on:
            self.formats["png_clean"].setChecked(False)

    def _build_checks(self, column: QVBoxLayout) -> None:
        column.addWidget(plain_label("Checks", role="heading"))
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
        self.checks = CheckList()
        column.addWidget(self.checks)

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

    @property
    def mode(self) -> ExportMode:
        """The answer to What is this?"""
        return "edit_of_patient" if self.edit.isChecked() else "new_subject"

    def _ask_again(self, after_ms: int) -> None:
        """What was found out is about other files: check anew, a moment after the last change."""
        self._rehearsal, self._trouble = None, ""
        self._number += 1
        self._timer.start(after_ms)
        self.refresh()

    def _rehearse(self) -> None:
        answers = self.answers()
        if answers.formats and answers.folder:
            folder = Path(self.folder.text().strip())
            burn = self.burn.isChecked()
            self.rehearse_wanted.emit(folder, answers.formats, self.mode, burn, self._number)

    def show_rehearsal(self, number: int, answer: Rehearsal | str) -> None:
        """What the files would be, or why they cannot be; too old an answer is dropped."""
        if number != self._number:
            return
        self._rehearsal = None if isinstance(answer, str) else answer
        self._trouble = answer if isinstance(answer, str) else ""
        self.refresh()

    def refresh(self) -> None:
        """Show the checks, and switch Export on or say why it is off."""
        answers = self.answers()
        lines = check_lines(self._state, answers, self._rehearsal, self._trouble)
        self.checks.show_lines(lines)
        reason = why_not_write(self._state, answers) or first_fix(lines)
        self.write.setEnabled(not reason and not self._busy)
        self._say(reason)

    def _say(self, words: str, role: str = "muted") -> None:
        self.why.setText(words)
        set_role(self.why, role)

    def _write(self) -> None:
        answers = self.answers()
        reason = LOOKED if answers.looked else answers.reason.strip()
        self._set_busy(True)
        self._say("Writing and checking…")
        self.export_wanted.emit(
            Path(self.folder.text().strip()),
            answers.formats,
            self.mode,
            reason,
            self.burn.isChecked(),
        )

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
