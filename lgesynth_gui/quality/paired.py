"""Tests of two systems on the same patients, and what to do when several are made at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np

from lgesynth_gui.core.arrays import FloatArray
from lgesynth_gui.quality.interval import DRAWS


def mcnemar_exact(fixed: int, broken: int) -> float:
    """Exact two-sided p of McNemar's test (Psychometrika 1947;12:153).

    Under the null hypothesis a patient on whom two systems disagree is as likely fixed as broken,
    so the smaller count is binomial with probability one half.

    Args:
        fixed: Patients the first has wrong and the second right.
        broken: The other way round.

    Returns:
        In (0, 1]; 1 when they never disagree.

    Raises:
        ValueError: a count is negative.
    """
    if min(fixed, broken) < 0:
        raise ValueError("counts of patients are not negative")
    total = fixed + broken
    tail = sum(comb(total, k) for k in range(min(fixed, broken) + 1))
    return min(1.0, float(Fraction(2 * tail, 2**total)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p values (Scand J Stat 1979;6:65), in the order given.

    Rejecting what is at most 0.05 keeps the chance of any false rejection at 0.05.

    Args:
        p_values: Each in [0, 1].

    Raises:
        ValueError: one is not.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise ValueError("a p value lies in [0, 1]")
    count, out, highest = len(p_values), [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(count), key=lambda k: p_values[k])):
        highest = max(highest, min(1.0, (count - rank) * p_values[place]))
        out[place] = highest
    return tuple(out)


@dataclass(frozen=True)
class Difference:
    """A mean difference with its interval.

    Args:
        value: Second minus first.
        low, high: 95 % percentile interval over groups.
        p: Two-sided: how often resamples lie on the other side of zero, twice.
        n: Pairs.
    """

    value: float
    low: float
    high: float
    p: float
    n: int


def paired_difference(
    first: Sequence[float] | FloatArray,
    second: Sequence[float] | FloatArray,
    groups: Sequence[object],
    rng: np.random.Generator,
    draws: int = DRAWS,
) -> Difference:
    """Mean of second minus first, by a bootstrap over whole groups (patients).

    Args:
        first: `(n,)` numbers, n > 0.
        second: Of the same things.
        groups: Patient of each pair.
        rng: Decides the draws.
        draws: How many resamples; the smallest p is `2 / (draws + 1)`, unless nothing differs.

    Raises:
        ValueError: there are no pairs, or not a group for each.
    """
    gaps = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    if not len(gaps) or len(groups) != len(gaps):
        raise ValueError("a comparison needs pairs, and a group for each")
    order = {name: k for k, name in enumerate(dict.fromkeys(groups))}
    place = np.array([order[name] for name in groups])
    sums = np.bincount(place, gaps, len(order))
    sizes = np.bincount(place, minlength=len(order))
    picks = rng.integers(0, len(order), (draws, len(order)))
    found = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.percentile(found, (2.5, 97.5))
    side = min(int((found <= 0).sum()), int((found >= 0).sum()))
    p = min(1.0, 2 * (side + 1) / (draws + 1))
    return Difference(float(gaps.mean()), float(low), float(high), p, len(gaps))
