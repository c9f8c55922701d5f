from itertools import pairwise

import numpy as np
import pytest

from lgesynth_gui.anatomy.quantify import fwhm, n_sd, otsu, remote_mask, tidy
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import region_mask
from lgesynth_gui.core.errors import NoMyocardium
from tests.anatomy.hearts import SHAPE, at, ring_wall

WALL = ring_wall()
SCAR = region_mask(sector_region(20, 80, 0, 0.6, (0,)), WALL)
NOWHERE = np.zeros(SHAPE, dtype=bool)


def signal(scar=SCAR, contrast=100.0, noise=4.0, floor=20.0):
    rng = np.random.default_rng(7)
    return floor + contrast * scar + rng.normal(0, noise, SHAPE)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_that_remote_keeps_three_pixels_from_the_scar():
    remote = remote_mask(WALL, SCAR)
    rows, columns = np.nonzero(remote)
    scar_rows, scar_columns = np.nonzero(SCAR)
    gap = np.maximum(abs(rows[:, None] - scar_rows), abs(columns[:, None] - scar_columns))
    assert gap.min() == 4
    assert not (remote & ~WALL.mask).any()


def test_that_remote_is_the_darkest_sixty_degrees_when_nothing_is_known():
    image = signal(NOWHERE) + WALL.angle * 0
    image = image - 30 * np.cos(np.deg2rad(WALL.angle - 350))
    remote = remote_mask(WALL, None, image)
    away = np.abs((WALL.angle[remote] - 350 + 180) % 360 - 180)
    assert away.max() < 40
    assert remote.sum() == pytest.approx(WALL.mask.sum() / 6, rel=0.05)


def test_that_remote_is_the_whole_wall_without_scar_and_image():
    assert np.array_equal(remote_mask(WALL), WALL.mask)


def test_that_a_wall_full_of_scar_has_no_remote():
    with pytest.raises(NoMyocardium):
        remote_mask(WALL, WALL.mask)
    with pytest.raises(NoMyocardium):
        n_sd(signal(), WALL.mask, NOWHERE, 5)


@pytest.mark.parametrize("n", [3, 5, 6])
def test_that_n_sd_finds_a_bright_scar(n):
    remote = remote_mask(WALL, SCAR)
    assert dice(n_sd(signal(), WALL.mask, remote, n), SCAR) > 0.98


def test_that_more_deviations_never_find_more():
    image, remote = signal(contrast=15), remote_mask(WALL, SCAR)
    found = [n_sd(image, WALL.mask, remote, n) for n in (2, 3, 5, 6)]
    for more, less in pairwise(found):
        assert not (less & ~more).any()


def test_that_half_maximum_and_otsu_find_a_bright_scar():
    assert dice(fwhm(signal(), WALL.mask), SCAR) > 0.98
    assert dice(otsu(signal(), WALL.mask), SCAR) > 0.98


def test_that_half_maximum_on_psir_starts_from_the_remote_mean():
    image = signal(floor=-200.0, contrast=300.0)
    remote = remote_mask(WALL, SCAR)
    assert dice(fwhm(image, WALL.mask, SCAR, remote), SCAR) > 0.98
    shifted = fwhm(image + 1000, WALL.mask, SCAR, remote)
    assert np.array_equal(shifted, fwhm(image, WALL.mask, SCAR, remote))


def test_that_the_maximum_is_taken_inside_the_scar_when_it_is_known():
    image = signal()
    x, y = at(200, 28)
    image[round(y), round(x)] = 5000  # a spike elsewhere
    assert dice(fwhm(image, WALL.mask, SCAR), SCAR) > 0.98
    assert dice(fwhm(image, WALL.mask), SCAR) < 0.1


def test_that_a_uniform_or_empty_wall_gives_nothing():
    assert not otsu(np.ones(SHAPE), WALL.mask).any()
    assert not otsu(signal(), NOWHERE).any()
    with pytest.raises(NoMyocardium):
        fwhm(signal(), NOWHERE)


def test_that_parts_below_ten_square_millimetres_are_dropped():
    speck = SCAR.copy()
    x, y = at(250, 28)
    speck[round(y) : round(y) + 3, round(x) : round(x) + 3] = True  # 9 mm2
    assert np.array_equal(tidy(speck, WALL), SCAR)
    speck[round(y) - 1, round(x)] = True  # 10 mm2
    assert np.array_equal(tidy(speck, WALL), speck & WALL.mask)
    assert not tidy(NOWHERE, WALL).any()


@pytest.mark.parametrize("depth", [(0.3, 0.6), (0.0, 0.5)])
def test_that_a_dark_core_enclosed_by_scar_and_cavity_is_filled(depth):
    whole = region_mask(sector_region(20, 100, 0, 1, (0,)), WALL)
    core = region_mask(sector_region(40, 80, *depth, (0,)), WALL)
    assert np.array_equal(tidy(whole & ~core, WALL), whole)


@pytest.mark.parametrize("depth", [(0.35, 0.65), (0.7, 1.0), (0.3, 1.0)])
def test_that_the_muscle_inside_a_subepicardial_ring_is_not_a_core(depth):
    band = region_mask(sector_region(0, 360, *depth, (0,)), WALL)
    assert np.array_equal(tidy(band, WALL), band)
