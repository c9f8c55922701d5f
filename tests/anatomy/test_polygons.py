import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import points_in_poly

from lgesynth_gui.anatomy import polygons
from tests.anatomy.hearts import circle

coordinate = st.floats(-20, 20, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=12))
def test_that_both_inside_tests_agree_with_each_other_and_with_a_library(points):
    xs, ys = np.arange(-20.0, 21.0) + 0.123, np.arange(-20.0, 21.0) + 0.277
    grid = polygons.inside_grid(points, xs, ys)
    x, y = (a.ravel() for a in np.meshgrid(xs, ys))
    assert np.array_equal(grid.ravel(), polygons.inside_points(points, x, y))
    other = points_in_poly(np.stack([x, y], axis=1), np.asarray(points))
    clear = polygons.distance(points, np.stack([x, y], axis=1)) > 1e-6
    assert np.array_equal(grid.ravel()[clear], other[clear])


def test_that_squares_sharing_an_edge_share_no_node():
    xs = ys = np.arange(11.0)
    left = polygons.inside_grid(((0, 0), (5, 0), (5, 10), (0, 10)), xs, ys)
    right = polygons.inside_grid(((5, 0), (10, 0), (10, 10), (5, 10)), xs, ys)
    assert left.sum() == right.sum() == 50
    assert not (left & right).any()


def test_that_area_and_centre_of_a_square_are_exact_either_way_round():
    square = ((1.0, 2.0), (4.0, 2.0), (4.0, 6.0), (1.0, 6.0))
    for one in (square, square[::-1]):
        assert polygons.area(one) == pytest.approx(12)
        assert polygons.centroid(one) == pytest.approx((2.5, 4))


def test_that_a_line_has_its_mean_point_as_centre():
    assert polygons.centroid(((0, 0), (2, 2), (4, 4))) == pytest.approx((2, 2))


def test_that_rays_and_distances_of_a_circle_are_its_radius():
    ring = circle(20.0, (5.0, 7.0), count=720)
    radii = polygons.ray_radii(ring, (5.0, 7.0), np.arange(0, 360, 7.0))
    assert np.allclose(radii, 20, atol=0.01)
    assert polygons.distance(ring, np.array([[5.0, 7.0], [30.0, 7.0]])) == pytest.approx(
        [20, 5], abs=0.01
    )


def test_that_angles_are_those_of_the_displayed_image():
    assert polygons.angle_of((0, -1), (0, 0)) == pytest.approx(90)
    assert polygons.angle_of((-1, 0), (0, 0)) == pytest.approx(180)
