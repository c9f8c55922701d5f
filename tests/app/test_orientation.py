import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.app.orientation import (
    USUAL_BOTTOM,
    USUAL_RIGHT,
    EdgeLetters,
    Turn,
    direction_letters,
    display_turn,
    edge_letters,
    turned,
    upright,
)
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.geometry import Geometry
from tests.ui import hearts


@pytest.mark.parametrize(
    ("direction", "letters"),
    [
        ((0, 1, 0), "P"),
        ((0.985, 0.174, 0), "L"),
        ((0.707, 0.707, 0), "LP"),
        ((0.70, 0.60, -0.387), "LPI"),
        ((-0.70, -0.60, 0.387), "RAS"),
        ((0, 0, 1), "S"),
        ((float("nan"), 0, 1), ""),
        ((0, 0, 0), ""),
    ],
)
def test_that_letters_follow_the_direction_cosines(direction, letters):
    assert direction_letters(np.array(direction, dtype=float)) == letters


def test_that_opposite_edges_carry_opposite_letters():
    shown = edge_letters(hearts.series().geometry)
    assert (shown.right, shown.left) == ("LPI", "RAS")
    opposite = str.maketrans("LRPASI", "RLAPIS")
    assert shown.top == shown.bottom.translate(opposite)


def test_that_an_unknown_orientation_shows_no_letters():
    assert edge_letters(Geometry.plain((8.0, 1.0, 1.0))) == EdgeLetters()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.booleans(), st.floats(-50, 50), st.floats(-50, 50))
def test_that_a_display_turn_is_undone_exactly(quarters, mirrored, x, y):
    turn = Turn(quarters, mirrored)
    assert turn.to_plane(*turn.to_display(x, y)) == pytest.approx((x, y))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.booleans())
def test_that_any_stored_quarter_turn_is_shown_with_the_rv_left_and_anterior_up(quarters, mirrored):
    stored = Turn(quarters, mirrored)
    good = hearts.contours().slices[2]

    def moved(p):
        return stored.to_plane(*p)

    turned = SliceContours(
        tuple(map(moved, good.endo)),
        tuple(map(moved, good.epi)),
        rv_anterior=moved(good.rv_anterior),
        rv_inferior=moved(good.rv_inferior),
    )
    centre = moved(hearts.CENTRE)
    shown = upright(turned, centre)
    cx, cy = shown.to_display(*centre)
    ax, ay = shown.to_display(*turned.rv_anterior)
    ix, iy = shown.to_display(*turned.rv_inferior)
    assert max(ax, ix) < cx
    assert ay < cy < iy


def test_that_letters_turn_with_the_picture():
    geometry = hearts.series().geometry
    plain, turned = edge_letters(geometry), edge_letters(geometry, Turn(1))
    assert (turned.top, turned.left) == (plain.right, plain.top)
    mirrored = edge_letters(geometry, Turn(0, True))
    assert (mirrored.left, mirrored.top) == (plain.right, plain.top)


def stored(turn, known=True):
    """A stack whose pixels lie as `turn` would show a usual one: it must be undone to show it."""
    right, bottom = USUAL_RIGHT, USUAL_BOTTOM
    xx, xy, yx, yy = turn.matrix
    affine = np.eye(4)
    affine[:3, 2], affine[:3, 1] = xx * right + xy * bottom, yx * right + yy * bottom
    affine[:3, 0] = np.cross(right, bottom) * 8.0
    return Geometry(affine, known=known)


@settings(max_examples=16, deadline=None)
@given(st.integers(0, 3), st.booleans())
def test_that_without_insertions_the_cosines_decide(quarters, mirrored):
    geometry = stored(Turn(quarters, mirrored))
    shown = display_turn(HeartContours(), geometry)
    usual = edge_letters(stored(Turn()))
    assert edge_letters(geometry, shown) == usual
    assert (usual.right, usual.left, usual.bottom[0]) == ("LPI", "RAS", "I")


def test_that_an_unknown_or_other_plane_is_shown_as_it_is_stored():
    assert display_turn(HeartContours(), stored(Turn(1), known=False)) == Turn()
    axial = np.eye(4)
    axial[:3, 2], axial[:3, 1], axial[:3, 0] = (0, 1, 0), (1, 0, 0), (0, 0, -8)
    assert display_turn(HeartContours(), Geometry(axial)) == Turn()


def test_that_insertion_points_outvote_the_cosines():
    geometry = stored(Turn(1))
    assert display_turn(hearts.contours(), geometry) == Turn()
    assert display_turn(HeartContours((None,)), geometry) != Turn()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3), st.booleans(), st.integers(0, 4), st.integers(0, 6))
def test_that_a_thumbnail_is_turned_as_its_pixels_are_placed(quarters, mirrored, row, column):
    turn, pixels = Turn(quarters, mirrored), np.arange(35).reshape(5, 7)
    places = [turn.to_display(c, r) for r in range(5) for c in range(7)]
    left, top = min(x for x, _ in places), min(y for _, y in places)
    x, y = turn.to_display(column, row)
    assert turned(pixels, turn)[round(y - top), round(x - left)] == pixels[row, column]
