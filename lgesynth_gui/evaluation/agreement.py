"""How well classes and sets agree: weighted kappa, precision and recall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def confusion(asked: Sequence[int], found: Sequence[int], classes: int) -> NDArray[np.int64]:
    """Counts `(classes, classes)`: row asked, column found."""
    table = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(table, (np.asarray(asked, dtype=int), np.asarray(found, dtype=int)), 1)
    return table


def weighted_kappa(table: NDArray[np.int64]) -> float:
    """Cohen's kappa with quadratic weights (Psychol Bull 1968;70:213).

    Args:
        table: Counts `(k, k)`, row one reading and column the other.

    Returns:
        1 for full agreement, 0 for chance; 1 when both name one class alone, NaN without counts.
    """
    total = int(table.sum())
    if not total:
        return float("nan")
    place = np.arange(len(table))
    weight = (place[:, None] - place[None, :]) ** 2
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    apart = float((weight * expected).sum())
    return 1.0 if apart == 0 else 1.0 - float((weight * table).sum()) / apart


@dataclass(frozen=True)
class SetScore:
    """Agreement of asked and found sets, pooled.

    Args:
        hits: Members in both.
        asked: Members asked.
        found: Members found.
    """

    hits: int
    asked: int
    found: int

    @property
    def precision(self) -> float:
        """Share of the found that was asked; 1 when nothing was found and nothing asked."""
        return self.hits / self.found if self.found else float(not self.asked)

    @property
    def recall(self) -> float:
        """Share of the asked that was found; 1 when nothing was asked."""
        return self.hits / self.asked if self.asked else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; 1 when nothing was asked and nothing found."""
        both = self.asked + self.found
        return 2 * self.hits / both if both else 1.0


def set_score(pairs: Iterable[tuple[frozenset[int], frozenset[int]]]) -> SetScore:
    """Pooled score of (asked, found) pairs."""
    hits = asked = found = 0
    for first, second in pairs:
        hits, asked, found = hits + len(first & second), asked + len(first), found + len(second)
    return SetScore(hits, asked, found)
