from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lgesynth_gui.core.greys import labelled_window
from lgesynth_gui.io.png import GAP, ORIGINAL, greys, marked, slice_png, word_box
from tests.io.results import host, result_on

SYNTHETIC = "SYNTHETIC"


def places(picture, box):
    """Where a box lies in a picture, pixel by pixel equal."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, box.shape)
    rows, columns = np.nonzero(windows[:, :, 0, 0] == box[0, 0])
    return [(r, c) for r, c in zip(rows, columns, strict=True) if (windows[r, c] == box).all()]


def ground(kind, shape=(200, 260)):
    noise = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    return {"black": noise * 0, "white": noise * 0 + 255, "noise": noise}[kind].astype(np.uint8)


@pytest.mark.parametrize("kind", ["black", "white", "noise"])
@pytest.mark.parametrize("corner", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_that_the_mark_is_found_once_off_the_heart_and_nothing_else_changed(kind, corner):
    picture = ground(kind)
    heart = np.ones(picture.shape, bool)
    box = word_box(SYNTHETIC, picture.shape)
    rows = np.s_[: box.shape[0]] if corner[0] == 0 else np.s_[-box.shape[0] :]
    columns = np.s_[: box.shape[1]] if corner[1] == 0 else np.s_[-box.shape[1] :]
    heart[rows, columns] = False
    out = marked(picture, SYNTHETIC, heart)
    ((row, column),) = places(out, box)
    changed = np.zeros(picture.shape, bool)
    changed[row : row + box.shape[0], column : column + box.shape[1]] = True
    assert not (changed & heart).any()
    np.testing.assert_array_equal(out[~changed], picture[~changed])


def test_that_a_heart_that_fills_the_picture_keeps_all_of_it():
    picture = ground("noise")
    out = marked(picture, SYNTHETIC, np.ones(picture.shape, bool))
    box = word_box(SYNTHETIC, picture.shape)
    assert places(out, box) == [(0, 0)]
    np.testing.assert_array_equal(out[box.shape[0] :, : picture.shape[1]], picture)


@pytest.mark.parametrize("height", [64, 200, 512, 1024])
def test_that_the_letters_take_three_percent_of_the_height_and_stand_out(height):
    box = word_box(SYNTHETIC, (height, height))
    inner = box[2:-2, 2:-2]
    rows = np.flatnonzero((inner > 200).any(axis=1))
    assert rows[-1] - rows[0] + 1 >= 0.03 * height
    assert set(np.unique(box[[0, -1]])) == {255}
    assert (inner == 0).mean() > 0.4


def opened(content):
    picture = Image.open(BytesIO(content))
    picture.load()
    return picture


@pytest.fixture(scope="module")
def drawn():
    series = host()
    result = result_on(series)
    window = labelled_window(series.pixels, result.requested)
    index = result.slices[1]
    content = slice_png(result, series, index, window, {"Synthetic": "YES", "Note": "Übung 心"})
    return series, result, window, index, content


def test_that_original_and_synthetic_share_one_window_and_differ_only_where_edited(drawn):
    series, result, window, index, content = drawn
    picture = np.asarray(opened(content))
    rows, columns = series.shape[1:]
    scale = picture.shape[0] // rows
    assert picture.shape == (rows * scale, 2 * columns * scale + GAP)
    left, right = picture[:, : columns * scale], picture[:, -columns * scale :]
    middle = np.s_[scale // 2 :: scale, scale // 2 :: scale]
    free = np.ones((rows, columns), bool)
    for word in (ORIGINAL, SYNTHETIC):
        high, wide = (-(-side // scale) for side in word_box(word, left.shape).shape)
        free[:high, :wide] = False
        free[-high:, :wide] = free[:high, -wide:] = free[-high:, -wide:] = False
    for pane, pixels in ((left, series.pixels), (right, result.pixels)):
        np.testing.assert_array_equal(pane[middle][free], greys(pixels[index], window)[free])
    unedited = free & ~result.edited[index]
    np.testing.assert_array_equal(left[middle][unedited], right[middle][unedited])


def test_that_both_panes_say_what_they_are(drawn):
    content = drawn[-1]
    picture = np.asarray(opened(content))
    pane = (picture.shape[0], (picture.shape[1] - GAP) // 2)
    ((_, column),) = places(picture, word_box(ORIGINAL, pane))
    assert column < pane[1]
    ((_, column),) = places(picture, word_box(SYNTHETIC, pane))
    assert column >= pane[1] + GAP


def test_that_the_text_comes_back(drawn):
    assert opened(drawn[-1]).text == {"Synthetic": "YES", "Note": "Übung 心"}


def test_that_the_same_slice_gives_the_same_bytes(drawn):
    series, result, window, index, content = drawn
    texts = {"Synthetic": "YES", "Note": "Übung 心"}
    assert slice_png(result, series, index, window, texts) == content


def test_that_unequal_spacing_is_evened_out():
    series = host()
    affine = series.geometry.affine.copy()
    affine[:3, 1] *= 2
    series = replace(series, geometry=type(series.geometry)(affine))
    picture = opened(slice_png(result_on(series), series, 3, (900.0, 2300.0), {}))
    rows, columns = series.shape[1:]
    assert picture.height / ((picture.width - GAP) / 2) == pytest.approx(2 * rows / columns, 0.01)


@given(st.floats(1e-3, 1e4), st.floats(-1e4, 1e4))
def test_that_the_window_runs_from_black_to_white_in_order(width, level):
    values = level + width * np.array([[-0.6, -0.5, -0.25, 0.0, 0.25, 0.5, 0.6]])
    shown = greys(values, (width, level))[0]
    assert (shown[0], shown[-1]) == (0, 255)
    assert (np.diff(shown.astype(int)) >= 0).all()
    assert abs(int(shown[3]) - 127) <= 2
