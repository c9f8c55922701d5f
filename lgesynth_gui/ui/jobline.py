"""One line of a dialog that says what runs or what came of it, with a bar and a Cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.core.errors import in_words
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.ui.labels import plain_label, set_role


class JobLine(QWidget):
    """Runs one job at a time for its dialog and tells how it goes."""

    busy = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.handle: JobHandle | None = None
        self.words = plain_label(role="muted")
        self.words.setObjectName("jobWords")
        self.words.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How far it is")
        self.bar.setToolTip("How far it is")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop what is running; nothing half-done stays")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(lambda _=False: self.stop())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.words, 2)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self._show_running(False)

    def say(self, words: str, *, warning: bool = False) -> None:
        """Print a sentence."""
        self.words.setText(words)
        set_role(self.words, "warning" if warning else "muted")

    def run(
        self,
        runner: JobRunner,
        start: Callable[[], Job],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object] | None = None,
    ) -> None:
        """Start a job, unless one is running.

        Args:
            runner: Whose thread drives it.
            start: Makes the job, on that thread.
            done: Called with its result.
            failed: Called with its error, after it was said.
        """
        if self.handle is not None:
            return
        self.handle = handle = runner.submit(start)
        self.say("Waiting…")
        self._show_running(True)
        handle.progressed.connect(self._on_progress)
        handle.finished.connect(lambda result: self._end(lambda: done(result)))
        handle.failed.connect(lambda error: self._end(lambda: self._fail(error, failed)))
        handle.cancelled.connect(lambda _: self._end(lambda: self.say("Stopped.")))

    def stop(self) -> None:
        """Ask the running job to stop."""
        if self.handle is not None:
            self.say("Stopping…")
            self.handle.cancel()

    def leave(self) -> None:
        """Stop, and tell nobody: the dialog is closing."""
        handle, self.handle = self.handle, None
        if handle is not None:
            for signal in (handle.progressed, handle.finished, handle.failed, handle.cancelled):
                signal.disconnect()
            handle.cancel()

    def _on_progress(self, step: Progress) -> None:
        self.say(f"{step.note.capitalize()}…" if step.note else "Working…")
        self.bar.setRange(0, step.total)
        self.bar.setValue(step.done)

    def _end(self, tell: Callable[[], object]) -> None:
        self.handle = None
        self._show_running(False)
        self.say("")
        tell()

    def _fail(self, error: Exception, then: Callable[[Exception], object] | None) -> None:
        self.say(in_words(error), warning=True)
        if then is not None:
            then(error)

    def _show_running(self, running: bool) -> None:
        self.bar.setRange(0, 0 if running else 1)
        self.bar.setVisible(running)
        self.cancel.setVisible(running)
        self.busy.emit(running)
