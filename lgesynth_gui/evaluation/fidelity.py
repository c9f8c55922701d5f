"""Fidelity: does a painted slice look like a slice that has that scar?

Two tasks. Placement (clean outlines in healthy hosts) is compared with the host: what must stay
stays, the seam does not show, and the scar is as bright as scars are. Re-painting (a slice's own
scar, blanked and asked for again) is compared with the slice itself, which also gives the forced
choice its pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from skimage.metrics import structural_similarity

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.alignment import painted_by
from lgesynth_gui.evaluation.cases import Case, placements, repaintings
from lgesynth_gui.evaluation.features import (
    features,
    split_distance,
    ventricle,
)
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.forced_choice import STEPS, Pair, forced_choice
from lgesynth_gui.evaluation.lineup import Setting, load_lineup
from lgesynth_gui.evaluation.outcome import outside_change
from lgesynth_gui.evaluation.rows import mean_figure, pooled_figure
from lgesynth_gui.evaluation.signal import (
    Brightness,
    brightness,
    histogram_distance,
    histogram_floor,
    signal_figures,
)
from lgesynth_gui.evaluation.systems import FEATHER_MM, System, composite
from lgesynth_gui.quality.untouched import seam_ratio
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING
from lgesynth_gui.synthesis.paste import feather

REAL = "real scars"
REPEATED = "measured again"
LEAST_FOR_FEATURES = 8
LEAST_FOR_CHOICE = 6


@dataclass(frozen=True)
class FidelityRow:
    """Figures of one system.

    Args:
        name: The system's row.
        composited: Whether pictures equal their host outside the feather.
        figures: With intervals over patients.
    """

    name: str
    composited: bool
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure:
        """The figure of some name."""
        return next(one for one in self.figures if one.name == name)


@dataclass(frozen=True)
class FidelityReport:
    """Fidelity of every system.

    Args:
        steps: Sampler steps of ours.
        seed: Of phantom and noise.
        rows: The phantom's own scars first, then those measured again, where a figure makes sense
            for them.
        missing: Rows whose weights are not there.
        half: Whether systems that sample computed in bfloat16.
    """

    steps: int
    seed: int
    rows: tuple[FidelityRow, ...]
    missing: tuple[str, ...] = ()
    half: bool = False

    def alarms(self) -> tuple[str, ...]:
        """What speaks against a row, one sentence each."""
        real = next(one for one in self.rows if one.name == REAL)
        low, high = (real.figure(f"CNR {p} percentile").value for p in ("5th", "95th"))
        out = []
        for row in self.rows:
            if row.name in (REAL, REPEATED):
                continue
            if row.composited and row.figure("largest change outside").value > 0:
                out.append(f"{row.name}: pixels outside the feather changed.")
            middle = row.figure("CNR, median").value
            if not low <= middle <= high:
                out.append(f"{row.name}: its scars' contrast leaves the range of real ones.")
        return tuple(out)


def likeness(picture: Array, against: Array, host: Array) -> tuple[float, float]:
    """(SSIM, RMSE) of two pictures; range and unit are the host's, RMSE as a share of [-1, 1]."""
    span = float(host.max() - host.min())
    first, second = np.asarray(against, np.float64), np.asarray(picture, np.float64)
    compare: Any = structural_similarity
    same = compare(first, second, data_range=span)
    gap = second - first
    return float(same), float(np.sqrt((gap**2).mean()) / 2)


def _seam(case: Case, picture: Array) -> float:
    edited = feather(case.holes.model, MODEL_SPACING, FEATHER_MM) > 0
    stack = (10.0, *MODEL_SPACING)
    return seam_ratio(case.conditions.host[None], picture[None], edited[None], stack, FEATHER_MM)


def measure_fidelity(
    count: int = 200, seed: int = 1, setting: Setting | None = None, choice_steps: int = STEPS
) -> Job:
    """Measure how real every system's pictures look on unseen phantom slices.

    Args:
        count: Cases of each task, >= 1; feature distances need 8, the forced choice 6.
        seed: Of the phantom stream "test", the noise and the forced choice.
        setting: Which systems; None = all that are bundled.
        choice_steps: Training steps of each forced choice; 0 leaves it out.

    Returns:
        A job that yields progress and returns a `FidelityReport`.

    Raises:
        LgeSynthError: a network is missing.
    """
    used = setting or Setting()
    yield Progress(0, count, "loading models")
    lineup = load_lineup(used)
    placed: list[Case] = yield from placements(seed, count)
    again: list[Case] = yield from repaintings(seed, count)
    repeated = yield from repeated_row(again, seed, choice_steps)
    rows: tuple[FidelityRow, ...] = (real_row(placed), repeated)
    for system in lineup.systems:
        row = yield from fidelity_row(system, placed, again, seed, choice_steps)
        rows = (*rows, row)
    return FidelityReport(used.steps, seed, rows, lineup.missing, used.half)


