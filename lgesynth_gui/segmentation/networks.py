"""The two small networks that read slices, built from numbers of a model card.

Both keep the size of their input, which must be divisible by 2 per level after the first. They
are plain torch on purpose: importing MONAI for two dozen convolutions costs the engine 5 s.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.registry.cards import Architecture


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(8, channels)


class _Halving(torch.autograd.Function):
    """Max-pooling by 2: values and gradients of `max_pool2d`, several times as fast on CPUs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        first, second, third, fourth = _quarters(x)
        most = torch.maximum(torch.maximum(first, second), torch.maximum(third, fourth))
        ctx.save_for_backward(x, most)
        return most

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        x, most = ctx.saved_tensors
        back = torch.empty_like(x)
        free = torch.ones_like(most, dtype=torch.bool)
        for part, place in zip(_quarters(x), _quarters(back), strict=True):
            taken = (part == most) & free  # the first of equals, as torch has it
            place.copy_(gradient * taken)
            free &= ~taken
        return back


def _quarters(x: Tensor) -> tuple[Tensor, ...]:
    return tuple(x[..., row::2, column::2] for row in (0, 1) for column in (0, 1))


def halved(x: Tensor) -> Tensor:
    """`(n, c, h, w)` max-pooled by 2; h and w must be even."""
    made: Tensor = _Halving.apply(x)  # type: ignore[no-untyped-call]
    return made


