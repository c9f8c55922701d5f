"""Stage `paper`: LGESynthNet's own recipe on local Stable-Diffusion and BiomedBERT weights.

Only the ControlNet learns (and the captions' projection, where the text encoder's width is not
the U-Net's). Loss: squared error of what the U-Net predicts, plus the cross-entropy of one frozen
reader on the decoded one-step estimate of the items at step <= 200, with a weight of 1. Slices
with scar alone, hole = the scar, filled by its own mean; captions as the paper writes them, half
of them left out; last weights kept. The reader looks at the wall and 3 mm around it, where its
answers are meant to be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from lgesynth_gui.anatomy.captions import parse, say_as_paper
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import Metric, TrainedOn
from lgesynth_gui.segmentation.losses import roi_of
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.paper_model import (
    ARCHITECTURE,
    PARTNERS,
    Paper,
    card_numbers,
    partners_text,
)
from lgesynth_gui.synthesis.paper_sampler import conditions, paint_as_paper
from lgesynth_gui.training.data import Batches, Mix
from lgesynth_gui.training.export import write_model
from lgesynth_gui.training.generator import tensors
from lgesynth_gui.training.pictures import SHOWN, SHOWN_SEED, beside
from lgesynth_gui.training.stage import Evaluation, Spent

LAMBDA = 1.0
MIX = Mix(
    empty=0.0, ring=0.0, margin_mm=(0.0, 0.0), no_caption=0.5, blank=0.0, told=0.0,
    contradicted=0.0,
)  # fmt: skip
NAME = "paper-controlnet"
TRIED = 4  # slices that the autoencoder codes and decodes before it is used
_NOTES = (
    "LGESynthNet's configuration on local weights. How edge map and masked slice are joined, the"
    " reader, optimiser, learning rate and sampler are ours: the paper does not say. Works only"
    " with the U-Net, autoencoder and text encoder of partners.json."
)


def reading_loss(logits: Tensor, scar: Tensor, wall: Tensor) -> Tensor:
    """Cross-entropy of a reader's scar logits in the wall and 3 mm around it, `(n,)`."""
    roi = roi_of(wall.float())
    each = functional.binary_cross_entropy_with_logits(logits.float(), scar, reduction="none")
    return (each * roi).sum(dim=(1, 2, 3)) / roi.sum(dim=(1, 2, 3)).clamp_min(1)


