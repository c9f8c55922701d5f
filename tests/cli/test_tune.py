"""`lgesynth train check` and `tune`, `models keep` and `default`."""

import json
import sys
from types import ModuleType

import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.evaluation.membership import Attack
from lgesynth_gui.evaluation.privacy import Privacy, Share
from lgesynth_gui.registry.cards import find_models
from lgesynth_gui.registry.defaults import default_card
from lgesynth_gui.training.record import write_record
from tests.registry.folders import write_folder
from tests.training.annotated_files import emidec, heart, nifti
from tests.training.test_gate import table


@pytest.fixture
def tuned(monkeypatch):
    """Replaces the fine-tuning; collects what it was asked for."""
    asked = []

    def fine_tune(out, data=(), **options):
        asked.append((out, list(data), options))
        yield Progress(1, 2, "training tune")
        return out / "tuned", table()

    module = ModuleType("lgesynth_gui.evaluation.fine_tuning")
    module.fine_tune = fine_tune
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


def test_that_the_check_lists_every_case_and_says_whether_it_may_start(tmp_path, capsys):
    emidec(tmp_path, 3)
    nifti(tmp_path / "Case_001/Contours/Case_001.nii.gz", heart()[1] * 0, labels=True)
    assert main(["train", "check", "--data", str(tmp_path), "--few", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["ready"]
    assert [one["outcome"] for one in told["findings"]] == ["warning", "refused", "warning"]
    assert told["findings"][1]["code"] == "TRN-05"
    arguments = ["train", "check", "--data", str(tmp_path), "--exclude", "2"]
    assert main([*arguments, "--few"]) == 0
    assert "Ready: 2 cases of 2 patients" in capsys.readouterr().out
    assert main(arguments) == 1
    assert "at least 10 cases" in capsys.readouterr().err


def test_that_tune_hands_on_what_it_was_told(tuned, tmp_path, capsys):
    run, data = tmp_path / "run", tmp_path / "data"
    arguments = ["train", "tune", "--data", str(data), "--out", str(run), "--preset", "quick",
                 "--exclude", "7", "--exclude-red", "--name", "our-lab"]  # fmt: skip
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["held_out"]["difference"]["dice"]["low"] == 0.01
    ((out, folders, options),) = tuned
    assert (out, folders) == (run, [data])
    assert options["excluded"] == ("case 07",)
    assert options["least"] == (10, 10)
    assert (options["preset"], options["name"], options["leave_red"]) == ("quick", "our-lab", True)
    assert main(arguments) == 0
    assert "8 held-out patients" in capsys.readouterr().out
    run.mkdir()
    (run / "last.safetensors").touch()
    assert main(arguments) == 1
    assert "resume" in capsys.readouterr().err


def test_that_resume_goes_on_with_a_fine_tuning_as_it_was_started(tuned, tmp_path):
    options = {"preset": "quick", "steps": 300, "batch": 8, "learning_rate": 1e-4, "name": "x",
               "seed": 4, "threads": 1, "minutes": 0.0, "start": "", "licence": "L",
               "models": (), "pool": "f"}  # fmt: skip
    write_record(tmp_path, "tune", options)
    (tmp_path / "last.safetensors").touch()
    assert main(["train", "resume", "--out", str(tmp_path), "--steps", "400"]) == 0
    ((out, folders, told),) = tuned
    assert (out, folders) == (tmp_path, [])
    kept = {"preset": "quick", "batch": 8, "seed": 4, "name": "x", "licence": "L"}
    assert told | kept | {"steps": 400} == told
    assert "pool" not in told


def test_that_a_model_of_a_run_is_kept_and_stands_before_the_gate(tmp_path, monkeypatch, capsys):
    class Engine:
        def run(self, function, *arguments):
            yield Progress(0, 1, "trying the model")
            return 1.0

        def kill(self):
            return None

    made = ModuleType("lgesynth_gui.engine.client")
    made.Engine = Engine
    monkeypatch.setitem(sys.modules, made.__name__, made)
    run = tmp_path / "run"
    assert main(["models", "keep", str(run)]) == 1
    assert "no model yet" in capsys.readouterr().err
    write_folder(run / "tuned")
    assert main(["models", "keep", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"]
    assert "tiny/1.2.3" in [one.reference for one in find_models()]
    assert main(["models", "keep", str(run)]) == 0
    assert "there already" in capsys.readouterr().out
    assert main(["models", "default"]) == 0
    assert "lgesynth-net/" in capsys.readouterr().out
    assert main(["models", "default", "controlnet"]) == 1
    assert "TRN-18" in capsys.readouterr().err
    reason = ["--reason", "Our scanner is like it."]
    assert main(["models", "default", "controlnet", *reason, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] == reason[1]
    assert default_card().id == "controlnet"


def test_that_a_refusal_of_the_run_is_told_with_its_code(tuned, monkeypatch, tmp_path, capsys):
    def refused(out, data=(), **options):
        yield None
        raise Refused("Fine-tuning needs more.", "Add data.", "TRN-13")

    sys.modules["lgesynth_gui.evaluation.fine_tuning"].fine_tune = refused
    assert main(["train", "tune", "--data", str(tmp_path), "--out", str(tmp_path / "r")]) == 1
    assert "TRN-13" in capsys.readouterr().err


def test_that_the_memorisation_check_says_what_it_found(tuned, tmp_path, capsys, monkeypatch):
    share = Share(2, 40, 0.05, 0.006, 0.17)
    found = Privacy("a/1.0.0 0", "b/1.0.0 1", 29, 248, 8, share, 0.06, share, 1.0,
                    Attack(0.75, 0.6, 0.9, 40, 40), share, share)  # fmt: skip
    asked = []

    def measure_run(out, count):
        asked.append((out, count))
        yield Progress(1, 2, "painting")
        return found

    module = sys.modules["lgesynth_gui.evaluation.fine_tuning"]
    monkeypatch.setattr(module, "measure_run", measure_run, raising=False)
    arguments = ["evaluate", "privacy", "--run", str(tmp_path / "run"), "--count", "40"]
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["blocked"]
    assert told["membership"]["value"] == 0.75
    assert main(arguments) == 0
    assert "must not be shared" in " ".join(capsys.readouterr().out.split())
    assert asked == [(tmp_path / "run", 40)] * 2
