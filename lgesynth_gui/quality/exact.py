"""The exact interval of a proportion, for few trials."""

from __future__ import annotations

from scipy import stats


def clopper_pearson(hits: int, total: int, level: float = 0.95) -> tuple[float, float]:
    """Exact binomial interval (Clopper and Pearson, Biometrika 1934;26:404).

    It never covers less often than it says; with few trials it is wider than Wilson's.

    Args:
        hits: Successes, 0 to `total`.
        total: Trials; 0 gives (0, 1).
        level: Share of intervals that hold the true value, in (0, 1).

    Returns:
        (low, high) in [0, 1].

    Raises:
        ValueError: `hits` is not between 0 and `total`, or `level` not between 0 and 1.
    """
    if not 0 <= hits <= total:
        raise ValueError(f"{hits} of {total} is no proportion")
    if not 0.0 < level < 1.0:
        raise ValueError(f"{level} is no share of intervals")
    tail = (1.0 - level) / 2
    low = stats.beta.ppf(tail, hits, total - hits + 1) if hits else 0.0
    high = stats.beta.ppf(1.0 - tail, hits + 1, total - hits) if hits < total else 1.0
    return float(low), float(high)
