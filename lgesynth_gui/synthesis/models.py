"""Loads the synthesis networks of a bundle, once a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.registry.cards import (
    ModelCard,
    Role,
    find_model,
    models_of,
    verify,
)
from lgesynth_gui.registry.defaults import default_name
from lgesynth_gui.segmentation.segmenter import Segmenter, load_segmenter
from lgesynth_gui.segmentation.weights import load_weights
from lgesynth_gui.synthesis.networks import (
    MAPS,
    Denoiser,
    NetworkSizes,
    TextSizes,
    build_control,
    build_text,
    build_unet,
)
from lgesynth_gui.synthesis.precondition import Bands
from lgesynth_gui.synthesis.text import CaptionEncoder
from lgesynth_gui.synthesis.tokens import Tokens

# Fixed, so that sums are always added in the same order; on a busy computer more threads wait for
# one another.
THREADS = 1
_HINT = "Get the model again from its source."


@dataclass(frozen=True, eq=False)
class Bundle:
    """Every network a synthesis needs.

    Args:
        denoiser: U-Net with its ControlNet.
        encoder: The caption encoder both were trained with.
        rewards: Reward networks for guidance; may be empty.
        judge: The judge, or None.
        cards: (role, card) of all of them.
        device: Where they compute.
    """

    denoiser: Denoiser
    encoder: CaptionEncoder
    rewards: tuple[Segmenter, ...]
    judge: Segmenter | None
    cards: tuple[tuple[str, ModelCard], ...]
    device: torch.device

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """(role, "id/version sha256") of every network."""
        return tuple((role, f"{card.reference} {card.sha256}") for role, card in self.cards)


def _of_role(role: Role, wanted: str | None, folders: Sequence[Path] | None) -> ModelCard:
    if wanted is not None:
        reference, _, sha256 = wanted.partition(" ")
        card = find_model(reference, folders)
        if sha256 and card.sha256 != sha256:
            raise LgeSynthError(
                f"Model {reference} is not the one its partner was trained with.", _HINT
            )
        return card
    cards = models_of(role, folders)
    if not cards:
        raise LgeSynthError(f"There is no {role} model.", "Check with: lgesynth models verify.")
    return cards[0]


def _numbers(card: ModelCard, name: str) -> dict[str, Any]:
    if card.architecture.name != name:
        raise LgeSynthError(f"Model {card.reference} is not of the kind {name}.", _HINT)
    return dict(card.architecture.numbers)


def load_text(card: ModelCard, folders: Sequence[Path] | None = None) -> CaptionEncoder:
    """The caption encoder of a card."""
    place = verify(card, folders)
    tokens = Tokens.read(place / "vocab.txt")
    sizes = TextSizes(**_numbers(card, "bert"))
    if sizes.vocabulary != len(tokens):
        raise LgeSynthError("The vocabulary does not fit the text encoder.", _HINT)
    bert = load_weights(lambda: build_text(sizes), place / card.files[0].name)
    inner: Any = bert
    inner.embeddings.position_ids = torch.arange(sizes.positions)[None]
    inner.embeddings.token_type_ids = torch.zeros((1, sizes.positions), dtype=torch.long)
    return CaptionEncoder(bert, tokens, sizes.positions).eval()


def load_base(card: ModelCard, folders: Sequence[Path] | None = None) -> tuple[nn.Module, Bands]:
    """The base U-Net of a card and the statistics of its latent."""
    place, sizes, bands = verify(card, folders), *sizes_and_bands(card)
    return load_weights(lambda: _module(build_unet(sizes)), place / card.files[0].name), bands


def sizes_and_bands(card: ModelCard) -> tuple[NetworkSizes, Bands]:
    """Sizes and latent statistics that a base card holds."""
    numbers = _numbers(card, "condition-unet")
    mean, deviation = numbers.pop("band_mean", ()), numbers.pop("band_deviation", ())
    sizes = NetworkSizes.of(numbers)
    if not len(mean) == len(deviation) == sizes.latent or min(deviation) <= 0:
        raise LgeSynthError("The base model's latent statistics are not valid.", _HINT)
    return sizes, Bands(tuple(map(float, mean)), tuple(map(float, deviation)))


def load_control(
    card: ModelCard, sizes: NetworkSizes, folders: Sequence[Path] | None = None
) -> nn.Module:
    """The ControlNet of a card, for a base of `sizes`.

    The number of maps is its own; whether the base has a second output does not matter to it.
    """
    place = verify(card, folders)
    own = NetworkSizes.of(_numbers(card, "controlnet"))
    if replace(own, maps=sizes.maps, gated=sizes.gated) != sizes:
        raise LgeSynthError("The control network does not fit its base.", _HINT)

    def build() -> nn.Module:
        return _module(build_control(build_unet(own), own))

    return load_weights(build, place / card.files[0].name)


def _module(network: Any) -> nn.Module:
    if not isinstance(network, nn.Module):
        raise TypeError(type(network).__name__)
    return network


def load_bundle(
    model: str = "",
    device: str | torch.device = "cpu",
    folders: Sequence[Path] | None = None,
    *,
    template: bool = False,
) -> Bundle:
    """Load a control model with its base, its text encoder, the reward networks and the judge.

    Args:
        model: "id" or "id/version" of a control model; "" = the default.
        device: Where they compute.
        folders: Where models live; None = the bundled ones.
        template: Whether the control model may be a rival that wants another patient's slice
            among its maps.

    Raises:
        LgeSynthError: a network is missing or does not fit the others.
        Refused: a file is not in order.
    """
    name = model or default_name(folders)
    if not name:
        raise LgeSynthError("There is no synthesis model.", "Check with: lgesynth models verify.")
    control_card = find_model(name, folders)
    if not template and _is_rival(control_card):
        raise LgeSynthError(
            f"Model {control_card.reference} is for comparison only.", "Choose another model."
        )
    base_card = _of_role("base", control_card.base, folders)
    text_card = _of_role("text", control_card.text_encoder, folders)
    if base_card.text_encoder != control_card.text_encoder:
        raise LgeSynthError("Base and control model were trained with other text encoders.", _HINT)
    cards: list[tuple[str, ModelCard]] = [
        ("controlnet", control_card),
        ("base", base_card),
        ("text", text_card),
    ]
    cards += [("reward", card) for card in models_of("reward", folders)]
    cards += [("judge", card) for card in models_of("judge", folders)[:1]]
    return bundle_of(cards, device, folders)


def _is_rival(card: ModelCard) -> bool:
    """Whether a model is only compared with: its role says so, or it wants more than the wish."""
    if card.role == "rival":
        return True
    return NetworkSizes.of(_numbers(card, "controlnet")).maps != MAPS


def bundle_of(
    cards: Sequence[tuple[str, ModelCard]],
    device: str | torch.device = "cpu",
    folders: Sequence[Path] | None = None,
) -> Bundle:
    """Load the networks of chosen cards.

    Args:
        cards: (role, card): a controlnet, its base and its text encoder, any number of rewards, at
            most one judge.
        device: Where they compute.
        folders: Where models live; None = the bundled ones and this person's own.

    Raises:
        LgeSynthError: one is missing, or they do not fit each other.
        Refused: a file is not in order.
    """
    first = dict(reversed(cards))
    if not {"controlnet", "base", "text"} <= set(first):
        raise LgeSynthError("A network is missing.", "Check with: lgesynth models verify.")
    place = torch.device(device)
    sizes, _ = sizes_and_bands(first["base"])
    unet, bands = load_base(first["base"], folders)
    denoiser = Denoiser(unet, load_control(first["controlnet"], sizes, folders), bands)
    rewards = tuple(load_segmenter(c, place, folders) for role, c in cards if role == "reward")
    judge = load_segmenter(first["judge"], place, folders) if "judge" in first else None
    if judge is not None and any(r.card.sha256 == judge.card.sha256 for r in rewards):
        raise LgeSynthError("The judge must be another network than the reward's.", _HINT)
    encoder = load_text(first["text"], folders)
    return Bundle(
        denoiser.to(place).eval(), encoder.to(place).eval(), rewards, judge, tuple(cards), place
    )


def best_device(wanted: str = "auto") -> torch.device:
    """The device to compute on: "auto" takes CUDA, then Apple's, then the processor."""
    if wanted != "auto":
        return torch.device(wanted)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def half_pays(device: torch.device) -> bool:
    """Whether bfloat16 is faster there than float32: on cards, and on processors made for it."""
    return device.type != "cpu" or bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def load_models(model: str = "", device: str = "cpu") -> Bundle:
    """`load_bundle` of the models that are here, kept for the life of the process.

    Without a name the default is taken, whatever it is at that moment.
    """
    return _kept(model or default_name(), device)


@cache
def _kept(model: str, device: str) -> Bundle:
    return load_bundle(model, device)
