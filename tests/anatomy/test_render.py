import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import region_mask, render, render_stack
from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from tests.anatomy.hearts import CENTRE, SHAPE, SPACING, at, iou, ring, ring_wall, wobbly

starts = st.floats(-720, 720)
arcs = st.floats(5, 360)
depths = st.tuples(st.floats(0, 0.8), st.floats(0.1, 1)).map(lambda d: (d[0], min(1, d[0] + d[1])))


def spun(region, degrees):
    """The region turned counter-clockwise."""
    return replace(region, outline=tuple((a + degrees, d) for a, d in region.outline))


@settings(max_examples=40, deadline=None)
@given(starts, arcs, depths, st.floats(0, 1))
def test_that_scar_stays_inside_the_wall(start, arc, depth, taper):
    wall = ring_wall()
    region = sector_region(start, start + arc, *depth, (0,), taper=taper)
    mask = region_mask(region, wall)
    assert not (mask & ~wall.mask).any()
    labels = render(ScarSketch((region,)), 0, wall)
    assert np.array_equal(labels == Label.SCAR, mask)
    assert np.array_equal(labels == Label.BLOOD, wall.cavity)


@settings(max_examples=25, deadline=None)
@given(starts, st.floats(10, 360), st.floats(0.1, 0.9), st.floats(0.0, 0.5), st.floats(0, 1))
def test_that_scar_grows_with_transmurality(start, arc, shallow, more, taper):
    wall = ring_wall()
    less = region_mask(sector_region(start, start + arc, 0, shallow, (0,), taper=taper), wall)
    deeper = sector_region(start, start + arc, 0, shallow + more, (0,), taper=taper)
    assert not (less & ~region_mask(deeper, wall)).any()


@settings(max_examples=20, deadline=None)
@given(starts)
def test_that_a_full_ring_leaves_no_seam(start):
    wall = ring_wall()
    assert np.array_equal(
        region_mask(sector_region(start, start + 360, 0, 1, (0,)), wall), wall.mask
    )


@settings(max_examples=20, deadline=None)
@given(starts, st.integers(2, 9), st.floats(0.2, 0.8))
def test_that_neighbouring_pieces_neither_overlap_nor_leave_a_gap(start, count, split):
    wall = ring_wall()
    hits = np.zeros(wall.mask.shape, dtype=int)
    edges = start + np.linspace(0, 360, count + 1)
    for a, b in pairwise(edges):
        for low, high in ((0, split), (split, 1)):
            hits += region_mask(sector_region(a, b, low, high, (0,)), wall)
    seamless = hits[wall.mask]
    assert np.mean(seamless == 1) > 0.999  # a pixel may sit on a border to the last bit


def test_that_overshoot_takes_in_the_border_pixels():
    wall = ring_wall()
    exact = region_mask(sector_region(10, 100, 0, 1, (0,)), wall)
    beyond = region_mask(sector_region(10, 100, -0.3, 1.4, (0,)), wall)
    assert np.array_equal(exact, beyond)


def test_that_a_whole_turn_more_or_less_changes_nothing():
    wall = ring_wall()
    region = sector_region(300, 400, 0.1, 0.7, (0,), taper=0.5)
    for turns in (-720, -360, 360, 1080):
        assert np.array_equal(region_mask(region, wall), region_mask(spun(region, turns), wall))


def test_that_half_a_wall_of_sixty_degrees_has_the_area_of_an_annulus_sector():
    mask = region_mask(sector_region(20, 80, 0, 0.5, (0,)), ring_wall())
    assert mask.sum() == pytest.approx(np.pi / 6 * (28.5**2 - 24**2), rel=0.04)


def test_that_edges_are_straight_in_angle_and_depth():
    wall = ring_wall()
    region = ScarRegion(((0.0, 0.0), (90.0, 0.0), (90.0, 1.0)), (0,))
    angle, depth = wall.angle, wall.depth
    wanted = wall.mask & (angle < 90) & (depth < angle / 90)
    assert iou(region_mask(region, wall), wanted) > 0.995


