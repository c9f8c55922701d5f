"""Exact intervals, areas under curves and kappas against scipy, brute force and print."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lgesynth_gui.quality.exact import clopper_pearson
from lgesynth_gui.quality.kappa import cohen_kappa, fleiss_kappa
from lgesynth_gui.quality.roc import auc, auc_interval, delong_variance, newcombe

RATINGS = st.lists(st.integers(1, 5), min_size=2, max_size=40)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_that_the_exact_interval_is_scipys(pair):
    hits, total = pair
    theirs = stats.binomtest(hits, total).proportion_ci(0.95, method="exact")
    assert clopper_pearson(hits, total) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_that_the_ends_of_the_exact_interval_leave_a_fortieth_in_each_tail():
    low, high = clopper_pearson(31, 50)
    assert stats.binom.sf(30, 50, low) == pytest.approx(0.025)
    assert stats.binom.cdf(31, 50, high) == pytest.approx(0.025)


@pytest.mark.parametrize("arguments", [(-1, 3), (4, 3), (1, 3, 1.0)])
def test_that_nonsense_has_no_exact_interval(arguments):
    with pytest.raises(ValueError, match="no "):
        clopper_pearson(*arguments)
    assert clopper_pearson(0, 0) == (0.0, 1.0)


def pairs_won(negatives, positives):
    """The kernel of DeLong's paper: 1 where the positive is above, a half where they tie."""
    a, b = np.asarray(negatives), np.asarray(positives)
    return (b[None, :] > a[:, None]) + 0.5 * (b[None, :] == a[:, None])


@given(RATINGS, RATINGS)
def test_that_the_area_counts_won_pairs_and_its_variance_is_that_of_the_paper(low, high):
    won = pairs_won(low, high)
    assert auc(low, high) == pytest.approx(won.mean())
    theirs = stats.mannwhitneyu(high, low).statistic / (len(low) * len(high))
    assert auc(low, high) == pytest.approx(theirs)
    paper = won.mean(axis=1).var(ddof=1) / len(low) + won.mean(axis=0).var(ddof=1) / len(high)
    assert delong_variance(low, high) == pytest.approx(paper, abs=1e-12)
    below, above = auc_interval(low, high)
    assert 0.0 <= below <= auc(low, high) <= above <= 1.0


@given(RATINGS, RATINGS)
def test_that_kinds_named_the_other_way_round_turn_the_interval_over(low, high):
    below, above = auc_interval(low, high)
    assert auc_interval(high, low) == pytest.approx((1 - above, 1 - below), abs=1e-9)


def test_that_the_interval_holds_the_true_area_about_as_often_as_it_says():
    """Two normal readers, 25 of either kind; true area Phi(d / sqrt 2)."""
    rng, shift = np.random.default_rng(3), 0.9
    truth, held = stats.norm.cdf(shift / np.sqrt(2)), 0
    for _ in range(1500):
        low, high = auc_interval(rng.normal(0, 1, 25), rng.normal(shift, 1, 25))
        held += low <= truth <= high
    assert 0.925 < held / 1500 < 0.975


def test_that_kinds_that_never_overlap_still_have_an_interval():
    low, high = auc_interval([1, 1, 2] * 8, [4, 5, 5] * 8)
    assert high == 1.0
    assert 0.85 < low < 0.95, "24 against 24 do not prove more"
    assert newcombe(0.0, 24, 24) == pytest.approx((1 - high, 1 - low))
    wide, narrow = newcombe(1.0, 5, 5)[0], newcombe(1.0, 500, 500)[0]
    assert wide < low < narrow


def test_that_an_area_needs_both_kinds():
    with pytest.raises(ValueError, match="both kinds"):
        auc([], [1.0])
    with pytest.raises(ValueError, match="two ratings"):
        auc_interval([1.0], [1.0, 2.0])


def test_that_two_readers_agree_as_in_the_textbook():
    """20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: kappa 0.4."""
    first = [1] * 25 + [0] * 25
    second = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)


def test_that_several_readers_agree_as_fleiss_printed():
    """Ten cases, fourteen readers, five classes: kappa 0.210."""
    rows = """0 0 0 0 14  0 2 6 4 2  0 0 3 5 6  0 3 9 2 0  2 2 8 1 1
              7 7 0 0 0  3 2 6 3 0  2 5 3 2 2  6 5 2 1 0  0 2 2 3 7"""
    counts = np.array(rows.split(), dtype=np.int64).reshape(10, 5)
    assert fleiss_kappa(counts) == pytest.approx(0.210, abs=5e-4)


def test_that_agreement_is_one_when_all_agree_and_near_nothing_by_chance():
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 2, 4000), rng.integers(0, 2, 4000)
    assert cohen_kappa(a, a) == 1.0
    assert abs(cohen_kappa(a, b)) < 0.05
    assert cohen_kappa([1, 1], [1, 1]) == 1.0
    assert np.isnan(cohen_kappa([], []))
    counts = np.stack([np.bincount([x, y], minlength=2) for x, y in zip(a, b, strict=True)])
    assert abs(fleiss_kappa(counts)) < 0.05
    assert fleiss_kappa(np.array([[3, 0], [0, 3]])) == 1.0
    with pytest.raises(ValueError, match="same readers"):
        fleiss_kappa(np.array([[2, 1], [1, 1]]))
    with pytest.raises(ValueError, match="same cases"):
        cohen_kappa([1], [1, 2])
