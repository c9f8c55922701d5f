"""The area under a receiver's curve from ratings, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

import numpy as np
from scipy import optimize, special, stats

from lgesynth_gui.core.arrays import FloatArray
from lgesynth_gui.quality.interval import Z95

EDGE = 1e-9
Scores = Sequence[float] | FloatArray


def auc(negatives: Scores, positives: Scores) -> float:
    """Chance that a positive is rated above a negative; ties count half.

    Args:
        negatives: Ratings, at least one.
        positives: The same.

    Raises:
        ValueError: one of them is empty.
    """
    low, high = (np.asarray(one, dtype=np.float64) for one in (negatives, positives))
    if not len(low) or not len(high):
        raise ValueError("a curve needs ratings of both kinds")
    ranks = stats.rankdata(np.concatenate([low, high]))[len(low) :]
    n, m = len(low), len(high)
    return float((ranks.sum() - m * (m + 1) / 2) / (n * m))


def delong_variance(negatives: Scores, positives: Scores) -> float:
    """Variance of `auc` (DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837).

    Args:
        negatives: Ratings, at least two.
        positives: The same.

    Raises:
        ValueError: there are fewer.
    """
    low, high = (np.asarray(one, dtype=np.float64) for one in (negatives, positives))
    n, m = len(low), len(high)
    if n < 2 or m < 2:
        raise ValueError("a variance needs two ratings of either kind")
    both = stats.rankdata(np.concatenate([low, high]))
    of_low = 1.0 - (both[:n] - stats.rankdata(low)) / m
    of_high = (both[n:] - stats.rankdata(high)) / n
    return float(of_low.var(ddof=1) / n + of_high.var(ddof=1) / m)


def auc_interval(negatives: Scores, positives: Scores) -> tuple[float, float]:
    """95 % interval of `auc`.

    DeLong's variance on the logit scale, which keeps it inside (0, 1). Where the variance is 0
    (the two kinds do not overlap at all) Newcombe's score interval, which is not empty there
    (Stat Med 2006;25:559, method 5).

    Args:
        negatives: Ratings, at least two.
        positives: The same.

    Returns:
        (low, high).

    Raises:
        ValueError: there are fewer.
    """
    area, variance = auc(negatives, positives), delong_variance(negatives, positives)
    if variance <= 1e-15 or not 0.0 < area < 1.0:
        return newcombe(area, len(negatives), len(positives))
    middle, reach = log(area / (1 - area)), Z95 * sqrt(variance) / (area * (1 - area))
    return float(special.expit(middle - reach)), float(special.expit(middle + reach))


def newcombe(area: float, n: int, m: int, z: float = Z95) -> tuple[float, float]:
    """Score interval of an area under the curve from the two numbers of ratings alone.

    Args:
        area: The area, in [0, 1].
        n: How many negatives, >= 1.
        m: How many positives, >= 1.
        z: Normal quantile.
    """
    inner = (n + m) / 2 - 1

    def off(theta: float) -> float:
        ends = (1 - theta) / (2 - theta) + theta / (1 + theta)
        return (area - theta) ** 2 - z * z * theta * (1 - theta) * (1 + inner * ends) / (n * m)

    inside = min(max(area, EDGE), 1 - EDGE)  # at 0 and 1 themselves the equation has a root, too
    low = 0.0 if area <= 0 else float(optimize.brentq(off, 0.0, inside))
    high = 1.0 if area >= 1 else float(optimize.brentq(off, inside, 1.0))
    return low, high
