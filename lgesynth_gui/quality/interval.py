"""Intervals: no figure without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from lgesynth_gui.core.arrays import FloatArray

Z95 = 1.959963984540054
DRAWS = 2000


def wilson(hits: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Wilson interval of a proportion (J Am Stat Assoc 1927;22:209).

    Args:
        hits: Successes, 0 to `total`.
        total: Trials; 0 gives (0, 1).
        z: Normal quantile, 1.96 for 95 %.

    Returns:
        (low, high) in [0, 1].

    Raises:
        ValueError: `hits` is not between 0 and `total`.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no proportion")
    if not total:
        return 0.0, 1.0
    share = hits / total
    middle = share + z * z / (2 * total)
    reach = z * sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    low = 0.0 if hits == 0 else max(0.0, (middle - reach) / scale)
    return low, 1.0 if hits == total else min(1.0, (middle + reach) / scale)


def bootstrap(
    values: Sequence[float] | FloatArray,
    rng: np.random.Generator,
    groups: Sequence[object] | None = None,
    statistic: Callable[[FloatArray], float] | None = None,
    draws: int = DRAWS,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic, resampling whole groups (patients).

    Args:
        values: `(n,)`, n > 0.
        rng: Decides the draws.
        groups: Which patient each value belongs to; None = each its own.
        statistic: Of an array; None = the mean.
        draws: How many resamples.

    Returns:
        (low, high).

    Raises:
        ValueError: there are no values, or not one group a value.
    """
    data = np.asarray(values, dtype=np.float64)
    names = list(range(len(data))) if groups is None else list(groups)
    if not len(data) or len(names) != len(data):
        raise ValueError("a bootstrap needs values, and a group for each")
    order = {name: k for k, name in enumerate(dict.fromkeys(names))}
    place = np.array([order[name] for name in names])
    members = [data[place == k] for k in range(len(order))]
    picks = rng.integers(0, len(members), (draws, len(members)))
    if statistic is None:
        sums = np.array([part.sum() for part in members])
        sizes = np.array([len(part) for part in members])
        found = sums[picks].sum(axis=1) / sizes[picks].sum(axis=1)
    else:
        found = np.array([statistic(np.concatenate([members[k] for k in row])) for row in picks])
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)
