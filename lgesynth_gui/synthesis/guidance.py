"""Steers sampling by the reward networks, on the clean estimate and inside a window.

The step follows Manifold Preserving Guided Diffusion (arXiv 2311.16424): the gradient is taken
at the decoded estimate, not through the U-Net. It is bounded three ways: by a window in noise, by
a hinge on what the reward networks already see, and by a pull towards the host's own contrast, so
that no scar is painted brighter than scar in that scan would be. Every bound is an item's own:
pictures guided side by side do not know of each other.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from lgesynth_gui.core.labels import Label
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.segmentation.growing import grown
from lgesynth_gui.segmentation.losses import roi_of, scar_loss, soft_dice
from lgesynth_gui.segmentation.segmenter import FIELD, Segmenter
from lgesynth_gui.synthesis.contrast import (
    level_and_noise,
    mean_under,
    remote_muscle,
    spread,
    total,
)

WINDOW = (0.2, 0.7)  # noise fractions between which guidance acts
ENOUGH = 0.75  # soft Dice from which on it rests
JITTER = 0.03  # noise on the estimate before it is read
CONTRAST_WEIGHT = 0.1
LEAST_NOISE = 1e-3
# Scar over blood, both above remote muscle: about what the phantom's scars have.
SCAR_TO_BLOOD = 1.1


def _middle(mask: Tensor) -> Tensor:
    """The part of a picture a reader looks at when the wall fits into it."""
    edge = (mask.shape[-1] - FIELD) // 2
    inner = slice(edge, mask.shape[-1] - edge)
    return mask[..., inner, inner]


class RewardGuide:
    """Moves clean estimates towards what the reward networks would read as the wanted scars.

    Args:
        rewards: Reward networks, at least one; never the judge.
        labels: Wanted label maps `(n, 1, 128, 128)`.
        hole: 1 where a picture is painted, the same shape.
        host: Normalised hosts, the same shape; muscle and blood set the wanted contrast.
        step: Size of the step in deviations of a picture, 0 to 0.3.
        noise: CPU generator of each item's reading noise.
        half: Whether the reward networks compute in bfloat16; losses and steps stay float32.
    """

    def __init__(
        self,
        rewards: Sequence[Segmenter],
        labels: Tensor,
        hole: Tensor,
        host: Tensor,
        step: float,
        noise: Sequence[torch.Generator],
        half: bool = False,
    ) -> None:
        self._half = half
        self._rewards, self._step, self._noise = tuple(rewards), step, tuple(noise)
        self.wall = (labels >= Label.MYOCARDIUM).float()
        self.scar = (labels >= Label.SCAR).float()
        self._bright = (labels == Label.SCAR).float()
        self._roi = roi_of(self.wall)
        self._remote = remote_muscle(self.wall, self.scar)
        self._asked = total(self.scar) > 0
        near = torch.where(spread(self._asked), grown(self.scar, 3), 1.0)
        self.zone = hole * grown(self.wall, 2) * near
        self.wanted = self._wanted_contrast(host, (labels == Label.BLOOD).float())
        fits = total(self.wall) <= total(_middle(self.wall))
        self._alike = [where for where in (fits, ~fits) if bool(where.any())]
        self._before: tuple[float, ...] | None = None

    @property
    def before(self) -> tuple[float, ...]:
        """Each item's Dice of wish and reading in the first estimate that was read; NaN before."""
        return self._before or (float("nan"),) * len(self.wall)

    def _wanted_contrast(self, host: Tensor, blood: Tensor) -> Tensor:
        """Scar's contrast-to-noise each host would show `(n,)`; NaN when it cannot be told."""
        dark, noise = self._remote_level(host)
        contrast = SCAR_TO_BLOOD * (mean_under(host, blood) - dark) / noise
        enough = (total(self._remote) >= 20) & (total(blood) >= 20)
        told = enough & (total(self._bright) > 0) & (contrast > 2)
        return torch.where(told, contrast, torch.nan)

    def _remote_level(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        return level_and_noise(picture, self._remote, LEAST_NOISE)

    def __call__(self, picture: Tensor, tau: float) -> Tensor:
        """The moved pictures; an item with nothing left to gain stays as it is.

        The very same tensor comes back outside the window, or when every item rests.
        """
        if self._step <= 0 or not WINDOW[0] <= tau <= WINDOW[1]:
            return picture
        with torch.enable_grad():
            moving = picture.detach().clone().requires_grad_(True)
            losses, resting = self.losses(moving)
            if bool(resting.all()):
                return picture
            (gradient,) = torch.autograd.grad(losses.sum(), moving)
        gradient = gradient * self.zone
        size = (total(gradient.square()) / total(self.zone).clamp_min(1)).sqrt()
        resting = resting | ~(size > 0)
        reach = self._step * picture.flatten(1).std(dim=1)
        moved = picture - spread(reach) * gradient / spread(size)
        return torch.where(spread(resting), picture, moved).detach()

    def losses(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Mean reward loss with the contrast term, and who rests: both `(n,)`.

        An item rests once the networks see enough of its scar.
        """
        drawn = [torch.randn(picture.shape[1:], generator=one) for one in self._noise]
        seen = picture + JITTER * torch.stack(drawn).to(picture.device)
        read = [self._logits(reward, seen) for reward in self._rewards]
        losses = [scar_loss(logits, self.scar, self._roi) for logits in read]
        found = [torch.sigmoid(logits.detach()) for logits in read]
        overlaps = [soft_dice(one, self.scar, self._roi) for one in found]
        if self._before is None:
            self._before = self._dices(found)
        enough = torch.stack(overlaps).mean(dim=0) > ENOUGH
        wanted = torch.stack(losses).mean(dim=0)
        return wanted + CONTRAST_WEIGHT * self._off_contrast(picture), enough & self._asked

    def _logits(self, reward: Segmenter, seen: Tensor) -> Tensor:
        """Scar logits; items whose wall needs the whole field do not make the others pay it."""
        if len(self._alike) == 1:
            return self._read(reward, seen, self.wall)
        logits = torch.zeros_like(seen)
        for where in self._alike:
            logits[where] = self._read(reward, seen[where], self.wall[where])
        return logits

    def _read(self, reward: Segmenter, seen: Tensor, wall: Tensor) -> Tensor:
        with torch.autocast(seen.device.type, torch.bfloat16, enabled=self._half):
            scar: Tensor = reward(seen, wall)[:, :1]
        return scar.float()

    def contrast(self, picture: Tensor) -> Tensor:
        """Contrast-to-noise of each wanted scar to remote muscle, `(n,)`."""
        dark, noise = self._remote_level(picture)
        return (mean_under(picture, self._bright) - dark) / noise.detach()

    def _off_contrast(self, picture: Tensor) -> Tensor:
        """How far each scar's contrast is from the wanted one; 0 where none is wanted."""
        contrast = self.contrast(picture)
        target = torch.where(self.wanted.isnan(), contrast.detach(), self.wanted)
        return functional.smooth_l1_loss(contrast, target, reduction="none")

    def _dices(self, found: Sequence[Tensor]) -> tuple[float, ...]:
        share = [p / r.threshold for p, r in zip(found, self._rewards, strict=True)]
        seen = ((torch.stack(share).mean(dim=0) > 1) & (self.wall > 0)).cpu().numpy()
        wish = (self.scar > 0).cpu().numpy()
        return tuple(dice(np.asarray(a), np.asarray(b)) for a, b in zip(seen, wish, strict=True))
