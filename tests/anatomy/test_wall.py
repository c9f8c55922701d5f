import time

import numpy as np
import pytest

from lgesynth_gui.anatomy.wall import potential, wall_of
from lgesynth_gui.core.contours import SliceContours
from tests.anatomy.hearts import CENTRE, SHAPE, SPACING, at, radius_map, ring, ring_wall, wobbly


@pytest.mark.parametrize("spacing", [0.7, 1.0, 1.4])
@pytest.mark.parametrize(("inner", "outer"), [(24, 33), (16, 20), (8, 14), (20, 45)])
def test_that_depth_of_a_concentric_ring_is_the_relative_radius(inner, outer, spacing):
    wall = ring_wall(inner, outer, spacing)
    wanted = (radius_map(wall) - inner) / (outer - inner)
    assert np.abs(wall.depth - wanted)[wall.mask].max() < 0.03


def test_that_depth_also_holds_on_oblong_pixels():
    wall = wall_of(ring(), (80, 128), (1.6, 1.0))
    wanted = (radius_map(wall) - 24) / 9
    assert np.abs(wall.depth - wanted)[wall.mask].max() < 0.03


def test_that_the_raw_potential_is_not_depth():
    wall = ring_wall()
    middle = np.abs(radius_map(wall) - 28.5) < 0.3
    assert potential(ring(), SHAPE, SPACING)[middle].mean() == pytest.approx(0.54, abs=0.01)
    assert wall.depth[middle].mean() == pytest.approx(0.5, abs=0.01)


def test_that_the_mask_is_inside_epi_and_not_inside_endo():
    wall = ring_wall()
    radius = radius_map(wall)
    sure = (np.abs(radius - 24) > 0.1) & (np.abs(radius - 33) > 0.1)
    assert np.array_equal(wall.mask[sure], ((radius > 24) & (radius < 33))[sure])
    assert np.array_equal(wall.cavity[sure], (radius < 24)[sure])
    assert not (wall.mask & wall.cavity).any()


def test_that_depth_is_nan_exactly_outside_the_wall_and_in_0_to_1_inside():
    wall = wall_of(SliceContours(wobbly(20), wobbly(29, 40)), SHAPE, SPACING)
    assert np.array_equal(np.isfinite(wall.depth), wall.mask)
    assert wall.depth[wall.mask].min() >= 0
    assert wall.depth[wall.mask].max() <= 1


@pytest.mark.parametrize("turn", [0.0, 33.0, 180.0])
def test_that_depth_grows_outwards_along_every_ray_of_an_uneven_wall(turn):
    wall = wall_of(SliceContours(wobbly(20), wobbly(30, turn)), SHAPE, SPACING)
    for angle in range(0, 360, 5):
        seen, last = [], None
        for radius in np.arange(15, 36, 0.5):
            x, y = at(angle, radius, wall.centre)
            pixel = (round(y), round(x))
            if wall.mask[pixel] and pixel != last:
                seen.append(wall.depth[pixel])
                last = pixel
        steps = np.diff(seen[::2])  # every second pixel: neighbours may lie side by side
        assert (steps > 0).all()


def test_that_angles_run_counter_clockwise_from_the_right():
    wall = ring_wall()
    for angle in (0.5, 90, 180, 270, 359):
        x, y = at(angle, 28)
        measured = wall.angle[round(y), round(x)]
        assert abs((measured - angle + 180) % 360 - 180) < 1.5
    assert wall.angle.min() >= 0
    assert wall.angle.max() < 360


def test_that_an_apex_without_cavity_is_filled_and_deepest_at_its_middle():
    wall = wall_of(ring(0, 12), SHAPE, SPACING)
    radius = radius_map(wall)
    assert not wall.cavity.any()
    assert wall.mask[radius < 11.5].all()
    assert np.abs(wall.depth - radius / 12)[wall.mask].max() < 0.08


@pytest.mark.parametrize("centre", [(2.0, 3.0), (127.0, 60.0), (-200.0, -200.0), (500.0, 64.0)])
def test_that_a_heart_partly_or_wholly_outside_the_image_is_cut_off(centre):
    wall = wall_of(ring(centre=centre), SHAPE, SPACING)
    assert np.array_equal(np.isfinite(wall.depth), wall.mask)
    assert wall.mask.sum() < 1611


def test_that_crossing_contours_still_give_finite_depth():
    shifted = SliceContours(tuple((x + 6, y) for x, y in ring(20, 24).endo), ring(20, 24).epi)
    crossed = wall_of(shifted, SHAPE, SPACING)
    assert np.isfinite(crossed.depth[crossed.mask]).all()
    assert np.array_equal(np.isfinite(crossed.depth), crossed.mask)


def test_that_the_same_wall_is_handed_out_twice_and_cannot_be_written():
    wall = ring_wall()
    assert ring_wall() is wall
    for array in (wall.mask, wall.cavity, wall.angle, wall.depth):
        assert not array.flags.writeable


def test_that_depth_moves_with_the_contours_not_with_the_pixels():
    pairs = []
    for shift in (0.0, 0.25, 0.5, 0.75):
        centre = (CENTRE[0] + shift, CENTRE[1])
        wall = wall_of(ring(centre=centre), SHAPE, SPACING)
        y, x = np.mgrid[:128, :128]
        wanted = (np.hypot(x - centre[0], y - centre[1]) - 24) / 9
        pairs.append(np.abs(wall.depth - wanted)[wall.mask].max())
    assert max(pairs) < 0.02


def test_that_a_wall_is_made_in_well_under_a_tenth_of_a_second():
    wall_of.__wrapped__(ring(), SHAPE, SPACING)
    start = time.process_time()
    for _ in range(5):
        wall_of.__wrapped__(ring(), SHAPE, SPACING)
    assert (time.process_time() - start) / 5 < 0.1
