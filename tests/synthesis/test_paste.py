import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.segmentation.crop import Crop
from lgesynth_gui.synthesis.paste import feather, paste


def scene(spacing, seed=0, dtype=np.uint16):
    rng = np.random.default_rng(seed)
    shape = tuple(int(160 / mm) for mm in spacing)
    native = rng.integers(0, 4000, shape).astype(dtype)
    hole = np.zeros(shape, bool)
    rows, columns = (int(80 / mm) for mm in spacing)
    hole[rows - 8 : rows + 5, columns - 3 : columns + 9] = True
    return native, hole, Crop((79.3, 80.6), spacing), rng


@settings(max_examples=20, deadline=None)
@given(
    st.floats(0.7, 2.2), st.floats(0.7, 2.2), st.floats(2, 4), st.integers(0, 99),
    st.sampled_from([np.uint8, np.int16, np.uint16, np.float32]),
)  # fmt: skip
def test_that_pixels_outside_the_feather_equal_the_host_exactly(rows, columns, width, seed, dtype):
    native, hole, crop, rng = scene((rows, columns), seed, dtype)
    share = feather(hole, crop.spacing, width)
    change = rng.normal(0, 1, (128, 128))
    out, edited = paste(native, change, share, crop, (0.0, 100.0))
    assert out.dtype == native.dtype
    assert (out[~edited] == native[~edited]).all()
    assert (edited <= (share > 0)).all()
    assert edited[hole].all()


def test_that_the_feather_is_half_a_cosine():
    hole = np.zeros((1, 9), bool)
    hole[0, 0] = True
    share = feather(hole, (1.0, 1.0), 4.0)[0]
    expected = [0.5 * (1 + np.cos(np.pi * d / 4)) for d in range(4)]
    assert share[:4] == pytest.approx(expected)
    assert (share[4:] == 0).all()


def test_that_no_change_gives_the_host_back():
    native, hole, crop, _ = scene((1.4, 1.4))
    out, _ = paste(native, np.zeros((128, 128)), feather(hole, (1.4, 1.4), 3), crop, (0, 50))
    assert (out == native).all()


def test_that_a_constant_change_arrives_in_scanner_units_inside_the_hole():
    native, hole, crop, _ = scene((1.3, 1.1), dtype=np.float32)
    out, _ = paste(native, np.ones((128, 128)), feather(hole, (1.3, 1.1), 3), crop, (100.0, 300.0))
    assert (out - native)[hole] == pytest.approx(100.0, abs=1e-2)


def test_that_whole_numbers_are_rounded_half_to_even_and_stay_in_range():
    native = np.array([[0, 1, 250, 255]] * 4, np.uint8)
    crop = Crop((1.5, 1.5), (1.0, 1.0))
    half, whole = np.full((4, 4), 0.5), np.ones((4, 4))
    out, _ = paste(native, np.ones((128, 128)), half, crop, (0.0, 2.0))  # each 0.5 more
    assert out[0].tolist() == [0, 2, 250, 255]
    out, _ = paste(native, np.full((128, 128), -3.0), whole, crop, (0.0, 2.0))
    assert out[0].tolist() == [0, 0, 247, 252]
