import json

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import read_row
from lgesynth_gui.evaluation.captions import Telling
from tests.evaluation.painters import Perfect, placed, readers
from tests.synthesis.tiny import write_bundle


def test_that_words_well_obeyed_stand_above_chance():
    cases = placed(8)
    pictures = drive(Perfect().paint([case.conditions for case in cases], None, None))
    others = [case.conditions.labels for case in cases[1:] + cases[:1]]
    walls = [((other >= 3) & case.wall) for case, other in zip(cases, others, strict=True)]
    wishes = []
    for case, wall in zip(cases, walls, strict=True):
        labels = case.conditions.labels.copy()
        labels[case.wall] = 2
        labels[wall] = 3
        wishes.append(labels)
    row = drive(read_row("a", cases, pictures, readers()))
    chance = drive(read_row("a", cases, pictures, readers(), wishes))
    figures = {one.name: one for one in Telling("a", row, chance).figures()}
    assert figures["segment F1"].value == 1
    assert figures["segment F1, chance"].value < 0.8
    assert figures["depth word regained"].value == 1
    assert figures["any scar found"].value == 1


def test_that_the_command_tries_words_alone_and_against_the_drawing(tmp_path, capsys):
    models = write_bundle(tmp_path / "models")
    arguments = ["evaluate", "captions", "--models", str(models), "--count", "3", "--steps", "1"]
    assert main([*arguments, "--text-scale", "2", "--out", str(tmp_path / "out")]) == 0
    assert "drawing" in capsys.readouterr().out
    whole = json.loads((tmp_path / "out" / "captions.json").read_text())
    assert [one["name"] for one in whole["tellings"]] == [
        "no caption", "caption in a known wall, scale 2", "caption alone, scale 2",
    ]  # fmt: skip
    (conflict,) = whole["conflicts"]
    both = [conflict[side]["value"] for side in ("drawing", "caption")]
    assert all(value is None or 0 <= value <= 1 for value in both)
    assert conflict["drawing"]["n"] <= 3
