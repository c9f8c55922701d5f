"""Stages `base` (the U-Net) and `controlnet` (its ControlNet, everything else frozen)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.registry.cards import ModelCard, Role, TrainedOn, find_model
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.models import load_base, load_control, load_text, sizes_and_bands
from lgesynth_gui.synthesis.networks import (
    Denoiser,
    NetworkSizes,
    build_control,
    build_unet,
    known_channels,
)
from lgesynth_gui.synthesis.precondition import Bands, noisy
from lgesynth_gui.synthesis.text import CaptionEncoder
from lgesynth_gui.training.adapters import adapt, plain
from lgesynth_gui.training.data import Batches
from lgesynth_gui.training.export import LICENCE, numbers_of, reference, write_model
from lgesynth_gui.training.pictures import SHOWN, SHOWN_SEED, WATCH, shown
from lgesynth_gui.training.stage import Evaluation, Spent

OUTSIDE = 0.15  # weight of the loss where the picture is known
FINE = 0.25  # share of a batch drawn where only grain is still to be told from noise
FINE_TAU = 0.3  # largest noise fraction of that share
_OUTLET = ("conv_out.weight", "conv_out.bias")
_DATA = "phantom slices"


def draw_tau(count: int, noise: torch.Generator) -> Tensor:
    """Noise fractions of a batch, in (0, 1).

    `1 - sigmoid(N(-0.6, 1))` for three quarters; `0.3 u^2`, u uniform, for the rest, where the
    sampler's last steps decide about the grain of the picture.
    """
    tau = 1 - torch.sigmoid(torch.randn(count, generator=noise) - 0.6)
    fine = FINE_TAU * torch.rand(count, generator=noise).clamp_min(0.05) ** 2
    return torch.where(torch.rand(count, generator=noise) < FINE, fine, tau)


def loss_weight(hole: Tensor) -> Tensor:
    """`0.15 + hole`, the hole max-pooled to the latent's grid."""
    return OUTSIDE + functional.max_pool2d(hole, 4)


def path_loss(estimate: Tensor, clean: Tensor, tau: Tensor, hole: Tensor) -> Tensor:
    """Weighted squared error of the clean estimate over `max(tau, 0.1)^2`, one value an item."""
    scale = tau.clamp_min(0.1).reshape(-1, 1, 1, 1) ** 2
    error = (estimate.float() - clean) ** 2 / scale
    return (loss_weight(hole) * error).mean(dim=(1, 2, 3))


def latent_bands(pictures: np.ndarray[Any, np.dtype[Any]], count: int = 400) -> Bands:
    """Statistics of every latent channel over the first pictures of a pool."""
    part = torch.from_numpy(pictures[:count].astype(np.float32))[:, None]
    return Bands.of(HaarPacket().encode(part))


def tensors(batch: Mapping[str, Any]) -> dict[str, Tensor]:
    """The arrays of a batch as tensors."""
    return {k: torch.as_tensor(v) for k, v in batch.items() if isinstance(v, np.ndarray | Tensor)}


