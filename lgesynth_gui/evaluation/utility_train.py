"""Trains the downstream segmenter on one arm's data, and lets it read whole patients."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage
from torch import Tensor, nn

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.utility_cells import LEVELS, SliceScore
from lgesynth_gui.evaluation.utility_network import Kind, downstream_network
from lgesynth_gui.segmentation.segmenter import FIELD
from lgesynth_gui.synthesis.models import half_pays
from lgesynth_gui.training.reader_data import ReaderBatch, SlicePool, Variation, draw_batch

STEPS = 3000
BATCH = 16
LEARNING_RATE = 2e-3
WEIGHT_DECAY = 1e-2
WARM = 0.05
CHECKS = 8  # looks at the validation patients, evenly spread over the training
LEAST_PART_MM2 = 10  # smaller parts of a prediction are dropped, as in scar quantification
FOUND_MM2 = 20  # a slice counts as called scarred from here on, while weights are chosen
VARIATION = Variation(field=FIELD, rotation=45.0, shift=6.0, bend=2.0, wall_shift=0.0)
Mixing = Literal["stratified", "pooled"]
_READ = 16
_PARTS = np.ones((3, 3))
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Training:
    """How every arm is trained.

    Args:
        network: "unet" or "densenet".
        steps: The same for every arm.
        batch: Items a step.
        mixing: "stratified": scar is as common in what is drawn as it is in the real slices, with
            or without samples, which are all scarred: an arm that sees scar more often calls it
            more often, however good its samples are. "pooled": every slice is drawn alike, as in
            the paper.
        device: Where it computes.
    """

    network: Kind = "unet"
    steps: int = STEPS
    batch: int = BATCH
    mixing: Mixing = "stratified"
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained segmenter.

    Args:
        network: With the weights that were chosen.
        step: Theirs.
        choice: Validation's Dice + sensitivity + specificity for them.
    """

    network: nn.Module
    step: int
    choice: float


class Mixture:
    """Real and synthetic slices of an arm.

    Args:
        real: Real ones, or those that stand for them.
        synthetic: Samples, all with scar; None for none.
    """

    def __init__(self, real: SlicePool, synthetic: SlicePool | None = None) -> None:
        self.pool = real
        if synthetic is not None:
            self.pool = SlicePool(
                np.concatenate([real.images, synthetic.images]),
                np.concatenate([real.labels, synthetic.labels]),
            )
        self._share = float(real.scarred.mean())
        scarred = self.pool.scarred
        self._with, self._without = np.flatnonzero(scarred), np.flatnonzero(~scarred)

    def picked(self, count: int, mixing: Mixing, rng: np.random.Generator) -> Places:
        """Places `(count,)` of a batch in `pool`, see `Training.mixing`."""
        if mixing == "pooled" or not (len(self._with) and len(self._without)):
            return rng.integers(0, len(self.pool), count)
        held = int(rng.binomial(count, self._share))
        parts = ((self._with, held), (self._without, count - held))
        return np.concatenate([rng.choice(some, number) for some, number in parts])


def train_downstream(
    mixture: Mixture,
    validation: tuple[SlicePool, Sequence[str]],
    seed: int,
    how: Training,
) -> Job:
    """Train, and keep the weights that read the validation patients best.

    Args:
        mixture: What it learns from.
        validation: Slices, and whose each is.
        seed: Of weights and data order; the same for all arms.
        how: Network, steps, batch.

    Returns:
        A job that returns a `Trained`.
    """
    rng = np.random.default_rng((seed, 29))
    device = torch.device(how.device)
    network = downstream_network(how.network, seed).to(device)
    optimiser = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    warm = max(1, round(WARM * how.steps))
    rate = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step, warm, how.steps))
    looks = _looks(how.steps)
    best, chosen, at = -1.0, copy.deepcopy(network.state_dict()), 0
    for step in range(1, how.steps + 1):
        batch = draw_batch(mixture.pool, mixture.picked(how.batch, how.mixing, rng), VARIATION, rng)
        network.train()
        loss = jaccard_loss(_logits(network, batch.image.to(device)), _targets(batch).to(device))
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        rate.step()
        yield Progress(step, how.steps, "training")
        if step in looks:
            (scores,) = yield from read_patients(network, *validation, levels=(0.0,))
            choice = choice_of(scores)
            if choice > best:
                best, chosen, at = choice, copy.deepcopy(network.state_dict()), step
    network.load_state_dict(chosen)
    return Trained(network.eval(), at, best)


def _rate(step: int, warm: int, steps: int) -> float:
    """Warm-up, then half a cosine to zero."""
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1 + float(np.cos(np.pi * (step - warm) / max(1, steps - warm))))


def _looks(steps: int) -> set[int]:
    return {max(1, round(steps * (k + 1) / CHECKS)) for k in range(CHECKS)}


