"""Stages `spade-lc` and `spade-fc`: generator, discriminator and style encoder learn together.

Both sides are trained by one loss and one optimiser. That is exact: the generator's share of the
loss reads the discriminator with its weights held fixed, the discriminator's share reads pictures
that are cut off from the generator, so no gradient of one reaches the other's weights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.registry.cards import TrainedOn
from lgesynth_gui.synthesis.spade import (
    CHANNELS,
    FULL,
    LIMITED,
    SLOPE,
    SpadeGenerator,
    SpadeSizes,
    context_channels,
    heart_channels,
)
from lgesynth_gui.training.data import Batches
from lgesynth_gui.training.export import numbers_of, write_model
from lgesynth_gui.training.stage import Evaluation, Spent

MATCHING = 10.0  # weight of feature matching
OUTSIDE = 10.0  # weight of the error outside the hole, full context only
DIVERGENCE = 0.05  # weight of the style's distance from a normal distribution
SCALES = 2
_TITLES = {
    LIMITED: "SPADE, limited context: paints a whole slice from the heart's labels",
    FULL: "SPADE, full context: paints a whole slice from the scar and the masked slice",
}
_NOTES = (
    "A system to compare with; it is not used to synthesise. Least-squares adversarial loss on a "
    "two-scale patch discriminator, feature matching x 10, style divergence x 0.05"
)


class PatchDiscriminator(nn.Module):
    """Says of every patch of a picture whether it is real, given its labels.

    Args:
        labels: Label channels.
        widths: Channels of its blocks, each half as fine as the one before.
    """

    def __init__(self, labels: int, widths: Sequence[int] = (24, 48, 96)) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        inputs = 1 + labels
        for k, width in enumerate(widths):
            layers: list[nn.Module] = [nn.Conv2d(inputs, width, 4, stride=2, padding=1)]
            if k:
                layers.append(nn.InstanceNorm2d(width, affine=False))
            blocks.append(nn.Sequential(*layers, nn.LeakyReLU(SLOPE)))
            inputs = width
        blocks.append(nn.Conv2d(inputs, 1, 3, padding=1))
        self.blocks = nn.ModuleList(blocks)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """Features of every block, the verdict `(n, 1, h, w)` last."""
        features = []
        for block in self.blocks:
            picture = block(picture)
            features.append(picture)
        return features


class Discriminator(nn.Module):
    """The same question at full and half size.

    Args:
        labels: Label channels.
    """

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList([PatchDiscriminator(labels) for _ in range(SCALES)])

    def forward(self, picture: Tensor, labels: Tensor) -> list[list[Tensor]]:
        """Features of every block of every scale; see `PatchDiscriminator.forward`."""
        seen = torch.cat([picture, labels], dim=1)
        found = []
        for k, scale in enumerate(self.scales):
            found.append(scale(functional.avg_pool2d(seen, 2) if k else seen))
        return found


class StyleEncoder(nn.Module):
    """Reads the style of a real picture; used in training only.

    Args:
        style: Numbers in a style vector.
        widths: Channels of its blocks.
    """

    def __init__(self, style: int, widths: Sequence[int] = (16, 32, 48, 64, 64)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = 1
        for width in widths:
            layers += [nn.Conv2d(inputs, width, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE)]
            inputs = width
        self.blocks = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.mean = nn.Linear(4 * inputs, style)
        self.spread = nn.Linear(4 * inputs, style)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance, both `(n, style)` float32."""
        read = self.blocks(picture)
        return self.mean(read).float(), self.spread(read).float().clamp(-8, 8)


@contextmanager
def held(network: nn.Module) -> Iterator[None]:
    """Inside this block the network's weights are constants; gradients still pass through it."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def towards(found: Sequence[Sequence[Tensor]], target: float) -> Tensor:
    """Mean squared distance of the verdicts of all scales from a target."""
    each = [((scale[-1].float() - target) ** 2).mean() for scale in found]
    return torch.stack(each).mean()


def matching(painted: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean absolute distance of what the discriminator's blocks see in both; verdicts left out."""
    each = [
        functional.l1_loss(a.float(), b.detach().float())
        for scale, other in zip(painted, real, strict=True)
        for a, b in zip(scale[:-1], other[:-1], strict=True)
    ]
    return torch.stack(each).mean()


