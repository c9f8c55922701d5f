"""Forced choice by a network: can it tell painted scars from the phantom's own?

Both pictures of a pair show the same slice and the same scar mask, and differ only where the scar
was painted anew. An area under the curve near .5 means that nothing gives the painting away; how
much a larger network or more pairs would see is not said by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.jobs import Job, Progress

SIDE = 64
STEPS = 800
BATCH = 32
TRAINED = 0.6  # share of the patients
LEARNING_RATE = 2e-3
DRAWS = 1000


@dataclass(frozen=True, eq=False)
class Pair:
    """One scar twice.

    Args:
        group: Patient.
        true: The slice's own picture, normalised, `(h, w)`.
        painted: The same slice with its scar painted anew.
        scar: Where the scar is.
    """

    group: str
    true: Array
    painted: Array
    scar: Mask


@dataclass(frozen=True)
class Choice:
    """How well the network chose.

    Args:
        auc: Area under the curve on patients it never saw, 0.5 = by chance.
        low, high: 95 % interval over those patients.
        trained, held_out: Pairs.
    """

    auc: float
    low: float
    high: float
    trained: int
    held_out: int


class _Chooser(nn.Module):
    """Four convolutions on a crop and its scar, about 47,000 weights."""

    def __init__(self, widths: tuple[int, ...] = (16, 32, 48, 64)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 2
        for k, width in enumerate(widths):
            layers += [
                nn.Conv2d(before, width, 3, stride=1 if k == 0 else 2, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(),
            ]
            before = width
        self.layers = nn.Sequential(*layers)
        self.last = nn.Linear(2 * before, 1)

    def forward(self, crops: Tensor) -> Tensor:
        """Logits `(n,)` that crops `(n, 2, 64, 64)` are painted."""
        seen = self.layers(crops)
        near = functional.adaptive_avg_pool2d(crops[:, 1:], seen.shape[-2:])
        weight = near / near.sum(dim=(2, 3), keepdim=True).clamp_min(1e-6)
        at_scar = (seen * weight).sum(dim=(2, 3))
        found: Tensor = self.last(torch.cat([at_scar, seen.mean(dim=(2, 3))], dim=1))
        return found[:, 0]


def crop_round(pair: Pair) -> NDArray[np.float32]:
    """Crops `(2, 2, 64, 64)` round the scar: true, painted; each picture and mask."""
    middle = [round(float(axis.mean())) for axis in np.nonzero(pair.scar)]
    pad = SIDE // 2
    planes = [np.pad(plane, pad, mode="reflect") for plane in (pair.true, pair.painted)]
    scar = np.pad(pair.scar, pad).astype(np.float32)
    here = (slice(middle[0], middle[0] + SIDE), slice(middle[1], middle[1] + SIDE))
    return np.stack([np.stack([plane[here], scar[here]]) for plane in planes]).astype(np.float32)


def forced_choice(pairs: Sequence[Pair], seed: int, steps: int = STEPS) -> Job:
    """Train the network on some patients and let it choose on the others.

    Args:
        pairs: At least two patients; every scar has pixels.
        seed: Of split, weights and batches.
        steps: Training steps of 32 crops.

    Returns:
        A job that returns a `Choice`.
    """
    rng = np.random.default_rng((seed, 1))
    groups = list(dict.fromkeys(pair.group for pair in pairs))
    picked = rng.permutation(len(groups))
    count = min(max(round(TRAINED * len(groups)), 1), len(groups) - 1)
    trained = {groups[k] for k in picked[:count]}
    crops = torch.from_numpy(np.stack([crop_round(pair) for pair in pairs]))
    learn = [k for k, pair in enumerate(pairs) if pair.group in trained]
    test = [k for k, pair in enumerate(pairs) if pair.group not in trained]
    network = yield from _trained(crops[learn], seed, steps, rng)
    scores = _scores(network, crops[test])
    names = [pairs[k].group for k in test]
    low, high = _interval(scores, names, rng)
    return Choice(auc(scores[:, 0], scores[:, 1]), low, high, len(learn), len(test))


def _trained(crops: Tensor, seed: int, steps: int, rng: np.random.Generator) -> Job:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _Chooser()
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, LEARNING_RATE, total_steps=steps + 1)
    network.train()
    for step in range(steps):
        rows = torch.from_numpy(rng.integers(0, len(crops), BATCH // 2))
        batch = _turned(crops[rows].flatten(0, 1), rng)
        wanted = torch.tensor([0.0, 1.0]).repeat(len(rows))
        loss = functional.binary_cross_entropy_with_logits(network(batch), wanted)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        rate.step()
        yield Progress(step + 1, steps, "training the forced choice")
    return network.eval()


def _turned(batch: Tensor, rng: np.random.Generator) -> Tensor:
    """A batch of pairs in one of eight positions, its brightness a little off."""
    batch = torch.rot90(batch, int(rng.integers(4)), (2, 3))
    if rng.random() < 0.5:
        batch = batch.flip(3)
    half = len(batch) // 2
    gain = torch.from_numpy(rng.uniform(0.9, 1.1, half).astype(np.float32)).repeat_interleave(2)
    off = torch.from_numpy(rng.uniform(-0.1, 0.1, half).astype(np.float32)).repeat_interleave(2)
    picture = batch[:, :1] * gain[:, None, None, None] + off[:, None, None, None]
    return torch.cat([picture, batch[:, 1:]], dim=1)


@torch.no_grad()
def _scores(network: nn.Module, crops: Tensor) -> NDArray[np.float64]:
    """Logits `(n, 2)` of true and painted, the mean over the eight positions."""
    turned = [torch.rot90(crops, k, (3, 4)) for k in range(4)]
    turned += [one.flip(4) for one in turned]
    found = [network(one.flatten(0, 1)).reshape(-1, 2) for one in turned]
    return torch.stack(found).mean(dim=0).double().numpy()


def auc(true: NDArray[np.float64], painted: NDArray[np.float64]) -> float:
    """Chance that a painted scar scores above a true one; ties count half."""
    ranks = stats.rankdata(np.concatenate([true, painted]))[len(true) :]
    n, m = len(true), len(painted)
    return float((ranks.sum() - m * (m + 1) / 2) / (n * m))


def _interval(
    scores: NDArray[np.float64], groups: Sequence[str], rng: np.random.Generator
) -> tuple[float, float]:
    names = list(dict.fromkeys(groups))
    members = [np.flatnonzero([one == name for one in groups]) for name in names]
    found = []
    for some in rng.integers(0, len(members), (DRAWS, len(members))):
        rows = scores[np.concatenate([members[k] for k in some])]
        found.append(auc(rows[:, 0], rows[:, 1]))
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)
