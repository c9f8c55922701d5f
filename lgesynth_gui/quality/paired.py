"""Tests of two systems on the same patients, and what to do when several are made at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb

import numpy as np
import numpy.typing as npt
from scipy import stats

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
        low, high: Ends of its 95 % interval; NaN where there is none.
        p: Two-sided, of no difference; NaN where there is none.
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

    Returns:
        Percentile interval; p is twice how often resamples lie on the other side of zero, and at
        least what n groups allow that all lie on one side, `2 ** (1 - n)`.

    Raises:
        ValueError: there are no pairs, or not a group for each.
    """
    gaps = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    if not len(gaps) or len(groups) != len(gaps):
        raise ValueError("a comparison needs pairs, and a group for each")
    place = _places(groups)
    sums, sizes = np.bincount(place, gaps), np.bincount(place)
    picks = rng.integers(0, len(sums), (draws, len(sums)))
    found = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    low, high = np.percentile(found, (2.5, 97.5))
    side = min(int((found <= 0).sum()), int((found >= 0).sum()))
    p = min(1.0, max(2 * (side + 1) / (draws + 1), _least_p(len(sums))))
    return Difference(float(gaps.mean()), float(low), float(high), p, len(gaps))


def repeated_difference(
    first: Sequence[float] | FloatArray,
    second: Sequence[float] | FloatArray,
    groups: Sequence[object],
    repeats: Sequence[object],
) -> Difference:
    """Mean of second minus first, for other patients and for other trainings than these.

    Patients are crossed with trainings as cases are with readers in a study of many readers, and
    both are drawn from more: analysis of variance after Dorfman, Berbaum and Metz (Invest Radiol
    1992;27:723) with the degrees of freedom of Hillis (Stat Med 2007;26:596). A patient weighs as
    much as it has pairs.

    Args:
        first: `(n,)` numbers, n > 0.
        second: Of the same things.
        groups: Patient of each pair.
        repeats: Training of each pair.

    Returns:
        Of the patients whom every training tested, p at least as for `paired_difference`; without
        interval and p when these are fewer than two, or when there is one training.

    Raises:
        ValueError: there are no pairs, or not a group and a repeat for each.
    """
    gaps = np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64)
    if not len(gaps) or len(groups) != len(gaps) or len(repeats) != len(gaps):
        raise ValueError("a comparison needs pairs, and a group and a repeat for each")
    row, column = _places(groups), _places(repeats)
    sums, sizes = np.zeros((2, row.max() + 1, column.max() + 1))
    np.add.at(sums, (row, column), gaps)
    np.add.at(sizes, (row, column), 1)
    whole = (sizes > 0).all(axis=1)
    sums, sizes = sums[whole], sizes[whole]
    patients, trainings = sums.shape
    if patients < 2 or trainings < 2:
        return Difference(float(gaps.mean()), np.nan, np.nan, np.nan, len(gaps))
    value = float(sums.sum() / sizes.sum())
    # what a ratio of sums varies with, to first order: its mean over everything is the value
    table = value + (sums - value * sizes) / sizes.mean()
    by_patient, by_training = table.mean(axis=1) - value, table.mean(axis=0) - value
    rest = table - value - by_patient[:, None] - by_training
    of_patients = trainings * (by_patient**2).sum() / (patients - 1)
    of_trainings = patients * (by_training**2).sum() / (trainings - 1)
    of_both = (rest**2).sum() / ((patients - 1) * (trainings - 1))
    spread = float(of_trainings + max(of_patients - of_both, 0.0))
    if spread == 0:
        p = _least_p(patients) if value else 1.0
        return Difference(value, value, value, p, int(sizes.sum()))
    freedom = (trainings - 1) * (spread / of_trainings) ** 2 if of_trainings else np.inf
    error = (spread / table.size) ** 0.5
    reach = float(stats.t.ppf(0.975, freedom)) * error
    p = max(float(2 * stats.t.sf(abs(value) / error, freedom)), _least_p(patients))
    return Difference(value, value - reach, value + reach, p, int(sizes.sum()))


def _least_p(patients: int) -> float:
    """Two-sided p of an exact sign-flip test when all patients lie on one side."""
    return 2.0 ** (1 - patients)


def _places(names: Sequence[object]) -> npt.NDArray[np.int64]:
    """Number of each name in the order of their first appearance."""
    order = {name: k for k, name in enumerate(dict.fromkeys(names))}
    return np.array([order[name] for name in names], np.int64)
