"""Scar between two slices: outlines of both are matched and blended in (angle, depth)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.polygons import Floats
from lgesynth_gui.anatomy.transforms import carried, depths_of, is_ring, of_slice, span_of
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

DEG_A_DEPTH = 90.0  # so many degrees of arc weigh as much as the whole wall's thickness
LEAST_SHARE = 0.12  # a scar without a partner is left out where it would be narrower than this
POINTS = 48  # of outlines that are blended without having the same number of vertices
EXACT_DEG = 1e-9
FARTHEST_DEG = 120.0  # scars with middles further apart are no partners


def between(
    sketch: ScarSketch, contours: HeartContours, first: int, last: int
) -> tuple[ScarSketch, tuple[int, ...], tuple[int, ...]]:
    """Fill the empty slices between two drawn ones.

    Args:
        sketch: Holds scar in `first` and `last`.
        contours: Of the heart; both slices must have some.
        first: Slice towards the base.
        last: Slice towards the apex, above `first`.

    Returns:
        The sketch, the slices that were filled, and those that were skipped because they have no
        accepted contours.
    """
    drawn = set(sketch.slices())
    start, end = of_slice(sketch, first), of_slice(sketch, last)
    from_start, from_end = anchors_in(contours, first), anchors_in(contours, last)
    made: list[ScarRegion] = []
    filled, skipped = [], []
    for i in range(first + 1, last):
        one = contours.slices[i]
        if i in drawn:
            continue
        if one is None or not one.accepted:
            skipped.append(i)
            continue
        here = anchors_in(contours, i)
        share = (i - first) / (last - first)
        a = tuple(carried(region, from_start, here, i) for region in start)
        b = tuple(carried(region, from_end, here, i) for region in end)
        if blended := blend(a, b, share):
            made += blended
            filled.append(i)
    kept = tuple(
        replace(region, slices=rest)
        for region in sketch.regions
        if (rest := tuple(i for i in region.slices if i not in filled))
    )
    return ScarSketch((*kept, *made)), tuple(filled), tuple(skipped)


def blend(
    start: Sequence[ScarRegion], end: Sequence[ScarRegion], share: float
) -> tuple[ScarRegion, ...]:
    """Regions between two sets of regions of one slice.

    Args:
        start: What stands at share 0.
        end: What stands at share 1.
        share: 0 to 1.

    Returns:
        Partners blended; a region without a partner narrows away from its own side.
    """
    partners = _partners(start, end)
    out = []
    for k, region in enumerate(start):
        if k in partners:
            out.append(_mixed(region, end[partners[k]], share))
        else:
            out += _fading(region, 1 - share)
    for k, region in enumerate(end):
        if k not in partners.values():
            out += _fading(region, share)
    return tuple(out)


def _partners(start: Sequence[ScarRegion], end: Sequence[ScarRegion]) -> dict[int, int]:
    """Pairs of the same label, the nearest ones first."""
    pairs = sorted(
        (_apart(a, b), i, j)
        for i, a in enumerate(start)
        for j, b in enumerate(end)
        if a.label is b.label
    )
    out: dict[int, int] = {}
    for gap, i, j in pairs:
        if gap <= FARTHEST_DEG and i not in out and j not in out.values():
            out[i] = j
    return out


def _apart(a: ScarRegion, b: ScarRegion) -> float:
    """Degrees between the middles, a difference of depth counted with them."""
    gap = abs((sum(span_of(a)) - sum(span_of(b))) / 2 % 360.0)
    gap = 0.0 if is_ring(a) or is_ring(b) else min(gap, 360.0 - gap)
    return gap + abs(sum(depths_of(a)) - sum(depths_of(b))) / 2 * DEG_A_DEPTH


def _mixed(a: ScarRegion, b: ScarRegion, share: float) -> ScarRegion:
    one, two = np.asarray(a.outline, dtype=np.float64), np.asarray(b.outline, dtype=np.float64)
    turns = round(float((sum(span_of(a)) - sum(span_of(b))) / 2) / 360.0)
    two[:, 0] += 360.0 * turns
    if _turning(one) != _turning(two):
        two = two[::-1]
    if len(one) != len(two):
        one, two = _resampled(one), _resampled(two)
    best = min(range(len(two)), key=lambda k: _misfit(one, np.roll(two, -k, axis=0)))
    line = one + share * (np.roll(two, -best, axis=0) - one)
    low, high = line[:, 0].min(), line[:, 0].max()
    if is_ring(a) and is_ring(b) and abs(high - low - 360.0) > EXACT_DEG:
        line[:, 0] = low + (line[:, 0] - low) * (360.0 / (high - low))
        line[line[:, 0] > low + 360.0 - 1e-9, 0] = low + 360.0
    return replace(a, outline=tuple((float(x), float(d)) for x, d in line))


def _misfit(one: Floats, two: Floats) -> float:
    gap = one - two
    gap = gap - gap.mean(axis=0)
    return float((gap**2 * (1.0, DEG_A_DEPTH**2)).sum())


def _turning(line: Floats) -> bool:
    x, d = line.T
    return bool(np.dot(x, np.roll(d, -1)) >= np.dot(np.roll(x, -1), d))


def _resampled(line: Floats) -> Floats:
    """The closed outline at evenly spaced places, its own vertices nearest to them kept."""
    closed = np.concatenate([line, line[:1]])
    step = np.hypot(*(np.diff(closed, axis=0) / (1.0, 1 / DEG_A_DEPTH)).T)
    place = np.concatenate([[0.0], np.cumsum(step)])
    want = np.linspace(0.0, place[-1], POINTS, endpoint=False)
    if len(line) <= POINTS:  # corners stay corners
        for at in place[:-1]:
            want[int(np.abs(want - at).argmin())] = at
        want.sort()
    return np.stack([np.interp(want, place, closed[:, k]) for k in (0, 1)], axis=1)


def _fading(region: ScarRegion, share: float) -> tuple[ScarRegion, ...]:
    """A region without a partner, narrower the further away it is."""
    if share < LEAST_SHARE or is_ring(region):
        return (region,) if is_ring(region) and share >= 0.5 else ()
    low, high = span_of(region)
    middle = (low + high) / 2
    line = tuple((middle + (a - middle) * share, d) for a, d in region.outline)
    return (replace(region, outline=line),)


def gap_around(sketch: ScarSketch, index: int) -> tuple[int, int] | None:
    """The two drawn slices with empty ones between them that are nearest to a slice, or None."""
    drawn = sketch.slices()
    gaps = [(a, b) for a, b in pairwise(drawn) if b - a > 1]
    if not gaps:
        return None
    return min(gaps, key=lambda gap: (max(gap[0] - index, index - gap[1], 0), gap[0]))
