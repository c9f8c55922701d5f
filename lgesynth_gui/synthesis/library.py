"""The teaching library: which hearts it shows, and how the scar of each is made and chosen.

Nothing here is a patient: every host is computed, every scar is painted and judged like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.anatomy.aha import anchors_in, level_of
from lgesynth_gui.anatomy.patterns import Pattern, draw_pattern, load_patterns, pattern_named
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.anatomy.territories import TEXTBOOK, Artery
from lgesynth_gui.anatomy.transmurality import bullseye
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.jobs import Job, Progress, drive, told_as
from lgesynth_gui.core.labels import Level
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.phantom.patient import draw_patient
from lgesynth_gui.phantom.sample import sample_patient, sample_study
from lgesynth_gui.phantom.study import PhantomStudy, make_study
from lgesynth_gui.synthesis.generate import generate

SEED = 20  # of the hosts; everything else counts up from it
TRIES = 8  # samples made for an example before the best one is taken
HOST_TRIES = 2  # of them on one heart
DRAWINGS = 40  # of a pattern on one heart, until one shows what it should
LEAST_MM2 = 150.0  # scar of the shown slices together
LEAST_G_SHARE = 0.8  # of the scar in the artery's own segments
BLOOD, CNR = (0.85, 1.1), (24.0, 40.0)  # of a host: blood beside the sample's, noise
STRIP_SEGMENTS = (7, 8)
STRIP_STEP = 5  # percent
PROBES = (25, 50, 75, 100)  # steps a seed of the strip is chosen by
PLACES = {  # the library's first scars, so that each artery is seen at once
    "ischaemic_subendocardial": "LAD",
    "ischaemic_transmural": "RCA",
    "acute_no_reflow": "LCx",
}


@dataclass(frozen=True)
class Wish:
    """One example to make.

    Args:
        number: Its place; hosts and drawings follow from it.
        pattern: Name of the pattern.
        artery: Whose territory it must lie in, or "" for wherever the pattern lies.
    """

    number: int
    pattern: str
    artery: str = ""

    @property
    def name(self) -> str:
        """Identifier, also of files: "ischaemic_transmural_RCA"."""
        return f"{self.pattern}_{self.artery}" if self.artery else self.pattern


@dataclass(frozen=True, eq=False)
class Made:
    """One example that was made.

    Args:
        wish: What was wanted.
        host: The computed heart.
        contours: Of the shown slices alone, each with its ring.
        result: The chosen sample.
        tries: How many samples were made until it was chosen.
        origin: Seeds of the heart and of the drawing, for the record.
    """

    wish: Wish
    host: LgeSeries
    contours: HeartContours
    result: SynthesisResult
    tries: int
    origin: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Strip:
    """The same scar growing through the wall of one heart, with one seed.

    Args:
        host, contours: The sample heart; contours of the shown slice alone.
        index: The shown slice.
        steps: (percent of the wall, sample), ascending, without 0.
        seed: Of every sample.
        tries: How many seeds were looked at.
    """

    host: LgeSeries
    contours: HeartContours
    index: int
    steps: tuple[tuple[int, SynthesisResult], ...]
    seed: int
    tries: int


def wishes() -> tuple[Wish, ...]:
    """All patterns in the library's order, then the infarcts of the arteries not yet seen."""
    patterns = [pattern.name for pattern in load_patterns()]
    pairs = [(name, PLACES.get(name, "")) for name in patterns]
    for name in PLACES:
        pairs += [(name, one.value) for one in Artery if one.value != PLACES[name]]
    return tuple(Wish(number, *pair) for number, pair in enumerate(pairs))


def make_example(wish: Wish, device: str = "cpu") -> Job:
    """Make one example: the first PASS among a few tries, else the best of them.

    Returns:
        A job that returns `Made`.
    """
    best: Made | None = None
    made = 0
    for host, contours, sketch, origin in _drawings(wish):
        yield Progress(made, TRIES, "painting")
        request = SynthesisRequest(
            host_sha256=host.series.pixels_sha256, contours=contours, sketch=sketch, seed=made
        )
        result = yield from generate(request, host.series, device)
        made += 1
        one = Made(wish, host.series, contours, result, made, origin)
        if best is None or _rank(result) < _rank(best.result):
            best = one
        if result.verdict.grade is Grade.PASS:
            return one
    assert best is not None
    return replace(best, tries=made)


