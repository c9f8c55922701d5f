"""How far readers agree beyond chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def cohen_kappa(first: Sequence[int], second: Sequence[int]) -> float:
    """Agreement of two readers on the same cases (Cohen, Educ Psychol Meas 1960;20:37).

    Args:
        first: Class of each case.
        second: The other reader's, the cases in the same order.

    Returns:
        1 for full agreement, 0 for chance; 1 when both name one class alone; NaN without cases.

    Raises:
        ValueError: they did not read the same number of cases.
    """
    if len(first) != len(second):
        raise ValueError("two readers need the same cases")
    if not len(first):
        return float("nan")
    classes = sorted({*first, *second})
    place = {name: k for k, name in enumerate(classes)}
    table = np.zeros((len(classes), len(classes)))
    np.add.at(table, ([place[one] for one in first], [place[one] for one in second]), 1)
    table /= len(first)
    chance = float(table.sum(axis=1) @ table.sum(axis=0))
    return 1.0 if chance >= 1.0 else float((np.trace(table) - chance) / (1.0 - chance))


def fleiss_kappa(counts: NDArray[np.int64]) -> float:
    """Agreement of several readers (Fleiss, Psychol Bull 1971;76:378).

    Args:
        counts: `(cases, classes)`: how many readers named each class; the same number of
            readers, at least two, for every case.

    Returns:
        1 for full agreement, 0 for chance; 1 when all name one class alone; NaN without cases.

    Raises:
        ValueError: a case has fewer readers than another, or fewer than two.
    """
    table = np.asarray(counts, dtype=np.float64)
    if not len(table):
        return float("nan")
    readers = table[0].sum()
    if readers < 2 or not np.all(table.sum(axis=1) == readers):
        raise ValueError("every case needs the same readers, two or more")
    share = table.sum(axis=0) / table.sum()
    alike = ((table**2).sum(axis=1) - readers) / (readers * (readers - 1))
    chance = float((share**2).sum())
    return 1.0 if chance >= 1.0 else float((alike.mean() - chance) / (1.0 - chance))
