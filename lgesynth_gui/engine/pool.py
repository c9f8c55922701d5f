"""Several engines of this computer that work blocks of a cohort off."""

from __future__ import annotations

import time
from dataclasses import dataclass

from lgesynth_gui.cohort.block import Task
from lgesynth_gui.cohort.pools import Done
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.engine.client import Engine

COMPUTE = "lgesynth_gui.cohort.block:compute"


@dataclass(eq=False)
class _Busy:
    key: int
    job: Job
    began: float


class EnginePool:
    """Engines, each a process of its own that computes with one thread.

    Args:
        workers: How many, >= 1; no more than the computer has cores pays.
    """

    def __init__(self, workers: int = 1) -> None:
        self._engines = [Engine() for _ in range(workers)]
        self._busy: dict[int, _Busy] = {}

    @property
    def room(self) -> int:
        """Engines that have nothing to do."""
        return len(self._engines) - len(self._busy)

    def submit(self, key: int, task: Task) -> None:
        """Give a block to an idle engine."""
        number = next(k for k in range(len(self._engines)) if k not in self._busy)
        job = self._engines[number].run(COMPUTE, task)
        self._busy[number] = _Busy(key, job, time.monotonic())

    def collect(self) -> list[Done]:
        """One look at every engine; an engine that died starts anew at its next block."""
        found = []
        for number, one in list(self._busy.items()):
            try:
                next(one.job)
                continue
            except StopIteration as end:
                done = Done(one.key, end.value, seconds=time.monotonic() - one.began)
            except Exception as error:  # noqa: BLE001 - the run decides what becomes of it
                done = Done(one.key, error=error)
            del self._busy[number]
            found.append(done)
        return found

    def close(self) -> None:
        """Kill every engine."""
        for one in self._busy.values():
            one.job.close()
        self._busy.clear()
        for engine in self._engines:
            engine.kill()
