"""What the loop and what is trained agree on: the stage, what it may offer, and the options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn


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


@runtime_checkable
class Divisible(Protocol):
    """A stage whose batch may be worked off in parts, and by several processes.

    Its loss of a batch is the mean of its losses of the items; what the items have in common is
    settled in `chance`, which sees them all.
    """

    def chance(self, batch: Any, noise: torch.Generator, step: int) -> Mapping[str, Tensor]:
        """All that is random in the loss of a whole batch, and what it needs to know of all of it.

        Every tensor has one row an item.
        """
        ...

    def part_loss(
        self, part: Any, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Loss and figures of some items, each the mean over them."""
        ...


@runtime_checkable
class Surveying(Protocol):
    """A divisible stage that compares what its networks say of all items of a batch."""

    def survey(self, part: Any, chance: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """What is compared, one row an item; called without gradients."""
        ...

    def settle(self, found: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """From the rows of the whole batch, what is added to its `chance`."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """A stage that must know after a restart what it has seen before."""

    def memory(self) -> Mapping[str, Any]:
        """JSON-able, kept in each checkpoint."""
        ...

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take back what `memory` gave."""
        ...


@runtime_checkable
class Painting(Protocol):
    """A stage that can show what its averaged weights paint."""

    def samples(self) -> Sequence[npt.NDArray[np.uint8]]:
        """Grey pictures of fixed wishes with fixed seeds, marked as synthetic."""
        ...


@runtime_checkable
class Movable(Protocol):
    """A stage that can work on a graphics card: frozen networks and all."""

    def to(self, device: torch.device) -> None:
        """Move everything the loss and the evaluation use."""
        ...


@runtime_checkable
class Recomputing(Protocol):
    """A stage that can save memory by computing activations a second time."""

    def recompute(self) -> None:
        """From now on keep only what the blocks are given."""
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
        save_seconds: Longest time between two checkpoints; a step that would end later is not
            begun before one is saved.
        log_every: Steps between two log lines, at most.
        evaluate_every: Steps between two evaluations; 0 = never.
        sample_every: Steps between two sets of pictures; 0 = only when asked.
        micro: Items worked off at once, so that less memory is needed; 0 = the whole batch.
        recompute: Compute activations twice instead of keeping them.
        bf16: Run the loss under bfloat16 autocast.
        fp16: Run it under float16 with a scaled loss instead; graphics cards only.
        device: "cpu", "cuda", "mps", or "auto" for the best there is.
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
    save_seconds: float = 110.0
    log_every: int = 20
    evaluate_every: int = 0
    sample_every: int = 0
    micro: int = 0
    recompute: bool = False
    bf16: bool = True
    fp16: bool = False
    device: str = "cpu"
    seed: int = 0
