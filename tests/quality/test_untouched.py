"""The proof that the rest is the host's own, and the seam."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.quality.untouched import compare_untouched, seam_ratio

TYPES = (np.uint8, np.uint16, np.int16, np.int32, np.float32, np.float64)


def scene(dtype=np.uint16, seed=0, shape=(2, 40, 40)):
    host = (np.random.default_rng(seed).random(shape) * 200).astype(dtype)
    edited = np.zeros(shape, bool)
    edited[0, 10:30, 12:28] = True
    return host, edited


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(TYPES), st.integers(0, 3199))
def test_that_one_changed_pixel_is_counted_exactly_when_it_lies_outside(dtype, place):
    host, edited = scene(dtype)
    pixels = host.copy()
    pixels.flat[place] += 1
    proof = compare_untouched(host, pixels, edited)
    outside = not edited.flat[place]
    assert proof.changed == int(outside)
    assert proof.total == (~edited).sum()
    assert proof.largest == pytest.approx(1.0 if outside else 0.0, abs=1e-4)


def test_that_the_smallest_change_of_a_float_is_a_change():
    host, edited = scene(np.float32)
    pixels = host.copy()
    pixels[1, 0, 0] = np.nextafter(pixels[1, 0, 0], np.float32(np.inf))
    assert compare_untouched(host, pixels, edited).changed == 1


def test_that_not_a_number_equals_itself_and_nothing_else():
    host, edited = scene(np.float32)
    host[1, 3, 3] = np.nan
    assert compare_untouched(host, host.copy(), edited).changed == 0
    pixels = host.copy()
    pixels[1, 3, 3] = 0
    proof = compare_untouched(host, pixels, edited)
    assert (proof.changed, proof.largest) == (1, np.inf)


def test_that_minus_zero_is_another_bit_pattern():
    host, edited = scene(np.float32)
    host[1, 0, 0] = 0.0
    pixels = host.copy()
    pixels[1, 0, 0] = -0.0
    assert compare_untouched(host, pixels, edited).changed == 1


def test_that_memory_layout_does_not_matter():
    host, edited = scene(np.int16)
    assert compare_untouched(host, np.asfortranarray(host), edited).changed == 0


@pytest.mark.parametrize("wrong", [np.zeros((2, 40, 41), np.uint16), np.zeros((2, 40, 40))])
def test_that_other_grids_or_types_prove_nothing(wrong):
    host, edited = scene()
    with pytest.raises(ValueError, match="one grid"):
        compare_untouched(host, wrong, edited)
    with pytest.raises(ValueError, match="one grid"):
        compare_untouched(host, host, edited[:1])


def disc_scene(step, feather):
    """A smooth host, and a disc painted brighter with a soft edge of the given width, mm."""
    y, x = np.mgrid[:80, :80] * 1.0
    host = 100 + 30 * np.sin(x / 9) + 30 * np.cos(y / 7)
    radius = np.hypot(x - 40, y - 40)
    soft = np.clip((20 - radius) / feather, 0, 1) if feather else (radius < 20) * 1.0
    return host[None], (host + step * soft)[None], (radius < 20)[None]


def test_that_an_unchanged_picture_has_no_seam():
    host, _, edited = disc_scene(50, 3)
    assert seam_ratio(host, host.copy(), edited, (8, 1, 1)) == 1.0


def test_that_a_hard_edge_is_steeper_than_a_soft_one():
    hard = seam_ratio(*disc_scene(120, 0), (8, 1, 1))
    soft = seam_ratio(*disc_scene(120, 12), (8, 1, 1))
    faint = seam_ratio(*disc_scene(3, 12), (8, 1, 1))
    assert hard > soft > faint
    assert hard > 1.5
    assert faint == pytest.approx(1, abs=0.1)


def test_that_only_the_feather_is_looked_at():
    host, pixels, edited = disc_scene(0, 3)
    y, x = np.mgrid[:80, :80]
    pixels[0, np.hypot(x - 40, y - 40) < 12] += 500  # 8 mm inside
    assert seam_ratio(host, pixels, edited, (8, 1, 1)) == 1.0


def test_that_the_ratio_follows_the_gradient_across():
    """A ramp along x, made k times steeper: the ratio is k wherever the ring runs."""
    x = np.tile(np.arange(60.0), (60, 1))[None]
    edited = np.zeros((1, 60, 60), bool)
    edited[0, 20:40, 20:40] = True
    assert seam_ratio(x, 3 * x, edited, (8, 1, 1)) == pytest.approx(3.0)
    assert seam_ratio(x, 3 * x, edited, (8, 2.0, 0.5)) == pytest.approx(3.0)


def test_that_a_flat_host_makes_any_seam_infinite():
    flat = np.zeros((1, 40, 40))
    edited = np.zeros((1, 40, 40), bool)
    edited[0, 10:30, 10:30] = True
    painted = np.where(edited, 5.0, 0.0)
    assert seam_ratio(flat, painted, edited, (8, 1, 1)) == np.inf
    assert seam_ratio(flat, flat, edited, (8, 1, 1)) == 1.0
    assert seam_ratio(flat, painted, np.zeros_like(edited), (8, 1, 1)) == 1.0
