"""Intervals against scipy's, and what resampling whole patients must do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lgesynth_gui.quality.interval import Z95, bootstrap, wilson


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_that_wilson_is_scipys(pair):
    hits, total = pair
    theirs = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
    assert wilson(hits, total) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_that_wilson_gives_the_published_intervals_of_149_images():
    """The pass rates of 53, 27 and 18 of 149, to the printed digit."""
    for hits, printed in ((53, (28.3, 43.5)), (27, (12.8, 25.1)), (18, (7.8, 18.3))):
        assert [round(100 * end, 1) for end in wilson(hits, 149)] == list(printed)


def test_that_the_ends_of_wilson_are_where_the_score_test_is_at_its_limit():
    for end in wilson(7, 31):
        assert abs(7 / 31 - end) / np.sqrt(end * (1 - end) / 31) == pytest.approx(Z95)


def test_that_nothing_tried_means_nothing_known():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 9)[0] == 0.0
    assert wilson(9, 9)[1] == 1.0


@pytest.mark.parametrize("pair", [(-1, 3), (4, 3)])
def test_that_more_hits_than_trials_are_no_proportion(pair):
    with pytest.raises(ValueError, match="no proportion"):
        wilson(*pair)


def test_that_the_bootstrap_agrees_with_scipys():
    values = np.random.default_rng(0).gamma(2, 1, 80)
    rng = np.random.default_rng(1)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=4000, method="percentile", rng=rng
    ).confidence_interval
    mine = bootstrap(values, np.random.default_rng(2), draws=4000)
    assert mine == pytest.approx((theirs.low, theirs.high), abs=0.04)


def test_that_slices_of_one_patient_count_as_one():
    """Ten copies of each value make the interval no narrower when they share a patient."""
    values = np.random.default_rng(3).normal(0, 1, 30)
    alone = np.ptp(bootstrap(values, np.random.default_rng(4)))
    many = np.repeat(values, 10)
    groups = np.repeat(np.arange(30), 10).tolist()
    together = np.ptp(bootstrap(many, np.random.default_rng(4), groups))
    assert together == pytest.approx(alone, rel=0.1)
    assert np.ptp(bootstrap(many, np.random.default_rng(4))) < 0.5 * alone


def test_that_the_mean_and_a_given_statistic_draw_the_same_patients():
    values = np.random.default_rng(5).normal(0, 1, 25)
    groups = [f"p{k % 7}" for k in range(25)]
    fast = bootstrap(values, np.random.default_rng(6), groups)
    slow = bootstrap(values, np.random.default_rng(6), groups, lambda a: float(a.mean()))
    assert fast == pytest.approx(slow)


def test_that_the_same_generator_gives_the_same_interval():
    values = [0.1, 0.5, 0.9, 0.3]
    assert bootstrap(values, np.random.default_rng(7)) == bootstrap(
        values, np.random.default_rng(7)
    )
    assert bootstrap([0.4] * 5, np.random.default_rng(8)) == pytest.approx((0.4, 0.4))


@pytest.mark.parametrize(("values", "groups"), [([], None), ([1.0, 2.0], ["a"])])
def test_that_a_bootstrap_needs_values_and_a_group_for_each(values, groups):
    with pytest.raises(ValueError, match="needs values"):
        bootstrap(values, np.random.default_rng(0), groups)
