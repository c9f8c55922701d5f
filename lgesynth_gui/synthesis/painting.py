"""Paints slices: condition, sample, guide, paste back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import Hole, SynthesisRequest
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
from lgesynth_gui.synthesis.holes import distance_mm, masked, muscle_level, scar_mask
from lgesynth_gui.synthesis.models import Bundle
from lgesynth_gui.synthesis.paste import feather, paste
from lgesynth_gui.synthesis.sampler import Scene, generator_of, sample

Wish = tuple[SynthesisRequest, LgeSeries, int]  # request, its host, slice
Old = Callable[[Wish, Conditions, Bundle], bool]  # whether a host shows scar already

OLD_SCAR_MM2 = 50.0  # what the reward networks must see in a host before its whole wall is redone


@dataclass(frozen=True, eq=False)
class Asked:
    """A wish as the networks are shown it."""

    wish: Wish
    conditions: Conditions
    holes: Holes


@dataclass(frozen=True, eq=False)
class Painted:
    """One generated slice.

    Args:
        conditions: What it was made from.
        picture: Normalised, `(128, 128)`; equals the host beyond the feather.
        pixels: The slice's stored values with the change added.
        edited: Pixels of the slice that were allowed to change.
        reward_dice: Overlap of the wanted scar with what the reward networks see; NaN without.
        before_dice: The same of the first estimate that was guided, before it was moved; NaN
            without guidance.
    """

    conditions: Conditions
    picture: Array
    pixels: Array
    edited: Mask
    reward_dice: float
    before_dice: float = float("nan")


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
    painted: tuple[Painted, ...] = yield from paint_together(((request, series, index),), bundle)
    return painted[0]


def paint_together(wishes: Sequence[Wish], bundle: Bundle) -> Job:
    """Generate several slices in one batch, of one or of many requests.

    A slice comes out as `paint` paints it, up to the rounding of sums, whose order depends on the
    batch. Where a request must give the same pixels whatever else is asked, paint one by one.

    Args:
        wishes: What is wanted; steps, guidance, text scale and precision must be the same.
        bundle: The networks.

    Returns:
        A job that yields one `Progress` a sampler step and returns a `Painted` for each wish.

    Raises:
        ValueError: no wish, or their sampler settings differ.
    """
    asked: list[Asked] = []
    for wish in wishes:
        asked.append(asked_of(wish, bundle))
        yield None
    return (yield from paint_asked(asked, bundle))


def paint_asked(asked: Sequence[Asked], bundle: Bundle, *, scored: bool = True) -> Job:
    """As `paint_together`, of wishes that are prepared (`asked_of`).

    Args:
        asked: What is wanted.
        bundle: The networks.
        scored: Whether the reward networks read the pictures, too; `reward_dices` can do so later.
    """
    wishes = [one.wish for one in asked]
    if len({(r.steps, r.guidance, r.text_scale, r.half) for r, _, _ in wishes}) != 1:
        raise ValueError("Slices painted together need the same sampler settings.")
    first = wishes[0][0]
    noise = [generator_of(request.seed, index) for request, _, index in wishes]
    conditions, holes = [one.conditions for one in asked], [one.holes for one in asked]
    feathers = [request.feather_mm for request, _, _ in wishes]
    scene = scene_of(conditions, holes, feathers, bundle, first.text_scale)
    guide = guide_of(conditions, scene, bundle, first.guidance, noise, first.half)
    pictures = yield from sample(
        bundle.denoiser, HaarPacket(), scene, first.steps, noise, guide, first.half
    )
    unknown = (float("nan"),) * len(wishes)
    before = guide.before if guide else unknown
    scores = reward_dices(conditions, pictures, bundle, first.half) if scored else unknown
    painted: list[Painted] = []
    for one, picture, score, found in zip(asked, pictures, scores, before, strict=True):
        painted.append(_pasted(one, picture, score, found))
        yield None
    return tuple(painted)


def asked_of(wish: Wish, bundle: Bundle, old: Old | None = None) -> Asked:
    """What the networks are shown for a wish; its seed has no part in it.

    Args:
        wish: What is wanted.
        bundle: The networks.
        old: Says whether a host shows scar already; None = the reward networks are asked.

    Raises:
        LgeSynthError: see `conditioning.conditions_of`.
    """
    request, series, index = wish
    conditions = conditions_of(request, series, index)
    scarred = False
    if request.hole is Hole.AUTO:
        scarred = (old or shows_scar)(wish, conditions, bundle)
    holes = holes_of(request, conditions, series.spacing[1:], host_has_scar=scarred)
    return Asked(wish, conditions, holes)


def shows_scar(wish: Wish, conditions: Conditions, bundle: Bundle) -> bool:
    """Whether the reward networks see scar in the host; the wish's drawing has no part in it."""
    del wish
    seen = seen_scar(bundle.rewards, conditions.host, conditions.wall)
    return bool(seen.sum() >= OLD_SCAR_MM2)