def make_strip(device: str = "cpu") -> Job:
    """Make the strip with the first seed whose probes all PASS, else with the best of a few.

    Returns:
        A job that returns `Strip`.
    """
    study = sample_study()
    level = level_of(STRIP_SEGMENTS[0])
    ring = [i for i in study.contours.outlined() if study.contours.level(i) is level]
    index = ring[len(ring) // 2]
    contours = _alone(study.contours, (index,))
    best: tuple[int, int] | None = None
    found: dict[tuple[int, int], SynthesisResult] = {}
    tries = 0
    for seed in range(TRIES):
        tries += 1
        for percent in PROBES:
            job = _step(study, contours, index, percent, seed, device)
            found[seed, percent] = yield from _noted(job, f"strip, seed {seed}")
        good = sum(found[seed, p].verdict.grade is Grade.PASS for p in PROBES)
        best = max(best or (-1, 0), (good, -seed))
        if good == len(PROBES):
            break
    assert best is not None
    seed, steps = -best[1], []
    for percent in range(STRIP_STEP, 101, STRIP_STEP):
        if (seed, percent) not in found:
            job = _step(study, contours, index, percent, seed, device)
            found[seed, percent] = yield from _noted(job, f"strip, {percent} %")
        steps.append((percent, found[seed, percent]))
    return Strip(study.series, contours, index, tuple(steps), seed, tries)


def example_made(wish: Wish) -> Made:
    """`make_example` driven to its end, for a process of its own."""
    made: Made = drive(make_example(wish))
    return made


def strip_made() -> Strip:
    """`make_strip` driven to its end."""
    made: Strip = drive(make_strip())
    return made


def _step(
    study: PhantomStudy,
    contours: HeartContours,
    index: int,
    percent: int,
    seed: int,
    device: str,
) -> Job:
    """Paint one step of the strip."""
    level, hooks = contours.level(index), anchors_in(contours, index)
    regions = tuple(
        segment_region(one, level, hooks, 0.0, percent / 100, (index,)) for one in STRIP_SEGMENTS
    )
    request = SynthesisRequest(
        host_sha256=study.series.pixels_sha256,
        contours=contours,
        sketch=ScarSketch(regions),
        seed=seed,
    )
    return generate(request, study.series, device)


def _noted(job: Job, note: str) -> Job:
    return told_as(job, lambda step: step and replace(step, note=note))


def _rank(result: SynthesisResult) -> tuple[int, float]:
    verdict = result.verdict
    return verdict.grade.severity, -(verdict.dice or 0.0)


def _drawings(
    wish: Wish,
) -> Iterator[tuple[PhantomStudy, HeartContours, ScarSketch, tuple[tuple[str, int], ...]]]:
    """At most `TRIES` hearts with a drawing that shows the pattern where it should lie."""
    pattern = _placed(pattern_named(wish.pattern), wish.artery)
    for number in range(TRIES // HOST_TRIES):
        study = draw_host(np.random.default_rng((SEED, wish.number, number)))
        given = 0
        for drawing in range(DRAWINGS):
            rng = np.random.default_rng((SEED, wish.number, number, drawing))
            whole = draw_pattern(pattern, study.contours, rng)
            shown = _shown(study.contours, whole)
            contours, sketch = _alone(study.contours, shown), _only(whole, shown)
            last = drawing >= DRAWINGS - HOST_TRIES + given
            if last or _fits(study, contours, sketch, wish.artery):
                origin = (("series", SEED), ("example", wish.number), ("heart", number))
                yield study, contours, sketch, (*origin, ("drawing", drawing))
                given += 1
            if given == HOST_TRIES:
                break


def draw_host(rng: np.random.Generator) -> PhantomStudy:
    """A healthy heart that looks as in a textbook.

    Training wants hearts of every strange appearance; a lecture does not. So the heart is drawn,
    and its surroundings, tissues and measurement are the sample heart's, a little varied.
    """
    usual, drawn = sample_patient(), draw_patient(rng)
    patient = replace(
        usual,
        heart=drawn.heart,
        scene=replace(usual.scene, seed=int(rng.integers(2**31))),
        tissue=replace(usual.tissue, blood=usual.tissue.blood * float(rng.uniform(*BLOOD))),
        acquisition=replace(usual.acquisition, cnr=float(rng.uniform(*CNR))),
    )
    return make_study(rng, patient=patient)


def _placed(pattern: Pattern, artery: str) -> Pattern:
    """The pattern with its first place fixed to an artery's."""
    if not artery:
        return pattern
    pieces = tuple(
        tuple((key, artery if key == "at" else value) for key, value in piece)
        for piece in pattern.pieces
    )
    return replace(pattern, pieces=pieces)


def _shown(contours: HeartContours, sketch: ScarSketch) -> tuple[int, ...]:
    """One slice a ring: the middle one of those with scar, else the middle one; apex with scar."""
    drawn, found = set(sketch.slices()), []
    for level in Level:
        ring = [i for i in contours.outlined() if contours.level(i) is level]
        scarred = [i for i in ring if i in drawn]
        members = scarred or ([] if level is Level.APEX else ring)
        if members:
            found.append(members[len(members) // 2])
    return tuple(found)


def _alone(contours: HeartContours, shown: tuple[int, ...]) -> HeartContours:
    """The contours of some slices alone, each with the ring it has in the whole heart."""
    parts = []
    for i, one in enumerate(contours.slices):
        kept = one is not None and i in shown
        parts.append(replace(one, level=contours.level(i)) if one is not None and kept else None)
    return HeartContours(tuple(parts))


def _only(sketch: ScarSketch, shown: tuple[int, ...]) -> ScarSketch:
    """The regions of some slices."""
    kept = ((r, tuple(i for i in r.slices if i in shown)) for r in sketch.regions)
    return ScarSketch(tuple(replace(region, slices=here) for region, here in kept if here))


def _fits(study: PhantomStudy, contours: HeartContours, sketch: ScarSketch, artery: str) -> bool:
    """Whether there is enough scar to see, and nearly all of it in the artery's segments."""
    series = study.series
    labels = render_stack(sketch, contours, series.shape, series.spacing)
    scar_mm2 = float((labels >= 3).sum()) * series.spacing[1] * series.spacing[2]
    if scar_mm2 < LEAST_MM2:
        return False
    return not artery or share_of(labels, contours, series, Artery(artery)) >= LEAST_G_SHARE


def share_of(
    labels: np.ndarray, contours: HeartContours, series: LgeSeries, artery: Artery
) -> float:
    """Share of a heart's scar, by mass, that lies in an artery's segments; 0 without scar."""
    grams = {s: one.grams for s, one in bullseye(labels, contours, series.spacing).items()}
    whole = sum(grams.values())
    return sum(grams.get(s, 0.0) for s in TEXTBOOK[artery]) / whole if whole else 0.0
