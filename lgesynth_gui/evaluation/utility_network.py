"""The downstream segmenter: heart muscle and scar from the image alone.

No contours are handed to it, at no time: as in the paper it has to find the muscle itself. Two
outputs: muscle with its scar, and scar with its core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.registry.cards import Architecture
from lgesynth_gui.segmentation.networks import build

Kind = Literal["unet", "densenet"]
KINDS: tuple[Kind, ...] = ("unet", "densenet")
OUTPUTS = 2  # wall, scar
_UNET = Architecture(
    name="unet",
    numbers={"inputs": 1, "outputs": OUTPUTS, "channels": (16, 32, 64, 96, 128)},
)
DENSENET121 = (6, 12, 24, 16)
GROWTH = 32
DECODER = (256, 128, 64, 32, 16)


def downstream_network(kind: Kind, seed: int) -> nn.Module:
    """A downstream network with fresh weights.

    Args:
        kind: "unet", 0.6 million weights, or "densenet", a DenseNet121 with a U-Net decoder.
        seed: Of the weights.

    Shape:
        `(n, 1, h, w)` to `(n, 2, h, w)` logits; h and w divisible by 32.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = _by_batch(build(_UNET)) if kind == "unet" else DenseUNet()
        moved: nn.Module = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return moved


def _by_batch(network: nn.Module) -> nn.Module:
    """The network, normalised over the batch: on a processor a third faster, and as good here."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.GroupNorm):
                setattr(parent, name, nn.BatchNorm2d(child.num_channels))
    return network


class _Layer(nn.Module):
    """Bottleneck and convolution whose output is joined to the input."""

    def __init__(self, inputs: int, growth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
            nn.Conv2d(inputs, 4 * growth, 1, bias=False),
            nn.BatchNorm2d(4 * growth),
            nn.ReLU(),
            nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.layers(x)], dim=1)


def _up(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


class DenseUNet(nn.Module):
    """DenseNet (Huang et al., arXiv 1608.06993) as encoder, five halvings, U-Net decoder.

    Args:
        blocks: Layers of each dense block; the default is DenseNet121's.
        growth: Channels that each layer adds.
        decoder: Width after each doubling.

    Shape:
        `(n, 1, h, w)` to `(n, 2, h, w)` logits; h and w divisible by 32.
    """

    def __init__(
        self,
        blocks: Sequence[int] = DENSENET121,
        growth: int = GROWTH,
        decoder: Sequence[int] = DECODER,
    ) -> None:
        super().__init__()
        width = 2 * growth
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        skips = [width]
        self.dense, self.narrow = nn.ModuleList(), nn.ModuleList()
        for k, count in enumerate(blocks):
            self.dense.append(
                nn.Sequential(*(_Layer(width + growth * layer, growth) for layer in range(count)))
            )
            width += growth * count
            if k < len(blocks) - 1:
                skips.append(width)
                self.narrow.append(
                    nn.Sequential(
                        nn.BatchNorm2d(width),
                        nn.ReLU(),
                        nn.Conv2d(width, width // 2, 1, bias=False),
                    )
                )
                width //= 2
        self.norm = nn.BatchNorm2d(width)
        self.up = nn.ModuleList()
        for skip, out in zip([*skips[::-1], 0], decoder, strict=True):
            self.up.append(_up(width + skip, out))
            width = out
        self.head = nn.Conv2d(width, OUTPUTS, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Logits of an image."""
        x = self.stem(x)
        skips = [x]
        x = functional.max_pool2d(x, 3, stride=2, padding=1)
        for k, block in enumerate(self.dense):
            x = block(x)
            if k < len(self.narrow):
                skips.append(x)
                x = functional.avg_pool2d(self.narrow[k](x), 2)
        x = functional.relu(self.norm(x))
        for block in self.up:
            x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skips.pop()], dim=1) if skips else x)
        return self.head(x)  # type: ignore[no-any-return]
