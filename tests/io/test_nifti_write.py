import gzip

import nibabel
import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import SeriesSource
from lgesynth_gui.io.nifti_write import codes_of, nifti_bytes, ras_affine
from tests.io.oracles import lps_points
from tests.io.results import host


def read(content):
    return nibabel.Nifti1Image.from_bytes(gzip.decompress(content))


@pytest.mark.parametrize(
    "kind", ["<u1", "<i1", "<u2", "<i2", ">u2", ">i2", "<i4", "<u4", "<f4", ">f4", "<f8"]
)
def test_that_stored_values_and_their_type_come_back(kind):
    stored = (np.arange(2 * 3 * 4).reshape(2, 3, 4) * 5).astype(kind)
    image = read(nifti_bytes(stored, Geometry.plain((8, 1.5, 1.25), known=True), slope=0.5,
                             intercept=-7))  # fmt: skip
    assert image.get_data_dtype() == stored.dtype.newbyteorder("<")
    np.testing.assert_array_equal(image.dataobj.get_unscaled().transpose(2, 1, 0), stored)
    assert (image.dataobj.slope, image.dataobj.inter) == (0.5, -7)
    np.testing.assert_allclose(image.get_fdata().transpose(2, 1, 0), stored * 0.5 - 7)


def test_that_every_voxel_lies_where_the_series_has_it():
    series = host()
    values, places = lps_points(read(nifti_bytes(series.pixels, series.geometry)))
    at = np.rint(series.geometry.to_index(places)).astype(int)
    np.testing.assert_allclose(series.geometry.to_lps(at.astype(float)), places, atol=1e-3)
    np.testing.assert_array_equal(values, series.pixels[tuple(at.T)])


def test_that_simpleitk_reads_the_same_values_and_places(tmp_path):
    series = host()
    path = tmp_path / "x.nii.gz"
    path.write_bytes(nifti_bytes(series.pixels, series.geometry, intercept=series.intercept))
    image = SimpleITK.ReadImage(str(path))
    np.testing.assert_array_equal(
        SimpleITK.GetArrayFromImage(image), series.pixels + series.intercept
    )
    at = image.TransformIndexToPhysicalPoint((5, 9, 3))
    wanted = series.geometry.to_lps(np.array([[3.0, 9.0, 5.0]]))[0]
    np.testing.assert_allclose(at, wanted, atol=1e-3)


angles = st.tuples(*[st.floats(-3.1, 3.1)] * 3)
spacings = st.tuples(*[st.floats(0.5, 12.0)] * 3)


@given(angles, spacings, st.tuples(*[st.floats(-300, 300)] * 3), st.booleans())
def test_that_both_transforms_of_the_header_hold_any_rigid_grid(turn, spacing, origin, mirror):
    from scipy.spatial.transform import Rotation

    axes = Rotation.from_euler("xyz", turn).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = axes * ([1, 1, -1] if mirror else [1, 1, 1]) * spacing
    affine[:3, 3] = origin
    geometry = Geometry(affine)
    header = read(nifti_bytes(np.zeros((2, 2, 2), np.uint8), geometry)).header
    for coded in (header.get_sform(coded=True), header.get_qform(coded=True)):
        assert coded[1] == 1
        np.testing.assert_allclose(coded[0], ras_affine(geometry), atol=1e-3)


def test_that_a_sheared_grid_claims_no_quaternion():
    affine = Geometry.plain((8, 1.5, 1.5)).affine.copy()
    affine[0, 0] = 2.0
    header = read(nifti_bytes(np.zeros((2, 2, 2), np.uint8), Geometry(affine))).header
    assert (int(header["qform_code"]), int(header["sform_code"])) == (0, 1)


def test_that_no_orientation_is_claimed_where_none_is_known():
    header = read(nifti_bytes(np.zeros((2, 3, 4), np.uint8), Geometry.plain((8, 2, 1)))).header
    assert (int(header["qform_code"]), int(header["sform_code"])) == (0, 0)
    assert header.get_zooms() == (1, 2, 8)


@pytest.mark.parametrize("codes", [(1, 0), (0, 2), (3, 4), (2, 2)])
def test_that_the_codes_of_a_nifti_source_are_kept(codes):
    stated = (("NiftiQformCode", codes[0]), ("NiftiSformCode", codes[1]))
    geometry = host().geometry
    content = nifti_bytes(
        np.zeros((2, 2, 2), np.uint8),
        geometry,
        codes=codes_of(SeriesSource("nifti", attributes=stated)),
    )
    header = read(content).header
    assert (int(header["qform_code"]), int(header["sform_code"])) == codes
    np.testing.assert_allclose(header.get_best_affine(), ras_affine(geometry), atol=1e-3)


def test_that_other_sources_are_in_scanner_space():
    assert codes_of(SeriesSource("dicom")) == codes_of(SeriesSource("nifti")) == (1, 1)


def test_that_it_is_marked_in_description_and_intent():
    image = read(nifti_bytes(np.zeros((2, 2, 2), np.uint8), Geometry.plain((8, 1, 1))))
    assert image.header["descrip"].item().startswith(b"SYNTHETIC")
    assert image.header["intent_name"].item() == b"SYNTHETIC"
    labels = nifti_bytes(np.zeros((2, 2, 2), np.uint8), Geometry.plain((8, 1, 1)), labels=True)
    assert read(labels).header.get_intent() == ("label", (), "SYNTHETIC")


def test_that_the_same_volume_gives_the_same_bytes():
    series = host()
    turned = np.asfortranarray(series.pixels)
    assert nifti_bytes(series.pixels, series.geometry) == nifti_bytes(turned, series.geometry)


def test_that_a_type_nifti_does_not_know_is_refused_in_words():
    with pytest.raises(LgeSynthError, match="NIfTI cannot hold"):
        nifti_bytes(np.zeros((2, 2, 2), np.float16), Geometry.plain((8, 1, 1)))
