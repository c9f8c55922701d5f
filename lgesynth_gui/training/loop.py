"""The one training loop: AdamW, warm-up and cosine, average of weights, resumable at any step.

A stage brings its networks, its batches and its loss; the loop brings everything else. Batches
and losses may draw only from the two generators they are handed, so a resumed run repeats the
interrupted one bit for bit on a CPU (unless the run is limited by minutes, whose cosine follows
the clock).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import Appender
from lgesynth_gui.training.checkpoint import Checkpoint, newest_checkpoint, save_checkpoint


@dataclass(frozen=True)
class Evaluation:
    """What a stage found when it looked at its averaged weights.

    Args:
        figures: Named numbers for the log.
        best: These are the best weights so far; the loop exports them to `best`.
        stop: No further training is wanted.
        note: Why, in a few words.
    """

    figures: Mapping[str, float] = field(default_factory=dict)
    best: bool = False
    stop: bool = False
    note: str = ""


@dataclass(frozen=True)
class Spent:
    """How long a run has trained: steps and minutes, all its sessions together."""

    steps: int
    minutes: float


class Stage(Protocol):
    """What is trained. `modules` are the trained networks only; frozen ones stay inside."""

    name: str
    modules: Mapping[str, nn.Module]

    def batch(self, rng: np.random.Generator) -> Any:
        """Draw the next training batch."""
        ...

    def loss(
        self, batch: Any, noise: torch.Generator, step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Scalar loss of a batch and figures for the log."""
        ...

    def evaluate(self, step: int) -> Evaluation:
        """Look at the averaged weights (they are in the modules while this runs)."""
        ...

    def export(self, folder: Path, spent: Spent) -> None:
        """Write `<id>/<version>` into folder; the modules hold the averaged weights."""
        ...


@dataclass(frozen=True)
class LoopOptions:
    """How long and how fast.

    Args:
        steps: Last step; the cosine ends there.
        minutes: Stop after this many minutes of training (all sessions together); 0 = no limit.
        learning_rate: Peak of the cosine, after a linear warm-up.
        warmup: Steps of warm-up.
        weight_decay: AdamW's, for matrices and kernels only.
        betas: AdamW's memory of gradient and of its square.
        clip: Largest norm of each network's gradient.
        ema: Decay of the averaged weights, reached gradually: min(ema, (1+k)/(10+k)).
        save_seconds: Longest time between two checkpoints.
        log_every: Steps between two log lines.
        evaluate_every: Steps between two evaluations; 0 = never.
        bf16: Run the loss under bfloat16 autocast.
        seed: Of both generators.
    """

    steps: int = 1000
    minutes: float = 0.0
    learning_rate: float = 6e-4
    warmup: int = 50
    weight_decay: float = 0.01
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 1.0
    ema: float = 0.998
    save_seconds: float = 240.0
    log_every: int = 20
    evaluate_every: int = 0
    bf16: bool = True
    seed: int = 0


