"""Who a scan is of reaches no byte of what is exported as a new subject, in no spelling."""

import base64
import gzip
import io
import sqlite3
import zipfile
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io import load, open_path
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import FORMATS
from tests.io import canaries
from tests.io.canaries import AGE, BORN, FEWEST, STUDIED, TOKEN
from tests.io.results import host, result_on

ALLOWED = {  # of the patient, in an edit of theirs; no other attribute of any object
    "PatientName", "PatientID", "StudyID", "AccessionNumber", "ReferringPhysicianName",
    "StudyDescription", "ImagedNucleus", "PositionReferenceIndicator",
}  # fmt: skip
REASON = "wanted for the gallery of failures"


def only(place):
    (info,) = [one for one in open_path(place) if one.usable]
    return load(info)


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    """A series read from files that are full of tokens."""
    folder = tmp_path_factory.mktemp("source") / TOKEN
    folder.mkdir()
    assert canaries.dicom_canaries(folder, host()) >= FEWEST
    series = only(folder)
    assert TOKEN in str(series.source.attributes)  # it was read, so it could have leaked
    return series


def result_for(series, grade=Grade.PASS):
    return result_on(replace(host(), pixels=series.pixels.copy()), grade)


def needles_of(series):
    source = series.source
    uids = {source.study_uid, source.series_uid, source.frame_of_reference_uid}
    uids |= {one.sop_instance_uid for one in source.slices}
    return canaries.needles(BORN, STUDIED, *sorted(one for one in uids if one))


def told(what, files, size, series):
    number = len(needles_of(series))
    return f"{what}: {files} files, {size} bytes, {number} canary needles, 0 hits"


@pytest.mark.parametrize("burn_in", [False, True])
def test_that_no_planted_text_reaches_any_byte_of_a_new_subject(patient, tmp_path, count, burn_in):
    formats = ("dicom", "seg") if burn_in else FORMATS
    export_result(
        result_for(patient, Grade.FAIL), patient, tmp_path / "out", formats=formats,
        mode="new_subject", reason=REASON, burn_in=burn_in, trail=tmp_path / "t" / "a.trail",
    )  # fmt: skip
    files, size, found = canaries.hits(tmp_path, needles_of(patient))
    assert found == []
    assert files > (9 if burn_in else 30)
    for path in tmp_path.rglob("*.dcm"):
        assert AGE.encode() not in path.read_bytes()
    count(told("new subject of DICOM", files, size, patient))


def test_that_no_planted_text_of_a_volume_reaches_an_export(tmp_path, count):
    folder = tmp_path / "source" / TOKEN
    folder.mkdir(parents=True)
    series = only(canaries.nifti_canary(folder, host()))
    assert np.array_equal(series.pixels, host().pixels)
    export_result(
        result_for(series), series, tmp_path / "out" / "x", formats=FORMATS,
        mode="new_subject",
        trail=tmp_path / "out" / "a.trail",
    )  # fmt: skip
    files, size, found = canaries.hits(tmp_path / "out", needles_of(series))
    assert found == []
    count(told("new subject of NIfTI", files, size, series))


def test_that_an_edit_keeps_the_patient_in_dicom_only_and_there_in_what_is_allowed(
    patient, tmp_path
):
    files = export_result(
        result_for(patient), patient, tmp_path / "x", formats=FORMATS, mode="edit_of_patient",
        trail=tmp_path / "a.trail",
    )  # fmt: skip
    _, _, found = canaries.hits(tmp_path, canaries.needles())
    assert {one.split(":")[0].rsplit(".", 1)[1] for one in found} == {"dcm"}
    objects = [path for path in files if path.suffix == ".dcm"]
    for path in objects:
        assert canaries.attributes_that_tell(path) <= ALLOWED, path.name
        assert TOKEN.encode() not in path.read_bytes()[:132]
    assert canaries.attributes_that_tell(objects[0]) == ALLOWED


# -- the search itself finds what it should


def png(text):
    buffer, chunks = io.BytesIO(), PngInfo()
    chunks.add_itxt("Comment", text, zip=True)
    Image.new("L", (4, 4)).save(buffer, "PNG", pnginfo=chunks)
    return buffer.getvalue()


def archive(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", content)
    return buffer.getvalue()


def pdf(content):
    return b"%PDF-1.4\n1 0 obj\n<< >>\nstream\n" + zlib.compress(content) + b"\nendstream\nendobj"


def base(text):
    with sqlite3.connect(":memory:") as made:
        made.execute("create table a (b)")
        made.execute("insert into a values (?)", (text,))
        made.commit()
        return made.serialize()


PACKED = {
    "plain": lambda text: text.encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "UTF-16 turned": lambda text: text.encode("utf-16-be"),
    "hexadecimal": lambda text: text.encode().hex().upper().encode(),
    "Base64": lambda text: base64.b64encode(text.encode() + b"xyz"),
    "Base64 one on": lambda text: base64.b64encode(b"a" + text.encode() + b"xyz"),
    "Base64 two on": lambda text: base64.b64encode(b"ab" + text.encode() + b"xyz"),
    "PNG": png,
    "ZIP": lambda text: archive(text.encode()),
    "PNG in ZIP": lambda text: archive(png(text)),
    "ZIP in ZIP": lambda text: archive(archive(text.encode())),
    "ZIP in gzip": lambda text: gzip.compress(archive(text.encode())),
    "PDF": lambda text: pdf(text.encode()),
    "SQLite": base,
}


@pytest.mark.parametrize("how", PACKED)
def test_that_a_token_is_found_however_it_is_packed(tmp_path, how):
    (tmp_path / "a").write_bytes(PACKED[how](TOKEN))
    assert canaries.hits(tmp_path, canaries.needles())[2]
    (tmp_path / "a").write_bytes(PACKED[how]("SOMEBODY"))
    assert canaries.hits(tmp_path, canaries.needles())[2] == []


def test_that_a_token_in_a_name_is_found_and_nothing_where_nothing_is(tmp_path):
    (tmp_path / "a").write_bytes(b"nothing")
    assert canaries.hits(tmp_path, canaries.needles()) == (1, 7, [])
    (tmp_path / TOKEN).mkdir()
    assert len(canaries.hits(tmp_path, canaries.needles())[2]) == 1
