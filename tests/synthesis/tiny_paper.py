"""Folders laid out as Stable Diffusion's and BiomedBERT's, small and with random weights."""

import json

import torch
from diffusers import (
    AutoencoderKL,
    ControlNetModel,
    DDPMScheduler,
    PNDMScheduler,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM
from transformers.utils import logging

from lgesynth_gui.synthesis.tokens import Tokens

WEIGHTS = "diffusion_pytorch_model.safetensors"
BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}


def write_sd(folder, inputs=4, control=0, prediction="epsilon", context=16):
    """U-Net, autoencoder, scheduler and, with its conditioning channels told, a ControlNet."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=16, in_channels=inputs, out_channels=4, layers_per_block=1,
        block_out_channels=(8, 16), down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=context,
        norm_num_groups=4, attention_head_dim=2,
    )  # fmt: skip
    unet.save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(8, 8, 8), down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3, norm_num_groups=4, sample_size=64,
    ).save_pretrained(folder / "vae")  # fmt: skip
    kind = PNDMScheduler if prediction == "epsilon" else DDPMScheduler
    kind(**BETAS, prediction_type=prediction).save_pretrained(folder / "scheduler")
    if control:
        ControlNetModel.from_unet(
            unet, conditioning_channels=control, conditioning_embedding_out_channels=(16, 32, 96)
        ).save_pretrained(folder / "controlnet")
    return folder


def write_bert(folder, width=16):
    """A BERT with a head that is not used, and its vocabulary."""
    torch.manual_seed(1)
    logging.disable_progress_bar()
    tokens = Tokens.learn(["Transmural enhancement in the anterior wall"] * 2, 120)
    config = BertConfig(
        vocab_size=len(tokens), hidden_size=width, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=32,
    )  # fmt: skip
    BertForMaskedLM(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text(tokens.text() + "\n")
    return folder


def edit(path, **changes):
    """Change fields of a configuration."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def reweigh(path, change):
    """Change the tensors of a weights file."""
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
