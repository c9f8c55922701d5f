"""Outcomes gathered into rows of a table: figures with intervals, bins, paired differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lgesynth_gui.anatomy.bins import SIZES
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.caption import Depth
from lgesynth_gui.evaluation.agreement import SetScore, confusion, set_score, weighted_kappa
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.quality.interval import bootstrap, wilson

LIMIT = 0.60
FALSE_ALARM_MM2 = 20.0
GRADES = 5
GAP_ALARM = 0.10
CENTROID = "centroid mm, where found"  # nowhere else is there one
SHOWN_SIZES = (*SIZES, ("< 100 mm2", 0.0, 100.0))


@dataclass(frozen=True)
class Row:
    """All outcomes of one system.

    Args:
        name: The system, or the control.
        outcomes: One a case, in the cases' order.
    """

    name: str
    outcomes: tuple[Outcome, ...]

    def mean(self, name: str, of: Callable[[Outcome], float]) -> Figure:
        """Mean of the finite values with its bootstrap interval over patients."""
        values = [(of(one), one.group) for one in self.outcomes if np.isfinite(of(one))]
        return mean_figure(name, [v for v, _ in values], [g for _, g in values])

    def share(self, name: str, of: Callable[[Outcome], bool]) -> Figure:
        """Share with its interval: Wilson, or over patients when some have several slices."""
        hits = [of(one) for one in self.outcomes]
        return share_figure(name, hits, [one.group for one in self.outcomes])

    @property
    def passed(self) -> Figure:
        """Share with the judge's Dice above the limit."""
        return self.share("pass rate", lambda one: one.dice > LIMIT)

    @property
    def dice(self) -> Figure:
        """The judge's mean Dice."""
        return self.mean("Dice J", lambda one: one.dice)

    @property
    def gap(self) -> Figure:
        """Reward networks' Dice minus the judge's."""
        return self.mean("reward gap", lambda one: one.reward_dice - one.dice)

    @property
    def kappa(self) -> Figure:
        """Quadratically weighted kappa of the segments' transmurality classes."""
        tables = [confusion(o.asked_grades, o.found_grades, GRADES) for o in self.outcomes]
        return pooled_figure(
            "transmurality kappa",
            np.array(tables).reshape(-1, GRADES, GRADES),
            [one.group for one in self.outcomes],
            lambda some: weighted_kappa(some.sum(axis=0)),
        )

    @property
    def segments(self) -> SetScore:
        """Asked against found AHA segments, pooled."""
        return set_score((one.asked_segments, one.found_segments) for one in self.outcomes)

    @property
    def grade_table(self) -> tuple[tuple[int, ...], ...]:
        """Counts of asked (row) and found (column) transmurality classes."""
        asked = [grade for one in self.outcomes for grade in one.asked_grades]
        found = [grade for one in self.outcomes for grade in one.found_grades]
        return tuple(map(tuple, confusion(asked, found, GRADES).tolist()))

    def figures(self) -> tuple[Figure, ...]:
        """Everything about the row, but what needs another row beside it."""
        return (
            self.passed,
            self.dice,
            self.share("co-judge agrees", lambda one: one.co_agrees),
            self.mean("Dice R", lambda one: one.reward_dice),
            self.gap,
            self.mean("Dice 3 SD", lambda one: one.co_dice),
            self.mean("HD95 mm", lambda one: one.hd95),
            self.mean(CENTROID, lambda one: one.centroid),
            self.median("area ratio", lambda one: one.ratio),
            self.kappa,
            *segment_figures(self.outcomes),
            self.share("depth word regained", lambda one: one.depth == one.found_depth),
            self.share("caption regained", lambda one: one.same_caption),
            self.share("20 mm2 found", lambda one: one.found_area >= FALSE_ALARM_MM2),
        )

    def median(self, name: str, of: Callable[[Outcome], float]) -> Figure:
        """Median of the finite values with its bootstrap interval over patients."""
        kept = [one for one in self.outcomes if np.isfinite(of(one))]
        values = np.array([of(one) for one in kept])
        groups = [one.group for one in kept]
        return pooled_figure(name, values, groups, lambda some: float(np.median(some)))

    def only(self, keep: Callable[[Outcome], bool]) -> Row:
        """The same row with some of its outcomes."""
        return Row(self.name, tuple(one for one in self.outcomes if keep(one)))


