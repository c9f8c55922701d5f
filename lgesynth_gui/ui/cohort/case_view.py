"""The cases: filters above, the table below; Enter or a double click reviews a case."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.anatomy.bins import DEPTHS, SIZE_NAMES
from lgesynth_gui.anatomy.patterns import load_patterns
from lgesynth_gui.app.cohort_cases import SORTS, STATUSES
from lgesynth_gui.app.cohort_reviewing import SHOWN, Reviewing
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.ui.cohort.case_table import COLUMNS, CaseTable
from lgesynth_gui.ui.cohort.extras import choice
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label

TYPED_MS = 250
FIRST_WIDTHS = {
    "number": 7, "status": 15, "dice": 7, "co_dice": 10, "review": 12, "size": 14, "depth": 18,
    "segment": 9, "area": 8, "heart": 8, "pattern": 24, "tries": 7, "error": 30,
}  # fmt: skip


class Rows(QTableView):
    """A table whose letters belong to the review keys, not to a search by name."""

    chosen = Signal(int)  # row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter reviews; single letters go on to the page."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.currentIndex().isValid():
                self.chosen.emit(self.currentIndex().row())
            return
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if plain and event.text() and event.text().isprintable():
            event.ignore()
            return
        super().keyPressEvent(event)


class CaseView(QWidget):
    """Filters and the table of cases."""

    review_wanted = Signal(int)  # number of a sample
    arranged = Signal(str)  # columns, to be kept

    def __init__(
        self, cohorts: Cohorts, reviewing: Reviewing, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._cohorts, self._reviewing = cohorts, reviewing
        self.table = CaseTable()
        self.table.show_titles({one.name: one.title for one in load_patterns()})
        self.status_box = choice(
            "Verdict", ("Any verdict", "accepted", *STATUSES), "Show only these"
        )
        self.size_box = choice("Size", ("Any size", *SIZE_NAMES), "Show only these")
        self.depth_box = choice("Depth", ("Any depth", *DEPTHS), "Show only these")
        self.segment_box = choice(
            "Segment", ("Any segment", *(f"segment {k}" for k in range(1, 18))),
            "Scars with at least 10 mm2 in this segment",
        )  # fmt: skip
        self.heart_box = choice("Heart", ("Any heart",), "Show only these")
        self.review_box = choice("Review", tuple(SHOWN), "Show only these")
        self.text = QLineEdit()
        self.text.setPlaceholderText("number, pattern or error")
        self.text.setAccessibleName("Search the cases")
        self.text.setToolTip("Part of a pattern's or an error's name, or a number")
        self.text.setClearButtonEnabled(False)
        self.every = QPushButton("Show all")
        self.every.setToolTip("Take every filter back")
        self.every.clicked.connect(self._show_all)
        self.told = plain_label(role="muted")
        self.told.setObjectName("caseCount")
        self.columns = QPushButton("Columns…")
        self.columns.setToolTip("Which columns are shown; their order and width are kept")
        self.columns.clicked.connect(self._choose_columns)
        self.start = QPushButton("Review")
        self.start.setToolTip("Look at the cases one by one, from the chosen one on (Enter)")
        self.start.clicked.connect(self._review)
        self.view = Rows()
        self.view.setModel(self.table)
        self.view.setObjectName("caseRows")
        self.view.setAccessibleName("Cases of the cohort")
        self.view.setToolTip("Enter reviews the chosen case; a header sorts")
        self.view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.setShowGrid(False)
        self.view.setAlternatingRowColors(True)
        self.view.verticalHeader().hide()
        self.view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setSortIndicatorShown(True)
        header.setSectionsClickable(True)
        header.setStretchLastSection(True)
        header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        header.sectionClicked.connect(self._sort)
        self._fit()
        self._kept = QTimer(self, singleShot=True, interval=400)
        self._kept.timeout.connect(lambda: self.arranged.emit(self.arrangement()))
        for signal in (header.sectionResized, header.sectionMoved):
            signal.connect(lambda *_: self._kept.start())
        filters = QWidget()
        row = FlowLayout(filters)
        row.setContentsMargins(0, 0, 0, 0)
        self._boxes = (
            self.status_box,
            self.size_box,
            self.depth_box,
            self.segment_box,
            self.heart_box,
            self.review_box,
        )
        for box in self._boxes:
            row.addWidget(box)
            box.currentIndexChanged.connect(lambda _: self._ask())
        row.addWidget(self.text)
        row.addWidget(self.every)
        self._typed = QTimer(self, singleShot=True, interval=TYPED_MS)
        self._typed.timeout.connect(self._ask)
        self.text.textChanged.connect(lambda _: self._typed.start())
        foot = QHBoxLayout()
        foot.addWidget(self.told, 1)
        foot.addWidget(self.columns)
        foot.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.addWidget(filters)
        column.addWidget(self.view, 1)
        column.addLayout(foot)
        self.view.doubleClicked.connect(lambda index: self._open(index))
        self.view.chosen.connect(self._open_row)
        self.table.wanted.connect(cohorts.fetch)
        cohorts.rows_read.connect(self.table.take)
        cohorts.changed.connect(self._on_changed)
        cohorts.opened.connect(self._on_opened)
        reviewing.decided.connect(self._on_decided)
        self._filling = False
        self._on_opened()

    # -- asking

    def _ask(self) -> None:
        if self._filling:
            return
        text = "" if not self.status_box.currentIndex() else self.status_box.currentText()
        among = self._reviewing.among(self.review_box.currentText())
        asked = replace(
            self._cohorts.asked,
            status=text,
            size=self.size_box.currentText() if self.size_box.currentIndex() else "",
            depth=self.depth_box.currentText() if self.depth_box.currentIndex() else "",
            segment=self.segment_box.currentIndex(),
            heart=self.heart_box.currentText() if self.heart_box.currentIndex() else "",
            text=self.text.text(),
            among=among[0],
            without=among[1],
        )
        self._cohorts.look(asked)

    def _show_all(self) -> None:
        self._filling = True
        for box in self._boxes:
            box.setCurrentIndex(0)
        self.text.clear()
        self._filling = False
        self._ask()

    def show_only(self, *, segment: int = 0, status: str = "") -> None:
        """Filter by a segment or a verdict."""
        self._filling = True
        self.segment_box.setCurrentIndex(segment)
        self.status_box.setCurrentText(status or "Any verdict")
        self._filling = False
        self._ask()

    def _sort(self, section: int) -> None:
        name, now = COLUMNS[section][0], self._cohorts.asked
        if name not in SORTS:
            return
        down = name == now.sort and not now.down
        order = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
        self.view.horizontalHeader().setSortIndicator(section, order)
        self._cohorts.look(replace(now, sort=name, down=down))

    # -- showing

    def _on_opened(self) -> None:
        self.table.forget()
        self._filling = True
        for box in self._boxes:
            box.setCurrentIndex(0)
        self.text.clear()
        self._filling = False
        self.view.horizontalHeader().setSortIndicator(0, Qt.SortOrder.AscendingOrder)
        self._hearts()
        self._tell()

    def _on_changed(self, field: str) -> None:
        if field == "plan":
            self._hearts()
        if field == "stamp" and not self._cohorts.desk.stamp:
            self.table.forget()
        if field == "found":
            held = self.table.number_at(self.view.currentIndex().row())
            self.table.show_found(self._cohorts.desk.found)
            place = self.table.place_of(held) if held is not None else -1
            if place >= 0 and not self.view.currentIndex().isValid():
                self.view.selectRow(place)
        if field in ("found", "plan", "run"):
            self._tell()

    def _hearts(self) -> None:
        plan = self._cohorts.desk.plan
        names = [one.id for one in plan.hosts] if plan is not None else []
        if [self.heart_box.itemText(i) for i in range(1, self.heart_box.count())] != names:
            self._filling = True
            self.heart_box.clear()
            self.heart_box.addItems(["Any heart", *names])
            self._filling = False

    def _tell(self) -> None:
        found, asked = self._cohorts.desk.found, self._cohorts.asked
        words = f"{spaced(len(found.numbers))} cases"
        if asked.filtered:
            words = f"{spaced(len(found.numbers))} of {spaced(found.total)} cases"
        elif not found.total:
            words = "No case is made yet."
        self.told.setText(words)
        self.start.setEnabled(bool(found.numbers))
        self.every.setEnabled(asked.filtered)

    def _on_decided(self) -> None:
        self.table.show_reviews(self._reviewing.words)

    # -- reviewing

    def _open(self, index: QModelIndex) -> None:
        self._open_row(index.row())

    def _open_row(self, row: int) -> None:
        number = self.table.number_at(row)
        if number is not None:
            self.review_wanted.emit(number)

    def _review(self) -> None:
        row = self.view.currentIndex().row()
        self._open_row(max(row, 0))

    def choose(self, number: int) -> None:
        """Select a case, if it is shown."""
        place = self.table.place_of(number)
        if place >= 0:
            self.view.selectRow(place)
            self.view.scrollTo(self.table.index(place, 0))

    # -- columns

    def _fit(self) -> None:
        """Widths for the text size."""
        metrics = self.view.fontMetrics()
        wide, high = metrics.averageCharWidth(), metrics.height()
        for place, (name, _) in enumerate(COLUMNS):
            self.view.setColumnWidth(place, FIRST_WIDTHS[name] * wide)
        self.view.verticalHeader().setDefaultSectionSize(high + 8)

    def _choose_columns(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, (_, title) in enumerate(COLUMNS[1:], start=1):
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(not self.view.isColumnHidden(place))
            action.toggled.connect(lambda on, place=place: self._show_column(place, on))
        menu.popup(self.columns.mapToGlobal(QPoint(0, 0)))

    def _show_column(self, place: int, on: bool) -> None:
        self.view.setColumnHidden(place, not on)
        self._kept.start()

    def arrangement(self) -> str:
        """Order, width and visibility of the columns, as text."""
        header = self.view.horizontalHeader()
        columns = [
            [COLUMNS[at][0], header.sectionSize(at), bool(header.isSectionHidden(at))]
            for at in (header.logicalIndex(place) for place in range(len(COLUMNS)))
        ]
        return json.dumps(columns)

    def arrange(self, text: str) -> None:
        """Put the columns as they were; what is no arrangement changes nothing."""
        try:
            wanted: Any = json.loads(text)
            known = [name for name, _ in COLUMNS]
            rows = [(str(n), int(w), bool(h)) for n, w, h in wanted]
        except (ValueError, TypeError):
            return
        if sorted(name for name, _, _ in rows) != sorted(known):
            return
        header = self.view.horizontalHeader()
        for place, (name, width, hidden) in enumerate(rows):
            at = known.index(name)
            header.moveSection(header.visualIndex(at), place)
            if 10 <= width <= 2000 and not hidden:
                header.resizeSection(at, width)
            self.view.setColumnHidden(at, hidden and name != "number")

    def changeEvent(self, event: Any) -> None:
        """Another text size."""
        super().changeEvent(event)
        if event.type() == event.Type.FontChange:
            self._fit()
