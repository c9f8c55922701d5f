"""The window's two worker threads and its engine, and how all of them end in time."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.services import PREPARE
from lgesynth_gui.core.jobs import Job

GRACE_S = 1.5  # the engine answers a cancel within one second
FILES_S = 1.0


class RunsJobs(Protocol):
    """The engine, or a fake of it."""

    def run(self, function: str, *arguments: Any) -> Job:
        """A job that runs `package.module:function` elsewhere."""

    def kill(self) -> object:
        """End what runs elsewhere at once."""


@runtime_checkable
class TellsLife(Protocol):
    """An engine that says whether its process lives and when it was last heard."""

    @property
    def alive(self) -> bool:
        """Whether the process runs."""

    def silent_s(self) -> float:
        """Seconds since its last sign of life; 0 while nothing runs."""


class Workers(QObject):
    """One thread waits for the engine, one for files, so that neither waits for the other."""

    ready = Signal()  # the models are loaded, or will be told to be missing

    def __init__(self, engine: RunsJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.engine = engine
        self.engine_jobs = JobRunner(self, name="lgesynth-engine")
        self.file_jobs = JobRunner(self, name="lgesynth-files")
        self._prepared = self.preparing = False
        self.device = ""  # what the engine computes on: "cpu", "cuda", "mps"; "" = not known yet

    def silent_s(self) -> float:
        """Seconds since the engine's last sign of life; 0 while nothing runs in it."""
        return self.engine.silent_s() if isinstance(self.engine, TellsLife) else 0.0

    def prepare(self) -> None:
        """Let the engine load its models now, once; whatever is asked next waits for it."""
        if self._prepared:
            return
        self._prepared = self.preparing = True
        handle = self.engine_jobs.submit(lambda: self.engine.run(PREPARE))
        handle.finished.connect(self._on_device)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(self._on_prepared)

    def prepare_again(self) -> None:
        """Let a new engine warm up where a cancel had to kill the former one."""
        if self._prepared and isinstance(self.engine, TellsLife) and not self.engine.alive:
            self._prepared = False
            self.prepare()

    def _on_device(self, device: object) -> None:
        if isinstance(device, str):
            self.device = device

    def _on_prepared(self, _: object) -> None:
        self.preparing = False
        self.ready.emit()

    def shutdown(self) -> bool:
        """Stop everything: at first by asking, then by killing the engine.

        Takes at most about three seconds, even when the engine and a drive hang.

        Returns:
            Whether both threads left. One that hangs cannot keep the process from ending.
        """
        self.file_jobs.shutdown(0.0)
        asked = self.engine_jobs.shutdown(GRACE_S)
        self.engine.kill()
        ended = asked or self.engine_jobs.shutdown(GRACE_S / 3)
        return self.file_jobs.shutdown(FILES_S) and ended
