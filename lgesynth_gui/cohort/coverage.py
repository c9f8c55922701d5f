"""Which of the 17 segments a cohort's scars lie in: asked for, kept, and in real hearts.

A scar counts for every segment that holds at least 10 mm2 of it (`anatomy.bins`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from lgesynth_gui.anatomy.aha import segments_of
from lgesynth_gui.anatomy.bins import SEGMENTS
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import Group, Index
from lgesynth_gui.cohort.plan import PLAN, Draw, Part, Plan, read_plan
from lgesynth_gui.cohort.rounds import SPARE, WORST
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

LEAST = 0.5  # of the median, below which a segment is under-represented
FILL = "filling segment"


@dataclass(frozen=True)
class SegmentCount:
    """Scars in a segment.

    Args:
        segment: 1 to 17.
        asked: Painted samples.
        kept: Which the gate lets through.
        real: Annotated slices of a real cohort; None where none was counted.
        shown: Whether a heart of the cohort has the segment.
    """

    segment: int
    asked: int
    kept: int
    real: int | None = None
    shown: bool = True


@dataclass(frozen=True)
class Coverage:
    """All segments.

    Args:
        segments: 17, in order.
        middle: Median of what is kept in the segments that hearts show.
        cells: Painted and kept by (segment, size, depth).
    """

    segments: tuple[SegmentCount, ...]
    middle: float
    cells: Mapping[tuple[int, str, str], tuple[int, int]] = field(default_factory=dict)

    @property
    def under(self) -> tuple[int, ...]:
        """Under-represented segments: those with less than half of the median."""
        return tuple(
            one.segment for one in self.segments if one.shown and one.kept < LEAST * self.middle
        )


def coverage(
    groups: Iterable[Group],
    shown: Sequence[int] = SEGMENTS,
    real: Mapping[int, int] | None = None,
) -> Coverage:
    """Count a cohort's scars by segment.

    Args:
        groups: Of its index.
        shown: Segments that its hearts have.
        real: Annotated slices with scar in each segment, or None.
    """
    asked, kept = dict.fromkeys(SEGMENTS, 0), dict.fromkeys(SEGMENTS, 0)
    cells: dict[tuple[int, str, str], tuple[int, int]] = {}
    for one in groups:
        for segment in one.segments:
            asked[segment] += one.painted
            kept[segment] += one.accepted
            painted, accepted = cells.get((segment, one.size, one.depth), (0, 0))
            cells[segment, one.size, one.depth] = painted + one.painted, accepted + one.accepted
    seen = [kept[segment] for segment in SEGMENTS if segment in shown]
    return Coverage(
        tuple(
            SegmentCount(
                segment,
                asked[segment],
                kept[segment],
                None if real is None else real.get(segment, 0),
                segment in shown,
            )
            for segment in SEGMENTS
        ),
        float(median(seen)) if seen else 0.0,
        cells,
    )


def coverage_of(folder: Path, real: Mapping[int, int] | None = None) -> Job:
    """A job that counts the cohort in a folder and returns its `Coverage`.

    Raises:
        LgeSynthError: plan, hearts or index cannot be read.
    """
    shown = yield from segments_shown(folder, read_plan(folder / PLAN))
    with Index(folder) as index:
        return coverage(index.groups(), shown, real)


def segments_shown(folder: Path, plan: Plan) -> Job:
    """A job that returns the segments that the hearts of a cohort have, ascending.

    Raises:
        LgeSynthError: a heart cannot be read.
    """
    shown: set[int] = set()
    for number, entry in enumerate(plan.hosts):
        if len(shown) == len(SEGMENTS):
            break
        contours = load_host(folder, entry).contours
        shown |= {s for i in contours.outlined() for s in segments_of(contours.level(i))}
        yield Progress(number, len(plan.hosts), "looking at the hearts")
    return tuple(sorted(shown))


def filling_part(plan: Plan, covered: Coverage, segment: int) -> Part:
    """Samples that bring a segment up to the median of the others, as far as rates tell.

    Args:
        plan: Of the cohort; what else its first drawn part asks for is asked again.
        covered: How it stands.
        segment: 1 to 17.

    Raises:
        LgeSynthError: no heart shows the segment, or nothing is missing.
    """
    own = covered.segments[segment - 1]
    if not own.shown:
        raise LgeSynthError(
            f"No heart of the cohort shows segment {segment}.", "Add a heart that does."
        )
    lacking = math.ceil(covered.middle) - own.kept
    if lacking <= 0:
        raise LgeSynthError(
            f"Segment {segment} is not under-represented: {own.kept} kept.", "Choose another."
        )
    usual = next((part.draw for part in plan.parts if part.draw is not None), None)
    asked, kept = (own.asked, own.kept) if own.asked else _of_all(covered)
    rate = kept / asked if asked else 1.0
    draw = Draw(
        count=math.ceil(round(lacking / max(rate, WORST) * SPARE, 6)),
        hearts=usual.hearts if usual else (),
        patterns=usual.patterns if usual else {},
        whole=usual.whole if usual else False,
        segments={segment: 1.0},
    )
    return Part(name=f"{FILL} {segment}", draw=draw)


def _of_all(covered: Coverage) -> tuple[int, int]:
    asked = sum(one.asked for one in covered.segments)
    return asked, sum(one.kept for one in covered.segments)
