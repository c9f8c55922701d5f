from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.phantom.acquisition import acquire, draw_acquisition
from lgesynth_gui.phantom.tissue import TYPICAL, draw_tissue


@pytest.mark.parametrize("psir", [True, False])
def test_that_noise_has_the_deviation_the_contrast_demands(psir: bool) -> None:
    rng = np.random.default_rng(5)
    tissue = draw_tissue(rng, amyloid=False)
    how = replace(
        draw_acquisition(rng, TYPICAL, psir=psir),
        shading=0.0,
        partial=0.0,
        ghosts=(),
        scale=1.0,
        offset=0.0,
        cnr=20.0,
        tone=1.0,
        lung_noise=1.0,
        filter_mm=0.9,
        blur_mm=1.2,
    )
    flat = np.full((256, 256), 0.5, dtype=np.float32)
    (image,) = acquire((flat,), 0.5, (128, 128), how, tissue, rng)
    expected = abs(tissue.scar - tissue.muscle) / 20
    assert image.std() == pytest.approx(expected, rel=0.1)
    assert image.mean() == pytest.approx(0.5, abs=0.01)


def test_that_magnitude_noise_is_rician_where_there_is_no_signal() -> None:
    rng = np.random.default_rng(6)
    tissue = draw_tissue(rng)
    how = replace(
        draw_acquisition(rng, TYPICAL, psir=False),
        shading=0.0,
        partial=0.0,
        ghosts=(),
        scale=1.0,
        cnr=10.0,
        tone=1.0,
        lung_noise=1.0,
    )
    (image,) = acquire((np.zeros((256, 256), np.float32),), 0.5, (128, 128), how, tissue, rng)
    sigma = abs(tissue.scar - tissue.muscle) / 10
    assert image.min() >= 0
    assert image.mean() == pytest.approx(sigma * np.sqrt(np.pi / 2), rel=0.1)


def test_that_versions_of_a_slice_share_noise_and_shading() -> None:
    rng = np.random.default_rng(7)
    how = draw_acquisition(rng, TYPICAL, psir=True)
    picture = rng.random((256, 256)).astype(np.float32)
    one, other = acquire((picture, picture.copy()), 0.5, (128, 128), how, draw_tissue(rng), rng)
    np.testing.assert_array_equal(one, other)


def test_that_motion_blurs_the_picture_but_not_the_noise_and_the_filter_both() -> None:
    rng = np.random.default_rng(8)
    tissue = draw_tissue(rng, amyloid=False)
    sharp = replace(
        draw_acquisition(rng, TYPICAL, psir=True),
        pixel_mm=(1.0, 1.0),
        window=0.0,
        partial=0.0,
        shading=0.0,
        ghosts=(),
        lung_noise=1.0,
        scale=1.0,
        offset=0.0,
        cnr=1e6,
        filter_mm=0.0,
        blur_mm=0.0,
    )
    step = np.zeros((256, 256), dtype=np.float32)
    step[:, 64:192] = 1.0
    flat = np.zeros_like(step)

    def slope(**how: float) -> float:
        (image,) = acquire(
            (step,), 0.5, (128, 128), replace(sharp, **how), tissue, np.random.default_rng(1)
        )
        return float(np.abs(np.diff(image[64])).max())

    def neighbours(**how: float) -> float:
        loud = replace(sharp, cnr=5.0, **how)
        (image,) = acquire((flat,), 0.5, (128, 128), loud, tissue, np.random.default_rng(1))
        return float(np.corrcoef(image[:, 1:].ravel(), image[:, :-1].ravel())[0, 1])

    assert slope(blur_mm=1.5) == pytest.approx(1 / (1.5 * np.sqrt(2 * np.pi)), rel=0.1)
    assert slope(filter_mm=1.5) == pytest.approx(slope(blur_mm=1.5), rel=0.02)
    assert abs(neighbours(blur_mm=1.5)) < 0.1
    assert neighbours(filter_mm=1.5) > 0.7
