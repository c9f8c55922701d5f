"""What a killed program left half-written in the folders it wrote to, removed at the next start."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lgesynth_gui.app import recents
from lgesynth_gui.app.places import config_folder, data_folder
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job

log = logging.getLogger(__name__)


def sweep_all() -> Job:
    """A job that removes what processes left that have ended; returns how many items went.

    Looked at are the folders of settings and data, those of known projects, and those an export
    went into when its process ended.
    """
    from lgesynth_gui.io.leftovers import sweep, sweep_hidden

    yield None
    removed = sweep_hidden() + sweep(config_folder()) + sweep(data_folder())
    with suppress(LgeSynthError, OSError):  # in use, or its drive is closed: the next start looks
        for folder in recents.folders():
            yield None
            removed += sweep(folder)
        recents.forget_writing()
    if removed:
        log.info("unfinished files removed: %d", removed)
    return removed


@contextmanager
def writing_into(folder: Path) -> Iterator[None]:
    """Remember, in the owner's private file, a folder that is written into until the block ends."""
    known = _noted(folder, begins=True)
    try:
        yield
    finally:
        if known:
            _noted(folder, begins=False)


def _noted(folder: Path, *, begins: bool) -> bool:
    try:
        recents.note_writing(folder, begins=begins)
    except (LgeSynthError, OSError):
        return False  # nobody is kept from exporting by a list that is in use
    return True
