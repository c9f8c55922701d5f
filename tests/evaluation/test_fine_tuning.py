"""From annotated folders to a measured model, on tiny networks."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation import fine_tuning, held_out
from lgesynth_gui.evaluation.fine_tuning import fine_tune, finished, measure_run
from lgesynth_gui.registry.cards import find_models, verify
from lgesynth_gui.registry.packages import pack
from lgesynth_gui.training import presets
from lgesynth_gui.training.data import Pool, draw_chunk, save_pool
from lgesynth_gui.training.held_out_table import TABLE, read_table
from lgesynth_gui.training.split import read_split
from tests.synthesis.tiny import write_bundle
from tests.training.annotated_files import emidec, heart, nifti


@pytest.fixture
def few(monkeypatch):
    """A preset that takes seconds."""
    quick = replace(presets.PRESETS["quick"], steps=4, batch=4, watched=2, measured=4, phantom=6)
    monkeypatch.setattr(presets, "PRESETS", {**presets.PRESETS, "quick": quick})
    monkeypatch.setattr(held_out, "COMPUTED_CASES", 1)
    monkeypatch.setattr(held_out, "STEPS", 1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return emidec(tmp_path_factory.mktemp("data"), 7, scar=lambda k: k % 3 != 2)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    """Computed slices, drawn once for all runs."""
    rows = draw_chunk("generator", fine_tuning.PHANTOM_SEED, 6)
    path = tmp_path_factory.mktemp("computed") / "generator.npz"
    save_pool(path, Pool(**rows))
    return path


@pytest.fixture
def run_in(tmp_path, computed):
    """Makes a run's folder that has its computed slices already."""

    def made(name):
        place = tmp_path / name / "data"
        place.mkdir(parents=True)
        shutil.copy(computed, place / f"generator-{fine_tuning.PHANTOM_SEED}-6.npz")
        return tmp_path / name

    return made


def told(models, **more):
    return {"preset": "quick", "models": (models,), "least": (2, 2), "threads": 1, **more}


@pytest.mark.slow
def test_that_a_fine_tuning_ends_with_a_measured_model(few, data, models, run_in):
    run = run_in("run")
    job = fine_tune(run, [data], **told(models))
    notes = []
    folder, table = drive(job, lambda step: notes.append(step.note))
    assert any("s a step" in one for one in notes)
    (card,) = find_models((folder,))
    verify(card, (folder,), full=True)
    assert card.trained_on.patients == read_split(run).people(read_split(run).train)
    assert card.licence.startswith("LicenseRef-")
    assert {"weights.safetensors", TABLE} == {one.name for one in card.files}
    assert any("held-out patients" in one.data for one in card.metrics)
    assert table == read_table(run / TABLE) == read_table(folder / card.id / card.version / TABLE)
    assert table.after == f"{card.reference} {card.sha256}"
    assert table.before.startswith("controlnet/1.0.0 ")
    held = read_split(run).held_out
    assert table.patients == len(held) == 3
    assert set(table.row("after").tasks) <= {"own scar again", "pattern in a clean slice"}
    assert "AUC" in table.memorisation
    counts = [one.n for one in card.metrics if one.name.startswith("Memorised")]
    assert counts[:2] == [4, 4]
    again = drive(measure_run(run, 3))
    (card,) = find_models((folder,))
    assert again.model == table.after
    assert again.words == read_table(run / TABLE).memorisation != table.memorisation
    assert read_table(run / TABLE).rows == table.rows
    assert set(again.metrics()) < set(card.metrics)
    blocked = replace(read_table(run / TABLE), blocked=True)
    source = run / "model" if not (run / "best").is_dir() else run / "best"
    finished(source / card.id / card.version, folder, blocked, card.metrics)
    with pytest.raises(Refused, match="is not shared") as closed:
        drive(pack(card.reference, run / "it.lgesynth-model", (folder,), patients_ok=True))
    assert closed.value.code == "MOD-20"
    looks = json.loads((run / "watched.json").read_text())
    assert [one["step"] for one in looks] == [0, 2, 4]
    with (
        np.load(run / "samples/step_000002.npz") as kept,
        np.load(run / "samples/step_000000.npz") as first,
    ):
        assert (kept["before"] == first["now"]).all()
        assert kept["now"].shape == (2, 2, 128, 128)
        assert kept["wish"].any()
    assert (run / "samples/step_000004.png").read_bytes().startswith(b"\x89PNG")
    text = "".join(one.read_text(errors="replace") for one in run.rglob("*.json*"))
    assert "Case_" not in text
    assert str(data) not in text


@pytest.mark.slow
def test_that_a_stopped_run_goes_on_and_other_data_is_refused(few, data, models, run_in, tmp_path):
    run, whole = run_in("run"), run_in("whole")
    drive(fine_tune(whole, [data], **told(models, name="whole")))
    job = fine_tune(run, [data], **told(models, name="whole"))
    for step in job:
        if step is not None and step.note == "training tune" and step.done == 3:
            job.close()
            break
    with pytest.raises(LgeSynthError, match="learning_rate"):
        drive(fine_tune(run, [], **told(models, name="whole", learning_rate=0.5)))
    folder, table = drive(fine_tune(run, [], **told(models, name="whole")))
    (card,), (other,) = find_models((folder,)), find_models((whole / "tuned",))
    assert card.sha256 == other.sha256
    pixels, labels = heart(seed=99)
    more = emidec(tmp_path / "more", 7, scar=lambda k: k % 3 != 2)
    nifti(more / "Case_008/Images/Case_008.nii.gz", pixels)
    nifti(more / "Case_008/Contours/Case_008.nii.gz", labels, labels=True)
    with pytest.raises(Refused, match="not what this run was started with"):
        drive(fine_tune(run, [more], **told(models, name="whole")))
    with pytest.raises(LgeSynthError, match="no finished fine-tuning"):
        drive(measure_run(tmp_path / "none"))
    with pytest.raises(LgeSynthError, match="no data yet"):
        drive(fine_tune(tmp_path / "none", [], **told(models)))
    assert table.cases


def test_that_red_cases_and_small_sets_stop_it_before_it_starts(few, data, models, tmp_path):
    with pytest.raises(Refused, match="at least 10 cases") as closed:
        drive(fine_tune(tmp_path / "a", [data], preset="quick", models=(models,)))
    assert closed.value.code == "TRN-13"
    bad = emidec(tmp_path / "bad", 5)
    nifti(bad / "Case_001/Contours/Case_001.nii.gz", heart()[1] * 0, labels=True)
    with pytest.raises(Refused, match="case 02") as closed:
        drive(fine_tune(tmp_path / "b", [bad], **told(models)))
    assert closed.value.code == "TRN-05"
    assert not (tmp_path / "b/split.json").exists()
    prepared = drive(
        fine_tuning.prepare(
            tmp_path / "b", [bad], fine_tuning.TuneOptions(**told(models, leave_red=True))
        )
    )
    assert "case 02" not in prepared.split.patients
    assert set(prepared.pool.cases) == set(prepared.split.patients)


def test_that_the_presets_are_estimated_without_data(models, monkeypatch):
    monkeypatch.setattr(fine_tuning, "FEW_SLICES", 6)
    found = drive(fine_tuning.estimate_presets(models=(models,), threads=1))
    assert list(found) == ["quick", "standard", "careful"]
    minutes = [one.minutes for one in found.values()]
    assert minutes[0] < minutes[1] < minutes[2]
    assert all(one.memory_mib > 0 and one.disk_mib > 0 for one in found.values())
    assert "minutes" in found["quick"].words
