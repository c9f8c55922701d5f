"""The trainer as a process of its own: started, watched and asked through the run's folder only.

It outlives whoever started it; a window started later finds it by the same folder. What it is
doing stands in `events.jsonl`, whether it is still there says a lock of the operating system, and
what it is asked are small files. Nothing here loads torch.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.leftovers import sweep
from lgesynth_gui.io.project_lock import Lock, Owner, Taken, holder_of
from lgesynth_gui.io.run_log import Event, last_events
from lgesynth_gui.io.run_process import STARTING, last_words, launch, process_of
from lgesynth_gui.io.run_requests import RESUME, place_request, take_requests

CHECKPOINTS = ("last.safetensors", "previous.safetensors")
LOCK = ".training.lock"
DATA_VARIABLE = "LGESYNTH_DATA"
FINISHING = "Trained; the model is measured and written."
PATIENCE_S = 2.0  # how long a lock is tried for: whoever looks at it has it for a moment

State = Literal["running", "paused", "stopped", "done", "failed"]
Request = Literal["stop", "save", "sample", "pause", "resume"]
_ENDS: Mapping[str, State] = {"stopped": "stopped", "done": "done", "failed": "failed"}
_NOT_FIGURES = {"event", "time", "step", "steps", "seconds", "left_s"}


@dataclass(frozen=True)
class Status:
    """How a run stands.

    Args:
        state: "running", "paused" (by request, or because a drive is full: `message` says so),
            "stopped" (can go on), "done" or "failed" (`message` says why).
        stage: What is trained; "" when that is not known yet.
        step: Steps done.
        steps: Last step; 0 when not known yet.
        seconds: Trained so far, all sessions together.
        left_s: Seconds until the end at the present pace; None when not known.
        figures: The last figures logged: loss, norm, rate and the stage's own.
        evaluation: The figures of the last evaluation.
        message: One sentence without a path, or "".
        resumable: There is a checkpoint to go on from.
        process: Number of the process that trains; 0 = none.
    """

    state: State
    stage: str = ""
    step: int = 0
    steps: int = 0
    seconds: float = 0.0
    left_s: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    evaluation: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    resumable: bool = False
    process: int = 0


def start(folder: Path, arguments: Sequence[str], processes: int = 1) -> None:
    """Start a training that outlives this process; returns at once.

    Args:
        folder: The run's folder; made when missing.
        arguments: Of `lgesynth train`, the folder left out: `("run", "--stage", "base")`, or
            `("resume",)`.
        processes: How many processes share the work, on as many graphics cards if there are.

    Raises:
        LgeSynthError: a training is running on this computer, or the folder cannot be written to.
    """
    refuse_a_second()
    folder.mkdir(parents=True, exist_ok=True)
    take_requests(folder)
    each = ["--standalone", "--nproc-per-node", str(processes)]  # this computer alone
    through = ["torch.distributed.run", *each] if processes > 1 else []
    launch(folder, ["train", *arguments, "--out", str(folder.resolve()), "--json"], through)


def ask(folder: Path, what: Request) -> None:
    """Ask a running training for something; it answers after its present step.

    Args:
        folder: The run's folder.
        what: "stop" (save, keep the best weights, end), "save" (a checkpoint now), "sample"
            (pictures now), "pause" or "resume".

    Raises:
        LgeSynthError: no training is running there.
    """
    if status(folder).state not in ("running", "paused"):
        raise LgeSynthError(
            "No training is running there.",
            "Resume it first." if what != RESUME else "Start it again with resume.",
        )
    place_request(folder, what)


def status(folder: Path) -> Status:
    """How the run in a folder stands; reads at most the last 64 KiB of its log."""
    events = last_events(folder)
    facts: dict[str, Any] = {"state": "stopped", "message": ""}
    for event in events:
        facts |= _told_by(event)
    launched = facts.pop("launched", 0)
    number = process_of(folder, launched, LOCK)
    alive = number is not None
    if facts["state"] == "done" and alive:  # trained, but what it gave is still looked at
        facts |= {"state": "running", "message": FINISHING}
    if facts["state"] in ("running", "paused") and not alive:
        facts |= {"state": "failed", "message": _last_words(folder, launched)}
    if facts["state"] != "running":
        facts["left_s"] = None
    resumable = any((folder / name).is_file() for name in CHECKPOINTS)
    return Status(**facts, resumable=resumable, process=number or 0)


def _told_by(event: Event) -> dict[str, Any]:
    """What an event changes in the status."""
    kind, facts = str(event["event"]), {}
    for name, kinds in (("step", int), ("steps", int), ("seconds", (int, float)), ("stage", str)):
        if isinstance(event.get(name), kinds):
            facts[name] = event[name]
    if kind == STARTING:
        number = event.get("process")
        launched = number if isinstance(number, int) else 0
        return {"state": "running", "message": "Starting.", "launched": launched}
    message = event.get("message")
    told = {"message": message if isinstance(message, str) else ""}
    if kind in _ENDS:
        return facts | told | {"state": _ENDS[kind], "launched": 0}
    if kind == "paused":
        return facts | told | {"state": "paused"}
    if kind in ("start", "resumed", "step"):
        facts |= {"state": "running", "message": "", "launched": 0}
    if kind in ("step", "evaluate"):
        figures = {
            name: float(value)
            for name, value in event.items()
            if name not in _NOT_FIGURES and isinstance(value, int | float)
        }
        facts["figures" if kind == "step" else "evaluation"] = figures
    left, when = event.get("left_s"), event.get("time")
    if isinstance(left, int | float) and isinstance(when, int | float):
        facts["left_s"] = max(0.0, left - max(0.0, time.time() - when))
    return facts


def _last_words(folder: Path, launched: int) -> str:
    """Why a process that is not there any more has gone, as far as it can be known."""
    said = last_words(folder) if launched else ""
    return said or (
        "The training ended without a word. It can go on from its last checkpoint, if it has one."
    )


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Inside this block the run and this computer's one place for a training are ours.

    Args:
        folder: The run's folder; it must exist.

    Raises:
        LgeSynthError: a training is running on this computer already.
    """
    run = _taken(folder / LOCK)  # a shared folder may be in use by another computer
    try:
        computer = _taken(_computer_lock())
        try:
            sweep(folder, older_than_s=0.0)  # nobody else writes here now
            yield
        finally:
            computer.release()  # first: who sees that the run has ended may start the next one
    finally:
        run.release()