@torch.no_grad()
def reward_dices(
    conditions: Sequence[Conditions], pictures: Sequence[Array], bundle: Bundle, half: bool
) -> tuple[float, ...]:
    """Overlap of each wish with what the reward networks see in its picture.

    Args:
        conditions: With the wishes.
        pictures: Normalised, `(128, 128)`, one a wish.
        bundle: The networks.
        half: Whether they compute in bfloat16.

    Returns:
        One Dice a wish; NaN without reward networks.
    """
    if not bundle.rewards:
        return (float("nan"),) * len(conditions)
    u = as_pictures(pictures, bundle.device)
    walls = as_pictures([one.wall for one in conditions], bundle.device)
    read = torch.zeros_like(u)
    for reward in bundle.rewards:
        with torch.autocast(u.device.type, torch.bfloat16, enabled=half):
            logits = reward(u, walls)[:, :1]
        read += torch.sigmoid(logits.float()) * walls / reward.threshold
    seen = (read > len(bundle.rewards))[:, 0].cpu().numpy()
    wishes = [scar_mask(one.labels) for one in conditions]
    return tuple(dice(np.asarray(a), b) for a, b in zip(seen, wishes, strict=True))


def _pasted(asked: Asked, picture: Array, score: float, before: float) -> Painted:
    (request, series, index), conditions, holes = asked.wish, asked.conditions, asked.holes
    pixels, edited = paste(
        series.pixels[index],
        picture - conditions.host,
        feather(holes.native, series.spacing[1:], request.feather_mm),
        conditions.crop,
        conditions.scale,
    )
    return Painted(conditions, picture, pixels, edited, score, before)


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


def as_pictures(arrays: Sequence[Array], device: torch.device) -> Tensor:
    """Arrays `(h, w)` as one float32 tensor `(n, 1, h, w)`."""
    return torch.from_numpy(np.stack(arrays).astype(np.float32))[:, None].to(device)


@torch.no_grad()
def scene_of(
    conditions: Sequence[Conditions],
    holes: Sequence[Holes],
    feather_mm: Sequence[float],
    bundle: Bundle,
    text_scale: float,
) -> Scene:
    """What the sampler is given for some slices.

    Args:
        conditions: Hosts and wishes.
        holes: What is painted anew in each.
        feather_mm: Width of the blended border round each hole.
        bundle: Its encoder reads the captions; its device is the scene's.
        text_scale: Classifier-free guidance on the captions.
    """
    device = bundle.device
    blend = [
        distance_mm(hole.model, MODEL_SPACING) <= feather + 1
        for hole, feather in zip(holes, feather_mm, strict=True)
    ]
    told = [
        masked(one.host, hole.model, muscle_level(one.host, one.wall))
        for one, hole in zip(conditions, holes, strict=True)
    ]
    return Scene(
        host=as_pictures([one.host for one in conditions], device),
        masked=as_pictures(told, device),
        hole=as_pictures([hole.model for hole in holes], device),
        blend=as_pictures(blend, device),
        maps=torch.from_numpy(np.stack([one.maps for one in conditions])).to(device),
        context=bundle.encoder([one.caption for one in conditions]),
        no_context=bundle.encoder([""]) if text_scale > 1 else None,
        text_scale=text_scale,
    )


def guide_of(
    conditions: Sequence[Conditions],
    scene: Scene,
    bundle: Bundle,
    step: float,
    noise: Sequence[torch.Generator],
    half: bool = False,
) -> RewardGuide | None:
    """The reward guidance of a scene; None when its step is 0 or there is no reward network."""
    if step <= 0 or not bundle.rewards:
        return None
    labels = as_pictures([one.labels for one in conditions], bundle.device)
    return RewardGuide(bundle.rewards, labels, scene.hole, scene.host, step, noise, half)
