import numpy as np
import pytest

from lgesynth_gui.evaluation.features import (
    features,
    frechet,
    halvings,
    mover_distance,
    split_distance,
    ventricle,
)
from tests.evaluation.painters import placed


def test_that_the_frechet_distance_of_normal_clouds_is_the_closed_form():
    rng = np.random.default_rng(0)
    first = rng.normal(0, 1, (4000, 3)) * (1, 2, 3)
    second = rng.normal(0, 1, (4000, 3)) * (2, 2, 1) + (3, 0, 0)
    assert frechet(first, second) == pytest.approx(9 + 1 + 4, rel=0.05)
    assert frechet(first, first) == pytest.approx(0, abs=1e-3)
    assert frechet(first, second) == pytest.approx(frechet(second, first))


def test_that_other_pictures_lie_beyond_the_floor():
    rng = np.random.default_rng(1)
    real = rng.normal(0, 1, (60, 6))
    own = [str(k) for k in range(60)]
    floor = split_distance(real, real, own, np.random.default_rng(0))
    moved = split_distance(real, real + 2, own, np.random.default_rng(0))
    assert floor[1] <= floor[0] <= floor[2]
    assert moved[1] > floor[2]


def test_that_no_patient_is_in_both_halves():
    groups = [f"p{k % 7}" for k in range(40)]
    for first, second in halvings(groups, np.random.default_rng(0)):
        assert sorted([*first, *second]) == list(range(40))
        assert not {groups[k] for k in first} & {groups[k] for k in second}
    few = ["a"] * 5 + ["b"] * 5  # too few to halve: single cases
    first, second = next(halvings(few, np.random.default_rng(0)))
    assert sorted([*first, *second]) == list(range(10))


def test_that_slices_of_few_patients_do_not_lower_the_floor():
    """Ten slices of each patient look alike: split by slice, both halves would hold every one."""
    rng = np.random.default_rng(3)
    real = np.repeat(rng.normal(0, 1, (12, 4)), 10, axis=0) + rng.normal(0, 0.05, (120, 4))
    by_patient = [f"p{k // 10}" for k in range(120)]
    by_slice = [str(k) for k in range(120)]
    honest, low = (
        split_distance(real, real, groups, np.random.default_rng(0))[0]
        for groups in (by_patient, by_slice)
    )
    assert honest > 5 * low


def test_that_the_mover_distance_is_the_shift_whatever_a_scars_size():
    rng = np.random.default_rng(2)
    some = [rng.normal(0, 1, size) for size in (5, 50, 500)]
    assert mover_distance(some, [one + 0.7 for one in some]) == pytest.approx(0.7)
    assert mover_distance(some, [np.tile(one, 3) for one in some]) == pytest.approx(0)
    assert np.isnan(mover_distance(some, [np.empty(0)]))


def test_that_features_are_finite_and_see_noise_and_level():
    (case,) = placed(1)
    host, wall = case.conditions.host, case.ground.wall
    rows, columns = ventricle(wall)
    inside = np.zeros_like(wall.mask)
    inside[rows, columns] = True
    assert inside[wall.mask].all()
    plain = features(host, wall)
    assert np.isfinite(plain).all()
    assert features(host + 0.1, wall)[0] == pytest.approx(plain[0] + 0.1, abs=1e-5)
    noisy = host + np.random.default_rng(0).normal(0, 0.3, host.shape)
    assert features(noisy, wall)[-1] > plain[-1]  # finest band's energy
    outside = host.copy()
    outside[~inside] = 0
    assert (features(outside, wall) == plain).all()


def test_that_a_flat_crop_has_features_too():
    (case,) = placed(1)
    assert np.isfinite(features(np.zeros((128, 128)), case.ground.wall)).all()
