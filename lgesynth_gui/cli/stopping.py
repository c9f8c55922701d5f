"""Ctrl-C during a training: the first one waits for the step to end, the second stops at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import typer

from lgesynth_gui.cli.console import drive_shown, note
from lgesynth_gui.core.jobs import Job, Progress, told_as

_asked_to_stop, _asked_to_end = threading.Event(), threading.Event()


@contextmanager
def _stopping_between_steps() -> Iterator[None]:
    """The first Ctrl-C waits for the step to end, and so does the system's request to end."""

    def ask(number: int, frame: FrameType | None) -> None:
        if _asked_to_stop.is_set():
            raise KeyboardInterrupt
        _asked_to_stop.set()
        note("Stopping after this step; Ctrl-C again stops at once.")

    def end(number: int, frame: FrameType | None) -> None:
        _asked_to_end.set()

    _asked_to_stop.clear()
    _asked_to_end.clear()
    before = signal.signal(signal.SIGINT, ask)
    asked = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, asked)


def _stop_if_asked(step: Progress | None) -> Progress | None:
    if _asked_to_end.is_set():
        raise typer.Exit(0)
    if _asked_to_stop.is_set():
        raise KeyboardInterrupt
    return step


def run_stoppably(job: Job, *, quiet: bool = False) -> Any:
    """Drive a training with its progress shown, stoppable between two steps."""
    with _stopping_between_steps():
        return drive_shown(told_as(job, _stop_if_asked), quiet=quiet)
