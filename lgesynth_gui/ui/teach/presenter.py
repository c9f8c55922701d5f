"""Opens the presentation over the window and comes back to exactly what was there."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from lgesynth_gui.app.teach import Library, Stage, own_example
from lgesynth_gui.app.teach_library import load_library
from lgesynth_gui.app.teach_quiz import questions
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.ui.teach.window import TeachWindow

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

SCALE = 1.5  # of the texts on stage, unless the window's are larger


class Presenter(QObject):
    """The window's way to the stage and back; it changes nothing of the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._library: Library | None = None
        self._scale = SCALE
        self._focus: QWidget | None = None
        self.teach: TeachWindow | None = None

    def open(self) -> None:
        """Show the presentation; the open study's result comes first."""
        if self.teach is not None:
            self.teach.activateWindow()
            return
        window = self._window
        self._focus = QApplication.focusWidget()
        look = window.view.look
        result, _ = window.shown()
        grey = (look.window, look.level)
        own = own_example(window.session.state, result, grey, look.slice_index)
        self.teach = teach = TeachWindow(max(self._scale, window.scale), window)
        teach.left.connect(self._on_left)
        teach.set_stage(Stage(own=own), teach.message)
        teach.setGeometry(window.screen().geometry())
        teach.showFullScreen()
        teach.activateWindow()
        if self._library is not None:
            self._on_library(self._library)
            return
        handle = window.workers.file_jobs.submit(load_library)
        handle.finished.connect(self._on_library)
        handle.failed.connect(self._on_failed)

    def _on_library(self, library: Library) -> None:
        self._library = library
        if self.teach is not None:
            order = questions(library, random.Random())
            self.teach.set_stage(replace(self.teach.stage, library=library, order=order))

    def _on_failed(self, error: Exception) -> None:
        if self.teach is not None:
            known = isinstance(error, LgeSynthError)
            words = str(error) if known else "The teaching examples cannot be read."
            self.teach.set_stage(self.teach.stage, words)

    def _on_left(self, scale: float) -> None:
        self._scale, self.teach = scale, None
        focus, self._focus = self._focus, None
        self._window.activateWindow()
        if focus is not None:
            focus.setFocus()
