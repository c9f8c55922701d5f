"""What a long job is: a generator that yields `Progress` and returns its result.

Every `yield` is also the place where the job may be stopped, so a job needs no cancel flag:
whoever drives it closes it, and the job's own `finally` blocks clean up.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of a job.

    Args:
        done: Steps finished, 0 to `total`.
        total: Steps in all; 0 when unknown.
        note: What is being done, in a word or two ("denoising"). No patient data.
        preview: A small picture (float array in [0, 1]) or None.
    """

    done: int
    total: int
    note: str = ""
    preview: Any = None


Job = Generator[Progress | None, None, Any]  # None: still alive, nothing new to say


def drive(job: Job, report: Callable[[Progress], None] | None = None) -> Any:
    """Run a job to its end in this thread and return its result.

    Args:
        job: The generator to drive; it is closed whatever happens.
        report: Called with each `Progress` that is not None.
    """
    try:
        while True:
            step = next(job)
            if step is not None and report is not None:
                report(step)
    except StopIteration as end:
        return end.value
    finally:
        job.close()


def told_as(job: Job, change: Callable[[Progress | None], Progress | None]) -> Job:
    """The same job, its progress told in other words.

    Args:
        job: Closed when this one ends or is closed.
        change: Called with each step; may raise to stop the job.
    """
    try:
        while True:
            try:
                step = next(job)
            except StopIteration as end:
                return end.value
            yield change(step)
    finally:
        job.close()
