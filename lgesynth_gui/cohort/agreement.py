"""How far reviewers of a cohort agree, beyond chance and with an interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from lgesynth_gui.cohort.index import INDEX, Index
from lgesynth_gui.cohort.review import Decision, Review, decisions_of, standing
from lgesynth_gui.core.arrays import FloatArray
from lgesynth_gui.quality.interval import bootstrap
from lgesynth_gui.quality.kappa import cohen_kappa, fleiss_kappa

HEARTS = 10  # from so many on, whole hearts are drawn for the interval
CLASSES = tuple(Decision)
SEED = 0


@dataclass(frozen=True)
class Agreement:
    """Agreement of some reviewers on the samples that all of them decided.

    Args:
        reviewers: Who.
        n: Samples.
        alike: Share on which all say the same.
        kappa: Cohen's for two, Fleiss' for more; NaN without samples.
        low, high: 95 % bootstrap interval.
        over: What is drawn for it: "hearts" or "samples".
        table: For two: how often the first said the row and the second the column, in the order
            of `Decision`.
    """

    reviewers: tuple[str, ...]
    n: int
    alike: float
    kappa: float
    low: float
    high: float
    over: str
    table: tuple[tuple[int, ...], ...] = ()


def standing_decisions(folder: Path) -> tuple[dict[int, tuple[Review, ...]], dict[int, str]]:
    """Decisions on samples as they are now, by sample, and the heart of each of these.

    What was said of a sample before it was fixed or made anew is not among them.

    Args:
        folder: The cohort's.
    """
    stand: dict[int, tuple[Review, ...]] = {}
    hearts: dict[int, str] = {}
    decisions = decisions_of(folder)
    if not decisions or not (folder / INDEX).is_file():
        return stand, hearts
    with Index(folder) as index:
        for number, said in decisions.items():
            entry = next(index.entries("number = ?", (number,)), None)
            if entry is not None and (kept := standing(said, entry.sha256)):
                stand[number], hearts[number] = kept, entry.heart
    return stand, hearts


def agreements(
    decisions: Mapping[int, Sequence[Review]], hearts: Mapping[int, str]
) -> tuple[Agreement, ...]:
    """Agreement of every pair of reviewers, and of all of them when there are more than two.

    Args:
        decisions: That stand, by sample.
        hearts: Heart of each sample.
    """
    names = sorted({one.reviewer for ones in decisions.values() for one in ones})
    groups: list[tuple[str, ...]] = list(combinations(names, 2))
    if len(names) > 2:
        groups.append(tuple(names))
    return tuple(_agreement(tuple(group), decisions, hearts) for group in groups)


def _agreement(
    names: tuple[str, ...], decisions: Mapping[int, Sequence[Review]], hearts: Mapping[int, str]
) -> Agreement:
    rows, whose = [], []
    for sample, ones in sorted(decisions.items()):
        said = {one.reviewer: CLASSES.index(one.decision) for one in ones}
        if set(names) <= set(said):
            rows.append([said[name] for name in names])
            whose.append(hearts.get(sample, str(sample)))
    if not rows:
        nothing = float("nan")
        return Agreement(names, 0, nothing, nothing, nothing, nothing, "samples")
    table = np.array(rows, dtype=np.int64)
    by_heart = len(set(whose)) >= HEARTS

    def kappa(places: FloatArray) -> float:
        return _kappa(table[places.astype(np.int64)])

    low, high = bootstrap(
        np.arange(len(table), dtype=np.float64),
        np.random.default_rng(SEED),
        whose if by_heart else None,
        kappa,
    )
    return Agreement(
        names,
        len(table),
        float((table == table[:, :1]).all(axis=1).mean()),
        _kappa(table),
        low,
        high,
        "hearts" if by_heart else "samples",
        _crossed(table) if len(names) == 2 else (),
    )


def _kappa(table: np.ndarray[tuple[int, int], np.dtype[np.int64]]) -> float:
    """Of `(samples, reviewers)` classes."""
    if table.shape[1] == 2:
        return cohen_kappa(table[:, 0].tolist(), table[:, 1].tolist())
    counts = np.stack([(table == k).sum(axis=1) for k in range(len(CLASSES))], axis=1)
    return fleiss_kappa(counts)


def _crossed(
    table: np.ndarray[tuple[int, int], np.dtype[np.int64]],
) -> tuple[tuple[int, ...], ...]:
    crossed = np.zeros((len(CLASSES), len(CLASSES)), dtype=int)
    np.add.at(crossed, (table[:, 0], table[:, 1]), 1)
    return tuple(tuple(int(one) for one in row) for row in crossed)
