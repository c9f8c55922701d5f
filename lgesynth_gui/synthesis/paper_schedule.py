"""Noise in steps, as Stable Diffusion has it: what is added, what is predicted, what is left.

`z_t = sqrt(a_t) x + sqrt(1 - a_t) e`, `a_t` the product of `1 - beta` up to step `t` (Ho et al.,
arXiv 2006.11239); step 0 is nearly clean. A network predicts `e`, or `v = sqrt(a) e - sqrt(1-a) x`.
"""

from __future__ import annotations

from diffusers import DDIMScheduler
from torch import Tensor

from lgesynth_gui.synthesis.paper_configs import ScheduleConfig

WINDOW = 0.2  # share of the steps, from the clean end, in which an estimate is read: step <= 200


class Schedule:
    """The steps of a folder's scheduler.

    Args:
        config: Its numbers.
    """

    def __init__(self, config: ScheduleConfig) -> None:
        self.config = config
        self._kept = self.stepper(1).alphas_cumprod.double()

    def __len__(self) -> int:
        return self.config.num_train_timesteps

    @property
    def window(self) -> int:
        """Last step at which an estimate is read: 200 of 1000."""
        return int(WINDOW * len(self))

    def stepper(self, steps: int) -> DDIMScheduler:
        """A fresh DDIM scheduler (arXiv 2010.02502) set to so many steps; latents are not cut."""
        config = self.config
        scheduler = DDIMScheduler(
            num_train_timesteps=config.num_train_timesteps,
            beta_start=config.beta_start,
            beta_end=config.beta_end,
            beta_schedule=config.beta_schedule,
            prediction_type=config.prediction_type,
            set_alpha_to_one=config.set_alpha_to_one,
            steps_offset=config.steps_offset,
            timestep_spacing=config.timestep_spacing,
            clip_sample=False,
        )
        scheduler.set_timesteps(steps)
        return scheduler

    def shares(self, step: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """`sqrt(a)` and `sqrt(1 - a)` of steps `(n,)`, each `(n, 1, 1, 1)` float32."""
        kept = self._kept[step.cpu()].reshape(-1, 1, 1, 1)
        picture, noise = kept.sqrt().float(), (1 - kept).sqrt().float()
        return picture.to(like.device), noise.to(like.device)

    def noisy(self, clean: Tensor, white: Tensor, step: Tensor) -> Tensor:
        """A clean latent with the noise of each item's step."""
        picture, noise = self.shares(step, clean)
        return picture * clean + noise * white

    def target(self, clean: Tensor, white: Tensor, step: Tensor) -> Tensor:
        """What a network shall predict of `noisy`."""
        if self.config.prediction_type == "epsilon":
            return white
        picture, noise = self.shares(step, clean)
        return picture * white - noise * clean

    def clean(self, predicted: Tensor, latent: Tensor, step: Tensor) -> Tensor:
        """The one-step estimate of the clean latent, from what a network predicts."""
        picture, noise = self.shares(step, latent)
        if self.config.prediction_type == "epsilon":
            return (latent - noise * predicted.float()) / picture
        return picture * latent - noise * predicted.float()
