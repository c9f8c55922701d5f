import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import (
    CEILING,
    CHANCE,
    UNTOUCHED,
    Contender,
    Report,
    measure_alignment,
)
from lgesynth_gui.evaluation.lineup import Setting, chosen, load_lineup
from lgesynth_gui.evaluation.rows import Row
from lgesynth_gui.registry.cards import find_model
from tests.evaluation.painters import Nothing
from tests.evaluation.test_rows import outcome
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"), rewards=1)


def report(ours, ceiling=0.5, later=None):
    def row(name, dice, reward):
        some = (outcome(dice, group=str(k), reward=reward) for k in range(8))
        return Row(name, tuple(some))

    rows = [row(CEILING, ceiling, ceiling), row(CHANCE, 0.1, 0.1), row(UNTOUCHED, 0.0, 0.0)]
    rows.append(row("ControlNet", *ours))
    told = [Contender("ControlNet", "net/1.0.0", 0.0)]
    if later:
        rows.append(row("LGESynthNet", *later))
        told.append(Contender("LGESynthNet", "lgesynth/1.0.0", 0.0))
    return Report("judge/1.0.0", 8, 1, tuple(rows), tuple(told))


def test_that_a_growing_gap_between_reward_and_judge_sounds_the_alarm():
    quiet = report((0.4, 0.45), later=(0.45, 0.54))
    loud = report((0.4, 0.45), later=(0.45, 0.7))
    assert not quiet.alarms()
    (alarm,) = loud.alarms()
    assert "LGESynthNet" in alarm
    assert "gap" in alarm


def test_that_scoring_above_real_scars_sounds_the_alarm():
    (alarm,) = report((0.8, 0.8)).alarms()
    assert "above real scars" in alarm


def test_that_every_row_is_compared_with_the_first_of_ours():
    found = report((0.4, 0.4), later=(0.5, 0.5)).differences()
    assert found["LGESynthNet"].value == pytest.approx(0.1)
    assert set(found) == {UNTOUCHED, "LGESynthNet"}


def test_that_bins_are_those_of_the_wish_and_hold_the_same_cases_in_every_row():
    cells = report((0.7, 0.7), later=(0.9, 0.9)).bins()
    assert {one.row for one in cells} == {UNTOUCHED, "ControlNet", "LGESynthNet"}
    assert {(one.size, one.depth) for one in cells} == {
        ("100-300 mm2", "all"), ("100-300 mm2", "transmural"),
    }  # fmt: skip
    assert all((one.dice.n, one.ceiling.n, one.ceiling.value) == (8, 8, 0) for one in cells)


def test_that_ceiling_and_chance_stand_beside_a_cards_figure():
    told = {m.name: m for m in report((0.7, 0.7), later=(0.9, 0.9)).metrics("LGESynthNet")}
    assert told["Judge Dice, mean"].value == 0.9
    assert told["Ceiling: judge Dice, mean"].value == 0.5
    assert told["Chance: judge Dice with another wish"].value == 0.1


def test_that_the_command_measures_and_writes_tables_and_card(models, tmp_path, capsys):
    arguments = ["evaluate", "alignment", "--models", str(models), "--count", "2", "--steps", "1"]
    arguments += ["--no-rivals", "--card"]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"ControlNet", "ControlNet, guided"}
    card = find_model("controlnet", (models,))
    assert len(card.metrics) == sum(map(len, told.values()))
    assert all(m.low <= m.value <= m.high and m.n == 2 for m in card.metrics)
    whole = json.loads((tmp_path / "out" / "alignment.json").read_text())
    names = [row["name"] for row in whole["rows"]]
    assert names == [CEILING, CHANCE, UNTOUCHED, "ControlNet", "ControlNet, guided"]
    assert all(len(row["outcomes"]) == 2 for row in whole["rows"])
    assert whole["missing"] == ["LGESynthNet"]
    with (tmp_path / "out" / "outcomes.csv").open() as file:
        lines = list(csv.DictReader(file))
    dice = [float(line["Dice J"]) for line in lines if line["row"] == CEILING]
    mean = next(m for m in told["ControlNet"] if m["name"] == "Ceiling: judge Dice, mean")
    assert np.mean(dice) == pytest.approx(mean["value"], abs=1e-4)
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "Left out" in out
    assert "LGESynthNet" in out
    assert len(find_model("controlnet", (models,)).metrics) == len(card.metrics)  # replaced


def test_that_no_judge_is_no_measurement(models, tmp_path):
    shutil.copytree(models, tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "judge")
    setting = Setting(folders=(tmp_path / "m",), rivals=False)
    with pytest.raises(LgeSynthError, match="no judge"):
        drive(measure_alignment(1, setting=setting))


def test_that_no_model_of_ours_is_no_lineup(models, tmp_path):
    shutil.copytree(models, tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "controlnet")
    with pytest.raises(LgeSynthError, match="no synthesis model"):
        load_lineup(Setting(folders=(tmp_path / "m",), rivals=False))


def test_that_guided_rows_and_whole_crops_are_there_when_wanted(models):
    plain = Setting(folders=(models,), rivals=False, guidance=0.0)
    assert [one.name for one in load_lineup(plain).systems] == ["ControlNet"]
    wide = Setting(folders=(models,), rivals=False, published=True)
    found = {one.name: one.composited for one in load_lineup(wide).systems}
    assert found == {
        "ControlNet": True, "ControlNet, guided": True, "ControlNet, as published": False,
    }  # fmt: skip


def test_that_a_whole_picture_stands_in_only_where_none_is_composited():
    names = [("SPADE-LC", False), ("SPADE-FC", True), ("SPADE-FC, as published", False)]
    systems = [replace(Nothing(), name=name, composited=done) for name, done in names]
    few = [one.name for one in chosen(systems, published=False)]
    assert few == ["SPADE-LC", "SPADE-FC"]
    assert len(chosen(systems, published=True)) == 3
