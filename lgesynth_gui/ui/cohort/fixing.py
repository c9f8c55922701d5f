"""A case of a cohort in Sketch: a bar above says so, and leads back with the new picture or not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolBar, QWidget

from lgesynth_gui.app.cohort_cases import Case
from lgesynth_gui.app.cohort_reviewing import Reviewing
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.ui.labels import plain_label

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

NOTHING = "There is no new picture yet: change the scar or the seed, then Generate."


class FixBar(QToolBar):
    """What is being fixed, and the two ways back."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Case of a cohort", parent)
        self.setObjectName("fixBar")
        self.setMovable(False)
        self.words = plain_label(role="section")
        self.put = QPushButton("Put into the cohort")
        self.put.setObjectName("putFix")
        self.put.setProperty("primary", True)
        self.put.setToolTip("Apply the shown picture, put it in the place of the case, accept it")
        self.leave = QPushButton("Back without")
        self.leave.setObjectName("leaveFix")
        self.leave.setToolTip("Back to the review; the case stays as it is, marked to be fixed")
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(6, 2, 6, 2)
        row.addWidget(self.words)
        row.addStretch(1)
        row.addWidget(self.put)
        row.addWidget(self.leave)
        self.addWidget(holder)
        self.toggleViewAction().setEnabled(False)


class Fixing(QObject):
    """The case that is being fixed, if any, and its way back into the cohort."""

    def __init__(self, window: MainWindow, cohorts: Cohorts, reviewing: Reviewing) -> None:
        super().__init__(window)
        self._window, self._cohorts, self._reviewing = window, cohorts, reviewing
        self._folder: Path | None = None
        self.case: Case | None = None
        self.bar = FixBar(window)
        window.addToolBarBreak(Qt.ToolBarArea.TopToolBarArea)
        window.addToolBar(Qt.ToolBarArea.TopToolBarArea, self.bar)
        self.bar.hide()
        self.bar.put.clicked.connect(self.put)
        self.bar.leave.clicked.connect(self.back)
        window.modes.changed.connect(lambda _: self._show())
        window.session.opened.connect(self._on_opened)
        cohorts.opened.connect(self._on_cohort)

    def begin(self) -> None:
        """Open the reviewed case in Sketch with its request."""
        case, window = self._reviewing.case, self._window
        if case is None or case.result is None:
            return
        series, result, folder = case.host.series, case.result, self._cohorts.desk.folder

        def go() -> None:
            self.case, self._folder = case, folder
            window.show_results(series, (result,))
            window.status.say(
                f"Case {case.number} as it was asked: change it, Generate, put it into the cohort."
            )
            self._show()

        window.files.before(go, lambda: None)

    def put(self) -> None:
        """Apply what is shown, put it into the cohort, go back to the review."""
        case, window = self.case, self._window
        if case is None:
            return
        result, tag = window.shown()
        if result is None or result is case.result:
            window.status.say(NOTHING)
            return
        if tag != "APPLIED" and (reason := window.variations.apply()):
            window.status.say(reason)
            return
        self.bar.setEnabled(False)
        at = window.session.undo_stack.index()
        self._reviewing.put(case, result, lambda kept: self._on_put(kept, case, at))

    def _on_put(self, kept: bool, case: Case, at: int) -> None:
        """It is in the cohort, or not; meanwhile the user may have gone on."""
        window = self._window
        self.bar.setEnabled(True)
        if not kept or self.case is not case:
            return
        window.variations.cancel_all()  # of the pictures, one was chosen
        project = window.projects.project
        if window.session.undo_stack.index() == at and project.place.path is None:
            project.hold()
        self.back()

    def back(self) -> None:
        """To the review; what was drawn stays open in Sketch."""
        self.case = None
        self._window.modes.to("cohort")
        self._show()

    def _on_opened(self) -> None:
        """Another study is no case any more."""
        case = self.case
        if case is not None and self._window.session.state.series is not case.host.series:
            self.case = None
        self._show()

    def _on_cohort(self) -> None:
        """Of another cohort it is no case."""
        if self._cohorts.desk.folder != self._folder:
            self.case = None
            self._show()

    def _show(self) -> None:
        case = self.case
        self.bar.setVisible(case is not None and self._window.modes.current == "sketch")
        if case is not None:
            self.bar.words.setText(f"Case {case.number} of the cohort")
