"""Paints with the paper's configuration: edge map, masked slice, caption; 10 steps, guidance 9.

The whole decoded crop is the picture, as published: nothing of the host is put back. How the
paper joins edge map and masked slice is not known; here they are two channels of what the
ControlNet is shown, and one made for colour pictures is shown the edge map twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.synthesis.paper_codec import resized, shown_as
from lgesynth_gui.synthesis.paper_model import Paper

STEPS, TEXT_SCALE = 10, 9.0


@dataclass(frozen=True, eq=False)
class PaperConditions:
    """What the networks are told of some slices.

    Args:
        known: Hole and masked latent `(n, 1 + channels, s, s)`.
        shown: What the ControlNet is shown, `(n, 2 or 3, side, side)`, in [0, 1] but for the
            slice's headroom.
    """

    known: Tensor
    shown: Tensor


def filled(picture: Tensor, hole: Tensor) -> Tensor:
    """The picture with its hole filled by the hole's own mean, as the paper does.

    Args:
        picture: `(n, 1, h, w)`.
        hole: The same shape, 0/1; where it is empty the picture stays.
    """
    mean = (picture * hole).sum(dim=(2, 3), keepdim=True)
    mean = mean / hole.sum(dim=(2, 3), keepdim=True).clamp_min(1)
    return torch.where(hole > 0, mean, picture)


@torch.no_grad()
def conditions(paper: Paper, picture: Tensor, hole: Tensor, edge: Tensor) -> PaperConditions:
    """What the networks are told, from the model grid.

    Args:
        paper: The networks.
        picture: Slices `(n, 1, 128, 128)` in u.
        hole: The scar region, the same shape, 0/1.
        edge: Outline of the wanted scar, the same shape, 0/1.
    """
    side = paper.codec.side
    slice_shown = (shown_as(resized(filled(picture, hole), side)) + 1) / 2
    edge_shown = functional.interpolate(edge.float(), (side, side), mode="nearest")
    channels = [edge_shown, slice_shown]
    if paper.plan.control_config.conditioning_channels > len(channels):
        channels.append(edge_shown)
    small = functional.adaptive_max_pool2d(hole.float(), paper.codec.latent_side)
    if paper.plan.inpaints:  # such U-Nets learned that the hole is grey
        whole = functional.interpolate(hole.float(), (side, side), mode="nearest")
        masked = paper.codec.encode_values(shown_as(resized(picture, side)) * (1 - whole))
    else:
        masked = small.new_zeros(len(small), paper.codec.channels, *small.shape[2:])
    return PaperConditions(torch.cat([small, masked], dim=1), torch.cat(channels, dim=1))


def paint_as_paper(
    paper: Paper,
    told: PaperConditions,
    captions: Sequence[str],
    noise: Sequence[torch.Generator],
    steps: int = STEPS,
    text_scale: float = TEXT_SCALE,
) -> Job:
    """Paint some slices.

    Args:
        paper: The networks.
        told: From `conditions`, on the networks' device.
        captions: One a slice.
        noise: CPU generator of each slice's starting noise; the same one gives the same picture.
        steps: Sampler steps.
        text_scale: Classifier-free guidance on the caption; 1 = none.

    Returns:
        A job that yields a `Progress` a step and returns pictures `(n, 128, 128)` float32 in u.

    Raises:
        ValueError: there is not one caption and one generator a slice.
    """
    count = len(told.shown)
    if not count == len(captions) == len(noise):
        raise ValueError(f"{count} slices need as many captions and generators.")
    scheduler = paper.schedule.stepper(steps)
    codec = paper.codec
    shape = (1, codec.channels, codec.latent_side, codec.latent_side)
    context = _context(paper, captions)
    latent = torch.cat([torch.randn(shape, generator=one) for one in noise]).to(paper.device)
    for k, step in enumerate(scheduler.timesteps):
        predicted = _predicted(paper, told, context, latent, int(step), text_scale)
        latent = scheduler.step(predicted, int(step), latent).prev_sample
        yield Progress(k + 1, steps, "denoising")
    return _decoded(paper, latent)


@torch.no_grad()
def _context(paper: Paper, captions: Sequence[str]) -> Tensor:
    """Context of the empty caption for each slice, then that of the captions."""
    return paper.encoder([*([""] * len(captions)), *captions])  # type: ignore[no-any-return]


@torch.no_grad()
def _predicted(
    paper: Paper,
    told: PaperConditions,
    context: Tensor,
    latent: Tensor,
    step: int,
    text_scale: float,
) -> Tensor:
    count = len(latent)
    if text_scale == 1:
        at = torch.full((count,), step, device=latent.device)
        alone: Tensor = paper.denoiser(latent, at, told.known, context[count:], told.shown)
        return alone
    at = torch.full((2 * count,), step, device=latent.device)
    both = paper.denoiser(
        torch.cat([latent, latent]),
        at,
        torch.cat([told.known, told.known]),
        context,
        torch.cat([told.shown, told.shown]),
    )
    without, with_text = both.float().chunk(2)
    predicted: Tensor = without + text_scale * (with_text - without)
    return predicted


@torch.no_grad()
def _decoded(paper: Paper, latent: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.asarray(paper.codec.decode(latent)[:, 0].cpu().numpy(), dtype=np.float32)
