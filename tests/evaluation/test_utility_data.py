from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.labels import Label
from lgesynth_gui.evaluation.utility_data import divided, real_data
from lgesynth_gui.evaluation.utility_phantoms import (
    POSITIVE,
    alternating,
    phantom_data,
    true_scars,
)
from lgesynth_gui.evaluation.utility_train import Mixture
from lgesynth_gui.phantom.stack import patient_at
from lgesynth_gui.phantom.stream import STREAMS, slice_at
from lgesynth_gui.training.reader_data import SlicePool
from tests.evaluation.utilities import patient

REAL = Path(__file__).parents[3] / "shared" / "data" / "emidec_dev"


def cohort(scarred=20, clean=10):
    names = [f"stack {k:02d}" for k in range(scarred + clean)]
    return {name: patient(name, k < scarred) for k, name in enumerate(names)}


def test_that_each_patient_is_tested_once_and_never_where_it_is_trained_on():
    patients = cohort()
    folds = divided(patients, 3)
    assert sorted(name for fold in folds for name in fold.test) == sorted(patients)
    for fold in folds:
        for one, other in combinations((fold.train, fold.validation, fold.test), 2):
            assert not set(one) & set(other)
        for part in (fold.train, fold.validation, fold.test):
            assert {patients[name].positive for name in part} == {True, False}
        assert sum(map(len, (fold.train, fold.validation, fold.test))) == len(patients)


def test_that_less_real_data_is_part_of_more_and_tests_the_same_patients():
    patients = cohort()
    quarter, half, whole = (divided(patients, 3, share) for share in (0.25, 0.5, 1.0))
    for few, some, every in zip(quarter, half, whole, strict=True):
        assert set(few.train) < set(some.train) < set(every.train)
        assert few.test == every.test
        assert few.validation == every.validation
        assert {patients[name].positive for name in few.train} == {True, False}


@pytest.mark.parametrize(("clean", "folds"), [(2, 3), (4, 5), (3, 2), (9, 1)])
def test_that_too_few_patients_are_refused(clean, folds):
    with pytest.raises(LgeSynthError, match=f"too few patients for {folds} folds"):
        divided(cohort(scarred=20, clean=clean), folds)


def test_that_the_fewest_patients_that_will_do_do():
    for clean, folds in ((3, 3), (4, 2)):
        for fold in divided(cohort(scarred=20, clean=clean), folds):
            assert fold.train
            assert fold.validation


def test_that_scar_is_as_common_as_in_the_papers_test_set():
    assert sum(alternating(53)) == 31
    assert abs(np.mean(alternating(16)) - POSITIVE) < 0.1


def test_that_a_phantom_patient_is_one_heart_and_the_same_each_time():
    first, again = (patient_at("downstream", 5, 2, True) for _ in range(2))
    assert all((a.image == b.image).all() for a, b in zip(first, again, strict=True))
    assert len(first) >= 5
    assert len({one.psir for one in first}) == 1
    assert any((one.labels >= Label.SCAR).any() for one in first)
    assert not any(
        (one.labels >= Label.SCAR).any() for one in patient_at("downstream", 5, 2, False)
    )
    areas = [(one.labels > 0).sum() for one in first]
    assert areas[0] > areas[-1]
    for one in first:
        rows, columns = np.nonzero(one.labels > 0)
        assert abs(rows.mean() - 63.5) < 2
        assert abs(columns.mean() - 63.5) < 2


def test_that_patients_are_drawn_once_and_read_back_as_they_were(tmp_path):
    first = drive(phantom_data(tmp_path, 3, 2, 2, 2))
    before = {one: one.stat().st_mtime_ns for one in (tmp_path / "patients").iterdir()}
    again = drive(phantom_data(tmp_path, 3, 2, 2, 2))
    assert {one: one.stat().st_mtime_ns for one in (tmp_path / "patients").iterdir()} == before
    assert again.digest == first.digest
    for name, one in first.patients.items():
        assert (again.patients[name].pool.images == one.pool.images).all()
    (fold,) = first.folds
    shown = [one for name in fold.train for one in first.slices(name)]
    assert np.array_equal(first.pool(fold.train)[0].labels, [one.labels for one in shown])
    assert {one.positive for one in first.patients.values()} == {True, False}


