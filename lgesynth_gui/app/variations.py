"""Variations: what was generated for the open study, and the queue that makes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from statistics import median
from typing import Any

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.services import GENERATE
from lgesynth_gui.app.session import Session, request_of, why_not_generate
from lgesynth_gui.app.workers import RunsJobs
from lgesynth_gui.core.errors import EngineDied, LgeSynthError
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Grade

ESTIMATE_AFTER = 3  # steps seen before a remaining time is told


class Stage(Enum):
    """Where a variation is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (Stage.DONE, Stage.FAILED, Stage.CANCELLED)


@dataclass(frozen=True, eq=False)
class Variation:
    """One generated result, or one on its way.

    Args:
        number: Counts up in the study, never reused.
        group: Number of the Generate it came from.
        request: What it is made from.
        stage: Where it is.
        progress: Last word of the job while it runs.
        result: The result when done.
        message: What went wrong, in words.
    """

    number: int
    group: int
    request: SynthesisRequest
    stage: Stage = Stage.QUEUED
    progress: Progress | None = None
    result: SynthesisResult | None = None
    message: str = ""


class Variations(QObject):
    """All variations of the open study, append-only, and the requests still to run."""

    changed = Signal()
    progressed = Signal(object, object)  # Variation, seconds left or None
    said = Signal(str)  # one sentence for the status bar
    idle = Signal()

    def __init__(
        self,
        session: Session,
        view: View,
        jobs: JobRunner,
        engine: RunsJobs,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._jobs, self._engine = session, view, jobs, engine
        self._clock = clock
        self._handles: dict[int, JobHandle] = {}
        self._times: list[float] = []
        self._last: tuple[int, float] = (0, 0.0)
        self._groups = 0
        self.all: tuple[Variation, ...] = ()
        session.opened.connect(self._forget)

    def visible(self) -> tuple[Variation, ...]:
        """Variations that were neither discarded nor cancelled, oldest first."""
        gone = self._session.state.discarded
        return tuple(v for v in self.all if v.number not in gone and v.stage is not Stage.CANCELLED)

    def waiting(self) -> tuple[Variation, ...]:
        """Those that have not ended, in the order they will run."""
        return tuple(v for v in self.all if v.stage not in ENDED)

    def get(self, number: int | None) -> Variation | None:
        """The variation with this number, or None."""
        return next((v for v in self.all if v.number == number), None)

    def generate(self) -> str:
        """Queue `count` variations of the state as it is now; the reason when it cannot be."""
        state, index = self._session.state, self._view.look.slice_index
        if reason := why_not_generate(state, index):
            return reason
        self._groups += 1
        for k in range(state.settings.count):
            request = request_of(state, index, k)
            assert request is not None
            self._submit(Variation(len(self.all) + 1, self._groups, request))
        self.changed.emit()
        return ""

    def add(self, results: Sequence[SynthesisResult]) -> None:
        """Take over finished results made elsewhere and preview the first of them."""
        self._groups += 1
        first = len(self.all) + 1
        for k, result in enumerate(results):
            one = Variation(first + k, self._groups, result.request, Stage.DONE, None, result)
            self.all = (*self.all, one)
        if results:
            self._view.set(preview=first)
        self.changed.emit()

    def retry(self, number: int) -> None:
        """Queue the request of a failed variation again, as a new one."""
        if (old := self.get(number)) is not None and old.stage is Stage.FAILED:
            self._submit(Variation(len(self.all) + 1, old.group, old.request))
            self.changed.emit()

    def _submit(self, variation: Variation) -> None:
        request, host = variation.request, self._session.state.series
        handle = self._jobs.submit(lambda: self._engine.run(GENERATE, request, host))
        number = variation.number
        self._handles[number] = handle
        handle.progressed.connect(lambda step: self._on_progress(number, step))
        handle.finished.connect(lambda result: self._on_finished(number, result))
        handle.failed.connect(lambda error: self._on_failed(number, error))
        handle.cancelled.connect(lambda _: self._end(number, stage=Stage.CANCELLED))
        self.all = (*self.all, variation)

    def cancel_current(self) -> None:
        """Stop the running variation; the others of the queue follow."""
        if waiting := self.waiting():
            self._cancel(waiting[0].number)

    def cancel_all(self) -> None:
        """Stop the running variation and drop the queue."""
        for one in reversed(self.waiting()):
            self._cancel(one.number)

    def _cancel(self, number: int) -> None:
        handle, one = self._handles.get(number), self.get(number)
        if handle is None or one is None:
            return
        handle.cancel()
        if one.stage is Stage.QUEUED:  # nothing has to be waited for
            _silence(handle)
            self._end(number, stage=Stage.CANCELLED)
        else:
            self._put(number, stage=Stage.CANCELLING)
            self.changed.emit()

    def _put(self, number: int, **values: Any) -> None:
        self.all = tuple(replace(v, **values) if v.number == number else v for v in self.all)

    def _on_progress(self, number: int, step: Progress) -> None:
        one = self.get(number)
        if one is None or one.stage is Stage.CANCELLING:
            return
        now = self._clock()
        if one.stage is Stage.QUEUED:
            self._times, self._last = [], (step.done, now)
            self._put(number, stage=Stage.RUNNING)
            self.changed.emit()
        elif step.done > self._last[0]:
            self._times.append((now - self._last[1]) / (step.done - self._last[0]))
            self._last = (step.done, now)
        self._put(number, progress=step)
        left = None
        if len(self._times) >= ESTIMATE_AFTER and step.total:
            left = median(self._times[-8:]) * (step.total - step.done)
        self.progressed.emit(self.get(number), left)

    def _on_finished(self, number: int, result: SynthesisResult) -> None:
        if not isinstance(result, SynthesisResult):
            self._on_failed(number, LgeSynthError("The engine gave no result.", "Try again."))
            return
        self._put(number, result=result)
        self._end(number, stage=Stage.DONE)

    def _on_failed(self, number: int, error: Exception) -> None:
        if isinstance(error, EngineDied):
            self.said.emit("Engine restarted. Nothing else is lost; Retry runs it again.")
        message = str(error) if isinstance(error, LgeSynthError) else type(error).__name__
        self._end(number, stage=Stage.FAILED, message=f"Failed: {message}")
        self.said.emit(f"Variation {number} failed: {message}")

    def _end(self, number: int, **values: Any) -> None:
        self._handles.pop(number, None)
        self._put(number, **values)
        one = self.get(number)
        if one is not None and one.stage is Stage.DONE:
            self._preview_best(one)
        self.changed.emit()
        if not self.waiting():
            self.idle.emit()

    def _preview_best(self, newest: Variation) -> None:
        """The best of the group becomes the preview, never applied by itself."""
        done = [v for v in self.visible() if v.group == newest.group and v.result is not None]
        if not done:
            return
        best = min(done, key=_rank)
        shown = self.get(self._view.look.preview)
        if shown is None or shown.group != newest.group or best.number == newest.number:
            self._view.set(preview=best.number)

    def apply(self, number: int | None = None) -> str:
        """Take a variation (default: the preview) into the project; a reason when it cannot be."""
        one = self.get(self._view.look.preview if number is None else number)
        if one is None or one.result is None:
            return "There is no finished variation to apply."
        self._session.edit("applied", one.result, f"apply variation {one.number}")
        self._view.set(preview=None)
        return ""

    def discard(self, number: int | None = None) -> None:
        """Throw a finished variation away; undo brings it back."""
        one = self.get(self._view.look.preview if number is None else number)
        if one is None or one.stage not in ENDED:
            return
        left = [v.number for v in self.visible() if v.number != one.number and v.result is not None]
        discarded = self._session.state.discarded | {one.number}
        self._session.edit("discarded", discarded, f"discard variation {one.number}")
        if self._view.look.preview == one.number:
            self._view.set(preview=left[-1] if left else None)
        self.changed.emit()

    def star(self, number: int | None = None) -> None:
        """Star or un-star a variation."""
        one = self.get(self._view.look.preview if number is None else number)
        if one is not None:
            starred = self._session.state.starred ^ {one.number}
            self._session.edit("starred", starred, f"star variation {one.number}")
            self.changed.emit()

    def step(self, by: int) -> None:
        """Preview the next (+1) or former (-1) finished variation."""
        done = [v.number for v in self.visible() if v.result is not None]
        if not done:
            return
        here = done.index(self._view.look.preview) if self._view.look.preview in done else -1
        self._view.set(preview=done[max(0, min(len(done) - 1, here + by))])

    def _forget(self) -> None:
        for handle in self._handles.values():
            _silence(handle)
            handle.cancel()
        self._handles.clear()
        self.all = ()
        self._view.set(preview=None)
        self.changed.emit()


def _silence(handle: JobHandle) -> None:
    for signal in (handle.progressed, handle.finished, handle.failed, handle.cancelled):
        signal.disconnect()


def _rank(variation: Variation) -> tuple[int, float, int]:
    assert variation.result is not None
    verdict = variation.result.verdict
    order = {Grade.PASS: 0, Grade.CHECK: 1, Grade.FAIL: 2}.get(verdict.grade, 3)
    return order, -(verdict.dice or 0.0), variation.number
