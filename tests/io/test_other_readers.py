"""Files of other projects through the whole import, against readers others wrote.

Every file ends in exactly one way: loaded with the values and places that nibabel, pydicom or
SimpleITK read, or refused or set aside for the reason written here.
"""

import tarfile
from collections import Counter
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io import load, load_mask, open_path
from tests.io.oracles import by_dcm2niix, lps_points

NEAR_MM = 1e-3
PACKAGE = Path(nibabel.__file__).parent
NIBABEL = [PACKAGE / "tests" / "data", PACKAGE / "nicom" / "tests" / "data"]
SHARED = Path(__file__).parents[3] / "shared"
real_scans = pytest.mark.skipif(not SHARED.is_dir(), reason="no real scans beside the checkout")
LPS = np.diag([-1.0, -1.0, 1.0])

NO_SCANS = {  # what of nibabel's files is refused, and why
    "analyze.hdr": "NII-04",  # the .img file beside it is missing
    "nifti1.hdr": "NII-04",
    "nifti2.hdr": "NII-04",
    "row_major.dconn.nii": "NII-02",  # six dimensions: a matrix of a surface, no picture
    "resampled_anat_moved.nii": "NII-06",  # holds NaN
    "csa_slice_norm.dcm": "PIX-09",  # a header without pixels
    "decimal_rescale.dcm": "HDR-03",  # a fragment that names no kind of object
}


def found_in(folders, *suffixes):
    return sorted(
        path for folder in folders for path in folder.rglob("*") if path.name.endswith(suffixes)
    )


def require_same(series, values, points):
    """The values another reader has at the places it says are the series' values there."""
    at = series.geometry.to_index(points)
    whole = np.rint(at).astype(int)
    back = series.geometry.to_lps(whole.astype(float))
    assert np.abs(back - points).max() < NEAR_MM
    found = series.pixels[tuple(whole.T)].astype(np.float64) * series.slope + series.intercept
    np.testing.assert_allclose(found, values, rtol=1e-6, atol=1e-6)
    assert len(values) == series.pixels.size


def table(name, counts):
    lines = "\n".join(f"  {number:4} {words}" for words, number in sorted(counts.items()))
    return f"{name}: {sum(counts.values())} outcomes\n{lines}"


@pytest.mark.filterwarnings("ignore")  # of nibabel, on its own strange files
def test_that_every_nifti_file_of_nibabel_is_read_as_nibabel_reads_it(count):
    counts = Counter()
    for path in found_in(NIBABEL, ".nii", ".nii.gz", ".hdr"):
        (info,) = open_path(path)
        if info.refused is not None:
            assert info.refused.code == NO_SCANS[path.name], path.name
            counts[f"refused, {info.refused.code}"] += 1
            continue
        if not info.usable:
            assert path.name == "standard.nii.gz"  # few whole numbers, most of them 0
            counts["set aside as labels"] += 1
            continue
        other = nibabel.load(path)
        for number, one in enumerate(info.parts or (info,)):
            series = load(one)
            values = np.asarray(other.dataobj, np.float64)
            volume = values.reshape(*values.shape[:3], -1)[..., number]
            indices = np.indices(volume.shape).reshape(3, -1)
            points = (LPS @ (other.affine[:3, :3] @ indices + other.affine[:3, 3:])).T
            if series.geometry.known:
                require_same(series, volume.reshape(-1), points)
            counts[f"{'phases of films' if info.parts else 'volumes'} loaded"] += 1
    count(table(f"nibabel {nibabel.__version__}, NIfTI and Analyze", counts))
    assert counts["volumes loaded"] >= 2
    assert counts["phases of films loaded"] >= 20


@pytest.mark.filterwarnings("ignore")
def test_that_every_dicom_file_of_nibabel_is_read_as_pydicom_reads_it(count):
    counts = Counter()
    for path in found_in(NIBABEL, ".dcm"):
        (info,) = open_path(path)
        if not info.usable:
            assert info.refused.code == NO_SCANS[path.name], path.name
            counts[f"refused, {info.refused.code}"] += 1
            continue
        series, other = load(info), pydicom.dcmread(path)
        np.testing.assert_array_equal(series.pixels[0], other.pixel_array)
        position = np.array(other.ImagePositionPatient, float)
        np.testing.assert_allclose(series.geometry.position(0), position, atol=NEAR_MM)
        np.testing.assert_allclose(series.spacing[1:], other.PixelSpacing, atol=1e-6)
        counts["slices loaded"] += 1
    count(table(f"nibabel {nibabel.__version__}, DICOM", counts))
    assert counts["slices loaded"] >= 2


