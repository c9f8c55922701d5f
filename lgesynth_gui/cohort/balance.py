"""Makes a cohort look like a real one: the scars of annotated scans, counted by the same bins.

Only counts leave this module; nothing of a scan does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui.anatomy.bins import NONE, SEGMENTS, Place, place_of
from lgesynth_gui.cohort.index import Group
from lgesynth_gui.cohort.plan import Draw, Part, Quota
from lgesynth_gui.cohort.rates import Rates
from lgesynth_gui.cohort.rounds import SPARE, WORST
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.training.annotated import Annotated, load_case, slices_of
from lgesynth_gui.training.cases import Case, find_cases

Cell = tuple[str, str]  # size, depth
LIKE = "like a real cohort"


@dataclass(frozen=True)
class Statistics:
    """The scars of annotated scans.

    Args:
        cases: Scans that were read.
        unread: Scans that could not be used.
        slices: Outlined slices.
        scars: Slices with scar, by (size, depth, segment of most scar).
        segments: Slices with scar in each segment.
    """

    cases: int
    unread: int
    slices: int
    scars: Mapping[tuple[str, str, int], int]
    segments: Mapping[int, int]

    @property
    def scarred(self) -> int:
        """Slices with scar."""
        return sum(self.scars.values())

    @property
    def cells(self) -> dict[Cell, int]:
        """Slices with scar by size and depth."""
        found: Counter[Cell] = Counter()
        for (size, depth, _), count in self.scars.items():
            found[size, depth] += count
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Distance:
    """How far two sets of scars are apart: total variation, 0 the same to 1 nothing in common.

    Args:
        cells: By size and depth.
        segments: By segment.
        n: Samples that were compared.
    """

    cells: float
    segments: float
    n: int


def statistics_of(folders: Sequence[Path]) -> Job:
    """Count the scars of annotated scans, slice by slice as samples are made.

    Args:
        folders: As for `training.cases.find_cases`.

    Returns:
        A job that returns `Statistics`.

    Raises:
        LgeSynthError: a folder cannot be read, or holds no slice with scar.
    """
    cases: tuple[Case, ...] = yield from find_cases(folders)
    scars: Counter[tuple[str, str, int]] = Counter()
    segments: Counter[int] = Counter()
    read = slices = 0
    for number, case in enumerate(cases):
        yield Progress(number, len(cases), "counting scars")
        try:
            annotated: Annotated = yield from told_as(load_case(case), lambda _: None)
            usable = [one.index for one in slices_of(annotated) if not one.left_out]
        except (LgeSynthError, OSError):
            continue
        read += 1
        slices += len(usable)
        for place in _places(annotated, usable):
            scars[place.size, place.depth, place.segment] += 1
            segments.update(place.segments)
        yield None
    if not scars:
        raise LgeSynthError(
            "No annotated slice with scar was found there.",
            "Give a folder with images and their label maps.",
        )
    return Statistics(read, len(cases) - read, slices, dict(scars), dict(segments))


def _places(annotated: Annotated, usable: Iterable[int]) -> Iterable[Place]:
    for index in usable:
        place = place_of(annotated.labels, (index,), annotated.contours, annotated.series.spacing)
        if place is not None and place.depth != NONE:
            yield place


def matching_parts(
    real: Statistics,
    count: int,
    rates: Rates | None = None,
    shown: Collection[int] = SEGMENTS,
) -> tuple[Part, ...]:
    """Parts whose accepted samples have a real cohort's sizes, depths and segments.

    One part a size and depth, each with the segments of its own real scars. Bins that the gate
    keeps seldom are asked for more often, as far as measured rates tell.

    Args:
        real: The annotated scans.
        count: Accepted samples that are wanted with rates, samples that are planned without.
        rates: Measured ones, or None.
        shown: Segments that the cohort's hearts have; scars elsewhere count for none.
    """
    parts = []
    for (size, depth), wanted in shared_out(real.cells, count).items():
        if not wanted:
            continue
        planned = wanted
        if rates is not None:
            kept, painted = rates.accept(size, depth)
            rate = max(kept / painted if painted else 1.0, WORST)
            planned = math.ceil(round(wanted / rate * SPARE, 6))
        weights: dict[int, float] = {}
        for (own_size, own_depth, segment), found in real.scars.items():
            if (own_size, own_depth) == (size, depth) and segment in shown:
                weights[segment] = float(found)
        draw = Draw(count=planned, sizes={size: 1.0}, depths={depth: 1.0}, segments=weights)
        parts.append(Part(name=f"{LIKE}, {depth}", draw=draw))
    return tuple(parts)


def matching_quotas(real: Statistics, count: int) -> tuple[Quota, ...]:
    """Quotas of accepted samples by size and depth in a real cohort's shares.

    Args:
        real: The annotated scans.
        count: Accepted samples in all.
    """
    return tuple(
        Quota.model_validate({"size": size, "depth": depth, "count": wanted})
        for (size, depth), wanted in shared_out(real.cells, count).items()
        if wanted
    )


def shared_out(weights: Mapping[Cell, int], count: int) -> dict[Cell, int]:
    """A number shared out by weight; the parts sum to it (largest remainder)."""
    total = sum(weights.values())
    exact = {cell: count * weight / total for cell, weight in weights.items()}
    parts = {cell: math.floor(one) for cell, one in exact.items()}
    left = count - sum(parts.values())
    for cell in sorted(exact, key=lambda cell: (parts[cell] - exact[cell], cell))[:left]:
        parts[cell] += 1
    return parts


def distance(groups: Iterable[Group], real: Statistics) -> Distance:
    """How far a cohort's accepted samples are from a real cohort.

    Args:
        groups: Of the cohort's index.
        real: The annotated scans.
    """
    cells: Counter[Cell] = Counter()
    segments: Counter[int] = Counter()
    for one in groups:
        cells[one.size, one.depth] += one.accepted
        segments.update(dict.fromkeys(one.segments, one.accepted))
    return Distance(
        variation(cells, real.cells), variation(segments, real.segments), sum(cells.values())
    )


def variation(first: Mapping[Any, int], second: Mapping[Any, int]) -> float:
    """Total variation distance of two histograms, 0 to 1; 1 when one is empty."""
    sums = sum(first.values()), sum(second.values())
    if not all(sums):
        return 1.0
    keys = {*first, *second}
    return 0.5 * sum(abs(first.get(k, 0) / sums[0] - second.get(k, 0) / sums[1]) for k in keys)
