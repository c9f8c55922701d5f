"""A network with its card, ready to read slices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.registry.cards import ModelCard, find_model, verify
from lgesynth_gui.segmentation.growing import grown
from lgesynth_gui.segmentation.networks import build
from lgesynth_gui.segmentation.weights import load_weights

FIELD = 96  # pixels of the middle a scar reader looks at when the wall fits into them
REACH = 6  # millimetres around the wall it can see
_NOTHING = -12.0  # logit where it does not look


class Segmenter(nn.Module):
    """A network and what is known about it.

    Args:
        card: The model's card.
        network: Its network, weights loaded.
    """

    def __init__(self, card: ModelCard, network: nn.Module) -> None:
        super().__init__()
        self.card = card
        self.network = network
        self.threshold = card.threshold or 0.5

    def forward(self, u: Tensor, wall: Tensor) -> Tensor:
        """Scar logits; differentiable in `u`.

        Args:
            u: `(n, 1, 128, 128)` normalised crops, about [-1.5, 2], LV in the middle.
            wall: `(n, 1, 128, 128)`, 1 inside the myocardium.

        Returns:
            `(n, 2, 128, 128)` logits: scar with its core, core alone. They are meant to be read
            inside the wall and a few millimetres around it.
        """
        return scar_logits(self.network, u, wall)


def scar_logits(network: nn.Module, u: Tensor, wall: Tensor) -> Tensor:
    """Logits of a scar reader, looking at the middle alone when every wall fits into it.

    Args:
        network: Takes what `reader_input` gives.
        u: `(n, 1, h, w)` normalised crops, at least 96 pixels wide, LV in the middle.
        wall: `(n, 1, h, w)`, 1 inside the myocardium.

    Returns:
        `(n, 2, h, w)`: scar with its core, core alone.
    """
    edge = (u.shape[-1] - FIELD) // 2
    middle = slice(edge, u.shape[-1] - edge)
    if bool(wall.sum() > wall[..., middle, middle].sum()):
        return network(reader_input(u, wall))  # type: ignore[no-any-return]
    seen = network(reader_input(u[..., middle, middle], wall[..., middle, middle]))
    return functional.pad(seen, (edge,) * 4, value=_NOTHING)


def reader_input(u: Tensor, wall: Tensor) -> Tensor:
    """What a scar reader is fed: the image within 6 mm of the wall, and the wall.

    Args:
        u: `(n, 1, h, w)` normalised crop.
        wall: `(n, 1, h, w)`, 1 inside the myocardium.

    Returns:
        `(n, 2, h, w)`.
    """
    wall = wall.to(u.dtype)
    return torch.cat([u * grown(wall, REACH), wall], dim=1)


def load_segmenter(
    model: ModelCard | str,
    device: str | torch.device = "cpu",
    folders: Sequence[Path] | None = None,
) -> Segmenter:
    """Load a segmenter whose files are the ones its card names.

    Args:
        model: A card, or "id" or "id/version".
        device: Where it shall compute.
        folders: Where models live; None = the bundled ones.

    Raises:
        LgeSynthError: there is no such model, or it is no segmenter.
        Refused: its files are not in order.
    """
    card = find_model(model, folders) if isinstance(model, str) else model
    if card.role not in ("contours", "reward", "judge"):
        raise LgeSynthError(f"Model {card.reference} reads no slices.", "Choose another model.")
    place = verify(card, folders)
    network = load_weights(lambda: build(card.architecture), place / card.files[0].name)
    return Segmenter(card, network).to(device).eval()


@torch.no_grad()
def read_scar(segmenter: Segmenter, u: Array, walls: Array) -> NDArray[np.float32]:
    """Probability of scar (core included) inside the wall.

    Args:
        segmenter: A reward or judge network.
        u: `(n, 128, 128)` normalised crops.
        walls: `(n, 128, 128)`, true inside the myocardium.

    Returns:
        `(n, 128, 128)` float32 in [0, 1], 0 outside the wall.
    """
    return read_scar_and_core(segmenter, u, walls)[:, 0]


@torch.no_grad()
def read_scar_and_core(segmenter: Segmenter, u: Array, walls: Array) -> NDArray[np.float32]:
    """Probabilities `(n, 2, 128, 128)` of scar with core, and of core alone, in the wall."""
    device = next(segmenter.parameters()).device
    found: list[Any] = []
    for image, wall in zip(u, walls, strict=True):
        pixels = torch.from_numpy(np.array(image, dtype=np.float32))[None, None].to(device)
        inside = torch.from_numpy(np.array(wall, dtype=np.float32))[None, None].to(device)
        found.append((torch.sigmoid(segmenter(pixels, inside)) * inside)[0].cpu().numpy())
    return np.asarray(found, dtype=np.float32).reshape(-1, 2, *np.shape(u)[1:])
