"""Malformed and strange files of other people, where they lie beside the checkout."""

import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import study
from lgesynth_gui.io.decoder import Decoder
from tests.hostile.outcomes import LARGEST, Outcomes, read_all
from tests.io.dicoms import pixels_of, write_stack

SHARED = Path(__file__).parents[3] / "shared" / "corpora"
ARCHIVES = ("dicom-fuzz-v3-subset", "highdicom-test-files")
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="no corpora beside the checkout")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpora")
    for name in ARCHIVES:
        with tarfile.open(SHARED / f"{name}.tar.xz") as archive:
            archive.extractall(root / name, filter="data")
    return root


@pytest.mark.parametrize("name", ARCHIVES)
def test_that_every_file_ends_in_a_picture_or_a_sentence(corpora, capsys, name):
    paths = sorted(path for path in (corpora / name).rglob("*") if path.is_file())
    decoder, outcomes = Decoder(), Outcomes()
    try:
        read_all(decoder, paths, outcomes)
    finally:
        decoder.close()
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {outcomes.told()}\n")
    assert sum(outcomes.counts.values()) == len(paths) > 20
    assert outcomes.wrong == []
    assert outcomes.slowest < 10
    assert outcomes.peak < LARGEST


def test_that_a25_a_stack_beside_each_file_is_read_whole(corpora, tmp_path):
    """Each hostile file once in the folder of a sound series."""
    pixels = pixels_of(4, (16, 16))
    write_stack(tmp_path / "s", pixels)
    guest, count = tmp_path / "s" / "guest.dcm", 0
    for path in sorted((corpora / ARCHIVES[0]).rglob("*.dcm"))[::3]:
        guest.write_bytes(path.read_bytes())
        stack, *others = drive(study.find(tmp_path / "s"))
        assert stack.slices == 4, path.name
        assert all(not one.usable for one in others), path.name
        assert [one.refused is not None for one in others] == [True], path.name
        assert "guest.dcm" in others[0].reason
        count += 1
        if count % 10 == 1:
            np.testing.assert_array_equal(drive(study.load(stack)).pixels, pixels)
    assert count > 100


@pytest.mark.parametrize("name", ARCHIVES)
def test_that_the_command_lists_the_whole_folder_without_a_traceback(corpora, capsys, name):
    before = sorted(corpora.rglob("*"))
    assert main(["info", str(corpora / name)]) in (0, 1)
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "report it" not in said.err
    assert sorted(corpora.rglob("*")) == before
