"""The signal of scar in a picture: against remote muscle and its noise, and against blood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.features import Floats, halvings, mover_distance
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.rows import pooled_figure
from lgesynth_gui.quality.co_judge import remote_of

LEAST_PX = 5
HISTOGRAM = "scar histogram distance"


@dataclass(frozen=True)
class Brightness:
    """Signal of one slice's scar.

    Args:
        cnr: (scar - remote) / deviation of remote; NaN where it cannot be told.
        to_blood: (scar - remote) / (blood - remote); NaN where it cannot be told.
        values: Every scar pixel, as the latter.
    """

    cnr: float
    to_blood: float
    values: Floats


def brightness(picture: Array, labels: LabelMap) -> Brightness:
    """Signal of a slice's scar (cores left out) against remote muscle and blood."""
    scar, remote = labels == Label.SCAR, remote_of(labels)
    blood = ndimage.binary_erosion(labels == Label.BLOOD, iterations=2)
    if min(scar.sum(), remote.sum(), blood.sum()) < LEAST_PX:
        return Brightness(float("nan"), float("nan"), np.empty(0))
    dark, noise = float(picture[remote].mean()), float(picture[remote].std())
    reach = float(picture[blood].mean()) - dark
    above = picture[scar].astype(np.float64) - dark
    cnr = float(above.mean()) / noise if noise > 0 else float("nan")
    if reach < 0.05:  # blood as dark as muscle has no scale to offer
        return Brightness(cnr, float("nan"), np.empty(0))
    return Brightness(cnr, float(above.mean()) / reach, above / reach)


def signal_figures(signals: Sequence[Brightness], groups: Sequence[str]) -> list[Figure]:
    """Median and 5th and 95th percentile of contrast-to-noise and of scar over blood."""
    out = []
    for name, all_of in (
        ("CNR", [one.cnr for one in signals]),
        ("scar to blood", [one.to_blood for one in signals]),
    ):
        values = np.array(all_of)
        kept = np.isfinite(values)
        names = [group for group, good in zip(groups, kept, strict=True) if good]
        for words, percent in (
            (f"{name}, median", 50),
            (f"{name} 5th percentile", 5),
            (f"{name} 95th percentile", 95),
        ):
            out.append(pooled_figure(words, values[kept], names, _percentile(percent)))
    return out


def _percentile(percent: float) -> Callable[[Array], float]:
    return lambda values: float(np.percentile(values, percent))


def histogram_distance(
    signals: Sequence[Brightness],
    real: Sequence[Brightness],
    groups: Sequence[str],
    *,
    paired: bool = False,
) -> Figure:
    """Earth-mover distance of scar signal in units of blood above muscle.

    Args:
        signals: Of the pictures.
        real: Of true scars.
        groups: Patient of each picture.
        paired: The true scars are of the same cases, in order, and are drawn with them.
    """
    places = np.arange(len(signals))
    every = [one.values for one in real]

    def statistic(some: Array) -> float:
        true = [every[k] for k in some] if paired else every
        return mover_distance([signals[k].values for k in some], true)

    return pooled_figure(HISTOGRAM, places, groups, statistic, draws=100)


def histogram_floor(signals: Sequence[Brightness], groups: Sequence[str]) -> Figure:
    """The same distance between halves of the true scars: what chance alone gives.

    Median and 95 % range of 40 halvings.

    Args:
        signals: Of true scars, at least 2.
        groups: Patient of each.
    """
    found = [
        mover_distance([signals[k].values for k in first], [signals[k].values for k in second])
        for first, second in halvings(groups, np.random.default_rng(0))
    ]
    finite = np.asarray(found)[np.isfinite(found)]
    if not len(finite):
        return Figure(HISTOGRAM, float("nan"), float("nan"), float("nan"), 0)
    low, middle, high = (float(v) for v in np.percentile(finite, (2.5, 50, 97.5)))
    return Figure(HISTOGRAM, middle, low, high, len(signals))