def test_that_another_seed_or_share_of_scar_never_meets_kept_patients(tmp_path):
    drive(phantom_data(tmp_path, 3, 2, 2, 2))
    other = drive(phantom_data(tmp_path, 4, 2, 2, 2))
    assert other.digest == drive(phantom_data(tmp_path / "elsewhere", 4, 2, 2, 2)).digest
    wider = drive(phantom_data(tmp_path, 3, 3, 2, 2))
    assert wider.digest == drive(phantom_data(tmp_path / "apart", 3, 3, 2, 2)).digest


def test_that_true_scars_are_other_scars_in_the_training_hearts(tmp_path):
    data = drive(phantom_data(tmp_path, 3, 2, 2, 2))
    (fold,) = data.folds
    pool = drive(true_scars(tmp_path, 3, fold.train, data.patients, 9))
    assert len(pool) == 9
    assert pool.scarred.all()
    again = drive(true_scars(tmp_path, 3, fold.train, data.patients, 5))
    assert (again.images == pool.images[:5]).all()
    trained, _ = data.pool(fold.train)
    cavities = {one.tobytes() for one in trained.labels == Label.BLOOD}
    thinned = [one.tobytes() in cavities for one in pool.labels == Label.BLOOD]
    assert np.mean(thinned) > 0.5, "the same hearts, though an old scar may thin the wall"
    known = {one.tobytes() for one in trained.images}
    assert not any(one.tobytes() in known for one in pool.images)


def test_that_whole_patients_share_nothing_with_single_slices():
    single = slice_at("downstream", 5, 2)
    for one in patient_at("downstream", 5, 2, True):
        assert not np.array_equal(one.image, single.image)
    with pytest.raises(LgeSynthError, match="no slice stream"):
        patient_at("elsewhere", 1, 1, True)
    assert "downstream" in STREAMS


def test_that_every_arm_sees_as_much_scar_and_as_many_clean_slices():
    real = patient("a", True, 8).pool  # one of 8 with scar
    more = SlicePool(real.images[:1].repeat(3, axis=0), real.labels[:1].repeat(3, axis=0))
    rng = np.random.default_rng(0)
    for mixture in (Mixture(real), Mixture(real, more)):
        places = mixture.picked(4000, "stratified", rng)
        assert abs(mixture.pool.scarred[places].mean() - 1 / 8) < 0.03
    scarred = places[mixture.pool.scarred[places]]
    assert abs((scarred >= len(real)).mean() - 3 / 4) < 0.08, "every scarred slice alike"
    pooled = Mixture(real, more).picked(4000, "pooled", rng)
    assert abs(mixture.pool.scarred[pooled].mean() - 4 / 11) < 0.03


def test_that_data_without_a_kind_of_slice_are_drawn_all_the_same():
    clean = patient("a", False, 4).pool
    rng = np.random.default_rng(0)
    assert set(Mixture(clean).picked(60, "stratified", rng)) == {0, 1, 2, 3}


def test_that_real_patients_are_divided_and_painted_into_without_a_leak(tmp_path):
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/emidec_dev")
    for kind in "NP":
        for one in sorted(REAL.glob(f"Case_{kind}*.npz"))[:3]:
            (tmp_path / one.name).symlink_to(one)
    data = drive(real_data(tmp_path, 3))
    assert data.real
    assert "6 patients, 3 of them with scar" in data.words
    assert "Case" not in "".join(data.patients)
    for fold in data.folds:
        hosts = drive(data.hosts(fold))
        assert {one.group for one in hosts} <= set(fold.train)
        assert not any(one.scarred for one in hosts)
        pool, whose = data.pool(fold.test)
        assert len(pool) == len(whose)
        assert set(whose) == set(fold.test)
