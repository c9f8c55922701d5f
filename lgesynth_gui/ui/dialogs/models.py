"""The models of this computer: what they are, whether they are whole, and how they come and go."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app import models as jobs
from lgesynth_gui.app.models import ModelRow, Seal
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.ui.jobline import JobLine
from lgesynth_gui.ui.labels import plain_label, plain_tip

WIDE, HIGH = 96, 32
MIB = 1 << 20
COLUMNS = ("Model", "Role", "Version", "MiB", "Licence", "From", "Files")
FILTER = "Model packages (*.lgesynth-model);;All files (*)"
ABOUT = (
    "Models hold weights and a description, nothing that runs. An imported one is used only when it"
    " is asked for by name or was made the default; it never becomes the judge by itself."
)
Index = QModelIndex | QPersistentModelIndex


class ModelTable(QAbstractTableModel):
    """Rows of `ModelRow`; the text of every cell is plain."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ModelRow, ...] = ()

    def show_rows(self, rows: tuple[ModelRow, ...]) -> None:
        """Other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """How many models."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Names of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A cell."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return cells(self.rows[index.row()])[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == 3:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None


def cells(row: ModelRow) -> tuple[str, ...]:
    """What is printed of a model."""
    name, _, version = row.name.partition("/")
    card = row.card
    return (
        name,
        card.role if card else "–",
        version,
        f"{row.size / MIB:.1f}" if card else "–",
        card.licence if card else "–",
        "imported" if row.own else "bundled",
        f"{row.seal.glyph} {row.seal.value}",
    )


class ModelsDialog(QDialog):
    """A table, the card of the chosen model, and five things that can be done."""

    def __init__(self, workers: Workers, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("models")
        self.setWindowTitle("Models")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._workers = workers
        self._said = ""
        self.table = ModelTable(self)
        self.view = _view(self.table)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self._refresh())
        self.card = QPlainTextEdit()
        self.card.setReadOnly(True)
        self.card.setTabChangesFocus(True)
        self.card.setAccessibleName("Card of the chosen model")
        self.card.setToolTip("What the model is and learned from; can be selected and copied")
        about = plain_label(ABOUT, role="muted")
        about.setWordWrap(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.view)
        split.addWidget(self.card)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self.line = JobLine()
        self.line.busy.connect(lambda _: self._refresh())
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addWidget(split, 1)
        column.addWidget(self.line)
        column.addLayout(self._buttons())
        metrics, screen = self.fontMetrics(), self.screen().availableGeometry()
        wide, high = metrics.horizontalAdvance("0" * WIDE), HIGH * metrics.height()
        self.resize(min(wide, screen.width() - 40), min(high, screen.height() - 60))
        self.finished.connect(lambda _: self.line.leave())
        self._refresh()
        QTimer.singleShot(0, self, self.look)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        made = {}
        for name, text, tip, does in (
            ("import", "Import…", "Check a package, try its network, and keep it", self.pick_in),
            ("export", "Export…", "Pack the chosen model into one file", self.pick_out),
            ("verify", "Verify all", "Hash every file and compare with its card", self.verify),
            ("repair", "Repair…", "Write damaged files of the chosen model anew", self.repair),
        ):
            button = QPushButton(text)
            button.setObjectName(f"model_{name}")
            button.setToolTip(plain_tip(tip))
            button.setAutoDefault(False)
            button.clicked.connect(lambda _=False, does=does: does())
            row.addWidget(button)
            made[name] = button
        self.import_, self.export = made["import"], made["export"]
        self.verify_, self.repair_ = made["verify"], made["repair"]
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close; what runs is stopped (Esc)")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row

    def chosen(self) -> ModelRow | None:
        """The selected model, or None."""
        picked = self.view.selectionModel().selectedRows()
        return self.table.rows[picked[0].row()] if picked else None

    def _refresh(self) -> None:
        row, busy = self.chosen(), self.line.handle is not None
        self.import_.setEnabled(not busy)
        self.verify_.setEnabled(not busy)
        self.export.setEnabled(not busy and row is not None and row.card is not None)
        self.repair_.setEnabled(not busy and row is not None and row.card is not None)
        self.card.setPlainText(_text(row))

    # -- what is done, off the window's thread

    def look(self) -> None:
        """List the models."""
        self._run(jobs.list_models, self._on_rows)

    def verify(self) -> None:
        """Hash all files."""
        self._run(lambda: jobs.list_models(check=True), self._on_verified)

    def import_file(self, path: Path) -> None:
        """Bring a package in."""
        start = partial(jobs.import_model, path, self._workers.engine.run)
        self.line.run(self._workers.engine_jobs, start, self._on_imported)

    def export_file(self, name: str, path: Path, *, patients_ok: bool = False) -> None:
        """Pack a model."""
        self._run(
            lambda: jobs.export_model(name, path, patients_ok=patients_ok),
            lambda card: self.line.say(f"{card.reference} is packed into one file."),
        )

    def repair(self) -> None:
        """Mend the chosen model from what is here, else ask for its package."""
        row = self.chosen()
        if row is None:
            return
        self._run(
            lambda: jobs.repair_model(row.name), self._on_repaired, lambda _: self.pick_cure()
        )

    def repair_file(self, name: str, package: Path) -> None:
        """Mend a model from its package."""
        self._run(lambda: jobs.repair_model(name, package), self._on_repaired)

    def _run(self, start: Any, done: Any, failed: Any = None) -> None:
        self.line.run(self._workers.file_jobs, start, done, failed)

    def _on_rows(self, rows: tuple[ModelRow, ...]) -> None:
        before = self.chosen()
        self.table.show_rows(rows)
        names = [row.name for row in rows]
        if rows:
            kept = names.index(before.name) if before and before.name in names else 0
            self.view.selectRow(kept)
        self.line.say(self._said)
        self._said = ""
        self._refresh()

    def _on_verified(self, rows: tuple[ModelRow, ...]) -> None:
        bad = [row.name for row in rows if row.seal is Seal.DAMAGED]
        self._said = f"Damaged: {', '.join(bad)}." if bad else f"All {len(rows)} models are whole."
        self._on_rows(rows)

    def _on_imported(self, found: tuple[Any, bool]) -> None:
        card, new = found
        self._said = f"{card.reference} {'is imported.' if new else 'was there already.'}"
        self.look()

    def _on_repaired(self, words: str) -> None:
        self._said = words
        self._run(lambda: jobs.list_models(check=True), self._on_rows)

    # -- questions

    def pick_in(self) -> None:
        """Ask for a package to import."""
        self._pick("Import a model package", lambda path: self.import_file(Path(path)))

    def pick_cure(self) -> None:
        """Ask for the package of the chosen model."""
        row = self.chosen()
        if row is not None:
            self._pick(
                "Package of the damaged model", lambda path: self.repair_file(row.name, Path(path))
            )

    def pick_out(self) -> None:
        """Ask where to pack the chosen model; first, whether a model of patients may go."""
        row = self.chosen()
        if row is None or row.card is None:
            return
        if row.card.trained_on.patients:
            self._ask_patients(row)
        else:
            self._pick_out(row, patients_ok=False)

    def _ask_patients(self, row: ModelRow) -> None:
        from lgesynth_gui.registry.packages import memorised

        if row.card is None:
            return
        box = QMessageBox(self)
        box.setObjectName("patientsQuestion")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(
            f"This model learned from {row.card.trained_on.patients} patients, whose slices it may"
            f" have kept. {memorised(row.card)}"
        )
        box.setStandardButtons(QMessageBox.StandardButton.Cancel)
        allow = box.addButton("Pack it all the same", QMessageBox.ButtonRole.AcceptRole)
        allow.clicked.connect(lambda _=False: self._pick_out(row, patients_ok=True))
        box.open()

    def _pick_out(self, row: ModelRow, *, patients_ok: bool) -> None:
        picker = QFileDialog(self, "Pack the model into")
        picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        picker.setNameFilter(FILTER)
        picker.setDefaultSuffix("lgesynth-model")
        picker.selectFile(f"{row.name.replace('/', '-')}.lgesynth-model")
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.setOption(QFileDialog.Option.DontConfirmOverwrite)  # an old file is never replaced
        picker.fileSelected.connect(
            lambda path: self.export_file(row.name, Path(path), patients_ok=patients_ok)
        )
        picker.open()

    def _pick(self, title: str, chosen: Any) -> None:
        picker = QFileDialog(self, title)
        picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        picker.setNameFilter(FILTER)
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(chosen)
        picker.open()


def _text(row: ModelRow | None) -> str:
    from lgesynth_gui.app.licences import model_text

    if row is None:
        return ""
    parts = [row.words] if row.words else []
    return "\n\n".join([*parts, *([model_text(row.card)] if row.card else [])])


def _view(table: ModelTable) -> QTableView:
    view = QTableView()
    view.setObjectName("modelTable")
    view.setModel(table)
    view.setAccessibleName("Models")
    view.setToolTip("✓ verified · ✗ damaged · ○ not checked since the window opened")
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setTabKeyNavigation(False)
    view.setShowGrid(False)
    view.verticalHeader().setVisible(False)
    view.verticalHeader().setDefaultSectionSize(round(1.6 * view.fontMetrics().height()))
    header = view.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return view
