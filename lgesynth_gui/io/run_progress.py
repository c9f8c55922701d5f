"""A job that says in its folder's log how far it is, for whoever watches from another process."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.io.run_log import EventLog

START, STEP, DONE, STOPPED, FAILED = "start", "step", "done", "stopped", "failed"
EVERY_S = 1.0  # between two lines of one phase


def logged(job: Job, folder: Path) -> Job:
    """The same job; its start, its steps and its one ending are events of the folder.

    Args:
        job: Closed when this one ends or is closed.
        folder: Of the run; made when missing.

    Raises:
        LgeSynthError: the drive is full, or whatever the job raises.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = EventLog(folder)
    ending, message = STOPPED, ""
    said, when = "", 0.0
    try:
        log.write(START)
        while True:
            try:
                step = next(job)
            except StopIteration as end:
                ending = DONE
                return end.value
            now = time.monotonic()
            if step is not None and (step.note != said or now - when >= EVERY_S):
                said, when = step.note, now
                log.write(STEP, note=step.note, done=step.done, total=step.total)
            yield step
    except Exception as error:
        known = isinstance(error, LgeSynthError)
        ending, message = FAILED, str(error) if known else f"It failed ({type(error).__name__})."
        raise
    finally:
        job.close()
        with suppress(LgeSynthError):  # a full drive: what is told is not worth the error's place
            log.write(ending, message=message)
        log.close()
