"""The paper's own configuration as a row, on local weights and a ControlNet trained for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from lgesynth_gui.core.errors import NotUnderstood
from lgesynth_gui.core.jobs import Job, Progress, drive, told_as
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.segmentation.crop import Image
from lgesynth_gui.synthesis.conditioning import MODEL_SHAPE, Conditions, Holes
from lgesynth_gui.synthesis.holes import scar_mask
from lgesynth_gui.synthesis.painting import as_pictures
from lgesynth_gui.synthesis.paper_folder import plan
from lgesynth_gui.synthesis.paper_model import Paper, load_paper, load_trained
from lgesynth_gui.synthesis.paper_sampler import conditions, paint_as_paper
from lgesynth_gui.synthesis.sampler import generator_of
from lgesynth_gui.training.paper import NAME, as_paper

ROW = "paper's configuration"
TOGETHER = 4  # slices painted at once


@dataclass(frozen=True, eq=False)
class PaperSystem:
    """Stable-Diffusion-compatible networks with a trained ControlNet; see `paper_sampler`.

    The hole is the wanted scar itself, as in the paper, whatever hole the others are given.

    Args:
        paper: The networks.
        name: The row's name.
        composited: Never: the whole decoded crop is the picture, as published.
    """

    paper: Paper
    name: str = ROW
    composited: bool = False

    def paint(
        self, cases: Sequence[Conditions], holes: Sequence[Holes], seeds: Sequence[int]
    ) -> Job:
        """Paint every case; see `System.paint`."""
        del holes
        pictures: list[Image] = []
        for start in range(0, len(cases), TOGETHER):
            part = slice(start, start + TOGETHER)
            job = self._painted(cases[part], seeds[part])
            pictures += list((yield from told_as(job, lambda step: None)))
            yield Progress(len(pictures), len(cases), f"painting: {self.name}")
        return np.asarray(pictures, dtype=np.float32).reshape(-1, *MODEL_SHAPE)

    def _painted(self, cases: Sequence[Conditions], seeds: Sequence[int]) -> Job:
        device = self.paper.device
        told = conditions(
            self.paper,
            as_pictures([case.host for case in cases], device),
            as_pictures([scar_mask(case.labels) for case in cases], device),
            as_pictures([case.maps[0] for case in cases], device),
        )
        captions = [_said(case.caption) for case in cases]
        noise = [generator_of(seed, 0) for seed in seeds]
        return (yield from paint_as_paper(self.paper, told, captions, noise))


def load_paper_system(
    model: Path, sd: Path, bert: Path, device: str | torch.device = "cpu"
) -> PaperSystem:
    """The row, with the ControlNet that stage `paper` trained.

    Args:
        model: Folder of models that a run wrote: it holds `paper-controlnet`.
        sd: Folder laid out as Stable Diffusion's.
        bert: Folder of a BiomedBERT.
        device: Where it computes.

    Raises:
        LgeSynthError: no such ControlNet is there.
        Refused: a file is not in order, or the ControlNet was trained with other networks.
    """
    card = find_model(NAME, (model,))
    side = card.architecture.numbers.get("side")
    made = plan(sd, bert, side if isinstance(side, int) else 0)
    paper: Paper = drive(load_paper(made, trained=load_trained(card, (model,), made)))
    return PaperSystem(paper.to(device))


def _said(caption: str) -> str:
    """A caption in the paper's words; free text stays as it is."""
    try:
        return as_paper(caption)
    except NotUnderstood:
        return caption
