"""Every mark is taken away once, every value changed once: the check must see it."""

import gzip
import json
import os
import shutil
from io import BytesIO

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image

from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.conformance import Check, findings_of, problems_of
from lgesynth_gui.io.dicom_write import dicom_bytes
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import FORMATS
from tests.io.results import host, patient, result_on

MR, SEG = "dicom/SYNTHETIC_LGE_003.dcm", "seg/SYNTHETIC_SEG.dcm"
NIFTI, LABELS = "nifti/SYNTHETIC_LGE.nii.gz", "nifti/SYNTHETIC_requested.nii.gz"
RECORD, SIDECAR = "SYNTHETIC_provenance.json", "nifti/SYNTHETIC_LGE_synth.json"
SERIES = patient(host())
SOURCE = SERIES.source


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """An export of each mode, made without waiting for the disk."""
    made = {}
    for mode in ("new_subject", "edit_of_patient"):
        made[mode] = tmp_path_factory.mktemp("export") / mode
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", lambda number: None)
            export_result(result_on(SERIES), SERIES, made[mode], formats=FORMATS, mode=mode)
    return made


@pytest.fixture
def check(exports, tmp_path):
    """Copies an export, lets `change` spoil one file, and returns what the check says."""

    def checked(name, change, mode="new_subject"):
        folder = tmp_path / "copy"
        shutil.copytree(exports[mode], folder)
        change(folder / name)
        return problems_of(folder, result_on(SERIES), SERIES, mode)

    return checked


def dicom(**values):
    """Sets attributes of a DICOM file; None removes one."""

    def change(path):
        dataset = pydicom.dcmread(path)
        for name, value in values.items():
            if value is None:
                delattr(dataset, name)
            else:
                setattr(dataset, name, value)
        path.write_bytes(dicom_bytes(dataset))

    return change


def equipment(code):
    def change(path):
        dataset = pydicom.dcmread(path)
        item = dataset.ContributingEquipmentSequence[0].PurposeOfReferenceCodeSequence[0]
        item.CodeValue = code
        path.write_bytes(dicom_bytes(dataset))

    return change


def private(path):
    dataset = pydicom.dcmread(path)
    dataset.private_block(0x0011, "SOMEBODY", create=True).add_new(1, "LO", "secret")
    path.write_bytes(dicom_bytes(dataset))


def preamble(path):
    content = bytearray(path.read_bytes())
    content[:2] = b"MZ"
    path.write_bytes(content)


def pixel(edited):
    """Changes one pixel by one, inside or outside the edited zone."""

    def change(path):
        dataset = pydicom.dcmread(path)
        values = dataset.pixel_array.copy()
        row, column = np.argwhere(result_on(SERIES).edited[2] == edited)[0]
        values[row, column] += 1
        dataset.PixelData = values.tobytes()
        path.write_bytes(dicom_bytes(dataset))

    return change


def moved(path):
    dataset = pydicom.dcmread(path)
    dataset.ImagePositionPatient[0] += 0.01
    path.write_bytes(dicom_bytes(dataset))


def turned(path):
    dataset = pydicom.dcmread(path)
    cosines = dataset.ImageOrientationPatient
    dataset.ImageOrientationPatient = [*cosines[3:], *cosines[:3]]
    path.write_bytes(dicom_bytes(dataset))


def volume(header=None, values=None):
    def change(path):
        content = bytearray(gzip.decompress(path.read_bytes()))
        if header:
            image = nibabel.Nifti1Image.from_bytes(bytes(content))
            header(image.header)
            content[:348] = image.header.binaryblock
        if values:
            content[values] ^= 1
        path.write_bytes(gzip.compress(bytes(content)))

    return change


def describe(text):
    def change(header):
        header["descrip"] = text

    return change


def shift(header):
    header["srow_x"][3] += 0.01


def flipped_mask(path):
    dataset = pydicom.dcmread(path)
    content = bytearray(dataset.PixelData)
    content[100] ^= 1
    dataset.PixelData = bytes(content)
    path.write_bytes(dicom_bytes(dataset))


def lifted_mask(path):
    dataset = pydicom.dcmread(path)
    place = dataset.PerFrameFunctionalGroupsSequence[0].PlanePositionSequence[0]
    place.ImagePositionPatient[2] += 1.0
    path.write_bytes(dicom_bytes(dataset))


def unmarked(path):
    path.write_bytes(path.read_bytes().replace(b"SYNTHETIC", b"GENUINELY"))


def bare(path):
    buffer = BytesIO()
    Image.open(path).save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())


def record(change):
    def changed(path):
        told = json.loads(path.read_bytes())
        change(told)
        path.write_bytes(canonical(told))

    return changed


