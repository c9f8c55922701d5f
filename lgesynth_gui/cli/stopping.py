"""Ctrl-C during a training: the first one waits for the step to end, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from lgesynth_gui.cli.console import drive_shown, note
from lgesynth_gui.core.jobs import Job, Progress, told_as

_asked_to_stop = threading.Event()


@contextmanager
def _stopping_between_steps() -> Iterator[None]:
    """The first Ctrl-C waits for the step to end, so that the checkpoint is exact."""

    def ask(number: int, frame: FrameType | None) -> None:
        if _asked_to_stop.is_set():
            raise KeyboardInterrupt
        _asked_to_stop.set()
        note("Stopping after this step; Ctrl-C again stops at once.")

    _asked_to_stop.clear()
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop_if_asked(step: Progress | None) -> Progress | None:
    if _asked_to_stop.is_set():
        raise KeyboardInterrupt
    return step


def run_stoppably(job: Job, *, quiet: bool = False) -> Any:
    """Drive a training with its progress shown, stoppable between two steps."""
    with _stopping_between_steps():
        return drive_shown(told_as(job, _stop_if_asked), quiet=quiet)
