from dataclasses import replace
from io import BytesIO

import highdicom
import numpy as np
import pydicom
import pytest

from lgesynth_gui.io.dicom_write import Words, dicom_bytes, mr_images
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import series_words
from lgesynth_gui.io.origins import edit_of, new_subject
from lgesynth_gui.io.seg import segmentation
from tests.io.oracles import errors_of_dciodvfy
from tests.io.results import IDENTITY, host, patient, result_on

NAMES = Identifiers("3c" * 32)


def made(series, result, *, edit=False):
    origin = edit_of(series) if edit else new_subject(series, NAMES)
    words = Words(series_words(series.signal), ("painted",))
    images = mr_images(result.pixels, series, origin, NAMES, words)
    return dicom_bytes(
        segmentation(
            images, result.requested, result.measured, series, origin, NAMES, "judge/1.0.0"
        )
    )


@pytest.fixture(scope="module")
def content():
    series = patient(host())
    return made(series, result_on(series))


@pytest.fixture(scope="module")
def read(content):
    return pydicom.dcmread(BytesIO(content))


def masks_in(read, series):
    """`(segment, slice, row, column)` from the frames, placed by their positions."""
    found = np.zeros((len(read.SegmentSequence), *series.shape), bool)
    for frame, groups in zip(read.pixel_array, read.PerFrameFunctionalGroupsSequence, strict=True):
        segment = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        place = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        (at,) = series.geometry.to_index(place[None])
        np.testing.assert_allclose(at[1:], 0, atol=1e-3)
        found[segment - 1, round(at[0])] = frame
    return found


def test_that_masks_and_places_come_back(read):
    series = host()
    result = result_on(series)
    myocardium, blood, requested, measured = masks_in(read, series)
    np.testing.assert_array_equal(myocardium, result.requested >= 2)
    np.testing.assert_array_equal(blood, result.requested == 1)
    np.testing.assert_array_equal(requested, result.requested >= 3)
    np.testing.assert_array_equal(measured, result.measured >= 3)


def test_that_highdicom_reads_it_as_a_binary_segmentation(content):
    read = highdicom.seg.segread(BytesIO(content))
    assert read.segmentation_type is highdicom.seg.SegmentationTypeValues.BINARY
    assert read.number_of_segments == 4


def test_that_requested_and_measured_scar_are_told_apart(read):
    _, _, requested, measured = read.SegmentSequence
    for one in (requested, measured):
        assert one.SegmentedPropertyTypeCodeSequence[0].CodeValue == "12402003"
    assert (requested.SegmentAlgorithmType, measured.SegmentAlgorithmType) == (
        "MANUAL",
        "AUTOMATIC",
    )
    assert requested.TrackingUID != measured.TrackingUID
    (algorithm,) = measured.SegmentationAlgorithmIdentificationSequence
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("judge", "1.0.0")
    assert algorithm.AlgorithmFamilyCodeSequence[0].CodeValue == "123110"
    colours = [tuple(one.RecommendedDisplayCIELabValue) for one in read.SegmentSequence]
    assert len(set(colours)) == 4


def test_that_it_is_marked_and_names_only_this_program_as_equipment(read):
    assert read.SyntheticData == "YES"
    assert "SYNTHETIC" in read.SeriesDescription
    (item,) = read.ContributingEquipmentSequence
    assert item.PurposeOfReferenceCodeSequence[0].CodeValue == "109100"
    assert read.Manufacturer == "LGESynth"


def test_that_it_refers_to_the_exported_images(read):
    (series,) = read.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == NAMES.uid("series", "MR")
    cited = {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence}
    assert cited == {NAMES.uid("image", index) for index in range(host().shape[0])}


def test_that_neither_clock_nor_chance_takes_part(content):
    series = patient(host())
    assert made(series, result_on(series)) == content


@pytest.mark.parametrize("case", ["full", "nothing measured", "nothing drawn", "edit"])
def test_that_dciodvfy_finds_no_error(case, tmp_path):
    series = patient(host())
    result = result_on(series)
    if case != "edit" and case != "full":
        result = replace(result, measured=np.zeros_like(result.measured))
    if case == "nothing drawn":
        result = replace(result, requested=np.zeros_like(result.requested))
    (tmp_path / "seg.dcm").write_bytes(made(series, result, edit=case == "edit"))
    assert errors_of_dciodvfy(tmp_path / "seg.dcm") == []


def test_that_an_edit_keeps_patient_and_study_date():
    series = patient(host())
    read = pydicom.dcmread(BytesIO(made(series, result_on(series), edit=True)))
    assert str(read.PatientName) == IDENTITY["PatientName"]
    assert read.StudyInstanceUID == series.source.study_uid
    assert read.ContentDate == IDENTITY["StudyDate"]


def test_that_an_odd_patient_name_is_neither_refused_nor_told_in_a_warning():
    series = patient(host())
    odd = tuple({**IDENTITY, "PatientName": "Zoë", "PatientID": "y" * 80}.items())
    series = replace(series, source=replace(series.source, attributes=odd))
    read = pydicom.dcmread(BytesIO(made(series, result_on(series), edit=True)))
    assert str(read.PatientName) == "Zoë"
