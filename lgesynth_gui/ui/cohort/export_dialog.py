"""Exports a cohort: formats, whose labels, what is left out and why, where."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_forecast import size_words
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.cohort.export import Exported, export_cohort
from lgesynth_gui.cohort.export_cases import LabelSource
from lgesynth_gui.cohort.export_choice import Choices, Chosen, choose
from lgesynth_gui.cohort.index import Entry, Index
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.io.atomic import free_bytes
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.cohort.fail_table import REASON, FailTable
from lgesynth_gui.ui.dialogs.export import UNDERSTOOD
from lgesynth_gui.ui.jobline import JobLine
from lgesynth_gui.ui.labels import plain_label, plain_tip

FORMATS = (
    ("nnunet", "nnU-Net v2 raw dataset", "Images, labels, dataset.json, folds by heart"),
    ("nifti", "NIfTI + JSON", "Each sample's stack, both label maps, and its record"),
    ("dicom", "DICOM + SEG", "Each sample as an MR series with its masks"),
    ("png", "PNG, badge drawn in", "Original and synthetic side by side"),
    ("emidec", "EMIDEC layout", "Images and labels as the EMIDEC challenge has them"),
)
LABELS = (
    (LabelSource.DRAWN, "Drawn mask", "What was asked for; the usual choice"),
    (LabelSource.JUDGE, "Judge's mask", "What the judge network read in the picture"),
    (LabelSource.ENHANCED, "Drawn and enhanced", "The drawn mask where the picture is bright"),
)
MOST_FAILS = 500
CHECK_MS = 150
ALWAYS = (
    "With it: manifest (CSV and JSON), checksums, a data card, and where every label comes from."
    " File names contain SYNTHETIC, never a patient name."
)


class CohortExportDialog(QDialog):
    """Counts what will be exported whenever a choice changes; writes on a worker."""

    exported = Signal(object)  # Exported

    def __init__(
        self, folder: Path, jobs: JobRunner, reader: JobRunner, *, first: bool,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setObjectName("cohortExport")
        self.setWindowTitle("Export cohort")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._folder, self._jobs, self._reader = folder, jobs, reader
        self._number = 0
        self._trouble = "The samples are being counted."
        self.formats: dict[str, QCheckBox] = {}
        for name, words, tip in FORMATS:
            box = QCheckBox(words)
            box.setObjectName(f"format_{name}")
            box.setToolTip(plain_tip(tip))
            self.formats[name] = box
        self.formats["nnunet"].setChecked(True)
        self.labels: dict[LabelSource, QRadioButton] = {}
        for source, words, tip in LABELS:
            radio = QRadioButton(words)
            radio.setToolTip(plain_tip(f"{tip}. The others are stored beside it."))
            self.labels[source] = radio
        self.labels[LabelSource.DRAWN].setChecked(True)
        self.reviewed = QCheckBox("Only what a reviewer accepted")
        self.reviewed.setToolTip("Else also what the gate accepts and nobody rejected")
        self.controls = QCheckBox("With controls: untouched originals without scar")
        self.controls.setToolTip("Marked as control, not synthesised; they have no Dice")
        self.controls.setChecked(True)
        self.fails = QCheckBox("Also some FAIL cases, each with a reason")
        self.fails.setToolTip("A reason is typed for each case and stored in every file")
        self.table = FailTable()
        self.view = QTableView()
        self.view.setModel(self.table)
        self.view.setAccessibleName("FAIL cases with their reasons")
        self.view.setToolTip("Type a reason into the last column; cases without one stay out")
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.horizontalHeader().setStretchLastSection(True)
        self.view.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.view.setMinimumHeight(7 * self.fontMetrics().height())
        self.view.hide()
        self.told = plain_label()
        self.told.setObjectName("exportCount")
        self.told.setWordWrap(True)
        self.left = plain_label(role="muted")
        self.left.setObjectName("leftOut")
        self.left.setWordWrap(True)
        self.out = QLineEdit(str(_usual_out()))
        self.out.setObjectName("exportFolder")
        self.out.setAccessibleName("Folder of the export")
        self.out.setToolTip("A new or empty folder")
        self.browse = QPushButton("Choose…")
        self.browse.setToolTip("Choose the folder in which the export's folder is made")
        self.browse.clicked.connect(self._browse)
        self.understood = QCheckBox(UNDERSTOOD)
        self.understood.setObjectName("understood")
        self.understood.setToolTip("Asked before the first export only")
        self.understood.setChecked(not first)
        self.understood.setVisible(first)
        self.line = JobLine()
        self.why = plain_label(role="muted")
        self.why.setObjectName("whyNotExport")
        self.why.setWordWrap(True)
        self.write = QPushButton("Export")
        self.write.setObjectName("writeCohort")
        self.write.setProperty("primary", True)
        self.write.setMinimumWidth(110)
        self.write.setDefault(True)
        self.write.clicked.connect(self._write)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Close; nothing is written (Esc)")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self.reject)
        self.browse.setAutoDefault(False)
        self._timer = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._timer.timeout.connect(self._count)
        self._lay_out()
        for box in (*self.formats.values(), self.reviewed, self.controls):
            box.toggled.connect(lambda _: self._ask())
        for radio in self.labels.values():
            radio.toggled.connect(lambda _: self._enable())
        self.fails.toggled.connect(self._on_fails)
        self.table.changed.connect(self._ask)
        self.out.textChanged.connect(lambda _: self._enable())
        self.understood.toggled.connect(lambda _: self._enable())
        self.line.busy.connect(lambda _: self._enable())
        self._enable()
        self._count()

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.addWidget(plain_label("Formats", role="section"))
        for box in self.formats.values():
            column.addWidget(box)
        column.addWidget(plain_label("Labels of the data sets", role="section"))
        row = QHBoxLayout()
        for radio in self.labels.values():
            row.addWidget(radio)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(plain_label("What is in it", role="section"))
        column.addWidget(self.reviewed)
        column.addWidget(self.controls)
        column.addWidget(self.fails)
        column.addWidget(self.view)
        column.addWidget(self.told)
        column.addWidget(self.left)
        always = plain_label(ALWAYS, role="muted")
        always.setWordWrap(True)
        column.addWidget(plain_label("Where", role="section"))
        place = QHBoxLayout()
        place.addWidget(self.out, 1)
        place.addWidget(self.browse)
        column.addLayout(place)
        column.addWidget(always)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        foot = QHBoxLayout()
        foot.addWidget(self.why, 1)
        foot.addWidget(self.write)
        foot.addWidget(self.cancel)
        whole = QVBoxLayout(self)
        whole.addWidget(area, 1)
        whole.addWidget(self.understood)
        whole.addWidget(self.line)
        whole.addLayout(foot)
        wide = 78 * self.fontMetrics().averageCharWidth()
        parent = self.parentWidget()
        high = inner.sizeHint().height() + 7 * self.fontMetrics().height()
        room = parent.height() - 40 if parent is not None else high
        self.resize(wide, min(high, max(room, 300)))

    # -- choices

    def choices(self) -> Choices:
        """What is ticked."""
        return Choices(
            formats=tuple(name for name, box in self.formats.items() if box.isChecked()),
            label=next(source for source, one in self.labels.items() if one.isChecked()),
            reviewed=self.reviewed.isChecked(),
            controls=self.controls.isChecked(),
            reasons=self.table.reasons if self.fails.isChecked() else {},
        )

    def _ask(self) -> None:
        self._trouble = "The samples are being counted."
        self._enable()
        self._timer.start()

    def _count(self) -> None:
        """Ask which samples would be in it; a late answer to other choices is dropped."""
        self._number += 1
        number, folder, choices = self._number, self._folder, self.choices()
        out = Path(self.out.text().strip() or ".")
        handle = self._reader.submit(lambda: _look(folder, choices, out))
        handle.finished.connect(lambda found: self._on_counted(number, found))
        handle.failed.connect(lambda error: self._on_counted(number, error))

    def _on_counted(self, number: int, found: Any) -> None:
        if number != self._number:
            return
        self._trouble = ""
        if isinstance(found, Exception):
            known = isinstance(found, LgeSynthError)
            self._trouble = str(found) if known else f"Not possible ({type(found).__name__})."
            self.told.setText("")
            self.left.setText("")
        else:
            chosen, free = found
            overridden = sum(bool(one.final.reason) for one in chosen.kept)
            kept = f"{spaced(len(chosen.kept))} samples will be exported"
            kept += f", {overridden} FAIL with a reason" if overridden else ""
            self.told.setText(f"{kept}. {size_words(free)} free.")
            self.left.setText(left_words(chosen.left))
        self._enable()

    def _on_fails(self, on: bool) -> None:
        self.view.setVisible(on)
        if on and not self.table.rowCount():
            folder = self._folder
            handle = self._reader.submit(lambda: _fails(folder))
            handle.finished.connect(self._on_read)
        self._ask()

    def _on_read(self, entries: tuple[Entry, ...]) -> None:
        self.table.show_entries(entries)
        self.view.resizeColumnsToContents()
        if entries:
            self.view.setCurrentIndex(self.table.index(0, REASON))
        else:
            self.fails.setText("Also some FAIL cases: there is none")

    def _browse(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Export into folder", kind,
             lambda path: self.out.setText(str(_new_in(Path(path)))))  # fmt: skip

    def why_not(self) -> str:
        """The first thing that keeps Export off, or ""."""
        if self.line.handle is not None:
            return "Writing …"
        if not any(box.isChecked() for box in self.formats.values()):
            return "Choose at least one format."
        if self._trouble:
            return self._trouble
        if self.fails.isChecked() and (short := self.table.short):
            return f"The reason of case {short[0]} is too short: 10 letters at least."
        if not self.out.text().strip():
            return "Choose a folder."
        return "" if self.understood.isChecked() else "Tick the research-use sentence."

    def _enable(self) -> None:
        why = self.why_not()
        self.write.setEnabled(not why)
        self.write.setToolTip(plain_tip(why or "Write, read back, check, then show (Enter)"))
        self.why.setText(why)

    # -- writing

    def _write(self) -> None:
        folder, out, choices = self._folder, Path(self.out.text().strip()), self.choices()
        self.line.run(self._jobs, lambda: export_cohort(folder, out, choices), self._on_exported)
        self._enable()

    def _on_exported(self, made: Exported) -> None:
        self.exported.emit(made)
        self.accept()

    def reject(self) -> None:
        """Stop what is written, then close."""
        self.line.stop()
        super().reject()


class CohortExportedDialog(QDialog):
    """What was written; the folder is opened by the desktop, never named here."""

    def __init__(self, made: Exported, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cohortExported")
        self.setWindowTitle("Exported")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        controls = f" and {spaced(made.controls)} controls" if made.controls else ""
        head = f"{spaced(made.samples)} synthetic samples{controls} in {spaced(made.files)} files."
        self.words = plain_label(head, role="heading")
        left = plain_label(left_words(made.left_out), role="muted")
        left.setWordWrap(True)
        left.setVisible(bool(made.left_out))
        self.show_folder = QPushButton("Show in folder")
        self.show_folder.setToolTip("Open the folder in the desktop's file manager")
        self.show_folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(made.folder)))
        )
        close = QPushButton("Close")
        close.setToolTip("Close")
        close.setDefault(True)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self.show_folder)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.addWidget(self.words)
        column.addWidget(left)
        column.addLayout(row)


def left_words(left: Mapping[str, int]) -> str:
    """What is left out and why."""
    if not left:
        return "Nothing is left out."
    parts = (
        f"{spaced(count)} {why}" for why, count in sorted(left.items(), key=lambda one: -one[1])
    )
    return f"Left out: {' · '.join(parts)}."


def _look(folder: Path, choices: Choices, out: Path) -> Job:
    """What would be exported, and how much is free where it would go."""
    chosen: Chosen = yield from choose(folder, choices)
    while not out.exists() and out != out.parent:
        out = out.parent
    return chosen, free_bytes(out)


def _fails(folder: Path) -> Job:
    yield None
    with Index(folder) as index:
        return tuple(index.entries("status = 'FAIL'", order="dice desc", limit=MOST_FAILS))


def _usual_out() -> Path:
    kind = QStandardPaths.StandardLocation.DocumentsLocation
    home = QStandardPaths.writableLocation(kind)
    return _new_in(Path(home or ".") / "LGESynth export")


def _new_in(parent: Path) -> Path:
    """A folder that does not exist yet; its name tells nothing of a patient."""
    places = (parent / f"SYNTHETIC_cohort{f'_{n}' if n > 1 else ''}" for n in itertools.count(1))
    return next(place for place in places if not place.exists())
