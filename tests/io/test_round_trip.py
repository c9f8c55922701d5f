"""What is exported is read again by the program's own reader, and what is read stays private."""

import gzip
from dataclasses import replace
from io import BytesIO

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.datadict import DicomDictionary, keyword_for_tag

from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.io import load, open_path
from lgesynth_gui.io.dicom_write import Words, dicom_bytes, mr_images
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import FORMATS
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import series_words
from lgesynth_gui.io.origins import new_subject
from tests.io.results import host, result_on

TOKEN = "CANARYQZ"
TEXTS = {"LO", "SH", "PN", "LT", "ST", "UT", "UC", "AE", "UR"}
LENGTHS = {"SH": 16, "AE": 16}


def only(folder):
    (info,) = [one for one in open_path(folder) if one.usable]
    return load(info)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    series = host()
    folder = tmp_path_factory.mktemp("export") / "x"
    export_result(result_on(series), series, folder, formats=("dicom", "nifti"), mode="new_subject")
    return folder


@pytest.mark.parametrize("kind", ["dicom", "nifti"])
def test_that_the_own_reader_finds_the_same_series(exported, kind):
    series = host()
    read = only(exported / kind)
    np.testing.assert_array_equal(read.pixels, result_on(series).pixels)
    assert read.pixels.dtype == series.pixels.dtype
    assert (read.slope, read.intercept) == (series.slope, series.intercept)
    assert read.signal is SignalKind.PSIR
    corners = np.array([[0, 0, 0], [7, 79, 71.0]])
    np.testing.assert_allclose(
        read.geometry.to_lps(corners), series.geometry.to_lps(corners), atol=1e-3
    )


def canary_files(folder):
    """The host as a patient's series with a token in every text the dictionary knows."""
    series = host()
    names = Identifiers("77" * 32)
    words = Words(series_words(SignalKind.PSIR), (TOKEN,), TOKEN)
    images = mr_images(series.pixels, series, new_subject(series, names), names, words)
    planted = 0
    for index, image in enumerate(images):
        for tag, entry in DicomDictionary.items():
            vr, keyword = entry[0], keyword_for_tag(tag)
            if vr in TEXTS and 0x0008 <= tag >> 16 <= 0x4008 and keyword:
                value = f"{TOKEN}/{tag:08X}"[: LENGTHS.get(vr, 64)]
                image.add_new(tag, vr, value)
                planted += 1
        image.PatientBirthDate, image.StudyDate, image.StudyTime = "19530417", "20210318", "141533"
        image.PatientID = TOKEN
        item = pydicom.Dataset()
        item.PatientName = item.InstitutionName = f"{TOKEN}^nested"
        image.RequestAttributesSequence = [item]
        image.private_block(0x0011, f"{TOKEN} PRIVATE", create=True).add_new(1, "LO", TOKEN)
        content = bytearray(dicom_bytes(image))
        content[: len(TOKEN)] = TOKEN.encode()
        (folder / f"{TOKEN}_{index}.dcm").write_bytes(content)
    assert planted // len(images) > 295


def searched(path):
    """All bytes of a file, compressed parts expanded too."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        yield gzip.decompress(content)
    if path.suffix == ".png":
        picture = Image.open(BytesIO(content))
        picture.load()
        yield str(picture.text).encode()
    yield content
    yield path.name.encode()


def test_that_no_planted_text_reaches_any_byte_of_a_new_subject(tmp_path):
    source, folder = tmp_path / TOKEN, tmp_path / "out"
    source.mkdir()
    canary_files(source)
    series = only(source)
    assert TOKEN in str(series.source.attributes)  # it was read, so it could have leaked
    result = result_on(replace(host(), pixels=series.pixels.copy()))
    files = export_result(result, series, folder, formats=FORMATS, mode="new_subject")
    planted = [TOKEN.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    planted += [b"19530417", b"20210318", series.source.study_uid.encode()]
    planted += [one.sop_instance_uid.encode() for one in series.source.slices]
    for path in files:
        for content in searched(path):
            assert not [text for text in planted if text in content], path.name


def test_that_an_edit_keeps_the_patient_in_dicom_only(tmp_path):
    source, folder = tmp_path / TOKEN, tmp_path / "out"
    source.mkdir()
    canary_files(source)
    series = only(source)
    result = result_on(replace(host(), pixels=series.pixels.copy()))
    files = export_result(result, series, folder, formats=FORMATS, mode="edit_of_patient")
    for path in files:
        held = any(TOKEN.encode() in content for content in searched(path))
        assert held is (path.suffix == ".dcm"), path.name
    image = pydicom.dcmread(files[0])
    told = {one.keyword for one in image if TOKEN in str(one.value)}
    assert told == {
        "PatientName", "PatientID", "StudyID", "AccessionNumber", "ReferringPhysicianName",
        "StudyDescription", "ImagedNucleus", "PositionReferenceIndicator",
    }  # fmt: skip
