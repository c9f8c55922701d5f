"""Diversity: how different a system's pictures are, and whether they cover what real ones show.

Pictures are told by the hand-made features of the ventricle's crop (`evaluation.features`), each
scaled by its mean and deviation over real slices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.evaluation.alignment import painted_by
from lgesynth_gui.evaluation.cases import Case
from lgesynth_gui.evaluation.features import Floats, features
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.rows import mean_figure, share_figure
from lgesynth_gui.evaluation.systems import System
from lgesynth_gui.quality.interval import Z95

SEEDS = 16  # of one request
BLOCKS = 20  # of patients that are left out in turn
NEAREST = 3  # neighbours that span the manifold (Kynkaanniemi et al. 2019)
LEAST = 16  # pictures below which a manifold says nothing
_TINY = 1e-6
_SEED = 17_000_000  # keeps the seeds of one request apart from those of the cases


@dataclass(frozen=True)
class Spread:
    """How much the pictures of one request differ.

    Args:
        group: The host's patient.
        features: Deviation of each feature over 16 seeds, not scaled.
    """

    group: str
    features: tuple[float, ...]


@dataclass(frozen=True)
class Featured:
    """Features of one row's pictures.

    Args:
        groups: Patient of each picture.
        points: Features of each, `(n, 32)`.
        spread: Requests that were painted with 16 seeds.
    """

    groups: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]
    spread: tuple[Spread, ...] = ()


def features_of(cases: Sequence[Case], pictures: Sequence[Array]) -> Floats:
    """Features `(n, 32)` of pictures of cases."""
    return np.stack([features(p, c.ground.wall) for c, p in zip(cases, pictures, strict=True)])


def featured(cases: Sequence[Case], pictures: Sequence[Array]) -> Job:
    """Features of a row's pictures; a job that returns `Featured`."""
    points = []
    for case, picture in zip(cases, pictures, strict=True):
        points.append(tuple(map(float, features_of((case,), (picture,))[0])))
        yield None
    return Featured(tuple(case.group for case in cases), tuple(points))


def scale_of(real: Floats) -> tuple[Floats, Floats]:
    """Mean and deviation of each feature over real slices."""
    return real.mean(axis=0), np.maximum(real.std(axis=0), _TINY)


def spreads(system: System, cases: Sequence[Case], requests: int) -> Job:
    """Paint the first requests with 16 seeds each.

    Returns:
        A job that returns a tuple of `Spread`, one a request.
    """
    out = []
    for case in cases[:requests]:
        again = [replace(case, seed=_SEED + case.seed * SEEDS + k) for k in range(SEEDS)]
        pictures = yield from painted_by(system, again)
        apart = features_of(again, pictures).std(axis=0, ddof=1)
        out.append(Spread(case.group, tuple(map(float, apart))))
        yield None
    return tuple(out)


def kernel(points: Floats, width: float) -> Floats:
    """Gaussian similarity `(n, n)` of points `(n, d)`; 1 on the diagonal."""
    return np.asarray(np.exp(-_squares(points, points) / (2 * width**2)))


def usual_width(points: Floats) -> float:
    """Median distance of two points: where a Gaussian kernel tells near from far."""
    apart = np.sqrt(_squares(points, points))[np.triu_indices(len(points), 1)]
    return max(float(np.median(apart)), _TINY)


def vendi(similarity: Floats) -> float:
    """Vendi score (Friedman & Dieng, arXiv 2210.02410): the effective number of unlike items.

    Args:
        similarity: Symmetric, positive semidefinite `(n, n)`, 1 on the diagonal.

    Returns:
        1 when all are alike, n when none is like another.
    """
    values = np.linalg.eigvalsh(similarity / len(similarity))
    held = values[values > 1e-12]
    return float(np.exp(-(held * np.log(held)).sum()))


def vendi_figure(points: Floats, groups: Sequence[str], width: float) -> Job:
    """Vendi score with the interval of a jackknife that leaves out patients, 20 times at most.

    A bootstrap would draw items twice, and twins are what the score counts.

    Returns:
        A job that returns a `Figure`.
    """
    whole = kernel(points, width)
    value, names = vendi(whole), list(dict.fromkeys(groups))
    blocks = min(len(names), BLOCKS)
    block = {name: k % blocks for k, name in enumerate(names)}
    places, left = np.array([block[name] for name in groups]), []
    for k in range(blocks if blocks > 1 else 0):
        kept = np.flatnonzero(places != k)
        left.append(vendi(whole[np.ix_(kept, kept)]))
        yield None
    low = high = value
    if left:
        spread = np.sqrt((blocks - 1) * np.var(left))
        low, high = max(value - Z95 * spread, 1.0), min(value + Z95 * spread, len(points))
    return Figure("Vendi score", value, float(low), float(high), len(points))


def within(points: Floats, manifold: Floats) -> list[bool]:
    """Which points lie in a manifold (Kynkaanniemi et al., arXiv 1904.06991).

    The manifold is the union of balls round its own points, each as wide as the distance to the
    third nearest other one.

    Args:
        points: `(n, d)`.
        manifold: `(m, d)`, m > 3.
    """
    own = np.sqrt(_squares(manifold, manifold))
    np.fill_diagonal(own, np.inf)
    reach = np.sort(own, axis=1)[:, NEAREST - 1]
    apart = np.sqrt(_squares(points, manifold))
    held = np.asarray(apart <= reach * (1 + 1e-9)).any(axis=1)
    return [bool(one) for one in np.atleast_1d(held)]


def precision_and_recall(
    points: Floats, groups: Sequence[str], real: Floats, real_groups: Sequence[str]
) -> tuple[Figure, Figure]:
    """Share of pictures that lie among the real ones, and of real ones among the pictures."""
    return (
        share_figure("precision", within(points, real), groups),
        share_figure("recall", within(real, points), real_groups),
    )


def diversity_figures(
    points: Floats,
    groups: Sequence[str],
    real: Floats,
    real_groups: Sequence[str],
    some: Sequence[Spread] = (),
) -> Job:
    """All figures of one system.

    Args:
        points: Features of its pictures `(n, d)`, not scaled.
        groups: Patient of each.
        real: Features of real slices `(m, d)`.
        real_groups: Patient of each.
        some: Requests that were painted 16 times; () for none.

    Returns:
        A job that returns a tuple of `Figure`.
    """
    middle, deviation = scale_of(real)
    own, true = (points - middle) / deviation, (real - middle) / deviation
    out: list[Figure] = []
    yield None
    if min(len(own), len(true)) >= LEAST:
        out.append((yield from vendi_figure(own, groups, usual_width(true))))
        out += precision_and_recall(own, groups, true, real_groups)
    if some:
        values = [float(np.mean(np.asarray(one.features) / deviation)) for one in some]
        out.append(mean_figure("spread over seeds", values, [one.group for one in some]))
    return tuple(out)


def _squares(first: Floats, second: Floats) -> Floats:
    gaps = first[:, None] - second[None]
    return np.asarray((gaps**2).sum(axis=2))
