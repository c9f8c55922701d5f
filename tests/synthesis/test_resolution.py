"""The painted part is no grainier than its scan."""

import numpy as np
import pytest
from scipy import ndimage

from lgesynth_gui.synthesis.resolution import TOLERATED, grain, matched

SHAPE = (128, 128)


def disc(radius):
    y, x = np.mgrid[:128, :128]
    return (y - 64) ** 2 + (x - 64) ** 2 <= radius**2


HOLE, CHANGED = disc(16), disc(19)


def scan(width, seed):
    noise = np.random.default_rng(seed).standard_normal(SHAPE).astype(np.float32)
    return ndimage.gaussian_filter(noise, width) if width else noise


def painted(host, paint):
    return np.where(CHANGED, paint, host).astype(np.float32)


def test_that_white_noise_has_the_grain_of_its_deviation():
    assert grain(3 * scan(0, 1), HOLE) == pytest.approx(3, rel=0.15)


@pytest.mark.parametrize("width", [0.5, 0.7, 1.0])
def test_that_paint_comes_out_as_fine_as_the_scan(width):
    host = scan(width, 1)
    around = disc(28) & ~disc(19)
    found = matched(painted(host, scan(0, 2)), host, HOLE, CHANGED)
    assert grain(found, HOLE) <= TOLERATED * grain(host, around) * 1.1
    assert grain(found, HOLE) > 0.4 * grain(host, around)


def test_that_paint_no_grainier_than_its_scan_stays_as_it_is():
    host = scan(0, 1)
    picture = painted(host, scan(0.8, 2))
    assert (matched(picture, host, HOLE, CHANGED) == picture).all()


def test_that_nothing_beyond_the_feather_is_touched():
    host = scan(1.0, 1)
    found = matched(painted(host, 2 * scan(0, 2)), host, HOLE, CHANGED)
    assert (found[~CHANGED] == host[~CHANGED]).all()
    assert (found[HOLE] != painted(host, 2 * scan(0, 2))[HOLE]).any()


def test_that_a_flat_host_tells_nothing():
    host = np.zeros(SHAPE, dtype=np.float32)
    picture = painted(host, scan(0, 2))
    assert (matched(picture, host, HOLE, CHANGED) == picture).all()


def test_that_a_picture_that_keeps_nothing_of_its_host_is_left_alone():
    host, picture = scan(1.0, 1), scan(0, 2)
    assert (matched(picture, host, HOLE, np.ones(SHAPE, dtype=bool)) == picture).all()


def test_that_a_hole_too_small_to_tell_is_left_alone():
    host, tiny = scan(1.0, 1), disc(3)
    picture = np.where(tiny, 5 * scan(0, 2), host).astype(np.float32)
    assert (matched(picture, host, tiny, tiny) == picture).all()
