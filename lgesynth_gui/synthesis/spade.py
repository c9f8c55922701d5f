"""The SPADE rivals: generators that paint a whole slice from label channels in one pass.

Spatially-adaptive normalisation after Park et al., arXiv 1903.07291: the label channels decide,
pixel by pixel, how the normalised features are scaled and shifted. A style vector, drawn from a
normal distribution, decides what the labels leave open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.registry.cards import ModelCard, verify
from lgesynth_gui.segmentation.crop import SIZE
from lgesynth_gui.segmentation.weights import load_weights

SLOPE = 0.2
LIMITED = "spade-lc"  # limited context: sees the heart's labels only
FULL = "spade-fc"  # full context: sees the scar and the masked picture
CHANNELS = {LIMITED: 4, FULL: 2}
_HINT = "Get the model again from its source."


@dataclass(frozen=True)
class SpadeSizes:
    """Sizes of a generator.

    Args:
        labels: Label channels.
        style: Numbers in a style vector.
        widths: Channels from the coarsest block's input to the finest one's output; one block
            fewer than widths, each twice as fine as the one before.
        hidden: Channels between the labels and each block's scales and shifts.
    """

    labels: int
    style: int = 32
    widths: tuple[int, ...] = (96, 96, 96, 64, 48, 24, 16)
    hidden: tuple[int, ...] = (32, 32, 48, 32, 24, 12)

    def __post_init__(self) -> None:
        blocks = len(self.widths) - 1
        good = (
            1 <= self.labels <= 16
            and 1 <= self.style <= 512
            and 2 <= blocks <= 7
            and len(self.hidden) == blocks
            and all(1 <= w <= 1024 for w in (*self.widths, *self.hidden))
        )
        if not good:
            raise LgeSynthError("The SPADE model's sizes are not allowed.", _HINT)

    @property
    def coarsest(self) -> int:
        """Pixels of a side where painting begins."""
        return int(SIZE >> (len(self.hidden) - 1))

    @classmethod
    def of(cls, numbers: Mapping[str, Any]) -> SpadeSizes:
        """From the plain numbers of a model card; unknown names are refused."""
        if set(numbers) - set(cls.__dataclass_fields__) or "labels" not in numbers:
            raise LgeSynthError("The SPADE model's card names other sizes.", _HINT)
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list | tuple) else v for k, v in numbers.items()
        }
        return cls(**plain)


class Spade(nn.Module):
    """Instance normalisation, then a scale and a shift that the labels decide pixel by pixel."""

    def __init__(self, labels: int, width: int, hidden: int) -> None:
        super().__init__()
        self.normalise = nn.InstanceNorm2d(width, affine=False)
        self.shared = nn.Conv2d(labels, hidden, 3, padding=1)
        self.scale = nn.Conv2d(hidden, width, 3, padding=1)
        self.shift = nn.Conv2d(hidden, width, 3, padding=1)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Features `(n, width, h, w)`; labels `(n, labels, h, w)`, already at that size."""
        told = functional.leaky_relu(self.shared(labels), SLOPE)
        normal: Tensor = self.normalise(features)
        changed: Tensor = normal * (1 + self.scale(told)) + self.shift(told)
        return changed


class SpadeBlock(nn.Module):
    """A residual block whose normalisations are `Spade`."""

    def __init__(self, labels: int, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        self.norm_0 = Spade(labels, inputs, hidden)
        self.conv_0 = nn.Conv2d(inputs, middle, 3, padding=1)
        self.norm_1 = Spade(labels, middle, hidden)
        self.conv_1 = nn.Conv2d(middle, outputs, 3, padding=1)
        self.norm_s = Spade(labels, inputs, hidden) if inputs != outputs else None
        self.conv_s = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else None

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """`(n, inputs, h, w)` to `(n, outputs, h, w)`."""
        inner = self.conv_0(functional.leaky_relu(self.norm_0(features, labels), SLOPE))
        inner = self.conv_1(functional.leaky_relu(self.norm_1(inner, labels), SLOPE))
        if self.norm_s is not None and self.conv_s is not None:
            features = self.conv_s(self.norm_s(features, labels))
        total: Tensor = features + inner
        return total


class SpadeGenerator(nn.Module):
    """Paints pictures from label channels and a style.

    Args:
        sizes: Its sizes.
    """

    def __init__(self, sizes: SpadeSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.first = nn.Linear(sizes.style, sizes.widths[0] * sizes.coarsest**2)
        pairs = zip(sizes.widths[:-1], sizes.widths[1:], sizes.hidden, strict=True)
        self.blocks = nn.ModuleList([SpadeBlock(sizes.labels, *pair) for pair in pairs])
        self.last = nn.Conv2d(sizes.widths[-1], 1, 3, padding=1)

    def forward(self, labels: Tensor, style: Tensor) -> Tensor:
        """Normalised pictures `(n, 1, 128, 128)`.

        Args:
            labels: Label channels `(n, labels, 128, 128)`.
            style: `(n, style)`, normally distributed.
        """
        side = self.sizes.coarsest
        features = self.first(style).reshape(len(style), self.sizes.widths[0], side, side)
        for k, block in enumerate(self.blocks):
            if k:
                features = functional.interpolate(features, scale_factor=2.0)
            told = functional.interpolate(labels, size=features.shape[-2:])
            features = block(features, told)
        picture: Tensor = self.last(functional.leaky_relu(features, SLOPE))
        return picture


def heart_channels(labels: Tensor) -> Tensor:
    """What limited context is told: blood, wall, scar with its core, core.

    Args:
        labels: Label maps `(n, 1, 128, 128)`.

    Returns:
        float32 `(n, 4, 128, 128)` of 0 and 1.
    """
    parts = (
        labels == Label.BLOOD,
        labels >= Label.MYOCARDIUM,
        labels >= Label.SCAR,
        labels == Label.NO_REFLOW,
    )
    return torch.cat(parts, dim=1).float()


def context_channels(scar: Tensor, masked: Tensor) -> Tensor:
    """What full context is told: the scar, and the picture whose hole is filled.

    Args:
        scar: Wanted scar with its core, `(n, 1, 128, 128)`, 0 or 1.
        masked: Normalised pictures, filled in the hole, the same shape.
    """
    return torch.cat([scar.float(), masked.float()], dim=1)


def load_spade(card: ModelCard, folders: Sequence[Path] | None = None) -> SpadeGenerator:
    """The generator of a card.

    Raises:
        LgeSynthError: the card describes another kind of network.
        Refused: a file is not in order.
    """
    if card.architecture.name != "spade":
        raise LgeSynthError(f"Model {card.reference} is not of the kind spade.", _HINT)
    place, sizes = verify(card, folders), SpadeSizes.of(card.architecture.numbers)
    return load_weights(lambda: SpadeGenerator(sizes), place / card.files[0].name)
