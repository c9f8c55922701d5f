"""Small pictures of slices: the same greys for all, packed and taken out again."""

import numpy as np
import pytest

from lgesynth_gui.evaluation.tiles import FIELD, FOUND, WISH, check_tile, greyed, pixels_of, tile_of


@pytest.fixture
def plane():
    return np.random.default_rng(3).uniform(-2, 2, (128, 128)).astype(np.float32)


def test_that_a_tile_holds_the_middle_of_a_slice_in_greys_of_one_range(plane):
    grey = pixels_of(tile_of("a", "A", "", plane, (3.0, 0.5)), FIELD, 1)
    middle = plane[16:112, 16:112]
    assert grey.shape == (FIELD, FIELD, 3)
    assert (grey[middle <= -1] == 0).all()
    assert (grey[middle >= 2] == 255).all()
    assert np.abs(grey[..., 0] - np.clip((middle + 1) / 3, 0, 1) * 255).max() <= 0.5 + 1e-3
    brighter = pixels_of(tile_of("a", "A", "", plane + 0.5, (3.0, 0.5)), FIELD, 1)
    assert brighter.mean() > grey.mean() + 20, "greys are not those of the slice itself"


def test_that_a_pixel_is_a_square_and_outlines_are_drawn_inside_their_masks(plane):
    wish, found = np.zeros((2, 128, 128), dtype=bool)
    wish[40:60, 40:60] = found[70:80, 70:90] = True
    plain = pixels_of(tile_of("", "t", "", plane, (4, 0)), FIELD)
    drawn = pixels_of(tile_of("", "t", "", plane, (4, 0), wish=wish, found=found), FIELD)
    assert np.array_equal(plain[::2, ::2], plain[1::2, 1::2])
    changed = (plain != drawn).any(axis=2)
    inside = (wish | found)[16:112, 16:112].repeat(2, 0).repeat(2, 1)
    assert changed.any()
    assert not changed[~inside].any()
    assert {tuple(one) for one in drawn[changed].tolist()} == {WISH, FOUND}


def test_that_a_range_without_width_is_no_trouble():
    assert set(np.unique(greyed(np.array([[-1.0, 0.0, 1.0]]), 0, 0))) <= {0, 255}


def test_that_another_size_is_refused(plane):
    tile = tile_of("", "t", "", plane, (4, 0))
    check_tile(tile, FIELD)
    for side in (FIELD - 1, FIELD + 1):
        with pytest.raises(ValueError, match="another size"):
            check_tile(tile, side)
