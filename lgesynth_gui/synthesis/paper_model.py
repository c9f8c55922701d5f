"""The paper's networks together, and what of them a training changes: the ControlNet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.registry import strict_json
from lgesynth_gui.registry.cards import ArchitectureName, ModelCard, file_sha256, verify
from lgesynth_gui.segmentation.weights import load_weights
from lgesynth_gui.synthesis.paper_codec import ColourCodec
from lgesynth_gui.synthesis.paper_configs import BertNumbers, ControlConfig
from lgesynth_gui.synthesis.paper_folder import Plan, projection_of
from lgesynth_gui.synthesis.paper_networks import build_control, build_projection, copied_control
from lgesynth_gui.synthesis.paper_schedule import Schedule
from lgesynth_gui.synthesis.text import CaptionEncoder

ARCHITECTURE: ArchitectureName = "paper-controlnet"
PARTNERS = "partners.json"
_TOKENS = 64
_LEVELS = ("DownBlock2D", "CrossAttnDownBlock2D")
_HINT = "Give the folders that it was trained with."


class PaperDenoiser(nn.Module):
    """U-Net and ControlNet as one function: noisy latent to what the U-Net predicts.

    Args:
        unet: Frozen.
        control: Its ControlNet; may take the noisy latent alone where the U-Net takes more.
    """

    def __init__(self, unet: Any, control: Any) -> None:
        super().__init__()
        self.unet, self.control = unet, control

    def forward(
        self, latent: Tensor, step: Tensor, known: Tensor, context: Tensor, shown: Tensor
    ) -> Tensor:
        """The prediction, shaped as the latent.

        Args:
            latent: Noisy, `(n, channels, s, s)`.
            step: Step of each, `(n,)`.
            known: Hole and masked latent `(n, 1 + channels, s, s)`; unused by a painting U-Net.
            context: Encoded captions `(n, tokens, width)`.
            shown: What the ControlNet is shown, `(n, 2 or 3, side, side)`.
        """
        whole = torch.cat([latent, known], dim=1)
        down, mid = self.control(
            whole[:, : self.control.config.in_channels],
            step,
            encoder_hidden_states=context,
            controlnet_cond=shown,
            return_dict=False,
        )
        predicted: Tensor = self.unet(
            whole[:, : self.unet.config.in_channels],
            step,
            encoder_hidden_states=context,
            down_block_additional_residuals=down,
            mid_block_additional_residual=mid,
            return_dict=False,
        )[0]
        return predicted


@dataclass(frozen=True, eq=False)
class Paper:
    """All networks of the paper's configuration.

    Args:
        plan: What the folders hold.
        denoiser: U-Net and ControlNet.
        codec: The autoencoder.
        encoder: Captions to context.
        schedule: The folder's noise.
    """

    plan: Plan
    denoiser: PaperDenoiser
    codec: ColourCodec
    encoder: CaptionEncoder
    schedule: Schedule

    def to(self, device: torch.device | str) -> Paper:
        """Move the networks."""
        for network in (self.denoiser, self.codec.vae, self.encoder):
            network.to(device)
        return self

    @property
    def device(self) -> torch.device:
        """Where they compute."""
        return next(self.denoiser.parameters()).device

    @property
    def trained(self) -> nn.ModuleDict:
        """What a training changes: the ControlNet, and the projection where there is one."""
        return _together(self.denoiser.control, self.encoder.projection)


def load_paper(plan: Plan, seed: int = 0, trained: nn.ModuleDict | None = None) -> Job:
    """Load what a plan describes.

    Args:
        plan: From `paper_folder.plan`.
        seed: Of a fresh ControlNet's stem and of a fresh projection.
        trained: A trained ControlNet with its projection (`load_trained`); None = the folder's
            ControlNet, or a fresh one made from the U-Net.

    Returns:
        A job that yields progress and returns a `Paper` on the processor, nothing of it
        trainable.

    Raises:
        Refused: a file is damaged (MOD-06, MOD-07) or holds values that are no numbers (MOD-09).
    """
    for k, part in enumerate((plan.unet, plan.vae, plan.bert)):
        yield Progress(k, 7, "checking the weights")
        file_sha256(part.path)  # kept until a checkpoint or a card asks for it
    yield Progress(3, 7, "loading the U-Net")
    unet = plan.unet.load()
    yield Progress(4, 7, "loading the autoencoder")
    vae = plan.vae.load()
    yield Progress(5, 7, "loading the text encoder")
    bert: Any = plan.bert.load()
    positions = plan.bert_numbers.max_position_embeddings
    bert.embeddings.position_ids = torch.arange(positions)[None]
    bert.embeddings.token_type_ids = torch.zeros((1, positions), dtype=torch.long)
    yield Progress(6, 7, "loading the ControlNet")
    projection: Any
    if trained is not None:
        control, projection = trained["control"], trained["projection"]
        projection = projection if isinstance(projection, nn.Linear) else None
    else:
        config, folder = plan.control_config, plan.control
        control = folder.load() if folder else copied_control(unet, config, seed)
        projection = projection_of(plan, seed)
    encoder = CaptionEncoder(bert, plan.tokens, min(_TOKENS, positions), projection)
    codec = ColourCodec(
        vae,
        plan.vae_config.scaling_factor,
        plan.side,
        plan.vae_config.latent_channels,
        plan.vae_config.factor,
    )
    denoiser = PaperDenoiser(unet, control).requires_grad_(False).eval()
    encoder.requires_grad_(False).eval()
    return Paper(plan, denoiser, codec, encoder, Schedule(plan.schedule))


def card_numbers(plan: Plan) -> dict[str, Any]:
    """The plain numbers a card keeps of a trained ControlNet."""
    told = plan.control_config.model_dump(exclude={"down_block_types", "attention_head_dim"})
    return {
        **{name: int(v) if isinstance(v, bool) else v for name, v in told.items()},
        "attends": tuple(_LEVELS.index(one) for one in plan.control_config.down_block_types),
        "heads": plan.control_config.heads,
        "text_width": plan.bert_numbers.hidden_size,
        "side": plan.side,
    }


def partners_text(plan: Plan) -> str:
    """`partners.json`: hashes of the frozen networks it was trained with."""
    return json.dumps(dict(plan.partners), indent=2) + "\n"


def load_trained(
    card: ModelCard, folders: Sequence[Path] | None = None, plan: Plan | None = None
) -> nn.ModuleDict:
    """The trained ControlNet of a card, with its projection or an `Identity` in its place.

    Args:
        card: Of the architecture "paper-controlnet".
        folders: Where models live.
        plan: The folders it shall work with; None = do not ask.

    Raises:
        Refused: the card describes no such network (MOD-04), the files are not in order
            (MOD-01 to MOD-09), or it was trained with other networks than the plan's (MOD-27).
    """
    place = verify(card, folders)
    config, width = _config_of(card)
    if plan is not None:
        path = place / PARTNERS
        told = strict_json.parse(path.read_bytes()) if path.is_file() else None
        if told != dict(plan.partners) or config != plan.control_config.model_copy(
            update={"attention_head_dim": config.attention_head_dim}
        ):
            raise Refused(
                f"Model {card.reference} was trained with other networks than these.",
                _HINT,
                "MOD-27",
            )

    def build() -> nn.ModuleDict:
        projection = build_projection(width, config.cross_attention_dim, 0)
        return _together(build_control(config), projection)

    return load_weights(build, place / card.files[0].name)


def _config_of(card: ModelCard) -> tuple[ControlConfig, int]:
    """The ControlNet's numbers and the text encoder's width, from a card."""
    numbers: Mapping[str, Any] = dict(card.architecture.numbers)
    try:
        if card.architecture.name != ARCHITECTURE:
            raise ValueError(card.architecture.name)
        told = {k: v for k, v in numbers.items() if k not in ("attends", "side", "text_width")}
        told["down_block_types"] = tuple(_LEVELS[one] for one in numbers["attends"])
        told["attention_head_dim"] = told.pop("heads")
        for flag in ("use_linear_projection", "flip_sin_to_cos"):
            told[flag] = bool(numbers[flag])
        width = BertNumbers(
            vocab_size=8, hidden_size=numbers["text_width"], num_hidden_layers=1,
            num_attention_heads=1, intermediate_size=8, max_position_embeddings=8,
        ).hidden_size  # fmt: skip
        return ControlConfig.model_validate(told), width
    except (ValidationError, ValueError, KeyError, IndexError, TypeError) as error:
        raise Refused(
            f"The card of {card.reference} describes no ControlNet of this kind.",
            "Get the model again from its source.",
            "MOD-04",
        ) from error


def _together(control: nn.Module, projection: nn.Module | None) -> nn.ModuleDict:
    return nn.ModuleDict({"control": control, "projection": projection or nn.Identity()})