class PaperStage:
    """The ControlNet of the paper's configuration.

    Args:
        batches: Slices; drawn with `MIX`.
        paper: All networks; only the ControlNet and the projection are changed.
        reader: The frozen reward network.
        seed: Of the phantom stream, for the card.
        share: Weight of the reward.

    `round_trip` is how far the autoencoder alone changes a slice, mean absolute difference in u.
    """

    name = "paper"

    def __init__(
        self,
        batches: Batches,
        paper: Paper,
        reader: Segmenter,
        seed: int = 0,
        share: float = LAMBDA,
    ) -> None:
        self.batches, self.paper, self.seed, self.share = batches, paper, seed, share
        self.reader = reader.requires_grad_(False).eval()
        self.denoiser, self.vae, self.encoder = paper.denoiser, paper.codec.vae, paper.encoder
        modules: dict[str, nn.Module] = {"control": paper.denoiser.control}
        if paper.encoder.projection is not None:
            modules["projection"] = paper.encoder.projection
        self.modules: Mapping[str, nn.Module] = modules
        for module in modules.values():
            module.requires_grad_(True)
        pictures = batches.pool.pictures[:TRIED].astype(np.float32)
        self.round_trip = paper.codec.round_trip(torch.from_numpy(pictures)[:, None]).mean().item()

    def batch(self, rng: np.random.Generator) -> Any:
        """Slices with scar; captions as the paper writes them, or left out."""
        drawn = dict(self.batches.draw(rng))
        captions = self.batches.pool.captions[drawn["index"]]
        drawn["texts"] = [
            as_paper(str(caption)) if text else ""
            for caption, text in zip(captions, drawn["texts"], strict=True)
        ]
        return drawn

    def chance(self, batch: Any, noise: torch.Generator, step: int) -> Mapping[str, Tensor]:
        """Step `(n,)` and white noise `(n, channels, s, s)` of each item, and which are read."""
        del step
        count, schedule, codec = len(batch["picture"]), self.paper.schedule, self.paper.codec
        at = torch.randint(len(schedule), (count,), generator=noise)
        side = codec.latent_side
        read = at <= schedule.window
        return {
            "at": at,
            "white": torch.randn((count, codec.channels, side, side), generator=noise),
            "read": read,
            "share": read.float().mean().expand(count),
        }

    def part_loss(
        self, part: Any, chance: Mapping[str, Tensor], step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """Error of the prediction, and the reader's loss of the items near the clean end."""
        del step
        paper, parts = self.paper, tensors(part)
        picture, hole = parts["picture"], parts["hole"]
        with torch.no_grad():
            clean = paper.codec.encode(picture)
            told = conditions(paper, picture, hole, parts["maps"][:, :1])
        at, white = chance["at"], chance["white"]
        latent = paper.schedule.noisy(clean, white, at)
        context = paper.encoder(part["texts"])
        predicted = paper.denoiser(latent, at, told.known, context, told.shown)
        target = paper.schedule.target(clean, white, at)
        diffusion = functional.mse_loss(predicted.float(), target)
        read = chance["read"]
        if not self.share or not bool(read.any()):
            return diffusion, {"diffusion": diffusion.item()}
        estimate = paper.schedule.clean(predicted[read], latent[read], at[read])
        wall, scar = parts["wall"][read], parts["scar"][read]
        logits = self.reader(paper.codec.decode(estimate, picture.shape[-1]), wall)[:, :1]
        # mean over the items read in the whole batch, told as a mean over the items here
        reward = reading_loss(logits, scar, wall).sum() / len(read) / chance["share"][0]
        figures = {"diffusion": diffusion.item(), "reward": reward.item()}
        return diffusion + self.share * reward, figures

    def loss(
        self, batch: Any, noise: torch.Generator, step: int
    ) -> tuple[Tensor, Mapping[str, float]]:
        """The loss of a whole batch."""
        return self.part_loss(batch, self.chance(batch, noise, step), step)

    def to(self, device: torch.device) -> None:
        """Move all networks."""
        self.paper.to(device)
        self.reader.to(device)

    def recompute(self) -> None:
        """U-Net, ControlNet and autoencoder keep what their blocks are given, nothing else."""
        for network in (self.denoiser.unet, self.denoiser.control, self.vae):
            network.enable_gradient_checkpointing()

    def memory(self) -> Mapping[str, Any]:
        """Which frozen networks it learns with."""
        return {"partners": dict(self.paper.plan.partners), "side": self.paper.plan.side}

    def recall(self, memory: Mapping[str, Any]) -> None:
        """Take back what `memory` gave.

        Raises:
            LgeSynthError: the run was started with other networks.
        """
        if memory != self.memory():
            raise LgeSynthError(
                "This run was started with other networks than these.",
                "Give the folders it was started with.",
            )

    def samples(self) -> Sequence[npt.NDArray[np.uint8]]:
        """What the networks paint into fixed slices of the pool, each beside its own scar."""
        items = Batches(self.batches.pool, SHOWN, MIX).draw(np.random.default_rng(SHOWN_SEED))
        device = self.paper.device
        parts = {k: v.to(device) for k, v in tensors(items).items()}
        told = conditions(self.paper, parts["picture"], parts["hole"], parts["maps"][:, :1])
        captions = [as_paper(str(one)) for one in self.batches.pool.captions[items["index"]]]
        noise = [torch.Generator("cpu").manual_seed(SHOWN_SEED + k) for k in range(SHOWN)]
        painted = drive(paint_as_paper(self.paper, told, captions, noise))
        return [
            beside(items["picture"][k, 0], painted[k], items["wall"][k, 0] > 0)
            for k in range(SHOWN)
        ]

    def evaluate(self, step: int) -> Evaluation:
        """Nothing is measured: the paper keeps the last weights."""
        return Evaluation()

    def export(self, folder: Path, spent: Spent) -> None:
        """Write the ControlNet's model folder, with the hashes of the networks it belongs to."""
        plan = self.paper.plan
        write_model(
            folder,
            name=NAME,
            title="ControlNet in the paper's configuration, for local Stable Diffusion weights",
            role="rival",
            architecture=ARCHITECTURE,
            numbers=card_numbers(plan),
            network=self.paper.trained,
            texts={PARTNERS: partners_text(plan)},
            metrics=(
                Metric(
                    name="Autoencoder alone: mean absolute change of a slice, u",
                    data="phantom slices",
                    value=round(self.round_trip, 5),
                    n=TRIED,
                ),
            ),
            trained_on=TrainedOn(
                data="phantom slices",
                stream="generator",
                seed=self.seed,
                slices=len(self.batches.pool),
                steps=spent.steps,
                batch=self.batches.size,
                minutes=spent.minutes,
            ),
            notes=_NOTES,
            licence="LicenseRef-as-its-base",
        )


def as_paper(caption: str) -> str:
    """A canonical caption in the paper's words."""
    return say_as_paper(parse(caption))
