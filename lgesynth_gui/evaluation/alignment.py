"""Alignment: does an independent judge find the scar that was asked for, where it was asked for?

Placement on unseen phantom hearts: a healthy slice is the host, the pattern's clean outline is the
wish. Beside it stands what the same judge says of the phantom's own scars (the ceiling), of the
untouched hosts (false alarms) and of masks shuffled between samples (chance).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SignalKind
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.phantom.stream import TrainingSlice, slices
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.registry.cards import Metric
from lgesynth_gui.segmentation.crop import normalise
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.holes import scar_mask
from lgesynth_gui.synthesis.models import best_device, load_bundle
from lgesynth_gui.synthesis.painting import Painted, paint, seen_scar
from lgesynth_gui.training.figures import mean_of, share_of

LIMIT = 0.60
FALSE_ALARM_MM2 = 20.0
STREAM = "test"
_DATA = "unseen phantom sketches of all patterns, in healthy hosts"


@dataclass(frozen=True)
class Outcome:
    """One sketch.

    Args:
        pattern: Which of the thirteen.
        area_mm2: Of the asked scar.
        judged: Judge's Dice of the painted slice with the wish.
        rewarded: The reward networks' Dice of the same.
        ceiling: Judge's Dice of the phantom's own scar with its truth.
        chance: Judge's reading against another slice's wish.
        alarm: The judge calls 20 mm2 or more of the untouched host scar.
    """

    pattern: str
    area_mm2: float
    judged: float
    rewarded: float
    ceiling: float
    chance: float
    alarm: bool


@dataclass(frozen=True)
class Report:
    """All outcomes of one setting.

    Args:
        model: "id/version" of the control network.
        judge: "id/version" of the judge.
        steps, guidance, seed: Of the sampling.
        outcomes: One a sketch.
    """

    model: str
    judge: str
    steps: int
    guidance: float
    seed: int
    outcomes: tuple[Outcome, ...]

    def metrics(self) -> tuple[Metric, ...]:
        """Figures with 95 % intervals: Wilson for shares, bootstrap over slices for means."""
        how = f"{self.steps} steps, guidance {self.guidance:g}, judge {self.judge}"
        data = f"{_DATA}; {how}"
        rows = self.outcomes
        return (
            share_of("Share with judge Dice > 0.6", [r.judged > LIMIT for r in rows], data),
            mean_of("Judge Dice, mean", [r.judged for r in rows], data),
            share_of("Ceiling: share with Dice > 0.6", [r.ceiling > LIMIT for r in rows], data),
            mean_of("Ceiling: judge Dice, mean", [r.ceiling for r in rows], data),
            mean_of("Reward networks' Dice, mean", [r.rewarded for r in rows], data),
            mean_of("Chance: judge Dice with another wish", [r.chance for r in rows], data),
            share_of("Untouched hosts called scarred", [r.alarm for r in rows], data),
        )


def measure_alignment(
    model: str = "",
    count: int = 200,
    seed: int = 1,
    steps: int = 8,
    guidance: float = 0.08,
    device: str = "cpu",
    folders: Sequence[Path] | None = None,
) -> Job:
    """Paint unseen phantom sketches and let the judge read them.

    Args:
        model: Control model, "id" or "id/version"; "" = the default.
        count: Sketches, >= 1.
        seed: Of the phantom stream "test" and of the sampling noise.
        steps: Sampler steps.
        guidance: Step of the reward guidance; 0 is off.
        device: "auto", "cpu", "cuda" or "mps".
        folders: Where models live; None = the bundled ones.

    Returns:
        A job that yields progress and returns a `Report`.

    Raises:
        LgeSynthError: a network is missing, the judge among them.
    """
    bundle = load_bundle(model, best_device(device), folders)
    if bundle.judge is None:
        raise LgeSynthError("There is no judge.", "Train one: lgesynth train run --stage judge.")
    outcomes: list[Outcome] = []
    before: Mask | None = None
    for one in itertools.islice(scarred(seed), count):
        request, host = wish_of(one, seed * 100_000 + len(outcomes), steps, guidance)
        painted: Painted = yield from told_as(paint(request, host, 0, bundle), _alive)
        outcome, before = _read(one, painted, bundle.judge, before)
        outcomes.append(outcome)
        yield Progress(len(outcomes), count, "painting and judging")
    reference = dict(bundle.cards)["controlnet"].reference
    judge = bundle.judge.card.reference
    return Report(reference, judge, steps, guidance, seed, tuple(outcomes))


def scarred(seed: int) -> Iterator[TrainingSlice]:
    """Slices of the stream "test" that hold scar, in order."""
    return (one for one in slices(STREAM, seed) if one.sketch.regions)


def wish_of(
    one: TrainingSlice, seed: int, steps: int, guidance: float
) -> tuple[SynthesisRequest, LgeSeries]:
    """The healthy twin of a slice as a host, and its scar's clean outline as a wish."""
    pixels = np.asarray(one.clean, dtype=np.float32)[None].copy()
    host = LgeSeries(
        pixels=pixels,
        geometry=Geometry.plain((10.0, 1.0, 1.0)),
        signal=SignalKind.PSIR if one.psir else SignalKind.MAGNITUDE,
        source=SeriesSource("phantom"),
    )
    regions = (replace(r, slices=(0,)) for r in one.sketch.regions if one.index in r.slices)
    contours = replace(one.contours, level=one.level)
    request = SynthesisRequest(
        host_sha256=host.pixels_sha256,
        contours=HeartContours((contours,)),
        sketch=ScarSketch(tuple(regions)),
        slices=(0,),
        seed=seed,
        steps=steps,
        guidance=guidance,
    )
    return request, host


def _alive(step: Progress | None) -> None:
    """Of a sample's own steps only that the work goes on."""


def _read(
    one: TrainingSlice, painted: Painted, judge: Segmenter, before: Mask | None
) -> tuple[Outcome, Mask]:
    conditions = painted.conditions
    wall, wish = conditions.wall, scar_mask(conditions.labels)
    found = seen_scar((judge,), painted.picture, wall)
    whole = wall_of(one.contours, one.image.shape, (1.0, 1.0)).mask
    own = _seen_in(judge, one.image, conditions.scale, whole)
    untouched = seen_scar((judge,), conditions.host, wall)
    outcome = Outcome(
        pattern=one.pattern,
        area_mm2=float(wish.sum()),
        judged=dice(found, wish),
        rewarded=painted.reward_dice,
        ceiling=dice(own, scar_mask(one.labels)),
        chance=0.0 if before is None else dice(found, before & wall),
        alarm=bool(untouched.sum() >= FALSE_ALARM_MM2),
    )
    return outcome, wish


def _seen_in(judge: Segmenter, image: Array, scale: tuple[float, float], wall: Mask) -> Mask:
    return seen_scar((judge,), normalise(image, scale)[0], wall)
