"""Watches a job in the engine: alive is not advancing, and what does not advance is ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Job, Progress

QUIET_S, SILENT_S = 3.0, 15.0  # silence that is shown, and that offers a restart


class Guard:
    """Passes a job's steps on until a phase takes longer than it may.

    Args:
        limit_s: Seconds a job may take after telling a `Progress` (None: before the first).
        clock: Seconds.
    """

    def __init__(
        self,
        limit_s: Callable[[Progress | None], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_s, self._clock = limit_s, clock
        self._restart = Event()

    def restart(self) -> None:
        """End the job at its next sign of life, as if its engine had died. From any thread."""
        self._restart.set()

    def watch(self, job: Job) -> Job:
        """The same job; closing it when it hangs makes the engine's client kill the engine.

        Raises:
            EngineDied: a phase took too long, or `restart` was called.
        """
        last: Progress | None = None
        since = self._clock()
        try:
            while True:
                try:
                    step = next(job)
                except StopIteration as end:
                    return end.value
                now = self._clock()
                if step is not None and _further(step, last):
                    last, since = step, now
                if self._restart.is_set():
                    raise EngineDied("The engine was restarted.", "Try again.")
                if now - since > (most := self._limit_s(last)):
                    raise EngineDied(f"The engine did not advance for {most:.0f} s.", "Try again.")
                yield step
        finally:
            job.close()


def _further(step: Progress, last: Progress | None) -> bool:
    return last is None or (step.done, step.note) != (last.done, last.note)
