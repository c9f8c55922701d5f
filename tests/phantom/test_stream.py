from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.phantom.stream import STREAMS, TrainingSlice, slice_at, slices

COUNT = 40


@pytest.fixture(scope="module")
def drawn() -> list[TrainingSlice]:
    return list(slices("test", 7, COUNT))


def test_that_a_slice_is_the_same_alone_and_in_the_stream(drawn: list[TrainingSlice]) -> None:
    alone = slice_at("test", 7, 5)
    np.testing.assert_array_equal(alone.image, drawn[5].image)
    np.testing.assert_array_equal(alone.labels, drawn[5].labels)


def test_that_streams_and_seeds_never_share_a_slice() -> None:
    pictures = [slice_at(name, 1, 0).image for name in STREAMS] + [slice_at("test", 2, 0).image]
    for i, one in enumerate(pictures):
        assert not any(np.array_equal(one, other) for other in pictures[:i])


def test_that_an_unknown_stream_is_refused() -> None:
    with pytest.raises(LgeSynthError):
        slice_at("training", 0, 0)


def test_that_arrays_have_the_promised_shapes(drawn: list[TrainingSlice]) -> None:
    for one in drawn:
        assert one.image.shape == one.labels.shape == one.rv.shape == one.depth.shape == (128, 128)
        assert one.image.dtype == one.clean.dtype == one.depth.dtype == np.float32
        assert one.labels.dtype == np.uint8
        assert np.isfinite(one.image).all()
        assert np.isfinite(one.clean).all()
        assert set(np.unique(one.labels)) <= {0, 1, 2, 3, 4}


def test_that_depth_is_known_exactly_in_the_wall(drawn: list[TrainingSlice]) -> None:
    for one in drawn:
        wall = one.labels >= Label.MYOCARDIUM
        np.testing.assert_array_equal(np.isfinite(one.depth), wall)
        assert one.depth[wall].min() >= 0
        assert one.depth[wall].max() <= 1


def test_that_labels_follow_the_contours(drawn: list[TrainingSlice]) -> None:
    for one in drawn:
        wall = wall_of(one.contours, (128, 128), (1.0, 1.0))
        mine = one.labels >= Label.MYOCARDIUM
        dice = 2 * (mine & wall.mask).sum() / (mine.sum() + wall.mask.sum())
        assert dice > 0.95


def test_that_the_ventricle_is_centred(drawn: list[TrainingSlice]) -> None:
    for one in drawn:
        rows, columns = np.nonzero(one.labels)
        assert abs(rows.mean() - 63.5) < 4.2
        assert abs(columns.mean() - 63.5) < 4.2


def test_that_about_seven_in_ten_hold_scar() -> None:
    found = [bool((one.labels > 2).any()) for one in islice(slices("generator", 3), 100)]
    assert 0.55 < np.mean(found) < 0.85


def test_that_the_clean_slice_differs_only_near_the_scar(drawn: list[TrainingSlice]) -> None:
    for one in drawn:
        scar = one.labels > Label.MYOCARDIUM
        if not scar.any():
            np.testing.assert_array_equal(one.image, one.clean)
            continue
        change = np.abs(one.image - one.clean)
        assert change[scar].mean() > 4 * change[one.labels == 0].mean()


def test_that_scar_is_brighter_than_the_healthy_muscle_it_replaced() -> None:
    better = []
    for one in slices("generator", 11, 60):
        scar = one.labels == Label.SCAR
        if one.psir and scar.sum() > 60:
            better.append(one.image[scar].mean() > one.clean[scar].mean())
    assert len(better) >= 5
    assert all(better)


def test_that_the_right_ventricle_lies_outside_the_left(drawn: list[TrainingSlice]) -> None:
    assert not any((one.rv & (one.labels > 0)).any() for one in drawn)
    assert np.mean([one.rv.sum() for one in drawn]) > 200


@pytest.mark.parametrize("stream", ["generator", "judge"])
def test_that_every_labelled_scar_can_be_seen(stream: str) -> None:
    for one in slices(stream, 13, 30):
        scar = one.labels > Label.MYOCARDIUM
        if scar.any():
            low, high = np.percentile(one.clean, (1, 99))
            assert scar.sum() >= 12
            assert np.abs(one.image - one.clean)[scar].mean() > 0.08 * (high - low)


def test_that_a_slice_measured_again_differs_in_noise_only():
    first, other, third = (slice_at("test", 3, 1, again) for again in (0, 1, 2))
    assert (first.labels == other.labels).all()
    assert first.contours == other.contours
    change, further = other.image - first.image, third.image - first.image
    assert np.abs(change).max() > 0
    assert 0.3 < np.corrcoef(change.ravel(), further.ravel())[0, 1] < 0.7  # they share the first
    assert abs(change.mean()) < 0.1 * change.std()
    assert (slice_at("test", 3, 1).image == first.image).all()
