"""The main window: bars and docks around the canvas, and what each action does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QStackedWidget,
)

from lgesynth_gui.app import edits
from lgesynth_gui.app.files import Files
from lgesynth_gui.app.look import View
from lgesynth_gui.app.preferences import PreferenceStore
from lgesynth_gui.app.proposals import Proposals
from lgesynth_gui.app.services import SeriesRow, Services, real_services, warm_modes, warm_up
from lgesynth_gui.app.session import Session, healed_in
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.app.workers import RunsJobs, Workers
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.actions import canvas_does, make_actions
from lgesynth_gui.ui.auditing import Auditing
from lgesynth_gui.ui.bars import badge_bar, image_menu, pick, set_icons, tool_strip, top_bar
from lgesynth_gui.ui.canvas.canvas import Canvas
from lgesynth_gui.ui.dialogs.manual import open_manual
from lgesynth_gui.ui.exporting import Exporting
from lgesynth_gui.ui.frame import Frame
from lgesynth_gui.ui.jumps import Jumps
from lgesynth_gui.ui.keymap import action_for, worded
from lgesynth_gui.ui.keys import typing
from lgesynth_gui.ui.modes import OF_SKETCH, Modes
from lgesynth_gui.ui.projects import Projects
from lgesynth_gui.ui.running import Running
from lgesynth_gui.ui.shell import Shell
from lgesynth_gui.ui.sketch.filmstrip import Filmstrip
from lgesynth_gui.ui.sketch.hint_line import remember_silence
from lgesynth_gui.ui.sketch.panel import ScarPanel
from lgesynth_gui.ui.sketch.workbench import Workbench
from lgesynth_gui.ui.start_page import StartPage
from lgesynth_gui.ui.status import Status
from lgesynth_gui.ui.study_panel import StudyPanel
from lgesynth_gui.ui.teach.presenter import Presenter
from lgesynth_gui.ui.theme import ThemeName
from lgesynth_gui.ui.tool_state import OBJECTS, show_tool_state
from lgesynth_gui.ui.understanding import Understanding

if TYPE_CHECKING:
    from lgesynth_gui.ui.cohort.mode import CohortMode
    from lgesynth_gui.ui.evaluate.mode import EvaluateMode
    from lgesynth_gui.ui.train.mode import TrainMode

WARM_MODES_MS = 2500  # after the first paint: what is opened at once goes before


class MainWindow(Frame):
    """One window, one study. Holds no truth: session, view and variations do."""

    def __init__(
        self,
        engine: RunsJobs,
        services: Services | None = None,
        *,
        theme: ThemeName = "dark",
        store: PreferenceStore | None = None,
    ) -> None:
        super().__init__(theme)
        self.shell = Shell(self, store if store is not None else PreferenceStore())
        self.presenter = Presenter(self)
        self.scale = self.shell.store.now.percent / 100
        self.setObjectName("mainWindow")
        self.setWindowTitle("LGESynth")
        self.workers = workers = Workers(engine, self)
        self.session = Session(self)
        self.view = View(self)
        self.variations = Variations(
            self.session,
            self.view,
            workers.engine_jobs,
            engine,
            self,
            computes_on=lambda: workers.device,
        )
        self.files = Files(self.session, workers.file_jobs, services or real_services(), self)
        self.proposals = Proposals(self.session, workers.engine_jobs, engine, self)
        self.exporting = Exporting(self.session, self.files, self.shell.store, self)
        self._leaving = self._left = False
        self.ended = True  # False once closing left a thread behind
        self._actions: dict[str, QAction] = {}
        self._build()
        self._connect()
        self.shell.take_over()
        self.refresh_actions()
        self.resize(1366, 768)

    # -- building

    def _build(self) -> None:
        self.status = Status(self)
        self.setStatusBar(self.status)
        self.running = Running(
            self.status, self.workers, self.variations, self.proposals, self.files, self
        )
        self.start = StartPage()
        self.projects = Projects(self)
        self.auditing = Auditing(self)
        self.canvas = Canvas(self.session, self.view, self.shown)
        self.bench = Workbench(self.session, self.view, self.canvas)
        self.understanding = Understanding(self)
        self.train: TrainMode | None = None
        self.cohort: CohortMode | None = None
        self.evaluate: EvaluateMode | None = None
        self.modes = Modes(self)
        self.modes.changed.connect(lambda _: self.refresh_actions())
        does = self._does() | canvas_does(self.view, self.canvas) | self.shell.does()
        does |= self.projects.does() | self.auditing.does() | Jumps(self).does()
        does |= self.understanding.does()
        does |= self.bench.does(does)
        self._actions = make_actions(self, self.modes.led(does) | self.modes.does())
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, top_bar(self._actions))
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, badge_bar())
        self.strip = tool_strip(self._actions, self.theme)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.strip)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.start)
        self.centre.addWidget(self.bench)
        self.setCentralWidget(self.centre)
        self.study = StudyPanel(self.session, self.view)
        self.panel = ScarPanel(self.session, self.view, self.shown, self.variations.plan)
        self.film = Filmstrip(self.session, self.view, self.variations)
        self.add_docks(self.study, self.panel, self.film)
        self.docks[2].setTitleBarWidget(self.film.head)
        self.understanding.offer(self._actions)
        self._show_workspace(open_=False)

    def _does(self) -> dict[str, Callable[[], object]]:
        """What the window itself does, by action."""
        does: dict[str, Callable[[], object]] = {
            "open_folder": self.pick_folder,
            "open_file": self.pick_file,
            "undo": self.session.undo_stack.undo,
            "redo": self.session.undo_stack.redo,
            "generate": self.generate,
            "generate_front": partial(self.generate, front=True),
            "new_seed": lambda: self._said(self.variations.new_seed()),
            "same_seed": lambda: self._said(self.variations.same_again()),
            "pair": lambda: self._said(self.variations.generate_pair()),
            "pause": self.variations.toggle_pause,
            "retry": self.variations.retry_failed,
            "cancel": self.running.cancel,
            "cancel_all": self.variations.cancel_all,
            "export": self.open_export,
            "confirm": self._confirm,
            "previous": partial(self.variations.step, -1),
            "next": partial(self.variations.step, 1),
            "discard": self.variations.discard,
            "star": self.variations.star,
            "contours_up": lambda: self.study.box.copy(-1),
            "contours_down": lambda: self.study.box.copy(1),
            "series_up": lambda: self.study.step_series(-1),
            "series_down": lambda: self.study.step_series(1),
            "layout": self.reset_layout,
            "teach": self.presenter.open,
            "help": partial(open_manual, self),
        }
        for name in OBJECTS:
            does[f"object_{name}"] = partial(edits.choose_object, self.session, self.view, name)
        for grade in range(5):
            does[f"class_{grade}"] = partial(self._set_class, grade)
        return does

    # -- wiring

    def _connect(self) -> None:
        self.dropped.connect(self._on_dropped)
        self.themed.connect(lambda name: set_icons(self._actions, name))
        self.themed.connect(self.canvas.bar.set_theme)
        self.arranged.connect(self._on_arranged)
        self.start.sample_wanted.connect(self.files.open_sample)
        self.start.folder_wanted.connect(self.pick_folder)
        self.start.file_wanted.connect(self.pick_file)
        self.study.open_wanted.connect(self.pick_folder)
        self.study.series_chosen.connect(self.files.choose)
        self.study.propose_wanted.connect(self.proposals.ask)
        self.study.said.connect(self._said)
        self.study.understood_wanted.connect(self._actions["understood"].trigger)
        self.understanding.said.connect(self._said)
        self.files.found.connect(self._on_found)
        self.files.said.connect(self._said)
        self.files.refused.connect(self._on_refused)
        self.files.offered.connect(self.start.offer_parts)
        self.start.parts_wanted.connect(self.study.open_series)
        self.proposals.said.connect(self._said)
        self.panel.generate_wanted.connect(self.generate)
        self.panel.apply_wanted.connect(self._apply)
        self.panel.export_wanted.connect(self.open_export)
        self.panel.said.connect(self._said)
        self.exporting.said.connect(self._said)
        remember_silence(self.view, self.shell.store)
        self.panel.caption.drawn.connect(self.canvas.original.overlay.setFocus)
        self.film.apply_wanted.connect(self._apply)
        self.film.said.connect(self._said)
        self.panel.pair_wanted.connect(self._actions["pair"].trigger)
        self.canvas.said.connect(self._said)
        self.bench.said.connect(self._said)
        self.panel.caption.pattern_wanted.connect(self.bench.begin_stamp)
        self.canvas.menu_wanted.connect(self._open_menu)
        self.session.leaving.connect(lambda: self.view.set(slice_index=0))  # every stack has one
        self.session.opened.connect(lambda: self._show_workspace(open_=True))
        self.session.opened.connect(self.workers.prepare)
        self.session.changed.connect(lambda _: self.refresh_actions())
        self.session.undo_stack.indexChanged.connect(self._on_undo_index)
        self.view.changed.connect(lambda _: self.refresh_actions())
        self.variations.changed.connect(self._on_variations)
        self.variations.said.connect(self._said)
        self.variations.idle.connect(self.workers.prepare_again)
        self.workers.ready.connect(self.panel.refresh)

    def shown(self) -> tuple[SynthesisResult | None, str]:
        """The result the right pane and the card show: the preview, else what is applied."""
        previewed = self.variations.get(self.view.look.preview)
        applied = self.session.state.applied
        if previewed is not None and previewed.result is not None:
            if previewed.draft:
                return previewed.result, "DRAFT"
            return previewed.result, "APPLIED" if previewed.result is applied else "PREVIEW"
        return applied, "APPLIED" if applied is not None else ""

    def _show_workspace(self, *, open_: bool) -> None:
        self.modes.to("sketch")
        self.show_docks(open_)
        self.start.tell("")
        self.status.forget()
        if open_:
            QTimer.singleShot(0, self, self.canvas.refit)
            self.canvas.original.overlay.setFocus()
        else:
            self.start.sample.setFocus()

    def _on_arranged(self, narrow: bool, single: bool) -> None:
        self.study.set_narrow(narrow)
        self.canvas.set_single(single)

    def _on_undo_index(self, _: int) -> None:
        self.refresh_actions()

    def refresh_actions(self) -> None:
        """Actions and hint as the state and the keys are now."""
        show_tool_state(self._actions, self.session, self.view, self.status)
        if self.cohort is not None and self.modes.current == "cohort":
            self.cohort.show_state(self._actions)

    # -- files

    def pick_folder(self) -> None:
        """Ask for a folder."""
        self._pick("Open DICOM folder", QFileDialog.FileMode.Directory)

    def pick_file(self) -> None:
        """Ask for a file."""
        self._pick("Open project, NIfTI or DICOM file", QFileDialog.FileMode.ExistingFile)

    def _pick(self, title: str, mode: QFileDialog.FileMode) -> None:
        pick(self, title, mode, lambda path: self.open_path(Path(path)))

    def warm_up(self) -> None:
        """Load what the first open study needs while the start page is read."""
        self.workers.file_jobs.submit(warm_up)
        QTimer.singleShot(WARM_MODES_MS, self, lambda: self.workers.file_jobs.submit(warm_modes))

    def show_results(self, series: LgeSeries, results: Sequence[SynthesisResult]) -> None:
        """Open a host with finished results, the first one previewed."""
        if results:
            request = results[0].request
            self.session.open(series, request.contours, request.sketch)
            self.session.adopt("healed", healed_in(request))
            self.variations.add(results)
        else:
            self.session.open(series)

    def open_path(self, path: Path) -> None:
        """Open a project, a folder or a file."""
        self.start.tell("")
        if self.projects.open(path):
            return
        self.files.open(path)

    def _on_dropped(self, path: Path) -> None:
        """What the shown mode takes (training data, an evaluation), else something to open."""
        if not self.modes.dropped(path):
            self.auditing.dropped(path)

    def _on_found(self, rows: tuple[SeriesRow, ...], chosen: int) -> None:
        self.study.show_series(rows, chosen)

    def _on_refused(self, message: str) -> None:
        if self.session.state.series is None:
            self.start.tell(message)
        self._said(message)

    # -- generating

    def generate(self, *, front: bool = False) -> None:
        """Queue the variations of what is drawn, at the end or to run next."""
        if reason := self.variations.generate(front=front):
            self._said(reason)
        elif not self.panel.generate.hasFocus():
            self.canvas.original.overlay.setFocus()

    def _on_variations(self) -> None:
        self.panel.refresh()
        self.canvas.refresh()

    def _apply(self) -> None:
        self._said(self.variations.apply() or worded("Applied. Export: {export}."))

    def _confirm(self) -> None:
        if self.canvas.command("close"):
            return
        result, tag = self.shown()
        if result is not None and tag == "PREVIEW":
            self._apply()

    # -- export

    def open_export(self) -> None:
        """Open the export dialog, or say why it cannot be opened."""
        self.exporting.open()

    # -- keys, menu, panels

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The one place for single keys; dead while a field is typed into."""
        if event.key() == Qt.Key.Key_Q and not event.isAutoRepeat() and not self._typing():
            self.view.set(original=True)
            return
        name = action_for(event)
        if name in OF_SKETCH and self.modes.current != "sketch":
            name = ""  # what is not seen is not changed by a single key
        if name and not self._typing():
            if self._actions[name].isEnabled():
                self._actions[name].trigger()
            event.accept()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Q let go."""
        if event.key() == Qt.Key.Key_Q and not event.isAutoRepeat():
            self.view.set(original=False)
        super().keyReleaseEvent(event)

    def _typing(self) -> bool:
        return typing(QApplication.focusWidget())

    def _set_class(self, grade: int) -> None:
        self._said(edits.set_class(self.session, self.view, grade))

    def _open_menu(self, place: QPoint) -> None:
        clear = partial(edits.clear_slice, self.session, self.view.look.slice_index)
        image_menu(self, self._actions, clear).popup(place)

    def _said(self, text: str) -> None:
        if text:
            self.status.say(text)

    def leave(self) -> None:
        """Close without asking; what runs is stopped."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once when something would be lost; then stop what runs and leave nothing behind."""
        if not self._leaving and not self.projects.may_close():
            event.ignore()
            return
        modes = [one for one in (self.cohort, self.evaluate, self.train) if one is not None]
        if not self._leaving and not all(one.may_close(self.leave) for one in modes):
            event.ignore()
            return
        if not self._left:
            self._left = True
            self.shell.leave()
            for mode in modes:
                mode.leave()
            self.hide()  # ending what runs may take a moment: nobody has to look at it
            self.session.undo_stack.indexChanged.disconnect(self._on_undo_index)
            kept = self.projects.leave()
            self.ended = self.workers.shutdown() and kept
        super().closeEvent(event)
