"""From model-grid pictures to the latents of an autoencoder for colour pictures, and back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

LOWEST, HIGHEST = -1.5, 2.0  # the range of u, which the autoencoder is shown as -1 to 1


def shown_as(picture: Tensor) -> Tensor:
    """A picture in u as the autoencoder's values: -1.5 to 2 become -1 to 1, nothing is cut."""
    return 2 * (picture - LOWEST) / (HIGHEST - LOWEST) - 1


def read_back(values: Tensor) -> Tensor:
    """The inverse of `shown_as`."""
    return (values + 1) * (HIGHEST - LOWEST) / 2 + LOWEST


def resized(picture: Tensor, side: int) -> Tensor:
    """A picture `(n, c, h, w)` of another side: cubic, without aliases where it shrinks."""
    if picture.shape[-1] == side:
        return picture
    return functional.interpolate(
        picture, (side, side), mode="bicubic", antialias=side < picture.shape[-1]
    )


class ColourCodec:
    """An AutoencoderKL as a codec: grey shown as three equal colours, their mean read back.

    Lossy. The latent is the encoder's mean, so encoding needs no random numbers.

    Args:
        vae: From `paper_networks.build_vae`, frozen.
        scaling: What its latents are multiplied by.
        side: Pixels of the side it is given.
        channels: Of its latents.
        factor: How many times smaller they are.
    """

    lossless = False

    def __init__(self, vae: Any, scaling: float, side: int, channels: int, factor: int) -> None:
        self.vae, self.scaling, self.side = vae, scaling, side
        self.channels, self.factor = channels, factor

    @property
    def latent_side(self) -> int:
        """Side of a latent."""
        return self.side // self.factor

    def encode(self, picture: Tensor) -> Tensor:
        """Latent `(n, channels, s, s)` float32 of a picture `(n, 1, h, w)` in u."""
        return self.encode_values(shown_as(resized(picture.float(), self.side)))

    def encode_values(self, values: Tensor) -> Tensor:
        """Latent of what the autoencoder is shown, `(n, 1, side, side)`."""
        with torch.autocast(values.device.type, enabled=False):
            coded: Tensor = self.vae.encode(values.expand(-1, 3, -1, -1)).latent_dist.mode()
        return coded * self.scaling

    def decode(self, latent: Tensor, size: int = 128) -> Tensor:
        """Picture `(n, 1, size, size)` float32 in u of a latent; differentiable."""
        with torch.autocast(latent.device.type, enabled=False):
            colours: Tensor = self.vae.decode(latent.float() / self.scaling).sample
            return resized(read_back(colours.mean(dim=1, keepdim=True)), size)

    @torch.no_grad()
    def round_trip(self, picture: Tensor) -> Tensor:
        """Mean absolute change in u of each picture `(n, 1, h, w)` that is coded and decoded."""
        back = self.decode(self.encode(picture), picture.shape[-1])
        return (back - picture).abs().mean(dim=(1, 2, 3))
