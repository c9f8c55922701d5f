"""Smooth random fields, cheap enough to draw a dozen for every slice."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@lru_cache(maxsize=1024)
def _weights(count: int, cells: int, periodic: bool) -> Floats:
    """Cubic B-spline weights `(count, knots)` that spread `cells` intervals over `count` samples.

    Columns are scaled so that unit-variance knots give about unit variance.
    """
    place = np.arange(count) * cells / (count if periodic else max(count - 1, 1))
    knots = cells if periodic else cells + 3
    first = np.floor(place).astype(int)
    t = place - first
    parts = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    out = np.zeros((count, knots), dtype=np.float32)
    rows = np.arange(count)
    for k, part in enumerate(parts):
        column = (first + k) % knots if periodic else np.minimum(first + k, knots - 1)
        np.add.at(out, (rows, column), part / 6)
    return np.asarray(out / np.sqrt((out**2).sum(axis=1, keepdims=True)))


def smooth_field(
    rng: np.random.Generator,
    shape: tuple[int, int],
    cells: tuple[int, int],
    *,
    periodic: bool = False,
) -> Floats:
    """A smooth field of about zero mean and unit variance.

    Args:
        rng: Source.
        shape: (rows, columns).
        cells: Bumps along rows and columns, each at least 1 (at least 4 along a periodic axis).
        periodic: The columns run around a circle.
    """
    rows = _weights(shape[0], cells[0], False)
    columns = _weights(shape[1], cells[1], periodic)
    knots = rng.standard_normal((rows.shape[1], columns.shape[1]), dtype=np.float32)
    return np.asarray(rows @ knots @ columns.T)


def smooth_ring(rng: np.random.Generator, count: int, cells: int) -> Floats:
    """A smooth periodic profile `(count,)` of about zero mean and unit variance."""
    weights = _weights(count, max(4, cells), True)
    return np.asarray(weights @ rng.standard_normal(weights.shape[1], dtype=np.float32))
