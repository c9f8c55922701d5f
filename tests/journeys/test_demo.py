"""The main job without a window, with nothing replaced: what a stranger's first command does."""

import json

import numpy as np
import pydicom
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.assets import bundled
from tests.io.oracles import errors_of_dciodvfy

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The exported folder."""
    out = tmp_path_factory.mktemp("demo") / "first"
    assert main(["demo", "--out", str(out)]) == 0
    return out


def files(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def record(folder):
    return json.loads((folder / "SYNTHETIC_provenance.json").read_bytes())


def test_that_the_demo_passes_and_writes_every_format(demo):
    assert record(demo)["verdict"]["grade"] == "PASS"
    assert {p.suffix for p in files(demo)} >= {".dcm", ".gz", ".png", ".json"}


def test_that_the_same_seed_gives_the_same_bytes(demo, tmp_path):
    assert main(["demo", "--out", str(tmp_path / "again")]) == 0
    assert files(tmp_path / "again") == files(demo)


def test_that_another_seed_gives_another_scar_and_still_passes(demo, tmp_path):
    other = tmp_path / "other"
    assert main(["demo", "--out", str(other), "--seed", "11"]) == 0
    first, second = (pixels(folder / "dicom") for folder in (demo, other))
    assert (first != second).any()
    assert record(other)["verdict"]["grade"] == "PASS"


def pixels(folder):
    return np.stack([pydicom.dcmread(p).pixel_array for p in sorted(folder.glob("*.dcm"))])


def test_that_only_a_small_part_of_the_sample_heart_changed(demo):
    changed = pixels(demo / "dicom") != pixels(bundled("resources") / "sample_heart")
    assert 0 < changed.mean() < 0.01


def test_that_the_validator_finds_no_error(demo):
    for path in demo.rglob("*.dcm"):
        assert errors_of_dciodvfy(path) == []