@real_scans
@pytest.mark.filterwarnings("ignore")
def test_that_highdicoms_files_are_named_for_what_they_are(tmp_path, count):
    """None is an MR image; segmentations are masks, and fit no series of another place."""
    with tarfile.open(SHARED / "corpora" / "highdicom-test-files.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    counts = Counter()
    series = load(open_path(SHARED / "data" / "sunnybrook_cine_dicom")[0])
    for path in found_in([tmp_path], ".dcm"):
        (info,) = open_path(path)
        assert not info.usable, path.name
        if info.refused is not None:
            kind = info.refused.what.split(" was refused: it is ")[-1]
            counts[f"refused, {info.refused.code}: {kind}"] += 1
            continue
        assert "give it as a mask" in info.reason, path.name
        with pytest.raises(Refused) as refused:
            load_mask(path, series)
        counts[f"a segmentation, no mask of another series: {refused.value.code}"] += 1
    count(table("highdicom's test files, MR images only", counts))
    assert sum(counts.values()) >= 20
    assert not any("WRK" in words for words in counts)


# --- real scans ----------------------------------------------------------------------------


def by_simpleitk(path):
    """(values, LPS mm) of all voxels as SimpleITK reads a file or a folder of DICOM files."""
    import SimpleITK as sitk  # noqa: N813 - the name everybody knows

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    if path.is_dir():
        reader = sitk.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(path)))
        picture = reader.Execute()
    else:
        picture = sitk.ReadImage(str(path))
    values = sitk.GetArrayFromImage(picture).astype(np.float64)
    k, j, i = np.indices(values.shape).reshape(3, -1)
    turn = np.array(picture.GetDirection()).reshape(3, 3) * picture.GetSpacing()
    points = (turn @ np.stack([i, j, k])).T + np.array(picture.GetOrigin())
    return values.reshape(-1), points


@real_scans
def test_that_simpleitk_and_dcm2niix_read_a_phase_of_a_real_cine_alike(tmp_path):
    folder = tmp_path / "phase"
    folder.mkdir()
    for path in (SHARED / "data" / "sunnybrook_cine_dicom").rglob("*.dcm"):
        if pydicom.dcmread(path, stop_before_pixels=True).TriggerTime == 348:
            (folder / path.name).write_bytes(path.read_bytes())
    series = load(open_path(SHARED / "data" / "sunnybrook_cine_dicom")[0].part(1))
    values, points = by_simpleitk(folder)
    assert len(values) == series.pixels.size
    at = series.geometry.to_index(points)
    # The slices were planned to 0.01 mm; SimpleITK takes the first one's step for all.
    assert np.abs(series.geometry.to_lps(np.rint(at)) - points).max() < 0.02
    np.testing.assert_array_equal(series.pixels[tuple(np.rint(at).astype(int).T)], values)
    other = by_dcm2niix(folder, tmp_path / "nifti")
    values, points = lps_points(other)
    at = series.geometry.to_index(points)
    assert np.abs(series.geometry.to_lps(np.rint(at)) - points).max() < 0.02
    np.testing.assert_array_equal(series.pixels[tuple(np.rint(at).astype(int).T)], values)


@real_scans
def test_that_simpleitk_reads_real_enhanced_objects_alike(count):
    counts = Counter()
    for path in sorted((SHARED / "data" / "enhanced_mr").rglob("*.dcm")):
        infos = [info for info in open_path(path) if info.usable]
        for info in infos:
            series = load(info)
            values, points = by_simpleitk(path)
            if len(values) != series.pixels.size:
                counts["objects of several stacks"] += 1
                continue
            require_same(series, values, points)
            counts["stacks loaded"] += 1
    count(table("real enhanced MR objects", counts))
    assert counts


@real_scans
@pytest.mark.parametrize(
    "folder", ["emidec_samples/samplePositive", "emidec_samples/sampleNegative", "emidec_P100"]
)
def test_that_nibabel_reads_real_stacks_alike(folder):
    """These files state no place; the values are the same, slice by slice, from base to apex."""
    root = SHARED / "data" / folder
    if not root.is_dir():
        pytest.skip(f"no {folder}")
    (info,) = open_path(root)
    series = load(info)
    other = nibabel.load(info.recipe.path)
    values = np.asarray(other.dataobj, np.float64).T * 1.0
    found = series.pixels * series.slope + series.intercept
    forward = np.array_equal(found, values)
    assert forward or np.array_equal(found[::-1], values)
    np.testing.assert_allclose(series.spacing[::-1], other.header.get_zooms()[:3], atol=NEAR_MM)
    assert info.mask is not None
    labels = load_mask(info.mask, series)
    stored = np.asarray(nibabel.load(info.mask).dataobj).T
    np.testing.assert_array_equal(labels if forward else labels[::-1], stored)
