from __future__ import annotations

from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.phantom.signal import (
    magnitude,
    null_time,
    signal,
    train_null_time,
    train_signal,
)

TISSUES = (450, 300, 380, 260, 700)
VECTORS = {
    306.66: (0.0000, 0.2813, 0.1122, 0.3854, -0.2204),
    266.66: (-0.0930, 0.1788, 0.0137, 0.2832, -0.2922),
    346.66: (0.0851, 0.3710, 0.2009, 0.4730, -0.1527),
}


@pytest.mark.parametrize("ti", VECTORS)
def test_that_signals_match_the_printed_vectors(ti: float) -> None:
    for t1, expected in zip(TISSUES, VECTORS[ti], strict=True):
        assert signal(t1, ti, 2000) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize(
    ("t1", "tr", "ideal", "train"),
    [
        (450, 1700, 301.7, 276.1),
        (450, 2000, 306.7, 281.0),
        (540, 1700, 351.6, 325.8),
        (540, 2000, 361.2, 335.2),
    ],
)
def test_that_null_points_match(t1: float, tr: float, ideal: float, train: float) -> None:
    assert null_time(t1, tr) == pytest.approx(ideal, abs=0.06)
    assert train_null_time(t1, tr) == pytest.approx(train, abs=0.06)


def test_that_the_train_shows_the_printed_magnetisation() -> None:
    ti = train_null_time(450, 2000)
    for t1, expected in zip(TISSUES, (0, 0.164, 0.065, 0.227, -0.128), strict=True):
        assert train_signal(t1, ti, 2000) == pytest.approx(expected, abs=6e-4)


def test_that_an_imperfect_inversion_leaves_muscle_bright() -> None:
    assert signal(450, 306.66, 2000, 0.95) == pytest.approx(0.0244, abs=6e-5)


def test_that_ln2_t1_is_only_the_limit_of_an_endless_tr() -> None:
    assert null_time(450, 1e6) == pytest.approx(450 * log(2), abs=1e-6)
    assert null_time(450, 2000) < 450 * log(2) - 4


@settings(max_examples=40)
@given(st.floats(150, 1500), st.floats(50, 700), st.floats(900, 4000), st.floats(0.8, 1))
def test_that_signal_grows_with_time_and_magnitude_loses_only_the_sign(
    t1: float, ti: float, tr: float, f: float
) -> None:
    assert signal(t1, ti, tr, f) < signal(t1, ti + 10, tr, f)
    assert magnitude(t1, ti, tr, f) == abs(signal(t1, ti, tr, f))
    assert signal(t1, null_time(t1, tr, f), tr, f) == pytest.approx(0, abs=1e-9)


def test_that_impossible_times_are_refused() -> None:
    with pytest.raises(LgeSynthError):
        signal(-1, 300, 2000)
    with pytest.raises(LgeSynthError):
        train_signal(450, 20, 2000)
