"""Straight path from noise to picture, and the per-band Gaussian preconditioning of the network.

On the path `z = (1 - tau) x + tau e` (`tau` 0 clean, 1 noise) a Gaussian band with mean `m` and
deviation `s` has the best linear estimate that `clean_estimate` gives for a network output of
zero; the network supplies only what is not Gaussian (after Karras et al., arXiv 2206.00364).

How much of the finest detail of a scan is tissue and how much is noise differs from scan to scan,
and one linear estimate for all of them leaves noise in smooth ones. A network may therefore give a
second output a channel: a gain on the noisy input itself, with which it can shut a band.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Bands:
    """Mean and deviation of every latent channel over the training pictures.

    Args:
        mean: One value a channel.
        deviation: One positive value a channel.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def tensors(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """Both as `(1, channels, 1, 1)` float32 on the device of `like`."""
        shape = (1, len(self.mean), 1, 1)
        mean = torch.tensor(self.mean, device=like.device).reshape(shape)
        return mean, torch.tensor(self.deviation, device=like.device).reshape(shape)

    def standardise(self, latent: Tensor) -> Tensor:
        """`(z - m) / s`."""
        mean, deviation = self.tensors(latent)
        return (latent - mean) / deviation

    @classmethod
    def of(cls, latents: Tensor) -> Bands:
        """Measured over `(n, channels, h, w)`."""
        mean = latents.mean(dim=(0, 2, 3))
        deviation = latents.std(dim=(0, 2, 3)).clamp_min(1e-3)
        return cls(tuple(mean.tolist()), tuple(deviation.tolist()))


def _column(tau: Tensor) -> Tensor:
    return tau.float().reshape(-1, 1, 1, 1)


def noisy(clean: Tensor, noise: Tensor, tau: Tensor) -> Tensor:
    """`(1 - tau) x + tau e`, `tau` of shape `(n,)`."""
    tau = _column(tau)
    return (1 - tau) * clean + tau * noise


def network_input(noisy_latent: Tensor, tau: Tensor, bands: Bands) -> Tensor:
    """The noisy latent with mean 0 and deviation 1 in every band."""
    mean, s = bands.tensors(noisy_latent)
    tau = _column(tau)
    variance = (1 - tau) ** 2 * s**2 + tau**2
    return (noisy_latent - (1 - tau) * mean) / variance.sqrt()


def clean_estimate(output: Tensor, noisy_latent: Tensor, tau: Tensor, bands: Bands) -> Tensor:
    """The estimate of the clean latent from a network output.

    Args:
        output: `F`, `(n, channels, h, w)`, or `F` and the gain on the standardised noisy latent,
            `(n, 2 x channels, h, w)`.
        noisy_latent: `z`, `(n, channels, h, w)`.
        tau: Noise fractions `(n,)`.
        bands: Statistics of the clean latent.
    """
    mean, s = bands.tensors(noisy_latent)
    tau = _column(tau)
    variance = (1 - tau) ** 2 * s**2 + tau**2
    centred = noisy_latent - (1 - tau) * mean
    linear = mean + (1 - tau) * s**2 / variance * centred
    rest = output.float()
    if rest.shape[1] == 2 * noisy_latent.shape[1]:
        free, gain = rest.chunk(2, dim=1)
        rest = free + gain * centred / variance.sqrt()
    return linear + s * tau / variance.sqrt() * rest
