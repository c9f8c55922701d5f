"""What is compared: systems that paint the same wishes into the same hosts, on the model grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.synthesis import STEPS
from lgesynth_gui.segmentation.crop import Image
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.conditioning import MODEL_SHAPE, MODEL_SPACING, Conditions, Holes
from lgesynth_gui.synthesis.models import Bundle
from lgesynth_gui.synthesis.painting import guide_of, scene_of
from lgesynth_gui.synthesis.paste import feather
from lgesynth_gui.synthesis.sampler import Scene, generator_of, sample

FEATHER_MM = 3.0
BATCH = 16
CHANNELS = ("edge", "scar", "wall", "depth")  # of the control maps
Pictures = npt.NDArray[np.float32]


class System(Protocol):
    """One row of a table.

    `name` is the row's; `composited` says that a picture equals its host outside the feather.
    """

    @property
    def name(self) -> str:
        """The row's name."""
        ...

    @property
    def composited(self) -> bool:
        """Whether pictures equal their host outside the feather."""
        ...

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case.

        Args:
            cases: Hosts and wishes.
            holes: What may be painted, one a case.
            seeds: One a case; the same seed gives the same picture.

        Returns:
            A job that yields progress and returns normalised pictures `(n, 128, 128)` float32.
        """
        ...


def composite(host: Image, picture: Array, holes: Holes, feather_mm: float = FEATHER_MM) -> Image:
    """The picture in the hole, the host outside the feather, half a cosine between.

    Args:
        host: Normalised, `(128, 128)`.
        picture: What was painted, the same grid.
        holes: What was painted anew.
        feather_mm: Width of the blended band.
    """
    share = feather(holes.model, MODEL_SPACING, feather_mm)
    mixed = host + share * (np.asarray(picture, dtype=np.float64) - host)
    return np.where(share > 0, mixed, host).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Diffusion:
    """A bundle of networks as a system.

    Args:
        name: The row's name.
        bundle: The networks.
        steps: Sampler steps.
        guidance: Step of the reward guidance; 0 is off.
        text_scale: Classifier-free guidance on the caption.
        blank: Control maps that are left empty, of `CHANNELS`.
        composited: Whether the host is put back; else the whole decoded crop is the picture.
        half: Whether the networks compute in bfloat16.
    """

    name: str
    bundle: Bundle
    steps: int = STEPS
    guidance: float = 0.0
    text_scale: float = 1.0
    blank: tuple[str, ...] = ()
    composited: bool = True
    half: bool = False

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case; see `System.paint`."""
        pictures: list[Image] = []
        total = len(cases)

        def alive(step: Progress | None) -> None:
            return None

        for part in _parts(total):
            painted = yield from told_as(
                self._painted(cases[part], holes[part], seeds[part]), alive
            )
            pictures += list(painted)
            yield Progress(len(pictures), total, f"painting: {self.name}")
        if self.composited:
            pictures = [
                composite(case.host, picture, hole)
                for case, picture, hole in zip(cases, pictures, holes, strict=True)
            ]
        return np.asarray(pictures, dtype=np.float32).reshape(-1, *MODEL_SHAPE)

    def _painted(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """The decoded crops of a few cases, `(n, 128, 128)`."""
        noise = [generator_of(seed, 0) for seed in seeds]
        scene = self._scene(cases, holes)
        guide = guide_of(cases, scene, self.bundle, self.guidance, noise, self.half)
        denoiser, codec = self.bundle.denoiser, HaarPacket()
        return (yield from sample(denoiser, codec, scene, self.steps, noise, guide, self.half))

    def _scene(self, cases: Sequence[Conditions], holes: Sequence[Holes]) -> Scene:
        feathers = [FEATHER_MM] * len(holes)
        scene = scene_of(cases, holes, feathers, self.bundle, self.text_scale)
        maps = scene.maps.clone()
        maps[:, [CHANNELS.index(channel) for channel in self.blank]] = 0
        blend = scene.blend if self.composited else torch.ones_like(scene.blend)
        return replace(scene, maps=maps, blend=blend)


def _parts(total: int) -> Iterator[slice]:
    return (slice(k, min(k + BATCH, total)) for k in range(0, total, BATCH))
