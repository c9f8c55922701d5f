"""The Cohort mode: plan at the left, cases or a pair in the middle, coverage at the right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_reviewing import Reviewing
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.cohort.plan import PLAN
from lgesynth_gui.cohort.review import Decision
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.cohort.case_view import CaseView
from lgesynth_gui.ui.cohort.coverage_panel import CoveragePanel
from lgesynth_gui.ui.cohort.plan_panel import PlanPanel
from lgesynth_gui.ui.cohort.review_panel import ReviewPanel
from lgesynth_gui.ui.cohort.run_bar import RunBar
from lgesynth_gui.ui.cohort.welcome import Welcome
from lgesynth_gui.ui.keymap import action_for
from lgesynth_gui.ui.keys import typing
from lgesynth_gui.ui.labels import plain_tip

PLAN_CHARS, COVERAGE_CHARS = 46, 50  # widths of the sides, in letters
CENTRE_CHARS = 62  # the centre has at least so many, or the right side goes behind a button
PAIR_CHARS = 150  # below, the plan makes room for the pair while a case is reviewed
WELCOME, TABLE, REVIEW = range(3)


class CohortPage(QWidget):
    """Puts the parts together; the review keys are its own."""

    review_made = Signal(object)  # ReviewPanel

    def __init__(
        self, cohorts: Cohorts, reviewing: Reviewing, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("cohortPage")
        self.cohorts, self.reviewing = cohorts, reviewing
        self.plan = PlanPanel(cohorts)
        self.welcome = Welcome()
        self.cases = CaseView(cohorts, reviewing)
        self._review: ReviewPanel | None = None
        self.coverage = CoveragePanel(cohorts)
        self.run = RunBar(cohorts)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.welcome)
        self.centre.addWidget(self.cases)
        self.sides = QStackedWidget()
        self.sides.addWidget(self.plan)
        self.tabs: dict[str, QPushButton] = {}
        rail = QHBoxLayout()
        rail.setContentsMargins(6, 4, 6, 0)
        for name, words in (("plan", "Plan"), ("coverage", "Coverage")):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setProperty("compact", True)
            button.setToolTip(plain_tip(f"Show the {words.lower()} at the left"))
            button.clicked.connect(partial(self.show_side, name))
            self.tabs[name] = button
            rail.addWidget(button)
        self.left = QWidget()
        column = QVBoxLayout(self.left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(rail)
        column.addWidget(self.sides, 1)
        self.row = QHBoxLayout()
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(2)
        self.row.addWidget(self.left)
        self.row.addWidget(self.centre, 1)
        self.row.addWidget(self.coverage)
        for widget in (self.left, self.coverage, self.run):
            widget.setProperty("surface", "panel")
            widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2)
        whole.addLayout(self.row, 1)
        whole.addWidget(self.run)
        self._side = "plan"
        self._built, self._seen = True, False
        self.cases.review_wanted.connect(self.review_case)
        cohorts.opened.connect(self._on_opened)
        cohorts.changed.connect(self._on_changed)
        self._on_opened()

    @property
    def review(self) -> ReviewPanel:
        """The review; made when a case is first looked at."""
        if self._review is None:
            self._review = made = ReviewPanel(self.reviewing)
            made.back_wanted.connect(self.to_table)
            self.centre.addWidget(made)
            self.review_made.emit(made)
        return self._review

    def name_keys(self) -> None:
        """The keys as they are now."""
        if self._review is not None:
            self._review.name_keys()

    def _does(self, name: str) -> Callable[[], object] | None:
        """What a review key does."""
        panel, reviewing = self.review, self.reviewing
        if name.startswith("review_reason_"):
            return partial(panel.toggle_reason, int(name.rpartition("_")[2]))
        does: dict[str, Callable[[], object]] = {
            "review_accept": partial(panel.decide, Decision.ACCEPT),
            "review_reject": partial(panel.decide, Decision.REJECT),
            "review_fix": partial(panel.decide, Decision.FIX),
            "review_unsure": partial(panel.decide, Decision.UNSURE),
            "review_previous": partial(reviewing.step, -1),
            "review_next": partial(reviewing.step, 1),
            "review_lines": panel.pair.toggle_lines,
            "review_up": partial(panel.pair.step_slice, -1),
            "review_down": partial(panel.pair.step_slice, 1),
            "review_blind": panel.blind.toggle,
            "review_back": self.to_table,
        }
        return does.get(name)

    def take(self, path: Path) -> bool:
        """What is dropped: a cohort is opened, a table imported; all else may hold hearts."""
        planning = self.cohorts.planning

        def look() -> Job:
            yield None
            return (path / PLAN).is_file()

        def done(cohort: bool) -> None:
            if cohort:
                self.cohorts.open(path)
            elif path.suffix.lower() == ".csv":
                planning.import_table(path)
            else:
                planning.add_folder(path)

        self.cohorts.submit(look, done)
        return True

    # -- the centre

    def _on_opened(self) -> None:
        self._show_centre(WELCOME if self.cohorts.desk.folder is None else TABLE)

    def _on_changed(self, field: str) -> None:
        if field == "folder" and self.centre.currentIndex() == WELCOME:
            self._on_opened()

    def _show_centre(self, page: int) -> None:
        self.centre.setCurrentIndex(page)
        self._arrange()

    @property
    def reviews(self) -> bool:
        """Whether a case is being reviewed."""
        return self.centre.currentIndex() == REVIEW

    def review_case(self, number: int) -> None:
        """Look at a case."""
        panel = self.review
        self.reviewing.show(number)
        self._show_centre(REVIEW)
        panel.pair.focus()

    def to_table(self) -> None:
        """Back from the review to the table, at the case that was shown."""
        number = self.reviewing.number
        self.reviewing.show(None)
        self._show_centre(TABLE)
        if number is not None:
            self.cases.choose(number)
        self.cases.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The review keys, while a case is reviewed and nothing is typed."""
        name = action_for(event, "review") if self.reviews else ""
        does = self._does(name) if name.startswith("review_") else None
        if does is not None and not typing(QApplication.focusWidget()):
            does()
            event.accept()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """The first time, the keyboard begins where a plan does."""
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            self.plan.hearts.use.setFocus()

    # -- sides

    def show_side(self, name: str, _: bool = False) -> None:
        """In a narrow window: which of both sides is seen."""
        self._side = name
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrow window has one side."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: object) -> None:
        """Another text size is another width in letters."""
        super().changeEvent(event)  # type: ignore[arg-type]
        if hasattr(self, "_built"):
            self._arrange()

    def _arrange(self) -> None:
        letter = self.fontMetrics().averageCharWidth()
        wide = self.width() / letter
        narrow = wide < PLAN_CHARS + COVERAGE_CHARS + CENTRE_CHARS
        sides = PLAN_CHARS + (0 if narrow else COVERAGE_CHARS)
        alone = self.reviews and wide - sides < PAIR_CHARS
        for button in self.tabs.values():
            button.setVisible(narrow)
        if narrow and self.sides.indexOf(self.coverage) < 0:
            self.sides.addWidget(self.coverage)
        elif not narrow and self.sides.indexOf(self.coverage) >= 0:
            self.sides.removeWidget(self.coverage)
            self.row.addWidget(self.coverage)
            self.coverage.show()
        chosen = self.coverage if narrow and self._side == "coverage" else self.plan
        self.sides.setCurrentWidget(chosen)
        for name, button in self.tabs.items():
            button.setChecked((name == "coverage") == (chosen is self.coverage))
        self.left.setVisible(not alone)
        left, right = PLAN_CHARS * letter, COVERAGE_CHARS * letter
        if narrow:
            left = min(left, int(self.width() * 0.42))
        self.left.setFixedWidth(left)
        self.coverage.setFixedWidth(left if narrow else right)
