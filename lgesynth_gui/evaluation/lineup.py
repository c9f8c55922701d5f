"""Which systems are there to be compared, and who reads what they paint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import STEPS
from lgesynth_gui.evaluation.outcome import Readers
from lgesynth_gui.evaluation.systems import Diffusion, System
from lgesynth_gui.registry.cards import find_models
from lgesynth_gui.synthesis.models import THREADS, Bundle, best_device, load_bundle

OURS = (("ControlNet", "controlnet"), ("LGESynthNet", "lgesynth-net"))
RIVALS = (
    "constant brightness",
    "copy-paste",
    "SPADE-LC",
    "SPADE-FC",
    "ControlNet+Template",
)
AS_PUBLISHED = ", as published"
GUIDED = ", guided"


@dataclass(frozen=True, eq=False)
class Setting:
    """How our systems sample, and where models live.

    Args:
        model: Control model, "id" or "id/version"; "" = all of ours that are there.
        steps: Sampler steps.
        guidance: Step of the reward guidance of the guided rows; 0 leaves them out.
        text_scale: Classifier-free guidance on the caption.
        device: "auto", "cpu", "cuda" or "mps".
        folders: Where models live; None = the bundled ones.
        rivals: Whether the paper's other systems stand beside ours.
        published: Whether whole decoded crops stand beside composited pictures.
        half: Whether systems that sample compute in bfloat16.
        paper: The model folder of a run of stage `paper`, its Stable Diffusion folder and its
            BiomedBERT folder; None leaves the paper's own configuration out.
    """

    model: str = ""
    steps: int = STEPS
    guidance: float = 0.08
    text_scale: float = 1.0
    device: str = "cpu"
    folders: tuple[Path, ...] | None = None
    rivals: bool = True
    published: bool = False
    half: bool = False
    paper: tuple[Path, Path, Path] | None = None


def steps_words(steps: int, half: bool) -> str:
    """How a report's systems sampled: "6 steps", or "6 steps in bfloat16"."""
    return f"{steps} steps" + (" in bfloat16" if half else "")


@dataclass(frozen=True, eq=False)
class Lineup:
    """Systems in the order of the table's rows.

    Args:
        rivals: Those that are not ours.
        ours: Ours; the first is what all rows are compared with.
        readers: Who reads.
        missing: Rows whose weights are not there.
    """

    rivals: tuple[System, ...]
    ours: tuple[Diffusion, ...]
    readers: Readers
    missing: tuple[str, ...]

    @property
    def systems(self) -> tuple[System, ...]:
        """All of them."""
        return (*self.rivals, *self.ours)


def control_of(bundle: Bundle) -> str:
    """Name and version ("id/version") of a bundle's control network."""
    return dict(bundle.cards)["controlnet"].reference


def load_bundles(setting: Setting) -> dict[str, Bundle]:
    """Our control models by row name, in the table's order.

    Raises:
        LgeSynthError: none is there, or the one that was asked for is not.
    """
    device = best_device(setting.device)
    torch.set_num_threads(THREADS)
    if setting.model:
        bundle = load_bundle(setting.model, device, setting.folders)
        identity = control_of(bundle).split("/")[0]
        return {next((row for row, one in OURS if one == identity), identity): bundle}
    there = {card.id for card in find_models(setting.folders) if card.role == "controlnet"}
    found = {
        name: load_bundle(identity, device, setting.folders)
        for name, identity in OURS
        if identity in there
    }
    if not found:
        raise LgeSynthError("There is no synthesis model.", "Check with: lgesynth models verify.")
    return found


def load_lineup(setting: Setting) -> Lineup:
    """Load every system that is there.

    Raises:
        LgeSynthError: there is no model of ours, or no judge.
        Refused: a model file is damaged.
    """
    bundles = load_bundles(setting)
    ours: list[Diffusion] = []
    for name, bundle in bundles.items():
        scale = setting.text_scale
        plain = Diffusion(name, bundle, setting.steps, 0.0, scale, half=setting.half)
        ours.append(plain)
        if setting.guidance > 0 and bundle.rewards:
            ours.append(replace(plain, name=name + GUIDED, guidance=setting.guidance))
        if setting.published:
            ours.append(replace(plain, name=name + AS_PUBLISHED, composited=False))
    rivals = _rivals(setting) if setting.rivals else ()
    if setting.paper is not None:
        rivals = (*rivals, _as_paper(setting, setting.paper))
    missing = [name for name, _ in OURS if name not in bundles and not setting.model]
    if setting.rivals:
        missing += [n for n in RIVALS if not any(_same(n, one.name) for one in rivals)]
    return Lineup(rivals, tuple(ours), readers_of(ours[0].bundle), tuple(missing))


def _same(wanted: str, name: str) -> bool:
    """Whether a row is of a system, however it is spelt and whatever is added in brackets."""
    return _plain(wanted) == _plain(re.split(r"[,(]", name)[0])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def readers_of(bundle: Bundle) -> Readers:
    """The judge and the reward networks of a bundle.

    Raises:
        LgeSynthError: there is no judge.
    """
    if bundle.judge is None:
        raise LgeSynthError("There is no judge.", "Train one: lgesynth train run --stage judge.")
    return Readers(bundle.judge, bundle.rewards)


def _as_paper(setting: Setting, folders: tuple[Path, Path, Path]) -> System:
    from lgesynth_gui.evaluation.paper import load_paper_system

    return load_paper_system(*folders, best_device(setting.device))


def _rivals(setting: Setting) -> tuple[System, ...]:
    from lgesynth_gui.evaluation.rivals import load_rivals

    device = best_device(setting.device)
    found = load_rivals(
        setting.folders,
        steps=setting.steps,
        text_scale=setting.text_scale,
        half=setting.half,
        device=device,
    )
    return chosen(found, published=setting.published)


def chosen(systems: Sequence[System], *, published: bool) -> tuple[System, ...]:
    """Composited systems, and those that can do no other than paint the whole picture.

    Args:
        systems: Some of them may be there both composited and as published.
        published: Whether all are wanted.
    """
    done = [one.name for one in systems if one.composited]
    return tuple(
        one
        for one in systems
        if one.composited
        or published
        or not any(_same(re.split(r"[,(]", one.name)[0], name) for name in done)
    )
