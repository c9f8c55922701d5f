"""The state of one run, one step of it, and how both go into a checkpoint and come back."""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.training.averages import Averages, cosine
from lgesynth_gui.training.checkpoint import Checkpoint
from lgesynth_gui.training.division import count_of, on, parts_of, rows
from lgesynth_gui.training.machine import Machine, out_of_memory
from lgesynth_gui.training.stage import (
    Divisible,
    LoopOptions,
    Movable,
    Recomputing,
    Remembering,
    Spent,
    Stage,
    Surveying,
)

Step = Generator[None, None, dict[str, float]]  # yields between parts of a batch


class RunState:
    """All that a run is; `checkpoint` gives it and `load` takes it.

    Args:
        stage: What is trained; moved to the machine's device.
        options: How.
        machine: Which process this is, and where it computes.

    Raises:
        LgeSynthError: the stage has nothing to train, or cannot work as it is asked to.
    """

    def __init__(self, stage: Stage, options: LoopOptions, machine: Machine) -> None:
        self.stage, self.options, self.machine = stage, options, machine
        self.step, self.seconds, self.micro = 0, 0.0, options.micro
        self.rng = np.random.default_rng(options.seed)
        self.noise = torch.Generator("cpu").manual_seed(options.seed)
        self._mark()
        _require(stage, options, machine)
        if isinstance(stage, Movable):
            stage.to(machine.device)
        if options.recompute and isinstance(stage, Recomputing):
            stage.recompute()
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

    @property
    def finished(self) -> bool:
        """Whether the last step is done, or the time is up."""
        options = self.options
        return self.step >= options.steps or bool(options.minutes and self.fraction() >= 1)

    def fraction(self) -> float:
        """How much of the run is done, 0 to 1, by steps or by minutes."""
        by_step = self.step / max(1, self.options.steps)
        if not self.options.minutes:
            return by_step
        return max(by_step, self.seconds / (60 * self.options.minutes))

    def spent(self) -> Spent:
        """Steps and minutes so far."""
        return Spent(self.step, round(self.seconds / 60, 2))

    def checkpoint(self) -> Checkpoint:
        """The state after the last whole step, also in the middle of the next one."""
        tensors: dict[str, Tensor] = {f"ema/{k}": v for k, v in self.averages.values.items()}
        for name, module in self.stage.modules.items():
            tensors |= {f"weights/{name}.{k}": v for k, v in module.state_dict().items()}
        names = {id(value): name for name, value in self.named.items()}
        for value in self.order:
            for key, moment in self.optimizer.state.get(value, {}).items():
                tensors[f"adam/{names[id(value)]}/{key}"] = moment
        tensors["noise"] = self._noise_mark
        facts: dict[str, Any] = {
            "stage": self.stage.name,
            "step": self.step,
            "seconds": self.seconds,
            "micro": self.micro,
            "rng": self._rng_mark,
            "options": asdict(self.options),
        }
        if self.machine.scaler.is_enabled():
            facts["scaler"] = self.machine.scaler.state_dict()
        if isinstance(self.stage, Remembering):
            facts["memory"] = dict(self.stage.memory())
        return Checkpoint(tensors, facts)

    def load(self, state: Checkpoint) -> None:
        """Go on from a checkpoint.

        Raises:
            LgeSynthError: it is another stage's, or of other networks.
        """
        facts = state.facts
        if facts["stage"] != self.stage.name:
            raise LgeSynthError(
                f"This folder holds a run of stage {facts['stage']}.",
                "Choose another output folder.",
            )
        self.step, self.seconds = int(facts["step"]), float(facts["seconds"])
        self.micro = int(facts.get("micro", self.micro))
        self.rng.bit_generator.state = facts["rng"]
        self.noise.set_state(state.tensors["noise"])
        self._mark()
        try:
            for name, module in self.stage.modules.items():
                module.load_state_dict(_under(state.tensors, f"weights/{name}."))
            for key, value in self.averages.values.items():
                value.copy_(state.tensors[f"ema/{key}"])
            for key, moment in state.tensors.items():
                if key.startswith("adam/"):
                    _, name, part = key.split("/")
                    place = "cpu" if part == "step" else self.machine.device
                    self.optimizer.state[self.named[name]][part] = moment.to(place, copy=True)
        except (KeyError, RuntimeError) as error:
            raise LgeSynthError(
                "This folder holds a run of other networks.", "Choose another output folder."
            ) from error
        if "scaler" in facts and self.machine.scaler.is_enabled():
            self.machine.scaler.load_state_dict(facts["scaler"])
        if isinstance(self.stage, Remembering):
            self.stage.recall(facts.get("memory", {}))

    def advance(self) -> Step:
        """One step; returns the figures of the log.

        Where memory is not enough, the same batch is worked off again in smaller parts.

        Raises:
            LgeSynthError: the loss is no number, or not even one item fits into memory.
        """
        options = self.options
        rate = options.learning_rate * cosine(self.fraction())
        rate *= min(1.0, (self.step + 1) / max(1, options.warmup))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch = self.stage.batch(self.rng)
        count, before = count_of(batch), self.noise.get_state()
        while True:
            self.noise.set_state(before)
            figures = yield from self._gradients(batch, count)
            if figures is not None:
                break
            self._halve(count)
        scaler = self.machine.scaler
        scaler.unscale_(self.optimizer)
        norms = [
            nn.utils.clip_grad_norm_(module.parameters(), options.clip)
            for module in self.stage.modules.values()
        ]
        scaler.step(self.optimizer)
        scaler.update()
        self.step += 1
        self.averages.update(self.step)
        self._mark()
        loss = figures.pop("loss")
        return {"loss": loss, "norm": math.hypot(*map(float, norms)), "rate": rate, **figures}

    def probe(self) -> int:
        """The loss of a first part, for whoever watches the memory; no state of the run changes.

        Returns:
            How many items a batch has.
        """
        rng = copy.deepcopy(self.rng)
        noise = torch.Generator("cpu")
        noise.set_state(self.noise.get_state())
        batch = self.stage.batch(rng)
        count = count_of(batch)
        part = slice(0, 1 if isinstance(self.stage, Divisible) else count)
        try:
            stage, chance = self.stage, None
            if isinstance(stage, Divisible):
                chance = stage.chance(batch, noise, self.step)
            self._loss(batch, chance, part, noise)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        return count

    def _gradients(self, batch: Any, count: int) -> Generator[None, None, dict[str, float] | None]:
        """Gradients of a batch in the weights, and its figures; None where memory was too small."""
        self.optimizer.zero_grad(set_to_none=True)
        sums: dict[str, float] = {}
        short = bad = False
        try:
            chance = self._chance(batch, count, self.noise)
            for number, part in enumerate(self._parts(count)):
                if number:
                    yield None
                share = (part.stop - part.start) / count
                loss, figures = self._loss(batch, chance, part, self.noise)
                bad = not bool(torch.isfinite(loss))
                if bad:
                    break
                self.machine.scaler.scale(loss if share == 1 else loss * share).backward()
                for name, value in {"loss": loss.item(), **figures}.items():
                    sums[name] = sums.get(name, 0.0) + share * float(value)
                del loss
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            short = True
        if self.machine.count > 1:
            shorts, bads = self.machine.sums([float(short), float(bad)])
            short, bad = shorts > 0, bads > 0
        if short:
            self.optimizer.zero_grad(set_to_none=True)
            return None
        if bad:
            raise LgeSynthError(
                f"The loss of stage {self.stage.name} is no number at step {self.step}.",
                "Resume with a smaller learning rate.",
            )
        return self._together(sums)

    def _parts(self, count: int) -> Iterator[slice]:
        if not isinstance(self.stage, Divisible):
            return iter((slice(0, count),))
        return parts_of(*self.machine.share(count), self.micro)

    def _chance(
        self, batch: Any, count: int, noise: torch.Generator
    ) -> Mapping[str, Tensor] | None:
        """What is random in the loss of this batch; None where the stage draws it as it goes."""
        stage = self.stage
        if not isinstance(stage, Divisible):
            return None
        chance = dict(stage.chance(batch, noise, self.step))
        if isinstance(stage, Surveying) and self._divided(count):
            found: dict[str, list[Tensor]] = {}
            for part in self._parts(count):
                own, its = self._part(batch, chance, part)
                with torch.no_grad(), self._dropout(part.start), self.machine.computing():
                    for name, value in stage.survey(own, its).items():
                        found.setdefault(name, []).append(value)
            whole = {k: self.machine.gathered(torch.cat(v)).cpu() for k, v in found.items()}
            chance |= stage.settle(whole)
        return chance

    def _divided(self, count: int) -> bool:
        return self.machine.count > 1 or 0 < self.micro < count

    def _part(self, batch: Any, chance: Mapping[str, Tensor], part: slice) -> tuple[Any, Any]:
        device = self.machine.device
        return on(rows(batch, part), device), on(rows(chance, part), device)

    def _loss(
        self, batch: Any, chance: Mapping[str, Tensor] | None, part: slice, noise: torch.Generator
    ) -> tuple[Tensor, Mapping[str, float]]:
        with self._dropout(part.start), self.machine.computing():
            if chance is None or not isinstance(self.stage, Divisible):
                return self.stage.loss(on(batch, self.machine.device), noise, self.step)
            return self.stage.part_loss(*self._part(batch, chance, part), self.step)

    def _together(self, sums: dict[str, float]) -> dict[str, float]:
        """Gradients and figures summed over the processes."""
        if self.machine.count == 1:
            return sums
        grads = [value.grad for value in self.named.values() if value.grad is not None]
        flat = self.machine.total(torch.cat([one.reshape(-1) for one in grads]))
        for one, summed in zip(
            grads, torch.split(flat, [one.numel() for one in grads]), strict=True
        ):
            one.copy_(summed.view_as(one))
        names = sorted(sums)
        return dict(zip(names, self.machine.sums([sums[n] for n in names]), strict=True))

    def _halve(self, count: int) -> None:
        size = self.micro or count // self.machine.count
        if size <= 1 or not isinstance(self.stage, Divisible):
            what = "one item" if isinstance(self.stage, Divisible) else "one batch"
            raise LgeSynthError(
                f"Memory is too small for {what} of stage {self.stage.name}.",
                "Close other programs, or train with a smaller batch or on the processor.",
            )
        self.micro = math.ceil(size / 2)
        if self.machine.device.type == "cuda":
            torch.cuda.empty_cache()

    @contextmanager
    def _dropout(self, item: int) -> Iterator[None]:
        """Dropout draws from torch's own generator: inside this block from one of this step's."""
        cuda = self.machine.device.type == "cuda"
        seed = np.random.SeedSequence((self.options.seed, self.step, item)).generate_state(2)
        with torch.random.fork_rng([self.machine.device] if cuda else []):
            torch.manual_seed(int(seed[0]) << 16 ^ int(seed[1]))
            yield

    def _mark(self) -> None:
        """Remember where the generators stand between two steps."""
        self._rng_mark = copy.deepcopy(self.rng.bit_generator.state)
        self._noise_mark = self.noise.get_state()


def _under(tensors: Mapping[str, Tensor], head: str) -> dict[str, Tensor]:
    return {k.removeprefix(head): v for k, v in tensors.items() if k.startswith(head)}


def _require(stage: Stage, options: LoopOptions, machine: Machine) -> None:
    """Refuse what a stage cannot do before anything is begun."""
    name = stage.name
    if machine.device.type != "cpu" and not isinstance(stage, Movable):
        raise LgeSynthError(f"Stage {name} trains on the processor only.", "Use device cpu.")
    if not isinstance(stage, Divisible):
        why = f"Stage {name} compares the items of a batch with one another"
        if machine.count > 1:
            raise LgeSynthError(f"{why}.", "Train it in one process.")
        if options.micro:
            raise LgeSynthError(f"{why}, so a batch cannot be divided.", "Leave out the parts.")
    if options.recompute and not isinstance(stage, Recomputing):
        raise LgeSynthError(
            f"Stage {name} keeps all activations.", "Save memory with smaller parts instead."
        )
