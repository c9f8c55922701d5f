import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.labels import Level
from lgesynth_gui.evaluation.emidec import load_stacks
from lgesynth_gui.evaluation.erasing import erase, muscle_change
from lgesynth_gui.evaluation.real import real_cases, real_slices
from lgesynth_gui.phantom.stream import slice_at
from tests.evaluation.painters import Deaf, Nothing, Perfect, readers
from tests.synthesis.tiny import write_bundle

REAL = Path(__file__).parents[3] / "shared" / "data" / "emidec_dev"


def write_stacks(folder, count=3, slices=3):
    """Phantom slices in EMIDEC's layout, the smallest heart first as from the apex."""
    folder.mkdir(parents=True, exist_ok=True)
    index = 0
    for k in range(count):
        images, labels = [], []
        while len(images) < slices:
            one = slice_at("test", 21, index)
            index += 1
            if one.contours.endo:
                images.append(one.image)
                labels.append(one.labels)
        order = np.argsort([(label > 0).sum() for label in labels])
        image, mask = (np.stack([some[j] for j in order]) for some in (images, labels))
        np.savez(
            folder / f"Case_X{k:03d}.npz",
            image=np.transpose(image, (2, 1, 0)), mask=np.transpose(mask, (2, 1, 0)),
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_stacks(tmp_path_factory.mktemp("stacks"))


@pytest.fixture(scope="module")
def every(folder):
    return list(real_slices(load_stacks(folder)))


def test_that_stacks_run_from_base_to_apex_and_bear_no_file_names(folder):
    stacks = load_stacks(folder)
    assert [one.name for one in stacks] == ["stack 01", "stack 02", "stack 03"]
    for one in stacks:
        hearts = (one.labels > 0).sum(axis=(1, 2))
        assert hearts[0] == hearts.max()
        assert one.pixels.shape == one.labels.shape == (3, 128, 128)


def test_that_arrays_and_nifti_of_one_stack_read_alike(folder, tmp_path):
    nibabel = pytest.importorskip("nibabel")
    with np.load(folder / "Case_X000.npz") as stored:
        for name, key in (("Images", "image"), ("Contours", "mask")):
            place = tmp_path / "Case_X000" / name
            place.mkdir(parents=True)
            values = stored[key].astype(np.float32)
            image = nibabel.Nifti1Image(values, np.diag([1.4, 1.5, 10, 1]))
            nibabel.save(image, place / "Case_X000.nii.gz")
    (read,) = load_stacks(tmp_path)
    (first, *_) = load_stacks(folder)
    assert np.allclose(read.pixels, first.pixels)
    assert (read.labels == first.labels).all()
    assert read.spacing == pytest.approx((1.5, 1.4))


def test_that_a_folder_without_stacks_is_refused_in_words(tmp_path):
    with pytest.raises(LgeSynthError, match="no labelled stacks"):
        load_stacks(tmp_path)


def test_that_slices_keep_their_scar_and_get_rings_by_thirds(every):
    assert {one.ground.level for one in every} >= {Level.BASAL, Level.APICAL}
    assert any(one.scarred for one in every)
    assert not all(one.scarred for one in every)
    assert all(one.ground.anchors.assumed for one in every)


def test_that_wishes_alternate_and_come_from_other_patients(every):
    cases = drive(real_cases(every, 8, 1))
    kinds = [case.name for case in cases]
    assert {"real scar, clean host", "pattern, scarred host"} <= set(kinds)
    for case in cases:
        assert case.wish.sum() >= 20
        assert case.holes.model[case.wall].all() == ("scarred host" in case.name)


def test_that_erasing_counts_what_the_judge_still_sees(every):
    scarred = [one for one in every if one.scarred]
    clean = drive(erase(Perfect(), scarred, 1, readers()))
    assert (clean.remains.value, clean.anywhere.value) == (0, 0)
    idle = drive(erase(Nothing(), scarred, 1, readers()))
    assert (idle.remains.value, idle.anywhere.value) == (1, 1)
    assert idle.noise.value == pytest.approx(1)
    assert idle.shift.value == pytest.approx(0)
    assert drive(erase(Deaf(), scarred, 1, readers())).anywhere.value > 0


def test_that_coarser_grain_and_brighter_muscle_are_told(every):
    one = next(s for s in every if not s.scarred)
    host = np.asarray(one.ground.image / one.ground.image.max(), dtype=np.float64)
    noise = np.random.default_rng(0).normal(0, 0.3, host.shape)
    grain, shift = muscle_change(host, host + noise, one.labels)
    assert grain > 2
    assert abs(shift) < 0.2
    assert muscle_change(host, host + 0.3, one.labels)[1] > 0.2


def test_that_the_command_tells_of_patients_and_draws_sheets(folder, tmp_path, capsys):
    models = write_bundle(tmp_path / "models")
    arguments = ["evaluate", "real", "--data", str(folder), "--models", str(models)]
    arguments += ["--count", "4", "--steps", "1", "--guidance", "0"]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    assert "3 patients" in capsys.readouterr().out
    told = json.loads((tmp_path / "out" / "real.json").read_text())
    assert told["patients"] == 3
    assert "Case_X" not in json.dumps(told)
    for name in ("controlnet-01.png", "controlnet-worst.png"):
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.size[0] > 1000
    assert {"real.csv", "erasing.csv", "outcomes.csv"} <= {
        one.name for one in (tmp_path / "out").iterdir()
    }


def test_that_real_scans_are_read_upright_and_whole(tmp_path):
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/emidec_dev")
    for one in sorted(REAL.glob("Case_P0*.npz"))[:2]:
        (tmp_path / one.name).symlink_to(one)
    stacks = load_stacks(tmp_path)
    found = list(real_slices(stacks))
    assert len(found) >= 0.9 * sum(len(one.pixels) for one in stacks)
    for stack in stacks:
        hearts = (stack.labels > 0).sum(axis=(1, 2))
        assert hearts[0] > hearts[-1]
    for one in found:
        lying = (one.labels >= 2) & one.ground.wall.mask
        assert lying.sum() == one.ground.wall.mask.sum()
        blood, muscle = (one.ground.image[one.labels == k].mean() for k in (1, 2))
        assert blood > muscle
