"""Overlap and surface distance against MONAI's and SimpleITK's."""

import warnings

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lgesynth_gui.quality.overlap import (
    area_ratio,
    centre_of_mass,
    centroid_distance,
    dice,
    hd95,
    surface_distances,
)

SPACING = (1.4, 0.9)


def blob(seed, shape=(48, 40)):
    """A smooth random shape away from the picture's edge."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 4)
    noise[:6], noise[-6:], noise[:, :6], noise[:, -6:] = -9, -9, -9, -9
    return noise > np.quantile(noise, 0.9)


@pytest.fixture(scope="module")
def monai_metrics():
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from monai import metrics

    def tensor(mask):
        return torch.from_numpy(np.stack([~mask, mask])[None].astype(np.float32))

    def measured(first, second):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            overlap = metrics.compute_dice(tensor(first), tensor(second), include_background=False)
            distance = metrics.compute_hausdorff_distance(
                tensor(first), tensor(second), percentile=95, spacing=list(SPACING)
            )
        return float(overlap), float(distance)

    return measured


def test_that_dice_and_hd95_are_monais(monai_metrics):
    for seed in range(8):
        first, second = blob(seed), blob(seed + 100)
        overlap, distance = monai_metrics(first, second)
        assert dice(first, second) == pytest.approx(overlap, abs=1e-6)
        assert hd95(first, second, SPACING) == pytest.approx(distance, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_that_dice_is_simpleitks(a, b):
    first, second = blob(a), blob(b)
    images = [SimpleITK.GetImageFromArray(one.astype(np.uint8)) for one in (first, second)]
    overlap = SimpleITK.LabelOverlapMeasuresImageFilter()
    overlap.Execute(*images)
    assert dice(first, second) == pytest.approx(overlap.GetDiceCoefficient())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_that_the_centre_is_simpleitks(seed):
    image = SimpleITK.GetImageFromArray(blob(seed).astype(np.uint8))
    image.SetSpacing(SPACING[::-1])
    shape = SimpleITK.LabelShapeStatisticsImageFilter()
    shape.Execute(image)
    assert centre_of_mass(blob(seed), SPACING)[::-1] == pytest.approx(shape.GetCentroid(1))


@given(st.integers(0, 10**6), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_that_agreement_does_not_depend_on_who_comes_first(a, b):
    first, second = blob(a), blob(b)
    assert dice(first, second) == dice(second, first)
    assert hd95(first, second, SPACING) == hd95(second, first, SPACING)
    assert 0 <= dice(first, second) <= 1
    assert dice(first, first) == 1
    assert hd95(first, first, SPACING) == 0


def test_that_a_shifted_square_is_as_far_as_it_was_shifted():
    first = np.zeros((30, 30), bool)
    first[10:20, 10:20] = True
    second = np.roll(first, 3, axis=1)
    assert centroid_distance(first, second, (1.0, 2.0)) == pytest.approx(6.0)
    there, back = surface_distances(first, second, (1.0, 2.0))
    assert max(there.max(), back.max()) == pytest.approx(6.0)
    assert len(there) == len(back) == 36  # the outline of a 10 x 10 square


def test_that_empty_masks_have_their_agreed_figures():
    none, some = np.zeros((20, 20), bool), np.zeros((20, 20), bool)
    some[3:6, 3:6] = True
    wall = np.zeros((20, 20), bool)
    wall[2:14, 2:11] = True
    assert dice(none, none) == 1.0
    assert dice(none, some) == 0.0
    assert hd95(none, none, (1, 1)) == 0.0
    assert hd95(none, some, (1, 1), wall) == pytest.approx(np.hypot(12, 9))
    assert hd95(some, none, (1, 1), wall) == hd95(none, some, (1, 1), wall)
    assert centroid_distance(none, none, (1, 1)) == 0.0
    assert centroid_distance(none, some, (1, 1)) == np.inf
    assert area_ratio(some, none) == np.inf
    assert area_ratio(none, none) == 1.0
    assert area_ratio(none, some) == 0.0