def fidelity_row(
    system: System, placed: list[Case], again: list[Case], seed: int, choice_steps: int
) -> Job:
    """Figures of one system.

    Args:
        system: Paints both tasks.
        placed: Placement cases; each has an `original`.
        again: Re-painting cases; likewise.
        seed: Of the forced choice.
        choice_steps: Its training steps; 0 leaves it out.

    Returns:
        A job that returns a `FidelityRow`.
    """
    pictures = yield from painted_by(system, placed)
    repainted = yield from painted_by(system, again)
    return (yield from row_of(system, placed, pictures, again, repainted, seed, choice_steps))


def row_of(
    system: System,
    placed: Sequence[Case],
    pictures: Sequence[Array],
    again: Sequence[Case],
    repainted: Sequence[Array],
    seed: int,
    choice_steps: int,
) -> Job:
    """Figures of pictures that are painted already.

    Args:
        system: Who painted them.
        placed: Placement cases. Where they hold no `original`, as in real hosts, the re-painted
            pictures are compared with the true scars.
        pictures: Of them.
        again: Re-painting cases; each has an `original`.
        repainted: Of them.
        seed: Of the forced choice.
        choice_steps: Its training steps; 0 leaves it out.

    Returns:
        A job that returns a `FidelityRow`.
    """
    changes = [outside_change(c, p) for c, p in zip(placed, pictures, strict=True)]
    figures: list[Figure] = yield from _in_hosts(placed, pictures, changes)
    known = len(_originals(placed)) == len(placed)
    shown, painted = (placed, pictures) if known else (again, repainted)
    signals = [brightness(p, c.conditions.labels) for c, p in zip(shown, painted, strict=True)]
    groups = [case.group for case in shown]
    figures.append(histogram_distance(signals, _true_signals(shown), groups, paired=True))
    if len(shown) >= LEAST_FOR_FEATURES:
        figures.append(_feature_distance(shown, painted))
    yield None
    figures += _against(again, repainted, [p for p, _ in _originals(again)], "original")
    if system.composited and choice_steps and len(again) >= LEAST_FOR_CHOICE:
        figures.append((yield from _chosen(again, repainted, seed, choice_steps)))
    return FidelityRow(system.name, system.composited, tuple(figures))


def row_beside(
    name: str,
    cases: Sequence[Case],
    pictures: Sequence[Array],
    changes: Sequence[float],
    true: Sequence[Case],
) -> Job:
    """Figures of pictures whose hosts have no true scar, beside true scars of others.

    Args:
        name: The row's.
        cases: What was asked for.
        pictures: Of them.
        changes: Largest change of each beyond its edited zone, as a share of [-1, 1].
        true: Cases with an `original`.

    Returns:
        A job that returns a `FidelityRow`.
    """
    figures: list[Figure] = yield from _in_hosts(cases, pictures, changes)
    signals = [brightness(p, c.conditions.labels) for c, p in zip(cases, pictures, strict=True)]
    figures.append(histogram_distance(signals, _true_signals(true), [case.group for case in cases]))
    if min(len(cases), len(true)) >= LEAST_FOR_FEATURES:
        figures.append(_feature_distance(cases, pictures, true))
    return FidelityRow(name, True, tuple(figures))


def _in_hosts(cases: Sequence[Case], pictures: Sequence[Array], changes: Sequence[float]) -> Job:
    """Figures of what must stay, of the seam and of the scar's signal; a job."""
    groups = [case.group for case in cases]
    figures = _against(cases, pictures, [c.conditions.host for c in cases], "host")
    yield None
    figures.append(_largest("largest change outside", changes, groups))
    seams = [_seam(c, p) for c, p in zip(cases, pictures, strict=True)]
    figures.append(_finite("seam ratio", seams, groups))
    signals = [brightness(p, c.conditions.labels) for c, p in zip(cases, pictures, strict=True)]
    figures += signal_figures(signals, groups)
    yield None
    return figures


