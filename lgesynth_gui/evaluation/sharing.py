"""Files of a run's folder that several processes make together, each file by one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.project_lock import Lock, Taken

WAIT_S = 0.3
Item = TypeVar("Item")


@contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Whether nobody else is at a file; it is ours to make inside the block then.

    Args:
        path: The file or folder that is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = Lock(path.with_name(f".{path.stem}.lock"))
    except Taken:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def made_once(
    items: Sequence[Item], path_of: Callable[[Item], Path], make: Callable[[Item], Job]
) -> Job:
    """Make every file that is not there; what another process makes is left to it.

    Args:
        items: What is to be there in the end, in the order it is made in.
        path_of: Its file.
        make: A job that makes it, and returns whether it could: False where it needs something
            that another process is making.

    Returns:
        A job that ends when all files are there.
    """
    left = list(items)
    while left := [one for one in left if not path_of(one).is_file()]:
        made = False
        for one in left:
            path = path_of(one)
            if path.is_file():
                continue
            with claimed(path) as ours:
                if ours and not path.is_file():
                    made = (yield from make(one)) or made
        if not made:
            time.sleep(WAIT_S)
            yield Progress(0, 0, "waiting for another process")
