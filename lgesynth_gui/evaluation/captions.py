"""Captions: does the text place scar where it says, and who wins when it and the drawing disagree?

The whole wall of a healthy slice is painted anew. Without the drawing (edge and scar maps left
empty) only the caption says where scar shall be; the judge's reading is compared with what it
says, and with what the caption of another case says, which is chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.anatomy.captions import say
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.alignment import painted_by, read_row
from lgesynth_gui.evaluation.cases import (
    Case,
    placements,
    shuffled_wishes,
    with_caption,
    with_ring,
)
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.lineup import Setting, control_of, load_bundles, readers_of
from lgesynth_gui.evaluation.outcome import Outcome, Readers, described
from lgesynth_gui.evaluation.rows import Row, segment_figures, share_figure
from lgesynth_gui.evaluation.systems import CHANNELS, Diffusion

DRAWING = ("edge", "scar")
TEXT_SCALES = (1.0, 3.0)


@dataclass(frozen=True)
class Telling:
    """One way of telling, and what came of it.

    Args:
        name: What the networks were given.
        row: Readings against what was said.
        chance: The same readings against what another case says.
    """

    name: str
    row: Row
    chance: Row

    def figures(self) -> tuple[Figure, ...]:
        """Segments and depth words regained, with chance beside each."""
        own, other = (_figures(row.outcomes) for row in (self.row, self.chance))
        beside = [replace(one, name=f"{one.name}, chance") for one in other[:-1]]
        return (*(one for pair in zip(own, beside, strict=False) for one in pair), own[-1])


@dataclass(frozen=True)
class Conflict:
    """Drawing and caption name places that share no segment.

    Args:
        name: What the networks were given.
        drawing, caption: Share of cases where the judge sees more of the one than of the other.
    """

    name: str
    drawing: Figure
    caption: Figure


@dataclass(frozen=True)
class CaptionReport:
    """What captions do.

    Args:
        model: "id/version" of the control network.
        judge: "id/version" of the judge.
        steps: Sampler steps.
        guidance: Step of the reward guidance where drawing and caption disagree.
        seed: Of phantom and noise.
        tellings: Without the drawing.
        conflicts: With drawing and caption at odds.
        half: Whether the network computed in bfloat16.
    """

    model: str
    judge: str
    steps: int
    guidance: float
    seed: int
    tellings: tuple[Telling, ...]
    conflicts: tuple[Conflict, ...]
    half: bool = False


def _figures(outcomes: Sequence[Outcome]) -> tuple[Figure, ...]:
    groups = [one.group for one in outcomes]
    depth = [one.depth == one.found_depth for one in outcomes]
    found = [bool(one.found_segments) for one in outcomes]
    return (
        *segment_figures(outcomes),
        share_figure("depth word regained", depth, groups),
        share_figure("any scar found", found, groups),
    )


def measure_captions(
    count: int = 100,
    seed: int = 1,
    setting: Setting | None = None,
    text_scales: Sequence[float] = TEXT_SCALES,
) -> Job:
    """Measure what captions do on unseen phantom slices.

    Guidance is off where there is no drawing: it would pull towards the scar that is left unsaid.

    Args:
        count: Cases, >= 2.
        seed: Of the phantom stream "test", the noise and the shuffling.
        setting: Which model of ours (the first that is there), steps and guidance.
        text_scales: Classifier-free guidance on the caption, each tried.

    Returns:
        A job that yields progress and returns a `CaptionReport`.

    Raises:
        LgeSynthError: a network is missing, the judge among them.
    """
    used = setting or Setting()
    yield Progress(0, count, "loading models")
    bundle = next(iter(load_bundles(used).values()))
    readers = readers_of(bundle)
    drawn: list[Case] = yield from placements(seed, count)
    cases = [with_ring(case) for case in drawn]
    others = shuffled_wishes(cases, np.random.default_rng(seed))
    silent = [with_caption(case, "") for case in cases]
    ways: list[tuple[str, float, tuple[str, ...], list[Case]]]
    ways = [("no caption", 1.0, DRAWING, silent)]
    for words, blank in (("caption in a known wall", DRAWING), ("caption alone", CHANNELS)):
        ways += [(f"{words}, scale {scale:g}", scale, blank, cases) for scale in text_scales]
    tellings: list[Telling] = []
    for name, scale, left_out, told in ways:
        system = Diffusion(name, bundle, used.steps, 0.0, scale, left_out, half=used.half)
        tellings.append((yield from _telling(system, told, others, readers)))
    conflicts: list[Conflict] = []
    for scale in text_scales:
        name = f"drawing against caption, scale {scale:g}"
        system = Diffusion(name, bundle, used.steps, used.guidance, scale, half=used.half)
        conflicts.append((yield from _conflict(system, drawn, others, readers)))
    return CaptionReport(
        control_of(bundle),
        readers.judge.card.reference,
        used.steps,
        used.guidance,
        seed,
        tuple(tellings),
        tuple(conflicts),
        used.half,
    )


def _telling(
    system: Diffusion, cases: list[Case], others: Sequence[LabelMap], readers: Readers
) -> Job:
    pictures = yield from painted_by(system, cases)
    row = yield from read_row(system.name, cases, pictures, readers)
    chance = yield from read_row(system.name, cases, pictures, readers, others)
    return Telling(system.name, row, chance)


def _conflict(
    system: Diffusion, cases: Sequence[Case], others: Sequence[LabelMap], readers: Readers
) -> Job:
    at_odds = [
        (with_caption(case, _words(case, other)), other)
        for case, other in zip(cases, others, strict=True)
        if _apart(case, other)
    ]
    told = [with_ring(case) for case, _ in at_odds]
    said = [other for _, other in at_odds]
    pictures = yield from painted_by(system, told)
    drawing: Row = yield from read_row(system.name, told, pictures, readers)
    caption: Row = yield from read_row(system.name, told, pictures, readers, said)
    pairs = list(zip(drawing.outcomes, caption.outcomes, strict=True))
    groups = [case.group for case in told]
    return Conflict(
        system.name,
        share_figure("follows the drawing", [a.dice > b.dice for a, b in pairs], groups),
        share_figure("follows the caption", [b.dice > a.dice for a, b in pairs], groups),
    )


def _words(case: Case, labels: LabelMap) -> str:
    ground = case.ground
    return say(describe(labels, ground.wall, ground.level, ground.anchors))


def _apart(case: Case, other: LabelMap) -> bool:
    drawn = described(case.conditions.labels, case.ground).segments
    said = described(other, case.ground).segments
    return bool(said) and not drawn & said
