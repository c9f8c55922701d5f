"""Datasets are what their own programs take them for."""

import json

import nibabel
import numpy as np
import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import study as opening
from lgesynth_gui.io.datasets import NNUNET_LABELS, DatasetCase, emidec_files, nnunet_files
from tests.io.results import host, result_on


@pytest.fixture(scope="module")
def cases():
    series = host()
    result = result_on(series)
    healthy = np.minimum(result.requested, 2)
    return (
        DatasetCase(series, result.pixels, result.requested),
        DatasetCase(series, series.pixels, healthy.astype(np.uint8)),
    )


def write(files, folder):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.mark.filterwarnings("ignore")
def test_that_nnunets_own_check_passes(cases, tmp_path, monkeypatch):
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path))
    nnunet = pytest.importorskip("nnunetv2.experiment_planning.verify_dataset_integrity")
    write(nnunet_files(cases), tmp_path)
    nnunet.verify_dataset_integrity(str(tmp_path / "Dataset501_LGESynth"), num_processes=1)
    broken = tmp_path / "Dataset501_LGESynth" / "dataset.json"
    table = json.loads(broken.read_text())
    table["numTraining"] = 3
    broken.write_text(json.dumps(table))
    with pytest.raises(AssertionError):
        nnunet.verify_dataset_integrity(str(tmp_path / "Dataset501_LGESynth"), num_processes=1)


def test_that_images_and_labels_are_the_cases_own(cases, tmp_path):
    write(nnunet_files(cases, number=7, name="Cohort1"), tmp_path)
    root = tmp_path / "Dataset007_Cohort1"
    for k, case in enumerate(cases, 1):
        image = nibabel.load(root / "imagesTr" / f"SYNTHETIC_{k:04d}_0000.nii.gz")
        labels = nibabel.load(root / "labelsTr" / f"SYNTHETIC_{k:04d}.nii.gz")
        assert np.array_equal(image.affine, labels.affine)
        scaled = case.pixels * case.series.slope + case.series.intercept
        assert (np.sort(np.asarray(image.dataobj).ravel()) == np.sort(scaled.ravel())).all()
        found, drawn = np.asarray(labels.dataobj).ravel(), case.labels.ravel()
        assert (np.bincount(found, minlength=5) == np.bincount(drawn, minlength=5)).all()
    assert sorted(NNUNET_LABELS.values()) == [0, 1, 2, 3, 4]


def test_that_an_emidec_folder_opens_with_its_masks(cases, tmp_path):
    write(emidec_files(cases), tmp_path)
    infos = [info for info in drive(opening.find(tmp_path)) if info.usable]
    assert len(infos) == 2
    loaded = [drive(opening.load(info)) for info in infos]
    assert all(one.shape == cases[0].series.shape for one in loaded)
    assert (tmp_path / "Case_P001").is_dir()
    assert (tmp_path / "Case_N002").is_dir()


@pytest.mark.parametrize(
    ("number", "name"), [(0, "A"), (1000, "A"), (5, "a b"), (5, "../x"), (5, "")]
)
def test_that_impossible_names_are_refused(cases, number, name):
    with pytest.raises(LgeSynthError):
        nnunet_files(cases, number=number, name=name)


def test_that_no_case_is_no_dataset():
    with pytest.raises(LgeSynthError):
        nnunet_files(())
    with pytest.raises(LgeSynthError):
        emidec_files(())
