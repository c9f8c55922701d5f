"""What surrounds the work: preferences in force, keys, palette, tour, self-test, about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog

from lgesynth_gui.app.mouse import lines
from lgesynth_gui.app.preferences import PERCENT, STEP, Preferences, PreferenceStore
from lgesynth_gui.app.reports import Events
from lgesynth_gui.app.session import Settings
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.ui.actions import apply_keys
from lgesynth_gui.ui.bars import name_keys
from lgesynth_gui.ui.dialogs.cheat_sheet import CheatSheet
from lgesynth_gui.ui.drawer import FilmLine, Narrow
from lgesynth_gui.ui.focus_ring import FocusRing
from lgesynth_gui.ui.hands import HandsStrip
from lgesynth_gui.ui.keymap import Keymap, use, worded
from lgesynth_gui.ui.reasons import Reasons
from lgesynth_gui.ui.theme import ThemeName, shown_theme

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

WRITE_MS = 400  # after the last change, so that a row of key presses is one file


class Shell(QObject):
    """Puts preferences in force and opens everything that is not about a heart."""

    def __init__(self, window: MainWindow, store: PreferenceStore) -> None:
        super().__init__(window)
        self._window, self.store = window, store
        self.events = Events()
        use(keymap_or_usual(store.now))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(WRITE_MS)
        self._timer.timeout.connect(self._write)

    def does(self) -> dict[str, Callable[[], object]]:
        """The actions of the shell."""
        window, store = self._window, self.store
        return {
            "palette": self.open_palette,
            "preferences": self.open_preferences,
            "keys": self.open_keys,
            "tour": self.start_tour,
            "doctor": self.open_doctor,
            "diagnostics": self.open_diagnostics,
            "about": self.open_about,
            "drawer": self.turn_drawer,
            "bigger": lambda: store.set(percent=min(PERCENT[1], store.now.percent + STEP)),
            "smaller": lambda: store.set(percent=max(PERCENT[0], store.now.percent - STEP)),
            "theme": lambda: store.set(theme="light" if window.theme == "dark" else "dark"),
        }

    def take_over(self) -> None:
        """Put everything in force once the window is built, and keep it so."""
        window = self._window
        line = FilmLine(window.session, window.view, window.variations)
        self.narrow = Narrow(window, window.study, window.panel, window.film, line)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self.focus_ring = FocusRing(app, self)
        self.hands = HandsStrip(self.store)
        self.hands.tour_wanted.connect(self.start_tour)
        window.start.add_strip(self.hands)
        self.store.changed.connect(self._on_changed)
        window.themed.connect(self._on_themed)
        window.session.opened.connect(self._on_opened)
        window.files.refused.connect(lambda told: self.events.add("refused", told))
        window.files.exported.connect(lambda _: self.events.add("exported"))
        window.session.opened.connect(lambda: self.events.add("opened"))
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_desktop)
        self._put(frozenset(("mouse", "dice_limit", "still", "device", "autosave", "keys")))
        if self.store.notice:
            window.status.say(self.store.notice)

    # -- preferences

    def _on_changed(self, names: frozenset[str]) -> None:
        self._put(names)
        self._timer.start()

    def _put(self, names: frozenset[str]) -> None:
        window, now = self._window, self.store.now
        if "percent" in names and round(100 * window.scale) != now.percent:
            window.set_scale(now.percent / 100)
        if "theme" in names and window.theme != shown_theme(now.theme):
            window.set_theme(shown_theme(now.theme))
        if "mouse" in names:
            window.view.set(mouse=now.mouse)
        if "still" in names:
            window.setAnimated(not now.still)
            window.status.still = now.still
        if "device" in names:
            window.variations.device = now.device
        if "autosave" in names:
            window.projects.keeps_autosave(now.autosave)
        if "dice_limit" in names:
            self._put_limit()
        if "keys" in names:
            use(keymap_or_usual(now))
            self._name_keys()

    def _put_limit(self) -> None:
        session, limit = self._window.session, self.store.now.dice_limit
        wanted = replace(session.state.settings, dice_limit=limit)
        if session.state.series is None:
            session.adopt("settings", wanted)
        else:
            session.edit("settings", wanted, "Dice limit")

    def _on_opened(self) -> None:
        """A study starts with the person's limit; a project keeps the one it was stored with."""
        session = self._window.session
        if self._window.projects.project.arriving:
            return
        if session.state.settings.dice_limit == Settings().dice_limit:
            limit = self.store.now.dice_limit
            session.adopt("settings", replace(session.state.settings, dice_limit=limit))

    def _name_keys(self) -> None:
        """Every text that names a key, with the key as it is now."""
        window = self._window
        apply_keys(window._actions)
        name_keys(window._actions)
        for button, words in (
            (window.panel.generate, "Generate   {generate}"),
            (window.panel.apply, "Apply   {confirm}"),
            (window.panel.export, "Export…   {export}"),
            (window.start.folder, "Open DICOM folder…   {open_folder}"),
            (window.start.file, "Open NIfTI…   {open_file}"),
        ):
            button.setText(worded(words).removesuffix("–").rstrip())
        window.status.cancel.setToolTip(worded("Stop what is running ({cancel})"))
        window.refresh_actions()

    def _on_themed(self, name: str) -> None:
        if name in get_args(ThemeName) and shown_theme(self.store.now.theme) != name:
            self.store.set(theme=name)
        percent = round(100 * self._window.scale)
        if percent != self.store.now.percent:
            self.store.set(percent=percent)

    def _on_desktop(self) -> None:
        if self.store.now.theme == "system":
            self._put(frozenset(("theme",)))

    def _write(self) -> None:
        handle = self._window.workers.file_jobs.submit(self.store.write_job)
        handle.finished.connect(self.store.wrote)
        handle.failed.connect(self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        told = str(error) if isinstance(error, LgeSynthError) else type(error).__name__
        self._window.status.say(f"The settings were not kept: {told}")

    def leave(self) -> None:
        """The last changes reach the file before the window goes."""
        self._timer.stop()
        try:
            self.store.flush()
        except (LgeSynthError, OSError):
            return  # it was said when it was tried, and nobody reads the window any more

    def turn_drawer(self) -> None:
        """Open the scar drawer of a narrow window, or close it."""
        self.narrow.drawer.open(not self.narrow.drawer.toggle.isChecked())

    def reveal_scar(self) -> None:
        """Make bullseye and words seen, also when they are in the drawer."""
        if self.narrow.drawer.used:
            self.narrow.drawer.open()

    # -- what it opens

    def open_palette(self) -> None:
        """Every action, with its key and why it cannot be done now."""
        from lgesynth_gui.ui.dialogs.palette import open_palette

        window = self._window
        reasons = Reasons(
            window.session, window.view, window.variations, window.canvas, window.running
        )

        def why_not(action: QAction) -> str:
            own = window.modes.own.get(window.modes.current, {})
            return "" if action.objectName() in own else reasons.why_not(action)

        open_palette(window, window._actions, why_not)

    def open_preferences(self) -> None:
        """Theme, text size, mouse, limit, device, keys."""
        from lgesynth_gui.ui.dialogs.preferences import PreferencesDialog

        self.once("preferences", lambda: PreferencesDialog(self.store, self._window))

    def open_keys(self) -> None:
        """Keys and mouse as they are now."""
        mouse = lines(self._window.view.look.mouse)
        self.once("cheatSheet", lambda: CheatSheet(self._window, mouse))

    def start_tour(self) -> None:
        """The tour, from its first step."""
        from lgesynth_gui.ui.tour import start_tour

        start_tour(self._window)

    def open_doctor(self) -> None:
        """The self-test."""
        from lgesynth_gui.ui.dialogs.doctor import DoctorDialog

        window = self._window
        self.once(
            "doctor", lambda: DoctorDialog(window.workers, self.store.now.device, parent=window)
        )

    def open_diagnostics(self) -> None:
        """What a support person may see, shown before it is saved."""
        from lgesynth_gui.ui.dialogs.diagnostics import DiagnosticsDialog

        window = self._window
        self.once(
            "diagnostics",
            lambda: DiagnosticsDialog(window.workers, self.store.now, self.events, parent=window),
        )

    def open_about(self) -> None:
        """Versions, licences, model cards."""
        from lgesynth_gui.ui.dialogs.about import AboutDialog

        self.once("about", lambda: AboutDialog(self._window.workers, parent=self._window))

    def once(self, name: str, make: Callable[[], QDialog]) -> None:
        """Open a dialog, or bring the one that is open to the front."""
        for dialog in self._window.findChildren(QDialog, name):
            if dialog.isVisible():
                dialog.raise_()
                dialog.activateWindow()
                return
        make().open()


def keymap_or_usual(now: Preferences) -> Keymap:
    """The map of keys that is set; the usual one when it cannot be used."""
    from lgesynth_gui.ui.dialogs.key_page import keymap_of

    try:
        return keymap_of(now.keys)
    except ValueError:
        return Keymap()


def in_force(app: QApplication, now: Preferences, theme: ThemeName | None) -> ThemeName:
    """Give the program its theme and text size before the first window; the theme it has then."""
    from lgesynth_gui.ui.theme import apply_theme

    chosen = theme or shown_theme(now.theme)
    apply_theme(app, chosen, now.percent / 100)
    return chosen
