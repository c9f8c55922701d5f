"""`lgesynth train`, with a training that only counts."""

import json
import signal
import sys
from types import ModuleType

import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.training.record import write_record


def append(run, text):
    with (run / "events.jsonl").open("a") as file:
        file.write(text)


@pytest.fixture
def trained(monkeypatch):
    """Replaces the training; collects what it was asked for and how it ended."""
    asked = []

    def train(stage, out, **options):
        asked.append((stage, out, options))
        out.mkdir(parents=True, exist_ok=True)
        try:
            for step in range(1, 4):
                append(out, json.dumps({"event": "step", "stage": stage, "step": step}) + "\n")
                if options.get("seed") == 13:
                    signal.raise_signal(signal.SIGINT)
                if options.get("seed") == 15:
                    signal.raise_signal(signal.SIGTERM)
                yield Progress(step, 3, "training")
        finally:
            (out / "last.safetensors").touch()
        return out / "model"

    module = ModuleType("lgesynth_gui.training.run")
    module.train = train
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


def test_that_a_run_hands_on_what_it_was_told(trained, tmp_path, capsys):
    out = tmp_path / "run"
    arguments = ["train", "run", "--stage", "text", "--out", str(out), "--steps", "3"]
    assert main([*arguments, "--models", str(tmp_path), "--json"]) == 0
    ((stage, folder, options),) = trained
    assert (stage, folder, options["steps"], options["models"]) == ("text", out, 3, (tmp_path,))
    assert json.loads(capsys.readouterr().out) == {"stage": "text", "model": str(out / "model")}


def test_that_a_run_is_not_started_over_another(trained, tmp_path, capsys):
    (tmp_path / "last.safetensors").touch()
    assert main(["train", "run", "--stage", "text", "--out", str(tmp_path)]) == 1
    assert "resume" in capsys.readouterr().err
    assert not trained


def test_that_only_a_run_with_a_checkpoint_is_resumed(trained, tmp_path, capsys):
    arguments = ["train", "resume", "--stage", "text", "--out", str(tmp_path)]
    assert main(arguments) == 1
    assert "no checkpoint" in capsys.readouterr().err
    (tmp_path / "previous.safetensors").touch()
    assert main(arguments) == 0


def test_that_ctrl_c_ends_after_the_step_with_a_checkpoint(trained, tmp_path, capsys):
    before = signal.getsignal(signal.SIGINT)
    out = tmp_path / "run"
    assert main(["train", "run", "--stage", "base", "--out", str(out), "--seed", "13"]) == 130
    assert (out / "last.safetensors").exists()
    assert len((out / "events.jsonl").read_text().splitlines()) == 1  # no second step
    assert "Stopping after this step" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before


def test_that_runs_are_listed_with_how_far_they_are(trained, tmp_path, capsys):
    assert main(["train", "run", "--stage", "text", "--out", str(tmp_path / "a")]) == 0
    (tmp_path / "a" / "model" / "text" / "1.0.0").mkdir(parents=True)
    (tmp_path / "a" / "model" / "text" / "1.0.0" / "model.json").touch()
    append(tmp_path / "a", '{"cut sho')
    capsys.readouterr()
    assert main(["train", "list", str(tmp_path), "--json"]) == 0
    (run,) = json.loads(capsys.readouterr().out)
    assert "without a word" in run.pop("message")  # this training only counts: nobody holds it
    assert run == {
        "run": "a", "stage": "text", "state": "failed", "step": 3, "steps": 0, "resumable": True,
        "models": ["model/text/1.0.0"],
    }  # fmt: skip


def test_that_a_request_to_end_ends_well_after_the_step(trained, tmp_path):
    before = signal.getsignal(signal.SIGTERM)
    out = tmp_path / "run"
    assert main(["train", "run", "--stage", "base", "--out", str(out), "--seed", "15"]) == 0
    assert (out / "last.safetensors").exists()
    assert len((out / "events.jsonl").read_text().splitlines()) == 1
    assert signal.getsignal(signal.SIGTERM) is before


def test_that_a_training_that_does_not_run_is_not_asked(tmp_path, capsys):
    assert main(["train", "ask", "pause", "--out", str(tmp_path)]) == 1
    assert "No training is running there." in capsys.readouterr().err
    assert main(["train", "ask", "dance", "--out", str(tmp_path)]) == 1
    assert "stop, save, sample" in capsys.readouterr().err


def test_that_a_folder_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["train", "list", str(tmp_path / "none")]) == 1
    assert "is no folder" in capsys.readouterr().err


def test_that_a_run_is_resumed_as_it_was_started(trained, tmp_path):
    told = {"steps": 3, "seed": 5, "start": "base", "models": (tmp_path,), "data": None}
    write_record(tmp_path / "run", "base", told)
    (tmp_path / "run" / "last.safetensors").touch()
    assert main(["train", "resume", "--out", str(tmp_path / "run"), "--steps", "7"]) == 0
    ((stage, _, options),) = trained
    assert (stage, options["seed"], options["start"], options["steps"]) == ("base", 5, "base", 7)
    assert options["models"] == (tmp_path,)


def test_that_a_run_that_does_not_say_its_stage_asks_for_it(trained, tmp_path, capsys):
    (tmp_path / "last.safetensors").touch()
    assert main(["train", "resume", "--out", str(tmp_path)]) == 1
    assert "--stage" in capsys.readouterr().err
    assert not trained
