"""One run measures every layer of every system, and goes on where it was killed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.found import Found
from lgesynth_gui.evaluation.panel import Pictures
from lgesynth_gui.evaluation.panel_files import read_evaluation
from lgesynth_gui.evaluation.panel_others import privacy_panel
from lgesynth_gui.evaluation.parts import Parts
from lgesynth_gui.evaluation.row_cards import RowCards
from lgesynth_gui.evaluation.study import PRACTICE
from lgesynth_gui.evaluation.study_files import read_study
from lgesynth_gui.evaluation.whole import Options, measure_all
from lgesynth_gui.evaluation.whole_parts import PICTURES, SLICES, Effort
from lgesynth_gui.io.project_lock import Lock
from lgesynth_gui.registry.cards import find_model
from tests.synthesis.tiny import write_bundle

LAYERS = ("alignment", "fidelity", "diversity", "privacy")
NOTES = tuple(f"{one}: " for one in (*LAYERS, PICTURES, SLICES))


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
        if step is not None and step.note.startswith(NOTES) and step.done == parts:
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


def test_that_pictures_of_every_row_are_kept_and_shown(whole: Path) -> None:
    kept = {path.name for path in (whole / "pictures").iterdir()}
    systems = ("constant-brightness", "copy-paste", "controlnet", "controlnet-as-published")
    assert kept == {
        *(f"shown--{one}.npz" for one in (*systems, "real-scars-ceiling", "untouched-host")),
        *(f"alike--{one}.npz" for one in (*systems, "exact-copies")),
    }
    found = read_evaluation(whole)
    shown = {
        plot.name: plot
        for panel in found.panels
        for plot in panel.plots
        if isinstance(plot, Pictures)
    }
    assert set(shown) == {"pairs", "nearest-slices"}
    titles = [tile.title for tile in shown["pairs"].rows[0].tiles]
    assert titles == [
        "true scar", "host, asked and found", "ControlNet", "constant brightness", "copy-paste",
    ]  # fmt: skip


def test_that_a_run_without_pictures_opens_and_only_they_are_made(
    whole: Path, options: Options, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    shutil.rmtree(folder / "pictures")
    (folder / "evaluation.json").unlink()
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "parts").iterdir()}
    job = measure_all(folder, options)
    notes = []
    for step in job:
        if step is not None and step.note.startswith(NOTES) and step.total:
            notes.append(step.note)
            if len(notes) == 1:
                assert read_evaluation(folder).panel("privacy") is not None
    assert {one.partition(":")[0] for one in notes} == {PICTURES, SLICES}
    assert before == {path.name: path.stat().st_mtime_ns for path in (folder / "parts").iterdir()}
    assert (folder / "evaluation.json").read_bytes() == (whole / "evaluation.json").read_bytes()
    for path in (whole / "pictures").iterdir():
        assert (folder / "pictures" / path.name).read_bytes() == path.read_bytes()


def test_that_a_study_is_made_where_there_are_hosts_enough_and_then_left_alone(
    whole: Path, options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not (whole / "study").exists(), "two hosts are no study"
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    monkeypatch.setattr("lgesynth_gui.evaluation.whole.LEAST", 2 - PRACTICE)
    drive(measure_all(folder, options))
    study = read_study(folder)
    assert len(study.pictures) == 4
    assert "ControlNet" in study.title
    (folder / "study" / "study.json").write_text("{}")
    drive(measure_all(folder, options))
    assert (folder / "study" / "study.json").read_text() == "{}", "it is somebody's now"


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


def test_that_a_run_of_another_version_is_not_gone_on_with(
    whole: Path, options: Options, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    told = json.loads((folder / "run.json").read_text())
    del told["painting"]
    (folder / "run.json").write_text(json.dumps(told))
    with pytest.raises(LgeSynthError, match="another version of this program"):
        drive(measure_all(folder, options))
    assert "painting" not in json.loads((folder / "run.json").read_text())


def test_that_two_processes_do_not_measure_in_one_folder(whole: Path, options: Options) -> None:
    lock = Lock(whole / ".evaluation.lock")
    try:
        with pytest.raises(LgeSynthError, match="Another process"):
            drive(measure_all(whole, options))
    finally:
        lock.release()


def test_that_privacy_says_whose_copies_it_cannot_look_for(whole: Path) -> None:
    cards = [find_model(name) for name in ("controlnet", "judge")]
    taught = cards[0].model_copy(
        update={"trained_on": cards[0].trained_on.model_copy(update={"patients": 7})}
    )
    assert RowCards((("a", cards[0]), ("b", cards[1]))).taught == ()
    told = RowCards((("a", taught), ("b", taught), ("c", cards[1])))
    assert told.taught == (taught.reference,)
    assert "learned from patients" in told.held_out(real=True, seed=2)
    assert RowCards((("b", cards[1]),)).unsought == ""
    panel = privacy_panel(Found(Parts(whole), (), (), "judge/1", (), ()), told.unsought)
    (words,) = panel.missing
    assert words.startswith(f"Copies of the patients that {taught.reference} learned from")


def test_that_a_run_records_what_it_was_told(whole: Path) -> None:
    told = json.loads((whole / "run.json").read_text())
    assert told["stage"] == "tables"
    assert told["scans"] == "simulated hearts"
    assert len(told["networks"]) == 16
