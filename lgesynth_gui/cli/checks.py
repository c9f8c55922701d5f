"""The checks of `lgesynth doctor` that need the engine, driven in the terminal."""

from __future__ import annotations

from collections.abc import Callable

from lgesynth_gui.app.engine_checks import RunsElsewhere, device_job
from lgesynth_gui.app.self_checks import Check
from lgesynth_gui.cli.console import drive_shown
from lgesynth_gui.core.jobs import Job


def device_check(name: str = "auto", *, quiet: bool = True) -> Check:
    """A real computation on the device that would be used, in the engine process."""
    return engine_check(lambda run: device_job(run, name), quiet=quiet)


def engine_check(start: Callable[[RunsElsewhere], Job], *, quiet: bool = True) -> Check:
    """One check of `app.engine_checks` in an engine of its own.

    Args:
        start: From the engine's `run` to the job.
        quiet: Show no progress.
    """
    from lgesynth_gui.engine.client import Engine

    engine = Engine()
    try:
        found: Check = drive_shown(start(engine.run), quiet=quiet)
        return found
    finally:
        engine.kill()
