"""Model packages come from anywhere: a bad one is refused in a sentence and leaves nothing."""

import os
import re
import sys
from pkgutil import resolve_name

import pytest
import torch

from lgesynth_gui.app.models import import_model
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import Architecture, TrainedOn, find_models
from lgesynth_gui.registry.packages import pack
from lgesynth_gui.segmentation.networks import build
from lgesynth_gui.training.export import write_model
from tests.hostile.packages import WEIGHTS, Parts, hostile, table_of, weights_of

TINY = Architecture(name="unet", numbers={"inputs": 2, "outputs": 2, "channels": (8, 8)})
OF_PACKAGES = {
    "MOD-04", "MOD-05", "MOD-06", "MOD-07", "MOD-08", "MOD-09", "MOD-11", "MOD-12", "MOD-13",
    "MOD-14", "MOD-15", "MOD-16", "MOD-17", "MOD-18", "MOD-19", "MOD-21", "MOD-22", "MOD-23",
}  # fmt: skip
LARGEST_KIB = 200 << 10


def run(function, *arguments):
    """The engine's `run`, without its process."""
    return resolve_name(function)(*arguments)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A good package of a small reader of scar."""
    root = tmp_path_factory.mktemp("made")
    torch.manual_seed(0)
    write_model(
        root, name="tiny", title="A test", role="judge", architecture=TINY.name,
        numbers=TINY.numbers, network=build(TINY), trained_on=TrainedOn(data="nothing"),
    )  # fmt: skip
    path = root / "tiny.lgesynth-model"
    drive(pack("tiny", path, [root]))
    return path


def refusal_of(path, home):
    """The refusal of a package, or None when it was taken."""
    try:
        drive(import_model(path, run, home))
    except Refused as refused:
        return refused
    return None


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_that_the_good_package_behind_all_bad_ones_is_taken(good, tmp_path):
    card, new = drive(import_model(good, run, tmp_path / "models"))
    assert new
    assert find_models([tmp_path / "models"]) == (card,)


def test_that_every_hostile_package_is_refused_and_leaves_nothing(good, tmp_path, count):
    trap, home = tmp_path / "sprung", tmp_path / "home" / "models"
    codes = {}
    peak = _peak()
    for label, content in hostile(good, trap):
        path = tmp_path / "bad.lgesynth-model"
        path.write_bytes(content)
        told = refusal_of(path, home)
        assert told is not None, label
        assert re.fullmatch(r"MOD-\d\d", told.code), label
        words = told.what
        assert words.endswith("."), label
        assert words.count(". ") == 0, label
        assert words.isprintable(), label
        assert not {"evil", "passwd", "Trap"} & set(re.split(r"\W", words)), label
        assert "<" not in words, label
        codes[label] = told.code
        if label == "names differ":
            assert "says two things" in words
        path.unlink()
        assert not trap.exists(), label
        assert tree(home) == [], label
    assert set(tree(tmp_path)) <= {"home", "home/models"}
    count(
        f"{len(codes)} hostile packages refused with {len(set(codes.values()))} codes, 0 executed,"
        f" 0 files left; {(_peak() - peak) >> 10} MiB more memory at most"
    )
    assert len(codes) >= 25
    assert set(codes.values()) == OF_PACKAGES
    assert _peak() - peak < LARGEST_KIB


def _peak():
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "empty"])
def test_that_only_a_regular_file_is_looked_into(good, tmp_path, kind):
    path = tmp_path / "p.lgesynth-model"
    if kind == "link":
        path.symlink_to(good)
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.touch()
    with pytest.raises(Refused, match="MOD-10"):
        drive(import_model(path, run, tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_that_another_model_of_the_same_name_is_never_replaced(good, tmp_path):
    home = tmp_path / "models"
    drive(import_model(good, run, home))
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert drive(import_model(good, run, home))[1] is False
    other = Parts(good)
    table, numbers = table_of(other.files[WEIGHTS])
    other.with_weights(weights_of(table, bytes(len(numbers))))
    path = tmp_path / "other.lgesynth-model"
    path.write_bytes(other.zipped())
    with pytest.raises(Refused, match="MOD-24"):
        drive(import_model(path, run, home))
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_that_a_bundled_name_is_never_taken(good, tmp_path):
    path = tmp_path / "p.lgesynth-model"
    path.write_bytes(Parts(good).with_card(id="judge", version="1.0.0")
                     .listed(model="judge/1.0.0").zipped())  # fmt: skip
    with pytest.raises(Refused, match="MOD-24"):
        drive(import_model(path, run, tmp_path / "models"))


def test_that_a_network_that_computes_no_numbers_is_not_kept(good, tmp_path):
    parts = Parts(good)
    table, numbers = table_of(parts.files[WEIGHTS])
    huge = b"\xff\x7b" * (len(numbers) // 2)  # 65504, the largest half there is
    path = tmp_path / "p.lgesynth-model"
    path.write_bytes(parts.with_weights(weights_of(table, huge)).zipped())
    with pytest.raises(Refused, match="MOD-25"):
        drive(import_model(path, run, tmp_path / "models"))
    assert tree(tmp_path / "models") == []


def test_that_a_stopped_import_leaves_nothing(good, tmp_path):
    home = tmp_path / "models"
    for steps in range(1, 40):
        job = import_model(good, run, home)
        for _, _ in zip(range(steps), job, strict=False):
            pass
        job.close()
        left = [name for name in tree(home) if "lgestmp" in name] if home.exists() else []
        assert left == []
