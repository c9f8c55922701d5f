"""Fixed slices that are painted again and again while a network learns, and read by the judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.networks import Denoiser
from lgesynth_gui.synthesis.painting import seen_scar
from lgesynth_gui.synthesis.sampler import Scene, generator_of, sample
from lgesynth_gui.synthesis.text import CaptionEncoder

STEPS = 6
TOGETHER = 8
Pictures = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Watched:
    """Items of a batch that is never trained on.

    Args:
        items: What `Batches.draw` gave.
        encoder: Of captions.
        judge: Never in a loss.
        rewards: Reward networks; may be empty.
        seed: Of the noise.
    """

    items: Mapping[str, Any]
    encoder: CaptionEncoder
    judge: Segmenter
    rewards: tuple[Segmenter, ...]
    seed: int

    def __len__(self) -> int:
        return len(self.items["picture"])

    def painted(self, denoiser: Denoiser, rows: Sequence[int], draw: int = 0) -> Pictures:
        """Some items painted by a network, `(n, 128, 128)`.

        Args:
            denoiser: With its ControlNet.
            rows: Which items.
            draw: Another one is another noise.
        """
        out = []
        for start in range(0, len(rows), TOGETHER):
            part = list(rows[start : start + TOGETHER])
            noise = [generator_of(self.seed + draw, k) for k in part]
            out.append(drive(sample(denoiser, HaarPacket(), self._scene(part), STEPS, noise)))
        return np.concatenate(out).astype(np.float32)

    def dice(self, pictures: Sequence[npt.NDArray[Any]], rows: Sequence[int]) -> Pictures:
        """The judge's and the reward networks' Dice of painted items, `(2, n)`; NaN without."""
        found = []
        for picture, k in zip(pictures, rows, strict=True):
            wall, scar = self.items["wall"][k, 0] > 0, self.items["scar"][k, 0] > 0
            judged = dice(seen_scar((self.judge,), picture, wall), scar)
            rewarded = dice(seen_scar(self.rewards, picture, wall), scar)
            found.append((judged, rewarded if self.rewards else float("nan")))
        return np.asarray(found, dtype=np.float32).T.reshape(2, -1)

    @torch.no_grad()
    def _scene(self, rows: list[int]) -> Scene:
        context = self.encoder([self.items["texts"][k] for k in rows])
        names = ("picture", "masked", "hole", "maps")
        some = {n: torch.from_numpy(self.items[n][rows]).to(context.device) for n in names}
        blend = functional.max_pool2d(some["hole"], 9, stride=1, padding=4)
        return Scene(
            some["picture"], some["masked"], some["hole"], blend, some["maps"], context, None
        )
