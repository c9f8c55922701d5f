"""From a sample's number to its drawing, which is the same on every computer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from lgesynth_gui.anatomy.aha import anchors_in, sector_of, segments_of
from lgesynth_gui.anatomy.bins import Place, place_of
from lgesynth_gui.anatomy.captions import understand
from lgesynth_gui.anatomy.drawing import draw_caption
from lgesynth_gui.anatomy.patterns import Pattern, draw_pattern, load_patterns, pattern_named
from lgesynth_gui.anatomy.regions import layer_depths, sector_region
from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.cohort.plan import GRADES, Draw, Part, Row
from lgesynth_gui.cohort.seeds import wish_rng
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

TOGETHER = 4  # neighbouring samples of one heart, so that a block needs few of them
TRIES = 200  # drawings thrown away before a distribution counts as impossible in a heart
LEAST_MM2 = 20.0  # scar in the slice that is painted
CORE_ARC, CORE_BAND = 0.5, (0.15, 0.7)  # of a segment's arc, of the scar's depth
Key = TypeVar("Key", str, int)


@dataclass(frozen=True, eq=False)
class Heart:
    """A host as far as drawing goes.

    Args:
        id: Its number in the cohort.
        contours: Accepted contours.
        shape: (slices, rows, columns).
        spacing: (slice, row, column) mm.
    """

    id: str
    contours: HeartContours
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]

    def labels(self, sketch: ScarSketch) -> LabelMap:
        """The label map of a drawing."""
        return render_stack(sketch, self.contours, self.shape, self.spacing)


@dataclass(frozen=True)
class Wish:
    """What a sample shall show.

    Args:
        heart: Host's number.
        sketch: The scar; none for a control.
        slices: Those to be painted, or of a control those that are kept.
        caption: Words of the row, or "".
        pattern: Name of the pattern it was drawn from, or "".
        place: Its bin; None for a control.
        seed: Of the noise, when the row names one.
    """

    heart: str
    sketch: ScarSketch
    slices: tuple[int, ...]
    caption: str = ""
    pattern: str = ""
    place: Place | None = None
    seed: int | None = None

    @property
    def control(self) -> bool:
        """Whether nothing is painted."""
        return self.place is None


def heart_of(part: Part, place: int, hearts: Sequence[str]) -> str:
    """Host's number of a part's sample.

    Args:
        part: The part.
        place: Of the sample in it.
        hearts: Every heart of the cohort, in its order.

    Raises:
        LgeSynthError: the cohort has no heart.
    """
    if part.draw is None:
        return part.rows[place].heart
    chosen = part.draw.hearts or tuple(hearts)
    if not chosen:
        raise LgeSynthError("The cohort has no heart.", "Add hearts first.")
    together = max(1, min(TOGETHER, part.draw.count // len(chosen)))
    return chosen[place // together % len(chosen)]


def wish_of(what: Row | Draw, heart: Heart, cohort_seed: int, index: int) -> Wish:
    """The drawing of a sample.

    Args:
        what: Its row, or the draw of its part.
        heart: Its host, see `heart_of`.
        cohort_seed: Of the plan.
        index: Its number in the cohort.

    Raises:
        LgeSynthError: nothing can be drawn there; says why.
    """
    rng = wish_rng(cohort_seed, index)
    return _drawn(what, heart, rng) if isinstance(what, Draw) else _row(what, heart, rng)


def _row(row: Row, heart: Heart, rng: np.random.Generator) -> Wish:
    slices = tuple(number - 1 for number in row.slices)
    for index in slices:
        if index >= heart.shape[0]:
            raise LgeSynthError(
                f"Heart {heart.id} has no slice {index + 1}.", f"It has {heart.shape[0]}."
            )
        if heart.contours.slices[index] is None:
            raise LgeSynthError(
                f"Slice {index + 1} of heart {heart.id} has no contour.", "Choose another."
            )
    if row.control:
        return Wish(row.heart, ScarSketch(), slices or (_any_slice(heart, rng),), seed=row.seed)
    if row.pattern:
        pattern = pattern_named(row.pattern)
        sketch = _enough(pattern, heart, rng, slices)
    elif row.caption:
        read = understand(row.caption)
        sketch = draw_caption(read.caption, heart.contours, slices or None, read.fractions)
    else:
        sketch = _segments(row, heart, slices)
    return replace(_placed(heart, sketch, slices, row.pattern), caption=row.caption, seed=row.seed)


def _enough(
    pattern: Pattern, heart: Heart, rng: np.random.Generator, slices: tuple[int, ...]
) -> ScarSketch:
    """A drawing of a pattern with some scar in the wanted slices."""
    for _ in range(TRIES):
        sketch = draw_pattern(pattern, heart.contours, rng)
        if not slices:
            return sketch
        kept = only(sketch, slices)
        if kept.slices():
            return kept
    raise LgeSynthError(
        f"The pattern has no scar in these slices of heart {heart.id}.", "Name other slices."
    )


def _segments(row: Row, heart: Heart, slices: tuple[int, ...]) -> ScarSketch:
    """Whole segments up to the top of a transmurality class."""
    low, high = layer_depths(GRADES[row.grade], row.layer)
    regions: list[ScarRegion] = []
    for index in slices or heart.contours.outlined():
        here = set(segments_of(heart.contours.level(index))) & set(row.segments)
        for segment in sorted(here):
            start, end = sector_of(segment, anchors_in(heart.contours, index))
            regions.append(sector_region(start, end, low, high, (index,)))
            if row.no_reflow:
                arc = (end - start) % 360.0 or 360.0
                rim = arc * (1 - CORE_ARC) / 2
                inner, outer = (low + (high - low) * share for share in CORE_BAND)
                begin, stop = start + rim, start + arc - rim
                regions.append(
                    sector_region(begin, stop, inner, outer, (index,), label=Label.NO_REFLOW)
                )
    if not regions:
        named = ", ".join(map(str, row.segments))
        raise LgeSynthError(
            f"Segment {named} is in none of these slices of heart {heart.id}.",
            "Name other slices or segments.",
        )
    return ScarSketch(tuple(regions))


def only(sketch: ScarSketch, slices: Sequence[int]) -> ScarSketch:
    """The same drawing in some slices."""
    wanted = set(slices)
    return ScarSketch(
        tuple(
            replace(region, slices=tuple(i for i in region.slices if i in wanted))
            for region in sketch.regions
            if wanted & set(region.slices)
        )
    )


def _placed(
    heart: Heart,
    sketch: ScarSketch,
    slices: tuple[int, ...],
    pattern: str = "",
    *,
    whole: bool = False,
) -> Wish:
    """The wish of a drawing; without named slices, that of its largest slice, or the whole."""
    labels = heart.labels(sketch)
    areas = (labels >= Label.SCAR).sum(axis=(1, 2)) * heart.spacing[1] * heart.spacing[2]
    shown = tuple(int(i) for i in np.flatnonzero(areas >= LEAST_MM2))
    chosen = slices or (shown if whole else shown and (int(np.argmax(areas)),))
    place = place_of(labels, chosen, heart.contours, heart.spacing) if chosen else None
    if place is None or place.area_mm2 < LEAST_MM2:
        raise LgeSynthError(
            f"Less than {LEAST_MM2:.0f} mm2 of scar fall on the wall of heart {heart.id}.",
            "Ask for more, or for another place.",
        )
    return Wish(heart.id, only(sketch, chosen), chosen, pattern=pattern, place=place)


def _drawn(draw: Draw, heart: Heart, rng: np.random.Generator) -> Wish:
    if rng.random() < draw.controls:
        return Wish(heart.id, ScarSketch(), (_any_slice(heart, rng),))
    wanted = _Wanted(
        size=_one(draw.sizes, rng),
        depth=_one(draw.depths, rng),
        segment=_one(draw.segments, rng),
        core=None if draw.no_reflow is None else bool(rng.random() < draw.no_reflow),
    )
    patterns = draw.patterns or {one.name: one.share for one in load_patterns()}
    for _ in range(TRIES):
        pattern = pattern_named(_one(patterns, rng) or "")
        sketch = draw_pattern(pattern, heart.contours, rng)
        if wanted.core is False:
            sketch = ScarSketch(tuple(r for r in sketch.regions if r.label is Label.SCAR))
        try:
            wish = _placed(heart, sketch, (), pattern.name, whole=draw.whole)
        except LgeSynthError:
            continue
        if wanted.met_by(wish):
            return wish
    raise LgeSynthError(
        f"No pattern gives {wanted} in heart {heart.id}.", "Widen the distributions."
    )


@dataclass(frozen=True)
class _Wanted:
    """What was drawn first, so that easy scars are not drawn more often; None = anything."""

    size: str | None
    depth: str | None
    segment: int | None
    core: bool | None

    def met_by(self, wish: Wish) -> bool:
        place = wish.place
        if place is None:
            return False
        has_core = any(region.label is Label.NO_REFLOW for region in wish.sketch.regions)
        return (
            self.size in (None, place.size)
            and self.depth in (None, place.depth)
            and (self.segment is None or self.segment in place.segments)
            and self.core in (None, has_core)
        )

    def __str__(self) -> str:
        words = [self.size, self.depth, self.segment and f"segment {self.segment}"]
        core = {True: "a dark core", False: "no dark core", None: ""}[self.core]
        return ", ".join(str(one) for one in (*words, core) if one) or "enough scar"


def _one(weights: Mapping[Key, float], rng: np.random.Generator) -> Key | None:
    """A key drawn by weight; None when there are none."""
    if not weights:
        return None
    keys = sorted(weights, key=str)
    share = np.array([weights[key] for key in keys], dtype=np.float64)
    return keys[int(rng.choice(len(keys), p=share / share.sum()))]


def _any_slice(heart: Heart, rng: np.random.Generator) -> int:
    outlined = heart.contours.outlined()
    if not outlined:
        raise LgeSynthError(f"Heart {heart.id} has no contours.", "Draw or propose some.")
    return int(outlined[int(rng.integers(len(outlined)))])
