"""Runs jobs (generators) one at a time, off the window's thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

log = logging.getLogger(__name__)

PROGRESS_S = 0.1  # at most ten progress events a second
PREVIEW_S = 0.25  # and four of them with a picture
REAP_MS = 100


class JobHandle(QObject):
    """One submitted job. Exactly one of `finished`, `failed`, `cancelled` is emitted.

    All public signals are emitted by the window's thread: what the worker has to say travels
    through the private `_told`, so whoever connects right after `submit` misses nothing.
    The runner lets go of the handle once its ending was delivered and its thread has left it.
    """

    progressed = Signal(object)  # Progress
    finished = Signal(object)  # the job's return value
    failed = Signal(object)  # Exception
    cancelled = Signal(object)  # always None
    _told = Signal(str, object)  # name of the public signal, its argument

    def __init__(
        self, start: Callable[[], Job], ended: Callable[[JobHandle], None] | None = None
    ) -> None:
        super().__init__()
        self._ended = ended
        self._start: Callable[[], Job] | None = start
        self._stop = Event()
        self._throttle = _Throttle()
        self._told.connect(self._deliver)

    def cancel(self) -> None:
        """Ask the job to stop at its next `yield`; safe at any time and from any thread."""
        self._stop.set()

    def _deliver(self, name: str, argument: Any) -> None:
        getattr(self, name).emit(argument)
        if name != "progressed" and self._ended is not None:
            self._ended(self)

    def run(self) -> None:
        """Drive the generator to its end. Called on the worker thread."""
        try:
            ending, value = self._drive()
        except Exception as error:  # noqa: BLE001 - the edge of the thread: every failure is told
            name = type(error).__name__
            if isinstance(error, LgeSynthError):
                log.info("job refused: %s", name)
            else:
                log.warning("job failed: %s", name)
            ending, value = "failed", error
        self._told.emit(ending, value)

    def _drive(self) -> tuple[str, Any]:
        start, self._start = self._start, None  # the closure may hold large arrays
        if start is None or self._stop.is_set():
            return "cancelled", None
        job = start()
        try:
            while not self._stop.is_set():
                step = self._throttle.passing(next(job))
                if step is not None:
                    self._told.emit("progressed", step)
        except StopIteration as end:
            return "finished", end.value
        finally:
            job.close()  # runs the job's own `finally` blocks now, not at garbage collection
        return "cancelled", None


class _Throttle:
    """Lets through ten events a second, four previews, and always the first of a new phase."""

    def __init__(self) -> None:
        self._note, self._told, self._pictured = "", -1.0, -1.0

    def passing(self, step: Progress | None) -> Progress | None:
        """The event to tell, perhaps without its picture, or None."""
        now = time.monotonic()
        if step is None or (step.note == self._note and now - self._told < PROGRESS_S):
            return None
        self._note, self._told = step.note, now
        if step.preview is None:
            return step
        if now - self._pictured < PREVIEW_S:
            return replace(step, preview=None)
        self._pictured = now
        return step


class JobRunner(QObject):
    """A queue of jobs served by a single worker thread: one engine, one job at a time."""

    def __init__(self, parent: QObject | None = None, *, name: str = "lgesynth-job") -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._live: dict[JobHandle, Future[None]] = {}
        self._ended: dict[JobHandle, Future[None]] = {}

    @property
    def busy(self) -> bool:
        """Whether any submitted job has not ended yet."""
        return bool(self._live)

    def submit(self, start: Callable[[], Job]) -> JobHandle:
        """Queue a job; `start` is called on the worker thread, so heavy imports may live in it."""
        handle = JobHandle(start, self._end)
        self._live[handle] = self._pool.submit(handle.run)
        return handle

    def _end(self, handle: JobHandle) -> None:
        self._ended[handle] = self._live.pop(handle)
        QTimer.singleShot(REAP_MS, self, self._reap)

    def _reap(self) -> None:
        """Drop ended handles, but none whose thread may still be inside its last emit."""
        self._ended = {h: future for h, future in self._ended.items() if not future.done()}
        if self._ended:
            QTimer.singleShot(REAP_MS, self, self._reap)

    def shutdown(self) -> None:
        """Cancel everything and wait for the worker to leave."""
        for handle in tuple(self._live):
            handle.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)
