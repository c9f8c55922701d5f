"""The systems that ours is compared with, on the same hosts, wishes, holes and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.synthesis import STEPS
from lgesynth_gui.evaluation.donors import (
    DonorBank,
    Heart,
    donor_for,
    heart_of,
    hearts_in,
    pasted,
    soft,
)
from lgesynth_gui.evaluation.lineup import AS_PUBLISHED
from lgesynth_gui.evaluation.systems import BATCH, Diffusion, System, composite
from lgesynth_gui.registry.cards import ModelCard, find_model, find_models
from lgesynth_gui.segmentation.crop import Image
from lgesynth_gui.synthesis.conditioning import MODEL_SHAPE, Conditions, Holes
from lgesynth_gui.synthesis.guidance import SCAR_TO_BLOOD
from lgesynth_gui.synthesis.holes import masked, muscle_level, scar_mask
from lgesynth_gui.synthesis.models import load_bundle
from lgesynth_gui.synthesis.painting import as_pictures
from lgesynth_gui.synthesis.sampler import generator_of
from lgesynth_gui.synthesis.spade import (
    FULL,
    LIMITED,
    SpadeGenerator,
    context_channels,
    heart_channels,
    load_spade,
)
from lgesynth_gui.training.template import Donors

TEMPLATE = "controlnet-template"
UNTOLD = 5.0  # contrast-to-noise where the host's blood tells none
LEAST = 2.0  # contrast-to-noise below which blood tells none
_CPU = torch.device("cpu")
_CHOICE = 11  # keeps the choice of a donor apart from the noise of the same seed


@dataclass(frozen=True)
class ConstantBrightness:
    """The wanted scar as a plain bright patch, blurred by one pixel.

    It is as bright over the muscle's noise as the host's blood makes a scar in that scan.
    """

    name: str = "constant brightness"
    composited: bool = True

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case; see `System.paint`. The seeds change nothing."""
        del seeds
        pictures: list[Image] = []
        for case, hole in zip(cases, holes, strict=True):
            host = heart_of(case)
            painted = host.picture + wanted_step(host) * soft(host.bright, 1.0)
            pictures.append(composite(case.host, painted, hole))
            yield Progress(len(pictures), len(cases), f"painting: {self.name}")
        return _stacked(pictures)


def wanted_step(host: Heart) -> float:
    """How much brighter than muscle a scar of this host is, normalised units.

    The wanted contrast-to-noise times the noise of remote muscle, as in sampling guidance.
    """
    dark, noise, blood = host.levels()
    step = SCAR_TO_BLOOD * (blood - dark)
    if np.isfinite(step) and step > LEAST * noise:
        return step
    return UNTOLD * noise if np.isfinite(noise) else 1.0


