from __future__ import annotations

import numpy as np
import pytest

from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.phantom.sample import sample_study
from lgesynth_gui.phantom.study import PhantomStudy, make_study


@pytest.fixture(scope="module")
def sample() -> PhantomStudy:
    return sample_study()


def test_that_the_sample_heart_is_healthy_and_always_the_same(sample: PhantomStudy) -> None:
    assert sample.series.shape[0] == 10
    assert sample.labels.max() == Label.MYOCARDIUM
    assert sample.pattern == ""
    assert not sample.sketch.regions
    assert sample_study().series.pixels_sha256 == sample.series.pixels_sha256


def test_that_the_sample_heart_has_dark_muscle_and_bright_blood(sample: PhantomStudy) -> None:
    pixels = sample.series.pixels.astype(float)
    blood = np.median(pixels[sample.labels == Label.BLOOD])
    muscle = pixels[sample.labels == Label.MYOCARDIUM]
    assert blood > np.median(muscle) + 4 * muscle.std() / 3
    assert sample.series.signal is SignalKind.PSIR
    assert sample.series.intercept == -2048


def test_that_every_slice_has_accepted_contours_over_its_labels(sample: PhantomStudy) -> None:
    assert sample.contours.outlined() == tuple(range(10))
    for index, one in enumerate(sample.contours.slices):
        assert one is not None
        assert one.accepted
        rows, columns = np.nonzero(sample.labels[index])
        x, y = np.mean(one.epi, axis=0)
        assert columns.mean() * 1.4 == pytest.approx(x, abs=1.5)
        assert rows.mean() * 1.4 == pytest.approx(y, abs=1.5)


def test_that_the_stack_lies_like_a_short_axis_in_a_patient(sample: PhantomStudy) -> None:
    geometry = sample.series.geometry
    assert geometry.spacing == pytest.approx((10.0, 1.4, 1.4))
    assert geometry.thickness_mm == 8.0
    steps = geometry.affine[:3, :3] / np.array(geometry.spacing)
    np.testing.assert_allclose(steps.T @ steps, np.eye(3), atol=1e-12)
    apexward = steps[:, 0]
    assert apexward[0] > 0  # left
    assert apexward[1] < 0  # forward
    assert apexward[2] < 0  # down
    assert steps[2, 1] < -0.5  # rows run towards the feet
    assert np.dot(np.cross(steps[:, 2], steps[:, 1]), apexward) < 0  # seen from the apex


def test_that_the_right_ventricle_lies_at_the_image_left(sample: PhantomStudy) -> None:
    for index in range(3):
        assert np.nonzero(sample.rv[index])[1].mean() < np.nonzero(sample.labels[index])[1].mean()


@pytest.mark.parametrize("pattern", ["ischaemic_transmural", "any"])
def test_that_a_pattern_leaves_scar_in_the_labels(pattern: str) -> None:
    study = make_study(np.random.default_rng(4), pattern=pattern, matrix=(160, 160))
    assert (study.labels == Label.SCAR).any()
    assert study.sketch.slices()
    scarred = {int(i) for i in np.unique(np.nonzero(study.labels > Label.MYOCARDIUM)[0])}
    assert scarred <= set(study.sketch.slices())