def divergence(mean: Tensor, spread: Tensor) -> Tensor:
    """Kullback-Leibler distance of a style from a standard normal one, mean over the batch."""
    return -0.5 * (1 + spread - mean**2 - spread.exp()).sum(dim=1).mean()


class SpadeStage:
    """Trains a SPADE generator.

    Args:
        kind: "spade-lc" or "spade-fc".
        batches: Where training items come from.
        seed: Of the fresh weights, and of the phantom stream for the card.
        sizes: Of the generator; None = the usual ones.
    """

    def __init__(
        self, kind: str, batches: Batches, seed: int = 0, sizes: SpadeSizes | None = None
    ) -> None:
        self.name, self.batches, self.seed = kind, batches, seed
        self.sizes = sizes or SpadeSizes(CHANNELS[kind])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.generator = SpadeGenerator(self.sizes)
            self.discriminator = Discriminator(self.sizes.labels)
            self.encoder = StyleEncoder(self.sizes.style)
        self.modules: Mapping[str, nn.Module] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "encoder": self.encoder,
        }

    notes = ""  # where it went on from

    def batch(self, rng: np.random.Generator) -> Mapping[str, Any]:
        """Items of the pool with hole and fill drawn anew, as for every other generator."""
        batch = dict(self.batches.draw(rng))
        batch["labels"] = self.batches.pool.labels[batch["index"]][:, None]
        return batch

    def channels(self, batch: Mapping[str, Any]) -> Tensor:
        """What the generator is told of a batch."""
        if self.name == LIMITED:
            return heart_channels(torch.as_tensor(batch["labels"]))
        return context_channels(torch.as_tensor(batch["scar"]), torch.as_tensor(batch["masked"]))

    def chance(self, batch: Any, noise: torch.Generator, step: int) -> Mapping[str, Tensor]:
        """The style's noise `style` `(n, style)`, and the mean area outside an item's hole."""
        del step
        count = len(batch["picture"])
        outside = (1 - torch.from_numpy(batch["hole"])).sum() / count
        style = torch.randn(count, self.sizes.style, generator=noise)
        return {"style": style, "outside": outside.expand(count)}

    def loss(
        self, batch: Any, noise: torch.Generator, step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """The loss of a whole batch."""
        return self.part_loss(batch, self.chance(batch, noise, step), step)

    def part_loss(
        self, part: Any, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """The generator's and the discriminator's loss, neither of which moves the other side."""
        del step
        told, picture = self.channels(part), torch.as_tensor(part["picture"])
        mean, spread = self.encoder(picture)
        painted = self.generator(told, mean + chance["style"] * (0.5 * spread).exp())
        real = self.discriminator(picture, told)
        refuted = self.discriminator(painted.detach(), told)
        critic = 0.5 * (towards(real, 1.0) + towards(refuted, 0.0))
        with held(self.discriminator):
            seen = self.discriminator(painted, told)
        adversarial, matched = towards(seen, 1.0), matching(seen, real)
        style = divergence(mean, spread)
        total = critic + adversarial + MATCHING * matched + DIVERGENCE * style
        figures = {"critic": critic, "adversarial": adversarial, "matching": matched}
        figures |= {"style": style}
        if self.name == FULL:
            outside = 1 - torch.as_tensor(part["hole"])
            copied = ((painted.float() - picture).abs() * outside).sum()
            copied = copied / (len(picture) * chance["outside"][0])
            total = total + OUTSIDE * copied
            figures |= {"outside": copied}
        return total, {k: v.detach().item() for k, v in figures.items()}

    def to(self, device: torch.device) -> None:
        """Move the networks; pictures of the pool follow batch by batch."""
        for network in self.modules.values():
            network.to(device)

    def evaluate(self, step: int) -> Evaluation:
        """Nothing is measured in this stage."""
        return Evaluation()

    def export(self, folder: Path, spent: Spent) -> None:
        """Write the generator's model folder; the other networks served the training only."""
        outside = ", error outside the hole x 10." if self.name == FULL else ", no pixel loss."
        write_model(
            folder,
            name=self.name,
            title=_TITLES[self.name],
            role="rival",
            architecture="spade",
            numbers=numbers_of(self.sizes),
            network=self.generator,
            trained_on=TrainedOn(
                data="phantom slices",
                stream="generator",
                seed=self.seed,
                slices=len(self.batches.pool),
                steps=spent.steps,
                batch=self.batches.size,
                minutes=spent.minutes,
            ),
            notes=f"{_NOTES}{outside} {self.notes}".strip(),
        )
