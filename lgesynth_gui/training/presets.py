"""How long and how carefully a model is fine-tuned, and what that costs on this computer."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

if TYPE_CHECKING:
    from lgesynth_gui.training.tune import TuneStage

MIB = 1 << 20
TIMED = 3  # steps, after one that is not timed
MOST_THREADS = 4


@dataclass(frozen=True)
class Preset:
    """A way to fine-tune.

    Args:
        name: "quick", "standard" or "careful".
        title: For people.
        words: What it is for, one sentence.
        steps, batch: Length of the training.
        rate: Peak of the learning rate.
        evaluate_every: Steps between two looks of the judge.
        watched: Slices it looks at then.
        measured: Wishes on held-out patients, before and after.
        phantom: Computed slices that are trained on besides, so that they are not forgotten.
    """

    name: str
    title: str
    words: str
    steps: int
    batch: int
    rate: float
    evaluate_every: int
    watched: int
    measured: int
    phantom: int


PRESETS: Mapping[str, Preset] = {
    one.name: one
    for one in (
        Preset("quick", "Quick", "To see whether fine-tuning helps at all.",
               300, 8, 3e-5, 100, 12, 40, 120),
        Preset("standard", "Standard", "For use: long enough for most labs.",
               1500, 12, 3e-5, 250, 24, 100, 400),
        Preset("careful", "Careful", "Slowly, with more looks between; over night.",
               5000, 16, 2e-5, 500, 40, 200, 1000),
    )
}  # fmt: skip


def preset_of(name: str) -> Preset:
    """The preset of a name.

    Raises:
        LgeSynthError: there is none.
    """
    if name not in PRESETS:
        raise LgeSynthError(
            f"There is no preset {name[:40]!r}.", f"Choose among {', '.join(PRESETS)}."
        )
    return PRESETS[name]


def usual_threads() -> int:
    """Processor threads of a fine-tuning: those there are, at most four."""
    return max(1, min(MOST_THREADS, len(os.sched_getaffinity(0)) if _affine() else _cores()))


def _affine() -> bool:
    return hasattr(os, "sched_getaffinity")


def _cores() -> int:
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Estimate:
    """What a fine-tuning will cost on this computer, measured by a few of its own steps.

    Args:
        step_s: Seconds a step.
        minutes: All steps, looks between and the table at the end.
        memory_mib: Largest memory of the trainer; on Windows only what the training adds.
        disk_mib: What the run's folder will hold.
    """

    step_s: float
    minutes: float
    memory_mib: int
    disk_mib: int

    @property
    def words(self) -> str:
        """In one line."""
        return (
            f"about {self.minutes:.0f} minutes ({self.step_s:.2f} s a step),"
            f" {self.memory_mib} MiB of memory, {self.disk_mib} MiB of disk"
        )


def estimate(stage: TuneStage, preset: Preset, stored: int = 0) -> Job:
    """Time a few steps of a stage without changing it.

    Args:
        stage: What will be trained.
        preset: How.
        stored: Bytes the run's folder holds already.

    Returns:
        A job that returns an `Estimate`.
    """
    import numpy as np
    import torch

    rng, noise = np.random.default_rng(0), torch.Generator("cpu").manual_seed(0)
    parameters = [p for m in stage.modules.values() for p in m.parameters() if p.requires_grad]
    times: list[float] = []
    try:
        for step in range(TIMED + 1):
            yield Progress(step, TIMED + 2, "timing a few steps")
            began = time.perf_counter()
            batch = stage.batch(rng)
            with torch.autocast("cpu", torch.bfloat16):
                loss, _ = stage.loss(batch, noise, 0)
            loss.backward()  # type: ignore[no-untyped-call]
            times.append(time.perf_counter() - began)
    finally:
        for one in parameters:
            one.grad = None
    yield Progress(TIMED + 1, TIMED + 2, "timing a few pictures")
    began = time.perf_counter()
    some = list(range(min(4, len(stage.watched))))
    pictures = stage.watched.painted(stage.denoiser, some)
    stage.watched.dice(list(pictures), some)
    each = (time.perf_counter() - began) / len(some)
    step_s = float(np.median(times[1:])) * preset.batch / stage.batches.size
    looks = preset.steps // preset.evaluate_every
    painted = looks * (preset.watched + 8) + 5 * preset.measured
    weights = 4 * sum(p.numel() for p in parameters)
    return Estimate(
        step_s=step_s,
        minutes=(step_s * preset.steps + each * painted) / 60,
        memory_mib=round((_peak_bytes() + 4 * weights) / MIB),
        disk_mib=round((2 * 4 * weights + 2 * weights // 2 + stored) / MIB) + 2 * looks,
    )


def _peak_bytes() -> int:
    """Largest memory of this process so far; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
