"""The paper's configuration as a row, trained and measured from the command line."""

import json

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.cases import placements
from lgesynth_gui.evaluation.lineup import Setting, load_lineup
from lgesynth_gui.evaluation.paper import ROW, load_paper_system
from lgesynth_gui.training.data import make_pool
from tests.synthesis.tiny import write_bundle
from tests.synthesis.tiny_paper import write_bert, write_sd


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("paper")
    write_bundle(root / "models")
    write_sd(root / "sd", inputs=9)
    write_bert(root / "bert")
    drive(make_pool(root / "cache" / "generator-0-8.npz", "generator", 0, 8, workers=1))
    return root


@pytest.fixture(scope="module")
def trained(root):
    arguments = [
        "train", "run", "--stage", "paper", "--out", str(root / "run"), "--sd", str(root / "sd"),
        "--bert", str(root / "bert"), "--models", str(root / "models"), "--slices", "8",
        "--cache", str(root / "cache"), "--steps", "2", "--batch", "2", "--device", "cpu",
    ]  # fmt: skip
    assert main(arguments) == 0
    return root / "run" / "model"


def test_that_the_memory_is_said_before_and_a_moved_folder_can_be_named(trained, root, capsys):
    (root / "bert").rename(root / "moved")
    again = ["train", "resume", "--out", str(root / "run"), "--steps", "3"]
    assert main(again) == 1
    assert "no folder bert" in capsys.readouterr().err
    assert main([*again, "--bert", str(root / "moved")]) == 0
    told = capsys.readouterr()
    assert told.err.index("needs about") < told.err.index("loading the U-Net")
    assert json.loads((root / "run" / "run.json").read_text())["bert"] == str(root / "moved")
    (root / "moved").rename(root / "bert")


def test_that_every_wish_is_painted_the_same_way_again(trained, root):
    system = load_paper_system(trained, root / "sd", root / "bert")
    cases = drive(placements(1, 5))
    told = [case.conditions for case in cases]
    holes, seeds = [case.holes for case in cases], list(range(5))
    pictures = drive(system.paint(told, holes, seeds))
    assert pictures.shape == (5, 128, 128)
    assert np.isfinite(pictures).all()
    again = drive(system.paint(told[:4], holes[:4], seeds[:4]))
    assert (pictures[:4] == again).all()


def test_that_it_stands_among_the_systems_when_it_is_asked_for(trained, root):
    folders = (trained, root / "sd", root / "bert")
    setting = Setting(folders=(root / "models",), rivals=False, guidance=0.0, paper=folders)
    assert [one.name for one in load_lineup(setting).systems] == [ROW, "ControlNet"]
    write_sd(root / "other")
    with pytest.raises(Refused, match="other networks"):
        load_paper_system(trained, root / "other", root / "bert")


def test_that_all_of_its_folders_must_be_named(capsys):
    assert main(["evaluate", "alignment", "--sd", "x", "--count", "1"]) == 1
    assert "--paper, --sd and --bert" in capsys.readouterr().err