def test_that_a_whole_export_has_no_problem(exports):
    for mode, folder in exports.items():
        assert problems_of(folder, result_on(SERIES), SERIES, mode) == ()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        (MR, dicom(SyntheticData="MAYBE"), "not flagged"),
        (MR, dicom(SyntheticData=None), "not flagged"),
        (SEG, dicom(SyntheticData=None), "not flagged"),
        (MR, dicom(ImageType=["ORIGINAL", "PRIMARY", "M"]), "image type"),
        (MR, dicom(ImageType=["DERIVED", "SECONDARY", "OTHER"]), "image type"),
        (SEG, dicom(ImageType=["ORIGINAL", "PRIMARY"]), "image type"),
        (MR, dicom(SeriesDescription="LGE"), "series description"),
        (MR, equipment("109101"), "equipment"),
        (SEG, equipment("109101"), "equipment"),
        (MR, dicom(ContributingEquipmentSequence=None), "equipment"),
        (MR, preamble, "preamble"),
        (MR, private, "private"),
        (MR, dicom(SeriesInstanceUID=SOURCE.series_uid), "source's series"),
        (MR, dicom(StudyInstanceUID=SOURCE.study_uid), "source's study"),
        (MR, dicom(SOPInstanceUID=SOURCE.slices[0].sop_instance_uid), "a source image"),
        (MR, dicom(FrameOfReferenceUID=SOURCE.frame_of_reference_uid), "identifier of the source"),
        (MR, dicom(ImageComments=f"see {SOURCE.study_uid}"), "identifier of the source"),
        (MR, dicom(PatientID="4711"), "synthetic subject"),
        (MR, dicom(PatientName="Canary^Wilhelmina"), "another name"),
        (SEG, dicom(PatientName="Canary^Wilhelmina"), "another name"),
        (MR, dicom(PatientBirthDate="19530417"), "PatientBirthDate"),
        (MR, dicom(StudyDate="20210318"), "StudyDate"),
        (MR, dicom(InstitutionName="Canary hospital"), "InstitutionName"),
        (MR, dicom(PatientIdentityRemoved=None), "identity was removed"),
        (MR, dicom(SourceImageSequence=[pydicom.Dataset()]), "source images"),
        (MR, pixel(edited=False), "1 pixels outside the edited zone"),
        (MR, pixel(edited=True), "does not hold the result's pixels"),
        (MR, moved, "Slice 3 of the DICOM series lies elsewhere"),
        (MR, turned, "Slice 3 of the DICOM series lies elsewhere"),
        (MR, lambda path: path.unlink(), "7 images for 8 slices"),
        (MR, lambda path: path.rename(path.with_name("LGE.dcm")), "name of LGE.dcm"),
        (NIFTI, volume(header=describe(b"LGE")), "description"),
        (NIFTI, volume(header=shift), "lies elsewhere"),
        (NIFTI, volume(values=352), "pixels outside the edited zone"),
        (NIFTI, volume(header=describe(f"SYNTHETIC {SOURCE.study_uid}")), "identifier of the"),
        (LABELS, volume(values=352), "result's labels"),
        (SEG, flipped_mask, "does not hold the result's masks"),
        (SEG, lifted_mask, "lies on no slice"),
        ("SYNTHETIC_report.pdf", unmarked, "does not say SYNTHETIC"),
        ("png/SYNTHETIC_slice_003.png", bare, "no text that marks"),
        ("png/SYNTHETIC_slice_003_clean.png", bare, "no text that marks"),
        (RECORD, record(lambda told: told.update(synthetic=False)), "synthetic image"),
        (RECORD, record(lambda told: told["request"].update(seed=12)), "request"),
        (RECORD, record(lambda told: told["result"].update(pixels_sha256="0")), "hash"),
        (SIDECAR, record(lambda told: told["request"].update(steps=7)), "request"),
        (RECORD, lambda path: path.unlink(), "0 provenance records"),
    ],
)
def test_that_what_is_missing_or_wrong_is_said(check, name, change, words):
    found = check(name, change)
    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dicom(StudyInstanceUID="1.2.3"), "patient's study"),
        (dicom(FrameOfReferenceUID="1.2.3"), "frame of reference"),
        (dicom(SourceImageSequence=None), "does not cite its source image"),
        (dicom(SeriesInstanceUID=SOURCE.series_uid), "source's series"),
        (dicom(SOPInstanceUID=SOURCE.slices[2].sop_instance_uid), "a source image"),
    ],
)
def test_that_an_edit_must_be_in_the_study_and_in_a_new_series(check, change, words):
    found = check(MR, change, "edit_of_patient")
    assert any(words in one for one in found), found


def test_that_every_problem_names_its_check(exports, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(exports["new_subject"], folder)
    for name, change in (
        (MR, dicom(SyntheticData="MAYBE")),
        ("dicom/SYNTHETIC_LGE_002.dcm", dicom(StudyInstanceUID=SOURCE.study_uid)),
        ("dicom/SYNTHETIC_LGE_001.dcm", dicom(PatientBirthDate="19530417")),
        ("dicom/SYNTHETIC_LGE_004.dcm", moved),
        (NIFTI, volume(values=352)),
        (LABELS, volume(values=352)),
    ):
        change(folder / name)
    found = findings_of(folder, result_on(SERIES), SERIES, "new_subject")
    assert {one.check for one in found} == set(Check)
    assert tuple(one.text for one in found) == problems_of(
        folder, result_on(SERIES), SERIES, "new_subject"
    )
