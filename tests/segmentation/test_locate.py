import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.segmentation.locate import (
    EDGE_MM,
    STRIDE,
    Vote,
    _along,
    _spread,
    agreed,
    in_millimetres,
    locate,
)
from lgesynth_gui.segmentation.pose import Pose
from tests.segmentation.readers import brightness_contours, drawn_stack


@given(st.integers(30, 700))
def test_that_windows_reach_every_place_a_heart_may_be(size):
    middles = np.array(_along(size))
    assert ((middles >= 0) & (middles <= size - 1)).all()
    places = np.arange(EDGE_MM, size - EDGE_MM)
    if len(places):
        assert np.abs(places[:, None] - middles).min(axis=1).max() <= STRIDE / 2 + 1


@given(st.integers(1, 60), st.integers(1, 9))
def test_that_slices_are_spread_over_the_middle(count, most):
    chosen = _spread(count, most)
    assert 1 <= len(chosen) <= min(count, most)
    assert chosen == sorted(set(chosen))
    assert 0 <= chosen[0] <= chosen[-1] < count


def test_that_the_place_most_slices_see_wins():
    """One slice full of rings somewhere else does not outvote three slices that agree."""
    votes = [Vote((100.0 + k, 80.0), 0.6, k) for k in range(3)]
    votes += [Vote((20.0 + k, 20.0), 0.9, 1) for k in range(8)]
    (x, y), support = agreed(votes)
    assert np.hypot(x - 101, y - 80) < 2
    assert support == pytest.approx(1.8, rel=0.02)
    assert agreed([]) is None


def test_that_a_better_ring_pulls_the_place_towards_itself():
    (x, _), _ = agreed([Vote((0.0, 0.0), 0.9, 0), Vote((8.0, 0.0), 0.1, 1)])
    assert 0 < x < 4


def test_that_a_slice_in_millimetres_shows_things_where_they_are():
    image = np.zeros((40, 60), np.float32)
    image[30, 20] = 1.0
    whole = in_millimetres(image, (1.5, 2.0))
    assert whole.shape == (59, 119)
    assert np.unravel_index(whole.argmax(), whole.shape) == (45, 40)


def test_that_the_heart_is_found_wherever_it_lies():
    segmenter = brightness_contours()
    for start in ((70, 60), (180, 70), (70, 170), (190, 180)):
        series, labels = drawn_stack(slices=3, start=start, drift=(0, 0))
        found = drive(locate(segmenter, series.pixels, (1.6, 1.5)))
        assert np.hypot(found.centre[0] - start[0], found.centre[1] - start[1]) < 2
        assert found.pose == Pose()
        assert found.support > 0.75
        assert labels.any()


@pytest.mark.parametrize("quarters", [1, 2])
def test_that_a_turned_heart_is_found_by_a_network_that_knows_one_pose(quarters):
    series, _ = drawn_stack(slices=3, drift=(0, 0))
    pixels = np.ascontiguousarray(np.rot90(series.pixels, -quarters, (1, 2)))
    spacing = (1.6, 1.5) if quarters == 2 else (1.5, 1.6)
    found = drive(locate(brightness_contours(upright_only=True), pixels, spacing))
    assert found.pose == Pose(quarters)


def test_that_noise_and_darkness_hold_no_heart():
    segmenter = brightness_contours()
    for pixels in (
        np.zeros((4, 90, 90), np.float32),
        np.random.default_rng(0).normal(500, 80, (4, 90, 90)).astype(np.float32),
    ):
        assert drive(locate(segmenter, pixels, (1.5, 1.5))) is None
