"""Can it be told from a model's loss whether a slice was trained on?

The attack knows the model, the model it was made from, and the slice with its labels. For the same
noise it asks by how much training lowered the loss of that slice: of remembered slices by more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING
from lgesynth_gui.synthesis.holes import control_maps, masked, muscle_level, ring_hole, wall_mask
from lgesynth_gui.synthesis.models import Bundle
from lgesynth_gui.synthesis.networks import known_channels
from lgesynth_gui.synthesis.precondition import noisy
from lgesynth_gui.training.data import Pool
from lgesynth_gui.training.generator import path_loss

TAUS = (0.3, 0.5, 0.7)  # middle noise, where a picture's own structure is guessed
TOGETHER = 8
DRAWS = 2000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Attack:
    """How well the attack works.

    Args:
        value: Chance that a slice that was trained on looks more so than one that was not (AUC):
            0.5 is guessing.
        low, high: 95 % interval over patients.
        members, others: Slices on both sides.
    """

    value: float
    low: float
    high: float
    members: int
    others: int


def attack(
    member: Floats, other: Floats, groups: tuple[Sequence[str], Sequence[str]], seed: int
) -> Attack:
    """The attack's AUC, its interval by drawing patients of both sides anew.

    Args:
        member: How much each slice looks trained on that was, n > 0.
        other: How much each other one does, m > 0.
        groups: Patient of each slice, of both sides.
        seed: Of the draws.
    """
    gap = member[:, None] - other[None]
    wins = (gap > 0) + 0.5 * (gap == 0)
    sides = [np.unique(np.asarray(names), return_inverse=True)[1] for names in groups]
    rows, columns = (np.eye(int(side.max()) + 1)[side] for side in sides)
    won, counted = rows.T @ wins @ columns, rows.T @ np.ones_like(wins) @ columns
    rng, found = np.random.default_rng((seed, 23)), []
    for _ in range(DRAWS):
        a, b = (rng.integers(count, size=count) for count in won.shape)
        found.append(won[np.ix_(a, b)].sum() / counted[np.ix_(a, b)].sum())
    low, high = np.percentile(found, (2.5, 97.5))
    return Attack(float(wins.mean()), float(low), float(high), len(member), len(other))


def looks_trained_on(pool: Pool, before: Bundle, after: Bundle, seed: int) -> Job:
    """By how much each slice's loss fell, as the logarithm of a ratio.

    Args:
        pool: Slices, n > 0.
        before: A model that has not seen them.
        after: The one that may have.
        seed: Of the noise, the same for both.

    Returns:
        A job that returns `(n,)`; 0 where both models are the same.
    """
    found = []
    for start in range(0, len(pool), TOGETHER):
        yield Progress(start, len(pool), "asking whether slices were trained on")
        rows = range(start, min(start + TOGETHER, len(pool)))
        items = _items(pool, rows)
        drops = torch.zeros(len(rows))
        for place, tau in enumerate(TAUS):
            noise = torch.Generator("cpu").manual_seed(seed * 7919 + start * len(TAUS) + place)
            losses = []
            for bundle in (before, after):
                noise_of_both = torch.Generator("cpu")
                noise_of_both.set_state(noise.get_state())
                losses.append(_losses(bundle, pool, rows, items, tau, noise_of_both))
                yield None
            drops += losses[0].log() - losses[1].log()
        found.append(drops.numpy() / len(TAUS))
    return np.concatenate(found).astype(np.float64)


def looks_easy(pool: Pool, bundle: Bundle, seed: int) -> Job:
    """How small each slice's loss is where no model from before the training is at hand.

    Args:
        pool: Slices, n > 0.
        bundle: The model.
        seed: Of the noise; a slice's is the same in every pool of that length.

    Returns:
        A job that returns minus the mean logarithm of the losses, `(n,)`.
    """
    found = []
    for start in range(0, len(pool), TOGETHER):
        rows = range(start, min(start + TOGETHER, len(pool)))
        items, logs = _items(pool, rows), torch.zeros(len(rows))
        for place, tau in enumerate(TAUS):
            noise = torch.Generator("cpu").manual_seed(seed * 7919 + start * len(TAUS) + place)
            logs += _losses(bundle, pool, rows, items, tau, noise).log()
            yield Progress(start, len(pool), "asking whether slices were trained on")
        found.append(-logs.numpy() / len(TAUS))
    return np.concatenate(found).astype(np.float64)


def _items(pool: Pool, rows: Sequence[int]) -> dict[str, Tensor]:
    """Slices as hosts whose whole wall is painted anew."""
    found: dict[str, list[npt.NDArray[np.float32]]] = {"picture": [], "masked": [], "hole": []}
    maps = []
    for row in rows:
        picture, labels = pool.pictures[row].astype(np.float32), pool.labels[row]
        hole = ring_hole(labels, MODEL_SPACING)
        found["picture"].append(picture)
        found["masked"].append(masked(picture, hole, muscle_level(picture, wall_mask(labels))))
        found["hole"].append(hole.astype(np.float32))
        maps.append(control_maps(labels, pool.depth[row].astype(np.float32)))
    items = {name: torch.from_numpy(np.stack(some))[:, None] for name, some in found.items()}
    return items | {"maps": torch.from_numpy(np.stack(maps))}


@torch.no_grad()
def _losses(
    bundle: Bundle,
    pool: Pool,
    rows: Sequence[int],
    items: dict[str, Tensor],
    tau: float,
    noise: torch.Generator,
) -> Tensor:
    """The diffusion loss of each slice at one noise fraction, `(n,)`."""
    codec, place = HaarPacket(), bundle.device
    told = {name: one.to(place) for name, one in items.items()}
    clean = codec.encode(told["picture"])
    white = torch.randn(tuple(clean.shape), generator=noise).to(place)
    at = torch.full((len(clean),), tau, device=place)
    known = known_channels(codec.encode(told["masked"]), told["hole"], bundle.denoiser.bands)
    context = bundle.encoder([str(pool.captions[row]) for row in rows])
    estimate = bundle.denoiser(noisy(clean, white, at), at, known, context, told["maps"])
    return path_loss(estimate, clean, at, told["hole"]).cpu()
