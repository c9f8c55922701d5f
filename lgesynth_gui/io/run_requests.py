"""What a run is asked from outside: small files in its folder, which the trainer takes away.

A request needs no connection and survives the window that made it. Nothing here loads torch.
"""

from __future__ import annotations

import time
from pathlib import Path

from lgesynth_gui.io.atomic import write_json

FOLDER = "requests"
STOP, SAVE, SAMPLE, PAUSE, RESUME = "stop", "save", "sample", "pause", "resume"
REQUESTS = (STOP, SAVE, SAMPLE, PAUSE, RESUME)


def place_request(folder: Path, what: str) -> None:
    """Leave a request in a run's folder; asking twice is asking once.

    Args:
        folder: The run's folder.
        what: "stop", "save", "sample", "pause" or "resume".

    Raises:
        ValueError: there is no such request.
        LgeSynthError: the drive is full or the folder cannot be written to.
    """
    if what not in REQUESTS:
        raise ValueError(f"no request: {what}")
    place = folder / FOLDER
    place.mkdir(exist_ok=True)
    write_json(place / what, {"time": round(time.time(), 1)})


def take_requests(folder: Path) -> frozenset[str]:
    """The requests that wait in a run's folder; each is taken once.

    Pause and resume both waiting means that one was asked and taken back: the newer one counts.
    """
    place, found = folder / FOLDER, {}
    for what in REQUESTS:
        path = place / what
        try:
            found[what] = path.stat().st_mtime_ns
            path.unlink()
        except OSError:
            found.pop(what, None)  # not asked, or a folder that cannot be changed just now
    if PAUSE in found and RESUME in found:
        found.pop(PAUSE if found[PAUSE] <= found[RESUME] else RESUME)
    return frozenset(found)
