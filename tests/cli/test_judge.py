"""`lgesynth judge`: the gate alone. Files and engine are stand-ins, the gate is the real one."""

import json
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from lgesynth_gui.cli import judge as command
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.io.series_info import SeriesInfo
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.registry.cards import models_of


@pytest.fixture(scope="module")
def study():
    return make_study(
        np.random.default_rng(5), n_slices=8, pattern="ischaemic_transmural", matrix=(128, 128)
    )


@pytest.fixture
def world(study, monkeypatch, tmp_path):
    """What the stand-ins give and were asked; `judge` is what the judge reads."""
    made = SimpleNamespace(mask=study.labels, judge=study.labels, asked=[], killed=0)

    class Engine:
        def run(self, function, *arguments):
            made.asked.append((function, arguments))
            yield Progress(0, 1, "working")
            if function == command.JUDGE:
                return (made.judge, "judge 1.0.0") if made.judge is not None else (None, "")
            return study.contours

        def kill(self):
            made.killed += 1

    io, contours = ModuleType("lgesynth_gui.io"), ModuleType("lgesynth_gui.io.contours")
    io.open_path = lambda path: (SeriesInfo("Series 1", ""),)
    io.load = lambda info: study.series
    io.load_mask = lambda path, series: made.mask
    contours.read_contours = lambda path: study.contours
    for module in (io, contours):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(command, "Engine", Engine)
    (tmp_path / "heart").mkdir()
    made.arguments = ["judge", str(tmp_path / "heart"), "asked.nii.gz"]
    made.scarred = [i for i in range(8) if (study.labels[i] >= 3).any()]
    return made


def verdict_of(capsys):
    return json.loads(capsys.readouterr().out)


def test_that_a_scar_that_is_there_is_told_with_its_figures(world, capsys):
    code = main([*world.arguments, "--json", "--contours", "c.json"])
    found = verdict_of(capsys)
    assert found["slices"] == [i + 1 for i in world.scarred]
    assert found["verdict"]["dice"] > 0.9
    assert found["verdict"]["judge"] == "judge 1.0.0"
    assert found["verdict"]["grade"] in ("PASS", "CHECK")
    assert code == 0
    assert world.killed == 1
    ((function, (_, _, slices)),) = world.asked
    assert function == command.JUDGE
    assert list(slices) == world.scarred


def test_that_a_scar_that_is_not_found_fails_with_its_reason(world, study, capsys):
    world.judge = np.where(study.labels >= 3, 2, study.labels).astype(np.uint8)
    assert main([*world.arguments, "--contours", "c.json"]) == 1
    told = capsys.readouterr()
    assert "✗ FAIL" in told.out
    assert "Dice 0.00" in told.out
    assert "The picture is ✗ FAIL." in told.err


def test_that_the_limit_is_the_users(world, study, capsys):
    shrunk = study.labels.copy()
    shrunk[world.scarred[0]][shrunk[world.scarred[0]] >= 3] = 2
    world.judge = shrunk
    main([*world.arguments, "--json", "--contours", "c.json", "--limit", "0.2"])
    low = verdict_of(capsys)["verdict"]
    main([*world.arguments, "--json", "--contours", "c.json", "--limit", "0.99"])
    high = verdict_of(capsys)["verdict"]
    assert low["dice"] == high["dice"]
    assert (low["limit"], high["limit"]) == (0.2, 0.99)
    assert low["grade"] == "CHECK"
    assert high["grade"] == "FAIL"


def test_that_a_plain_mask_of_0_and_1_is_a_scar_mask(world, study, capsys):
    world.mask = (study.labels >= 3).astype(np.uint8)
    main([*world.arguments, "--json", "--contours", "c.json"])
    assert verdict_of(capsys)["slices"] == [i + 1 for i in world.scarred]


def test_that_contours_come_from_the_mask_if_it_shows_the_heart(world, capsys):
    main([*world.arguments, "--json"])
    assert [function for function, _ in world.asked] == [command.JUDGE]


def test_that_contours_are_proposed_if_nothing_shows_the_heart(world, study, capsys):
    world.mask = np.where(study.labels >= 3, study.labels, 0).astype(np.uint8)
    main(world.arguments)
    assert [function for function, _ in world.asked] == [command.hosts.PROPOSE, command.JUDGE]
    assert "outlined by the contour network" in capsys.readouterr().err


def test_that_a_mask_without_scar_asks_for_a_healthy_heart(world, study, capsys):
    world.mask = np.where(study.labels >= 3, 2, study.labels).astype(np.uint8)
    assert main([*world.arguments, "--json", "--contours", "c.json"]) == 1
    found = verdict_of(capsys)
    assert len(found["slices"]) == len(study.contours.outlined())
    assert found["verdict"]["grade"] == "FAIL"


def test_that_without_a_judge_nothing_is_judged(world, capsys):
    world.judge = None
    assert main([*world.arguments, "--contours", "c.json"]) == 1
    assert "○ NOT JUDGED" in capsys.readouterr().out


def test_that_scar_in_a_slice_without_contours_is_told(world, study, capsys, monkeypatch):
    bare = study.contours.replacing(world.scarred[0], None)
    monkeypatch.setattr(sys.modules["lgesynth_gui.io.contours"], "read_contours", lambda _: bare)
    assert main([*world.arguments, "--contours", "c.json"]) == 1
    assert f"Slice {world.scarred[0] + 1} of the mask holds scar" in capsys.readouterr().err
    assert world.killed == 1


def test_that_a_limit_beyond_1_is_wrong_usage(world):
    assert main([*world.arguments, "--limit", "1.5"]) == 2


@pytest.mark.slow
@pytest.mark.skipif(not (models_of("judge") and models_of("contours")), reason="no networks here")
def test_that_files_are_judged_by_the_bundled_networks(study, tmp_path, capsys):
    """Nothing is a stand-in: NIfTI files, the decoder process, the engine, both networks."""
    nibabel = pytest.importorskip("nibabel")
    series = study.series
    to_ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ series.geometry.affine[:, [2, 1, 0, 3]]
    scar = np.where(study.labels >= 3, study.labels, 0).astype(np.uint8)
    for name, stack in (("picture", series.pixels), ("asked", scar)):
        image = nibabel.Nifti1Image(np.ascontiguousarray(stack.transpose(2, 1, 0)), to_ras)
        nibabel.save(image, tmp_path / f"{name}.nii.gz")
    paths = [str(tmp_path / f"{name}.nii.gz") for name in ("picture", "asked")]
    code = main(["judge", *paths, "--json"])
    told = capsys.readouterr()
    found = json.loads(told.out)
    assert "outlined by the contour network" in told.err
    assert found["slices"] == [i + 1 for i in range(8) if scar[i].any()]
    assert found["verdict"]["dice"] > 0.6
    assert found["verdict"]["untouched"] == 0
    assert code == (0 if found["verdict"]["grade"] in ("PASS", "CHECK") else 1)
