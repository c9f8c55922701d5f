"""Stages that train the networks which read: contours, the reward nets and the judge."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from lgesynth_gui.core.labels import Label
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.registry.cards import (
    CARD,
    Architecture,
    Metric,
    ModelCard,
    ModelFile,
    TrainedOn,
    file_sha256,
)
from lgesynth_gui.segmentation.losses import anatomy_loss, roi_of, scar_loss
from lgesynth_gui.segmentation.networks import build
from lgesynth_gui.segmentation.segmenter import reader_input, scar_logits
from lgesynth_gui.segmentation.weights import save_weights
from lgesynth_gui.training.division import on
from lgesynth_gui.training.figures import mean_of, share_of
from lgesynth_gui.training.reader_data import (
    RIGHT_VENTRICLE,
    ReaderBatch,
    SlicePool,
    Variation,
    batch_of,
    draw_batch,
)
from lgesynth_gui.training.stage import Evaluation, Spent

WEIGHTS = "model.safetensors"
THRESHOLDS = tuple(round(0.2 + 0.05 * k, 2) for k in range(14))
BINS_MM2 = ((0, 50), (50, 100), (100, 300), (300, 10**6))
_UNSEEN = "unseen phantom slices"


@dataclass(frozen=True)
class Recipe:
    """What one network is and how its data are varied.

    Args:
        id, version, title: Of the model folder.
        role: What it is for.
        architecture: Its network.
        stream, seed: Where its slices come from.
        variation: How they are varied.
        scarred: Share of slices with scar in a batch.
        batch: Items a batch.
        weights_seed: Of the fresh weights.
        notes: Known limits, for the card.
    """

    id: str
    title: str
    role: Literal["contours", "reward", "judge"]
    architecture: Architecture
    stream: str
    seed: int
    variation: Variation = field(default_factory=Variation)
    scarred: float = 0.7
    batch: int = 16
    weights_seed: int = 0
    version: str = "1.0.0"
    notes: str = ""


def _unet(inputs: int, outputs: int, *channels: int) -> Architecture:
    return Architecture(
        name="unet", numbers={"inputs": inputs, "outputs": outputs, "channels": channels}
    )


_ATTENTION = Architecture(
    name="attention-unet",
    numbers={"inputs": 2, "outputs": 2, "channels": (16, 32, 64, 128), "blocks": (1, 1, 2, 2)},
)

RECIPES: Mapping[str, Recipe] = {
    one.id: one
    for one in (
        Recipe(
            "reward-a",
            "Reward network A: reads scar while the generator learns and is guided",
            "reward",
            _unet(2, 2, 16, 32, 64, 96, 128),
            "reward",
            1,
            weights_seed=11,
        ),
        Recipe(
            "reward-b",
            "Reward network B: the second opinion beside A",
            "reward",
            _unet(2, 2, 24, 40, 64, 96),
            "reward",
            1,
            variation=Variation(rotation=45, scale=1.3, noise=0.18, blur=0.5),
            scarred=0.6,
            weights_seed=12,
        ),
        Recipe(
            "judge",
            "Scar judge: never used to train or guide the generator",
            "judge",
            _ATTENTION,
            "judge",
            2,
            variation=Variation(contrast=0.35, brightness=0.3, gamma=1.5, shading=0.15),
            weights_seed=21,
        ),
        Recipe(
            "contours",
            "Heart contours: blood pool, wall and right ventricle of a short-axis slice",
            "contours",
            _unet(1, 4, 16, 32, 64, 96, 128),
            "downstream",
            3,
            variation=Variation(
                field=128, rotation=30, scale=1.35, shift=25, contrast=0.35, gamma=1.5, wall_shift=0
            ),
            scarred=0.5,
            batch=12,
            weights_seed=31,
        ),
    )
}


@dataclass(frozen=True, eq=False)
class ReaderPools:
    """Slices of one reader, none in two parts.

    Args:
        train: What the loss sees.
        validate: What chooses the best weights and the threshold.
        test: What the figures of the card come from; another stream.
    """

    train: SlicePool
    validate: SlicePool
    test: SlicePool


class _Reader(ABC):
    """What the scar readers and the contour network share."""

    def __init__(self, recipe: Recipe, pools: ReaderPools) -> None:
        self.name = recipe.id
        self.recipe, self.pools = recipe, pools
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(recipe.weights_seed)
            self.network = build(recipe.architecture)
        self.modules: Mapping[str, nn.Module] = {"network": self.network}
        scarred = pools.train.scarred
        self._with, self._without = np.flatnonzero(scarred), np.flatnonzero(~scarred)
        self._best = -1.0
        self.threshold = 0.5

    def batch(self, rng: np.random.Generator) -> ReaderBatch:
        """Draw slices with and without scar in the recipe's share, and vary them."""
        count = self.recipe.batch
        n_with = int(np.clip(rng.binomial(count, self.recipe.scarred), 1, count - 1))
        n_with = count if not len(self._without) else n_with if len(self._with) else 0
        picked = np.concatenate(
            [rng.choice(self._with, n_with), rng.choice(self._without, count - n_with)]
            if 0 < n_with < count
            else [rng.choice(self._with if n_with else self._without, count)]
        )
        return draw_batch(self.pools.train, picked, self.recipe.variation, rng)

    def chance(self, batch: ReaderBatch, noise: torch.Generator, step: int) -> Mapping[str, Tensor]:
        """Nothing: all that is random is in the batch."""
        del batch, noise, step
        return {}

    @abstractmethod
    def part_loss(
        self, part: ReaderBatch, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Loss and figures of some items."""

    def loss(
        self, batch: ReaderBatch, noise: torch.Generator, step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Loss and figures of a whole batch."""
        return self.part_loss(batch, self.chance(batch, noise, step), step)

    def to(self, device: torch.device) -> None:
        """Move the network; slices follow batch by batch."""
        self.network.to(device)

    def memory(self) -> Mapping[str, Any]:
        """What decides about the best weights, and their threshold."""
        return {"best": self._best, "threshold": self.threshold}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take back what `memory` gave; an older checkpoint knows nothing of it."""
        self._best = float(memory.get("best", self._best))
        self.threshold = float(memory.get("threshold", self.threshold))

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _card(self, files: tuple[ModelFile, ...], numbers: int, spent: Spent) -> ModelCard:
        recipe = self.recipe
        return ModelCard(
            id=recipe.id,
            version=recipe.version,
            title=recipe.title,
            role=recipe.role,
            architecture=recipe.architecture,
            files=files,
            parameters=numbers,
            threshold=self.threshold,
            trained_on=TrainedOn(
                data="slices drawn by the physics phantom; no patient's",
                stream=recipe.stream,
                seed=recipe.seed,
                slices=len(self.pools.train),
                steps=spent.steps,
                batch=recipe.batch,
                minutes=float(spent.minutes),
            ),
            metrics=self.measure(),
            created=datetime.datetime.now(datetime.UTC).date().isoformat(),
            notes=recipe.notes,
        )

    @abstractmethod
    def measure(self) -> tuple[Metric, ...]:
        """Figures of the present weights on the test slices."""

    def export(self, folder: Path, spent: Spent) -> None:
        """Write `<id>/<version>` into `folder`: weights as float16, and the card."""
        place = folder / self.recipe.id / self.recipe.version
        place.mkdir(parents=True, exist_ok=True)
        numbers = save_weights(self.network, place / WEIGHTS)
        weights = place / WEIGHTS
        digest = file_sha256(weights, fresh=True)
        files = (ModelFile(name=WEIGHTS, sha256=digest, size=weights.stat().st_size),)
        card = self._card(files, numbers, spent)
        with atomic_write(place / CARD) as file:
            file.write(card.to_json())


class ScarReader(_Reader):
    """Trains a reward network or the judge: image and wall in, scar and core out."""

    def part_loss(
        self, part: ReaderBatch, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Scar loss within 3 mm of the wall, and a fifth of the same for the core."""
        del chance, step  # all chance is in the batch
        logits = self.network(reader_input(part.image, part.wall))
        scar, core = _scar_of(part.labels), (part.labels == Label.NO_REFLOW).float()
        roi = roi_of(part.wall)
        first = scar_loss(logits[:, :1], scar, roi).mean()
        second = scar_loss(logits[:, 1:], core, roi, positive=5.0).mean()
        return first + 0.2 * second, {"scar": first.item(), "core": second.item()}

    @torch.no_grad()
    def probabilities(self, pool: SlicePool) -> Any:
        """`(n, h, w)` float32 probability of scar inside the wall of every slice."""
        found = []
        for start in range(0, len(pool), 16):
            one = on(batch_of(pool, start, start + 16), self._device)
            logits = scar_logits(self.network, one.image, one.wall)[:, :1]
            found.append((torch.sigmoid(logits.float()) * one.wall)[:, 0].cpu().numpy())
        return np.concatenate(found)

    def evaluate(self, step: int) -> Evaluation:
        """Dice on the validation slices at the best threshold; the best so far is exported."""
        pool = self.pools.validate
        truth = _truth(pool)
        read = self.probabilities(pool)
        large = truth.sum(axis=(1, 2)) >= 100
        scores = {
            limit: float(np.mean([dice(t, p > limit) for t, p in zip(truth, read, strict=True)]))
            for limit in THRESHOLDS
        }
        self.threshold = max(scores, key=lambda limit: scores[limit])
        pairs = zip(truth[large], read[large], strict=True)
        figures = {
            "dice_all": scores[self.threshold],
            "dice_large": float(np.mean([dice(t, p > self.threshold) for t, p in pairs])),
            "threshold": self.threshold,
        }
        best = scores[self.threshold] > self._best
        self._best = max(self._best, scores[self.threshold])
        return Evaluation({k: round(v, 4) for k, v in figures.items()}, best=best)

    def measure(self) -> tuple[Metric, ...]:
        """Dice by size of the scar, and false alarms, with intervals."""
        pool = self.pools.test
        truth = _truth(pool)
        read = self.probabilities(pool) > self.threshold
        area = truth.sum(axis=(1, 2))
        found = []
        for low, high in BINS_MM2:
            which = (area > 0) & (area >= low) & (area < high)
            values = [dice(t, p) for t, p in zip(truth[which], read[which], strict=True)]
            name = f"Dice, scar {low} to {high} mm2" if high < 10**6 else f"Dice, scar > {low} mm2"
            found.extend(_mean(name, values))
        values = [dice(t, p) for t, p in zip(truth[area > 0], read[area > 0], strict=True)]
        found.extend(_mean("Dice, all scars", values))
        found.extend(_share("Share of scars with Dice > 0.6", [v > 0.6 for v in values]))
        alarms = [bool(p.sum() >= 20) for p in read[area == 0]]
        found.extend(_share("Share of healthy slices with >= 20 mm2 called scar", alarms))
        return tuple(found)


class ContourReader(_Reader):
    """Trains the contour network: image in; background, blood, wall, right ventricle out."""

    def part_loss(
        self, part: ReaderBatch, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Cross-entropy and Dice of the classes."""
        del chance, step  # all chance is in the batch
        value = anatomy_loss(self.network(part.image), _classes(part.labels))
        return value, {"anatomy": value.item()}

    @torch.no_grad()
    def _read(self, pool: SlicePool) -> tuple[Any, Any]:
        truth, found = [], []
        for start in range(0, len(pool), 8):
            one = batch_of(pool, start, start + 8)
            truth.append(_classes(one.labels).numpy())
            read = self.network(one.image.to(self._device))
            found.append(read.argmax(dim=1).cpu().numpy())
        return np.concatenate(truth), np.concatenate(found)

    def evaluate(self, step: int) -> Evaluation:
        """Mean Dice of the classes on the validation slices."""
        truth, found = self._read(self.pools.validate)
        names = ("blood", "wall", "right")
        figures = {
            name: float(np.mean([dice(t == k, f == k) for t, f in zip(truth, found, strict=True)]))
            for k, name in enumerate(names, start=1)
        }
        mean = float(np.mean([figures["blood"], figures["wall"]]))
        best, self._best = mean > self._best, max(self._best, mean)
        return Evaluation({k: round(v, 4) for k, v in figures.items()}, best=best)

    def measure(self) -> tuple[Metric, ...]:
        """Dice of cavity, wall and right ventricle with intervals."""
        truth, found = self._read(self.pools.test)
        metrics: list[Metric] = []
        for k, name in enumerate(("cavity", "wall", "right ventricle"), start=1):
            shown = [
                dice(t == k, f == k) for t, f in zip(truth, found, strict=True) if (t == k).any()
            ]
            metrics.extend(_mean(f"Dice, {name}", shown))
        return tuple(metrics)


def reader_stage(recipe: Recipe, pools: ReaderPools) -> _Reader:
    """The stage that trains a recipe."""
    return (ContourReader if recipe.role == "contours" else ScarReader)(recipe, pools)


def _scar_of(labels: Tensor) -> Tensor:
    return ((labels == Label.SCAR) | (labels == Label.NO_REFLOW)).float()


def _truth(pool: SlicePool) -> Any:
    return (pool.labels == Label.SCAR) | (pool.labels == Label.NO_REFLOW)


def _classes(labels: Tensor) -> Tensor:
    """`(n, h, w)` int64: 0 background, 1 blood, 2 wall with scar and core, 3 right ventricle."""
    table = torch.tensor([0, 1, 2, 2, 2, 3], device=labels.device)
    assert int(Label.NO_REFLOW) + 1 == RIGHT_VENTRICLE
    return table[labels[:, 0].long()]


def _mean(name: str, values: list[float]) -> list[Metric]:
    return [mean_of(name, values, _UNSEEN)] if values else []


def _share(name: str, hits: list[bool]) -> list[Metric]:
    return [share_of(name, hits, _UNSEEN)] if hits else []
