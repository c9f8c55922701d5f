"""Configurations of Stable-Diffusion and BERT folders: which numbers we take, in which ranges.

A configuration is read as data only. Every number has a range, every word a list, a field that is
not known is refused, and so is one that would change how a network computes in a way that our
classes are not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.registry import strict_json
from lgesynth_gui.registry.contents import check_start

HINT = "Use a Stable Diffusion 1.x or 2.x folder as its maker published it."
Width = Annotated[int, Field(ge=4, le=2560)]
Widths = Annotated[tuple[Width, ...], Field(min_length=1, max_length=5)]
Groups = Annotated[int, Field(ge=1, le=64)]
Layers = Annotated[int, Field(ge=1, le=4)]
Heads = Annotated[int, Field(ge=1, le=64)]
Tiny = Annotated[float, Field(ge=1e-13, le=1e-2)]
DownType = Literal["CrossAttnDownBlock2D", "DownBlock2D"]
UpType = Literal["CrossAttnUpBlock2D", "UpBlock2D"]
_SCHEDULERS = (
    "DDIMScheduler", "DDPMScheduler", "PNDMScheduler", "LMSDiscreteScheduler",
    "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "DPMSolverMultistepScheduler",
    "UniPCMultistepScheduler",
)  # fmt: skip
# Fields that say how a network computes, and the only values it is built with.
_STEERED: Mapping[str, tuple[Any, ...]] = {
    "act_fn": ("silu",), "addition_embed_type": (None,), "addition_embed_type_num_heads": (64,),
    "addition_time_embed_dim": (None,), "class_embed_type": (None,), "downsample_padding": (1,),
    "encoder_hid_dim": (None,), "encoder_hid_dim_type": (None,), "mid_block_scale_factor": (1,),
    "mid_block_type": ("UNetMidBlock2DCrossAttn",), "num_attention_heads": (None,),
    "num_class_embeds": (None,), "only_cross_attention": (False,),
    "projection_class_embeddings_input_dim": (None,), "resnet_time_scale_shift": ("default",),
    "transformer_layers_per_block": (1,), "upcast_attention": (False, None),
}  # fmt: skip
_UNET: Mapping[str, tuple[Any, ...]] = {
    **_STEERED, "attention_type": ("default",), "center_input_sample": (False,),
    "class_embeddings_concat": (False,), "conv_in_kernel": (3,), "conv_out_kernel": (3,),
    "cross_attention_norm": (None,), "dropout": (0,), "dual_cross_attention": (False,),
    "mid_block_only_cross_attention": (None,), "resnet_out_scale_factor": (1,),
    "resnet_skip_time_act": (False,), "reverse_transformer_layers_per_block": (None,),
    "time_cond_proj_dim": (None,), "time_embedding_act_fn": (None,),
    "time_embedding_dim": (None,), "time_embedding_type": ("positional",),
    "timestep_post_act": (None,),
}  # fmt: skip
_CONTROL: Mapping[str, tuple[Any, ...]] = {
    **_STEERED, "controlnet_conditioning_channel_order": ("rgb",),
    "global_pool_conditions": (False,),
}  # fmt: skip
_VAE: Mapping[str, tuple[Any, ...]] = {
    "act_fn": ("silu",), "force_upcast": (True, False), "in_channels": (3,), "out_channels": (3,),
    "latents_mean": (None,), "latents_std": (None,), "mid_block_add_attention": (True,),
    "shift_factor": (None,), "use_quant_conv": (True,), "use_post_quant_conv": (True,),
}  # fmt: skip
_SCHEDULE: Mapping[str, tuple[Any, ...]] = {
    "rescale_betas_zero_snr": (False,), "thresholding": (False,), "trained_betas": (None,),
    "use_flow_sigmas": (False,),
}  # fmt: skip
_BERT: Mapping[str, tuple[Any, ...]] = {
    "add_cross_attention": (False,), "hidden_act": ("gelu",), "is_decoder": (False,),
    "model_type": ("bert",), "position_embedding_type": ("absolute",), "type_vocab_size": (2,),
}  # fmt: skip
# Fields without a meaning for how the network computes here.
_NOTES = ("_diffusers_version", "_name_or_path", "transformers_version")
_UNUSED = (
    "attention_probs_dropout_prob", "bos_token_id", "classifier_dropout", "dtype", "eos_token_id",
    "gradient_checkpointing", "hidden_dropout_prob", "initializer_range", "pad_token_id",
    "tie_word_embeddings", "torch_dtype", "use_cache",
)  # fmt: skip
_STEPPING = (
    "algorithm_type", "clip_sample", "clip_sample_range", "disable_corrector",
    "dynamic_thresholding_ratio", "euler_at_final", "final_sigmas_type", "flow_shift",
    "interpolation_type", "lambda_min_clipped", "lower_order_final", "predict_x0",
    "sample_max_value", "shift_terminal", "sigma_max", "sigma_min", "skip_prk_steps",
    "solver_order", "solver_p", "solver_type", "time_shift_type", "timestep_type",
    "use_beta_sigmas", "use_dynamic_shifting", "use_exponential_sigmas", "use_karras_sigmas",
    "use_lu_lambdas", "variance_type",
)  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Steered(_Strict):
    """What U-Net and ControlNet have in common."""

    in_channels: Annotated[int, Field(ge=1, le=64)]
    block_out_channels: Widths
    down_block_types: Annotated[tuple[DownType, ...], Field(min_length=1, max_length=5)]
    layers_per_block: Layers
    cross_attention_dim: Annotated[int, Field(ge=8, le=4096)]
    norm_num_groups: Groups = 32
    norm_eps: Tiny = 1e-5
    attention_head_dim: Heads | Annotated[tuple[Heads, ...], Field(max_length=5)] = 8
    use_linear_projection: bool = False
    flip_sin_to_cos: bool = True
    freq_shift: Annotated[int, Field(ge=0, le=1)] = 0

    @property
    def heads(self) -> tuple[int, ...]:
        """Attention heads of each level: what the field's name means in these classes."""
        told = self.attention_head_dim
        return told if isinstance(told, tuple) else (told,) * len(self.block_out_channels)

    @model_validator(mode="after")
    def _fits(self) -> _Steered:
        widths = self.block_out_channels
        if not len(widths) == len(self.down_block_types) == len(self.heads):
            raise ValueError("its levels are not told alike")
        if any(w % self.norm_num_groups for w in widths):
            raise ValueError("its widths are no multiples of the groups")
        if any(w % h for w, h in zip(widths, self.heads, strict=True)):
            raise ValueError("its widths are no multiples of the heads")
        return self