def mean_figure(name: str, values: Sequence[float], groups: Sequence[object]) -> Figure:
    """A mean and its bootstrap interval over groups; NaN without values."""
    if not values:
        return Figure(name, float("nan"), float("nan"), float("nan"), 0)
    low, high = bootstrap(values, np.random.default_rng(0), groups)
    return Figure(name, float(np.mean(values)), low, high, len(values))


def share_figure(name: str, hits: Sequence[bool], groups: Sequence[str] = ()) -> Figure:
    """A share and its interval; NaN without trials.

    Args:
        name: What.
        hits: One a trial.
        groups: Patient of each trial. Where one has several, the interval is a bootstrap over
            patients, or Wilson's of their number when all trials agree; else Wilson's.
    """
    value = sum(hits) / len(hits) if hits else float("nan")
    patients = len(set(groups)) or len(hits)
    if patients < len(hits) and 0 < value < 1:
        low, high = bootstrap([float(hit) for hit in hits], np.random.default_rng(0), groups)
    else:
        low, high = wilson(round(patients * value) if hits else 0, patients)
    return Figure(name, value, low, high, len(hits))


def pooled_figure(
    name: str,
    values: Array,
    groups: Sequence[str],
    statistic: Callable[[Array], float],
    draws: int = 500,
) -> Figure:
    """A statistic of pooled values `(n, ...)` and its bootstrap interval over groups."""
    if not len(values):
        return Figure(name, float("nan"), float("nan"), float("nan"), 0)
    names = list(dict.fromkeys(groups))
    members = [np.flatnonzero([one == name for one in groups]) for name in names]
    rng = np.random.default_rng(0)
    picks = rng.integers(0, len(members), (draws, len(members)))
    found = [statistic(values[np.concatenate([members[k] for k in some])]) for some in picks]
    finite = np.asarray(found)[np.isfinite(found)]
    low, high = np.percentile(finite, (2.5, 97.5)) if len(finite) else (np.nan, np.nan)
    return Figure(name, statistic(values), float(low), float(high), len(values))


def segment_figures(outcomes: Sequence[Outcome]) -> tuple[Figure, ...]:
    """Precision, recall and F1 of the AHA segments with intervals over patients."""
    counts = np.array(
        [
            (len(o.asked_segments & o.found_segments), len(o.asked_segments), len(o.found_segments))
            for o in outcomes
        ]
    ).reshape(-1, 3)
    groups = [one.group for one in outcomes]

    def figure(name: str, of: Callable[[SetScore], float]) -> Figure:
        return pooled_figure(name, counts, groups, lambda some: of(SetScore(*some.sum(axis=0))))

    return (
        figure("segment precision", lambda score: score.precision),
        figure("segment recall", lambda score: score.recall),
        figure("segment F1", lambda score: score.f1),
    )


def paired(first: Row, second: Row) -> Figure:
    """Mean difference of the judge's Dice, second minus first, on the same cases."""
    gaps = [b.dice - a.dice for a, b in zip(first.outcomes, second.outcomes, strict=True)]
    return mean_figure("Dice J difference", gaps, [one.group for one in first.outcomes])


@dataclass(frozen=True)
class Bin:
    """One cell of size by depth, with its own ceiling.

    Args:
        row: The row's name.
        size: Size class.
        depth: Depth word, or "all".
        passed: The row's pass rate there.
        dice: Its mean Dice.
        ceiling: Pass rate of the true scars of the same cases.
    """

    row: str
    size: str
    depth: str
    passed: Figure
    dice: Figure
    ceiling: Figure


def bins(row: Row, ceiling: Row) -> tuple[Bin, ...]:
    """A row's bins that hold any case; membership is by the row's own wish.

    Args:
        row: Its outcomes.
        ceiling: The control row on the same cases.
    """
    out = []
    for size, low, high in SHOWN_SIZES:
        for depth in ("all", *(one.value for one in Depth)):
            held = [
                k
                for k, one in enumerate(row.outcomes)
                if low <= one.area < high and depth in ("all", one.depth)
            ]
            if held:
                here = Row(row.name, tuple(row.outcomes[k] for k in held))
                there = Row(ceiling.name, tuple(ceiling.outcomes[k] for k in held))
                out.append(Bin(row.name, size, depth, here.passed, here.dice, there.passed))
    return tuple(out)
