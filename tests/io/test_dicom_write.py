from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydicom import config

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.io.dicom_write import Words, dicom_bytes, export_words, mr_images
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import clipped, derivation_words, series_words
from lgesynth_gui.io.origins import edit_of, new_subject
from lgesynth_gui.io.stored import coding_of
from tests.io.oracles import by_dcm2niix, errors_of_dciodvfy, lps_points
from tests.io.results import IDENTITY, host, patient, result_on

NAMES = Identifiers("5a" * 32)
WORDS = Words(series_words(SignalKind.PSIR), ("painted",))


def signed(series):
    return replace(series, pixels=series.pixels.astype(np.int16) - 2048, intercept=0.0)


def fractional(series):
    return replace(series, pixels=series.pixels.astype(np.float32) / 7, slope=3.5)


def unplaced(series):
    return replace(series, geometry=Geometry.plain(series.spacing))


def single(series):
    return replace(series, pixels=series.pixels[:1])


KINDS = {
    "uint16": lambda series: series,
    "int16": signed,
    "float32": fractional,
    "unplaced": unplaced,
    "single": single,
}


def written(series, origin=None, folder=None):
    images = mr_images(series.pixels, series, origin or new_subject(series, NAMES), NAMES, WORDS,
                       window=(900.0, 2300.0))  # fmt: skip
    if folder is not None:
        for number, image in enumerate(images):
            (folder / f"{number:02d}.dcm").write_bytes(dicom_bytes(image))
    return [pydicom.dcmread(BytesIO(dicom_bytes(image))) for image in images]


@pytest.mark.parametrize("kind", KINDS)
def test_that_dciodvfy_finds_no_error_in_a_new_subject(kind, tmp_path):
    written(KINDS[kind](host()), folder=tmp_path)
    for path in sorted(tmp_path.iterdir())[:2]:
        assert errors_of_dciodvfy(path) == []


def test_that_dciodvfy_finds_no_error_in_an_edit_of_a_patient(tmp_path):
    series = patient(host())
    written(series, edit_of(series), tmp_path)
    assert errors_of_dciodvfy(tmp_path / "00.dcm") == []


@pytest.mark.parametrize("kind", ["uint16", "int16"])
def test_that_whole_numbers_come_back_as_they_were_stored(kind):
    series = KINDS[kind](host())
    read = np.stack([image.pixel_array for image in written(series)])
    np.testing.assert_array_equal(read, series.pixels)


def test_that_fractions_come_back_within_half_a_step():
    series = fractional(host())
    images = written(series)
    step = float(images[0].RescaleSlope)
    read = np.stack([one.pixel_array * step + float(one.RescaleIntercept) for one in images])
    asked = series.pixels.astype(float) * series.slope + series.intercept
    assert np.abs(read - asked).max() <= 0.501 * step
    assert step == pytest.approx((asked.max() - asked.min()) / 65535)


def test_that_simpleitk_reads_the_same_values_and_places(tmp_path):
    series = host()
    written(series, folder=tmp_path)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path)))
    image = reader.Execute()
    values = SimpleITK.GetArrayFromImage(image)
    order = 1 if np.allclose(image.GetOrigin(), series.geometry.position(0), atol=1e-3) else -1
    np.testing.assert_array_equal(values[::order], series.pixels + series.intercept)
    for index in (0, series.shape[0] - 1):
        slice_ = index if order == 1 else series.shape[0] - 1 - index
        at = image.TransformIndexToPhysicalPoint((5, 9, slice_))
        wanted = series.geometry.to_lps(np.array([[index, 9.0, 5.0]]))[0]
        np.testing.assert_allclose(at, wanted, atol=1e-3)


@pytest.mark.parametrize("kind", ["uint16", "int16"])
def test_that_dcm2niix_reads_the_same_values_and_places(kind, tmp_path):
    series = KINDS[kind](host())
    (tmp_path / "in").mkdir()
    written(series, folder=tmp_path / "in")
    values, places = lps_points(by_dcm2niix(tmp_path / "in", tmp_path / "out"))
    at = series.geometry.to_index(places)
    nearest = np.rint(at).astype(int)
    back = series.geometry.to_lps(nearest.astype(float))
    assert np.abs(back - places).max() < 1e-3
    assert len(values) == series.pixels.size
    asked = series.pixels[tuple(nearest.T)] * series.slope + series.intercept
    np.testing.assert_array_equal(values, asked)


def test_that_every_image_is_marked_as_synthetic():
    for image in written(host()):
        assert image.SyntheticData == "YES"
        assert list(image.ImageType) == ["DERIVED", "SECONDARY", "OTHER", "SYNTHETIC"]
        assert image.SeriesDescription == "SYNTHETIC PSIR LGE (LGESynth) NOT FOR CLINICAL USE"
        (item,) = image.ContributingEquipmentSequence
        (code,) = item.PurposeOfReferenceCodeSequence
        assert (code.CodeValue, code.CodingSchemeDesignator) == ("109100", "DCM")
        assert not any(image.preamble)


