"""The left of the Cohort mode: hearts, scars, distributions; below it, pinned, the dry run."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_desk import usual_folder
from lgesynth_gui.app.cohort_draft import COUNT, templates
from lgesynth_gui.app.cohort_planning import Imported, new_edit_key
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.cohort.plan import MOST
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.cohort.distributions import Distributions
from lgesynth_gui.ui.cohort.extras import More, Quotas, choice, spin
from lgesynth_gui.ui.cohort.hearts_box import HeartsBox
from lgesynth_gui.ui.fold import Fold
from lgesynth_gui.ui.labels import plain_label, plain_tip, set_role

NONE = "Choose a template…"
SHOWN_ERRORS = 200
FOOT_MARGIN = 9


class PlanPanel(QWidget):
    """What is planned, what it will come to, and Start."""

    start_wanted = Signal()

    def __init__(self, cohorts: Cohorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("planPanel")
        self._cohorts, self._planning = cohorts, cohorts.planning
        self._filling = False
        self._key = -1
        planning = self._planning
        self.hearts = HeartsBox(planning)
        self._templates = templates()
        self.template = choice("Template", (NONE, *(t.title for t in self._templates)), NONE)
        self.template.setObjectName("template")
        self.template.activated.connect(self._on_template)
        self.words = plain_label(role="muted")
        self.words.setWordWrap(True)
        self.count = spin("Samples", 1, MOST, "Samples that are drawn by the distributions")
        self.count.setObjectName("sampleCount")
        self.count.setValue(COUNT)
        self.count.valueChanged.connect(self._on_count)
        self.tries = spin("Tries", 1, 50, "Noises a sample is given before it counts as failed")
        self.tries.valueChanged.connect(self._on_tries)
        self.controls = spin("Controls, per cent", 0, 100, "Untouched originals without scar")
        self.controls.setSuffix(" %")
        self.controls.valueChanged.connect(self._on_controls)
        self.table = QPushButton("Import CSV…")
        self.table.setToolTip("A table, one row a planned image; bad rows are told one by one")
        self.table.clicked.connect(self.pick_table)
        self.parts = QListWidget()
        self.parts.setAccessibleName("Further samples")
        self.parts.setToolTip("Rows of tables, and samples that fill gaps")
        self.drop = QPushButton("Remove")
        self.drop.setToolTip("Take the chosen samples out of the plan; no file is deleted")
        self.drop.clicked.connect(lambda: planning.remove_part(self.parts.currentRow()))
        self.parts.currentRowChanged.connect(lambda at: self.drop.setEnabled(at >= 0))
        self.errors = QListWidget()
        self.errors.setAccessibleName("Rows of the table that are left out")
        self.errors.setToolTip("Line of the file, and why")
        self.errors.setWordWrap(True)
        self.imported = plain_label(role="warning")
        self.imported.setWordWrap(True)
        self.distributions = Fold(
            "Distributions",
            "Location, size, depth, pattern, heart",
            lambda: Distributions(planning),
        )
        self.quotas = Fold("Quotas", "Accepted samples wanted by bin", lambda: Quotas(planning))
        self.more = Fold("More…", "Seed, limits, sampler, engines, cluster", lambda: More(cohorts))
        self.name = QLineEdit(planning.draft.name)
        self.name.setMaxLength(40)
        self.name.setAccessibleName("Name of the cohort")
        self.name.setToolTip("Yours; it stands in the folder's name, so name no patient")
        self.name.editingFinished.connect(self._on_name)
        self.folder = QLineEdit()
        self.folder.setAccessibleName("Folder of the cohort")
        self.folder.setToolTip("A new or empty folder: everything of the cohort is in it")
        self.browse = QPushButton("…")
        self.browse.setAccessibleName("Choose the folder")
        self.browse.setToolTip("Choose the folder in which the cohort's folder is made")
        self.browse.clicked.connect(self._browse)
        self.dry = plain_label()
        self.dry.setObjectName("dryRun")
        self.dry.setWordWrap(True)
        self.why = plain_label(role="muted")
        self.why.setObjectName("whyNotStart")
        self.why.setWordWrap(True)
        self.start = QPushButton("Start")
        self.start.setObjectName("startCohort")
        self.start.setProperty("primary", True)
        self.start.clicked.connect(self.start_wanted)
        self._lay_out()
        planning.changed.connect(self._on_planned)
        planning.imported.connect(self._on_imported)
        cohorts.changed.connect(lambda _: self._on_changed())
        cohorts.opened.connect(self._on_opened)
        self._usual = self._named = ""
        self._on_opened()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        rows = (("Samples", self.count), ("Tries each", self.tries), ("Controls", self.controls))
        for place, (text, field) in enumerate(rows):
            grid.addWidget(plain_label(text, role="muted"), place, 0)
            grid.addWidget(field, place, 1)
        grid.setColumnStretch(1, 1)
        inner = QWidget()
        inner.setProperty("surface", "panel")
        column = QVBoxLayout(inner)
        column.addWidget(plain_label("Hearts", role="section"))
        column.addWidget(self.hearts)
        column.addWidget(plain_label("Scars", role="section"))
        column.addWidget(self.template)
        column.addWidget(self.words)
        column.addLayout(grid)
        column.addWidget(self.table, alignment=Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.imported)
        column.addWidget(self.errors)
        column.addWidget(self.parts)
        column.addWidget(self.drop, alignment=Qt.AlignmentFlag.AlignLeft)
        for fold in (self.distributions, self.quotas, self.more):
            column.addWidget(fold)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(inner)
        self.place = QWidget()
        row = QHBoxLayout(self.place)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.name, 2)
        row.addWidget(self.folder, 3)
        row.addWidget(self.browse)
        foot = QVBoxLayout()
        foot.setContentsMargins(FOOT_MARGIN, 4, FOOT_MARGIN, 6)
        foot.addWidget(self.place)
        foot.addWidget(self.dry)
        foot.addWidget(self.why)
        foot.addWidget(self.start)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.area, 1)
        whole.addLayout(foot)
        self.imported.hide()
        self.errors.hide()

    # -- edits

    def _on_template(self, place: int) -> None:
        self._planning.choose_template(self._templates[place - 1].id if place else "")

    def _on_count(self, value: int) -> None:
        if not self._filling:
            self._planning.set_draw("samples", self._key_of(self.count), count=value)

    def _on_controls(self, value: int) -> None:
        if not self._filling:
            self._planning.set_draw("controls", self._key_of(self.controls), controls=value / 100)

    def _on_tries(self, value: int) -> None:
        if not self._filling:
            self._planning.set_stop("tries", self._key_of(self.tries), tries=value)

    def _key_of(self, widget: QWidget) -> int:
        """Typing a number is one edit, however many digits it has."""
        if getattr(self, "_typed", None) is not widget or not widget.hasFocus():
            self._typed, self._key = widget, new_edit_key()
        return self._key

    def _on_name(self) -> None:
        plain = "".join(c for c in self.name.text() if c.isalnum() or c in " .,+()-_").strip()
        self.name.setText(plain or "cohort")
        self._planning.set("name", name=plain or "cohort")

    def _browse(self) -> None:
        kind = QFileDialog.FileMode.Directory

        def chosen(path: str) -> None:
            self.folder.setText(str(Path(path) / usual_folder(self._planning.draft.name).name))

        pick(self, "Where the cohort's folder is made", kind, chosen)

    def pick_table(self) -> None:
        """Ask for a CSV."""
        kind = QFileDialog.FileMode.ExistingFile
        pick(self, "Table of planned samples (CSV)", kind,
             lambda path: self._planning.import_table(Path(path)))  # fmt: skip

    @property
    def wanted_folder(self) -> Path:
        """Where a new cohort shall lie."""
        typed = self.folder.text().strip()
        return Path(typed) if typed else usual_folder(self._planning.draft.name)

    # -- showing

    def _on_imported(self, found: Imported) -> None:
        self.imported.setText(found.words)
        self.imported.setVisible(True)
        self.errors.clear()
        for line, why in found.errors[:SHOWN_ERRORS]:
            self.errors.addItem(f"Row {line}: {why}")
        if len(found.errors) > SHOWN_ERRORS:
            self.errors.addItem(f"… and {len(found.errors) - SHOWN_ERRORS} more")
        self.errors.setVisible(bool(found.errors))
        rows = min(len(found.errors), 6)
        self.errors.setFixedHeight(max(rows, 1) * (2 * self.fontMetrics().height() + 4) + 8)

    def _on_opened(self) -> None:
        self.imported.hide()
        self.errors.hide()
        self._named = ""  # the usual folder may be taken now
        self._on_planned("draft")

    def _on_planned(self, field: str) -> None:
        if field == "draft":
            self._fill()
        self._on_changed()

    def _fill(self) -> None:
        draft = self._planning.draft
        self._filling = True
        ids = [one.id for one in self._templates]
        self.template.setCurrentIndex(ids.index(draft.template) + 1 if draft.template else 0)
        chosen = next((t for t in self._templates if t.id == draft.template), None)
        self.words.setText(chosen.words if chosen else "")
        self.words.setVisible(chosen is not None)
        self.template.setToolTip(plain_tip(chosen.words if chosen else "What is drawn"))
        if draft.draw is not None:
            self.count.setValue(draft.draw.count)
            self.controls.setValue(round(100 * draft.draw.controls))
        for widget in (self.count, self.controls):
            widget.setEnabled(draft.draw is not None)
        self.tries.setValue(draft.stop.tries)
        row = self.parts.currentRow()
        self.parts.clear()
        for part in draft.parts:
            self.parts.addItem(part.name)
        self.parts.setCurrentRow(min(row, len(draft.parts) - 1))
        rows = min(max(len(draft.parts), 1), 4)
        self.parts.setFixedHeight(rows * (self.parts.fontMetrics().height() + 4) + 8)
        self.parts.setVisible(bool(draft.parts))
        self.drop.setVisible(bool(draft.parts))
        self.drop.setEnabled(self.parts.currentRow() >= 0)
        if not self.name.hasFocus():
            self.name.setText(draft.name)
        if draft.name != self._named and self.folder.text() in ("", self._usual):
            self._named, self._usual = draft.name, str(usual_folder(draft.name))
            self.folder.setText(self._usual)
        self._filling = False

    def _on_changed(self) -> None:
        cohorts, draft = self._cohorts, self._planning.draft
        opened = cohorts.desk.folder is not None
        self.place.setVisible(not opened)
        why = cohorts.why_not_start()
        self.start.setEnabled(not why)
        new = draft.count
        words = "Start"
        if opened:
            words = f"Start {spaced(new)} more" if new else "Go on" if cohorts.left else "Start"
        self.start.setText(words)
        self.start.setToolTip(plain_tip(why or "Write the plan and make its samples"))
        self.why.setText(why or cohorts.trouble)
        self.why.setVisible(bool(self.why.text()))
        role = "muted" if why or not cohorts.trouble else "warning"
        if self.why.property("role") != role:
            set_role(self.why, role)
        self.dry.setText(cohorts.desk.forecast)
        self.dry.setVisible(bool(self.dry.text()))
        self._stand()

    def _stand(self) -> None:
        """The words above Start are as high as they need at this width."""
        room = QRect(0, 0, max(self.width() - 2 * FOOT_MARGIN - 2, 100), 10_000)
        flags = int(Qt.TextFlag.TextWordWrap)
        for label in (self.dry, self.why):
            words = label.fontMetrics().boundingRect(room, flags, label.text())
            label.setMinimumHeight(words.height() + 2 if label.text() else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps the words elsewhere."""
        super().resizeEvent(event)
        self._stand()
