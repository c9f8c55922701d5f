"""The child process: runs the job it is asked for until the parent hangs up.

Imports nothing heavy itself: the job is named, and found only when it is asked for.
"""

from __future__ import annotations

import faulthandler
import pickle
import signal
import time
import traceback
from multiprocessing.connection import Connection
from pkgutil import resolve_name

from lgesynth_gui.core.environment import stay_offline
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.engine import transport
from lgesynth_gui.engine.heartbeat import beating
from lgesynth_gui.engine.messages import Advanced, Failed, Finished, Message, Run, Stop, Stopped

PROGRESS_EVERY_S = 0.1
PREVIEW_EVERY_S = 0.25


def serve(pipe: Connection, package: str) -> None:
    """Answer requests, one at a time, until the pipe closes.

    Args:
        pipe: The child's end.
        package: Only functions below this package are run.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    faulthandler.enable()
    stay_offline()
    _no_core_dump()
    try:
        while True:
            request = transport.receive(pipe)
            if isinstance(request, Run):  # a Stop that crossed the job's own end is stale
                transport.send(pipe, _run(pipe, request, package))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _run(pipe: Connection, request: Run, package: str) -> Message:
    number = request.number
    try:
        if not request.function.startswith(package + "."):
            raise ValueError(f"not a job of this program: {request.function}")
        job: Job = resolve_name(request.function)(*request.arguments)
        throttle = _Throttle()
        try:
            with beating(pipe, number) as send:
                while not _asked_to_stop(pipe, number):
                    step = next(job)
                    if (message := throttle(number, step)) is not None:
                        send(message)
        except StopIteration as end:
            return Finished(number, end.value)
        finally:
            job.close()
    except (EOFError, BrokenPipeError, ConnectionResetError):
        raise
    except Exception as error:  # noqa: BLE001 - the process's edge: the parent raises it again
        return Failed(number, _portable(error))
    return Stopped(number)


class _Throttle:
    """Lets through ten steps and four previews a second; the first of a phase, the last always."""

    def __init__(self) -> None:
        self._said = self._shown = -1.0
        self._note = ""

    def __call__(self, number: int, step: Progress | None) -> Advanced | None:
        now = time.monotonic()
        last = step is not None and step.total > 0 and step.done >= step.total
        new = step is not None and step.note != self._note
        if now - self._said < PROGRESS_EVERY_S and not last and not new:
            return None
        self._said = now
        self._note = step.note if step is not None else self._note
        if step is not None and step.preview is not None:
            if now - self._shown < PREVIEW_EVERY_S:
                step = Progress(step.done, step.total, step.note)
            else:
                self._shown = now
        return Advanced(number, step)


def _asked_to_stop(pipe: Connection, number: int) -> bool:
    while pipe.poll():
        message = transport.receive(pipe)
        if isinstance(message, Stop) and message.number == number:
            return True
    return False


def _portable(error: Exception) -> Exception:
    error.add_note("In the engine process:\n" + traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, its text still travels
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _no_core_dump() -> None:
    try:
        import resource
    except ImportError:  # Windows has no core files
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
