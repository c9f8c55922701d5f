"""Malformed and strange files of other people, where they lie beside the checkout."""

import tarfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import dicom_pixels, study
from lgesynth_gui.io.decoder import Decoder
from tests.hostile.outcomes import GROWTH, LARGEST, Outcomes, read_all
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


@pytest.fixture(scope="module")
def decoder():
    made = Decoder()
    yield made
    made.close()


@pytest.mark.parametrize("gate", [True, False], ids=["MR only", "any modality"])
@pytest.mark.parametrize("name", ARCHIVES)
def test_that_every_file_ends_in_a_picture_or_a_sentence(corpora, decoder, count, name, gate):
    """Twice: what is no MR image would be refused for that before any other gate is reached."""
    paths = sorted(path for path in (corpora / name).rglob("*") if path.is_file())
    outcomes, equal = Outcomes(), Counter()

    def look(path, header, pixels):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            equal[compared(path, header, pixels)] += 1

    read_all(decoder, paths, outcomes, any_modality=not gate, look=look)
    words = ", ".join(f"{number} {word}" for word, number in equal.items())
    count(
        f"{name}, {'MR only' if gate else 'any modality'}: {outcomes.told()}"
        f"\n  of those loaded: {words or 'none'}"
    )
    assert outcomes.total == len(paths) > 20
    assert outcomes.wrong == []
    assert outcomes.slowest < 10
    assert outcomes.peak < LARGEST
    assert outcomes.grown < GROWTH
    assert equal["differ from pydicom"] == 0
    assert gate or sum(equal.values()) > 10


def compared(path, header, pixels):
    """Whether pydicom reads the same, where it reads what the header says."""
    try:
        other = pydicom.dcmread(path, force=True).pixel_array
    except Exception:  # noqa: BLE001 - it raises whatever comes to its mind
        return "not read by pydicom"
    if other.size != pixels.size:
        return "of another size in pydicom"
    kept = dicom_pixels.within_depth(other.astype(pixels.dtype), header.pixels)
    same = np.array_equal(kept.reshape(pixels.shape), pixels)
    return "equal to pydicom" if same else "differ from pydicom"


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
