"""How a cohort's run stands, read from its folder alone: lock, log and the small requests.

Cheap enough for a timer, but not on the window's thread: the folder's drive may hang.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from lgesynth_gui.cohort.plan import PLAN, Plan, read_plan
from lgesynth_gui.cohort.run import LOCK
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.run_log import Event, last_events
from lgesynth_gui.io.run_process import STARTING, last_words, launch, process_of
from lgesynth_gui.io.run_requests import place_request, take_requests

State = Literal["idle", "running", "paused", "stopped", "done", "failed"]
_ENDS: Mapping[str, State] = {"stopped": "stopped", "done": "done", "failed": "failed"}
PACE_STEPS = 60  # words of a run that its pace is told from: two minutes
WORDLESS = "The run ended without a word. Start goes on where it stopped; nothing made is lost."


@dataclass(frozen=True)
class RunState:
    """How a run stands.

    Args:
        state: "idle" (never run), "running", "paused", "stopped" (can go on), "done" or "failed"
            (`message` says why).
        made, planned, accepted: Samples, as the run last said.
        left_s: Seconds to the end at the pace of the last minutes; None while not known.
        message: One sentence without a path, or "".
        process: Number of the process that runs it; 0 = none, or not known.
    """

    state: State = "idle"
    made: int = 0
    planned: int = 0
    accepted: int = 0
    left_s: float | None = None
    message: str = ""
    process: int = 0

    @property
    def running(self) -> bool:
        """Whether a process works on it."""
        return self.state in ("running", "paused")


def run_state(folder: Path) -> RunState:
    """How the run in a folder stands; reads at most the last 64 KiB of its log."""
    events = last_events(folder)
    facts: dict[str, Any] = {"state": "idle", "message": ""}
    launched = 0
    for event in events:
        kind = event["event"]
        for name in ("made", "planned", "accepted"):
            if isinstance(event.get(name), int):
                facts[name] = event[name]
        if kind == STARTING:
            launched = event["process"] if isinstance(event.get("process"), int) else 0
            facts |= {"state": "running", "message": "Starting."}
        elif kind in _ENDS:
            said = event.get("message")
            facts |= {"state": _ENDS[kind], "message": said if isinstance(said, str) else ""}
            launched = 0
        elif kind == "paused":
            facts |= {"state": "paused", "message": ""}
        elif kind in ("start", "resumed") or (kind == "step" and facts["state"] != "paused"):
            facts |= {"state": "running", "message": ""}
    process = process_of(folder, launched, LOCK)
    if facts["state"] in ("running", "paused") and process is None:
        facts |= {"state": "failed", "message": (launched and last_words(folder)) or WORDLESS}
    if facts["state"] == "running":
        facts["left_s"] = left_of(events, facts.get("made", 0), facts.get("planned", 0))
    return RunState(**facts, process=process or 0)


def left_of(events: Sequence[Event], made: int, planned: int) -> float | None:
    """Seconds to the end at the pace of a run's last words; None while it has none."""
    steps: list[tuple[int, float]] = []
    for event in events:
        if event["event"] in ("start", "paused", "resumed"):
            steps.clear()  # the time of a pause is not work
        found, seconds = event.get("made"), event.get("seconds")
        if event["event"] == "step" and isinstance(found, int) and isinstance(seconds, int | float):
            steps.append((found, float(seconds)))
    steps = steps[-PACE_STEPS:]
    grew = [now for before, now in pairwise(steps) if now[0] > before[0]]
    if not grew:
        return None
    pace = (grew[-1][1] - steps[0][1]) / (grew[-1][0] - steps[0][0])
    since = steps[-1][1] - grew[-1][1]  # blocks come in at once, some time after the last ones
    return max(0.0, pace * (planned - made) - since)


def start_run(folder: Path, workers: int, cluster: str = "", device: str = "auto") -> None:
    """Run a cohort as a process of its own; returns at once.

    Args:
        folder: The cohort's.
        workers: Engines on this computer, >= 1.
        cluster: Address of a Dask scheduler; then `workers` is of no use.
        device: "auto", "cpu", "cuda" or "mps".

    Raises:
        LgeSynthError: it is being run already, or the folder cannot be written to.
    """
    state = run_state(folder)
    if state.running:
        raise LgeSynthError("This cohort is being run already.", "Wait until it ends, or stop it.")
    take_requests(folder)
    where = ["--scheduler", cluster] if cluster else ["--workers", str(workers)]
    try:
        launch(
            folder, ["cohort", "run", str(folder.resolve()), *where, "--device", device, "--json"]
        )
    except OSError as error:
        raise LgeSynthError(
            f"The run could not be started ({error.strerror or type(error).__name__}).",
            "Is the folder still there, and may it be written to?",
        ) from error


def ask_run(folder: Path, what: str) -> None:
    """Ask a run for "pause", "resume" or "stop"; it answers after its present blocks.

    Raises:
        LgeSynthError: nothing runs there, or the drive is full.
    """
    if not run_state(folder).running:
        raise LgeSynthError("This cohort is not being run.", "Start goes on with it.")
    place_request(folder, what)


def plan_in(folder: Path) -> Plan:
    """The plan of a cohort.

    Raises:
        LgeSynthError: there is none, or it cannot be read.
    """
    return read_plan(folder / PLAN)
