"""The Cohort mode in the window: its page, its export, the way to Sketch, how the window closes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from lgesynth_gui.app import recent_cohorts
from lgesynth_gui.app.cohort_reviewing import Reviewing
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.cohort.agreement import Agreement
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.cohort.fixing import Fixing
from lgesynth_gui.ui.cohort.page import CohortPage
from lgesynth_gui.ui.cohort.review_panel import ReviewPanel
from lgesynth_gui.ui.dialogs.closing import ask_about_cohort
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.tool_state import show_undo

if TYPE_CHECKING:
    from lgesynth_gui.cohort.export import Exported
    from lgesynth_gui.ui.window import MainWindow

HINT = "Hearts, scars, Start · drop a folder of hearts, a table (CSV) or a cohort anywhere"
TABLE_HINT = "Enter: review the chosen case · a header sorts · {export}: export the cohort"
REVIEW_HINT = (
    "{review_accept} accept · {review_reject} reject · {review_fix} fix · {review_unsure} unsure"
    " · {review_previous} {review_next} case · {review_back} table"
)


class CohortMode(QObject):
    """Made when the mode is first shown."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, store = window, window.shell.store
        self.cohorts = Cohorts(window.workers.file_jobs, self)
        self.reviewing = Reviewing(self.cohorts, self)
        self.fixing = Fixing(window, self.cohorts, self.reviewing)
        self.page = CohortPage(self.cohorts, self.reviewing)
        page = self.page
        self.cohorts.said.connect(window.status.say)
        self.reviewing.said.connect(window.status.say)
        page.plan.hearts.study_wanted.connect(
            lambda: self.cohorts.planning.use_study(window.session.state)
        )
        page.plan.start_wanted.connect(lambda: self.cohorts.start(page.plan.wanted_folder))
        page.run.export_wanted.connect(self.export)
        page.run.measure_wanted.connect(self.measure)
        page.review_made.connect(self._on_review)
        self.reviewing.agreed.connect(self._show_agreement)
        page.welcome.template_wanted.connect(self._begin)
        page.welcome.table_wanted.connect(page.plan.pick_table)
        page.welcome.open_wanted.connect(self._open_recent)
        page.welcome.forget_wanted.connect(self._forget)
        page.cases.arrange(store.now.columns)
        page.cases.arranged.connect(lambda columns: store.set(columns=columns))
        if store.now.reviewer:
            self.reviewing.set_name(store.now.reviewer)
        self.cohorts.device = store.now.device
        store.changed.connect(self._on_preferences)
        stack = self.cohorts.planning.undo_stack
        stack.indexChanged.connect(lambda _: window.refresh_actions())
        self.cohorts.opened.connect(self._on_opened)
        self.cohorts.changed.connect(
            lambda field: self._read_recents() if field == "recents" else None
        )
        page.centre.currentChanged.connect(lambda _: window.refresh_actions())
        self._read_recents()

    def _on_review(self, panel: ReviewPanel) -> None:
        """The review was made."""
        store = self._window.shell.store
        panel.fix_wanted.connect(self.fixing.begin)
        panel.swapped.connect(self.reviewing.swap_fix)
        panel.agreement.clicked.connect(self.reviewing.agree)
        panel.name.editingFinished.connect(lambda: store.set(reviewer=self.reviewing.name))

    def _on_preferences(self, names: frozenset[str]) -> None:
        self.cohorts.device = self._window.shell.store.now.device
        if "keys" in names:
            self.page.name_keys()

    def does(self) -> dict[str, Callable[[], object]]:
        """What actions of the window do while this mode is shown."""
        stack = self.cohorts.planning.undo_stack
        return {"undo": stack.undo, "redo": stack.redo, "export": self.export}

    def show_state(self, actions: Mapping[str, QAction]) -> None:
        """Undo and redo, and what can be done here, as they are now."""
        stack = self.cohorts.planning.undo_stack
        undo, redo = (stack.canUndo(), stack.undoText()), (stack.canRedo(), stack.redoText())
        show_undo(actions, {"undo": undo, "redo": redo})
        self._window.status.hint(self.hint)

    @property
    def hint(self) -> str:
        """What can be done here, for the status bar."""
        if self.page.reviews:
            return worded(REVIEW_HINT)
        return HINT if self.cohorts.desk.folder is None else worded(TABLE_HINT)

    def _begin(self, template: str) -> None:
        self.cohorts.planning.choose_template(template)
        self.page.plan.count.setFocus()

    # -- recents

    def _read_recents(self) -> None:
        def read() -> Job:
            yield None
            return recent_cohorts.read()

        self.cohorts.submit(read, self.page.welcome.show_recents)

    def _open_recent(self, id_: str) -> None:
        def read() -> Job:
            yield None
            return recent_cohorts.place_of(id_)

        def done(place: Path | None) -> None:
            if place is None:
                self.cohorts.said.emit("Where this cohort lies is not known any more.")
            else:
                self.cohorts.open(place)

        self.cohorts.submit(read, done)

    def _forget(self, id_: str) -> None:
        def drop() -> Job:
            yield None
            recent_cohorts.forget(id_)

        self.cohorts.submit(drop, lambda _: self._read_recents())

    def _on_opened(self) -> None:
        self._window.refresh_actions()
        if self.cohorts.desk.folder is None:
            self._read_recents()

    # -- review

    def _show_agreement(self, found: tuple[Agreement, ...]) -> None:
        from lgesynth_gui.ui.cohort.agreement_dialog import AgreementDialog

        AgreementDialog(found, self._window).open()

    # -- export

    def export(self) -> None:
        """Open the export dialog, or say why it cannot be opened."""
        from lgesynth_gui.ui.cohort.export_dialog import CohortExportDialog

        folder, window = self.cohorts.desk.folder, self._window
        if folder is None or not self.cohorts.desk.found.total:
            self.cohorts.said.emit("Nothing is made yet: start a cohort, or open one.")
            return
        dialog = CohortExportDialog(
            folder,
            window.workers.file_jobs,
            self.cohorts.watcher,
            first=not window.shell.store.now.understood,
            parent=window,
        )
        dialog.exported.connect(self._on_exported)
        dialog.open()

    def measure(self) -> None:
        """Measure what the cohort kept, in Evaluate."""
        folder, window = self.cohorts.desk.folder, self._window
        if folder is None:
            return
        window.modes.to("evaluate")
        assert window.evaluate is not None
        window.evaluate.measure_cohort(folder)

    def _on_exported(self, made: Exported) -> None:
        from lgesynth_gui.ui.cohort.export_dialog import CohortExportedDialog

        self._window.shell.store.set(understood=True)
        CohortExportedDialog(made, self._window).show()

    # -- the end

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether the window may close now; else it is asked what becomes of the run."""
        if not self.cohorts.desk.run.running:
            return True

        def stop() -> None:
            self.cohorts.stop_now()
            close()

        ask_about_cohort(self._window, close, stop)
        return False

    def leave(self) -> None:
        """The window goes; a run that goes on needs nobody."""
        self.reviewing.leave()
        self.cohorts.leave()