@dataclass(frozen=True, eq=False)
class CopyPaste:
    """Another patient's scar, warped into the wanted mask and matched to the host's grey values.

    Args:
        bank: Where donors come from.
    """

    bank: DonorBank
    name: str = "copy-paste"
    composited: bool = True

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case; see `System.paint`. The seed decides among the nearest donors."""
        donors = hearts_in((yield from self.bank.pool()))
        pictures: list[Image] = []
        for case, hole, seed in zip(cases, holes, seeds, strict=True):
            host = heart_of(case)
            painted = host.picture
            if host.bright.any():
                rng = np.random.default_rng([seed, _CHOICE])
                painted = pasted(host, donor_for(host, donors, rng))
            pictures.append(composite(case.host, painted, hole))
            yield Progress(len(pictures), len(cases), f"painting: {self.name}")
        return _stacked(pictures)


@dataclass(frozen=True, eq=False)
class Spade:
    """A SPADE generator.

    Args:
        name: The row's name.
        network: Its generator.
        context: Whether it is told the scar and the masked host (full context), or the heart's
            labels only (limited context).
        composited: Whether the host is put back outside the hole.
        card: The network's card.
    """

    name: str
    network: SpadeGenerator
    context: bool
    composited: bool
    card: ModelCard

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case; see `System.paint`. The seed draws the style."""
        pictures: list[Image] = []
        for start in range(0, len(cases), BATCH):
            part = slice(start, start + BATCH)
            painted = self._painted(cases[part], holes[part], seeds[part])
            for case, picture, hole in zip(cases[part], painted, holes[part], strict=True):
                whole = picture.astype(np.float32)
                pictures.append(composite(case.host, whole, hole) if self.composited else whole)
            yield Progress(len(pictures), len(cases), f"painting: {self.name}")
        return _stacked(pictures)

    @torch.no_grad()
    def _painted(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Array:
        numbers = self.network.sizes.style
        drawn = [torch.randn((1, numbers), generator=generator_of(seed, 0)) for seed in seeds]
        if self.context:
            scar = as_pictures([scar_mask(case.labels) for case in cases], _CPU)
            host = [
                masked(case.host, hole.model, muscle_level(case.host, case.wall))
                for case, hole in zip(cases, holes, strict=True)
            ]
            told = context_channels(scar, as_pictures(host, _CPU))
        else:
            told = heart_channels(as_pictures([case.labels for case in cases], _CPU))
        picture: Tensor = self.network(told, torch.cat(drawn))
        return np.asarray(picture[:, 0].float().numpy())


@dataclass(frozen=True, eq=False)
class Template:
    """A ControlNet that is also shown another patient's slice with its scar and wall.

    Args:
        inner: How it samples; its control network takes seven maps.
        bank: Where donors come from.
    """

    inner: Diffusion
    bank: DonorBank

    @property
    def name(self) -> str:
        """The row's name."""
        return self.inner.name

    @property
    def composited(self) -> bool:
        """Whether pictures equal their host outside the feather."""
        return self.inner.composited

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case; see `System.paint`. The seed draws noise and donor."""
        donors = Donors((yield from self.bank.pool()))
        shown = []
        for case, seed in zip(cases, seeds, strict=True):
            place = donors.near(case.labels, np.random.default_rng([seed, _CHOICE]))
            shown.append(replace(case, maps=np.concatenate([case.maps, donors.maps(place)])))
        return (yield from self.inner.paint(shown, holes, seeds))


def load_rivals(
    folders: Sequence[Path] | None = None,
    *,
    steps: int = STEPS,
    text_scale: float = 1.0,
    half: bool = False,
    device: str | torch.device = "cpu",
) -> list[System]:
    """The systems of the comparison whose weights are there, and those that need none.

    Args:
        folders: Where models live; None = the bundled ones.
        steps: Sampler steps of the one that samples.
        text_scale: Its guidance on the caption.
        half: Whether it computes in bfloat16.
        device: Where it computes.

    Raises:
        Refused: a file is not in order.
    """
    bank = DonorBank()
    found: list[System] = [ConstantBrightness(), CopyPaste(bank)]
    there = {card.id for card in find_models(folders)}
    if LIMITED in there:
        card = find_model(LIMITED, folders)
        network = load_spade(card, folders)
        found.append(Spade("SPADE-LC", network, context=False, composited=False, card=card))
    if FULL in there:
        card = find_model(FULL, folders)
        network = load_spade(card, folders)
        full = Spade("SPADE-FC", network, context=True, composited=True, card=card)
        found += [full, replace(full, name=full.name + AS_PUBLISHED, composited=False)]
    if TEMPLATE in there:
        bundle = load_bundle(TEMPLATE, device, folders, template=True)
        inner = Diffusion("ControlNet+Template", bundle, steps, 0.0, text_scale, half=half)
        whole = replace(inner, name=inner.name + AS_PUBLISHED, composited=False)
        found += [Template(inner, bank), Template(whole, bank)]
    return found


def _stacked(pictures: Sequence[Array]) -> Array:
    return np.asarray(pictures, dtype=np.float32).reshape(-1, *MODEL_SHAPE)