def test_that_later_regions_cover_earlier_ones_and_only_on_their_slices():
    wall = ring_wall()
    scar = sector_region(0, 90, 0, 1, (0, 1))
    core = sector_region(20, 70, 0.1, 0.5, (0,), label=Label.NO_REFLOW)
    eraser = sector_region(0, 45, 0, 1, (1,), label=Label.MYOCARDIUM)
    sketch = ScarSketch((scar, core, eraser))
    first, second, third = (render(sketch, i, wall) for i in range(3))
    assert (first == Label.NO_REFLOW).any()
    assert not (second == Label.NO_REFLOW).any()
    half = region_mask(sector_region(45, 90, 0, 1, (0,)), wall)
    assert np.array_equal(second == Label.SCAR, half)
    assert set(np.unique(third)) == {0, 1, 2}


def turned(contours: SliceContours, turn: float) -> SliceContours:
    t = np.deg2rad(turn)

    def one(p):
        dx, dy = p[0] - CENTRE[0], p[1] - CENTRE[1]
        return (
            float(CENTRE[0] + dx * np.cos(t) + dy * np.sin(t)),
            float(CENTRE[1] - dx * np.sin(t) + dy * np.cos(t)),
        )

    return SliceContours(tuple(map(one, contours.endo)), tuple(map(one, contours.epi)))


@settings(max_examples=12, deadline=None)
@given(st.floats(0, 360), st.floats(0, 360))
def test_that_turning_the_whole_heart_turns_the_scar_with_it(turn, start):
    heart = SliceContours(wobbly(36), wobbly(54, 70))
    region = sector_region(start, start + 80, 0, 0.6, (0,), taper=0.4)
    size, fine = (256, 256), (0.5, 0.5)
    before = region_mask(region, wall_of(heart, size, fine))
    moved = wall_of(turned(heart, turn), size, fine)
    after = region_mask(spun(region, turn), moved)
    y, x = np.mgrid[: size[0], : size[1]] * 0.5
    t = np.deg2rad(turn)
    dx, dy = x - CENTRE[0], y - CENTRE[1]
    back_x = CENTRE[0] + dx * np.cos(t) - dy * np.sin(t)
    back_y = CENTRE[1] + dx * np.sin(t) + dy * np.cos(t)
    rows = np.clip(np.rint(back_y * 2).astype(int), 0, 255)
    columns = np.clip(np.rint(back_x * 2).astype(int), 0, 255)
    assert iou(after, before[rows, columns]) >= 0.95


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 359), st.integers(5, 200), st.floats(0.15, 0.85))
def test_that_mirroring_a_symmetric_heart_mirrors_the_scar_exactly(start, arc, deep):
    centre = (63.5, 63.5)
    heart = ring(centre=centre)
    flipped = SliceContours(
        tuple((127 - x, y) for x, y in heart.endo), tuple((127 - x, y) for x, y in heart.epi)
    )
    wall, mirror = wall_of(heart, SHAPE, SPACING), wall_of(flipped, SHAPE, SPACING)
    assert np.array_equal(mirror.mask, wall.mask[:, ::-1])
    low, high = start + 0.3137, start + arc + 0.3137  # not on a pixel's own angle
    region = sector_region(low, high, 0, deep, (0,))
    other = sector_region(180 - high, 180 - low, 0, deep, (0,))
    assert np.array_equal(region_mask(other, mirror), region_mask(region, wall)[:, ::-1])


def test_that_a_stack_renders_its_outlined_slices_only():
    heart = HeartContours((ring(), None, ring(0, 12)))
    sketch = ScarSketch((sector_region(0, 90, 0, 1, (0, 1, 2)),))
    labels = render_stack(sketch, heart, (3, *SHAPE), (8.0, *SPACING))
    assert labels.dtype == np.uint8
    assert np.array_equal(labels[0], render(sketch, 0, ring_wall()))
    assert not labels[1].any()
    assert (labels[2] == Label.SCAR).any()
    assert not (labels[2] == Label.BLOOD).any()


def test_that_a_slice_of_256_renders_within_milliseconds():
    wall = wall_of(replace(ring(), accepted=True), (256, 256), SPACING)
    sketch = ScarSketch(
        tuple(sector_region(i * 50, i * 50 + 45, 0, 0.6, (0,), taper=0.5) for i in range(4))
    )
    render(sketch, 0, wall)
    start = time.process_time()
    for _ in range(10):
        render(sketch, 0, wall)
    assert (time.process_time() - start) / 10 < 0.01


def test_that_the_anterior_wall_is_painted_at_the_top():
    mask = region_mask(sector_region(60, 120, 0, 1, (0,)), ring_wall())
    x, y = at(90, 28)
    assert mask[round(y), round(x)]
    assert np.nonzero(mask)[0].max() < CENTRE[1]
