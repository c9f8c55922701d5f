"""Levels of tissue in a batch of pictures, item by item: what scar is as bright as.

Pictures and masks are `(n, 1, h, w)`, masks 0/1; figures of the items are `(n,)`.
"""

from __future__ import annotations

from torch import Tensor

from lgesynth_gui.segmentation.growing import grown

REMOTE_PX = 3  # muscle this far from scar is remote


def remote_muscle(wall: Tensor, scar: Tensor) -> Tensor:
    """The wall away from scar."""
    return wall * (1 - grown(scar, REMOTE_PX))


def total(values: Tensor) -> Tensor:
    """Sum of each item."""
    return values.flatten(1).sum(dim=1)


def mean_under(picture: Tensor, mask: Tensor) -> Tensor:
    """Mean of each item under its mask; 0 where the mask is empty."""
    return total(picture * mask) / total(mask).clamp_min(1)


def spread(values: Tensor) -> Tensor:
    """Figures `(n,)` shaped to be computed with pictures."""
    return values[:, None, None, None]


def level_and_noise(picture: Tensor, mask: Tensor, least: float) -> tuple[Tensor, Tensor]:
    """Mean and deviation of each item under its mask, the deviation `least` at least."""
    mean = mean_under(picture, mask)
    variance = mean_under((picture - spread(mean)) ** 2, mask)
    return mean, variance.sqrt().clamp_min(least)
