"""Stages small enough to be trained in a moment, in a test or in a process of its own."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lgesynth_gui.training.stage import Evaluation, LoopOptions

OPTIONS = LoopOptions(steps=30, learning_rate=0.05, warmup=2, ema=0.5, bf16=False, log_every=5)


class Curve:
    """Fits y = sin 3x by a small network with dropout; noise is drawn from the loop's generators.

    Args:
        short: Calls of the loss (with more than `fits` items) that memory is too small for.
        fits: Items that always fit.
    """

    name = "curve"

    def __init__(self, short=(), fits=1, dropout=0.0, count=8):
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.net = nn.Sequential(
                nn.Linear(2, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 1)
            )
        self.modules = {"net": self.net}
        self.short, self.fits, self.count = short, fits, count
        self.sizes, self.seen = [], 0

    def batch(self, rng):
        return {"x": rng.uniform(-1, 1, (self.count, 2)).astype(np.float32)}

    def chance(self, batch, noise, step):
        return {"noise": 0.1 * torch.randn(len(batch["x"]), 1, generator=noise)}

    def part_loss(self, part, chance, step):
        x = part["x"]
        self.sizes.append(len(x))
        if step in self.short and len(x) > self.fits:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        target = torch.sin(3 * x.sum(1, keepdim=True)) + chance["noise"]
        return (self.net(x) - target).pow(2).mean(), {"half": 0.5 * len(x) / len(x)}

    def loss(self, batch, noise, step):
        return self.part_loss(batch, self.chance(batch, noise, step), step)

    def evaluate(self, step):
        self.seen += 1
        return Evaluation({"seen": float(self.seen)})

    def memory(self):
        return {"seen": self.seen}

    def recall(self, memory):
        self.seen = memory.get("seen", 0)

    def samples(self):
        return [np.zeros((8, 8), np.uint8)]

    def export(self, folder: Path, spent):
        folder.mkdir(parents=True, exist_ok=True)
        values = {k: v.tolist() for k, v in self.net.state_dict().items()}
        (folder / "model.json").write_text(json.dumps(values))


class Whole:
    """The same fit, whose loss nobody may divide."""

    name = "whole"

    def __init__(self, short=()):
        self.curve = Curve()
        self.modules, self.short = self.curve.modules, short
        self.batch, self.evaluate = self.curve.batch, self.curve.evaluate
        self.export = self.curve.export

    def loss(self, batch, noise, step):
        if step in self.short:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.curve.part_loss(batch, self.curve.chance(batch, noise, step), step)
