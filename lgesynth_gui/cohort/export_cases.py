"""A sample as one or more images with their label maps, as data sets hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

import numpy as np

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.anatomy.transmurality import report
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.cohort.hosts import Host
from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.quality.co_judge import enhanced

FOLDS = 5


class LabelSource(StrEnum):
    """Whose scar a label map shows."""

    DRAWN = "drawn"  # what was asked for
    JUDGE = "judge"  # what the judge read
    ENHANCED = "enhanced"  # what was asked for, where the picture is measurably enhanced


class Slices(StrEnum):
    """Which slices of its host an image of a sample has."""

    AUTO = "auto"  # see `slices_for`
    PAINTED = "painted"
    STACK = "stack"


@dataclass(frozen=True, eq=False)
class Picture:
    """One image of a sample.

    Args:
        suffix: Of its name, where a sample has several; "" otherwise.
        slices: Of the host, ascending, without a gap.
        series: Its grid and scale; the host's, cut.
        pixels: Stored values.
        labels: Label maps by source; only "drawn" for a control.
        synthetic: Something in it was painted.
    """

    suffix: str
    slices: tuple[int, ...]
    series: LgeSeries
    pixels: Array
    labels: Mapping[LabelSource, LabelMap]
    synthetic: bool


def pictures_of(host: Host, result: SynthesisResult, slices: Slices) -> tuple[Picture, ...]:
    """The images of a painted sample; painted slices that lie apart become several.

    Args:
        host: Its heart.
        result: What was painted.
        slices: Which slices an image has.
    """
    drawn, bright = result.requested, result.requested.copy()
    judge = np.minimum(drawn, np.uint8(Label.MYOCARDIUM))
    for index in result.slices:
        judge[index] = result.measured[index]
        dim = (drawn[index] == Label.SCAR) & ~enhanced(result.pixels[index], drawn[index])
        bright[index][dim] = Label.MYOCARDIUM
    labels = {
        LabelSource.DRAWN: drawn,
        LabelSource.JUDGE: judge,
        LabelSource.ENHANCED: bright,
    }
    if stacked(host, len(result.slices), slices):
        runs: list[tuple[int, ...]] = [tuple(range(host.series.shape[0]))]
    else:
        runs = _runs(result.slices)
    return tuple(
        _cut(host, result.pixels, labels, run, f"_{k}" if len(runs) > 1 else "", synthetic=True)
        for k, run in enumerate(runs, 1)
    )


def stacked(host: Host, painted: int, slices: Slices) -> bool:
    """Whether an image of a sample is its host's whole stack.

    Of itself only a sample of several slices in a computed heart: the other slices of a patient
    may hold scar that no label map shows.

    Args:
        host: Its heart.
        painted: Slices that were painted.
        slices: What was asked for.
    """
    if slices is Slices.AUTO:
        return painted > 1 and host.entry.origin == "phantom"
    return slices is Slices.STACK


def control_pictures(host: Host, slices: Sequence[int]) -> tuple[Picture, ...]:
    """The untouched slices of a control; its label map shows the heart without scar.

    Args:
        host: Its heart.
        slices: Those that were planned.

    Raises:
        LgeSynthError: there are none, or the heart has no such slice.
    """
    series = host.series
    if not slices or not set(slices) <= set(host.contours.outlined()):
        raise LgeSynthError("A control has no slice.", "Run the cohort again.")
    labels = render_stack(ScarSketch(), host.contours, series.shape, series.spacing)
    runs = _runs(slices)
    return tuple(
        _cut(
            host, series.pixels, {LabelSource.DRAWN: labels}, run,
            f"_{k}" if len(runs) > 1 else "", synthetic=False,
        )
        for k, run in enumerate(runs, 1)
    )  # fmt: skip


def transmurality_of(
    picture: Picture, host: Host, painted: Sequence[int]
) -> dict[int, tuple[float, float]]:
    """How much of the wall the drawn scar covers, by segment that the painted slices show.

    Args:
        picture: The image.
        host: Its heart.
        painted: Slices of the host that were painted.

    Returns:
        Segment to (mean covered fraction over the chords that meet scar, mm2 of scar), pooled
        over the image's painted slices.
    """
    labels = picture.labels[LabelSource.DRAWN]
    shape, spacing = host.series.shape, host.series.spacing
    sums: dict[int, tuple[float, float, float]] = {}
    for place, index in enumerate(picture.slices):
        outlined = host.contours.slices[index]
        if index not in painted or outlined is None:
            continue
        wall = wall_of(outlined, shape[1:], spacing[1:])
        level, anchors = host.contours.level(index), anchors_in(host.contours, index)
        for one in report(labels[place], wall, level, anchors):
            covered, arc, area = sums.get(one.segment, (0.0, 0.0, 0.0))
            sums[one.segment] = (
                covered + one.touched_mean * one.arc_deg,
                arc + one.arc_deg,
                area + one.area_mm2,
            )
    return {
        segment: (round(covered / arc, 4) if arc else 0.0, round(area, 2))
        for segment, (covered, arc, area) in sorted(sums.items())
    }


def splits_of(folds: Mapping[str, Sequence[str]]) -> list[dict[str, list[str]]]:
    """Folds for nnU-Net in which no heart stands on both sides; [] with a single heart.

    Images of one heart share their anatomy: a fold drawn by chance would measure itself.

    Args:
        folds: Images of each heart.
    """
    count = min(FOLDS, len(folds))
    if count < 2:
        return []
    place: dict[str, int] = {}
    sizes = [0] * count
    for heart in sorted(folds, key=lambda one: (-len(folds[one]), one)):
        place[heart] = min(range(count), key=lambda k: (sizes[k], k))
        sizes[place[heart]] += len(folds[heart])
    return [
        {
            "train": sorted(key for h, keys in folds.items() if place[h] != k for key in keys),
            "val": sorted(key for h, keys in folds.items() if place[h] == k for key in keys),
        }
        for k in range(count)
    ]


def _runs(slices: Sequence[int]) -> list[tuple[int, ...]]:
    """Neighbouring slices together."""
    ordered = sorted(slices)
    breaks = [k for k, (one, other) in enumerate(pairwise(ordered), 1) if other != one + 1]
    edges = [0, *breaks, len(ordered)]
    return [tuple(ordered[start:stop]) for start, stop in pairwise(edges)]


def _cut(
    host: Host,
    pixels: Array,
    labels: Mapping[LabelSource, LabelMap],
    run: tuple[int, ...],
    suffix: str,
    *,
    synthetic: bool,
) -> Picture:
    part = slice(run[0], run[-1] + 1)
    grid = host.series.geometry
    affine = grid.affine.copy()
    affine[:3, 3] = grid.position(run[0])
    own = np.ascontiguousarray(pixels[part])
    series = replace(
        host.series,
        pixels=own,
        geometry=Geometry(affine, thickness_mm=grid.thickness_mm, known=grid.known),
    )
    cut = {source: np.ascontiguousarray(one[part]) for source, one in labels.items()}
    return Picture(suffix, run, series, own, cut, synthetic)
