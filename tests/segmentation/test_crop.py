import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.segmentation import crop as grid
from lgesynth_gui.segmentation.crop import Crop

SPACINGS = st.floats(0.7, 2.0)


def _circle(x, y, radius, n=60):
    t = np.linspace(0, 2 * np.pi, n, endpoint=False)
    return tuple(zip(x + radius * np.cos(t), y + radius * np.sin(t), strict=True))


def _smooth(shape, spacing):
    y, x = np.meshgrid(
        np.arange(shape[0]) * spacing[0], np.arange(shape[1]) * spacing[1], indexing="ij"
    )
    return np.sin(x / 15) + np.cos(y / 19), x, y


@settings(max_examples=20, deadline=None)
@given(SPACINGS, SPACINGS, st.floats(100, 140), st.floats(100, 140))
def test_that_the_crop_shows_the_image_at_its_millimetres(row, column, x, y):
    shape = (round(240 / row), round(240 / column))
    image, _, _ = _smooth(shape, (row, column))
    crop = Crop((x, y), (row, column))
    steps = np.arange(128) - 63.5
    wanted = np.sin((x + steps)[None] / 15) + np.cos((y + steps)[:, None] / 19)
    assert np.abs(grid.take(image, crop) - wanted)[4:-4, 4:-4].max() < 0.01


@settings(max_examples=15, deadline=None)
@given(SPACINGS, SPACINGS)
def test_that_give_back_undoes_take_on_a_smooth_image(row, column):
    shape = (round(240 / row), round(240 / column))
    image, _, _ = _smooth(shape, (row, column))
    crop = Crop((121.3, 118.9), (row, column))
    back = grid.give_back(grid.take(image, crop), crop, shape, outside=np.nan)
    inside = grid.covered(crop, shape)
    assert (np.isfinite(back) == inside).all()
    inner = grid.give_back(np.pad(np.ones((112, 112)), 8), crop, shape, order=1) > 0.99
    assert np.abs(back - image)[inner].max() < 0.02


def test_that_a_whole_pixel_crop_at_one_millimetre_copies_values():
    image = np.random.default_rng(0).normal(size=(200, 220)).astype(np.float32)
    crop = Crop((100.5, 90.5), (1.0, 1.0))
    assert np.allclose(grid.take(image, crop), image[27:155, 37:165], atol=1e-5)


def test_that_masks_travel_there_and_back():
    _, x, y = _smooth((160, 160), (1.4, 1.5))
    disc = (x - 110) ** 2 + (y - 112) ** 2 < 30**2
    crop = Crop((112.2, 110.7), (1.4, 1.5))
    taken = grid.take_mask(disc, crop)
    assert abs(taken.sum() - np.pi * 900) < 60
    back = grid.give_back_mask(taken, crop, disc.shape)
    assert (back != disc).sum() < 0.03 * disc.sum()
    assert not grid.take_mask(np.zeros((9, 9), bool), crop).any()
    assert not grid.give_back_mask(np.zeros((128, 128), bool), crop, (50, 50)).any()


def test_that_the_crop_is_centred_on_the_wall():
    contours = SliceContours(
        endo=_circle(90, 80, 20), epi=_circle(91, 82, 30), rv_anterior=(60, 70)
    )
    crop = grid.crop_of(contours, (1.5, 1.5), (120, 130))
    assert crop.centre == pytest.approx((91, 82))
    inside = grid.contours_in(contours, crop)
    assert polygons.centroid(inside.epi) == pytest.approx((63.5, 63.5))
    assert inside.rv_anterior == pytest.approx((32.5, 51.5))
    with pytest.raises(LgeSynthError, match="outside"):
        grid.crop_of(contours, (0.2, 0.2), (120, 130))


def test_that_normalising_is_exactly_undone_inside_its_range():
    image = np.random.default_rng(1).gamma(2, 100, size=(128, 128)).astype(np.float32)
    u, lo, hi = grid.normalise(image)
    assert u.min() >= -1.5
    assert u.max() <= 2
    kept = (u > -1.5) & (u < 2)
    assert np.allclose(grid.denormalise(u, lo, hi)[kept], image[kept], rtol=1e-4, atol=1e-2)
    assert (grid.normalise(image, (lo, hi))[0] == u).all()


@pytest.mark.parametrize("bad", [np.zeros((128, 128)), np.full((128, 128), np.nan)])
def test_that_a_crop_without_contrast_is_refused(bad):
    with pytest.raises(LgeSynthError):
        grid.normalise(bad)
