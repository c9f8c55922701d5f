"""A cohort's kept samples are measured beside true scars of others."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.app.cohort_given import cohort_given
from lgesynth_gui.cohort.review import Decision, Reviewer
from lgesynth_gui.cohort.samples import read_record
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE, UNTOUCHED
from lgesynth_gui.evaluation.found import CONSTANT
from lgesynth_gui.evaluation.given import GivenOptions, measure_given
from lgesynth_gui.evaluation.panel_files import FILE, read_evaluation
from lgesynth_gui.evaluation.parts import ALIGNMENT, Parts
from lgesynth_gui.evaluation.signal import brightness
from tests.cohort.hearts import cohort_in
from tests.cohort.made import made, planned
from tests.synthesis.tiny import write_bundle

ROW = "the cohort"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Seven samples painted by hand: three PASS, one CHECK, one FAIL, a control, an error."""
    return made(planned(cohort_in(tmp_path_factory.mktemp("cohorts") / "cohort", seed=3)))


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    return GivenOptions(seed=5, models=write_bundle(tmp_path_factory.mktemp("models")))


@pytest.fixture(scope="module")
def given(folder):
    return drive(cohort_given(folder))


def test_that_what_an_export_takes_is_measured_and_nothing_else(folder, given):
    assert len(given.slices) == 3
    assert given.data == "3 of 3 kept samples of a cohort, in 2 hearts"
    assert [one.case.name for one in given.slices] == ["ischaemic_transmural", "drawn", "drawn"]
    again = drive(cohort_given(folder, count=2, seed=1))
    assert len(again.slices) == 2
    assert again.sha256 == drive(cohort_given(folder, count=2, seed=1)).sha256 != given.sha256


def test_that_a_rejected_sample_is_not_measured(folder, tmp_path):
    by_hand = shutil.copytree(folder, tmp_path / "by_hand")
    with Reviewer(by_hand, "R1") as reviewer:
        reviewer.decide(0, read_record(by_hand, 0)[1], Decision.REJECT)
    assert len(drive(cohort_given(by_hand)).slices) == 2


def test_that_pictures_lie_on_the_model_grid_as_they_were_painted(given):
    for one in given.slices:
        case = one.case
        assert brightness(one.picture, case.conditions.labels).to_blood > 0
        bright = one.picture[case.wish].mean() - case.conditions.host[case.wish].mean()
        assert bright > 0.5, "the scar is where it was drawn"
        assert one.change == 0
        far = np.ones(case.wish.shape, dtype=bool)
        rows, columns = np.nonzero(case.wish)
        far[rows.min() - 12 : rows.max() + 13, columns.min() - 12 : columns.max() + 13] = False
        assert np.abs(one.picture - case.conditions.host)[far].max() < 0.02


def test_that_every_layer_and_control_is_there(given, options, tmp_path):
    found = drive(measure_given(tmp_path / "run", given, options))
    assert read_evaluation(tmp_path / "run").panel("fidelity").words[0].startswith("True scars")
    assert [one.name for one in found.panels] == ["alignment", "fidelity", "diversity"]
    rows = {row[0] for row in found.panel("alignment").tables[0].cells}
    assert rows == {CEILING, CHANCE, UNTOUCHED, ROW, CONSTANT}
    told = {(row[0], row[1]): row[2] for t in found.panel("fidelity").tables for row in t.cells}
    assert told[ROW, "largest change outside"] == 0
    chance = Parts(tmp_path / "run").get(ALIGNMENT, CHANCE)
    assert {one.outside for one in chance.placed} == {0}  # the same pictures, as stored
    assert "let these pictures through by the same judge" in found.panel("alignment").words[0]
    assert found.finished
    assert found.small.startswith("3 pictures are too few to conclude from. They lie in 2 hearts:")
    assert dict(found.settings)["intervals"] == "95 %, over samples"


def test_that_a_killed_run_goes_on_to_equal_numbers(given, options, tmp_path):
    drive(measure_given(tmp_path / "whole", given, options))
    job = measure_given(tmp_path / "cut", given, options)
    for step in job:
        if step is not None and step.note.startswith("fidelity"):
            break
    job.close()
    parts = {path: path.stat().st_mtime_ns for path in (tmp_path / "cut" / "parts").iterdir()}
    assert parts
    drive(measure_given(tmp_path / "cut", given, options))
    found = [(tmp_path / name / FILE).read_bytes() for name in ("whole", "cut")]
    assert found[0] == found[1]
    assert all(path.stat().st_mtime_ns == time for path, time in parts.items())


def test_that_other_pictures_need_another_folder(given, options, tmp_path):
    drive(measure_given(tmp_path / "run", given, options))
    other = replace(given, sha256="0" * 64)
    with pytest.raises(LgeSynthError, match="started with pictures"):
        drive(measure_given(tmp_path / "run", other, options))
    with pytest.raises(LgeSynthError, match="no painted picture"):
        drive(measure_given(tmp_path / "none", replace(given, slices=()), options))
