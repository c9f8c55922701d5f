"""Values are what pydicom reads of the same file, whatever the way it is written in."""

import math
import struct
from io import BytesIO

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io import dicom_read, dicom_values
from lgesynth_gui.io.dicom_elements import walk
from lgesynth_gui.io.dicom_stream import open_stream
from tests.io.dicoms import dataset, enhanced, pixels_of, places, save
from tests.io.test_gates import element
from tests.io.test_info_on_real_files import DICOMS

WAYS = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
VALUES = {
    "ImagePositionPatient": ([1.5, -2.25, 1e3], (1.5, -2.25, 1000.0)),
    "Rows": (40, (40.0,)),
    "InversionTimes": ([0.1, 300.0], (0.1, 300.0)),  # FD
    "EchoTime": ("", None),
    "SeriesNumber": ("007", (7.0,)),
}


def opened(ds, syntax, tmp_path):
    return open_stream(save(tmp_path / "a", ds, syntax).read_bytes()).dataset


def little(elements):
    """The data set of bytes in Explicit VR Little Endian."""
    return walk(elements, 0, big=False, implicit=False)[0]


@pytest.mark.parametrize("path", DICOMS, ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_that_values_are_those_that_pydicom_reads(path):
    try:
        ours = open_stream(path.read_bytes()).dataset
    except Refused:
        return  # told by the tests of what is refused
    theirs = pydicom.dcmread(path, force=True)
    for keyword in dicom_read.TEXTS.split():
        assert dicom_values.text(ours, keyword) == as_text(theirs, keyword), keyword
    for keyword in [*dicom_read.NUMBERS.split(), *dicom_read.INTEGERS.split()]:
        assert dicom_values.number(ours, keyword) == as_number(theirs, keyword), keyword


def as_text(ds, keyword):
    value = ds.get(keyword) or ""
    parts = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    shown = ("".join(c for c in str(one) if c.isprintable()).strip() for one in parts)
    return "\\".join(shown)


def as_number(ds, keyword):
    try:
        value = ds.get(keyword)
        found = float(value[0] if isinstance(value, pydicom.multival.MultiValue) else value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


@pytest.mark.parametrize("syntax", WAYS, ids=lambda uid: uid.name[:24])
@pytest.mark.parametrize("keyword", VALUES)
def test_that_numbers_come_back_whatever_the_byte_order(tmp_path, syntax, keyword):
    value, expected = VALUES[keyword]
    read = opened(dataset(pixels_of(1)[0], **{keyword: value}), syntax, tmp_path)
    count = len(expected) if expected else 1
    assert dicom_values.numbers(read, keyword, count) == expected
    assert dicom_values.numbers(read, keyword, count + 1) is None
    assert dicom_values.number(read, keyword) == (expected[0] if expected else None)


@pytest.mark.parametrize("syntax", WAYS, ids=lambda uid: uid.name[:24])
def test_that_items_are_found_whatever_the_way_they_are_written_in(tmp_path, syntax):
    pixels = pixels_of(3)
    data = save(tmp_path / "a", enhanced(pixels, places(3)), syntax).read_bytes()
    header, frames = dicom_read.read_pixels(data)
    np.testing.assert_array_equal(list(frames), pixels)
    at = [frame.position for frame in header.frames]
    np.testing.assert_allclose(at, places(3), atol=1e-3)
    assert header.planes[0].spacing == (1.5, 1.25)
    assert header.planes[0].inversion_ms == 320.0


def test_that_a_sequence_of_an_unknown_kind_is_read_as_the_standard_says():
    """A program that did not know it has written it as UN, its items implicit."""
    inner = struct.pack("<HHI", 0x0020, 0x0032, 6) + b"1\\2\\3 "
    item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
    for length in (None, 0xFFFFFFFF):
        end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) if length else b""
        read = little(element(0x0020, 0x9113, b"UN", item + end, length))
        (found,) = dicom_values.items(read, "PlanePositionSequence")
        assert dicom_values.numbers(found, "ImagePositionPatient", 3) == (1.0, 2.0, 3.0)


def test_that_the_letters_of_a_file_hold_in_its_items_unless_they_state_others():
    def sequence(*parts):
        items = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(p)) + p for p in parts)
        return element(0x0062, 0x0002, b"SQ", items)

    greek = element(0x0008, 0x0005, b"CS", b"ISO_IR 126")
    label = element(0x0062, 0x0005, b"LO", "ουλή".encode("iso8859-7"))
    unicode = element(0x0008, 0x0005, b"CS", b"ISO_IR 192")
    other = element(0x0062, 0x0005, b"LO", "ουλή".encode())
    read = little(greek + sequence(label, unicode + other, label))
    items = dicom_values.items(read, "SegmentSequence")
    assert [dicom_values.text(one, "SegmentLabel") for one in items] == ["ουλή"] * 3


@pytest.mark.filterwarnings("ignore")
def test_that_letters_that_are_damaged_or_unknown_raise_nothing():
    for letters in (b"ISO_IR 192", b"ISO 2022 IR 87", b"nonsense", b""):
        for value in (b"\xff\xfe", b"\x1b$B\xff", b"\x1b", bytes(range(256))):
            read = little(
                element(0x0008, 0x0005, b"CS", letters) + element(0x0010, 0x0010, b"PN", value)
            )
            assert dicom_values.text(read, "PatientName").isprintable()


@pytest.mark.parametrize(
    ("vr", "value"),
    [
        (b"US", b"\1"), (b"FD", b"1234567"), (b"OB", b"12"), (b"SQ", b""), (b"XX", b"12"),
        (b"DS", b"nan "), (b"DS", b"1e999 "), (b"DS", b"one "), (b"IS", b""), (b"LO", b"\\5"),
    ],
)  # fmt: skip
def test_that_what_is_no_number_is_none(vr, value):
    read = little(element(0x0018, 0x0082, vr, value))
    assert dicom_values.number(read, "InversionTime") is None
    assert dicom_values.integer(read, "InversionTime") is None


def test_that_a_long_value_is_looked_at_in_part():
    long = struct.pack("<HH2sHI", 0x0010, 0x0020, b"UT", 0, 1 << 20) + b"x" * (1 << 20)
    assert dicom_values.text(little(long), "PatientID") == "x" * 1024


def test_that_a_sequence_of_an_implicit_file_is_walked_through_too(tmp_path):
    """Its items end where it ends, or the file is refused."""
    ds = dataset(pixels_of(1)[0])
    inner = Dataset()
    inner.PatientID = "abcdef"
    ds.ReferencedPatientSequence = [inner]
    data = bytearray(save(tmp_path / "a", ds, ImplicitVRLittleEndian).read_bytes())
    dicom_read.read_header(bytes(data))
    place = data.index(struct.pack("<HHI", 0x0010, 0x0020, 6))
    data[place + 4] = 8
    with pytest.raises(Refused) as refused:
        dicom_read.read_header(bytes(data))
    assert refused.value.code == "HDR-02"
    assert pydicom.dcmread(BytesIO(data)).Rows == 40  # which pydicom does not mind
