"""Whose scan a file is, and whose labels: told by names."""

from pathlib import Path

import pytest

from lgesynth_gui.training.pairing import Layout, labels_for, layout_of, person_of, role_of

ROOT = Path("/d")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("patient012_es.nii.gz", "patient012_ed.nii.gz"),
        ("case_03_frame2.nii.gz", "case_03_frame_1.nii"),
        ("imagesTr/LGE_0007_0000.nii.gz", "other/LGE_0007.nii.gz"),
        ("patient101/patient101_frame01.nii.gz", "patient101/patient101_frame14.nii.gz"),
        ("sub-01_ses-02_LGE.nii.gz", "sub-01_ses-01_LGE.nii.gz"),
        ("patient7/baseline.nii.gz", "patient7/followup.nii.gz"),
        ("patient7/scan1.nii.gz", "patient7/visit2/scan1.nii.gz"),
        ("subject-00001/images/SYNTHETIC_LGE.nii.gz", "subject-00001/SYNTHETIC_T2.nii.gz"),
    ],
)
def test_that_pictures_of_one_person_belong_together(one, other):
    assert person_of(ROOT / one, ROOT) == person_of(ROOT / other, ROOT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("patient012_es.nii.gz", "patient013_es.nii.gz"),
        ("Case_P001/Images/Case_P001.nii.gz", "Case_N001/Images/Case_N001.nii.gz"),
        ("imagesTr/LGE_0007_0000.nii.gz", "imagesTr/LGE_0008_0000.nii.gz"),
        ("smith/LGE.nii.gz", "jones/LGE.nii.gz"),
        ("smith.nii.gz", "jones.nii.gz"),
        ("subject-00001/images/SYNTHETIC_LGE.nii.gz", "subject-00002/images/SYNTHETIC_LGE.nii.gz"),
    ],
)
def test_that_persons_are_told_apart(one, other):
    assert person_of(ROOT / one, ROOT) != person_of(ROOT / other, ROOT)


@pytest.mark.parametrize(
    ("image", "labels", "layout"),
    [
        ("imagesTr/case_1_0000.nii.gz", "labelsTr/case_1.nii.gz", Layout.NNUNET),
        ("Case_P1/Images/Case_P1.nii.gz", "Case_P1/Contours/Case_P1.nii.gz", Layout.EMIDEC),
        ("train/myops_101_DE.nii.gz", "train/myops_101_gd.nii.gz", Layout.MYOPS),
        ("s1/images/SYNTHETIC_LGE.nii.gz", "s1/SYNTHETIC_labels.nii.gz", Layout.OWN),
        ("a/heart_3.nii.gz", "a/heart_3_seg.nii.gz", Layout.NIFTI),
    ],
)
def test_that_an_image_finds_its_own_labels_alone(image, labels, layout):
    near = ROOT / labels
    strangers = [
        near.with_name(near.name.replace("1", "10").replace("3", "30")),
        ROOT / "s2/SYNTHETIC_labels.nii.gz",
        ROOT / "elsewhere/labelsTr" / near.name,
    ]
    others = [one for one in strangers if one != near]
    assert labels_for(ROOT / image, [*others, near]) == [near]
    assert labels_for(ROOT / image, others) == []
    assert layout_of(ROOT / image, near) is layout
    assert role_of(near) == "labels"
    assert role_of(ROOT / image) in ("image", "")
