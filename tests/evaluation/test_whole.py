"""One run measures every layer of every system, and goes on where it was killed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.panel_files import read_evaluation
from lgesynth_gui.evaluation.whole import Options, measure_all
from lgesynth_gui.evaluation.whole_parts import Effort
from lgesynth_gui.io.project_lock import Lock
from tests.synthesis.tiny import write_bundle

LAYERS = ("alignment", "fidelity", "diversity", "privacy")


@pytest.fixture(scope="module")
def options(tmp_path_factory: Any) -> Options:
    models = write_bundle(tmp_path_factory.mktemp("models"))
    effort = Effort(choice_steps=0, requests=1, trained=4, members=2, real=3)
    return Options(count=2, steps=1, models=models, command="again", effort=effort)


@pytest.fixture(scope="module")
def whole(options: Options, tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("whole") / "run"
    drive(measure_all(folder, options))
    return folder


def killed(folder: Path, options: Options, parts: int) -> None:
    """A run that ends after some parts."""
    job = measure_all(folder, options)
    for step in job:
        if step is not None and step.note.startswith(LAYERS) and step.done == parts:
            break
    job.close()


def test_that_every_layer_and_row_is_there(whole: Path) -> None:
    found = read_evaluation(whole)
    assert found.finished
    assert tuple(panel.name for panel in found.panels) == LAYERS
    alignment = found.panel("alignment")
    assert alignment is not None
    rows = [row[0] for row in next(t for t in alignment.tables if t.name == "alignment").shown]
    assert rows == [
        "real scars (ceiling)", "shuffled wishes (chance)", "untouched host",
        "constant brightness", "copy-paste", "ControlNet", "ControlNet, as published",
    ]  # fmt: skip
    assert {"SPADE-LC", "LGESynthNet"} <= set(alignment.missing)
    assert "2 cases" in found.small
    assert found.held_out.endswith("was trained on any of these hearts.")
    cards = {path.name for path in (whole / "cards").iterdir()}
    assert {"controlnet-1.0.0.json", "judge-1.0.0.json"} <= cards
    assert any(row == "ControlNet" and text.startswith("controlnet/") for row, text in found.models)


def test_that_few_cases_are_counted(whole: Path) -> None:
    alignment = read_evaluation(whole).panel("alignment")
    assert alignment is not None
    table = next(one for one in alignment.tables if one.name == "alignment")
    place = table.head.index("pass rate")
    assert {row[place] for row in table.shown} <= {"0 of 2", "1 of 2", "2 of 2"}


def test_that_a_killed_run_goes_on_to_equal_numbers(
    whole: Path, options: Options, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    killed(folder, options, 14)
    assert not read_evaluation(folder).finished
    (damaged,) = (folder / "parts").glob("*untouched*")
    damaged.write_text(damaged.read_text()[:50])
    drive(measure_all(folder, options))
    assert (folder / "evaluation.json").read_bytes() == (whole / "evaluation.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "word"), [({"seed": 2}, "seed"), ({"count": 3}, "count"), ({"steps": 2}, "sampling")]
)
def test_that_a_folder_takes_no_other_run(
    whole: Path, options: Options, change: dict[str, Any], word: str
) -> None:
    before = (whole / "evaluation.json").read_bytes()
    with pytest.raises(LgeSynthError, match=f"started with {word}"):
        drive(measure_all(whole, replace(options, **change)))
    assert (whole / "evaluation.json").read_bytes() == before


def test_that_two_processes_do_not_measure_in_one_folder(whole: Path, options: Options) -> None:
    lock = Lock(whole / ".evaluation.lock")
    try:
        with pytest.raises(LgeSynthError, match="Another process"):
            drive(measure_all(whole, options))
    finally:
        lock.release()


def test_that_a_run_records_what_it_was_told(whole: Path) -> None:
    told = json.loads((whole / "run.json").read_text())
    assert told["stage"] == "tables"
    assert told["scans"] == "simulated hearts"
    assert len(told["networks"]) == 16