def _true_signals(cases: Sequence[Case]) -> list[Brightness]:
    return [brightness(picture, truth) for picture, truth in _originals(cases)]


def real_row(placed: Sequence[Case]) -> FidelityRow:
    """What the same figures say of the phantom's own scars: the goal and the floor."""
    groups = [case.group for case in placed]
    signals = _true_signals(placed)
    figures = signal_figures(signals, groups)
    if len(signals) > 1:
        figures.append(histogram_floor(signals, groups))
    if len(placed) >= LEAST_FOR_FEATURES:
        figures.append(_feature_distance(placed, [picture for picture, _ in _originals(placed)]))
    return FidelityRow(REAL, False, tuple(figures))


def repeated_row(again: Sequence[Case], seed: int, choice_steps: int) -> Job:
    """What a perfect painter reaches: the true scar with the noise of another measurement.

    No painter can know the noise under the hole, so none can be more like the original.

    Args:
        again: Re-painting cases; each has a `repeat`.
        seed: Of the forced choice.
        choice_steps: Its training steps; 0 leaves it out.

    Returns:
        A job that returns a `FidelityRow`.
    """
    held = [(case, case.repeat) for case in again if case.repeat is not None]
    pictures = [composite(c.conditions.host, repeat, c.holes) for c, repeat in held]
    again = [case for case, _ in held]
    figures = _against(again, pictures, [p for p, _ in _originals(again)], "original")
    yield None
    if choice_steps and len(again) >= LEAST_FOR_CHOICE:
        figures.append((yield from _chosen(again, pictures, seed, choice_steps)))
    return FidelityRow(REPEATED, True, tuple(figures))


def _originals(cases: Sequence[Case]) -> list[tuple[Array, LabelMap]]:
    pairs = [(c.original, c.truth) for c in cases]
    return [(p, t) for p, t in pairs if p is not None and t is not None]


def _against(
    cases: Sequence[Case], pictures: Sequence[Array], others: Sequence[Array], what: str
) -> list[Figure]:
    groups = [case.group for case in cases]
    full, crop = [], []
    for case, picture, other in zip(cases, pictures, others, strict=True):
        here, host = ventricle(case.ground.wall), case.conditions.host
        full.append(likeness(picture, other, host))
        crop.append(likeness(picture[here], other[here], host))
    return [
        mean_figure(f"{name} to {what}{place}", [one[k] for one in values], groups)
        for place, values in (("", full), (", LV", crop))
        for k, name in enumerate(("SSIM", "RMSE"))
    ]


def _feature_distance(
    cases: Sequence[Case], pictures: Sequence[Array], true: Sequence[Case] | None = None
) -> Figure:
    """Frechet distance of hand-made features to true scars: the cases' own, or others."""
    shown = cases if true is None else true
    real = np.stack(
        [features(p, c.ground.wall) for c, (p, _) in zip(shown, _originals(shown), strict=True)]
    )
    seen = np.stack([features(p, c.ground.wall) for c, p in zip(cases, pictures, strict=True)])
    rng, groups = np.random.default_rng(0), [case.group for case in cases]
    if true is not None:  # as many of both: the distance depends on how many; they share nobody
        least = min(len(real), len(seen))
        real, seen = (one[rng.permutation(len(one))[:least]] for one in (real, seen))
        groups = [str(k) for k in range(least)]
    value, low, high = split_distance(real, seen, groups, rng)
    return Figure("feature distance", value, low, high, len(seen))


def _chosen(again: Sequence[Case], pictures: Sequence[Array], seed: int, steps: int) -> Job:
    pairs = [
        Pair(case.group, true, picture, case.wish)
        for case, picture, (true, _) in zip(again, pictures, _originals(again), strict=True)
    ]
    found = yield from forced_choice(pairs, seed, steps)
    return Figure("forced choice AUC", found.auc, found.low, found.high, 2 * found.held_out)


def _largest(name: str, values: Sequence[float], groups: Sequence[str]) -> Figure:
    return pooled_figure(name, np.asarray(values), groups, lambda some: float(some.max()))


def _finite(name: str, values: Sequence[float], groups: Sequence[str]) -> Figure:
    kept = [(v, g) for v, g in zip(values, groups, strict=True) if np.isfinite(v)]
    return mean_figure(name, [v for v, _ in kept], [g for _, g in kept])
