"""The one training loop: AdamW, warm-up and cosine, average of weights, resumable at any step.

A stage brings its networks, its batches and its loss; the loop brings everything else. Batches
and losses may draw only from the two generators they are handed, so a resumed run repeats the
interrupted one bit for bit on a CPU (unless the run is limited by minutes, whose cosine follows
the clock).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.run_requests import PAUSE, RESUME, SAMPLE, SAVE, STOP, take_requests
from lgesynth_gui.training.averages import Averages, cosine
from lgesynth_gui.training.checkpoint import newest_checkpoint, recover
from lgesynth_gui.training.keeping import Keeper
from lgesynth_gui.training.machine import Machine
from lgesynth_gui.training.memory import fitted
from lgesynth_gui.training.stage import (
    Divisible,
    Evaluation,
    LoopOptions,
    Movable,
    Spent,
    Stage,
)
from lgesynth_gui.training.state import RunState

__all__ = [
    "Averages", "Divisible", "Evaluation", "LoopOptions", "Spent", "Stage", "cosine", "train",
]  # fmt: skip

LOG_S = 5.0  # longest time without a log line, as long as steps are shorter
RETRY_S = 5.0  # between two attempts to write to a full drive
LOOK_S = 0.2  # between two looks for requests while paused
BEFORE_LONG_S = 15.0  # what may be lost when something long begins
_ASKED = (STOP, SAVE, SAMPLE, PAUSE, RESUME)


def train(stage: Stage, folder: Path, options: LoopOptions) -> Job:
    """Train a stage, resuming from the folder's checkpoint when it has one.

    What it is asked through `requests` it does after the present step. A full drive pauses it.

    Args:
        stage: What to train.
        folder: The run: checkpoints, `events.jsonl`, `samples`, `tensorboard`, `best`, and `model`
            with the exported weights.
        options: How long and how fast.

    Returns:
        A job that yields a `Progress` each step and returns the folder of the exported model:
        `model`, or `best` when it was asked to stop. Closing it saves a checkpoint first.

    Raises:
        LgeSynthError: the folder holds another stage's run, the loss is no number, or memory is
            too small.
    """
    folder.mkdir(parents=True, exist_ok=True)
    device = options.device
    if device == "auto" and not isinstance(stage, Movable):
        device = "cpu"
    machine = Machine(device, bf16=options.bf16, fp16=options.fp16)
    run = RunState(stage, options, machine)
    session = _Session(run, folder)
    ended = False
    try:
        session.begin()
        while not (run.finished or session.over):
            session.took(figures=(yield from run.advance()))
            yield from session.after_step()
            yield Progress(run.step, options.steps, f"training {stage.name}")
        name = yield from session.end()
        ended = True
        return folder / name
    finally:
        session.close(ended)


class _Session:
    """From one start of a run to its next stop: what happens between its steps."""

    def __init__(self, run: RunState, folder: Path) -> None:
        self.run, self.folder, self.machine = run, folder, run.machine
        self.keeper = Keeper(run, folder)
        self.over = self.stopped = False
        self._sums: dict[str, list[float]] = {}
        self._paces: deque[float] = deque(maxlen=50)
        self._longest = 0.0
        self._asked: frozenset[str] = frozenset()
        self._begun = self._saved = self._logged = self._stepped = time.monotonic()
        self._before, self._micro = 0.0, run.micro

    def begin(self) -> None:
        """Take up the newest whole checkpoint, look at the memory, and say that it begins."""
        run, options = self.run, self.run.options
        if self.machine.main:
            state, damaged = recover(self.folder)
            self.machine.wait()
        else:
            self.machine.wait()
            state, damaged = newest_checkpoint(self.folder), ()
        if state is not None:
            run.load(state)
        del state  # as large as all that is trained, four times
        for module in run.stage.modules.values():
            module.train()
        take_requests(self.folder)
        self.keeper.saved_step = run.step
        self.keeper.open()
        facts = {"stage": run.stage.name, "step": run.step, "steps": options.steps}
        self.keeper.tell("start", **facts, processes=self.machine.count, options=asdict(options))
        for name in damaged:
            self.keeper.tell("damaged", message=f"{name} was damaged and is kept as {name}.corrupt")
        need = fitted(run)
        (micro,) = self.machine.agree([run.micro])
        run.micro = int(micro)
        self._micro = run.micro
        self.keeper.tell("memory", **asdict(need), device=self.machine.device.type)
        self._begun = self._saved = self._logged = self._stepped = time.monotonic()
        self._before = run.seconds

    def took(self, figures: dict[str, float]) -> None:
        """Note what a step gave and how long it took."""
        if self._micro != self.run.micro:
            self._micro = self.run.micro
            self.keeper.tell("divided", step=self.run.step - 1, micro=self._micro)
        for key, value in figures.items():
            self._sums.setdefault(key, []).append(value)
        now = time.monotonic()
        self._paces.append(now - self._stepped)
        self._longest = max(self._longest, now - self._stepped)
        self._stepped = now

    def after_step(self) -> Job:
        """Log, look, save, and do what was asked."""
        run, options = self.run, self.run.options
        self._agree()
        asked, now = self._asked, time.monotonic()
        if run.step % options.log_every == 0 or now - self._logged > LOG_S:
            self._log()
        if options.evaluate_every and run.step % options.evaluate_every == 0:
            yield from self._save(BEFORE_LONG_S)
            yield from self._evaluate()
        every = options.sample_every
        if SAMPLE in asked or (every and run.step % every == 0):
            yield from self._save(BEFORE_LONG_S)
            self.keeper.sample()
        if STOP in asked:
            self.over = self.stopped = True
            return
        now_or_later = 0.0 if {SAVE, PAUSE} & asked else options.save_seconds - self._longest
        yield from self._save(now_or_later)
        if SAVE in asked:
            self.keeper.tell("saved", step=run.step)
        if PAUSE in asked and not self.over:
            yield from self._pause("Paused as asked.", lambda: False, LOOK_S)
        self._stepped = time.monotonic()

    def end(self) -> Job:
        """Export the averaged weights; returns the folder's name."""
        run, why = self.run, ""
        if self._sums:
            self._log()
        if self.stopped:
            name = "best"
            why = self.keeper.save()
            if not any((self.folder / name).rglob("model.json")):
                yield from self._export(name)
        else:
            name = "model"
            yield from self._save(0.0)
            yield from self._export(name)
        facts = {"step": run.step, "seconds": round(run.seconds, 1)}
        self.keeper.tell("stopped" if self.stopped else "done", **facts, message=why)
        return name

    def close(self, ended: bool) -> None:
        """Save what is not saved, if there is room, and let go of everything."""
        try:
            why = self.keeper.save()
            if not ended:
                facts = {"step": self.run.step, "seconds": round(self.run.seconds, 1)}
                self.keeper.tell("stopped", **facts, message=why)
        finally:
            self.keeper.close()

    def _agree(self) -> None:
        """All processes go by the main one's clock, and do what it was asked."""
        now = time.monotonic()
        asked = take_requests(self.folder) if self.machine.main else frozenset()
        seconds, *flags = self.machine.agree(
            [self._before + now - self._begun, *(float(one in asked) for one in _ASKED)]
        )
        self.run.seconds = seconds
        self._asked = frozenset(one for one, flag in zip(_ASKED, flags, strict=True) if flag)

    def _log(self) -> None:
        run, options = self.run, self.run.options
        figures = {k: round(float(np.mean(v)), 6) for k, v in self._sums.items()}
        left = (options.steps - run.step) * sum(self._paces) / max(1, len(self._paces))
        if options.minutes:
            left = min(left, 60 * options.minutes - run.seconds)
        facts = {"step": run.step, "steps": options.steps, "seconds": round(run.seconds, 1)}
        self.keeper.tell("step", **facts, left_s=round(max(0.0, left), 1), **figures)
        self.keeper.figures(figures)
        self._sums.clear()
        self._logged = time.monotonic()

    def _evaluate(self) -> Job:
        run, found = self.run, Evaluation()
        if self.machine.main:
            with run.averages.applied(run.stage.modules):
                found = run.stage.evaluate(run.step)
            self.keeper.tell("evaluate", step=run.step, note=found.note, **found.figures)
            self.keeper.figures(found.figures)
        stop, best = self.machine.agree([float(found.stop), float(found.best)])
        if best:
            yield from self._export("best")
        self.over = self.over or bool(stop)

    def _export(self, name: str) -> Job:
        """Write the averaged weights as a model; a drive without room pauses the run."""
        yield from self._until_written(lambda: self.keeper.export(name))

    def _save(self, older_than_s: float) -> Job:
        """Save, when the last checkpoint is older; a drive without room pauses the run."""
        (due,) = self.machine.agree([float(time.monotonic() - self._saved >= older_than_s)])
        if due:
            yield from self._until_written(self.keeper.save)
            self._saved = time.monotonic()

    def _until_written(self, write: Callable[[], str]) -> Job:
        why = write()
        (failed,) = self.machine.agree([float(bool(why))])
        if failed:
            yield from self._pause(why, lambda: not write(), RETRY_S)

    def _pause(self, why: str, ready: Callable[[], bool], every_s: float) -> Job:
        """Wait until it is ready, or asked to go on or to stop; pauses are not trained time."""
        run, began = self.run, time.monotonic()
        self.keeper.tell("paused", step=run.step, message=why)
        tried = began
        while True:
            self._agree_paused()
            good = STOP in self._asked or RESUME in self._asked
            if self.machine.main and time.monotonic() - tried >= every_s:
                good, tried = ready() or good, time.monotonic()
            if self.machine.agree([float(good)]) == [1.0]:
                break
            time.sleep(LOOK_S)
            yield Progress(run.step, run.options.steps, f"paused: {why}" if why else "paused")
        self._begun += time.monotonic() - began
        if STOP in self._asked:
            self.over = self.stopped = True
            return
        self.keeper.tell("resumed", step=run.step)

    def _agree_paused(self) -> None:
        seconds = self.run.seconds
        self._agree()
        self.run.seconds = seconds