class UNetConfig(_Steered):
    """A conditional U-Net: 4 or 9 channels in (noisy latent, hole, masked latent), 4 out."""

    out_channels: Annotated[int, Field(ge=1, le=64)]
    sample_size: Annotated[int, Field(ge=8, le=128)]
    up_block_types: Annotated[tuple[UpType, ...], Field(min_length=1, max_length=5)]

    @model_validator(mode="after")
    def _mirrored(self) -> UNetConfig:
        down = [name.replace("Down", "Up") for name in reversed(self.down_block_types)]
        if list(self.up_block_types) != down:
            raise ValueError("its way up does not mirror its way down")
        return self


class ControlConfig(_Steered):
    """A ControlNet: 2 conditioning channels (edge map, masked picture), or 3 as a picture has."""

    conditioning_channels: Annotated[int, Field(ge=1, le=16)] = 3
    conditioning_embedding_out_channels: Widths = (16, 32, 96, 256)


class VaeConfig(_Strict):
    """An autoencoder between 3-channel pictures and latents."""

    latent_channels: Annotated[int, Field(ge=1, le=16)]
    block_out_channels: Widths
    down_block_types: Annotated[tuple[Literal["DownEncoderBlock2D"], ...], Field(max_length=5)]
    up_block_types: Annotated[tuple[Literal["UpDecoderBlock2D"], ...], Field(max_length=5)]
    layers_per_block: Layers = 1
    norm_num_groups: Groups = 32
    sample_size: Annotated[int, Field(ge=8, le=2048)] = 512
    scaling_factor: Annotated[float, Field(ge=1e-3, le=100)] = 0.18215

    @property
    def factor(self) -> int:
        """How many times smaller the latent is."""
        return 1 << (len(self.block_out_channels) - 1)

    @model_validator(mode="after")
    def _fits(self) -> VaeConfig:
        widths = self.block_out_channels
        if not len(widths) == len(self.down_block_types) == len(self.up_block_types):
            raise ValueError("its levels are not told alike")
        if any(w % self.norm_num_groups for w in widths):
            raise ValueError("its widths are no multiples of the groups")
        return self


