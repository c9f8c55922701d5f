"""Models on the command line, and the audit's words and exit codes."""

import json
import sys
from types import ModuleType

import pytest

from lgesynth_gui.app import audit as audits
from lgesynth_gui.app.audit import Audit
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.io.comparing import FileFinding, Outcome
from lgesynth_gui.registry.cards import find_models
from tests.registry.folders import write_folder


@pytest.fixture
def own(tmp_path, monkeypatch):
    """This person's folder of models, with one in it."""
    root = tmp_path / "own"
    monkeypatch.setenv("LGESYNTH_MODELS", str(root))
    write_folder(root)
    return root


@pytest.fixture
def engine(monkeypatch):
    """An engine that finds every model fit."""

    class Engine:
        def run(self, function, *arguments):
            yield Progress(0, 1, "trying the model")
            return 1.0

        def kill(self):
            return None

    made = ModuleType("lgesynth_gui.engine.client")
    made.Engine = Engine
    monkeypatch.setitem(sys.modules, made.__name__, made)


def test_that_models_of_both_places_are_listed(own, capsys):
    assert main(["models", "list", "--json"]) == 0
    told = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert (told["tiny"]["where"], told["judge"]["where"]) == ("imported", "bundled")
    assert told["tiny"]["size"] == told["tiny"]["files"][0]["size"]
    assert main(["models", "list"]) == 0
    assert "tiny/1.2.3" in capsys.readouterr().out


def test_that_verify_names_a_damaged_model_and_ends_with_1(own, capsys):
    assert main(["models", "verify", "tiny"]) == 0
    weights = own / "tiny" / "1.2.3" / "w.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    assert main(["models", "verify", "tiny", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out[out.index("[") :])[0]["ok"] is False
    assert "repair" in err
    assert main(["models", "verify", "nobody"]) == 1


def test_that_a_model_travels_in_a_package_and_comes_back(
    own, engine, tmp_path, monkeypatch, capsys
):
    package = tmp_path / "tiny.lgesynth-model"
    assert main(["models", "export", "tiny", "--out", str(package)]) == 0
    first = package.read_bytes()
    assert main(["models", "export", "tiny", "--out", str(package)]) == 1
    assert package.read_bytes() == first
    other = tmp_path / "other"
    monkeypatch.setenv("LGESYNTH_MODELS", str(other))
    assert main(["models", "import", str(package), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (told["model"], told["new"]) == ("tiny/1.2.3", True)
    assert [card.reference for card in find_models([other])] == ["tiny/1.2.3"]
    assert main(["models", "import", str(package)]) == 0
    assert "was there already" in capsys.readouterr().out
    again = tmp_path / "again.lgesynth-model"
    assert main(["models", "export", "tiny", "--out", str(again)]) == 0
    assert again.read_bytes() == first


def test_that_repair_mends_only_from_the_right_package(own, tmp_path, capsys):
    package = tmp_path / "tiny.lgesynth-model"
    assert main(["models", "export", "tiny", "--out", str(package)]) == 0
    weights = own / "tiny" / "1.2.3" / "w.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(b"\0" * len(good))
    assert main(["models", "repair", "tiny"]) == 1
    assert "no whole copy is at hand" in capsys.readouterr().err
    assert main(["models", "repair", "judge", "--from", str(package)]) == 0  # it is whole
    assert main(["models", "repair", "tiny", "--from", str(package)]) == 0
    assert weights.read_bytes() == good
    (own / "tiny" / "1.2.3" / "model.json").write_text("{}")
    assert main(["models", "repair", "tiny"]) == 1
    assert "Install the program again" in capsys.readouterr().err


def test_that_a_model_of_patients_leaves_only_when_somebody_says_so(own, tmp_path, capsys):
    metric = {"name": "memorised share", "data": "probe of 500", "value": 0.02, "n": 500}
    trained = {"data": "a ward", "patients": 40}
    write_folder(own, id="ours", trained_on=trained, metrics=[metric])
    out = ["--out", str(tmp_path / "ours.lgesynth-model")]
    assert main(["models", "export", "ours", *out]) == 1
    told = capsys.readouterr().err
    assert "40 patients" in told
    assert "memorised share: 0.02" in told
    assert "MOD-20" in told
    assert main(["models", "export", "ours", *out, "--patients-ok"]) == 0


# -- verify

EXACT = Audit(Outcome.EXACT, "exact", (FileFinding("a.dcm", Outcome.EXACT, "the same bytes"),),
              versions=(("torch", "2.12", "2.13"),))  # fmt: skip
CLOSE = Audit(Outcome.CLOSE, "close (largest difference 1 stored grey level)", largest=1.0)
DIFFERENT = Audit(Outcome.DIFFERENT, "different", problems=("a.dcm was changed since the export.",))


@pytest.mark.parametrize(("found", "code"), [(EXACT, 0), (CLOSE, 0), (DIFFERENT, 1)])
def test_that_the_outcome_decides_the_exit_code(engine, monkeypatch, tmp_path, capsys, found, code):
    asked = []

    def job(path, run, host, device):
        asked.append((path, host, device))
        yield Progress(0, 1, "denoising")
        return found

    monkeypatch.setattr(audits, "audit", job)
    arguments = ["verify", str(tmp_path), "--host", str(tmp_path / "h"), "--device", "cpu"]
    assert main(arguments) == code
    assert asked == [(tmp_path, tmp_path / "h", "cpu")]
    out, err = capsys.readouterr()
    assert f"{found.outcome.glyph} {found.headline}" in out
    assert ("was changed" in err) is (code == 1)
    assert main([*arguments, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] == found.outcome.value
    assert told["versions"] == [
        {"name": n, "record": then, "here": here} for n, then, here in found.versions
    ]


def test_that_a_missing_model_is_one_sentence(engine, monkeypatch, tmp_path, capsys):
    def job(path, run, host, device):
        yield None
        raise Refused("It was painted with models that are not here: x.", "Import them.", "AUD-03")

    monkeypatch.setattr(audits, "audit", job)
    assert main(["verify", str(tmp_path)]) == 1
    assert capsys.readouterr().err.endswith("not here: x. Import them. (AUD-03)\n")