def test_that_a_new_subject_gets_nothing_from_the_source():
    series = patient(host())
    image = written(series, new_subject(series, NAMES))[0]
    assert image.PatientID == NAMES.subject
    assert image.PatientIdentityRemoved == "YES"
    assert "SourceImageSequence" not in image
    assert image.StudyInstanceUID != series.source.study_uid
    assert image.FrameOfReferenceUID != series.source.frame_of_reference_uid
    told = {str(element.value) for element in image.iterall()}
    assert not told & set(IDENTITY.values()) - {"IR\\GR"}


def test_that_an_edit_stays_with_its_patient_and_cites_every_source_slice():
    series = patient(host())
    images = written(series, edit_of(series))
    for image, source in zip(images, series.source.slices, strict=True):
        assert image.PatientID == IDENTITY["PatientID"]
        assert str(image.PatientName) == IDENTITY["PatientName"]
        assert float(image.RepetitionTime) == 731.25
        assert list(image.ScanningSequence) == ["IR", "GR"]
        assert image.StudyInstanceUID == series.source.study_uid
        assert image.FrameOfReferenceUID == series.source.frame_of_reference_uid
        assert image.SeriesInstanceUID != series.source.series_uid
        (item,) = image.SourceImageSequence
        assert item.ReferencedSOPInstanceUID == source.sop_instance_uid
        assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
        assert "InstitutionName" not in image
        assert "PatientIdentityRemoved" not in image


def test_that_odd_values_of_the_source_neither_stop_an_edit_nor_change(monkeypatch):
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.WARN)
    series = patient(host())
    odd = {
        "PatientID": "x" * 80,
        "PatientName": "Zoë 心",
        "RepetitionTime": "long",
        "PatientSex": "",
    }
    series = replace(series, source=replace(series.source, attributes=tuple(odd.items())))
    images = mr_images(series.pixels, series, edit_of(series), NAMES, WORDS)
    image = pydicom.dcmread(BytesIO(dicom_bytes(images[0])))
    with pytest.warns(UserWarning, match="exceeds the maximum length"):
        assert image.PatientID == "x" * 80
    assert str(image.PatientName) == "Zoë 心"
    assert image.RepetitionTime is None


@pytest.mark.parametrize("change", ["format", "study_uid", "slices"])
def test_that_an_edit_needs_a_dicom_source(change):
    series = patient(host())
    empty = {"format": "nifti", "study_uid": "", "slices": ()}[change]
    with pytest.raises(LgeSynthError, match="read from DICOM"):
        edit_of(replace(series, source=replace(series.source, **{change: empty})))


def test_that_a_sheared_grid_is_refused_in_words():
    series = host()
    affine = series.geometry.affine.copy()
    affine[:3, 1] += 0.1 * affine[:3, 2]
    with pytest.raises(LgeSynthError, match="not orthogonal"):
        written(replace(series, geometry=Geometry(affine)))


def test_that_slices_that_were_not_generated_say_so():
    series = host()
    words = export_words(series, (2,), "painted", "")
    assert words.derivation[2] == "painted"
    assert words.derivation[3].startswith("Slice not edited")


@given(st.text(max_size=2000))
def test_that_no_reason_makes_the_derivation_too_long_or_breaks_a_line(reason):
    words = derivation_words(result_on(host()), reason)
    assert len(words.encode()) <= 1024
    assert words.isprintable()
    assert "Seed 11" in words


@given(st.text(max_size=99), st.integers(0, 99))
def test_that_clipping_cuts_between_letters(text, size):
    cut = clipped(text, size)
    assert text.startswith(cut)
    assert len(cut.encode()) <= size


@given(st.text(), st.integers(0, 99))
def test_that_uids_are_valid_distinct_and_follow_from_the_content(part, number):
    made = NAMES.uid(part, number)
    assert pydicom.uid.UID(made).is_valid
    assert len(made) <= 64
    assert made == Identifiers("5a" * 32).uid(part, number)
    assert made not in {NAMES.uid(part, number + 1), Identifiers("5b" * 32).uid(part, number)}


ints = st.sampled_from([np.uint8, np.int8, np.uint16, np.int16])


@given(st.data(), ints)
def test_that_sixteen_bit_numbers_are_never_changed(data, kind):
    values = data.draw(arrays.arrays(kind, (2, 3, 3)))
    coded = coding_of(values).encode(values)
    np.testing.assert_array_equal(coded.astype(np.int64), values.astype(np.int64))


floats = st.floats(-1e6, 1e6, width=32)


@given(arrays.arrays(np.float32, (1, 3, 3), elements=floats), st.integers(0, 8))
def test_that_equal_values_of_host_and_result_stay_equal(values, place):
    other = values.copy()
    other.flat[place] += 12.5
    rule = coding_of(values, other)
    same = rule.encode(values) == rule.encode(other)
    assert same[values == other].all()
    back = rule.encode(other) * rule.slope + rule.intercept
    assert np.abs(back - other).max() <= 0.501 * rule.slope + 1e-9 or rule.exact


def test_that_pixels_that_are_no_numbers_are_refused():
    with pytest.raises(LgeSynthError, match="finite"):
        coding_of(np.array([[[1.0, np.nan]]]))
