"""Where only the geometry of a stack is bad, its slices can be loaded by themselves."""

import numpy as np
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.series import SliceOrder
from lgesynth_gui.io import load, open_path
from lgesynth_gui.io.series_info import Parts
from tests.io.dicoms import (
    APEXWARD,
    BASE,
    DOWN,
    RIGHT,
    dataset,
    pixels_of,
    places,
    save,
    write_stack,
)


def only(path):
    (info,) = open_path(path)
    return info


def moved(count, index, by):
    at = places(count)
    at[index] = at[index] + np.asarray(by)
    return at


@pytest.mark.parametrize(
    ("at", "code", "run"),
    [
        (moved(7, 1, 2.0 * APEXWARD), "GEO-04", (3, 7)),
        (moved(7, 5, 5.0 * RIGHT), "GEO-06", (1, 5)),
        ([BASE + k * APEXWARD for k in (0, 8, 16, 40, 48, 80, 88, 120)], "GEO-05", (1, 3)),
        ([BASE + k * APEXWARD for k in (0, 5, 19, 22)], "GEO-05", None),
        (places(4, step=41.0), "GEO-02", None),
        (places(4, step=0.09), "GEO-02", None),
    ],
)
def test_that_the_refusal_offers_the_longest_even_part_and_each_slice(tmp_path, at, code, run):
    count = len(at)
    pixels = pixels_of(count)
    write_stack(tmp_path / "s", pixels, at)
    info = only(tmp_path / "s")
    assert (info.usable, info.refused.code, info.kind_of_parts) == (False, code, Parts.SLICES)
    assert info.reason.endswith(f"Open its slices separately, or export the series again. ({code})")
    assert info.phases == 0
    with pytest.raises(Refused):
        load(info)
    parts = list(info.parts)
    if run:
        first, last = run
        even = load(parts.pop(0))
        assert even.label == f"Series 7, slices {first} to {last} of {count}"
        np.testing.assert_array_equal(even.pixels, pixels[first - 1 : last])
        np.testing.assert_allclose(even.geometry.position(0), at[first - 1], atol=1e-3)
        assert any("the others do not lie evenly" in note for note in even.notes)
        assert even.order is SliceOrder.PLACE
    assert len(parts) == count
    for number, part in enumerate(parts):
        one = load(part)
        assert one.label == f"Series 7, slice {number + 1} of {count}"
        assert one.shape[0] == 1
        np.testing.assert_array_equal(one.pixels[0], pixels[number])
        np.testing.assert_allclose(one.geometry.position(0), at[number], atol=1e-3)
        assert one.spacing == pytest.approx((8, 1.5, 1.25))
        assert any("do not lie evenly" in note for note in one.notes)


def test_that_slices_without_places_can_be_opened_in_the_order_of_their_numbers(tmp_path):
    pixels = pixels_of(3)
    write_stack(
        tmp_path / "s", pixels, ImagePositionPatient=None,
        change=lambda i, ds: setattr(ds, "InstanceNumber", i + 1),
    )  # fmt: skip
    info = only(tmp_path / "s")
    assert info.refused.code == "GEO-01"
    for number in (1, 2, 3):
        one = load(info.part(number))
        np.testing.assert_array_equal(one.pixels[0], pixels[number - 1])
        assert not one.geometry.known


def test_that_nothing_is_offered_where_the_slices_are_bad_themselves(tmp_path):
    write_stack(tmp_path / "s", pixels_of(3), moved(3, 1, APEXWARD * 3), PixelSpacing=[0, 0])
    info = only(tmp_path / "s")
    assert (info.refused.code, info.parts, info.kind_of_parts) == ("GEO-02", (), Parts.NONE)
    assert "separately" not in info.reason


def test_that_crossing_slices_are_series_of_their_own(tmp_path):
    """A radial set: each slice turned about the axis of the heart."""
    folder = tmp_path / "s"
    folder.mkdir()
    for k, angle in enumerate(np.linspace(0, np.pi, 6, endpoint=False)):
        across = np.cos(angle) * RIGHT + np.sin(angle) * DOWN
        ds = dataset(pixels_of(1, seed=k)[0], BASE, orientation=[*across, *APEXWARD])
        save(folder / str(k), ds)
    infos = open_path(folder)
    assert [(info.usable, info.slices) for info in infos] == [(True, 1)] * 6
    assert all("one of 6 slice directions" in info.reason for info in infos)


def test_that_a_tilted_slice_stays_out_of_the_stack(tmp_path):
    tilt = 0.02
    tilted = np.cos(tilt) * DOWN + np.sin(tilt) * APEXWARD
    pixels = pixels_of(6)

    def change(i, ds):
        if i == 5:
            ds.ImageOrientationPatient = [f"{value:.10f}" for value in (*RIGHT, *tilted)]

    write_stack(tmp_path / "s", pixels, change=change)
    stack, alone = open_path(tmp_path / "s")
    assert (stack.slices, alone.slices) == (5, 1)
    np.testing.assert_array_equal(load(stack).pixels, pixels[:5])
    np.testing.assert_array_equal(load(alone).pixels, pixels[5:])


def test_that_a_long_uneven_stack_is_told_apart_in_time_and_in_order(tmp_path):
    rng = np.random.default_rng(3)
    steps = np.cumsum(rng.uniform(3, 12, 60))
    write_stack(tmp_path / "s", pixels_of(60, (8, 8)), [BASE + k * APEXWARD for k in steps])
    info = only(tmp_path / "s")
    assert info.refused is not None
    singles = [one for one in info.parts if one.slices == 1]
    assert len(singles) == 60
    ends = [one.recipe.geometry.position(0) @ APEXWARD for one in singles]
    assert ends == sorted(ends)
