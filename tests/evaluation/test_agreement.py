import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.evaluation.agreement import SetScore, confusion, set_score, weighted_kappa

grades = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


def test_that_kappa_is_one_for_equal_readings_and_zero_for_independent_ones():
    assert weighted_kappa(np.diag([3, 1, 4, 1, 5])) == 1
    assert weighted_kappa(np.outer([1, 2, 3], [4, 5, 6])) == pytest.approx(0)
    assert weighted_kappa(np.diag([7, 0, 0])) == 1
    assert np.isnan(weighted_kappa(np.zeros((5, 5), int)))


def test_that_with_two_classes_kappa_is_cohens():
    table = np.array([[20, 5], [10, 15]])
    assert weighted_kappa(table) == pytest.approx(0.4)  # Cohen's textbook example


@given(grades)
def test_that_kappa_is_one_minus_the_share_of_chances_squared_error(pairs):
    asked, found = (np.array(side) for side in zip(*pairs, strict=True))
    chance = np.mean([(a - b) ** 2 for a in asked for b in found])
    table = confusion(list(asked), list(found), 5)
    assert table.sum() == len(pairs)
    expected = 1.0 if chance == 0 else 1 - np.mean((asked - found) ** 2) / chance
    assert weighted_kappa(table) == pytest.approx(expected)


def test_that_sets_are_scored_pooled():
    score = set_score([(frozenset({1, 2}), frozenset({2, 3, 4})), (frozenset({7}), frozenset({7}))])
    assert (score.precision, score.recall) == (0.5, pytest.approx(2 / 3))
    assert score.f1 == pytest.approx(2 * 0.5 * (2 / 3) / (0.5 + 2 / 3))


def test_that_nothing_asked_and_nothing_found_is_full_agreement():
    assert (SetScore(0, 0, 0).precision, SetScore(0, 0, 0).recall, SetScore(0, 0, 0).f1) == (
        1,
        1,
        1,
    )
    assert SetScore(0, 3, 0).precision == 0