class ScheduleConfig(_Strict):
    """How noise was added while the networks learned."""

    num_train_timesteps: Annotated[int, Field(ge=100, le=4000)] = 1000
    beta_start: Annotated[float, Field(ge=1e-6, le=0.1)]
    beta_end: Annotated[float, Field(ge=1e-6, le=0.5)]
    beta_schedule: Literal["linear", "scaled_linear"]
    prediction_type: Literal["epsilon", "v_prediction"] = "epsilon"
    set_alpha_to_one: bool = False
    steps_offset: Annotated[int, Field(ge=0, le=1)] = 0
    timestep_spacing: Literal["leading", "trailing", "linspace"] = "leading"

    @model_validator(mode="after")
    def _rises(self) -> ScheduleConfig:
        if self.beta_start >= self.beta_end:
            raise ValueError("its noise does not rise")
        return self


class BertNumbers(_Strict):
    """Sizes of a BERT."""

    vocab_size: Annotated[int, Field(ge=8, le=100_000)]
    hidden_size: Annotated[int, Field(ge=8, le=2048)]
    num_hidden_layers: Annotated[int, Field(ge=1, le=24)]
    num_attention_heads: Heads
    intermediate_size: Annotated[int, Field(ge=8, le=8192)]
    max_position_embeddings: Annotated[int, Field(ge=8, le=1024)]
    layer_norm_eps: Tiny = 1e-12

    @model_validator(mode="after")
    def _fits(self) -> BertNumbers:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError("its width is no multiple of the heads")
        return self


Config = TypeVar("Config", bound=_Strict)


def read_unet(path: Path) -> UNetConfig:
    """The numbers of `unet/config.json`; see `_read` for what is refused."""
    return _read(path, UNetConfig, "U-Net", ("UNet2DConditionModel",), _UNET)


def read_control(path: Path) -> ControlConfig:
    """The numbers of `controlnet/config.json`."""
    return _read(path, ControlConfig, "ControlNet", ("ControlNetModel",), _CONTROL)


def read_vae(path: Path) -> VaeConfig:
    """The numbers of `vae/config.json`."""
    return _read(path, VaeConfig, "autoencoder", ("AutoencoderKL",), _VAE)


def read_schedule(path: Path) -> ScheduleConfig:
    """The noise of `scheduler/scheduler_config.json`, whichever scheduler class wrote it."""
    return _read(path, ScheduleConfig, "scheduler", _SCHEDULERS, _SCHEDULE, _STEPPING)


def read_bert(path: Path) -> BertNumbers:
    """The numbers of a BERT's `config.json`."""
    return _read(path, BertNumbers, "text encoder", (), _BERT, (*_UNUSED, "architectures"))


def _read(
    path: Path,
    kind: type[Config],
    name: str,
    classes: tuple[str, ...],
    fixed: Mapping[str, tuple[Any, ...]],
    unused: tuple[str, ...] = (),
) -> Config:
    """A configuration.

    Raises:
        Refused: no strict JSON (MOD-05), of another class, or a field is unknown or out of range
            (MOD-04), or it asks for something that these networks are not built with (MOD-26).
    """
    data = _bytes_of(path, name)
    told = strict_json.parse(data)
    if not isinstance(told, dict):
        raise Refused(f"The {name}'s configuration is no table of fields.", HINT, "MOD-04")
    written = told.pop("_class_name", None)
    if classes and written not in classes:
        raise Refused(f"The {name}'s folder holds another kind of network.", HINT, "MOD-04")
    for field in (*_NOTES, *unused):
        told.pop(field, None)
    for field in sorted(fixed.keys() & told.keys()):
        if not any(_same(told[field], one) for one in fixed[field]):
            raise Refused(f"The {name} asks for {field}, which is not supported.", HINT, "MOD-26")
        told.pop(field)
    try:
        return kind.model_validate(_tuples(told))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"]) or "its levels"
        raise Refused(
            f"The {name}'s configuration is not valid at {place}: {first['msg']}.", HINT, "MOD-04"
        ) from error


def _bytes_of(path: Path, name: str) -> bytes:
    if path.is_symlink() or not path.is_file():
        raise Refused(f"The {name}'s {path.name} is missing, or is a link.", HINT, "MOD-01")
    if path.stat().st_size > strict_json.MAX_BYTES:
        raise Refused(f"The {name}'s configuration is larger than 1 MiB.", HINT, "MOD-05")
    data = path.read_bytes()
    check_start(data)
    return data


def _same(value: Any, wanted: Any) -> bool:
    """Equal, and truth is no number."""
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _tuples(told: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in told.items()}
