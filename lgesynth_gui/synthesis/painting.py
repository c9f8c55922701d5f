"""Paints one slice: condition, sample, guide, paste back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.segmentation.segmenter import Segmenter, read_scar
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.conditioning import (
    MODEL_SPACING,
    Conditions,
    Holes,
    conditions_of,
    holes_of,
)
from lgesynth_gui.synthesis.guidance import RewardGuide
from lgesynth_gui.synthesis.holes import distance_mm, scar_mask
from lgesynth_gui.synthesis.models import Bundle
from lgesynth_gui.synthesis.paste import feather, paste
from lgesynth_gui.synthesis.sampler import Scene, generator_of, sample

OLD_SCAR_MM2 = 50.0  # what the reward networks must see in a host before its whole wall is redone


@dataclass(frozen=True, eq=False)
class Painted:
    """One generated slice.

    Args:
        conditions: What it was made from.
        picture: Normalised, `(128, 128)`; equals the host beyond the feather.
        pixels: The slice's stored values with the change added.
        edited: Pixels of the slice that were allowed to change.
        reward_dice: Overlap of the wanted scar with what the reward networks see; NaN without.
    """

    conditions: Conditions
    picture: Array
    pixels: Array
    edited: Mask
    reward_dice: float


def paint(request: SynthesisRequest, series: LgeSeries, index: int, bundle: Bundle) -> Job:
    """Generate slice `index` of a request.

    Args:
        request: What is wanted.
        series: The host.
        index: Slice, one of `conditioning.wanted_slices`.
        bundle: The networks.

    Returns:
        A job that yields one `Progress` a sampler step and returns a `Painted`.
    """
    conditions = conditions_of(request, series, index)
    yield None
    spacing = series.spacing[1:]
    old = seen_scar(bundle.rewards, conditions.host, conditions.wall).sum() >= OLD_SCAR_MM2
    holes = holes_of(request, conditions, spacing, host_has_scar=bool(old))
    yield None
    noise = generator_of(request.seed, index)
    scene = _scene(request, conditions, holes, bundle)
    guide = _guide(request, conditions, scene, bundle, noise)
    picture = yield from sample(bundle.denoiser, HaarPacket(), scene, request.steps, noise, guide)
    share = feather(holes.native, spacing, request.feather_mm)
    pixels, edited = paste(
        series.pixels[index],
        picture - conditions.host,
        share,
        conditions.crop,
        conditions.scale,
    )
    score = float("nan")
    if bundle.rewards:
        seen = seen_scar(bundle.rewards, picture, conditions.wall)
        score = dice(seen, scar_mask(conditions.labels))
    return Painted(conditions, picture, pixels, edited, score)


def seen_scar(readers: Sequence[Segmenter], picture: Array, wall: Mask) -> Mask:
    """Where the mean of several scar readers sees scar; nothing without a reader.

    Args:
        readers: Reward networks.
        picture: Normalised crop `(128, 128)`.
        wall: Muscle on the same grid.
    """
    if not readers:
        return np.zeros_like(wall)
    read = [read_scar(one, picture[None], wall[None])[0] / one.threshold for one in readers]
    return np.asarray(np.mean(read, axis=0) > 1)


def _tensor(array: Array, device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32))[None, None].to(device)


@torch.no_grad()
def _scene(
    request: SynthesisRequest, conditions: Conditions, holes: Holes, bundle: Bundle
) -> Scene:
    device = bundle.device
    blend = distance_mm(holes.model, MODEL_SPACING) <= request.feather_mm + 1
    return Scene(
        host=_tensor(conditions.host, device),
        hole=_tensor(holes.model, device),
        blend=_tensor(blend, device),
        maps=torch.from_numpy(conditions.maps)[None].to(device),
        context=bundle.encoder([conditions.caption]),
        no_context=bundle.encoder([""]),
        text_scale=request.text_scale,
    )


def _guide(
    request: SynthesisRequest,
    conditions: Conditions,
    scene: Scene,
    bundle: Bundle,
    noise: torch.Generator,
) -> RewardGuide | None:
    if request.guidance <= 0 or not bundle.rewards:
        return None
    labels = _tensor(conditions.labels, bundle.device)
    return RewardGuide(bundle.rewards, labels, scene.hole, scene.host, request.guidance, noise)
