"""Real scar taken out of real slices: what remains of it, and what becomes of the muscle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.alignment import painted_by
from lgesynth_gui.evaluation.cases import Ground, case_of
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.outcome import Readers, labelled, seen
from lgesynth_gui.evaluation.rows import pooled_figure
from lgesynth_gui.evaluation.systems import System
from lgesynth_gui.quality.co_judge import remote_of
from lgesynth_gui.synthesis.holes import scar_mask

GOAL_REMAINS = 0.05
GRAIN_PX = 2.0
LEAST_GRAIN_PX = 30


@dataclass(frozen=True, eq=False)
class RealSlice:
    """One labelled slice on the model grid.

    Args:
        group: Its stack.
        ground: The slice.
        labels: Its labels, uint8.
    """

    group: str
    ground: Ground
    labels: LabelMap

    @property
    def scarred(self) -> bool:
        """Whether its labels hold scar."""
        return bool(scar_mask(self.labels).any())


@dataclass(frozen=True)
class Erasing:
    """Scar taken out of scarred slices.

    Args:
        system: Who did it.
        remains: Pixels in which the judge saw scar before and still does, over those before.
        anywhere: All pixels in which it sees scar afterwards, over those before.
        noise: Median ratio of the painted healthy muscle's grain to the host's; 1 is as it was.
        shift: Median change of its level, as a share of blood above muscle; 0 is as it was.
    """

    system: str
    remains: Figure
    anywhere: Figure
    noise: Figure
    shift: Figure


def erase(system: System, scarred: Sequence[RealSlice], seed: int, readers: Readers) -> Job:
    """Ask for healthy muscle all around the wall of scarred slices.

    Args:
        system: Who paints.
        scarred: Slices with scar.
        seed: Of the noise.
        readers: The judge says what remains.

    Returns:
        A job that returns an `Erasing`.
    """
    cases = [
        case_of(
            one.ground,
            labelled(np.zeros(one.labels.shape, dtype=bool), one.ground),
            "erase",
            one.group,
            seed * 1000 + k,
            ring=True,
        )
        for k, one in enumerate(scarred)
    ]
    pictures = yield from painted_by(system, cases)
    counts, grains, judge = [], [], (readers.judge,)
    for case, one, picture in zip(cases, scarred, pictures, strict=True):
        before = seen(judge, case.conditions.host, case)
        after = seen(judge, picture, case)
        counts.append((int(before.sum()), int((before & after).sum()), int(after.sum())))
        grains.append(muscle_change(case.conditions.host, picture, one.labels))
        yield Progress(len(counts), len(cases), f"judging: {system.name}, erasing")
    table, groups = np.array(counts).reshape(-1, 3), [case.group for case in cases]
    return Erasing(
        system.name,
        pooled_figure("scar pixels that remain", table, groups, lambda some: _share(some, 1)),
        pooled_figure("scar pixels anywhere", table, groups, lambda some: _share(some, 2)),
        _middle("muscle grain to host", [grain for grain, _ in grains], groups),
        _middle("muscle level shift", [shift for _, shift in grains], groups),
    )


def muscle_change(host: Array, picture: Array, labels: LabelMap) -> tuple[float, float]:
    """What became of a slice's healthy muscle where it was painted anew.

    Args:
        host: Normalised.
        picture: The same slice, its wall painted anew.
        labels: The host's own labels; muscle away from its scar is compared.

    Returns:
        (grain of the picture over that of the host, change of level as a share of blood above
        muscle); NaN where it cannot be told. Grain is the deviation of what a blur of 2 mm
        takes away.
    """
    remote, blood = remote_of(labels), ndimage.binary_erosion(labels == Label.BLOOD, iterations=2)
    if min(remote.sum(), blood.sum()) < LEAST_GRAIN_PX:
        return float("nan"), float("nan")
    fine = [one - ndimage.gaussian_filter(one, GRAIN_PX) for one in (host, picture)]
    before, after = (float(one[remote].std()) for one in fine)
    level = float(host[remote].mean())
    reach = float(host[blood].mean()) - level
    shift = (float(picture[remote].mean()) - level) / reach if reach > 0 else float("nan")
    return after / before if before > 0 else float("nan"), shift


def _middle(name: str, values: Sequence[float], groups: Sequence[str]) -> Figure:
    kept = np.isfinite(values)
    names = [group for group, good in zip(groups, kept, strict=True) if good]
    return pooled_figure(name, np.asarray(values)[kept], names, lambda some: float(np.median(some)))


def _share(counts: Array, column: int) -> float:
    total = counts[:, 0].sum()
    return float(counts[:, column].sum() / total) if total else float("nan")
