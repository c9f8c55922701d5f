import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.app import borders
from lgesynth_gui.core.contours import SliceContours
from tests.ui import hearts

WALL = SliceContours(hearts.circle(18), hearts.circle(28))


def area(polygon):
    x, y = np.asarray(polygon).T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def radii(polygon):
    return np.hypot(*(np.asarray(polygon) - np.asarray(hearts.CENTRE)).T)


def test_that_bending_moves_what_is_held_most_and_the_far_side_not():
    hold = hearts.at(90, 18)
    after = borders.bent(WALL.endo, hold, (0.0, -4.0))
    moved = np.hypot(*(np.asarray(after) - np.asarray(WALL.endo)).T)
    assert moved.max() == pytest.approx(4.0)
    assert moved.argmax() == borders.nearest_vertex(WALL.endo, hold)[0]
    assert moved.min() < 0.01


def test_that_a_point_more_and_a_point_less_leave_the_others_alone():
    square = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
    edge, foot, gap = borders.nearest_edge(square, (5.0, 2.5))
    assert (edge, foot, gap) == (1, (4.0, 2.5), 1.0)
    more = borders.with_inserted(square, edge, foot)
    assert more == ((0.0, 0.0), (4.0, 0.0), (4.0, 2.5), (4.0, 4.0), (0.0, 4.0))
    assert borders.without_vertex(more, 2) == square
    triangle = square[:3]
    assert borders.without_vertex(triangle, 0) == triangle


def test_that_the_last_edge_runs_back_to_the_first_point():
    square = ((0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0))
    edge, foot, _ = borders.nearest_edge(square, (-1.0, 2.0))
    assert (edge, foot) == (3, (0.0, 2.0))
    assert borders.with_inserted(square, edge, foot)[-1] == (0.0, 2.0)


def test_that_a_finer_line_is_the_very_same_line():
    fine = borders.fine(WALL.epi)
    assert len(fine) > len(WALL.epi)
    assert area(fine) == pytest.approx(area(WALL.epi), rel=1e-12)
    gaps = np.hypot(*(np.roll(fine, -1, axis=0) - np.asarray(fine)).T)
    assert borders.TOUCHING_MM < gaps.min() <= gaps.max() <= borders.FINE_MM + 1e-9


@pytest.mark.parametrize(("inside", "larger"), [(True, True), (False, False)])
def test_that_a_disc_pushes_away_from_the_side_it_comes_from(inside, larger):
    line = borders.fine(WALL.endo)
    centre = hearts.at(30, 16.0 if inside else 20.0)
    after = borders.pushed(line, centre, 4.0)
    assert bool(area(after) > area(line)) is larger
    gaps = np.hypot(*(np.asarray(after) - np.asarray(centre)).T)
    assert gaps.min() >= 4.0 - 1e-9
    far = np.hypot(*(np.asarray(line) - np.asarray(centre)).T) >= 4.0
    assert np.array_equal(np.asarray(after)[far], np.asarray(line)[far])


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.05, 1.0),
    st.lists(st.floats(-1.5, 1.5), min_size=72, max_size=72),
)
def test_that_smoothing_leaves_the_size_and_damps_the_waves(amount, waves):
    rough = tuple(hearts.at(5.0 * k, 20.0 + w) for k, w in enumerate(waves))
    smooth = borders.smoothed(rough, amount)
    assert area(smooth) == pytest.approx(area(rough), rel=0.04)

    def unrest(polygon):
        r = radii(polygon)
        return np.abs(r - (np.roll(r, 1) + np.roll(r, -1)) / 2).mean()

    assert unrest(smooth) <= unrest(borders.resampled(rough, len(smooth))) + 1e-6


def test_that_full_smoothing_keeps_an_ellipse():
    t = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    ellipse = borders.polygon_of(np.stack([30 * np.cos(t), 24 * np.sin(t)], axis=1))
    x, y = np.asarray(borders.smoothed(ellipse, 1.0)).T
    assert np.abs((x / 30) ** 2 + (y / 24) ** 2 - 1).max() < 0.04  # 2 % of a radius
    assert borders.smoothed(ellipse, 0.0) == ellipse


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["endo", "epi"]),
    st.floats(0, 360),
    st.floats(-40, 40),
    st.floats(-40, 40),
)
def test_that_no_edit_brings_the_borders_across_each_other(border, angle, dx, dy):
    line = borders.border_of(WALL, border)
    hold = hearts.at(angle, 18 if border == "endo" else 28)

    def made(share):
        return borders.bent(line, hold, (share * dx, share * dy))

    after, met = borders.held_apart(WALL, border, made)
    assert borders.crossings(after) == ()
    assert bool(met) == bool(borders.crossings(borders.replaced(WALL, border, made(1.0))))
    if not met:
        assert borders.border_of(after, border) == made(1.0)


def test_that_a_stopped_edit_goes_as_far_as_the_crossing_and_marks_it():
    hold = hearts.at(90, 18)
    after, met = borders.held_apart(
        WALL, "endo", lambda share: borders.bent(WALL.endo, hold, (0.0, -20.0 * share))
    )
    assert len(met) == 1
    assert radii(met)[0] == pytest.approx(28.0, abs=0.3)
    assert 27.0 < radii(after.endo).max() <= 28.0


def test_that_borders_that_cross_already_can_be_brought_apart():
    crossed = SliceContours(borders.shifted(hearts.circle(18), (15.0, 0.0)), hearts.circle(28))
    assert borders.crossings(crossed)
    after, met = borders.held_apart(
        crossed, "endo", lambda share: borders.shifted(crossed.endo, (-15.0 * share, 0.0))
    )
    assert met == ()
    assert borders.crossings(after) == ()


def test_that_an_endocardium_beside_the_epicardium_counts_as_crossing():
    beside = SliceContours(borders.shifted(hearts.circle(10), (90.0, 0.0)), hearts.circle(28))
    assert borders.crossings(beside) == beside.endo[:1]
    assert borders.crossings(SliceContours((), hearts.circle(28))) == ()
