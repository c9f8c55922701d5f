"""The networks, built from validated sizes, and the denoiser they form together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers import ControlNetModel, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.synthesis.precondition import Bands, clean_estimate, network_input

MAPS = 4  # edge, scar, myocardium, depth
TEMPLATE_MAPS = 3  # another patient's slice, its scar, its myocardium


@dataclass(frozen=True)
class NetworkSizes:
    """Sizes of U-Net and ControlNet.

    Args:
        widths: Channels of the three levels, multiples of `norm_groups`.
        heads: Attention heads of each level.
        text_width: Width of the text encoder's output.
        latent: Latent channels of the codec.
        layers: Residual blocks a level.
        norm_groups: Groups of the group norms.
        map_widths: Channels of the ControlNet's stem, from full size to a quarter.
        maps: Control maps the ControlNet sees: 4, or 7 with those of a template.
        gated: 1 when the U-Net also gives a gain on its noisy input, else 0; see
            `precondition.clean_estimate`.
    """

    widths: tuple[int, int, int] = (64, 96, 192)
    heads: tuple[int, int, int] = (2, 3, 6)
    text_width: int = 256
    latent: int = 16
    layers: int = 1
    norm_groups: int = 32
    map_widths: tuple[int, int, int] = (16, 32, 96)
    maps: int = MAPS
    gated: int = 0

    def __post_init__(self) -> None:
        good = (
            all(8 <= w <= 1024 and w % self.norm_groups == 0 for w in self.widths)
            and all(1 <= h <= 32 for h in self.heads)
            and all(w % h == 0 for w, h in zip(self.widths, self.heads, strict=True))
            and 8 <= self.text_width <= 2048
            and 1 <= self.latent <= 64
            and 1 <= self.layers <= 4
            and all(4 <= w <= 512 for w in self.map_widths)
            and self.maps in (MAPS, MAPS + TEMPLATE_MAPS)
            and self.gated in (0, 1)
        )
        if not good:
            raise LgeSynthError("The model's sizes are not allowed.", "Import it again.")

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> NetworkSizes:
        """From the plain numbers of a model card; unknown names are refused."""
        unknown = set(config) - set(cls.__dataclass_fields__)
        if unknown:
            raise LgeSynthError("The model card names unknown sizes.", "Import the model again.")
        lists: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list | tuple) else v for k, v in config.items()
        }
        return cls(**lists)


@dataclass(frozen=True)
class TextSizes:
    """Sizes of the text encoder (a BERT)."""

    vocabulary: int
    width: int = 256
    layers: int = 4
    heads: int = 4
    positions: int = 64

    def __post_init__(self) -> None:
        good = 8 <= self.vocabulary <= 100_000 and 8 <= self.width <= 2048
        good = good and 1 <= self.layers <= 24 and 8 <= self.positions <= 1024
        if not good or self.width % self.heads:
            raise LgeSynthError("The text encoder's sizes are not allowed.", "Import it again.")


def build_unet(sizes: NetworkSizes) -> Any:
    """The base U-Net: 3 x latent channels in (noisy, masked picture, hole), latent out.

    A gated one gives twice as many channels.
    """
    unet = UNet2DConditionModel(
        sample_size=32,
        in_channels=3 * sizes.latent,
        out_channels=(1 + sizes.gated) * sizes.latent,
        layers_per_block=sizes.layers,
        block_out_channels=sizes.widths,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=sizes.text_width,
        norm_num_groups=sizes.norm_groups,
        attention_head_dim=sizes.heads,  # in this class: the number of heads
    )
    unet.set_attn_processor(AttnProcessor2_0())  # one fixed way of computing attention
    return unet


def build_control(unet: Any, sizes: NetworkSizes) -> Any:
    """A ControlNet that starts as a copy of the U-Net's encoder with silent outputs."""
    control = ControlNetModel.from_unet(
        unet,
        conditioning_channels=sizes.maps,
        conditioning_embedding_out_channels=sizes.map_widths,
    )
    control.set_attn_processor(AttnProcessor2_0())
    return control


def build_text(sizes: TextSizes) -> Any:
    """A BERT without pooling head."""
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.width,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=4 * sizes.width,
        max_position_embeddings=sizes.positions,
        attn_implementation="eager",
    )
    return BertModel(config, add_pooling_layer=False)


def known_channels(masked_latent: Tensor, hole: Tensor, bands: Bands) -> Tensor:
    """What is known of the picture, `(n, 32, 32, 32)`.

    Args:
        masked_latent: Latent of the picture whose hole is filled, `(n, 16, 32, 32)`.
        hole: Hole on the model grid, `(n, 1, 128, 128)`, 0 or 1.
        bands: Statistics that standardise the latent.
    """
    unshuffled = functional.pixel_unshuffle(2 * hole.float() - 1, 4)
    return torch.cat([bands.standardise(masked_latent), unshuffled], dim=1)


class Denoiser(nn.Module):
    """U-Net and ControlNet as one function: noisy latent to clean latent.

    Args:
        unet: From `build_unet`.
        control: From `build_control`, or None for the base alone.
        bands: Latent statistics of the training pictures.
    """

    def __init__(self, unet: Any, control: Any | None, bands: Bands) -> None:
        super().__init__()
        self.unet, self.control, self.bands = unet, control, bands

    def hint(self, maps: Tensor | None) -> Tensor | None:
        """What the ControlNet's stem makes of control maps; it is the same at every noise."""
        if self.control is None or maps is None:
            return None
        stem: Tensor = self.control.controlnet_cond_embedding(maps)
        return stem

    def forward(
        self,
        latent: Tensor,
        tau: Tensor,
        known: Tensor,
        context: Tensor,
        maps: Tensor | None,
        hint: Tensor | None = None,
    ) -> Tensor:
        """Clean latent `(n, 16, 32, 32)`.

        Args:
            latent: Noisy latent, `(n, 16, 32, 32)`.
            tau: Noise fraction of each, `(n,)` in (0, 1].
            known: From `known_channels`.
            context: Encoded captions, `(n, tokens, text width)`.
            maps: Control maps `(n, 4, 128, 128)`; unused without a ControlNet.
            hint: `self.hint(maps)` where it is known already; None = make it from `maps`.
        """
        sample = torch.cat([network_input(latent, tau, self.bands), known], dim=1)
        step = 1000.0 * tau
        hint = self.hint(maps) if hint is None else hint
        extra: dict[str, Any] = {}
        if self.control is not None and hint is not None:
            down, mid = _residuals(self.control, sample, step, context, hint)
            extra = {"down_block_additional_residuals": down, "mid_block_additional_residual": mid}
        output = self.unet(sample, step, encoder_hidden_states=context, return_dict=False, **extra)
        return clean_estimate(output[0], latent, tau, self.bands)


def _residuals(
    control: Any, sample: Tensor, step: Tensor, context: Tensor, hint: Tensor
) -> tuple[tuple[Tensor, ...], Tensor]:
    """`ControlNetModel.forward` after its stem, which it would run anew at every step."""
    embedding = control.time_embedding(control.time_proj(step).to(sample.dtype))
    hidden = control.conv_in(sample) + hint
    skips = [hidden]
    for block in control.down_blocks:
        attends = getattr(block, "has_cross_attention", False)
        extra = {"encoder_hidden_states": context} if attends else {}
        hidden, out = block(hidden_states=hidden, temb=embedding, **extra)
        skips += out
    hidden = control.mid_block(hidden, embedding, encoder_hidden_states=context)
    outlets = zip(control.controlnet_down_blocks, skips, strict=True)
    return tuple(outlet(skip) for outlet, skip in outlets), control.controlnet_mid_block(hidden)
