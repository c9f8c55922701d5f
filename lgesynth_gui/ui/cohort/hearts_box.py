"""The hearts of a cohort: those it has, those that were added, and why one cannot be used."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_planning import Planning
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label, plain_tip

ROWS = 5  # of text, that the list is high


class HeartsBox(QWidget):
    """A list with the ways to fill it."""

    study_wanted = Signal()

    def __init__(self, planning: Planning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._planning = planning
        self.use = QPushButton("Use these hearts")
        self.use.setObjectName("useHearts")
        self.use.setToolTip("The study that is open in Sketch, with its accepted contours")
        self.use.clicked.connect(self.study_wanted)
        self.add = QPushButton("Add folder…")
        self.add.setToolTip("Projects and scans with masks; those without are listed, too")
        self.add.clicked.connect(self._pick)
        self.number = QSpinBox()
        self.number.setRange(1, 500)
        self.number.setValue(5)
        self.number.setAccessibleName("Number of computed hearts")
        self.number.setToolTip("Healthy hearts that belong to nobody")
        self.compute = QPushButton("Compute hearts")
        self.compute.setToolTip("Add so many computed hearts: no patient is in them")
        self.compute.clicked.connect(lambda: planning.add_computed(self.number.value()))
        self.list = QListWidget()
        self.list.setAccessibleName("Hearts of the cohort")
        self.list.setToolTip("Delete takes the chosen heart off the list; no file is deleted")
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Take the chosen heart off the list; no file is deleted")
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(lambda _: self._enable())
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop reading hearts")
        self.stop.clicked.connect(planning.cancel)
        self.told = plain_label(role="muted")
        self.told.setWordWrap(True)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        flow.setContentsMargins(0, 0, 0, 0)
        for widget in (self.use, self.add):
            flow.addWidget(widget)
        holder = QWidget()
        pair = QHBoxLayout(holder)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.addWidget(self.number)
        pair.addWidget(self.compute)
        flow.addWidget(holder)
        foot = QHBoxLayout()
        foot.addWidget(self.told, 1)
        foot.addWidget(self.stop)
        foot.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(buttons)
        column.addWidget(self.list)
        column.addLayout(foot)
        planning.changed.connect(lambda _: self.refresh())
        planning.working.connect(self._on_working)
        self._shown: tuple[str, ...] | None = None
        self.refresh()

    def _pick(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Folder of hearts", kind, lambda path: self._planning.add_folder(Path(path)))

    @property
    def _known(self) -> int:
        plan = self._planning.plan
        return len(plan.hosts) if plan is not None else 0

    def _remove(self) -> None:
        place = self.list.currentRow() - self._known
        if place >= 0:
            self._planning.remove_heart(place)

    def _enable(self) -> None:
        self.remove.setEnabled(self.list.currentRow() >= self._known)

    def _on_working(self, step: Progress | None) -> None:
        if step is None:
            self.refresh()
        else:
            of = f" {step.done + 1} of {step.total}" if step.total > 1 else ""
            self.told.setText(f"{step.note.capitalize()}{of} …")

    def refresh(self) -> None:
        """The list as it is now."""
        planning = self._planning
        hosts = planning.plan.hosts if planning.plan is not None else ()
        lines = [f"✓ {one.id} · {one.origin}, in the cohort" for one in hosts]
        lines += [one.words for one in planning.draft.hearts]
        if tuple(lines) != self._shown:
            self._shown = tuple(lines)
            row = self.list.currentRow()
            self.list.clear()
            for line in lines:
                item = QListWidgetItem(line)
                item.setToolTip(plain_tip(line))
                self.list.addItem(item)
            self.list.setCurrentRow(min(row, len(lines) - 1))
        rows = min(max(len(lines), 2), ROWS)
        self.list.setFixedHeight(rows * (self.list.fontMetrics().height() + 6) + 8)
        self.stop.setVisible(planning.busy)
        self.remove.setVisible(not planning.busy and bool(planning.draft.hearts))
        good = len(planning.ids)
        if not planning.busy:
            bad = sum(not one.usable for one in planning.draft.hearts)
            words = f"{good} heart{'s' * (good != 1)}" if lines else "No heart yet."
            self.told.setText(words + (f" · {bad} cannot be used" if bad else ""))
        self._enable()
