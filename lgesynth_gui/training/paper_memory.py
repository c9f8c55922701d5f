"""How much memory the paper's stage will take, told before anything of its size is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.synthesis.paper_folder import Plan
from lgesynth_gui.synthesis.paper_model import PaperDenoiser
from lgesynth_gui.synthesis.paper_networks import build_control, build_unet, build_vae
from lgesynth_gui.training.memory import kept_for_backward

GIB = 1 << 30
# Of what is trained: two moments and the average, and the four parts of a checkpoint while it is
# read. The gradient comes after that.
COPIES = 7
# What comes and goes beside the activations, as a share of them; measured on a processor.
PASSING = 0.75


@dataclass(frozen=True)
class PaperNeed:
    """Bytes a training in the paper's configuration takes.

    Args:
        weights: Of all networks, float32.
        training: What AdamW and the averages keep of the ControlNet, and a checkpoint of it.
        activations: Kept between forward and backward for one item, in float32; half of it or
            less in bfloat16.
    """

    weights: int
    training: int
    activations: int

    @property
    def passing(self) -> int:
        """What comes and goes beside the activations."""
        return round(PASSING * self.activations)

    @property
    def total(self) -> int:
        """All of it, for one item at once."""
        return self.weights + self.training + self.activations + self.passing

    @property
    def words(self) -> str:
        """In one line."""
        return (
            f"needs about {self.total / GIB:.1f} GiB of memory: {self.weights / GIB:.1f} for"
            f" weights, {self.training / GIB:.1f} for training,"
            f" {(self.activations + self.passing) / GIB:.1f} an item at once"
        )

    def require(self, free: int) -> None:
        """Do nothing, or say that it is too much.

        Args:
            free: Bytes the machine has.

        Raises:
            LgeSynthError: it has less.
        """
        if self.total > free:
            raise LgeSynthError(
                f"This training {self.words}; this machine has {free / GIB:.1f} GiB free.",
                "Give a smaller --side or free some memory; --despite-memory tries it anyway.",
            )


def needed(plan: Plan) -> PaperNeed:
    """The need of a plan's networks; one item is computed without numbers."""
    return PaperNeed(
        weights=plan.weight_bytes,
        training=COPIES * 4 * plan.control_numbers,
        activations=_activations(plan),
    )


def _activations(plan: Plan) -> int:
    latent, side = plan.vae_config.latent_channels, plan.side
    with FakeTensorMode():  # tensors of the processor that hold no numbers
        unet, control = build_unet(plan.unet_config), build_control(plan.control_config)
        vae: Any = build_vae(plan.vae_config)
        denoiser = PaperDenoiser(unet.requires_grad_(False), control)
        vae.requires_grad_(False)
        small = side // plan.vae_config.factor
        told = (
            torch.zeros(1, latent, small, small),
            torch.zeros(1, dtype=torch.long),
            torch.zeros(1, 1 + latent, small, small),
            torch.zeros(1, 64, plan.unet_config.cross_attention_dim),
            torch.zeros(1, plan.control_config.conditioning_channels, side, side),
        )
        return kept_for_backward(lambda: vae.decode(denoiser(*told)).sample, (denoiser, vae))
