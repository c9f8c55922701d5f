"""The co-judge needs no network: thresholds inside the known wall."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.phantom.sample import sample_patient
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.quality.co_judge import co_judge, remote_of
from tests.quality import rings

ALL = (0, 1, 2)


def read(pixels, labels, slices=ALL, **options):
    return co_judge(pixels, labels, rings.SPACING, slices, **options)


def test_that_a_bright_scar_where_it_was_drawn_convinces():
    labels = rings.labels_of()
    found = read(rings.picture_of(labels, np.random.default_rng(0)), labels)
    assert found.agrees
    assert found.drawn_share > 0.99
    assert found.remote_share < 0.02
    assert found.dice > 0.95
    assert found.fwhm_dice > 0.95


def test_that_a_scar_somewhere_else_does_not():
    asked, painted = rings.labels_of(arc=(20, 80)), rings.labels_of(arc=(200, 260))
    found = read(rings.picture_of(painted, np.random.default_rng(1)), asked)
    assert not found.agrees
    assert found.drawn_share < 0.1
    assert found.dice < 0.1


def test_that_a_faint_scar_does_not():
    labels = rings.labels_of()
    found = read(rings.picture_of(labels, np.random.default_rng(2), bright=20), labels)
    assert not found.agrees


def test_that_a_dark_core_is_not_asked_to_be_bright():
    labels = rings.labels_of(core=True)
    assert (labels == 4).any()
    found = read(rings.picture_of(labels, np.random.default_rng(3)), labels)
    assert found.agrees
    assert found.drawn == (labels == 3).sum()
    assert found.dice > 0.95


def test_that_bright_islands_in_remote_muscle_are_noticed():
    labels = rings.labels_of(scarred=(0,), arc=(20, 50))
    pixels = rings.picture_of(labels, np.random.default_rng(4))
    remote = np.argwhere(remote_of(labels[0]))
    for k in range(7):
        row, column = remote[(k * len(remote)) // 7]
        pixels[0, row : row + 3, column : column + 3] = 900
    found = read(pixels, labels, (0,))
    assert found.remote_share > 0.05
    assert not found.agrees


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 30), st.floats(-5000, 5000), st.integers(0, 100))
def test_that_the_units_of_the_values_do_not_matter(slope, offset, seed):
    labels = rings.labels_of()
    plain = rings.picture_of(labels, np.random.default_rng(seed)).astype(np.float64)
    first = read(plain, labels, signal=SignalKind.MAGNITUDE)
    other = read(plain * slope + offset, labels, signal=SignalKind.MAGNITUDE, zero=offset)
    assert other == first


def test_that_phase_sensitive_pictures_need_no_zero():
    """With negative muscle half of the maximum says nothing; half-way from the muscle does."""
    labels = rings.labels_of()
    pixels = rings.picture_of(labels, np.random.default_rng(5)).astype(np.float32) - 2000
    assert read(pixels, labels, signal=SignalKind.PSIR).fwhm_dice > 0.95
    assert read(pixels, labels, signal=SignalKind.MAGNITUDE).fwhm_dice < 0.5


def test_that_each_slice_has_its_own_threshold():
    labels = rings.labels_of()
    pixels = rings.picture_of(labels, np.random.default_rng(6)).astype(np.float64)
    pixels *= np.array([1.0, 4.0, 9.0])[:, None, None]
    assert read(pixels, labels).agrees


def test_that_without_scar_only_the_muscle_is_looked_at():
    labels = rings.labels_of(scarred=())
    found = read(rings.picture_of(labels, np.random.default_rng(7)), labels)
    assert found.agrees
    assert found.drawn == 0
    assert found.fwhm_dice is None
    assert found.remote == sum(remote_of(one).sum() for one in labels) > 1000


def test_that_a_constant_picture_convinces_nobody():
    labels = rings.labels_of()
    for asked in (labels, rings.without_scar(labels)):
        found = read(np.full(rings.SHAPE, 300, np.uint16), asked)
        assert found.flat
        assert not found.agrees


def test_that_a_wall_full_of_scar_leaves_nothing_to_compare_with():
    labels = rings.labels_of(arc=(0, 360))
    found = read(rings.picture_of(labels, np.random.default_rng(8)), labels)
    assert found.lost
    assert not found.agrees
    assert found.dice is None


def test_that_remote_muscle_keeps_three_pixels_from_the_scar():
    labels = rings.labels_of()[0]
    remote, scar = np.argwhere(remote_of(labels)), np.argwhere(labels >= 3)
    gaps = np.abs(remote[:, None] - scar).max(axis=2)
    assert gaps.min() == 4
    assert not (remote_of(labels) & ~ndimage.binary_erosion(labels >= 2, np.ones((3, 3)))).any()


def test_that_blood_at_the_rim_does_not_hide_a_scar():
    """Blurred by the scanner, the inner rim is half blood: the scar must be seen all the same."""
    labels = rings.labels_of()
    sharp = rings.picture_of(labels, np.random.default_rng(9), bright=350).astype(np.float64)
    blurred = ndimage.gaussian_filter(sharp, (0, 1.0, 1.0))
    found = read(blurred, labels)
    assert found.agrees
    rim = (labels[0] == 2) & ~remote_of(labels[0]) & (labels[0] >= 2)
    assert blurred[0][rim].std() > 2 * blurred[0][remote_of(labels[0])].std()


def test_that_a_thin_wall_keeps_its_rim():
    labels = rings.labels_of(scarred=())[0]
    y, x = np.mgrid[:72, :72]
    labels[np.hypot(x - 36, y - 36) < 22] = 1  # 2 pixels of wall are left
    assert (remote_of(labels) == (labels == 2)).all()


@pytest.mark.parametrize("seed", [1, 2, 4])  # with large enough scars to read
def test_that_it_sees_the_scar_of_a_simulated_study_of_typical_contrast(seed):
    study = make_study(
        np.random.default_rng(seed), pattern="ischaemic_transmural", patient=sample_patient()
    )
    slices = [i for i, one in enumerate(study.labels) if (one == 3).sum() * 1.96 > 100]
    series = study.series
    found = co_judge(
        series.pixels, study.labels, series.spacing, slices, series.signal, -series.intercept
    )
    assert found.dice > 0.7
    assert found.agrees
