"""Drafts while drawing: a few steps of the shown slice, only to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.services import GENERATE
from lgesynth_gui.app.session import Session, request_of, why_not_generate
from lgesynth_gui.app.variation import DRAFT
from lgesynth_gui.app.workers import RunsJobs
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Finding, Grade, Verdict

REST_MS = 400
STEPS = 3

NOT_JUDGED = Verdict(
    Grade.NOT_JUDGED,
    (Finding(DRAFT, Grade.NOT_JUDGED, f"A draft of {STEPS} steps, only to look at."),),
)


def draft_of(request: SynthesisRequest, index: int) -> SynthesisRequest:
    """The quick version of a request: one slice, few steps, no guidance."""
    return replace(request, slices=(index,), steps=STEPS, guidance=0.0)


class Drafts(QObject):
    """Makes a draft after a stroke ended and the hand rested; one at a time, the newest wins."""

    made = Signal(object)  # SynthesisResult, not judged
    working = Signal(object)  # Progress, or None at the end

    def __init__(
        self,
        session: Session,
        view: View,
        jobs: JobRunner,
        engine: RunsJobs,
        may_run: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._jobs, self._engine = session, view, jobs, engine
        self._may_run = may_run
        self._handle: JobHandle | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self._rested)
        session.changed.connect(self._on_changed)
        session.opened.connect(self.stop)

    @property
    def busy(self) -> bool:
        """Whether a draft is being made."""
        return self._handle is not None

    def stop(self) -> None:
        """Drop what is being made: a draft never holds anything else up."""
        self._timer.stop()
        if self._handle is not None:
            handle, self._handle = self._handle, None
            for signal in (handle.progressed, handle.finished, handle.failed, handle.cancelled):
                signal.disconnect()
            handle.cancel()
            self.working.emit(None)

    def _on_changed(self, field: str) -> None:
        settings = self._session.state.settings
        if not settings.draft:
            self.stop()
        elif field in ("sketch", "contours", "healed", "settings"):
            self._timer.start()

    def _rested(self) -> None:
        if QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton:
            self._timer.start()  # the stroke has not ended
            return
        state, index = self._session.state, self._view.look.slice_index
        one = replace(state, settings=replace(state.settings, this_slice=True))
        request = request_of(one, index)
        if request is None or why_not_generate(one, index) or not self._may_run():
            return
        self.stop()
        quick, host = draft_of(request, index), state.series
        self._handle = handle = self._jobs.submit(lambda: self._engine.run(GENERATE, quick, host))
        handle.progressed.connect(self._on_progress)
        handle.finished.connect(self._on_finished)
        handle.failed.connect(lambda _: self._end())
        handle.cancelled.connect(lambda _: self._end())
        self.working.emit(Progress(0, 0, "draft"))

    def _on_progress(self, step: Progress) -> None:
        self.working.emit(replace(step, note="draft"))

    def _on_finished(self, result: object) -> None:
        self._end()
        if isinstance(result, SynthesisResult) and not self._timer.isActive():
            nothing = np.zeros_like(result.measured)  # what a judge would say is not shown either
            self.made.emit(replace(result, verdict=NOT_JUDGED, measured=nothing))

    def _end(self) -> None:
        self._handle = None
        self.working.emit(None)