class GeneratorStage:
    """What base, control and reward share: batches, context, the diffusion loss.

    Args:
        batches: Where training items come from.
        denoiser: U-Net, ControlNet or None, statistics.
        encoder: The frozen caption encoder.
        text_card: Its card.
        seed: Of the phantom stream, for the card.
    """

    name = "base"

    def __init__(
        self,
        batches: Batches,
        denoiser: Denoiser,
        encoder: CaptionEncoder,
        text_card: ModelCard,
        seed: int = 0,
    ) -> None:
        self.batches, self.denoiser, self.seed = batches, denoiser, seed
        self.encoder = encoder.requires_grad_(False).eval()
        self.text_card = text_card
        self.codec = HaarPacket()
        self.modules: Mapping[str, nn.Module] = {"unet": denoiser.unet}

    def batch(self, rng: np.random.Generator) -> Any:
        """Items of the pool with hole, fill and caption drawn anew."""
        return self.batches.draw(rng)

    def prepared(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
        """Tensors the denoiser needs: clean latent, known channels, context, maps, masks."""
        parts = tensors(batch)
        with torch.no_grad():
            parts["clean"] = self.codec.encode(parts["picture"])
            masked = self.codec.encode(parts["masked"])
            parts["known"] = known_channels(masked, parts["hole"], self.denoiser.bands)
            parts["context"] = self.encoder(batch["texts"])
        return parts

    def estimate(self, parts: Mapping[str, Tensor], tau: Tensor, white: Tensor) -> Tensor:
        """The denoiser's clean latent of a batch noised with `white` `(n, 16, h, w)`."""
        latent = noisy(parts["clean"], white, tau)
        estimate: Tensor = self.denoiser(
            latent, tau, parts["known"], parts["context"], parts["maps"]
        )
        return estimate

    def chance(self, batch: Any, noise: torch.Generator, step: int) -> Mapping[str, Tensor]:
        """Noise fractions `tau` `(n,)` and white noise `white` `(n, 16, h, w)` of a batch."""
        del step
        count = len(batch["picture"])
        return {"tau": draw_tau(count, noise), "white": self._white(batch, noise)}

    def part_loss(
        self, part: Any, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """The diffusion loss of some items."""
        del step
        parts, tau = self.prepared(part), chance["tau"]
        estimate = self.estimate(parts, tau, chance["white"])
        return path_loss(estimate, parts["clean"], tau, parts["hole"]).mean(), {}

    def loss(
        self, batch: Any, noise: torch.Generator, step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """The loss of a whole batch."""
        return self.part_loss(batch, self.chance(batch, noise, step), step)

    def _white(self, batch: Any, noise: torch.Generator) -> Tensor:
        count, _, height, width = batch["picture"].shape
        factor = self.codec.factor
        shape = (count, self.codec.channels, height // factor, width // factor)
        return torch.randn(shape, generator=noise)

    def to(self, device: torch.device) -> None:
        """Move the networks; pictures of the pool follow batch by batch."""
        self.denoiser.to(device)
        self.encoder.to(device)

    def recompute(self) -> None:
        """Blocks of U-Net and ControlNet keep what they are given, nothing else."""
        for network in (self.denoiser.unet, self.denoiser.control):
            if network is not None:
                network.enable_gradient_checkpointing()

    def samples(self) -> Sequence[npt.NDArray[np.uint8]]:
        """What the networks paint into fixed slices of the pool; see `pictures.shown`."""
        return shown(self.denoiser, self.codec, self.encoder, self.shown_items())

    def shown_items(self) -> Mapping[str, Any]:
        """The fixed wishes that are painted again and again."""
        return Batches(self.batches.pool, SHOWN, WATCH).draw(np.random.default_rng(SHOWN_SEED))

    def evaluate(self, step: int) -> Evaluation:
        """Nothing is measured in this stage."""
        return Evaluation()

    def trained_on(self, spent: Spent) -> TrainedOn:
        """The card's account of the training."""
        return TrainedOn(
            data=_DATA,
            stream="generator",
            seed=self.seed,
            slices=len(self.batches.pool),
            steps=spent.steps,
            batch=self.batches.size,
            minutes=spent.minutes,
        )

    def export(self, folder: Path, spent: Spent) -> None:
        """Write the base's model folder."""
        write_model(
            folder,
            name="base",
            title="Base U-Net: inpaints LGE slices from their surroundings and a caption",
            role="base",
            architecture="condition-unet",
            numbers=numbers_of(self.sizes, self.denoiser.bands),
            network=self.denoiser.unet,
            trained_on=self.trained_on(spent),
            text_encoder=reference(self.text_card),
            notes=self.notes,
        )

    sizes = NetworkSizes()
    notes = ""


def base_stage(
    batches: Batches,
    folders: Sequence[Path],
    seed: int = 0,
    sizes: NetworkSizes | None = None,
    start: str = "",
) -> GeneratorStage:
    """A base network with the text encoder found in `folders`.

    Args:
        batches: Where training items come from.
        folders: Where models live.
        seed: Of fresh weights and of the phantom stream.
        sizes: Of a fresh network; None = the usual ones.
        start: Base to go on from, "id" or "id/version"; "" = fresh weights.
    """
    text_card = find_model("text-encoder", folders)
    notes = ""
    if start:
        card = find_model(start, folders)
        sizes, unet, bands = _continued(card, folders)
        notes = goes_on_from(card)
    else:
        sizes = sizes or NetworkSizes(gated=1)
        bands = latent_bands(batches.pool.pictures)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            unet = build_unet(sizes)
    denoiser = Denoiser(unet, None, bands)
    stage = GeneratorStage(batches, denoiser, load_text(text_card, folders), text_card, seed)
    stage.sizes, stage.notes = sizes, notes
    return stage


def goes_on_from(card: ModelCard) -> str:
    """What a card says of the network a training started from."""
    before = f" {card.notes}" if card.notes else ""
    return f"Goes on from {card.id} after {card.trained_on.steps:,} steps of its own.{before}"


def _continued(card: ModelCard, folders: Sequence[Path]) -> tuple[NetworkSizes, Any, Bands]:
    """A trained base to go on from; its gain on the noisy input starts at zero if it had none."""
    sizes = replace(sizes_and_bands(card)[0], gated=1)
    trained, bands = load_base(card, folders)
    unet = build_unet(sizes)
    state = dict(trained.state_dict())
    for name in _OUTLET:
        outlet = torch.zeros_like(unet.state_dict()[name])
        outlet[: len(state[name])] = state[name]
        state[name] = outlet
    unet.load_state_dict(state)
    return sizes, unet, bands


class ControlStage(GeneratorStage):
    """The ControlNet; text encoder and U-Net are frozen."""

    name = "controlnet"

    def __init__(
        self,
        batches: Batches,
        denoiser: Denoiser,
        encoder: CaptionEncoder,
        text_card: ModelCard,
        base_card: ModelCard,
        seed: int = 0,
    ) -> None:
        super().__init__(batches, denoiser, encoder, text_card, seed)
        if denoiser.control is None:
            raise ValueError("a control stage needs a ControlNet")
        self.base_card = base_card
        denoiser.unet.requires_grad_(False).eval()
        self.modules = {"control": denoiser.control}

    def export(self, folder: Path, spent: Spent) -> None:
        """Write the ControlNet's model folder."""
        control = self.denoiser.control
        if control is None:
            raise ValueError("no ControlNet")
        write_model(
            folder,
            name=self.model_name,
            title=self.title,
            role=self.role,
            architecture="controlnet",
            numbers=numbers_of(self.sizes),
            network=plain(control),
            trained_on=self.trained_on(spent),
            text_encoder=reference(self.text_card),
            base=reference(self.base_card),
            notes=self.notes,
            licence=self.licence,
        )

    model_name = "controlnet"
    role: Role = "controlnet"
    licence = LICENCE
    title = "ControlNet: puts the drawn scar in its place"


def frozen_base(folders: Sequence[Path]) -> tuple[ModelCard, ModelCard, Denoiser, CaptionEncoder]:
    """Text card, base card, the base with a fresh ControlNet, and the encoder."""
    base_card = find_model("base", folders)
    text_card = find_model((base_card.text_encoder or "text-encoder").split(" ")[0], folders)
    sizes, _ = sizes_and_bands(base_card)
    unet, bands = load_base(base_card, folders)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        control = build_control(unet, sizes).requires_grad_(True)
    return text_card, base_card, Denoiser(unet, control, bands), load_text(text_card, folders)


def control_stage(
    batches: Batches, folders: Sequence[Path], seed: int = 0, start: str = "", adapters: int = 0
) -> ControlStage:
    """A ControlNet on the base found in `folders`.

    Args:
        batches: Where training items come from.
        folders: Where models live.
        seed: Of the phantom stream.
        start: ControlNet to go on from, of this base or an earlier one; "" = a fresh one.
        adapters: Rank of the adapters that learn in place of the weights; 0 = all weights learn.

    Raises:
        LgeSynthError: adapters are asked for a fresh ControlNet, whose outputs they leave silent.
    """
    text_card, base_card, denoiser, encoder = frozen_base(folders)
    sizes = sizes_and_bands(base_card)[0]
    notes = ""
    if start:
        card = find_model(start, folders)
        denoiser.control = load_control(card, sizes, folders).requires_grad_(True)
        notes = goes_on_from(card)
    if adapters:
        if not start:
            raise LgeSynthError(
                "Adapters can only change a trained ControlNet.", "Name one to start from."
            )
        adapt(denoiser.control, adapters, seed)
    stage = ControlStage(batches, denoiser, encoder, text_card, base_card, seed)
    stage.sizes, stage.notes = sizes, notes
    return stage
