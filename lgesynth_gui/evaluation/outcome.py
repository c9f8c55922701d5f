"""What judge, reward networks and co-judge say of one picture, against one wish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lgesynth_gui.anatomy.bins import LEAST_IN_SEGMENT_MM2, main_depth
from lgesynth_gui.anatomy.captions import say
from lgesynth_gui.anatomy.describe import describe
from lgesynth_gui.anatomy.transmurality import report, transmurality_class
from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.cases import Case, Ground
from lgesynth_gui.evaluation.systems import FEATHER_MM
from lgesynth_gui.quality.co_judge import co_judge
from lgesynth_gui.quality.overlap import area_ratio, centroid_distance, dice, hd95
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING
from lgesynth_gui.synthesis.holes import scar_mask
from lgesynth_gui.synthesis.painting import seen_scar
from lgesynth_gui.synthesis.paste import feather

_STACK = (10.0, *MODEL_SPACING)


@dataclass(frozen=True, eq=False)
class Readers:
    """Who reads the pictures.

    Args:
        judge: Never seen by a system.
        rewards: What guidance and reward training looked at; may be empty.
    """

    judge: Segmenter
    rewards: tuple[Segmenter, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """One picture against one wish; areas in mm2, distances in mm.

    Args:
        name: Pattern or donor.
        group: Patient.
        depth: Depth word of the wish's main region.
        area: Of the wish.
        found_area: Of what the judge sees.
        dice: The judge's.
        reward_dice: The reward networks'; NaN without.
        co_agrees: The co-judge finds the wish bright and the rest dark.
        co_dice: Dice of the wish with the wall above remote mean + 3 SD; NaN when it is lost.
        hd95: Border distance; the wall's diagonal when one is empty.
        centroid: Distance of the centres; infinite when one is empty.
        ratio: Found area over asked area.
        asked_segments, found_segments: AHA segments with at least 10 mm2, or the fullest.
        asked_grades, found_grades: Transmurality class of each segment of the ring.
        found_depth: Depth word of the judge's main region.
        same_caption: The judge's mask is described in the very words of the wish.
        outside: Largest change beyond the feather, in units of the picture.
    """

    name: str
    group: str
    depth: str
    area: float
    found_area: float
    dice: float
    reward_dice: float
    co_agrees: bool
    co_dice: float
    hd95: float
    centroid: float
    ratio: float
    asked_segments: frozenset[int]
    found_segments: frozenset[int]
    asked_grades: tuple[int, ...]
    found_grades: tuple[int, ...]
    found_depth: str
    same_caption: bool
    outside: float


@dataclass(frozen=True)
class Description:
    """A slice's scar in clinical terms.

    Args:
        segments: Segments with at least 10 mm2; the fullest when none has.
        grades: Transmurality class of each segment of the ring.
        depth: Depth word of the region with most scar, or "none".
        words: Its caption.
    """

    segments: frozenset[int]
    grades: tuple[int, ...]
    depth: str
    words: str


def described(labels: LabelMap, ground: Ground) -> Description:
    """A label map of a case's slice in clinical terms."""
    extents = report(labels, ground.wall, ground.level, ground.anchors)
    caption = describe(labels, ground.wall, ground.level, ground.anchors)
    areas = {one.segment: one.area_mm2 for one in extents}
    most = max(areas, key=lambda segment: areas[segment])
    held = {s for s, area in areas.items() if area >= LEAST_IN_SEGMENT_MM2}
    return Description(
        segments=frozenset(held or ({most} if areas[most] > 0 else set())),
        grades=tuple(transmurality_class(one.touched_mean) for one in extents),
        depth=main_depth(caption, areas),
        words=say(caption),
    )


def labelled(scar: Mask, ground: Ground) -> LabelMap:
    """A label map of a case's slice with `scar` in its wall."""
    out = np.zeros(scar.shape, dtype=np.uint8)
    out[ground.wall.cavity] = Label.BLOOD
    out[ground.wall.mask] = Label.MYOCARDIUM
    out[scar & ground.wall.mask] = Label.SCAR
    return out


def seen(readers: Sequence[Segmenter], picture: Array, case: Case) -> Mask:
    """Where readers see scar in a picture of a case's slice."""
    return seen_scar(readers, picture, case.wall)


def outside_change(case: Case, picture: Array) -> float:
    """Largest difference to the host beyond the feather; 0 is the only good value."""
    share = feather(case.holes.model, MODEL_SPACING, FEATHER_MM)
    beyond = np.abs(picture - case.conditions.host)[share <= 0]
    return float(beyond.max(initial=0.0))


def outcome_of(
    case: Case, picture: Array, readers: Readers, wish: LabelMap | None = None
) -> Outcome:
    """Measure one picture.

    Args:
        case: Its host and wish.
        picture: Normalised `(128, 128)`.
        readers: Who reads it.
        wish: What it is compared with; None = the case's own wish.
    """
    labels = case.conditions.labels if wish is None else wish
    asked, found = scar_mask(labels), seen((readers.judge,), picture, case)
    rewarded = float("nan")
    if readers.rewards:
        rewarded = dice(seen(readers.rewards, picture, case), asked)
    said, read = (
        described(labels, case.ground),
        described(labelled(found, case.ground), case.ground),
    )
    bright = co_judge(picture[None], labels[None], _STACK, (0,))
    return Outcome(
        name=case.name,
        group=case.group,
        depth=said.depth,
        area=float(asked.sum()),
        found_area=float(found.sum()),
        dice=dice(found, asked),
        reward_dice=rewarded,
        co_agrees=bright.agrees,
        co_dice=float("nan") if bright.dice is None else bright.dice,
        hd95=hd95(found, asked, MODEL_SPACING, case.wall),
        centroid=centroid_distance(found, asked, MODEL_SPACING),
        ratio=area_ratio(found, asked),
        asked_segments=said.segments,
        found_segments=read.segments,
        asked_grades=said.grades,
        found_grades=read.grades,
        found_depth=read.depth,
        same_caption=said.words == read.words,
        outside=outside_change(case, picture),
    )
