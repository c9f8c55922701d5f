import numpy as np
import pytest
from scipy import ndimage
from skimage.feature import canny

from lgesynth_gui.core.labels import Label
from lgesynth_gui.synthesis.holes import (
    control_maps,
    distance_mm,
    local_hole,
    masked,
    muscle_level,
    outline,
    ring_hole,
    scar_mask,
    wall_mask,
)

MM = (1.0, 1.0)


@pytest.fixture
def labels():
    """A ring with a scar and a core in it."""
    y, x = np.mgrid[:128, :128] - 63.5
    r, angle = np.hypot(x, y), np.rad2deg(np.arctan2(-y, x))
    out = np.zeros((128, 128), np.uint8)
    out[r < 33] = Label.MYOCARDIUM
    out[r < 24] = Label.BLOOD
    out[(r >= 24) & (r < 33) & (abs(angle) < 40)] = Label.SCAR
    out[(r >= 25) & (r < 30) & (abs(angle) < 15)] = Label.NO_REFLOW
    return out


def test_that_a_local_hole_is_the_scar_with_its_margin(labels):
    hole = local_hole(labels, MM, 4)
    assert (hole >= scar_mask(labels)).all()
    gap = ndimage.distance_transform_edt(~scar_mask(labels))
    assert gap[hole].max() <= 4 < gap[~hole].min()


def test_that_millimetres_and_not_pixels_count(labels):
    assert local_hole(labels, (0.5, 0.5), 4).sum() > local_hole(labels, MM, 4).sum()


def test_that_nothing_is_far_from_everything():
    assert np.isinf(distance_mm(np.zeros((3, 3), bool), MM)).all()
    assert not local_hole(np.zeros((9, 9), np.uint8), MM, 4).any()


def test_that_the_ring_holds_the_wall_and_two_millimetres_more(labels):
    hole = ring_hole(labels, MM)
    assert (hole >= wall_mask(labels)).all()
    assert ndimage.distance_transform_edt(~wall_mask(labels))[hole].max() == 2


def test_that_the_outline_lies_inside_the_mask_and_one_pixel_wide(labels):
    mask = scar_mask(labels)
    edge = outline(mask)
    assert (edge <= mask).all()
    assert not (ndimage.binary_erosion(mask, iterations=1) & edge).any()


def test_that_the_outline_is_what_canny_gives_for_a_mask(labels):
    mask = scar_mask(labels)
    found = canny(mask.astype(float), sigma=0.5)
    near = ndimage.binary_dilation(outline(mask), np.ones((3, 3)))
    assert (near >= found).all()


def test_that_the_control_maps_say_edge_scar_wall_and_depth(labels):
    depth = np.where(wall_mask(labels), 0.5, np.nan)
    edge, scar, wall, deep = control_maps(labels, depth)
    assert set(np.unique(scar)) == {-1, 0, 1}
    assert ((scar == -1) == (labels == Label.NO_REFLOW)).all()
    assert (edge[labels == Label.NO_REFLOW] == 1).any()  # the core has an outline of its own
    assert (wall == wall_mask(labels)).all()
    assert np.isfinite(deep).all()
    assert (deep == 0.5 * wall).all()


@pytest.mark.parametrize("arc", [0, 40, 60])
def test_that_muscle_is_told_whatever_scar_lies_in_the_wall(labels, arc):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:128, :128] - 63.5
    scar = wall_mask(labels) & (abs(np.rad2deg(np.arctan2(-y, x))) < arc)
    picture = np.where(labels == Label.BLOOD, 0.8, 0.1) + 0.05 * rng.standard_normal(labels.shape)
    picture = np.where(wall_mask(labels), -0.6, picture) + np.where(scar, 1.5, 0)
    picture += 0.05 * rng.standard_normal(labels.shape)
    assert muscle_level(picture.astype(np.float32), wall_mask(labels)) == pytest.approx(
        -0.6, abs=0.05
    )


def test_that_a_thin_wall_counts_whole_and_no_wall_has_level_zero(labels):
    thin = outline(wall_mask(labels))
    assert muscle_level(np.full(labels.shape, 0.3, np.float32), thin) == pytest.approx(0.3)
    assert muscle_level(np.full(labels.shape, 0.3, np.float32), np.zeros_like(thin)) == 0


def test_that_only_the_hole_is_filled(labels):
    picture = np.random.default_rng(1).standard_normal(labels.shape).astype(np.float32)
    told = masked(picture, scar_mask(labels), -0.5)
    assert told.dtype == np.float32
    assert (told[scar_mask(labels)] == np.float32(-0.5)).all()
    assert (told[~scar_mask(labels)] == picture[~scar_mask(labels)]).all()
