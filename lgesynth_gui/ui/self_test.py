"""Runs the self-test of the window off its thread, one answer after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app import engine_checks
from lgesynth_gui.app import self_checks as checks
from lgesynth_gui.app.jobs import JobHandle
from lgesynth_gui.app.self_checks import Check
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.core.jobs import Job

Step = tuple[str, bool, Callable[[], Job]]  # words, in the engine?, what runs


def _now(make: Callable[[], Sequence[Check]]) -> Job:
    yield None
    return tuple(make())


def _codecs() -> Sequence[Check]:
    from lgesynth_gui.app.codecs import codec_checks

    return codec_checks()


def _models() -> Sequence[Check]:
    return checks.model_checks() or (Check("models", False, "None is bundled."),)


def _quick() -> Sequence[Check]:
    return (checks.cpu_check(), checks.display_check(), checks.disk_check())


def steps(workers: Workers, device: str) -> tuple[Step, ...]:
    """What the self-test looks at, in its order."""
    run = workers.engine.run
    return (
        ("display, drive", False, partial(_now, _quick)),
        ("libraries", False, partial(_now, checks.library_checks)),
        ("models", False, partial(_now, _models)),
        ("reading of pictures", False, partial(_now, _codecs)),
        ("graphics card or processor", True, partial(engine_checks.device_job, run, device)),
        ("speed", True, partial(engine_checks.speed_job, run, device)),
        ("judge", True, partial(engine_checks.judge_job, run)),
    )


class SelfTest(QObject):
    """Emits `answered` with each `Check`, then `ended`. Closing the dialog calls `stop`."""

    answered = Signal(object)
    doing = Signal(str)
    ended = Signal()

    def __init__(self, workers: Workers, device: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workers = workers
        self._left = list(steps(workers, device))
        self._handle: JobHandle | None = None
        self.found: tuple[Check, ...] = ()

    def start(self) -> None:
        """Begin with what is left."""
        if not self._left:
            self._handle = None
            self.ended.emit()
            return
        words, in_engine, job = self._left.pop(0)
        self.doing.emit(words)
        runner = self._workers.engine_jobs if in_engine else self._workers.file_jobs
        self._handle = handle = runner.submit(job)
        handle.finished.connect(self._on_finished)
        handle.failed.connect(lambda error: self._on_failed(words, error))
        handle.cancelled.connect(lambda _: self._on_failed(words, None))

    def _on_finished(self, found: Any) -> None:
        for one in found if isinstance(found, tuple) else (found,):
            self.found = (*self.found, one)
            self.answered.emit(one)
        self.start()

    def _on_failed(self, words: str, error: Exception | None) -> None:
        why = type(error).__name__ if error is not None else "stopped"
        self._on_finished(Check(words, False, f"could not be looked at ({why})"))

    def stop(self) -> None:
        """Ask nothing more, and tell nobody."""
        self._left = []
        handle, self._handle = self._handle, None
        if handle is not None:
            for signal in (handle.finished, handle.failed, handle.cancelled):
                signal.disconnect()
            handle.cancel()
