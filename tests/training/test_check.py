"""Every fault of an annotated case has its code and its words, and none of them a file's name."""

import gzip
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.phantom_write import write_phantom
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.training.cases import find_cases
from lgesynth_gui.training.check import Outcome, check_cases
from tests.training.annotated_files import emidec, heart, nifti


def checked(root, **options):
    return drive(check_cases(drive(find_cases([root])), **options))


def one(tmp_path, pixels=None, labels=None, **how):
    """The finding of one case made of these."""
    usual = heart()
    pixels = usual[0] if pixels is None else pixels
    nifti(tmp_path / "Images/secret_9.nii.gz", pixels, **how)
    if labels is not False:
        labels = usual[1] if labels is None else labels
        nifti(tmp_path / "Contours/secret_9.nii.gz", labels, labels=True, **how)
    (found,) = checked(tmp_path, least=(1, 1)).findings
    assert "secret" not in found.reason
    return found


def test_that_a_good_case_says_what_is_used(tmp_path):
    found = one(tmp_path)
    assert (found.used, found.scarred, found.total) == (4, 3, 4)
    assert found.outcome is not Outcome.REFUSED
    assert {r.code for r in found.remarks} <= {"TRN-16"}


def open_ring(labels):
    labels[:, :, 36:44] = 0
    return labels


def stray(labels):
    labels[labels == 3] = 2
    labels[:, :6, :30] = 3
    return labels


def tiny(labels):
    labels[labels == 3] = 2
    labels[:, 52:54, 36] = 3
    return labels


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (lambda a: a * 0, "TRN-05", "empty"),
        (lambda a: np.where(a == 3, 9, a), "TRN-04", "value 9"),
        (open_ring, "TRN-07", "no closed ring"),
        (stray, "TRN-08", "outside the muscle"),
        (tiny, "TRN-09", "too small"),
        (lambda a: (a == 3) * 3, "TRN-06", "scar alone"),
    ],
)
def test_that_labels_without_use_are_refused(tmp_path, change, code, word):
    found = one(tmp_path, labels=change(heart()[1]).astype(np.uint8))
    assert found.outcome is Outcome.REFUSED
    assert found.code == code
    assert word in found.reason


def test_that_images_without_use_are_refused(tmp_path):
    pixels, _ = heart()
    assert one(tmp_path / "a", labels=False).code == "TRN-06"
    assert not one(tmp_path / "a", labels=False).contours  # can be proposed
    assert one(tmp_path / "b", pixels=pixels * 0 + 7).code == "TRN-02"
    assert one(tmp_path / "c", spacing=(10.0, 3.5, 3.5)).code == "TRN-03"
    assert one(tmp_path / "d", spacing=(10.0, 1.0, 1.0)).code == "TRN-03"


def test_that_scar_which_the_image_does_not_show_is_left_out(tmp_path):
    found = one(tmp_path, pixels=heart(scar=False)[0])
    assert found.code == "TRN-19"
    assert found.used == 1  # the slice without scar
    assert not found.scarred


def test_that_damaged_files_are_refused_in_words(tmp_path):
    one(tmp_path)
    path = tmp_path / "Images/secret_9.nii.gz"
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(gzip.decompress(whole)[:500]))
    (found,) = checked(tmp_path).findings
    assert found.code == "TRN-01"
    assert "secret" not in found.reason
    path.write_bytes(whole)
    (tmp_path / "Contours/secret_9.nii.gz").write_bytes(b"\x1f\x8b nothing")
    (found,) = checked(tmp_path).findings
    assert found.code == "TRN-04"
    nifti(tmp_path / "Contours/secret_9.nii.gz", heart()[1], labels=True, spacing=(10.0, 2.0, 2.0))
    (found,) = checked(tmp_path).findings
    assert found.code == "TRN-04"
    assert "GEO-08" in found.reason


def test_that_a_part_of_the_slices_can_be_left_out(tmp_path):
    labels = heart()[1]
    labels[0] = open_ring(labels[:1].copy())[0]
    labels[1][labels[1] == 3] = 2
    labels[1, 52, 36] = 3
    found = one(tmp_path, labels=labels)
    assert found.outcome is Outcome.WARNING
    assert found.used == 2
    assert {"TRN-07", "TRN-09"} <= {r.code for r in found.remarks}


def test_that_too_few_and_copies_stand_against_a_start(tmp_path):
    emidec(tmp_path, 9)
    whole = checked(tmp_path)
    assert not whole.ready
    assert whole.remarks[0].code == "TRN-13"
    assert "at least 10 cases from 10 patients; you have 9" in whole.remarks[0].reason
    emidec(tmp_path, 1, start=9)
    assert checked(tmp_path).ready
    pixels, labels = heart(seed=3)
    nifti(tmp_path / "Case_777/Images/Case_777.nii.gz", pixels)
    labels[0][labels[0] == 3] = 2  # a second reading of the same scan
    nifti(tmp_path / "Case_777/Contours/Case_777.nii.gz", labels, labels=True)
    whole = checked(tmp_path)
    (last,) = [f for f in whole.findings if f.outcome is Outcome.REFUSED]
    assert (last.code, last.case) == ("TRN-11", "case 11")
    assert "case 04" in last.reason
    assert whole.red == {"case 11"}
    assert not whole.ready
    assert whole.excluding({"case 11"}).ready
    other = whole.excluding({"case 04"})  # of two copies one is enough
    assert other.ready
    assert len(other.taken) == 10
    assert other.digest != whole.excluding({"case 11"}).digest or other.digest


def test_that_another_version_of_a_scan_is_found_and_another_heart_is_not(tmp_path):
    studies = [make_study(np.random.default_rng(k), n_slices=8, pattern="any") for k in (1, 2)]
    for k, study in enumerate(studies):
        write_phantom(study, tmp_path / f"subject-{k}", "nifti")
    assert not checked(tmp_path, least=(1, 1)).red
    first = studies[0]
    rng = np.random.default_rng(0)
    pixels = 300 + 0.5 * first.series.pixels + rng.normal(0, 4, first.series.shape)
    series = replace(first.series, pixels=pixels.astype(np.uint16))
    write_phantom(replace(first, series=series), tmp_path / "subject-9", "nifti")
    whole = checked(tmp_path, least=(1, 1))
    assert whole.red == {"case 03"}
    assert "same scan as case 01" in whole.findings[2].reason
    assert whole.excluding({"case 01"}).ready


def test_that_cases_without_any_scar_are_refused_together(tmp_path):
    whole = checked(emidec(tmp_path, 2, scar=lambda k: False), least=(1, 1))
    assert all(f.outcome is Outcome.WARNING for f in whole.findings)
    assert [r.code for r in whole.remarks if r.outcome is Outcome.REFUSED] == ["TRN-10"]
