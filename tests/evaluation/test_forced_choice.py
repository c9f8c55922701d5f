import itertools

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.forced_choice import Pair, auc, crop_round, forced_choice

SCAR = np.zeros((128, 128), bool)
SCAR[50:62, 70:82] = True


def pairs(count, change, seed=0):
    rng = np.random.default_rng(seed)
    out = []
    for k in range(count):
        true = rng.normal(0, 0.3, SCAR.shape).astype(np.float32)
        other = true.copy()
        fresh = rng.normal(0, 0.3, SCAR.shape).astype(np.float32)
        other[SCAR] = change(fresh)[SCAR]
        out.append(Pair(str(k // 2), true, other, SCAR))
    return out


def test_that_a_scar_of_the_same_kind_is_told_by_chance_alone():
    found = drive(forced_choice(pairs(60, lambda fresh: fresh), 1, 20))
    assert found.low <= 0.5 <= found.high
    assert 0.25 < found.auc < 0.75


def test_that_an_obvious_painting_is_always_told():
    found = drive(forced_choice(pairs(40, lambda fresh: fresh * 0.2), 1, 25))
    assert found.auc > 0.95


def test_that_patients_are_either_learnt_from_or_held_out():
    found = drive(forced_choice(pairs(20, lambda fresh: fresh), 1, 2))
    assert found.trained + found.held_out == 20
    assert found.trained % 2 == 0  # both slices of a patient stay together
    assert found.trained == 12


def test_that_the_same_seed_chooses_the_same():
    some = pairs(12, lambda fresh: fresh + 0.3)
    assert drive(forced_choice(some, 3, 3)) == drive(forced_choice(some, 3, 3))


def test_that_the_crop_holds_the_scar_in_its_middle_even_at_the_border():
    scar = np.zeros((128, 128), bool)
    scar[0:6, 120:128] = True
    picture = np.arange(128 * 128, dtype=np.float32).reshape(128, 128)
    crops = crop_round(Pair("1", picture, picture + 1, scar))
    assert crops.shape == (2, 2, 64, 64)
    assert crops[0, 1].sum() == scar.sum()
    assert (crops[1, 0] - crops[0, 0] == 1).all()
    rows, columns = np.nonzero(crops[0, 1])
    assert abs(rows.mean() - 31.5) <= 1
    assert abs(columns.mean() - 31.5) <= 1


def test_that_the_area_under_the_curve_counts_pairs():
    rng = np.random.default_rng(0)
    true, painted = rng.integers(0, 5, 9).astype(float), rng.integers(1, 6, 7).astype(float)
    counted = [(p > t) + 0.5 * (p == t) for t, p in itertools.product(true, painted)]
    assert auc(true, painted) == pytest.approx(np.mean(counted))
