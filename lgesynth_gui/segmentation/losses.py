"""Losses of the networks that read; the reward of the generator is the scar loss, too."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.segmentation.growing import grown

ROI_MM = 3


def roi_of(wall: Tensor, reach: int = ROI_MM) -> Tensor:
    """The wall `(n, 1, h, w)` and `reach` pixels around it, 0/1."""
    return grown(wall, reach)


def soft_dice(probability: Tensor, truth: Tensor, roi: Tensor, smooth: float = 1.0) -> Tensor:
    """`(2 sum(p s) + k) / (sum(p) + sum(s) + k)` inside the region, one value an item `(n,)`."""
    inside, target = probability * roi, truth * roi
    both = (inside * target).sum(dim=(1, 2, 3))
    sums = inside.sum(dim=(1, 2, 3)) + target.sum(dim=(1, 2, 3))
    return (2 * both + smooth) / (sums + smooth)


def scar_loss(
    logits: Tensor, truth: Tensor, roi: Tensor, *, positive: float = 3.0, smooth: float = 8.0
) -> Tensor:
    """Cross-entropy plus 1 - Dice inside the region, one value an item.

    Args:
        logits: `(n, 1, h, w)`.
        truth: The same shape, 0/1.
        roi: The same shape, 0/1: where the loss looks.
        positive: Weight of scar pixels in the cross-entropy.
        smooth: Added to both sides of Dice, pixels; keeps empty slices from ruling the gradient.

    Returns:
        `(n,)` losses.
    """
    logits, roi = logits.float(), roi.float()
    each = functional.binary_cross_entropy_with_logits(
        logits, truth, pos_weight=torch.tensor(positive, device=logits.device), reduction="none"
    )
    entropy = (each * roi).sum(dim=(1, 2, 3)) / roi.sum(dim=(1, 2, 3)).clamp(min=1)
    return entropy + 1 - soft_dice(torch.sigmoid(logits), truth, roi, smooth)


def anatomy_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Cross-entropy plus 1 - mean Dice of the classes after the first (background).

    Args:
        logits: `(n, k, h, w)`.
        classes: `(n, h, w)` int64 in 0..k-1.

    Returns:
        A scalar.
    """
    logits = logits.float()
    truth = functional.one_hot(classes, logits.shape[1]).movedim(-1, 1).float()
    share = torch.softmax(logits, dim=1)
    both = (share * truth).sum(dim=(2, 3))
    sums = share.sum(dim=(2, 3)) + truth.sum(dim=(2, 3))
    dice = (2 * both + 8) / (sums + 8)
    return functional.cross_entropy(logits, classes) + 1 - dice[:, 1:].mean()
