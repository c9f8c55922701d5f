"""Privacy of a comparison: how near a system's pictures come to what it was trained on.

The bundled networks learned from slices of the phantom; those slices are drawn again here. What
real slices of people who took no part show is the measure, as in `evaluation.privacy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.cases import Case
from lgesynth_gui.evaluation.features import ventricle
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.membership import Attack, attack, looks_easy
from lgesynth_gui.evaluation.privacy import planted
from lgesynth_gui.evaluation.resemblance import Known, Patches, Scale, known_slices, resembling
from lgesynth_gui.evaluation.rows import pooled_figure, share_figure
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.holes import wall_mask
from lgesynth_gui.synthesis.models import Bundle
from lgesynth_gui.training.data import Pool, draw_pool

STREAM, OTHERS = "generator", "test"
_OTHER_SEED = 700_000  # of test slices that no case shows
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Near:
    """How near each picture of a row comes to a training slice.

    Args:
        groups: Patient of each.
        scores: Likeness of the painted part; above `limit` it is called a copy.
        nearest: Root mean square distance of the ventricle's crop to the nearest slice, u.
        second: To the second nearest.
        limit: 99th percentile of the scores of real slices of people who took no part.
        member: The membership attack on the row's network; None where there is none.
    """

    groups: tuple[str, ...]
    scores: tuple[float, ...]
    nearest: tuple[float, ...]
    second: tuple[float, ...]
    limit: float
    member: Attack | None = None

    def figures(self) -> tuple[Figure, ...]:
        """With intervals over patients."""
        near, far = np.asarray(self.nearest), np.asarray(self.second)
        ratio = near / np.maximum(far, 1e-9)
        out = [
            share_figure("copies", [one > self.limit for one in self.scores], self.groups),
            _median("likeness over limit", np.asarray(self.scores) / self.limit, self.groups),
            _median("nearest distance", near, self.groups),
            _median("nearest to second", ratio, self.groups),
        ]
        return tuple(out)

    def membership(self) -> Figure | None:
        """AUC of the attack."""
        one = self.member
        if one is None:
            return None
        return Figure("membership AUC", one.value, one.low, one.high, one.members + one.others)


@dataclass(frozen=True, eq=False)
class Trained:
    """Slices that the networks learned from, and what is needed to compare with them.

    Args:
        known: The slices with a reader's features.
        pool: The same slices.
        scale: What real slices of others reach.
    """

    known: Known
    pool: Pool
    scale: Scale


def trained_on(
    reader: Segmenter, real: tuple[Sequence[Case], Sequence[Array]], seed: int, count: int
) -> Job:
    """Draw training slices again.

    Args:
        reader: Whose features are compared.
        real: Cases and real pictures of people who took no part.
        seed: Of the training data.
        count: Slices, the first of the training.

    Returns:
        A job that returns `Trained`.
    """
    pool = yield from draw_pool(STREAM, seed, count)
    walls = np.stack([wall_mask(labels) for labels in pool.labels])
    known = yield from known_slices(pool.pictures, walls, reader)
    parts = patches(*real)
    views = yield from resembling(parts, known)
    return Trained(known, pool, Scale.of(views, parts.sizes))


def patches(cases: Sequence[Case], pictures: Sequence[Array]) -> Patches:
    """The painted parts of pictures."""
    return Patches(
        np.stack([np.asarray(one, dtype=np.float32) for one in pictures]),
        np.stack([case.holes.model for case in cases]),
        np.stack([case.wall for case in cases]),
    )


def nearness(
    cases: Sequence[Case],
    pictures: Sequence[Array],
    trained: Trained,
    member: Attack | None = None,
) -> Job:
    """How near pictures come to the training slices.

    Returns:
        A job that returns `Near`.
    """
    parts = patches(cases, pictures)
    views = yield from resembling(parts, trained.known)
    scores = trained.scale.scores(views, parts.sizes)
    pairs = []
    for case, picture in zip(cases, pictures, strict=True):
        pairs.append(two_nearest(picture, trained.known.pictures, ventricle(case.ground.wall)))
        yield None
    return Near(
        groups=tuple(case.group for case in cases),
        scores=tuple(map(float, scores)),
        nearest=tuple(one for one, _ in pairs),
        second=tuple(two for _, two in pairs),
        limit=trained.scale.limit,
        member=member,
    )


def copied(cases: Sequence[Case], trained: Trained, seed: int) -> Job:
    """Training slices pasted into the hosts, as they are and noisy: copies must be found.

    Returns:
        A job that returns (exact, noisy), each a `Near`.
    """
    exact, noisy = yield from planted(cases, trained.known, seed)
    some = cases[: len(exact)]
    first = yield from nearness(some, exact, trained)
    second = yield from nearness(some, noisy, trained)
    return first, second


def two_nearest(picture: Array, known: Array, here: tuple[slice, slice]) -> tuple[float, float]:
    """Root mean square distances to the nearest and the second nearest slice in a crop.

    Args:
        picture: `(128, 128)`.
        known: `(t, 128, 128)`, t >= 2.
        here: Rows and columns.
    """
    gaps = known[(slice(None), *here)] - picture[here]
    apart = np.sqrt((gaps.astype(np.float64) ** 2).mean(axis=(1, 2)))
    first, second = np.partition(apart, 1)[:2]
    return float(first), float(second)


def member_attack(bundle: Bundle, trained: Pool, seed: int, count: int) -> Job:
    """Whether a network's own loss tells the slices it was trained on from others.

    Args:
        bundle: The network.
        trained: Slices it was trained on.
        seed: Of the other slices and the noise.
        count: Slices of each side.

    Returns:
        A job that returns an `Attack`.
    """
    others = yield from draw_pool(OTHERS, _OTHER_SEED + seed, count)
    sides = []
    for pool in (trained.first(count), others):
        sides.append((yield from looks_easy(pool, bundle, seed)))
        yield Progress(len(sides), 2, "asking whether slices were trained on")
    names = tuple([f"{side}-{k}" for k in range(len(sides[side]))] for side in (0, 1))
    return attack(sides[0], sides[1], (names[0], names[1]), seed)


def _median(name: str, values: Floats, groups: Sequence[str]) -> Figure:
    return pooled_figure(name, values, groups, lambda some: float(np.median(some)))
