"""Diversity against what can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.diversity import (
    diversity_figures,
    kernel,
    spreads,
    vendi,
    vendi_figure,
    within,
)
from tests.evaluation.painters import Deaf, Nothing, placed


@pytest.mark.parametrize("n", [1, 2, 7])
def test_that_vendi_counts_what_is_unlike(n: int) -> None:
    assert vendi(np.ones((n, n))) == pytest.approx(1)
    assert vendi(np.eye(n)) == pytest.approx(n)


def test_that_vendi_counts_two_kinds_as_two_however_many_there_are_of_each() -> None:
    same = np.kron(np.eye(2), np.ones((5, 5)))
    assert vendi(same) == pytest.approx(2)
    uneven = np.block([[np.ones((9, 9)), np.zeros((9, 1))], [np.zeros((1, 9)), np.ones((1, 1))]])
    assert vendi(uneven) == pytest.approx(np.exp(-(0.9 * np.log(0.9) + 0.1 * np.log(0.1))))


def test_that_the_kernel_is_one_for_the_same_and_nothing_for_the_far() -> None:
    points = np.array([[0.0, 0.0], [0.0, 0.0], [100.0, 0.0]])
    assert kernel(points, 1.0) == pytest.approx(np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]]))


def test_that_identical_sets_have_precision_and_recall_of_one() -> None:
    points = np.random.default_rng(0).normal(size=(30, 4))
    names = [str(k) for k in range(30)]
    found = {one.name: one for one in drive(diversity_figures(points, names, points, names))}
    assert found["precision"].value == found["recall"].value == 1
    assert found["Vendi score"].low <= found["Vendi score"].value <= found["Vendi score"].high


def test_that_a_collapsed_system_is_precise_and_recalls_little() -> None:
    rng = np.random.default_rng(0)
    real = rng.normal(size=(60, 3))
    alike = real[:1] + rng.normal(size=(60, 3)) * 1e-3
    names = [str(k) for k in range(60)]
    found = {one.name: one.value for one in drive(diversity_figures(alike, names, real, names))}
    assert found["precision"] == 1
    assert found["recall"] < 0.1
    assert found["Vendi score"] < 1.1


def test_that_what_lies_far_away_is_in_no_manifold() -> None:
    line = np.arange(10.0)[:, None]
    assert within(np.array([[4.5], [11.9], [13.0]]), line) == [True, True, False]


def test_that_the_interval_of_vendi_holds_whole_patients() -> None:
    points = np.random.default_rng(0).normal(size=(12, 2))
    apart = drive(vendi_figure(points, [str(k) for k in range(12)], 1.0))
    pairs = drive(vendi_figure(points, [str(k // 2) for k in range(12)], 1.0))
    assert apart.value == pairs.value
    assert (apart.low, apart.high) != (pairs.low, pairs.high)


def test_that_a_painter_without_chance_has_no_spread() -> None:
    cases = placed(2)
    still, lively = (drive(spreads(one, cases, 1)) for one in (Nothing(), Deaf()))
    assert max(still[0].features) < 1e-12  # the rounding of a mean
    assert max(lively[0].features) > 0.01
    assert len(still) == 1
