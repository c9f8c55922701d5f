"""Pairs for a reader study: simulated slices with scar, and scars painted into healthy ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.synthesis import STEPS
from lgesynth_gui.evaluation.alignment import painted_by
from lgesynth_gui.evaluation.cases import Case, placements
from lgesynth_gui.evaluation.gallery import Shown
from lgesynth_gui.evaluation.lineup import control_of
from lgesynth_gui.evaluation.study import LEVEL, WINDOW, Study, StudyPicture
from lgesynth_gui.evaluation.study_files import write_study
from lgesynth_gui.evaluation.systems import Diffusion
from lgesynth_gui.synthesis.holes import scar_mask
from lgesynth_gui.synthesis.models import best_device, half_pays, load_bundle

PAIRS = 60  # ten for practice, fifty that count
GUIDANCE = 0.08


@dataclass(frozen=True, eq=False)
class Pair:
    """A slice that truly shows a scar, and the same heart with a painted one.

    Args:
        group: The host; says nothing of whose it is.
        true: Normalised, `(128, 128)`.
        scar: What it shows.
        painted: The same grid.
        wish: What was painted.
    """

    group: str
    true: Array
    scar: Mask
    painted: Array
    wish: Mask


def make_pairs(
    out: str,
    count: int = PAIRS,
    seed: int = 1,
    model: str = "",
    steps: int = STEPS,
    guidance: float = GUIDANCE,
    folders: tuple[Path, ...] | None = None,
) -> Job:
    """Make a reader study of simulated hearts nobody has trained on and their painted twins.

    Each host gives two pictures: the simulated slice with its own scar, and its healthy twin into
    which the model painted a scar of the same drawing. A reader is shown one of the two.

    Args:
        out: Folder of the study.
        count: Hosts, >= 1.
        seed: Of hosts, drawings and noise.
        model: Control model, "id" or "id/version"; "" = the default.
        steps: Sampler steps.
        guidance: Of the reward networks; 0 is off.
        folders: Where models live; None = the usual ones.

    Returns:
        A job that returns the `Study`.

    Raises:
        LgeSynthError: a network is missing, or the drive is full.
        Refused: a model file is damaged.
    """
    yield Progress(0, count, "loading models")
    device = best_device("auto")
    bundle = load_bundle(model, device, folders)
    cases: list[Case] = yield from placements(seed, count)
    system = Diffusion(
        control_of(bundle),
        bundle,
        steps,
        guidance if bundle.rewards else 0.0,
        half=half_pays(device),
    )
    painted = yield from painted_by(system, cases)
    pairs = []
    for case, picture in zip(cases, painted, strict=True):
        truth = case.truth if case.truth is not None else case.conditions.labels
        own = case.original if case.original is not None else case.conditions.host
        pairs.append(Pair(case.group, own, scar_mask(truth), picture, case.wish))
    title = (
        f"{count} simulated slices with scar, and the same hearts with a scar painted by"
        f" {system.name} ({steps} steps, seed {seed})"
    )
    return write_pairs(Path(out), title, pairs, seed)


def kept_pairs(true: Shown, painted: Shown) -> list[Pair]:
    """Pairs of the pictures that a run has kept of the same cases."""
    return [
        Pair(
            f"{true.hosts[k]}", true.pictures[k], true.wishes[k],
            painted.pictures[k], painted.wishes[k],
        )
        for k in range(min(len(true), len(painted)))
    ]  # fmt: skip


def write_pairs(folder: Path, title: str, pairs: Sequence[Pair], seed: int) -> Study:
    """Write pairs as a study, mixed so that no name says which is which.

    Args:
        folder: Where; answers to other pictures must not lie there.
        title: What they are.
        pairs: Of one host or of several.
        seed: Of the order.

    Raises:
        LgeSynthError: somebody has answered other pictures there, or the drive is full.
    """
    pictures = []
    for one in pairs:
        pictures += [
            (one.group, one.true, False, one.scar),
            (one.group, one.painted, True, one.wish),
        ]
    order = np.random.default_rng((seed, 12)).permutation(len(pictures))
    named = [StudyPicture(f"{n:04d}", *pictures[k]) for n, k in enumerate(order, 1)]
    return write_study(folder, title, named, WINDOW, LEVEL)
