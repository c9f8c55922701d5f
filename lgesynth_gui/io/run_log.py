"""What a run says of itself: `events.jsonl`, one line of JSON an event, only ever appended to.

Whoever watches a run reads on from where it stopped reading; the trainer needs no connection to
anybody. Nothing here loads torch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lgesynth_gui.io.atomic import Appender

LOG = "events.jsonl"
LARGEST_READ = 1 << 20  # bytes read at once
TAIL = 1 << 16  # bytes from the end that tell the present state
Event = Mapping[str, Any]


class EventLog:
    """The writing end; one process of a run holds it.

    Args:
        folder: The run's folder; it must exist.

    Raises:
        LgeSynthError: the drive is full or the folder cannot be written to.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOG
        self._file = Appender(path)
        if not _ends_whole(path):
            self._file.append(b"\n")  # a line cut by a power failure stays alone

    def write(self, kind: str, **facts: Any) -> None:
        """Append an event; it is on the drive when this returns.

        Raises:
            LgeSynthError: the drive is full; nothing of the event stays behind.
        """
        line = json.dumps({"event": kind, "time": round(time.time(), 1), **facts})
        self._file.append(line.encode() + b"\n")

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._file.close()


def read_events(folder: Path, offset: int = 0) -> tuple[list[Event], int]:
    """The events after an offset, and the offset to ask with the next time.

    Cheap enough for a timer: an unchanged file is not opened. At most 1 MiB is read at once.

    Args:
        folder: The run's folder.
        offset: Of an earlier call; 0 = from the beginning. Where the file is shorter than that
            (another run in the same place), it is read from the beginning.

    Returns:
        Whole events in order; a line that is being written comes with the next call, a damaged
        one is left out.
    """
    path = folder / LOG
    try:
        size = path.stat().st_size
        offset = offset if offset <= size else 0
        if offset == size:
            return [], offset
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(LARGEST_READ)
    except OSError:
        return [], offset
    end = data.rfind(b"\n") + 1
    if not end and len(data) == LARGEST_READ:
        end = len(data)  # no event is that long: whatever it is, it is passed over
    return _events(data[:end]), offset + end


def last_events(folder: Path) -> list[Event]:
    """The events in the last 64 KiB of the log, in order."""
    try:
        size = (folder / LOG).stat().st_size
    except OSError:
        return []
    return read_events(folder, max(0, size - TAIL))[0]


def _events(data: bytes) -> list[Event]:
    found: list[Event] = []
    for line in data.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut, or the middle of a line that was begun before
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            found.append(event)
    return found


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        if not size:
            return True
        file.seek(size - 1)
        return file.read(1) == b"\n"
