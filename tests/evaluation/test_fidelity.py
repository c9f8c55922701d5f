import json
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.fidelity import (
    REAL,
    REPEATED,
    FidelityReport,
    fidelity_row,
    likeness,
    real_row,
)
from lgesynth_gui.evaluation.outcome import outside_change
from lgesynth_gui.evaluation.signal import brightness
from tests.evaluation.painters import Deaf, Nothing, again, placed
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="module")
def cases():
    return placed(8)


@pytest.fixture(scope="module")
def repainted():
    return again(2)


def test_that_a_painter_who_paints_nothing_changes_nothing(cases, repainted):
    row = drive(fidelity_row(Nothing(), cases, repainted, 0, 0))
    for name, value in (
        ("largest change outside", 0), ("SSIM to host", 1), ("RMSE to host", 0), ("seam ratio", 1),
        ("SSIM to original, LV", 1), ("RMSE to original", 0),
    ):  # fmt: skip
        assert row.figure(name).value == pytest.approx(value), name


def test_that_one_changed_pixel_beyond_the_feather_is_seen(cases):
    case = cases[0]
    picture = case.conditions.host.copy()
    assert outside_change(case, picture) == 0
    picture[case.wish] += 1
    assert outside_change(case, picture) == 0
    picture[0, 0] += 0.25
    assert outside_change(case, picture) == pytest.approx(0.25)


def test_that_a_changed_background_and_odd_contrast_are_alarms(cases, repainted):
    deaf = drive(fidelity_row(replace(Deaf(), composited=True), cases, repainted, 0, 0))
    report = FidelityReport(1, 0, (real_row(cases), deaf))
    assert any("outside the feather" in alarm for alarm in report.alarms())
    dark = drive(fidelity_row(Nothing(), cases, repainted, 0, 0))
    alarms = FidelityReport(1, 0, (real_row(cases), dark)).alarms()
    assert any("contrast" in alarm for alarm in alarms)


def test_that_contrast_is_measured_in_deviations_and_in_blood(cases):
    case, rng = cases[0], np.random.default_rng(0)
    labels = case.truth
    picture = np.zeros((128, 128))
    picture[labels == 2] = rng.normal(-0.8, 0.05, int((labels == 2).sum()))
    picture[labels == 1] = 0.2
    picture[labels == 3] = 0.7
    found = brightness(picture, labels)
    assert found.cnr == pytest.approx(30, rel=0.15)
    assert found.to_blood == pytest.approx(1.5, abs=0.03)
    assert len(found.values) == (labels == 3).sum()
    none = brightness(picture, np.where(labels >= 3, 2, labels).astype(np.uint8))
    assert np.isnan(none.cnr)


def test_that_likeness_takes_its_range_from_the_host():
    rng = np.random.default_rng(0)
    host = rng.uniform(-1, 1, (40, 40))
    assert likeness(host, host, host) == (pytest.approx(1), 0)
    same, gap = likeness(host + 0.2, host, host)
    assert gap == pytest.approx(0.1)  # 0.2 of the two that [-1, 1] spans
    assert likeness(host + 0.2, host, 10 * host)[0] > same


def test_that_real_scars_give_goal_and_floor(cases):
    row = real_row(cases)
    names = {one.name for one in row.figures}
    assert {"CNR, median", "scar to blood, median", "feature distance"} <= names
    assert row.name == REAL


def test_that_the_command_measures_every_row(tmp_path, capsys):
    models = write_bundle(tmp_path / "models")
    arguments = ["evaluate", "fidelity", "--models", str(models), "--count", "6", "--steps", "1"]
    arguments += ["--no-rivals", "--guidance", "0", "--choice-steps", "2"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    assert "forced choice" in capsys.readouterr().out
    whole = json.loads((tmp_path / "out" / "fidelity.json").read_text())
    rows = {row["name"]: row for row in whole["rows"]}
    assert set(rows) == {REAL, REPEATED, "ControlNet", "ControlNet, as published"}
    perfect = {one["name"]: one["value"] for one in rows[REPEATED]["figures"]}
    assert 0.9 < perfect["SSIM to original, LV"] < 1
    figures = {one["name"]: one for one in rows["ControlNet"]["figures"]}
    assert figures["largest change outside"]["value"] == 0
    assert figures["forced choice AUC"]["n"] == 4
    whole_crop = {one["name"]: one for one in rows["ControlNet, as published"]["figures"]}
    assert whole_crop["largest change outside"]["value"] > 0
    assert "forced choice AUC" not in whole_crop
