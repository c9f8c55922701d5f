"""Measured figures for a model's card: never without an interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lgesynth_gui.quality.interval import bootstrap, wilson
from lgesynth_gui.registry.cards import Metric


def mean_of(name: str, values: Sequence[float], data: str) -> Metric:
    """A mean with its bootstrap interval over the values, at least one.

    Args:
        name: What.
        values: One a slice.
        data: On what.
    """
    low, high = bootstrap(values, np.random.default_rng(0))
    return _metric(name, float(np.mean(values)), low, high, len(values), data)


def share_of(name: str, hits: Sequence[bool], data: str) -> Metric:
    """A share with its Wilson interval, of at least one trial."""
    low, high = wilson(sum(hits), len(hits))
    return _metric(name, sum(hits) / len(hits), low, high, len(hits), data)


def _metric(name: str, value: float, low: float, high: float, count: int, data: str) -> Metric:
    return Metric(
        name=name,
        data=data,
        value=round(value, 4),
        low=round(low, 4),
        high=round(high, 4),
        n=count,
    )
