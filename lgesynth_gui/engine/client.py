"""The parent's handle on the engine: to the caller a job in it is like any other.

The window never imports torch, a step that hangs can be killed, and a killed process gives
all its memory back. Knows nothing of Qt.
"""

from __future__ import annotations

import itertools
import multiprocessing
import pickle
import time
from multiprocessing.connection import Connection
from typing import Any

from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.engine import transport
from lgesynth_gui.engine.messages import Advanced, Failed, Finished, Run, Stop, Stopped
from lgesynth_gui.engine.server import serve

POLL_S = 0.02


class Engine:
    """Runs one job at a time in a child process, started at the first job and kept warm.

    Args:
        grace_s: Seconds a cancelled job has to reach its next yield before the process is killed.
            A cancel is answered within this time plus the kill, together under one second.
        package: Functions outside this package are refused by the child.
    """

    def __init__(self, grace_s: float = 0.8, package: str = "lgesynth_gui") -> None:
        self._grace_s = grace_s
        self._package = package
        self._numbers = itertools.count(1)
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._heard: float | None = None  # when the child of a running job last said something

    @property
    def alive(self) -> bool:
        """Whether the child process is running (models may be warm)."""
        return self._process is not None and self._process.is_alive()

    def silent_s(self) -> float:
        """Seconds since the child last gave a sign of life; 0 while nothing runs. Any thread."""
        heard = self._heard
        return 0.0 if heard is None else time.monotonic() - heard

    def run(self, function: str, *arguments: Any) -> Job:
        """Run `package.module:function`, which must return a job, in the child.

        Closing the job stops it in the child.

        Raises:
            EngineDied: the child ended in the middle; the next run starts a new one.
            Exception: whatever the job raised, with the child's traceback as a note.
        """
        number = next(self._numbers)
        pipe = self._start()
        self._heard = time.monotonic()
        ended = False
        try:
            transport.send(pipe, Run(number, function, arguments))
            while True:
                if not pipe.poll(POLL_S):
                    yield None
                    continue
                message = transport.receive(pipe)
                self._heard = time.monotonic()
                if isinstance(message, (Run, Stop)) or message.number != number:
                    continue  # a late word of an earlier request
                if isinstance(message, Advanced):
                    yield message.progress
                    continue
                ended = True
                if isinstance(message, Failed):
                    raise message.error
                return message.result if isinstance(message, Finished) else None
        except (EOFError, BrokenPipeError, ConnectionResetError) as gone:
            ended = True
            code = self.kill()
            raise EngineDied(
                f"The engine process stopped unexpectedly (code {code}).",
                "Nothing else is lost: try again; it starts anew.",
            ) from gone
        finally:
            self._heard = None
            if not ended:
                self._stop(pipe, number)

    def kill(self) -> int | None:
        """End the child at once and return its exit code; the next job starts a new one."""
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is None:
            return None
        process.kill()
        process.join()
        return process.exitcode

    def _start(self) -> Connection:
        if not self.alive or self._pipe is None:
            self.kill()
            spawn = multiprocessing.get_context("spawn")
            self._pipe, theirs = spawn.Pipe()
            self._process = spawn.Process(
                target=serve, args=(theirs, self._package), daemon=True, name="engine"
            )
            self._process.start()
            theirs.close()
        return self._pipe

    def _stop(self, pipe: Connection, number: int) -> None:
        until = time.monotonic() + self._grace_s
        try:
            transport.send(pipe, Stop(number))
            while pipe.poll(max(0.0, until - time.monotonic())):
                message = transport.receive(pipe)
                if isinstance(message, (Finished, Failed, Stopped)) and message.number == number:
                    return
        except (OSError, EOFError):
            pass  # the child is gone already
        if self._process is not None:
            self._process.kill()
            self._process.join()
        _drain(pipe)
        self.kill()


def _drain(pipe: Connection) -> None:
    """Read what a dead child has left: pixels on their way hold shared memory until then."""
    try:
        while pipe.poll():
            transport.receive(pipe)
    except (OSError, EOFError, pickle.UnpicklingError):
        return
