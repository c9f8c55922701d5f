"""Tries an imported model before it gets its place: does it load, and does it compute numbers?

Runs in the engine. The network is one of our own classes with the numbers of the card; its file
must fit it exactly, and one fixed input must give finite values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.registry.cards import ModelCard, card_in
from lgesynth_gui.segmentation.crop import SIZE
from lgesynth_gui.segmentation.networks import build
from lgesynth_gui.segmentation.weights import load_weights
from lgesynth_gui.synthesis.models import load_base, load_control, load_text
from lgesynth_gui.synthesis.networks import NetworkSizes
from lgesynth_gui.synthesis.paper_model import ARCHITECTURE, load_trained
from lgesynth_gui.synthesis.spade import SpadeSizes, load_spade

LARGEST = 1e6  # no output of a trained network is larger
LATENT_SIDE = SIZE // 4
_UNBUILDABLE = (
    ValueError, TypeError, KeyError, IndexError, ArithmeticError, RuntimeError, OSError,
)  # fmt: skip
_HINT = "Get the model again from its source."
_SAID = "Bright scar in the mid anterior wall"


def try_model(folder: Path) -> Job:
    """Build a model, fill it with its file and let it compute once.

    Args:
        folder: Its folder `<id>/<version>`; what its card names was hashed before.

    Returns:
        A job that returns the largest value it computed.

    Raises:
        Refused: its card describes no network that is known (MOD-04), its file does not fit it
            (MOD-06, MOD-07, MOD-09), or what it computes is no number (MOD-25).
    """
    yield Progress(0, 1, "trying the model")
    card = card_in(folder)
    try:
        with torch.no_grad():
            largest = float(_computed(card, folder.parent.parent).abs().max())
    except Refused:
        raise
    except LgeSynthError as error:
        raise Refused(error.what, _HINT, "MOD-04") from error
    except _UNBUILDABLE as error:
        raise Refused(
            "The model's card describes no network that can be built.", _HINT, "MOD-04"
        ) from error
    if not largest <= LARGEST:  # also when it is no number
        raise Refused("The model computes values that are no picture.", _HINT, "MOD-25")
    return largest


def _computed(card: ModelCard, root: Path) -> Tensor:
    """What the network makes of a fixed input."""
    kind, numbers = card.architecture.name, dict(card.architecture.numbers)
    folders = (root,)
    if kind in ("unet", "attention-unet"):
        weights = root / card.reference / card.files[0].name
        reader = load_weights(lambda: build(card.architecture), weights)
        read: Tensor = reader(torch.zeros(1, int(str(numbers["inputs"])), SIZE, SIZE))
        return read
    if kind == "bert":
        said: Tensor = load_text(card, folders)([_SAID])
        return said
    if kind == "spade":
        sizes = SpadeSizes.of(numbers)
        painted: Tensor = load_spade(card, folders)(
            torch.zeros(1, sizes.labels, SIZE, SIZE), torch.zeros(1, sizes.style)
        )
        return painted
    if kind == "condition-unet":
        unet, bands = load_base(card, folders)
        latent = len(bands.mean)
        context = torch.zeros(1, 4, int(str(numbers.get("text_width", 256))))
        noisy = torch.zeros(1, 3 * latent, LATENT_SIDE, LATENT_SIDE)
        cleaned: Tensor = unet(noisy, torch.tensor(10), encoder_hidden_states=context).sample
        return cleaned
    if kind == ARCHITECTURE:
        return _steered_as_paper(load_trained(card, folders))
    own = NetworkSizes.of(numbers)
    control = load_control(card, own, folders)
    return _steered(control, own)


def _steered(control: nn.Module, sizes: NetworkSizes) -> Tensor:
    told = control(
        torch.zeros(1, 3 * sizes.latent, LATENT_SIDE, LATENT_SIDE),
        torch.tensor(10),
        encoder_hidden_states=torch.zeros(1, 4, sizes.text_width),
        controlnet_cond=torch.zeros(1, sizes.maps, SIZE, SIZE),
        return_dict=False,
    )
    parts = (*told[0], told[1])
    return torch.cat([part.reshape(-1) for part in parts])


def _steered_as_paper(trained: nn.ModuleDict) -> Tensor:
    control: Any = trained["control"]
    told = control.config
    reach = 1 << (len(told.conditioning_embedding_out_channels) - 1)  # times smaller than shown
    small = 1 << len(told.block_out_channels)
    context = torch.zeros(1, 4, told.cross_attention_dim)
    down, mid = control(
        torch.zeros(1, told.in_channels, small, small),
        torch.tensor(10),
        encoder_hidden_states=context,
        controlnet_cond=torch.zeros(1, told.conditioning_channels, small * reach, small * reach),
        return_dict=False,
    )
    return torch.cat([part.reshape(-1) for part in (*down, mid)])
