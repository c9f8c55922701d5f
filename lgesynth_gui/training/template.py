"""Stage `template`: a ControlNet that is also shown another patient's slice with its scar.

Donors are slices of one pool, one patient each. The level of a slice is not part of a pool, so the
nearest level is taken to be the nearest size of cavity and heart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.synthesis.holes import control_maps, wall_mask
from lgesynth_gui.synthesis.models import load_base, load_control, load_text, sizes_and_bands
from lgesynth_gui.synthesis.networks import (
    MAPS,
    TEMPLATE_MAPS,
    Denoiser,
    NetworkSizes,
    build_control,
    build_unet,
)
from lgesynth_gui.training.data import Batches, Pool
from lgesynth_gui.training.export import reference
from lgesynth_gui.training.generator import ControlStage
from lgesynth_gui.training.pictures import SHOWN_SEED

_STEM = "controlnet_cond_embedding.conv_in.weight"
NEAREST = 8  # donors of about the same level, of which one is drawn
Floats = npt.NDArray[np.float64]
Maps = npt.NDArray[np.float32]


def radii(labels: npt.NDArray[np.uint8]) -> Floats:
    """Radius of cavity and of the whole heart in pixels, `(n, 2)`, of label maps `(n, h, w)`."""
    blood = (labels == Label.BLOOD).sum(axis=(1, 2))
    whole = blood + wall_mask(labels).sum(axis=(1, 2))
    return np.asarray(np.sqrt(np.stack([blood, whole], axis=1) / np.pi))


class Donors:
    """Slices with scar that may stand beside another slice.

    Args:
        pool: Where they come from.

    Raises:
        LgeSynthError: there are too few of them.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.places = np.flatnonzero(pool.positive)
        if len(self.places) < 2:
            raise LgeSynthError("There are too few slices with scar.", "Draw more slices.")
        self._radii = radii(pool.labels[self.places])

    def near(self, labels: LabelMap, rng: np.random.Generator, other_than: int = -1) -> int:
        """Place in the pool of a donor of about the same level.

        Args:
            labels: The slice it will stand beside.
            rng: Draws among the nearest.
            other_than: A place of the pool that is not taken: the slice itself.
        """
        far = np.square(self._radii - radii(labels[None])).sum(axis=1)
        far[self.places == other_than] = np.inf
        count = min(NEAREST, len(self.places) - int(other_than in self.places))
        nearest = np.argsort(far, kind="stable")[:count]
        return int(self.places[rng.choice(nearest)])

    def maps(self, place: int) -> Maps:
        """What a ControlNet is shown of a donor, `(3, 128, 128)`: slice, scar, wall."""
        labels = self.pool.labels[place]
        picture = self.pool.pictures[place].astype(np.float32)
        own = control_maps(labels, self.pool.depth[place].astype(np.float32))
        return np.stack([picture, own[1], own[2]])


class TemplateStage(ControlStage):
    """The control stage with a donor's three maps behind the four of the wish."""

    name = "template"
    model_name = "controlnet-template"
    role = "rival"
    title = "ControlNet with a template: also shown another patient's scar; for comparison only"

    def __init__(self, batches: Batches, *others: Any) -> None:
        super().__init__(batches, *others)
        self.donors = Donors(batches.pool)

    def batch(self, rng: np.random.Generator) -> Any:
        """Items of the pool, each with another slice as its template."""
        return self._beside(super().batch(rng), rng)

    def shown_items(self) -> Mapping[str, Any]:
        """As in the control stage, each with a fixed donor."""
        return self._beside(super().shown_items(), np.random.default_rng(SHOWN_SEED))

    def _beside(self, items: Mapping[str, Any], rng: np.random.Generator) -> Mapping[str, Any]:
        drawn = dict(items)
        places = [
            self.donors.near(self.batches.pool.labels[index], rng, index)
            for index in drawn["index"]
        ]
        beside = np.stack([self.donors.maps(place) for place in places])
        drawn["maps"] = np.concatenate([drawn["maps"], beside], axis=1)
        return drawn

    def prepared(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
        """As in the control stage, with seven maps."""
        parts = super().prepared(batch)
        if parts["maps"].shape[1] != MAPS + TEMPLATE_MAPS:
            raise ValueError("a template stage needs a donor's maps")
        return parts


def widened(control: nn.Module, sizes: NetworkSizes) -> nn.Module:
    """A ControlNet of `sizes` that does what a trained one of fewer maps does.

    Args:
        control: The trained one; left as it is.
        sizes: Its sizes with more maps; the weights of the new maps start at zero.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        wide: nn.Module = build_control(build_unet(sizes), sizes)
    state = dict(control.state_dict())
    stem = torch.zeros_like(wide.state_dict()[_STEM])
    stem[:, : state[_STEM].shape[1]] = state[_STEM]
    wide.load_state_dict(state | {_STEM: stem})
    return wide


def template_stage(batches: Batches, folders: Sequence[Path], seed: int = 0) -> TemplateStage:
    """The trained ControlNet found in `folders`, about to learn what a template is for.

    Raises:
        LgeSynthError: there is no ControlNet, or it belongs to another base.
    """
    control_card, base_card = find_model("controlnet", folders), find_model("base", folders)
    text_card = find_model((base_card.text_encoder or "text-encoder").split(" ")[0], folders)
    if control_card.base not in (None, reference(base_card)):
        raise LgeSynthError("The ControlNet belongs to another base.", "Train it again.")
    plain = sizes_and_bands(base_card)[0]
    sizes = replace(plain, maps=MAPS + TEMPLATE_MAPS)
    unet, bands = load_base(base_card, folders)
    control = widened(load_control(control_card, plain, folders), sizes).requires_grad_(True)
    denoiser, encoder = Denoiser(unet, control, bands), load_text(text_card, folders)
    stage = TemplateStage(batches, denoiser, encoder, text_card, base_card, seed)
    stage.sizes = sizes
    stage.notes = (
        f"For comparison only. Starts from {control_card.reference}, the stem widened by a donor's "
        "slice, scar and wall with weights of zero; trained on as that ControlNet was."
    )
    return stage