class _Double(nn.Sequential):
    """Two 3x3 convolutions, each normalised and rectified."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            _norm(outputs),
            nn.LeakyReLU(0.1),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            _norm(outputs),
            nn.LeakyReLU(0.1),
        )


class UNet(nn.Module):
    """Plain U-Net: max-pooling down, nearest-neighbour up, skips joined.

    After Ronneberger et al., arXiv 1505.04597, with group normalisation.

    Args:
        inputs: Channels of the image.
        outputs: Logits a pixel.
        channels: Width of each level, all divisible by 8.

    Shape:
        `(n, inputs, h, w)` to `(n, outputs, h, w)`; h and w divisible by 2^(levels - 1).
    """

    def __init__(self, inputs: int, outputs: int, channels: Sequence[int]) -> None:
        super().__init__()
        widths = [inputs, *channels]
        self.down = nn.ModuleList(_Double(a, b) for a, b in itertools.pairwise(widths))
        rising = list(channels)[::-1]
        self.up = nn.ModuleList(_Double(a + b, b) for a, b in itertools.pairwise(rising))
        self.head = nn.Conv2d(channels[0], outputs, 1)

    def encoded(self, x: Tensor) -> list[Tensor]:
        """Features of an image at each level, the finest first."""
        levels: list[Tensor] = []
        for level, block in enumerate(self.down):
            x = block(halved(x) if level else x)
            levels.append(x)
        return levels

    def forward(self, x: Tensor) -> Tensor:
        """Logits of an image."""
        skips = self.encoded(x)
        x = skips.pop()
        for block in self.up:
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skips.pop()], dim=1))
        return self.head(x)  # type: ignore[no-any-return]


class _Residual(nn.Module):
    """Normalise, activate, convolve, twice, around a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = _norm(inputs), _norm(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.short = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = self.conv1(functional.silu(self.norm1(x)))
        h = self.conv2(functional.silu(self.norm2(h)))
        return self.short(x) + h  # type: ignore[no-any-return]


class _Gate(nn.Module):
    """Attention gate: the coarse features say which places of the skip to let through.

    After Oktay et al., Attention U-Net, arXiv 1804.03999.
    """

    def __init__(self, skip: int, coarse: int) -> None:
        super().__init__()
        width = max(8, skip // 2)
        self.skip, self.coarse = nn.Conv2d(skip, width, 1), nn.Conv2d(coarse, width, 1)
        self.weight = nn.Conv2d(width, 1, 1)

    def forward(self, skip: Tensor, coarse: Tensor) -> Tensor:
        both = functional.relu(self.skip(skip) + self.coarse(coarse))
        return skip * torch.sigmoid(self.weight(both))


class AttentionUNet(nn.Module):
    """Residual encoder, strided down, bilinear up, skips gated by attention and added.

    Args:
        inputs: Channels of the image.
        outputs: Logits a pixel.
        channels: Width of each level, all divisible by 8.
        blocks: Residual blocks of each encoder level.

    Shape:
        `(n, inputs, h, w)` to `(n, outputs, h, w)`; h and w divisible by 2^(levels - 1).
    """

    def __init__(
        self, inputs: int, outputs: int, channels: Sequence[int], blocks: Sequence[int]
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(inputs, channels[0], 3, padding=1)
        self.encode = nn.ModuleList(
            nn.Sequential(*(_Residual(width, width) for _ in range(count)))
            for width, count in zip(channels, blocks, strict=True)
        )
        pairs = list(itertools.pairwise(channels))
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairs)
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairs[::-1])
        self.gate = nn.ModuleList(_Gate(a, a) for a, _ in pairs[::-1])
        self.decode = nn.ModuleList(_Residual(a, a) for a, _ in pairs[::-1])
        self.norm = _norm(channels[0])
        self.head = nn.Conv2d(channels[0], outputs, 1)

    def encoded(self, x: Tensor) -> list[Tensor]:
        """Features of an image at each level, the finest first."""
        x = self.stem(x)
        levels: list[Tensor] = []
        for level, blocks in enumerate(self.encode):
            x = blocks(self.down[level - 1](x) if level else x)
            levels.append(x)
        return levels

    def forward(self, x: Tensor) -> Tensor:
        """Logits of an image."""
        skips = self.encoded(x)
        x = skips.pop()
        for narrow, gate, decode in zip(self.narrow, self.gate, self.decode, strict=True):
            x = functional.interpolate(
                narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False
            )
            x = decode(x + gate(skips.pop(), x))
        return self.head(functional.silu(self.norm(x)))  # type: ignore[no-any-return]


def _whole(architecture: Architecture, key: str) -> int:
    value = architecture.numbers.get(key)
    if not isinstance(value, int) or not 1 <= value <= 16:
        raise Refused(f"A model's card has no usable number {key!r}.", code="MOD-04")
    return value


def _widths(architecture: Architecture, key: str, low: int, high: int) -> tuple[int, ...]:
    value = architecture.numbers.get(key)
    good = isinstance(value, tuple) and 2 <= len(value) <= 6
    if not good or not all(isinstance(v, int) and low <= v <= high for v in value):  # type: ignore[union-attr]
        raise Refused(f"A model's card has no usable numbers {key!r}.", code="MOD-04")
    return value  # type: ignore[return-value]


def build(architecture: Architecture) -> nn.Module:
    """The network a card describes, with fresh weights.

    Raises:
        Refused: the class is none of this package, or a number is missing, unknown or out of
            range (MOD-04).
    """
    keys = {"unet": {"inputs", "outputs", "channels"}}
    keys["attention-unet"] = keys["unet"] | {"blocks"}
    if set(architecture.numbers) != keys.get(architecture.name):
        raise Refused("A model's card does not describe a segmenter.", code="MOD-04")
    inputs, outputs = _whole(architecture, "inputs"), _whole(architecture, "outputs")
    channels = _widths(architecture, "channels", 8, 512)
    if any(width % 8 for width in channels):
        raise Refused("A model's card has widths not divisible by 8.", code="MOD-04")
    if architecture.name == "unet":
        return UNet(inputs, outputs, channels)
    blocks = _widths(architecture, "blocks", 1, 8)
    if len(blocks) != len(channels):
        raise Refused("A model's card counts blocks and widths differently.", code="MOD-04")
    return AttentionUNet(inputs, outputs, channels, blocks)