def computing(device: str) -> str:
    """Where and how exactly a network is trained, for example "cpu, float32"."""
    kind = torch.device(device)
    return f"{kind.type}, {'bfloat16' if half_pays(kind) else 'float32'}"


def _logits(network: nn.Module, image: Tensor) -> Tensor:
    kind = image.device
    with torch.autocast(kind.type, torch.bfloat16, enabled=half_pays(kind)):
        found: Tensor = network(image)
    return found.float()


def _targets(batch: ReaderBatch) -> Tensor:
    """Wall and scar `(n, 2, h, w)`."""
    scar = ((batch.labels >= Label.SCAR) & (batch.labels <= Label.NO_REFLOW)).float()
    return torch.cat([batch.wall, scar], dim=1)


def jaccard_loss(logits: Tensor, truth: Tensor, smooth: float = 8.0) -> Tensor:
    """`1 - |A and B| / |A or B|` of probabilities, the mean over the outputs.

    Sums run over the whole batch, so that slices without scar count by their false alarms and
    need no rule of their own.

    Args:
        logits: `(n, k, h, w)`.
        truth: The same shape, 0/1.
        smooth: Added to both areas, pixels.
    """
    share = torch.sigmoid(logits)
    both = (share * truth).sum(dim=(0, 2, 3))
    either = (share + truth - share * truth).sum(dim=(0, 2, 3))
    return (1 - (both + smooth) / (either + smooth)).mean()


def read_patients(
    network: nn.Module,
    pool: SlicePool,
    whose: Sequence[str],
    levels: Sequence[float] = LEVELS,
) -> Job:
    """What a network finds in slices.

    Args:
        network: Downstream.
        pool: Slices; the middle 96 mm of each are read.
        whose: Patient of each.
        levels: Logits above which a pixel counts as scar.

    Returns:
        A job that returns, for each of the levels, a `SliceScore` a slice.
    """
    network.eval()
    scores: list[list[SliceScore]] = [[] for _ in levels]
    for start in range(0, len(pool), _READ):
        part = pool.part(start, start + _READ)
        for likely, labels in zip(_likely(network, part), part.labels, strict=True):
            truth, patient = labels >= Label.SCAR, whose[len(scores[0])]
            for level, told in zip(levels, scores, strict=True):
                told.append(score_of(patient, likely > level, truth))
        yield None
    return tuple(map(tuple, scores))


@torch.no_grad()
def _likely(network: nn.Module, pool: SlicePool) -> Array:
    """Logits of scar inside the muscle the network itself sees, `(n, 128, 128)`; else -inf."""
    size = pool.images.shape[-1]
    edge = (size - FIELD) // 2
    middle = (..., slice(edge, size - edge), slice(edge, size - edge))
    device = next(network.parameters()).device
    image = torch.from_numpy(pool.images[middle].astype(np.float32))[:, None].to(device)
    wall, scar = _logits(network, image).unbind(dim=1)
    out = np.full(pool.images.shape, -np.inf, dtype=np.float32)
    out[middle] = torch.where(wall > 0, scar, -torch.inf).cpu().numpy()
    return out


def score_of(patient: str, found: Mask, truth: Mask) -> SliceScore:
    """One slice's areas and parts; found parts under 10 mm2 are dropped first.

    Args:
        patient: Whose.
        found: Scar as it was found, pixels of 1 mm2.
        truth: Scar as it is labelled.
    """
    numbered, count = ndimage.label(found, _PARTS)
    areas = np.bincount(numbered.ravel(), minlength=count + 1)
    areas[0] = 0
    kept = (areas >= LEAST_PART_MM2)[numbered]
    parts = [
        (int(areas[k]), int((truth & (numbered == k)).sum()))
        for k in range(1, count + 1)
        if areas[k] >= LEAST_PART_MM2
    ]
    wanted, lesions = ndimage.label(truth, _PARTS)
    touched = []
    for k in range(1, lesions + 1):
        one = wanted == k
        touching = areas[numbered[one & kept]]
        touched.append((int(one.sum()), int(touching.max(initial=0))))
    return SliceScore(
        patient=patient,
        truth=int(truth.sum()),
        found=int(kept.sum()),
        both=int((kept & truth).sum()),
        parts=tuple(parts),
        lesions=tuple(touched),
    )


def choice_of(scores: Sequence[SliceScore]) -> float:
    """Dice of scarred slices + sensitivity + specificity of slices, as the paper chooses."""
    scarred = [one for one in scores if one.truth]
    clean = [one for one in scores if not one.truth]
    told = 0.0
    if scarred:
        told += float(np.mean([one.dice for one in scarred]))
        told += float(np.mean([one.largest >= FOUND_MM2 for one in scarred]))
    if clean:
        told += float(np.mean([one.largest < FOUND_MM2 for one in clean]))
    return told
