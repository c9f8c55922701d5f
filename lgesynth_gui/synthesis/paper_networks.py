"""The paper's networks, built from validated numbers: classes we name, never ones a file names."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor2_0
from torch import nn
from transformers import BertConfig, BertModel

from lgesynth_gui.synthesis.paper_configs import (
    BertNumbers,
    ControlConfig,
    UNetConfig,
    VaeConfig,
)

CONDITIONS = 2  # edge map and masked picture
STEM = (16, 32, 96, 256, 256)  # widths of a fresh ControlNet's stem
# How attention was called in autoencoders saved before diffusers 0.17.
_EARLIER = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
_ATTENTION = re.compile(r"(?<=\.attentions\.0\.)(query|key|value|proj_attn)(?=\.)")
_BERT_UNUSED = ("cls.", "pooler.", "embeddings.position_ids", "embeddings.token_type_ids")


def build_unet(config: UNetConfig) -> nn.Module:
    """The U-Net."""
    return _plain(
        UNet2DConditionModel(
            sample_size=config.sample_size,
            out_channels=config.out_channels,
            up_block_types=config.up_block_types,
            **_steered(config),
        )
    )


def build_control(config: ControlConfig) -> nn.Module:
    """A ControlNet."""
    return _plain(
        ControlNetModel(
            conditioning_channels=config.conditioning_channels,
            conditioning_embedding_out_channels=config.conditioning_embedding_out_channels,
            **_steered(config),
        )
    )


def control_of(config: UNetConfig, factor: int) -> ControlConfig:
    """Numbers of a fresh ControlNet of a U-Net, for latents `factor` times smaller."""
    shared = config.model_dump(include=set(ControlConfig.model_fields))
    return ControlConfig(
        conditioning_channels=CONDITIONS,
        conditioning_embedding_out_channels=STEM[: factor.bit_length()],
        **shared,
    )


def copied_control(unet: Any, config: ControlConfig, seed: int) -> nn.Module:
    """A ControlNet that starts as the U-Net's encoder, with silent outlets and a fresh stem.

    Args:
        unet: Its U-Net, with weights.
        config: From `control_of`.
        seed: Of the stem.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        control: Any = build_control(config)
    for name in ("conv_in", "time_embedding", "down_blocks", "mid_block"):
        getattr(control, name).load_state_dict(getattr(unet, name).state_dict())
    made: nn.Module = control
    return made


def build_vae(config: VaeConfig) -> nn.Module:
    """The autoencoder."""
    network: nn.Module = AutoencoderKL(
        latent_channels=config.latent_channels,
        block_out_channels=config.block_out_channels,
        down_block_types=config.down_block_types,
        up_block_types=config.up_block_types,
        layers_per_block=config.layers_per_block,
        norm_num_groups=config.norm_num_groups,
        sample_size=config.sample_size,
        scaling_factor=config.scaling_factor,
    )
    return network


def build_bert(numbers: BertNumbers) -> nn.Module:
    """A BERT without pooling head."""
    config = BertConfig(**numbers.model_dump(), attn_implementation="eager")
    network: nn.Module = BertModel(config, add_pooling_layer=False)
    return network


def build_projection(width: int, wanted: int, seed: int) -> nn.Linear | None:
    """From a text encoder's width to what a U-Net attends to; None when they are equal.

    It starts with orthonormal rows or columns, so that different captions stay different.
    """
    if width == wanted:
        return None
    layer = nn.Linear(width, wanted, bias=False)
    if layer.weight.device.type != "meta":
        drawn = torch.Generator("cpu").manual_seed(seed)
        with torch.no_grad():
            layer.weight.copy_(nn.init.orthogonal_(torch.empty(wanted, width), generator=drawn))
    return layer


def numbers_in(build: Callable[[], nn.Module]) -> int:
    """How many numbers a network holds, counted without allocating one."""
    with torch.device("meta"):
        network = build()
    return sum(value.numel() for value in network.state_dict().values())


def vae_name(key: str) -> str:
    """What a tensor of an autoencoder's file is called today."""
    return _ATTENTION.sub(lambda found: _EARLIER[found[1]], key)


def bert_name(key: str) -> str | None:
    """What a tensor of a BERT's file is called in `build_bert`; None = of a head that we lack."""
    own = key.removeprefix("bert.")
    if key.startswith(_BERT_UNUSED) or own.startswith(_BERT_UNUSED):
        return None
    return own.replace("LayerNorm.gamma", "LayerNorm.weight").replace(
        "LayerNorm.beta", "LayerNorm.bias"
    )


def _steered(config: UNetConfig | ControlConfig) -> dict[str, Any]:
    return {
        "in_channels": config.in_channels,
        "block_out_channels": config.block_out_channels,
        "down_block_types": config.down_block_types,
        "layers_per_block": config.layers_per_block,
        "cross_attention_dim": config.cross_attention_dim,
        "norm_num_groups": config.norm_num_groups,
        "norm_eps": config.norm_eps,
        "attention_head_dim": config.heads,  # in these classes: the number of heads
        "use_linear_projection": config.use_linear_projection,
        "flip_sin_to_cos": config.flip_sin_to_cos,
        "freq_shift": config.freq_shift,
    }


def _plain(network: Any) -> nn.Module:
    network.set_attn_processor(AttnProcessor2_0())  # one fixed way of computing attention
    built: nn.Module = network
    return built
