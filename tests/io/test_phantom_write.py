import json

import nibabel
import numpy as np
import pydicom
import pytest

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.contours import read_contours
from lgesynth_gui.io.phantom_write import phantom_identifiers, write_phantom
from lgesynth_gui.phantom.sample import sample_study
from tests.io.oracles import errors_of_dciodvfy, lps_points
from tests.io.results import study


def images_in(folder):
    read = [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    assert [int(one.InstanceNumber) for one in read] == list(range(1, len(read) + 1))
    return read


def require_same(images, series):
    np.testing.assert_array_equal(np.stack([one.pixel_array for one in images]), series.pixels)
    for index, image in enumerate(images):
        gap = np.subtract(image.ImagePositionPatient, series.geometry.position(index))
        assert np.abs(gap).max() < 1e-3
        cosines = [*series.geometry.row_cosines, *series.geometry.column_cosines]
        np.testing.assert_allclose(image.ImageOrientationPatient, cosines, atol=1e-9)
        np.testing.assert_allclose(image.PixelSpacing, series.spacing[1:], atol=1e-9)
        assert float(image.RescaleIntercept) == series.intercept


def test_that_the_bundled_sample_heart_is_what_the_code_writes():
    folder = bundled("resources") / "sample_heart"
    made = sample_study()
    require_same(images_in(folder), made.series)
    assert read_contours(folder / "contours.json") == made.contours


def test_that_a_dicom_phantom_is_marked_valid_and_of_no_patient(tmp_path):
    made = study()
    files = write_phantom(made, tmp_path / "x", "dicom")
    images = images_in(tmp_path / "x" / "images")
    require_same(images, made.series)
    names = phantom_identifiers(made)
    for image in images:
        assert image.SyntheticData == image.QualityControlSubject == "YES"
        assert image.PatientID == names.subject
        assert image.DeidentificationMethod.startswith("No patient")
    assert errors_of_dciodvfy(files[0]) == []


def test_that_a_nifti_phantom_and_its_labels_lie_on_one_grid(tmp_path):
    made = study()
    write_phantom(made, tmp_path / "x", "nifti")
    image = nibabel.load(tmp_path / "x" / "images" / "SYNTHETIC_LGE.nii.gz")
    labels = nibabel.load(tmp_path / "x" / "SYNTHETIC_labels.nii.gz")
    np.testing.assert_array_equal(image.affine, labels.affine)
    values, places = lps_points(labels)
    at = np.rint(made.series.geometry.to_index(places)).astype(int)
    np.testing.assert_array_equal(values, made.labels[tuple(at.T)])
    np.testing.assert_array_equal(
        image.get_fdata().transpose(2, 1, 0), made.series.pixels + made.series.intercept
    )


def test_that_contours_and_facts_lie_beside_the_images(tmp_path):
    made = study()
    write_phantom(made, tmp_path / "x", "nifti", facts={"seed": np.int64(7)})
    assert read_contours(tmp_path / "x" / "contours.json") == made.contours
    told = json.loads((tmp_path / "x" / "SYNTHETIC_phantom.json").read_bytes())
    assert told["seed"] == 7
    assert told["pattern"] == made.pattern
    assert told["pixels_sha256"] == made.series.pixels_sha256
    assert told["t1_ms"] == made.facts["t1_ms"]
    assert len(told["sketch"]) == len(made.sketch.regions)


@pytest.mark.parametrize("form", ["dicom", "nifti"])
def test_that_the_same_study_gives_the_same_bytes(tmp_path, form):
    for name in "ab":
        write_phantom(study(), tmp_path / name, form)
    read = [
        {path.relative_to(tmp_path / name): path.read_bytes()
         for path in (tmp_path / name).rglob("*") if path.is_file()}
        for name in "ab"
    ]  # fmt: skip
    assert read[0] == read[1]


def test_that_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine").touch()
    with pytest.raises(LgeSynthError, match="already holds files"):
        write_phantom(study(), tmp_path, "nifti")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
