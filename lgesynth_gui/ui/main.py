"""Starts the window."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app.preferences import PreferenceStore
from lgesynth_gui.app.services import Services
from lgesynth_gui.app.workers import RunsJobs
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.ui.garbage import Collector
from lgesynth_gui.ui.shell import in_force
from lgesynth_gui.ui.theme import ThemeName, apply_theme
from lgesynth_gui.ui.window import MainWindow

AWAKE_MS = 250


def application(theme: ThemeName | None = None) -> QApplication:
    """The one QApplication, made if there is none; in a theme when one is given."""
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("LGESynth")
    app.setDesktopFileName("lgesynth")
    if app.findChild(Collector) is None:
        Collector(app)
    if theme is not None:
        apply_theme(app, theme)
    return app


def make_window(
    engine: RunsJobs | None = None,
    services: Services | None = None,
    theme: ThemeName | None = None,
    store: PreferenceStore | None = None,
) -> MainWindow:
    """The main window; the engine's process starts with the first job, not here.

    Args:
        engine: Runs what needs torch; None makes the real one.
        services: The file jobs; None takes the real ones.
        theme: None takes the one of the preferences.
        store: Preferences; None reads this person's.
    """
    store = store if store is not None else PreferenceStore()
    theme = in_force(application(), store.now, theme)
    if engine is None:
        from lgesynth_gui.engine.client import Engine

        engine = Engine()
    return MainWindow(engine, services, theme=theme, store=store)


def run_window(
    paths: Sequence[str] = (),
    results: tuple[LgeSeries, Sequence[SynthesisResult]] | None = None,
    *,
    theme: ThemeName | None = None,
) -> int:
    """Show the window until it is closed.

    Args:
        paths: A folder or file to open at once; only the first is used.
        results: A host and finished results to show at once, the first one previewed.
        theme: "dark" or "light"; None takes the one of the preferences.

    Returns:
        The process's exit code.
    """
    app = application()
    window = make_window(theme=theme)
    window.show()
    _leave_on_signals(window)
    QTimer.singleShot(0, window, window.warm_up)
    if results is not None:
        window.show_results(*results)
    elif paths:
        first = Path(paths[0])
        QTimer.singleShot(0, window, lambda: window.open_path(first))
    code = app.exec()
    if not window.ended:  # a thread stuck in foreign code may hold what Python needs to end
        logging.shutdown()
        os._exit(code)
    return code


def _leave_on_signals(window: MainWindow) -> None:
    """Ctrl-C in the terminal, or the end of the session, closes the window and all it started."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: QTimer.singleShot(0, window, window.leave))
    awake = QTimer(window)  # Python looks at signals only while it runs something
    awake.timeout.connect(lambda: None)
    awake.start(AWAKE_MS)
