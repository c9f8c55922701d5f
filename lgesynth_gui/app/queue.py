"""What is to be generated, one after the other: paused, reordered, cancelled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.app.guard import Guard
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.core.jobs import Job, Progress

GONE_MS = 900  # a cancelled job is let go by then, even where a busy computer ends it later


@dataclass(frozen=True, eq=False)
class Ticket:
    """One thing to run.

    Args:
        number: Names it in every signal.
        start: Makes the job, on the worker's thread.
        limit_s: Seconds the job may take after a `Progress` before it counts as hung.
    """

    number: int
    start: Callable[[], Job]
    limit_s: Callable[[Progress | None], float]


class Queue(QObject):
    """Hands one ticket at a time to the worker, so that the others can still be moved."""

    advanced = Signal(int, object)  # number, Progress
    finished = Signal(int, object)  # number, the job's result
    failed = Signal(int, object)  # number, Exception
    cancelled = Signal(int)
    changed = Signal()  # order or pause

    def __init__(
        self,
        jobs: JobRunner,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._clock = jobs, clock
        self._waiting: list[Ticket] = []
        self._running: Ticket | None = None
        self._handle: JobHandle | None = None
        self._guard: Guard | None = None
        self._begun = False
        self.paused = False

    @property
    def running(self) -> int | None:
        """The number that was handed to the worker, or None."""
        return None if self._running is None else self._running.number

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers that wait, in the order they will run."""
        return tuple(ticket.number for ticket in self._waiting)

    def add(self, ticket: Ticket, *, place: int | None = None) -> None:
        """Queue at the end, or at a place counted from 0; it may start at once."""
        self._waiting.insert(len(self._waiting) if place is None else place, ticket)
        self._next()

    def move(self, number: int, by: int) -> None:
        """Let a waiting one run `by` places later (negative: earlier), as far as there are any."""
        here = next((i for i, t in enumerate(self._waiting) if t.number == number), None)
        if here is None:
            return
        ticket = self._waiting.pop(here)
        self._waiting.insert(max(0, min(len(self._waiting), here + by)), ticket)
        self.changed.emit()

    def pause(self) -> None:
        """Start nothing more; what runs goes on to its end."""
        self.paused = True
        self.changed.emit()

    def resume(self) -> None:
        """Go on."""
        self.paused = False
        self.changed.emit()
        self._next()

    def cancel(self, number: int) -> bool:
        """Drop a waiting one at once, or ask the running one to stop.

        Returns:
            Whether it is gone already: nothing has to be waited for.
        """
        if self._running is not None and number == self._running.number:
            assert self._handle is not None
            self._handle.cancel()
            if self._begun:
                handle = self._handle
                QTimer.singleShot(GONE_MS, self, lambda: self._on_gone(number, handle))
                return False
            self._let_go()
        self._waiting = [t for t in self._waiting if t.number != number]
        self.cancelled.emit(number)
        self._next()
        return True

    def restart(self) -> None:
        """End what runs as if its engine had died; the next one gets a new engine."""
        if self._guard is not None:
            self._guard.restart()

    def clear(self) -> None:
        """Stop and forget everything, and tell nobody."""
        self._waiting = []
        if self._handle is not None:
            self._handle.cancel()
            self._let_go()
        self.paused = False

    def _next(self) -> None:
        if self._running is not None or self.paused or not self._waiting:
            return
        self._running = ticket = self._waiting.pop(0)
        self._guard = guard = Guard(ticket.limit_s, self._clock)
        self._begun = False
        self._handle = handle = self._jobs.submit(lambda: guard.watch(ticket.start()))
        number = ticket.number
        handle.progressed.connect(lambda step: self._on_progress(number, step))
        handle.finished.connect(partial(self._on_end, self.finished.emit, number))
        handle.failed.connect(partial(self._on_end, self.failed.emit, number))
        handle.cancelled.connect(lambda _: self._on_end(self._tell_cancelled, number, None))

    def _on_progress(self, number: int, step: Progress) -> None:
        self._begun = True
        self.advanced.emit(number, step)

    def _on_end(self, tell: Callable[[int, object], None], number: int, value: object) -> None:
        self._running = self._handle = self._guard = None
        tell(number, value)
        self._next()

    def _tell_cancelled(self, number: int, _: object) -> None:
        self.cancelled.emit(number)

    def _on_gone(self, number: int, handle: JobHandle) -> None:
        if self._handle is handle:  # the worker is still at it; nobody waits for that
            self._let_go()
            self.cancelled.emit(number)
            self._next()

    def _let_go(self) -> None:
        handle = self._handle
        assert handle is not None
        for signal in (handle.progressed, handle.finished, handle.failed, handle.cancelled):
            signal.disconnect()
        self._running = self._handle = self._guard = None