def refuse_a_second() -> None:
    """Do nothing, or say who is training.

    Raises:
        LgeSynthError: a training is running on this computer.
    """
    owner = holder_of(_computer_lock())
    if owner is not None:
        raise LgeSynthError(*_refusal(owner))


def _taken(path: Path) -> Lock:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return Lock(path)
        except Taken as taken:
            if time.monotonic() > until:
                raise LgeSynthError(*_refusal(taken.owner)) from taken
        time.sleep(0.05)


def _refusal(owner: Owner) -> tuple[str, str]:
    who = str(owner).removeprefix("another window").strip()
    return (
        f"A training is running already{' ' + who if who else ''}; a computer has room for one.",
        "Wait until it ends, or stop it.",
    )


def _computer_lock() -> Path:
    """The lock file of this computer and person; never on a drive that others mount."""
    if asked := os.environ.get(DATA_VARIABLE):
        folder = Path(asked)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "training.lock"
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(runtime) / "lgesynth-training.lock"
    if os.name == "nt":
        return Path(tempfile.gettempdir()) / "lgesynth-training.lock"
    folder = Path(tempfile.gettempdir()) / f"lgesynth-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise LgeSynthError(
            "The folder for the lock of trainings belongs to somebody else.",
            f"Remove {folder.name} from the folder for temporary files.",
        )
    return folder / "training.lock"
