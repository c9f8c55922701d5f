from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lgesynth_gui.quality.paired import holm, mcnemar_exact, paired_difference, repeated_difference

PROBABILITIES = st.lists(st.floats(0, 1), min_size=1, max_size=5)


@given(st.integers(0, 40), st.integers(0, 40))
def test_that_mcnemar_is_the_binomial_test_of_the_disagreements(fixed, broken):
    found = mcnemar_exact(fixed, broken)
    if fixed + broken:
        assert found == pytest.approx(stats.binomtest(fixed, fixed + broken, 0.5).pvalue)
    else:
        assert found == 1


def test_that_the_papers_best_case_is_as_computed():
    assert mcnemar_exact(10, 4) == pytest.approx(0.18, abs=0.005)
    assert mcnemar_exact(10, 2) == pytest.approx(0.039, abs=0.0005)


def test_that_thousands_of_patients_do_not_overflow():
    assert mcnemar_exact(1000, 1300) == pytest.approx(stats.binomtest(1000, 2300, 0.5).pvalue)


def test_that_negative_counts_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        mcnemar_exact(-1, 2)


def closed(p_values):
    """Holm by its definition: the largest Bonferroni p of all sets that hold a hypothesis."""
    count = len(p_values)
    every = [some for size in range(1, count + 1) for some in combinations(range(count), size)]
    return [
        max(min(1.0, len(some) * min(p_values[j] for j in some)) for some in every if k in some)
        for k in range(count)
    ]


@settings(max_examples=60)
@given(PROBABILITIES)
def test_that_holm_is_the_closed_bonferroni_test(p_values):
    assert holm(p_values) == pytest.approx(closed(p_values))


def test_that_holm_knows_its_textbook_example_and_refuses_what_is_no_probability():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == ()
    with pytest.raises(ValueError, match="p value"):
        holm([0.2, 1.2])


def test_that_a_paired_difference_agrees_with_an_independent_bootstrap():
    rng = np.random.default_rng(3)
    first = rng.normal(0.4, 0.2, 60)
    second = first + rng.normal(0.03, 0.1, 60)
    found = paired_difference(first, second, range(60), np.random.default_rng(1), 9999)
    oracle = stats.bootstrap(
        (second - first,), np.mean, n_resamples=9999, method="percentile", rng=5
    ).confidence_interval
    assert found.value == pytest.approx((second - first).mean())
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=0.003)
    normal = stats.ttest_rel(second, first).pvalue
    assert found.p == pytest.approx(normal, abs=0.02)


def test_that_whole_patients_are_resampled():
    one = [0.0] * 40
    other = [0.2] * 20 + [-0.1] * 20  # two patients who disagree, forty slices
    apart = paired_difference(one, other, range(40), np.random.default_rng(0))
    patients = paired_difference(one, other, [0] * 20 + [1] * 20, np.random.default_rng(0))
    assert apart.p < 0.05
    assert patients.p > 0.3
    assert (patients.low, patients.high) == pytest.approx((-0.1, 0.2))


def test_that_few_patients_cannot_be_sure_of_anything():
    """With n patients on one side the exact sign-flip test gives 2 / 2**n."""
    for n in (1, 2, 5):
        found = paired_difference([0.0] * n, [0.1] * n, range(n), np.random.default_rng(0))
        assert found.p == 2 / 2**n
    who, seeds, gaps = "aabb", (1, 2, 1, 2), [0.1, 0.1, 0.11, 0.11]
    assert repeated_difference([0.0] * 4, gaps, who, seeds).p == 0.5
    assert repeated_difference([0.0] * 4, [0.1] * 4, who, seeds).p == 0.5
    many = paired_difference([0.0] * 40, [0.1] * 40, range(40), np.random.default_rng(0))
    assert many.p < 0.01


