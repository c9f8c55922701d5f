"""Runs jobs (generators) one at a time, off the window's thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

log = logging.getLogger(__name__)

PROGRESS_S = 0.1  # at most ten progress events a second
PREVIEW_S = 0.25  # and four of them with a picture
WORK_S = 0.010  # a job that only ever yields rests after this long, and after every None,
REST_S = 0.002  # for this long, so that the window keeps the interpreter
REAP_MS = 100
LEAVE_S = 2.0


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
        self.left = Event()  # set by the worker when it will not touch the handle again
        self._told.connect(self._deliver)

    def cancel(self) -> None:
        """Ask the job to stop at its next `yield`; safe at any time and from any thread."""
        self._stop.set()

    def mute(self) -> None:
        """Tell nobody how it ends."""
        self._ended = None
        self._told.disconnect(self._deliver)

    def forget(self) -> None:
        """Cancel, and tell nobody how it ends."""
        self.mute()
        self.cancel()

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
        rested = time.monotonic()
        try:
            while not self._stop.is_set():
                began = time.monotonic()
                step = next(job)
                told = self._throttle.passing(step)
                if told is not None:
                    self._told.emit("progressed", told)
                now = time.monotonic()
                if now - began < REST_S and (step is None or now - rested >= WORK_S):
                    self._stop.wait(REST_S)
                    rested = time.monotonic()
        except StopIteration as end:
            return "finished", end.value
        finally:
            job.close()  # runs the job's own `finally` blocks now, not at garbage collection
        return "cancelled", None


class _Throttle:
    """Lets through ten events a second, four previews, and always the first of a new phase.

    An event that came too soon is told with the next sign of life: a job that then takes long is
    known by its last step.
    """

    def __init__(self) -> None:
        self._note, self._told, self._pictured = "", -1.0, -1.0
        self._held: Progress | None = None

    def passing(self, step: Progress | None) -> Progress | None:
        """The event to tell, perhaps without its picture, or None."""
        now = time.monotonic()
        self._held = step = step if step is not None else self._held
        if step is None or (step.note == self._note and now - self._told < PROGRESS_S):
            return None
        self._note, self._told, self._held = step.note, now, None
        if step.preview is None:
            return step
        if now - self._pictured < PREVIEW_S:
            return replace(step, preview=None)
        self._pictured = now
        return step


Queue = SimpleQueue[JobHandle | None]

# Handles whose job does not come back (a hung drive): destroyed under their thread they would
# take the process down with them.
_stuck: list[JobHandle] = []


def _serve(queue: Queue) -> None:
    while (handle := queue.get()) is not None:
        left = handle.left
        handle.run()
        del handle  # before `left` is set: the last reference must not die on this thread
        left.set()


class JobRunner(QObject):
    """A queue of jobs served by a single worker thread: one engine, one job at a time.

    The thread is a daemon: a job that never comes back cannot keep the process from ending.
    """

    def __init__(self, parent: QObject | None = None, *, name: str = "lgesynth-job") -> None:
        super().__init__(parent)
        self._queue: Queue = SimpleQueue()
        self._thread = Thread(target=_serve, args=(self._queue,), name=name, daemon=True)
        self._live: dict[JobHandle, None] = {}
        self._ended: list[JobHandle] = []
        self._open = True

    @property
    def busy(self) -> bool:
        """Whether any submitted job has not ended yet."""
        return bool(self._live)

    def submit(self, start: Callable[[], Job]) -> JobHandle:
        """Queue a job; `start` is called on the worker thread, so heavy imports may live in it.

        After `shutdown` nothing is started any more, and nothing is told of it.
        """
        handle = JobHandle(start, self._end)
        if not self._open:
            handle.forget()
            return handle
        if self._thread.ident is None:
            self._thread.start()
        self._live[handle] = None
        self._queue.put(handle)
        return handle

    def _end(self, handle: JobHandle) -> None:
        self._live.pop(handle)
        self._ended.append(handle)
        QTimer.singleShot(REAP_MS, self, self._reap)

    def _reap(self) -> None:
        """Drop ended handles, but none whose thread may still be inside its last emit."""
        self._ended = [h for h in self._ended if not h.left.is_set()]
        if self._ended:
            QTimer.singleShot(REAP_MS, self, self._reap)

    def finish(self, timeout_s: float = LEAVE_S) -> bool:
        """Take no more jobs and run those that are queued to their end; nothing is told any more.

        Args:
            timeout_s: How long to wait for them.

        Returns:
            Whether the worker left.
        """
        if self._open:
            self._open = False
            for handle in self._live:
                handle.mute()
            self._queue.put(None)
        return self.shutdown(timeout_s)

    def shutdown(self, timeout_s: float = LEAVE_S) -> bool:
        """Cancel everything and wait for the worker to leave; nothing is told any more.

        Args:
            timeout_s: How long to wait for a job that does not come to its next `yield`.

        Returns:
            Whether the worker left. If not, it may be asked again.
        """
        if self._open:
            self._open = False
            for handle in self._live:
                handle.forget()
            self._queue.put(None)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            _stuck.extend(h for h in (*self._live, *self._ended) if h not in _stuck)
            return False
        self._live, self._ended = {}, []
        return True
