"""The judge reads slices on their own grid, scaled as their host was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.registry.cards import models_of
from lgesynth_gui.segmentation.crop import (
    SIZE,
    contours_in,
    crop_of,
    give_back,
    limits,
    normalise,
    take,
)
from lgesynth_gui.segmentation.segmenter import Segmenter, load_segmenter, read_scar_and_core

CORE_THRESHOLD = 0.5


def read_slice(
    segmenter: Segmenter,
    image: Array,
    contours: SliceContours,
    spacing: tuple[float, float],
    host: Array | None = None,
) -> LabelMap:
    """What a scar reader sees in one slice.

    Args:
        segmenter: A judge or reward network.
        image: Stored values `(row, column)`.
        contours: The slice's borders.
        spacing: (row, column) mm.
        host: The same slice before it was painted, which gives the scale; None = `image` itself.

    Returns:
        uint8 `(row, column)`: 1 blood, 2 muscle, 3 scar, 4 core, within the contours; else 0.

    Raises:
        LgeSynthError: the contours lie outside the image, or there is no contrast around them.
    """
    shape = (image.shape[0], image.shape[1])
    crop = crop_of(contours, spacing, shape)
    taken = take(image, crop)
    scale = limits(taken if host is None else take(host, crop))
    u = normalise(taken, scale)[0]
    wall = wall_of(contours_in(contours, crop), (SIZE, SIZE), (1.0, 1.0)).mask
    scar, core = read_scar_and_core(segmenter, u[None], wall[None])[0]
    # outside the wall nothing was read: spread what was, or native pixels at its rim would lose
    near = [give_back(_spread(one, wall), crop, shape, order=1) for one in (scar, core)]
    own = wall_of(contours, shape, spacing)
    labels = np.zeros(shape, dtype=np.uint8)
    labels[own.cavity] = Label.BLOOD
    labels[own.mask] = Label.MYOCARDIUM
    is_scar = own.mask & (near[0] > segmenter.threshold)
    labels[is_scar] = Label.SCAR
    labels[is_scar & (near[1] > CORE_THRESHOLD)] = Label.NO_REFLOW
    return labels


def _spread(probability: Array, wall: Array) -> Array:
    """The same inside the wall; outside, the value of the nearest wall pixel."""
    if not wall.any():
        return probability
    nearest = ndimage.distance_transform_edt(~wall, return_distances=False, return_indices=True)
    return np.asarray(probability[tuple(nearest)])


def read_stack(
    segmenter: Segmenter,
    pixels: Array,
    contours: HeartContours,
    spacing: tuple[float, float, float],
    slices: Sequence[int],
    host: Array | None = None,
) -> LabelMap:
    """What a scar reader sees in some slices of a stack.

    Slices are read one by one, so each answer is the same alone and among others.

    Args:
        segmenter: A judge or reward network.
        pixels: Stored values `(slice, row, column)`.
        contours: Borders of the stack; every slice read must have them.
        spacing: (slice, row, column) mm.
        slices: Which slices to read.
        host: Stack the pixels were painted into; its slices give the scale. None = `pixels`.

    Returns:
        uint8 `(slice, row, column)`: 1 blood, 2 muscle, 3 scar, 4 core in the slices read; else 0.

    Raises:
        LgeSynthError: a slice has no contours, or cannot be read.
    """
    labels = np.zeros(pixels.shape, dtype=np.uint8)
    for index in slices:
        outlined = contours.slices[index] if index < len(contours.slices) else None
        if outlined is None:
            raise LgeSynthError(f"Slice {index + 1} has no heart contour.", "Draw or propose one.")
        before = None if host is None else host[index]
        plane = (spacing[1], spacing[2])
        labels[index] = read_slice(segmenter, pixels[index], outlined, plane, before)
    return labels


def load_judge(device: str = "cpu") -> Segmenter | None:
    """The bundled judge, or None when there is none."""
    cards = models_of("judge")
    return load_segmenter(cards[0], device) if cards else None


def judge_name(segmenter: Segmenter) -> str:
    """Name and version, as shown beside every verdict."""
    return f"{segmenter.card.id} {segmenter.card.version}"


def judge_series(
    series: LgeSeries, contours: HeartContours, slices: Sequence[int], device: str = "cpu"
) -> Job:
    """Let the bundled judge read slices of a series.

    Args:
        series: The picture, which is its own host.
        contours: Borders; every slice read must have them.
        slices: Which slices to read.
        device: Where to compute.

    Returns:
        A job that returns `(label map, judge's name)`, or `(None, "")` without a judge.
    """
    yield Progress(0, len(slices), "loading the judge")
    judge = load_judge(device)
    if judge is None:
        return None, ""
    labels = np.zeros(series.shape, dtype=np.uint8)
    for done, index in enumerate(slices):
        yield Progress(done, len(slices), "judging")
        read = read_stack(judge, series.pixels, contours, series.spacing, (index,))
        labels[index] = read[index]
    return labels, judge_name(judge)
