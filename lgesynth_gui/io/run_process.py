"""A long command as a process of its own, known by the folder it works in.

It outlives whoever started it. Whether it is still there says a lock of the operating system in
its folder, or at first its number in `events.jsonl`; what it printed stands in `process.log`.
Nothing here loads torch.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.processes import runs
from lgesynth_gui.io.project_lock import Lock, Taken, holder_of
from lgesynth_gui.io.run_log import EventLog

OUTPUT = "process.log"  # what the process printed; empty unless something went wrong
LOCK = ".run.lock"
STARTING = "starting"  # the event that says which process was started
_started: dict[int, subprocess.Popen[bytes]] = {}  # ours; asked now and then, so none stays defunct


def launch(folder: Path, arguments: Sequence[str], through: Sequence[str] = ()) -> int:
    """Start `lgesynth ARGUMENTS` detached; returns at once.

    Args:
        folder: The run's folder; it must exist.
        arguments: Of the command line.
        through: A module with its arguments that starts the program in its place; left out where
            the program is one file.

    Returns:
        The number of the process.

    Raises:
        OSError: it cannot be started, or the folder cannot be written to.
    """
    if getattr(sys, "frozen", False):
        command = [sys.executable, *arguments]
    else:
        module = ["-m", *through] if through else []
        command = [sys.executable, *module, "-m", "lgesynth_gui", *arguments]
    output = os.open(folder / OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    log = EventLog(folder)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C and the end of the session are not its own
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            | getattr(subprocess, "DETACHED_PROCESS", 0),
        )
        log.write(STARTING, process=child.pid)
    finally:
        log.close()
        os.close(output)
    _started[child.pid] = child
    return child.pid


def process_of(folder: Path, launched: int = 0, lock: str = LOCK) -> int | None:
    """The number of the process that works in a folder; None when none does, 0 = not known.

    Args:
        folder: The run's folder.
        launched: The number its log names, until it holds the lock.
        lock: Name of the lock file.
    """
    reap()
    owner = holder_of(folder / lock)
    if owner is not None:
        return owner.process
    return launched if launched and runs(launched) else None


def end(folder: Path, lock: str = LOCK) -> bool:
    """Ask the process that works in a folder to end, as Ctrl-C does; nothing is left half-written.

    Only a process that is surely the run's is asked: it holds the lock on this computer, or was
    started by this program. A number alone may be somebody else's by now.

    Args:
        folder: The run's folder.
        lock: Name of the lock file.

    Returns:
        Whether one was asked.
    """
    owner = holder_of(folder / lock)
    if owner is not None and owner.process and owner.host == socket.gethostname():
        number = owner.process
    else:
        reap()
        number = next((n for n, child in _started.items() if _works_in(child, folder)), 0)
    if not number:
        return False
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM if os.name == "nt" else signal.SIGINT)
    return True


def _works_in(child: subprocess.Popen[bytes], folder: Path) -> bool:
    arguments = child.args if isinstance(child.args, list) else []
    return str(folder.resolve()) in arguments


def last_words(folder: Path) -> str:
    """The last line a process printed, without the folder's path; "" when it said nothing."""
    with suppress(OSError), (folder / OUTPUT).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - (1 << 16)))
        lines = file.read().decode(errors="replace").strip().splitlines()
        if lines:
            line = lines[-1].replace(str(folder.resolve()), folder.name)
            return "".join(c for c in line if c.isprintable())[:300]
    return ""


@contextmanager
def working_in(folder: Path, lock: str = LOCK) -> Iterator[None]:
    """Inside this block the folder is ours, and others see that somebody works in it.

    Args:
        folder: The run's folder; it must exist.
        lock: Name of the lock file.

    Raises:
        LgeSynthError: another process works there.
    """
    try:
        held = Lock(folder / lock)
    except Taken as taken:
        who = str(taken.owner).removeprefix("another window").strip()
        raise LgeSynthError(
            f"Somebody works in this folder already{' ' + who if who else ''}.",
            "Wait until it ends, or choose another folder.",
        ) from taken
    try:
        yield
    finally:
        held.release()


def reap() -> None:
    """Let go of children of ours that have ended."""
    for number, child in list(_started.items()):
        if child.poll() is not None:
            del _started[number]
