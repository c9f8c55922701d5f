"""The main window: bars and docks around the canvas, and what each action does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
)
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFileDialog,
    QMainWindow,
    QMenu,
    QSizePolicy,
    QStackedWidget,
    QToolBar,
    QWidget,
)

from lgesynth_gui.app import edits
from lgesynth_gui.app.files import Files
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.services import PROPOSE, SeriesRow, Services, real_services, warm_up
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import RunsJobs, Variation, Variations
from lgesynth_gui.app.verdicts import why_not_export
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.canvas.canvas import Canvas
from lgesynth_gui.ui.icons import tool_icon
from lgesynth_gui.ui.keys import KEYS, action_for, typing
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.sketch.filmstrip import Filmstrip
from lgesynth_gui.ui.sketch.panel import ScarPanel
from lgesynth_gui.ui.sketch.tools import TOOLS
from lgesynth_gui.ui.start_page import StartPage
from lgesynth_gui.ui.status import Status
from lgesynth_gui.ui.study_panel import StudyPanel
from lgesynth_gui.ui.theme import ThemeName, apply_theme

TITLE = "LGESynth"
TOP_BAR = (
    ("open_folder", "Open folder"),
    ("open_file", "Open file"),
    ("undo", "↶"),
    ("redo", "↷"),
    ("theme", "◐"),
    ("help", "Manual"),
    ("keys", "Keys"),
)
MENU = ("fit", "auto_window", "overlay", "grid", "difference", "nearest", "copy_next", "layout")
OBJECT_HINTS = {
    "endo": "Endocardium: C draws it anew · V drags it, Shift moves it · Alt+1 back to scar",
    "epi": "Epicardium: C draws it anew · V drags it, Shift moves it · Alt+1 back to scar",
    "points": "Click an RV insertion: anterior (1|2), then inferior (3|4) · Alt+1 back to scar",
}


class MainWindow(QMainWindow):
    """One window, one study. Holds no truth: session, view and variations do."""

    def __init__(
        self,
        engine: RunsJobs,
        services: Services | None = None,
        *,
        theme: ThemeName = "dark",
    ) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle(TITLE)
        self.setAcceptDrops(True)
        self.setMinimumSize(1000, 600)
        self.theme: ThemeName = theme
        self.engine = engine
        self.jobs = JobRunner(self, name="lgesynth-engine")
        self.reading = JobRunner(self, name="lgesynth-files")
        self.session = Session(self)
        self.view = View(self)
        self.variations = Variations(self.session, self.view, self.jobs, engine, self)
        self.files = Files(self.session, self.reading, services or real_services(), self)
        self.exported_once = False
        self._actions: dict[str, QAction] = {}
        self._proposing: Any = None
        self._build()
        self._connect()
        self._update_actions()
        self.resize(1366, 768)

    # -- building

    def _build(self) -> None:
        self._make_actions()
        self._build_top_bar()
        self._build_tool_strip()
        self.status = Status(self)
        self.setStatusBar(self.status)
        self.start = StartPage()
        self.canvas = Canvas(self.session, self.view, self.shown)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.start)
        self.centre.addWidget(self.canvas)
        self.setCentralWidget(self.centre)
        self.study = StudyPanel(self.session, self.view)
        self.panel = ScarPanel(self.session, self.view, self.shown)
        self.film = Filmstrip(self.session, self.view, self.variations)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        left, right = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
        self.study_dock = self._dock("studyDock", "Study", self.study, left)
        self.scar_dock = self._dock("scarDock", "Scar and generation", self.panel, right)
        self.film_dock = self._dock(
            "filmDock", "Variations", self.film, Qt.DockWidgetArea.BottomDockWidgetArea
        )
        self.reset_layout()
        self._show_workspace(open_=False)

    def _dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        self.addDockWidget(area, dock)
        return dock

    def reset_layout(self) -> None:
        """All docks at their places and sizes for the window's width."""
        wide = self.width() >= 1700
        for dock in (self.study_dock, self.scar_dock, self.film_dock):
            dock.show()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self.resizeDocks(
            [self.study_dock, self.scar_dock], [240, 340] if wide else [176, 316], horizontal
        )
        self.resizeDocks([self.film_dock], [124], vertical)

    def _make_actions(self) -> None:
        does: dict[str, Callable[[], object]] = {
            "open_folder": self.pick_folder,
            "open_file": self.pick_file,
            "undo": self.session.undo_stack.undo,
            "redo": self.session.undo_stack.redo,
            "generate": self.generate,
            "export": self.open_export,
            "copy_next": lambda: self._said(edits.copy_to_next(self.session, self.view)),
            "next_panel": self._next_panel,
            "theme": self._other_theme,
            "layout": self.reset_layout,
            "help": self.open_manual,
            "keys": self.open_keys,
            "difference": lambda: self.view.set(difference=not self.view.look.difference),
            "bullseye": self._focus_bullseye,
            "words": self.panel_words,
            "confirm": self._confirm,
            "back": lambda: self.canvas.command("back"),
            "abandon": lambda: self.canvas.abandon(),
            "slice_up": lambda: self.canvas.step_slice(-1),
            "slice_down": lambda: self.canvas.step_slice(1),
            "slice_first": lambda: self.canvas.step_slice(-10_000),
            "slice_last": lambda: self.canvas.step_slice(10_000),
            "previous": lambda: self.variations.step(-1),
            "next": lambda: self.variations.step(1),
            "discard": lambda: self.variations.discard(),
            "star": lambda: self.variations.star(),
            "new_seed": self._new_seed,
            "overlay": lambda: self.view.set(scar=not self.view.look.scar),
            "grid": lambda: self.view.set(grid=not self.view.look.grid),
            "corner": lambda: self.view.set(corner=not self.view.look.corner),
            "nearest": lambda: self.view.set(nearest=not self.view.look.nearest),
            "auto_window": lambda: self.canvas.auto_window(),
            "fit": lambda: self.canvas.fit_heart(),
            "zoom_in": lambda: self.canvas.zoom_by(1.25),
            "zoom_out": lambda: self.canvas.zoom_by(0.8),
            "cancel": self.cancel,
            "cancel_all": self.variations.cancel_all,
        }
        for tool in TOOLS:
            does[f"tool_{tool.id}"] = partial(self.view.set, tool=tool.id)
        for name in ("scar", "endo", "epi", "points"):
            does[f"object_{name}"] = partial(self._set_object, name)
        for grade in range(5):
            does[f"class_{grade}"] = partial(self._set_class, grade)
        for name, run in does.items():
            keys = [k for k in KEYS if k.action == name]
            action = QAction(keys[0].text, self)
            action.setObjectName(name)
            action.triggered.connect(partial(_run, run))
            chords = [QKeySequence(k.keys) for k in keys if k.chord]
            if chords:
                action.setShortcuts(chords)
            action.setToolTip(f"{keys[0].text} ({keys[0].keys})")
            self.addAction(action)
            self._actions[name] = action

    def _build_top_bar(self) -> None:
        bar = QToolBar("Main", self)
        bar.setObjectName("topBar")
        bar.setMovable(False)
        for name, text in TOP_BAR:
            action = self._actions[name]
            action.setIconText(text)
            bar.addAction(action)
            if name in ("open_file", "redo"):
                bar.addSeparator()
        spacer = QWidget()
        spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(spacer)
        badge = plain_label("Research use only: output is synthetic", role="badge")
        badge.setObjectName("researchBadge")
        bar.addWidget(badge)
        bar.toggleViewAction().setEnabled(False)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, bar)

    def _build_tool_strip(self) -> None:
        strip = QToolBar("Tools", self)
        strip.setObjectName("toolStrip")
        strip.setMovable(False)
        strip.setOrientation(Qt.Orientation.Vertical)
        strip.setIconSize(QSize(20, 20))
        strip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        for tool in TOOLS:
            action = self._actions[f"tool_{tool.id}"]
            action.setCheckable(True)
            action.setIconText(tool.key)
            action.setIcon(tool_icon(tool.icon, self.theme))
            action.setToolTip(f"{tool.text} ({tool.key})\n{tool.hint}")
            strip.addAction(action)
        strip.addSeparator()
        for name, text, words in (
            ("object_scar", "Scar", "Tools change the scar"),
            ("object_endo", "Endo", "Tools draw the endocardium"),
            ("object_epi", "Epi", "Tools draw the epicardium"),
            ("object_points", "RV", "Tools set the RV insertion points"),
        ):
            action = self._actions[name]
            action.setCheckable(True)
            action.setIconText(text)
            action.setToolTip(f"{words} ({next(k.keys for k in KEYS if k.action == name)})")
            strip.addAction(action)
        strip.addSeparator()
        for name, text in (("overlay", "Lines"), ("grid", "AHA"), ("difference", "Diff")):
            action = self._actions[name]
            action.setCheckable(True)
            action.setIconText(text)
            strip.addAction(action)
        strip.toggleViewAction().setEnabled(False)
        self.strip = strip
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, strip)

    # -- wiring

    def _connect(self) -> None:
        self.start.sample_wanted.connect(self.files.open_sample)
        self.start.folder_wanted.connect(self.pick_folder)
        self.start.file_wanted.connect(self.pick_file)
        self.study.open_wanted.connect(self.pick_folder)
        self.study.series_chosen.connect(self.files.choose)
        self.study.propose_wanted.connect(self.propose)
        self.files.found.connect(self._on_found)
        self.files.said.connect(self._said)
        self.files.refused.connect(self._on_refused)
        self.files.working.connect(self._on_reading)
        self.panel.generate_wanted.connect(self.generate)
        self.panel.apply_wanted.connect(self._apply)
        self.panel.export_wanted.connect(self.open_export)
        self.panel.said.connect(self._said)
        self.film.apply_wanted.connect(self._apply)
        self.canvas.said.connect(self._said)
        self.canvas.menu_wanted.connect(self._open_menu)
        self.status.cancel_wanted.connect(self.cancel)
        self.session.opened.connect(lambda: self._show_workspace(open_=True))
        self.session.changed.connect(lambda _: self._update_actions())
        self.session.undo_stack.indexChanged.connect(self._on_undo_index)
        self.view.changed.connect(lambda _: self._update_actions())
        self.variations.changed.connect(self._on_variations)
        self.variations.progressed.connect(self._on_progress)
        self.variations.said.connect(self._said)

    def shown(self) -> tuple[SynthesisResult | None, str]:
        """The result the right pane and the card show: the preview, else what is applied."""
        previewed = self.variations.get(self.view.look.preview)
        applied = self.session.state.applied
        if previewed is not None and previewed.result is not None:
            return previewed.result, "APPLIED" if previewed.result is applied else "PREVIEW"
        return applied, "APPLIED" if applied is not None else ""

    def _show_workspace(self, *, open_: bool) -> None:
        self.centre.setCurrentWidget(self.canvas if open_ else self.start)
        for dock in (self.study_dock, self.scar_dock, self.film_dock):
            dock.setVisible(open_)
        self.strip.setVisible(open_)
        self.start.tell("")
        if open_:
            QTimer.singleShot(0, self, self.reset_layout)
            QTimer.singleShot(0, self, self.canvas.fit_heart)
            self.canvas.original.overlay.setFocus()
        else:
            self.start.sample.setFocus()

    def _on_undo_index(self, _: int) -> None:
        self._update_actions()

    def _update_actions(self) -> None:
        stack, look = self.session.undo_stack, self.view.look
        for name, can, text in (
            ("undo", stack.canUndo(), stack.undoText()),
            ("redo", stack.canRedo(), stack.redoText()),
        ):
            action = self._actions[name]
            action.setEnabled(can)
            action.setToolTip(f"{name.capitalize()}: {text}" if text else name.capitalize())
        for tool in TOOLS:
            self._actions[f"tool_{tool.id}"].setChecked(look.tool == tool.id)
        for name in ("scar", "endo", "epi", "points"):
            self._actions[f"object_{name}"].setChecked(look.active == name)
        self._actions["overlay"].setChecked(look.scar)
        self._actions["grid"].setChecked(look.grid)
        self._actions["difference"].setChecked(look.difference)
        tool = next(t for t in TOOLS if t.id == look.tool)
        is_open = self.session.state.series is not None
        hint = OBJECT_HINTS.get(look.active, tool.hint) if is_open else "Ready"
        self.status.hint(hint)

    # -- files

    def pick_folder(self) -> None:
        """Ask for a folder."""
        self._pick("Open DICOM folder", QFileDialog.FileMode.Directory)

    def pick_file(self) -> None:
        """Ask for a file."""
        self._pick("Open NIfTI or DICOM file", QFileDialog.FileMode.ExistingFile)

    def _pick(self, title: str, mode: QFileDialog.FileMode) -> None:
        picker = QFileDialog(self, title)
        picker.setFileMode(mode)
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(lambda path: self.files.open(Path(path)))
        picker.open()

    def warm_up(self) -> None:
        """Load what the first open study needs while the start page is read."""
        self.reading.submit(warm_up)

    def show_results(self, series: LgeSeries, results: Sequence[SynthesisResult]) -> None:
        """Open a host with finished results, the first one previewed."""
        if results:
            request = results[0].request
            self.session.open(series, request.contours, request.sketch)
            self.variations.add(results)
        else:
            self.session.open(series)

    def open_path(self, path: Path) -> None:
        """Open a folder or file."""
        self.files.open(path)

    def _on_found(self, rows: tuple[SeriesRow, ...], chosen: int) -> None:
        self.study.show_series(rows, chosen)

    def _on_refused(self, message: str) -> None:
        if self.session.state.series is None:
            self.start.tell(message)
        self._said(message)

    def _on_reading(self, step: object) -> None:
        if step is None:
            self.status.rest()
        else:
            self.status.working(step)  # type: ignore[arg-type]

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Drop is open."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.files.open(Path(url.toLocalFile()))
                return

    # -- generating

    def generate(self) -> None:
        """Queue the variations of what is drawn."""
        if reason := self.variations.generate():
            self._said(reason)
        elif not self.panel.generate.hasFocus():
            self.canvas.original.overlay.setFocus()

    def _new_seed(self) -> None:
        settings = self.session.state.settings
        changed = replace(settings, seed=(settings.seed + settings.count) % 1_000_000)
        self.session.edit("settings", changed, "new seed")
        self.generate()

    def propose(self) -> None:
        """Ask the contour network for the heart's borders."""
        series = self.session.state.series
        if series is None or self._proposing is not None:
            return
        handle = self.jobs.submit(lambda: self.engine.run(PROPOSE, series))
        self._proposing = handle
        self.status.working(None)
        handle.progressed.connect(lambda step: self.status.working(step))
        handle.finished.connect(lambda found: self._on_proposed(series, found))
        handle.failed.connect(lambda error: self._said(_words(error)))
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._end_proposal())

    def _end_proposal(self) -> None:
        self._proposing = None
        self.status.rest()

    def _on_proposed(self, series: object, found: object) -> None:
        if series is self.session.state.series and isinstance(found, HeartContours):
            edits.take_proposal(self.session, found)
            count = len(found.outlined())
            self._said(f"Contours proposed on {count} slices: look at them, then Accept all.")

    def cancel(self) -> None:
        """Stop what is running now."""
        if self._proposing is not None:
            self.status.cancelling()
            self._proposing.cancel()
        elif self.variations.waiting():
            self.status.cancelling()
            self.variations.cancel_current()
        else:
            self.files.cancel()

    def _on_variations(self) -> None:
        self.panel.refresh()
        self.canvas.refresh()
        waiting = self.variations.waiting()
        if not waiting:
            self.status.rest()
        elif waiting[0].stage.value == "cancelling":
            self.status.cancelling()
        else:
            self.status.working(waiting[0].progress, None, len(waiting) - 1)

    def _on_progress(self, one: Variation, left_s: float | None) -> None:
        self.status.working(one.progress, left_s, len(self.variations.waiting()) - 1)

    def _apply(self) -> None:
        self._said(self.variations.apply() or "Applied. Export: Ctrl+E.")

    def _confirm(self) -> None:
        if self.canvas.command("close"):
            return
        result, tag = self.shown()
        if result is not None and tag == "PREVIEW":
            self._apply()

    # -- export

    def open_export(self) -> None:
        """Open the export dialog, or say why it cannot be opened."""
        if reason := why_not_export(self.session.state):
            self._said(reason)
            return
        from lgesynth_gui.ui.dialogs.export import ExportDialog

        dialog = ExportDialog(self.session.state, first=not self.exported_once, parent=self)
        dialog.export_wanted.connect(self._export)
        dialog.open()

    def _export(self, folder: Path, formats: tuple[str, ...], mode: str, reason: str) -> None:
        self.exported_once = True
        self.files.export(folder, formats, mode, reason)

    # -- keys, menu, panels

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The one place for single keys; dead while a field is typed into."""
        if event.key() == Qt.Key.Key_Q and not event.isAutoRepeat() and not self._typing():
            self.view.set(original=True)
            return
        name = action_for(event)
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

    def panel_words(self) -> None:
        """Put the cursor into the caption."""
        self.panel.caption.line.setFocus()
        self.panel.caption.line.selectAll()

    def _set_class(self, grade: int) -> None:
        self._said(edits.set_class(self.session, self.view, grade))

    def _set_object(self, name: str) -> None:
        self.view.set(active=name)
        outlined = self.view.look.slice_index in self.session.state.contours.outlined()
        if name in ("endo", "epi"):
            self.view.set(tool="select" if outlined else "contour")
        elif name == "points":
            self.view.set(tool="contour")

    def _focus_bullseye(self) -> None:
        if self.session.state.series is not None:
            segment = edits.anterior_segment(self.session, self.view)
            self.panel.bullseye.focus_segment(segment)

    def _next_panel(self) -> None:
        stops: list[QWidget] = [
            self.study.slices,
            self.canvas.original.overlay,
            self.panel.bullseye.button(edits.anterior_segment(self.session, self.view)),
            self.panel.generate if self.panel.generate.isEnabled() else self.panel.seed,
            self.film.list,
        ]
        focus = QApplication.focusWidget()
        areas = (self.study, self.canvas, self.panel.bullseye, self.panel, self.film)
        here = next(
            (i for i, a in enumerate(areas) if focus is not None and a.isAncestorOf(focus)), -1
        )
        for step in range(1, len(stops) + 1):
            stop = stops[(here + step) % len(stops)]
            if stop.isVisible():
                stop.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def _open_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in MENU:
            menu.addAction(self._actions[name])
        clear = menu.addAction("Clear the scar of this slice")
        clear.triggered.connect(lambda: edits.clear_slice(self.session, self.view.look.slice_index))
        menu.popup(place)

    def open_manual(self) -> None:
        """The bundled help pages."""
        from lgesynth_gui.ui.dialogs.manual import Manual

        Manual(self).open()

    def open_keys(self) -> None:
        """Keys and mouse."""
        from lgesynth_gui.ui.dialogs.cheat_sheet import CheatSheet

        CheatSheet(self).open()

    def set_theme(self, name: ThemeName) -> None:
        """Dark or light, live."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.theme = name
        apply_theme(app, name)
        for tool in TOOLS:
            self._actions[f"tool_{tool.id}"].setIcon(tool_icon(tool.icon, name))

    def _other_theme(self) -> None:
        self.set_theme("light" if self.theme == "dark" else "dark")

    def _said(self, text: str) -> None:
        if text:
            self.status.say(text)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop what runs and leave nothing behind."""
        self.session.undo_stack.indexChanged.disconnect(self._on_undo_index)
        self.jobs.shutdown()
        self.reading.shutdown()
        kill = getattr(self.engine, "kill", None)
        if kill is not None:
            kill()
        super().closeEvent(event)


def _run(run: Callable[[], object], _: bool = False) -> None:
    run()


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, LgeSynthError) else f"Failed: {type(error).__name__}"
