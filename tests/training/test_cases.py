"""Annotated cases are found in every layout, and no name of a file or person leaves them."""

import json

import numpy as np
import pytest

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.phantom_write import write_phantom
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.training.annotated import load_case, slices_of
from lgesynth_gui.training.cases import find_cases
from lgesynth_gui.training.pairing import Layout
from tests.training.annotated_files import emidec, heart, nifti


def test_that_own_phantoms_are_cases_with_their_contours(tmp_path):
    for form in ("nifti", "dicom"):
        for k in range(2):
            study = make_study(np.random.default_rng(k), n_slices=8, pattern="any")
            write_phantom(study, tmp_path / form / f"subject-{k}", form)
        cases = drive(find_cases([tmp_path / form]))
        assert [one.id for one in cases] == ["case 01", "case 02"]
        assert len({one.patient for one in cases}) == 2
        read = drive(load_case(cases[1]))
        assert (read.labels == study.labels).all()
        assert read.contours == study.contours  # with the right ventricle's insertions
        assert not cases[1].generated


def test_that_nnunet_labels_are_read_by_their_names(tmp_path):
    root = tmp_path / "Dataset007_Smith"
    pixels, labels = heart()
    turned = np.array([0, 3, 1, 2, 4], np.uint8)[labels]  # muscle 1, scar 2, cavity 3
    nifti(root / "imagesTr/heart_01_0000.nii.gz", pixels)
    nifti(root / "labelsTr/heart_01.nii.gz", turned, labels=True)
    names = {"background": 0, "LV_myocardium": 1, "scar": 2, "LV blood pool": 3}
    (root / "dataset.json").write_text(json.dumps({"labels": names}))
    (case,) = drive(find_cases([root]))
    assert case.layout is Layout.NNUNET
    assert (drive(load_case(case)).labels == labels).all()
    (root / "dataset.json").write_text(json.dumps({"labels": {**names, "pineapple": 4}}))
    with pytest.raises(Refused, match="its labels mean") as told:
        drive(load_case(case))
    assert told.value.code == "TRN-04"
    (root / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "scar": 2}}))
    with pytest.raises(Refused, match="does not name"):
        drive(load_case(case))


def test_that_of_a_myops_case_the_late_image_is_taken(tmp_path):
    pixels, labels = heart()
    numbers = np.array([0, 500, 200, 2221], np.int16)[labels]
    for name in ("C0", "DE", "T2"):
        nifti(tmp_path / f"myops_training_101_{name}.nii.gz", pixels + len(name))
    nifti(tmp_path / "myops_training_101_gd.nii.gz", numbers)
    (case,) = drive(find_cases([tmp_path]))
    assert case.layout is Layout.MYOPS
    assert "DE" in case.info.recipe.path.name
    assert (drive(load_case(case)).labels == labels).all()


def test_that_nothing_of_a_name_is_shown(tmp_path):
    pixels, labels = heart()
    nifti(tmp_path / "Smith_John_1950.nii.gz", pixels)
    nifti(tmp_path / "Smith_John_1950_seg.nii.gz", labels, labels=True)
    (tmp_path / "Jones_8.nii.gz").write_bytes(b"no nifti at all")
    cases = drive(find_cases([tmp_path]))
    assert len(cases) == 2
    assert not any(word in repr(cases).lower() for word in ("smith", "jones", "1950"))
    again = drive(find_cases([tmp_path]))
    assert {one.person for one in cases}.isdisjoint(one.person for one in again)  # fresh keys
    fixed = [drive(find_cases([tmp_path], b"k")) for _ in range(2)]
    assert [one.person for one in fixed[0]] == [one.person for one in fixed[1]]


def test_that_a_mask_of_scar_alone_waits_for_contours(tmp_path):
    pixels, labels = heart()
    nifti(tmp_path / "a_1.nii.gz", pixels)
    nifti(tmp_path / "a_1_mask.nii.gz", (labels == 3).astype(np.uint8), labels=True)
    (case,) = drive(find_cases([tmp_path]))
    read = drive(load_case(case))
    assert not read.muscle
    assert ((read.labels == 3) == (labels == 3)).all()
    full = drive(find_cases([emidec(tmp_path / "full", 1)]))[0]
    known = drive(load_case(full)).contours
    outlined = drive(load_case(case.outlined(known)))
    assert [one.left_out for one in slices_of(outlined)] == [""] * 4
    assert [one.scar_mm2 > 0 for one in slices_of(outlined)] == [True, True, True, False]


def test_that_a_missing_folder_is_told_without_its_name(tmp_path):
    with pytest.raises(LgeSynthError, match="not there") as told:
        drive(find_cases([tmp_path / "patient Smith"]))
    assert "Smith" not in str(told.value)
