"""The measurement report says the bullseye's numbers in the standard's own codes."""

import io

import highdicom
import pydicom
import pytest
from pydicom.sr.codedict import codes

from lgesynth_gui.anatomy.transmurality import bullseye
from lgesynth_gui.core.greys import labelled_window
from lgesynth_gui.io.dicom_write import dicom_bytes, export_words, mr_images
from lgesynth_gui.io.marks import derivation_words, origin_words
from lgesynth_gui.io.measurements import COVERAGE, MASS, SEGMENTS, TRANSMURALITY, measurement_report
from lgesynth_gui.io.origins import origin_of
from lgesynth_gui.io.provenance import identifiers_of, record_of
from lgesynth_gui.io.stored import coding_of
from lgesynth_gui.io.validator import errors_of, find_validator
from tests.io.results import IDENTITY, host, patient, result_on

MODES = ("new_subject", "edit_of_patient")


def written(mode):
    series = patient(host()) if mode == "edit_of_patient" else host()
    result = result_on(series)
    names = identifiers_of(record_of(result, series, mode=mode))
    origin = origin_of(mode, series, names)
    words = export_words(
        series, result.slices, derivation_words(result), origin_words(result, series)
    )
    images = mr_images(
        result.pixels, series, origin, names, words,
        coding=coding_of(series.pixels, result.pixels),
        window=labelled_window(series.pixels, result.requested),
    )  # fmt: skip
    report = measurement_report(images, result, series, origin, names)
    return result, series, images, dicom_bytes(report)


@pytest.fixture(scope="module", params=MODES)
def case(request):
    return request.param, *written(request.param)


def test_that_every_segment_is_measured_twice_with_the_bullseyes_numbers(case):
    _, result, series, _, content = case
    read = highdicom.sr.srread(io.BytesIO(content))
    groups = read.content.get_image_measurement_groups()
    found = {group.tracking_identifier: group for group in groups}
    for what, labels in (("Requested", result.requested), ("Measured", result.measured)):
        expected = bullseye(labels, result.request.contours, series.geometry.spacing)
        for segment, numbers in expected.items():
            group = found.pop(f"{what} scar, segment {segment}")
            (site,) = group.finding_sites
            assert site.value.value == SEGMENTS[segment - 1][0]
            values = {m.name.value: m.value for m in group.get_measurements()}
            assert values[TRANSMURALITY[0]] == pytest.approx(100 * numbers.touched_mean, abs=0.006)
            assert values[COVERAGE[0]] == pytest.approx(100 * numbers.all_mean, abs=0.006)
            assert values[MASS[0]] == pytest.approx(numbers.grams, abs=0.006)
    assert found == {}


def test_that_the_segments_are_the_standards_in_the_order_of_the_aha_numbers():
    known = {code.value: code.meaning for code in codes.cid3717.concepts.values()}
    assert dict(SEGMENTS) == known
    rings = ("basal",) * 6 + ("mid",) * 6 + ("apical",) * 4 + ("Apex",)
    walls = (
        "anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral",
    )  # fmt: skip
    names = (*walls, *walls, "anterior", "septal", "inferior", "lateral", "left ventricle")
    for (_, meaning), ring, wall in zip(SEGMENTS, rings, names, strict=True):
        assert ring in meaning
        assert f" {wall}" in meaning


def test_that_a_validator_finds_no_error_and_the_object_is_marked(case, tmp_path):
    mode, _, _, images, content = case
    path = tmp_path / "report.dcm"
    path.write_bytes(content)
    assert errors_of([path], find_validator()) == ()
    read = pydicom.dcmread(io.BytesIO(content))
    assert read.SyntheticData == "YES"
    assert read.StudyInstanceUID == images[0].StudyInstanceUID
    assert read.SeriesInstanceUID != images[0].SeriesInstanceUID
    assert "SYNTHETIC" in read.SeriesDescription
    named = {item.ReferencedSOPInstanceUID for item in referenced(read)}
    assert named <= {image.SOPInstanceUID for image in images}
    if mode == "new_subject":
        for value in IDENTITY.values():
            if len(value) > 4:
                assert value.encode() not in content


def referenced(read):
    for study in read.CurrentRequestedProcedureEvidenceSequence:
        for series in study.ReferencedSeriesSequence:
            yield from series.ReferencedSOPSequence


def test_that_the_same_result_gives_the_same_bytes(case):
    mode, *_, content = case
    assert written(mode)[-1] == content