class Averages:
    """Exponential moving average of the parameters of several modules."""

    def __init__(self, modules: Mapping[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self.values = {
            f"{name}.{key}": value.detach().clone()
            for name, module in modules.items()
            for key, value in module.state_dict().items()
        }

    @torch.no_grad()
    def update(self, modules: Mapping[str, nn.Module], step: int) -> None:
        """Move towards the present weights; early steps count more."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, module in modules.items():
            for key, value in module.state_dict().items():
                mean = self.values[f"{name}.{key}"]
                if mean.is_floating_point():
                    mean.lerp_(value.to(mean.dtype), 1 - decay)
                else:
                    mean.copy_(value)

    @contextmanager
    def applied(self, modules: Mapping[str, nn.Module]) -> Iterator[None]:
        """The modules hold the averages inside this block, in evaluation mode."""
        own = {n: {k: v.clone() for k, v in m.state_dict().items()} for n, m in modules.items()}
        training = {n: m.training for n, m in modules.items()}
        try:
            for name, module in modules.items():
                module.load_state_dict({k: self.values[f"{name}.{k}"] for k in module.state_dict()})
                module.eval()
            yield
        finally:
            for name, module in modules.items():
                module.load_state_dict(own[name])
                module.train(training[name])


def cosine(fraction: float) -> float:
    """Half a cosine from 1 at 0 down to 0.02 at 1."""
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(max(fraction, 0.0), 1.0)))


class _Run:
    """State of one run; all of it goes into a checkpoint."""

    def __init__(self, stage: Stage, options: LoopOptions) -> None:
        self.stage, self.options = stage, options
        self.step, self.seconds = 0, 0.0
        self.rng = np.random.default_rng(options.seed)
        self.noise = torch.Generator("cpu").manual_seed(options.seed)
        self.named = {
            f"{name}.{key}": value
            for name, module in stage.modules.items()
            for key, value in module.named_parameters()
            if value.requires_grad
        }
        if not self.named:
            raise LgeSynthError("There is nothing to train.", "Choose another stage.")
        decayed = [v for v in self.named.values() if v.ndim > 1]
        plain = [v for v in self.named.values() if v.ndim <= 1]
        groups = [
            {"params": decayed, "weight_decay": options.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(
            [g for g in groups if g["params"]], lr=options.learning_rate, betas=options.betas
        )
        self.order = decayed + plain
        self.averages = Averages(stage.modules, options.ema)

    def fraction(self) -> float:
        by_step = self.step / max(1, self.options.steps)
        if not self.options.minutes:
            return by_step
        return max(by_step, self.seconds / (60 * self.options.minutes))

    def spent(self) -> Spent:
        return Spent(self.step, round(self.seconds / 60, 2))

    def save(self, folder: Path) -> None:
        tensors: dict[str, Tensor] = {f"ema/{k}": v for k, v in self.averages.values.items()}
        for name, module in self.stage.modules.items():
            tensors |= {f"weights/{name}.{k}": v for k, v in module.state_dict().items()}
        names = {id(value): name for name, value in self.named.items()}
        for value in self.order:
            for key, moment in self.optimizer.state.get(value, {}).items():
                tensors[f"adam/{names[id(value)]}/{key}"] = moment
        tensors["noise"] = self.noise.get_state()
        facts = {
            "stage": self.stage.name,
            "step": self.step,
            "seconds": self.seconds,
            "rng": self.rng.bit_generator.state,
            "options": asdict(self.options),
        }
        save_checkpoint(folder, Checkpoint(tensors, facts))

    def load(self, state: Checkpoint) -> None:
        if state.facts["stage"] != self.stage.name:
            raise LgeSynthError(
                f"This folder holds a run of stage {state.facts['stage']}.",
                "Choose another output folder.",
            )
        self.step, self.seconds = int(state.facts["step"]), float(state.facts["seconds"])
        self.rng.bit_generator.state = state.facts["rng"]
        self.noise.set_state(state.tensors["noise"])
        for name, module in self.stage.modules.items():
            head = f"weights/{name}."
            module.load_state_dict(
                {k.removeprefix(head): v for k, v in state.tensors.items() if k.startswith(head)}
            )
        self.averages.values = {
            k.removeprefix("ema/"): v.clone()
            for k, v in state.tensors.items()
            if k.startswith("ema/")
        }
        for key, moment in state.tensors.items():
            if key.startswith("adam/"):
                _, name, part = key.split("/")
                self.optimizer.state[self.named[name]][part] = moment.clone()

    def advance(self) -> dict[str, float]:
        """One step; returns the figures of the log."""
        options = self.options
        rate = options.learning_rate * cosine(self.fraction())
        rate *= min(1.0, (self.step + 1) / max(1, options.warmup))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch = self.stage.batch(self.rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=options.bf16):
            loss, figures = self.stage.loss(batch, self.noise, self.step)
        if not bool(torch.isfinite(loss)):
            raise LgeSynthError(
                f"The loss of stage {self.stage.name} is no number at step {self.step}.",
                "Resume with a smaller learning rate.",
            )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norms = [
            nn.utils.clip_grad_norm_(module.parameters(), options.clip)
            for module in self.stage.modules.values()
        ]
        self.optimizer.step()
        self.step += 1
        self.averages.update(self.stage.modules, self.step)
        return {
            "loss": loss.item(),
            "norm": math.hypot(*map(float, norms)),
            "rate": rate,
            **figures,
        }


class _Log:
    """`events.jsonl`: one line of JSON an event, appended and safe on the drive."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "events.jsonl"

    def write(self, kind: str, **facts: Any) -> None:
        line = json.dumps({"event": kind, "time": round(time.time(), 1), **facts})
        events = Appender(self._path)
        try:
            events.append(line.encode() + b"\n")
        finally:
            events.close()


def train(stage: Stage, folder: Path, options: LoopOptions) -> Job:
    """Train a stage, resuming from the folder's checkpoint when it has one.

    Args:
        stage: What to train.
        folder: The run: checkpoints, `events.jsonl`, and `model` with the exported weights.
        options: How long and how fast.

    Returns:
        A job that yields a `Progress` each step and returns the folder of the exported model.
        Closing it saves a checkpoint first.

    Raises:
        LgeSynthError: the folder holds another stage's run, or the loss is no number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run, log = _Run(stage, options), _Log(folder)
    state = newest_checkpoint(folder)
    if state is not None:
        run.load(state)
    log.write("start", stage=stage.name, step=run.step, options=asdict(options))
    saved = began = time.monotonic()
    seconds, saved_step = run.seconds, run.step
    sums: dict[str, list[float]] = {}
    for module in stage.modules.values():
        module.train()
    try:
        while run.step < options.steps and not (options.minutes and run.fraction() >= 1):
            for key, value in run.advance().items():
                sums.setdefault(key, []).append(value)
            now = time.monotonic()
            run.seconds = seconds + now - began
            if run.step % options.log_every == 0:
                figures = {k: round(float(np.mean(v)), 6) for k, v in sums.items()}
                log.write("step", step=run.step, seconds=round(run.seconds, 1), **figures)
                sums.clear()
            if options.evaluate_every and run.step % options.evaluate_every == 0:
                with run.averages.applied(stage.modules):
                    found = stage.evaluate(run.step)
                    if found.best:
                        stage.export(folder / "best", run.spent())
                log.write("evaluate", step=run.step, note=found.note, **found.figures)
                run.seconds = seconds + time.monotonic() - began
                if found.stop:
                    break
            if now - saved > options.save_seconds:
                run.save(folder)
                saved, saved_step = time.monotonic(), run.step
            yield Progress(run.step, options.steps, f"training {stage.name}")
        with run.averages.applied(stage.modules):
            stage.export(folder / "model", run.spent())
        log.write("done", step=run.step, seconds=round(run.seconds, 1))
    finally:
        if run.step != saved_step:
            run.save(folder)
    return folder / "model"
