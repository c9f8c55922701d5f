"""What this program writes itself is found as cases: exports in every layout, and project files."""

import numpy as np
import pytest

from lgesynth_gui.app.project_state import Work, plain_work
from lgesynth_gui.app.session import State
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.project import Head, write_project
from lgesynth_gui.training.annotated import load_case
from lgesynth_gui.training.cases import find_cases
from lgesynth_gui.training.check import check_case
from lgesynth_gui.training.pairing import Layout
from tests.io.results import host, patient, result_on, study


@pytest.mark.parametrize(
    ("formats", "layout"),
    [
        (("dicom", "seg"), Layout.DICOM),
        (("nifti",), Layout.OWN),
        (("nnunet",), Layout.NNUNET),
        (("emidec",), Layout.EMIDEC),
    ],
)
def test_that_an_export_is_a_case_with_what_was_drawn(tmp_path, formats, layout):
    series = patient(host())
    made = result_on(series)
    export_result(made, series, tmp_path / "out", formats=formats, mode="new_subject")
    (case,) = drive(find_cases([tmp_path / "out"]))
    assert case.layout is layout
    assert case.generated
    read = drive(load_case(case))
    assert ((read.labels >= 3) == (made.requested >= 3)).all()
    assert "TRN-15" in {one.code for one in drive(check_case(case)).remarks}


def project(path, contours):
    scarred = study()
    state = State(scarred.series, contours, scarred.sketch)
    work = Work(state)
    head = Head("a" * 32, "Smith", "2026-01-01T00:00:00")
    drive(write_project(path, head, scarred.series, lambda p: plain_work(work, p)))


def test_that_a_project_is_a_case_with_its_accepted_contours(tmp_path):
    scarred = study()
    project(tmp_path / "one.lgesynth", scarred.contours)
    (case,) = drive(find_cases([tmp_path]))
    assert case.layout is Layout.PROJECT
    read = drive(load_case(case))
    assert read.contours == scarred.contours
    assert (read.labels >= 3).any()
    found = drive(check_case(case))
    assert "TRN-17" in {one.code for one in found.remarks}
    assert "Smith" not in f"{case!r}{found!r}"


def test_that_proposals_nobody_accepted_are_no_contours(tmp_path):
    none = HeartContours((None,) * study().series.shape[0])
    project(tmp_path / "one.lgesynth", none)
    (case,) = drive(find_cases([tmp_path]))
    found = drive(check_case(case))
    assert found.code == "TRN-06"
    assert not found.contours
    (tmp_path / "one.lgesynth").write_bytes(b"\x00" * 400)
    (case,) = drive(find_cases([tmp_path]))
    assert drive(check_case(case)).code == "TRN-01"
    assert np.all([word not in drive(check_case(case)).reason for word in ("one", ".lgesynth")])