def test_that_equal_systems_do_not_differ():
    same = paired_difference([0.3, 0.5], [0.3, 0.5], "ab", np.random.default_rng(0))
    assert (same.value, same.p) == (0, 1)
    with pytest.raises(ValueError, match="pairs"):
        paired_difference([], [], [], np.random.default_rng(0))


def test_that_an_interval_over_trainings_holds_what_other_trainings_would_give():
    """Its coverage, where the truth is known; one over patients alone is far too narrow."""
    rng = np.random.default_rng(8)
    patients, trainings, runs = 40, 3, 400
    who, seeds = np.divmod(np.arange(patients * trainings), trainings)
    nothing = np.zeros(patients * trainings)
    held = {"both": 0, "patients": 0}
    for _ in range(runs):
        gaps = (
            0.02
            + rng.normal(0, 0.10, patients)[:, None]
            + rng.normal(0, 0.03, trainings)
            + rng.normal(0, 0.10, (patients, trainings))
        ).ravel()
        both = repeated_difference(nothing, gaps, list(who), list(seeds))
        one = paired_difference(nothing, gaps, list(who), rng, 200)
        assert both.value == pytest.approx(one.value)
        held["both"] += both.low <= 0.02 <= both.high
        held["patients"] += one.low <= 0.02 <= one.high
    assert 0.92 <= held["both"] / runs <= 0.98  # 3,000 runs give .94
    assert held["patients"] / runs < 0.85


def test_that_trainings_that_all_do_the_same_leave_the_interval_over_patients():
    rng = np.random.default_rng(2)
    gaps = rng.normal(0.03, 0.1, 50)
    who, seeds = list(range(50)) * 3, [1] * 50 + [2] * 50 + [3] * 50
    found = repeated_difference([0.0] * 150, [*gaps] * 3, who, seeds)
    normal = stats.norm.interval(0.95, gaps.mean(), stats.sem(gaps))
    assert (found.low, found.high) == pytest.approx(normal)


def test_that_patients_who_do_not_matter_leave_the_test_over_trainings():
    by_seed = np.array([0.01, 0.05, 0.03, 0.02])
    who, seeds = np.divmod(np.arange(80), 4)
    found = repeated_difference([0.0] * 80, list(by_seed[seeds]), list(who), list(seeds))
    oracle = stats.ttest_1samp(by_seed, 0)
    ends = oracle.confidence_interval()
    assert (found.low, found.high, found.p) == pytest.approx((ends.low, ends.high, oracle.pvalue))


def test_that_patients_weigh_by_their_slices_over_trainings_as_over_patients():
    rng = np.random.default_rng(4)
    sizes = rng.integers(1, 9, 30)
    who = [p for p in range(30) for _ in range(sizes[p]) for _ in range(3)]
    seeds = [s for p in range(30) for _ in range(sizes[p]) for s in range(3)]
    effect = rng.normal(0.05, 0.1, 30)
    gaps = [effect[p] + rng.normal(0, 0.01) for p in who]
    both = repeated_difference([0.0] * len(gaps), gaps, who, seeds)
    one = paired_difference([0.0] * len(gaps), gaps, who, rng, 9999)
    assert both.value == pytest.approx(one.value) == pytest.approx(np.mean(gaps))
    assert (both.low, both.high) == pytest.approx((one.low, one.high), abs=0.006)


def test_that_one_training_or_one_patient_says_nothing_of_others():
    for who, seeds in (("abc", (1, 1, 1)), ("aaa", (1, 2, 3)), ("ab", (1, 2))):
        some = [0.1] * len(who)
        found = repeated_difference([0.0] * len(who), some, who, seeds)
        assert found.value == pytest.approx(0.1)
        assert np.isnan([found.low, found.high, found.p]).all()
    same = repeated_difference([0.5] * 4, [0.5] * 4, "aabb", (1, 2, 1, 2))
    assert (same.value, same.low, same.high, same.p) == (0, 0, 0, 1)
    with pytest.raises(ValueError, match="pairs"):
        repeated_difference([], [], [], [])
