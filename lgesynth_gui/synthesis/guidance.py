"""Steers sampling by the reward networks, on the clean estimate and inside a window.

The step follows Manifold Preserving Guided Diffusion (arXiv 2311.16424): the gradient is taken
at the decoded estimate, not through the U-Net. It is bounded three ways: by a window in noise, by
a hinge on what the reward networks already see, and by a pull towards the host's own contrast, so
that no scar is painted brighter than scar in that scan would be.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.core.labels import Label
from lgesynth_gui.segmentation.losses import roi_of, scar_loss, soft_dice
from lgesynth_gui.segmentation.segmenter import Segmenter

WINDOW = (0.2, 0.7)  # noise fractions between which guidance acts
ENOUGH = 0.75  # soft Dice from which on it rests
JITTER = 0.03  # noise on the estimate before it is read
CONTRAST_WEIGHT = 0.1
REMOTE_PX = 3
# Scar over blood, both above remote muscle: the phantom's scars have a median of 1.44 (quartiles
# 1.10 and 1.94, n = 817).
SCAR_TO_BLOOD = 1.4


def _grown(mask: Tensor, pixels: int) -> Tensor:
    return functional.max_pool2d(mask, 2 * pixels + 1, stride=1, padding=pixels)


class RewardGuide:
    """Moves a clean estimate towards what the reward networks would read as the wanted scar.

    Args:
        rewards: Reward networks, at least one; never the judge.
        labels: Wanted label map `(1, 1, 128, 128)`.
        hole: 1 where the picture is painted, the same shape.
        host: Normalised host, the same shape; its muscle and blood set the wanted contrast.
        step: Size of the step in deviations of the picture, 0 to 0.3.
        noise: CPU generator of the reading noise.
    """

    def __init__(
        self,
        rewards: Sequence[Segmenter],
        labels: Tensor,
        hole: Tensor,
        host: Tensor,
        step: float,
        noise: torch.Generator,
    ) -> None:
        self._rewards, self._step, self._noise = tuple(rewards), step, noise
        self.wall = (labels >= Label.MYOCARDIUM).float()
        self.scar = (labels >= Label.SCAR).float()
        self._bright = (labels == Label.SCAR).float()
        self._roi = roi_of(self.wall)
        self._remote = self.wall * (1 - _grown(self.scar, REMOTE_PX))
        zone = _grown(self.wall, 2)
        self._zone = hole * (zone * _grown(self.scar, 3) if bool(self.scar.any()) else zone)
        self._wanted = self._wanted_contrast(host, (labels == Label.BLOOD).float())

    def _wanted_contrast(self, host: Tensor, blood: Tensor) -> float | None:
        """Scar's contrast-to-noise this host would show, or None when it cannot be told."""
        if self._remote.sum() < 20 or blood.sum() < 20 or not bool(self._bright.any()):
            return None
        dark, noise = self._remote_level(host)
        bright = float((host * blood).sum() / blood.sum())
        contrast = SCAR_TO_BLOOD * (bright - float(dark)) / float(noise)
        return contrast if contrast > 2 else None

    def _remote_level(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        weight = self._remote / self._remote.sum()
        mean = (picture * weight).sum()
        return mean, (((picture - mean) ** 2 * weight).sum()).sqrt().clamp_min(1e-3)

    def __call__(self, picture: Tensor, tau: float) -> Tensor:
        """The moved picture; the same one outside the window or when nothing is left to gain."""
        if self._step <= 0 or not WINDOW[0] <= tau <= WINDOW[1]:
            return picture
        with torch.enable_grad():
            moving = picture.detach().clone().requires_grad_(True)
            loss = self.loss(moving)
            if loss is None:
                return picture
            (gradient,) = torch.autograd.grad(loss, moving)
        gradient = gradient * self._zone
        size = (gradient.square().sum() / self._zone.sum().clamp_min(1)).sqrt()
        if not float(size) > 0:
            return picture
        return (picture - self._step * picture.std() * gradient / size).detach()

    def loss(self, picture: Tensor) -> Tensor | None:
        """Mean reward loss and contrast term; None once the networks see enough of the scar."""
        seen = picture + JITTER * torch.randn(picture.shape, generator=self._noise).to(
            picture.device
        )
        losses, overlaps = [], []
        for reward in self._rewards:
            logits = reward(seen, self.wall)[:, :1]
            losses.append(scar_loss(logits, self.scar, self._roi).mean())
            probability = torch.sigmoid(logits.detach())
            overlaps.append(float(soft_dice(probability, self.scar, self._roi)))
        if bool(self.scar.any()) and sum(overlaps) / len(overlaps) > ENOUGH:
            return None
        total = torch.stack(losses).mean()
        if self._wanted is not None:
            dark, noise = self._remote_level(picture)
            level = (picture * self._bright).sum() / self._bright.sum()
            contrast = (level - dark) / noise.detach()
            target = torch.full_like(contrast, self._wanted)
            total = total + CONTRAST_WEIGHT * functional.smooth_l1_loss(contrast, target)
        return total
