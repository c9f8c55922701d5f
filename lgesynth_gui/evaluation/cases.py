"""The cases that systems are compared on: a host, a wish in it, and what is known of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.anatomy.aha import Anchors, anchors
from lgesynth_gui.anatomy.captions import say
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.anatomy.wall import Wall, wall_of
from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Level
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.evaluation.warp import warped
from lgesynth_gui.phantom.stream import TrainingSlice, slice_at, slices
from lgesynth_gui.segmentation.crop import (
    SIZE,
    Crop,
    Image,
    contours_in,
    crop_of,
    labels_in,
    limits,
    normalise,
    take,
)
from lgesynth_gui.synthesis.conditioning import MODEL_SHAPE, MODEL_SPACING, Conditions, Holes
from lgesynth_gui.synthesis.holes import control_maps, local_hole, ring_hole, scar_mask

STREAM = "test"
MARGIN_MM = 4.0
_ITSELF = Crop(((SIZE - 1) / 2, (SIZE - 1) / 2), MODEL_SPACING)


@dataclass(frozen=True, eq=False)
class Ground:
    """One slice on the model grid, before anything is asked of it.

    Args:
        image: `(128, 128)` float32 in scanner units.
        wall: Its wall.
        level: Its ring.
        anchors: Its anchoring angles.
    """

    image: Image
    wall: Wall
    level: Level
    anchors: Anchors


@dataclass(frozen=True, eq=False)
class Case:
    """One host with one wish.

    Args:
        name: Pattern or donor, for tables; no patient data.
        group: Cases of one patient share it.
        seed: Of the painting.
        ground: The host.
        conditions: What systems are shown.
        holes: What they may paint.
        original: A slice that truly shows a scar here, normalised as the host is; or None.
        truth: The scar it shows, uint8; or None.
        repeat: That slice measured once more, only its noise another; or None.
    """

    name: str
    group: str
    seed: int
    ground: Ground
    conditions: Conditions
    holes: Holes
    original: Image | None = None
    truth: LabelMap | None = None
    repeat: Image | None = None

    @property
    def wish(self) -> Mask:
        """Asked scar with its core."""
        return scar_mask(self.conditions.labels)

    @property
    def wall(self) -> Mask:
        """Muscle and scar."""
        return self.ground.wall.mask


def ground_of(
    image: Array, contours: SliceContours, spacing: tuple[float, float], level: Level
) -> tuple[Ground, Crop]:
    """A slice's model grid, and where it lies in the slice.

    Args:
        image: `(rows, columns)` in any unit.
        contours: Plane mm.
        spacing: (row, column) mm.
        level: Its ring.
    """
    crop = crop_of(contours, spacing, (image.shape[0], image.shape[1]))
    moved = contours_in(contours, crop)
    wall = wall_of(moved, MODEL_SHAPE, MODEL_SPACING)
    return Ground(take(image, crop), wall, level, anchors(moved)), crop


def case_of(
    ground: Ground,
    labels: LabelMap,
    name: str,
    group: str,
    seed: int,
    *,
    ring: bool = False,
    scale: tuple[float, float] | None = None,
) -> Case:
    """Ask for a scar in a slice.

    Args:
        ground: The host.
        labels: Wanted heart on the model grid.
        name: For tables.
        group: The host's patient.
        seed: Of the painting.
        ring: The whole wall is painted anew, as in a host that holds scar.
        scale: (lo, hi) of the host; None takes them from it.
    """
    used = scale or limits(ground.image)
    words = say(describe(labels, ground.wall, ground.level, ground.anchors))
    conditions = Conditions(
        index=0,
        crop=_ITSELF,
        scale=used,
        host=normalise(ground.image, used)[0],
        labels=labels,
        native_labels=labels,
        maps=control_maps(labels, ground.wall.depth),
        caption=words,
    )
    whole = ring or not scar_mask(labels).any()
    hole = (
        ring_hole(labels, MODEL_SPACING) if whole else local_hole(labels, MODEL_SPACING, MARGIN_MM)
    )
    return Case(name, group, seed, ground, conditions, Holes(hole, hole))


def with_caption(case: Case, caption: str) -> Case:
    """The same case told in other words; its drawing stays."""
    return replace(case, conditions=replace(case.conditions, caption=caption))


def with_ring(case: Case) -> Case:
    """The same case, its whole wall painted anew."""
    hole = ring_hole(case.conditions.labels, MODEL_SPACING)
    return replace(case, holes=Holes(hole, hole))


def carried(source: Case, onto: Case) -> LabelMap:
    """Another case's wish on this one's wall, at the same AHA place."""
    turn = onto.ground.anchors.anterior_deg - source.ground.anchors.anterior_deg
    return warped(source.conditions.labels, source.ground.wall, onto.ground.wall, turn)


def shuffled_wishes(cases: list[Case], rng: np.random.Generator) -> list[LabelMap]:
    """For each case the wish of another one, carried to its wall; none keeps its own.

    Args:
        cases: At least one; a single case is compared with its own wish turned half round.
        rng: Decides the order.
    """
    if len(cases) == 1:
        (one,) = cases
        return [warped(one.conditions.labels, one.ground.wall, one.ground.wall, 180.0)]
    order = rng.permutation(len(cases))
    partner = dict(zip(order, np.roll(order, 1), strict=True))
    return [carried(cases[partner[k]], cases[k]) for k in range(len(cases))]


def placements(seed: int, count: int) -> Job:
    """Clean outlines of all patterns, asked for in the healthy twins of unseen phantom slices.

    Args:
        seed: Of the phantom stream "test".
        count: Cases, >= 1.

    Returns:
        A job that returns `Case`s whose `original` is the phantom's own scarred slice.
    """
    cases: list[Case] = []
    for one, index in scarred(seed):
        case = _placement(one, index, seed)
        if case is not None:
            cases.append(case)
            yield Progress(len(cases), count, "drawing phantom slices")
        if len(cases) == count:
            return cases


def repaintings(seed: int, count: int) -> Job:
    """Unseen phantom slices whose own scar is blanked and asked for again.

    Args:
        seed: Of the phantom stream "test".
        count: Cases, >= 1.

    Returns:
        A job that returns `Case`s whose `original` is the host itself and that hold a `repeat`.
    """
    cases: list[Case] = []
    for one, index in scarred(seed):
        ground, crop = ground_of(one.image, one.contours, MODEL_SPACING, one.level)
        labels = labels_in(one.labels, crop, ground.wall)
        if scar_mask(labels).any():
            case = case_of(ground, labels, one.pattern, f"{seed}-{index}", _seed(seed, index))
            image = take(slice_at(STREAM, seed, index, again=1).image, crop)
            repeat = normalise(image, case.conditions.scale)[0]
            host = case.conditions.host
            cases.append(replace(case, original=host, truth=labels, repeat=repeat))
            yield Progress(len(cases), count, "drawing phantom slices")
        if len(cases) == count:
            return cases


def scarred(seed: int) -> Iterator[tuple[TrainingSlice, int]]:
    """Slices of the stream "test" that hold scar with their numbers; each its own patient."""
    drawn = enumerate(slices(STREAM, seed))
    return ((one, k) for k, one in drawn if one.sketch.regions)


def _placement(one: TrainingSlice, index: int, seed: int) -> Case | None:
    ground, crop = ground_of(one.clean, one.contours, MODEL_SPACING, one.level)
    own = tuple(replace(r, slices=(0,)) for r in one.sketch.regions if one.index in r.slices)
    labels = render(ScarSketch(own), 0, ground.wall)
    truth = labels_in(one.labels, crop, ground.wall)
    if not (scar_mask(labels).any() and scar_mask(truth).any()):
        return None
    case = case_of(ground, labels, one.pattern, f"{seed}-{index}", _seed(seed, index))
    original = normalise(take(one.image, crop), case.conditions.scale)[0]
    return replace(case, original=original, truth=truth)


def _seed(seed: int, index: int) -> int:
    return seed * 100_000 + index
