"""Each gate at its limit: what just passes, and what just does not."""

import os
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom import config

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io import (
    dicom_codestream,
    dicom_read,
    dicom_rle,
    dicom_stream,
    gates,
    open_path,
)
from lgesynth_gui.io.decoder import refusal, shown_name
from lgesynth_gui.io.folder import files_in
from lgesynth_gui.io.headers import PixelFormat
from tests.io.dicoms import SEG, dataset, pixels_of, save

GOOD = PixelFormat(
    rows=64, columns=64, frames=1, samples=1, bits_allocated=16, bits_stored=12, high_bit=11,
    signed=False, photometric="MONOCHROME2",
)  # fmt: skip


def code_of(rule, *args, **kwargs):
    """The code a rule refuses with, or None."""
    try:
        rule(*args, **kwargs)
    except Refused as closed:
        refused = closed
    else:
        return None
    assert refused.what
    assert refused.hint
    assert not refused.what.endswith(".")  # a clause of the sentence the parent makes
    return refused.code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, None),
        ({"rows": 4096, "columns": 1}, None),
        ({"rows": 4097}, "PIX-01"),
        ({"rows": 0}, "PIX-01"),
        ({"columns": 4096}, None),
        ({"columns": 4097}, "PIX-01"),
        ({"columns": -1}, "PIX-01"),
        ({"rows": 1, "columns": 1, "frames": 10_000}, None),
        ({"rows": 1, "columns": 1, "frames": 10_001}, "PIX-01"),
        ({"frames": 0}, "PIX-01"),
        ({"samples": 3, "photometric": "RGB"}, "PIX-02"),
        ({"samples": 0}, "PIX-02"),
        ({"photometric": "MONOCHROME1"}, None),
        ({"photometric": "PALETTE COLOR"}, "PIX-02"),
        ({"photometric": ""}, "PIX-02"),
        ({"bits_allocated": 8, "bits_stored": 8, "high_bit": 7}, None),
        ({"bits_allocated": 32, "bits_stored": 32, "high_bit": 31}, None),
        ({"bits_allocated": 24}, "PIX-02"),
        ({"bits_allocated": 64}, "PIX-02"),
        ({"bits_allocated": 1, "bits_stored": 1, "high_bit": 0}, "PIX-02"),
        ({"bits_stored": 1, "high_bit": 0}, None),
        ({"bits_stored": 0, "high_bit": -1}, "PIX-02"),
        ({"bits_stored": 16, "high_bit": 15}, None),
        ({"bits_stored": 17, "high_bit": 16}, "PIX-02"),
        ({"high_bit": 12}, "PIX-02"),
        ({"rows": 4096, "columns": 4096, "frames": 8}, None),
        ({"rows": 4096, "columns": 4096, "frames": 9}, "PIX-03"),
        ({"floating": True, "bits_allocated": 32}, None),
        ({"floating": True}, "PIX-02"),
    ],
)
def test_that_pixels_are_promised_within_limits(changed, code):
    assert code_of(gates.pixel_format, replace(GOOD, **changed)) == code


def test_that_single_bits_are_for_segmentations():
    bits = replace(GOOD, bits_allocated=1, bits_stored=1, high_bit=0)
    assert code_of(gates.pixel_format, bits) == "PIX-02"
    assert code_of(gates.pixel_format, bits, single_bits=True) is None


@pytest.mark.parametrize(
    ("surplus", "frames", "outcome"),
    [
        (0, 1, ""), (1, 1, ""), (2, 1, "2 bytes"), (8191, 1, "8191 bytes"), (8192, 1, "PIX-04"),
        (-1, 1, "PIX-04"), (8191, 3, "8191 bytes"), (8192, 3, "PIX-04"),
    ],
)  # fmt: skip
def test_that_uncompressed_pixels_have_their_length(surplus, frames, outcome):
    pixels = replace(GOOD, frames=frames)
    length = pixels.stored_bytes + surplus
    if outcome == "PIX-04":
        assert code_of(gates.native_length, pixels, length) == outcome
    else:
        assert gates.native_length(pixels, length).startswith(outcome)
        assert bool(gates.native_length(pixels, length)) == bool(outcome)


def test_that_compressed_pixels_have_parts_and_an_end():
    assert code_of(gates.fragments, 1, True) is None
    assert code_of(gates.fragments, 100_000, True) is None
    assert code_of(gates.fragments, 100_001, True) == "PIX-05"
    assert code_of(gates.fragments, 0, True) == "PIX-05"
    assert code_of(gates.fragments, 1, False) == "PIX-05"


@pytest.mark.parametrize(
    ("slope", "intercept", "code"),
    [
        (1e-6, 0, None), (0.99e-6, 0, "PIX-08"), (1e6, 0, None), (1.01e6, 0, "PIX-08"),
        (-2, 0, None), (0, 0, "PIX-08"), (float("nan"), 0, "PIX-08"), (float("inf"), 0, "PIX-08"),
        (1, 1e9, None), (1, -1e9, None), (1, 1.01e9, "PIX-08"), (1, float("nan"), "PIX-08"),
    ],
)  # fmt: skip
def test_that_rescale_values_are_possible(slope, intercept, code):
    assert code_of(gates.rescale, slope, intercept, GOOD) == code
    nifti = {None: None, "PIX-08": "NII-06"}[code]
    assert code_of(gates.rescale_nifti, slope, intercept) == nifti


def test_that_only_mr_images_pass():
    for uid in gates.MR_CLASSES:
        assert code_of(gates.dicom_class, uid, "") is None
    assert code_of(gates.dicom_class, "1.2.840.10008.5.1.4.1.1.2", "of the kind CT") == "HDR-03"
    assert code_of(gates.transfer_syntax, "1.2.840.10008.1.2.4.100") == "HDR-03"


def test_that_masks_hold_few_whole_numbers():
    assert code_of(gates.mask_values, 0, 255, True, 16) is None
    assert code_of(gates.mask_values, 0, 255, True, 17) == "NII-08"
    assert code_of(gates.mask_values, 0, 256, True, 2) == "NII-08"
    assert code_of(gates.mask_values, -1, 1, True, 2) == "NII-08"
    assert code_of(gates.mask_values, 0, 1, False, 2) == "NII-08"


def test_that_voxels_have_a_size_a_body_can_have():
    assert code_of(gates.voxel_size, (0.1, 20.0, 1.0)) is None
    for bad in (0.099, 20.1, 0.0, float("nan"), float("inf")):
        assert code_of(gates.voxel_size, (1.0, 1.0, bad)) == "NII-07"


# --- files and folders ---------------------------------------------------------------------


def listed(path):
    return [one for one in files_in(path) if one is not None]


def test_that_only_regular_files_are_opened(tmp_path):
    (tmp_path / "empty.dcm").touch()
    os.mkfifo(tmp_path / "pipe.dcm")
    (tmp_path / "null.dcm").symlink_to("/dev/zero")
    for name in ("empty.dcm", "pipe.dcm", "null.dcm"):
        with pytest.raises(Refused) as refused:
            listed(tmp_path / name)
        assert refused.value.code == "FIL-01"
        assert name in refused.value.what
    with pytest.raises(LgeSynthError):
        listed(tmp_path / "missing")
    (info,) = open_path(tmp_path)  # the pipe stalls nothing, the link is not followed
    assert info.refused.code == "FIL-01"


def test_that_links_are_followed_only_inside_the_chosen_folder(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    for folder in (inside, outside):
        (folder / "a").write_bytes(b"x")
    (inside / "good").symlink_to(inside / "a")
    (inside / "bad").symlink_to(outside / "a")
    (inside / "loop").symlink_to(inside)
    (inside / "dangling").symlink_to(inside / "none")
    assert [path.name for path in listed(inside)] == ["a", "good"]


def test_that_folders_are_shallow_and_countable(tmp_path, monkeypatch):
    monkeypatch.setattr(gates, "FOLDER_DEPTH", 2)
    monkeypatch.setattr(gates, "FOLDER_ENTRIES", 5)
    deep = tmp_path / "1" / "2"
    deep.mkdir(parents=True)
    for number in range(3):
        (deep / str(number)).touch()
    assert len(listed(tmp_path)) == 3
    (deep / "4").touch()
    assert code_of_folder(tmp_path) == "FIL-03"
    (deep / "4").unlink()
    monkeypatch.setattr(gates, "FOLDER_DEPTH", 1)
    assert code_of_folder(tmp_path) == "FIL-03"


def code_of_folder(path):
    with pytest.raises(Refused) as refused:
        listed(path)
    return refused.value.code


def test_that_sizes_are_limited_before_anything_is_read(tmp_path):
    path = tmp_path / "big.dcm"
    with path.open("wb") as file:
        file.truncate(gates.DICOM_BYTES)
    assert listed(path) == [path]
    with path.open("r+b") as file:
        file.truncate(gates.DICOM_BYTES + 1)
    with pytest.raises(Refused) as refused:
        listed(path)
    assert refused.value.code == "FIL-02"


def test_that_a_refusal_is_one_short_printable_sentence(tmp_path):
    made = refusal(tmp_path / ("a\x1b[31m\u202e" + "x" * 300), "it is\nbad", "Go.", "PIX-01")
    assert str(made).startswith("a[31mxxx")
    assert str(made).endswith("was refused: it isbad. Go. (PIX-01)")
    assert len(shown_name(tmp_path / ("y" * 300))) <= 64


# --- structure of DICOM files --------------------------------------------------------------


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("g") / "good"
    return save(path, dataset(pixels_of(1)[0], (1, 2, 3))).read_bytes()


def element(group, number, vr, value, length=None):
    head = struct.pack("<HH2s", group, number, vr)
    size = len(value) if length is None else length
    if vr in (b"OB", b"OW", b"SQ", b"UN"):
        return head + struct.pack("<HI", 0, size) + value
    return head + struct.pack("<H", size) + value


def nested(depth, *, defined):
    """`depth` sequences in one another."""
    inner = b""
    for _ in range(depth):
        if defined:
            item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
            inner = element(0x0040, 0xA730, b"SQ", item)
        else:
            item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + inner
            ends = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
            inner = element(0x0040, 0xA730, b"SQ", item + ends, 0xFFFFFFFF)
    return inner


@pytest.mark.parametrize("defined", [True, False])
def test_that_nesting_is_shallow(good, defined):
    for depth, code in ((32, None), (33, "HDR-02"), (5000, "HDR-02")):
        if depth == 5000 and defined:
            continue  # lengths of 16 levels and more would have to be right
        assert code_of(dicom_stream.open_stream, good + nested(depth, defined=defined)) == code


def test_that_elements_are_countable(good, monkeypatch):
    count = 0
    while code_of_limit(good, monkeypatch, count) == "HDR-02":
        count += 1
    assert 20 < count < 60  # as many as the file has
    assert code_of_limit(good + element(0x0091, 1, b"LO", b"x "), monkeypatch, count) == "HDR-02"


def code_of_limit(data, monkeypatch, limit):
    monkeypatch.setattr(gates, "ELEMENTS", limit)
    return code_of(dicom_stream.open_stream, data)


@pytest.mark.parametrize(
    "tail",
    [
        element(0x7FE1, 0x10, b"OW", b"", 0xFFFFFFFE),
        element(0x0091, 1, b"LO", b"xx", 3),
        element(0x0091, 1, b"LO", b"", 0xFFFF),
        element(0x0091, 1, b"SQ", b"", 0xFFFFFFFF),
        element(0x0091, 1, b"SQ", struct.pack("<HHI", 0xFFFE, 0xE000, 99), 8),
        element(0x0091, 1, b"SQ", b"junkjunk"),
        element(0x0091, 1, b"LO", b"", 0)[:5],
        struct.pack("<HHI", 0xFFFE, 0xE00D, 0),
        struct.pack("<HHI", 0xFFFE, 0xE000, 0),
    ],
)
def test_that_lengths_lie_inside_their_container(good, tail):
    assert code_of(dicom_stream.open_stream, good + tail) == "HDR-02"


def test_that_a_file_cut_anywhere_is_never_taken_for_whole(good):
    for end in range(1, len(good) - 1, 37):
        assert code_of(dicom_read.read_header, good[:end]) is not None
    assert code_of(dicom_read.read_header, good) is None
    assert code_of(dicom_read.read_header, good + bytes(6)) is None


def test_that_dicom_is_known_by_its_first_bytes(good):
    assert dicom_stream.looks_like_dicom(good[:4096])
    assert dicom_stream.looks_like_dicom(good[132:4096])  # no preamble
    assert not dicom_stream.looks_like_dicom(bytes(4096))
    assert not dicom_stream.looks_like_dicom(b"")
    assert code_of(dicom_stream.open_stream, b"x" * 500) == "HDR-01"
    assert code_of(dicom_stream.open_stream, good[:132]) == "HDR-01"
    assert code_of(dicom_read.read_header, good[132:]) is None


def deflated(contents):
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1.99")
    return bytes(128) + b"DICM" + syntax + engine.compress(contents) + engine.flush()


def test_that_deflated_contents_stop_at_the_limit(monkeypatch):
    monkeypatch.setattr(gates, "DEFLATED_BYTES", 1000)
    inner = element(0x0008, 0x60, b"CS", b"MR")
    filled = inner + element(0x0091, 0x10, b"OB", bytes(1000 - len(inner) - 12))
    assert code_of(dicom_stream.open_stream, deflated(filled)) is None
    more = inner + element(0x0091, 0x10, b"OB", bytes(1002 - len(inner) - 12))
    assert code_of(dicom_stream.open_stream, deflated(more)) == "FIL-05"
    assert code_of(dicom_stream.open_stream, deflated(filled)[:-4]) == "FIL-05"
    broken = bytearray(deflated(filled))
    broken[-6:] = b"\xff" * 6
    assert code_of(dicom_stream.open_stream, bytes(broken)) == "FIL-05"


def test_that_no_pixels_and_burned_in_text_are_refused(tmp_path):
    ds = dataset(pixels_of(1)[0], (1, 2, 3))
    ds.BurnedInAnnotation = "YES"
    assert code_of(dicom_read.read_header, save(tmp_path / "a", ds).read_bytes()) == "HDR-03"
    ds.BurnedInAnnotation = "NO"
    del ds.PixelData
    assert code_of(dicom_read.read_header, save(tmp_path / "a", ds).read_bytes()) == "PIX-09"


def test_that_a_backslash_in_a_text_makes_no_list(tmp_path):
    ds = dataset(pixels_of(1)[0], (1, 2, 3), series="1.2\\3.4", SeriesDescription="a\\b")
    header = dicom_read.read_header(save(tmp_path / "a", ds).read_bytes())
    assert header.series == "1.2\\3.4"
    assert header.text("SeriesDescription") == "a\\b"


def test_that_long_and_strange_texts_are_cut_and_cleaned(tmp_path, monkeypatch):
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)  # of the writer
    ds = dataset(pixels_of(1)[0], (1, 2, 3), PatientID="x" * 60_000, PatientName="A\x1b[31m^B\0C")
    header = dicom_read.read_header(save(tmp_path / "a", ds).read_bytes())
    assert len(header.text("PatientID")) == 256
    assert header.text("PatientName").isprintable()


def test_that_impossible_windows_are_left_out(tmp_path):
    for width, kept in ((100, True), (0, False), (-5, False), ("1e400", False)):
        ds = dataset(pixels_of(1)[0], (1, 2, 3))
        ds.WindowCenter, ds.WindowWidth = 50, width
        header = dicom_read.read_header(save(tmp_path / "a", ds).read_bytes())
        assert (header.number("WindowWidth") == 100) is kept


def test_that_a_segmentation_is_no_image_but_passes(tmp_path):
    ds = dataset(pixels_of(1, dtype="u1", top=2)[0], (1, 2, 3), SOPClassUID=SEG)
    assert dicom_read.read_header(save(tmp_path / "a", ds).read_bytes()).sop_class == SEG
    (info,) = open_path(tmp_path / "a")
    assert not info.usable
    assert "mask" in info.reason


# --- compressed pictures -------------------------------------------------------------------


END = b"\xff\xd9"


def jpeg(rows, columns, components=1, bits=12, marker=0xC3, end=END):
    sof = struct.pack(">BBHBHHB", 0xFF, marker, 11, bits, rows, columns, components) + bytes(3)
    return b"\xff\xd8" + b"\xff\xfe\x00\x04ab" + sof + b"\xff\xda" + bytes(20) + end


def jpeg_2000(rows, columns, components=1, bits=12):
    size = struct.pack(">HHIIIIIIIIH", 47, 0, columns, rows, 0, 0, columns, rows, 0, 0, components)
    return b"\xff\x4f\xff\x51" + size + struct.pack(">BBB", bits - 1, 1, 1) + bytes(20) + END


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (("jpeg lossless", jpeg(64, 64)), None),
        (("jpeg", jpeg(64, 64, marker=0xC1)), None),
        (("jpeg-ls", jpeg(64, 64, marker=0xF7)), None),
        (("jpeg lossless", jpeg(64, 65)), "PIX-06"),
        (("jpeg lossless", jpeg(65, 64)), "PIX-06"),
        (("jpeg lossless", jpeg(64, 64, components=3)), "PIX-06"),
        (("jpeg lossless", jpeg(64, 64, end=END + bytes(16))), None),
        (("jpeg lossless", jpeg(64, 64, end=END + bytes(17))), "PIX-06"),
        (("jpeg", jpeg(64, 64, end=b"")), "PIX-06"),
        (("jpeg-ls", jpeg(64, 64, marker=0xF7, end=bytes(2))), "PIX-06"),
        (("jpeg 2000", jpeg_2000(64, 64)[:-2]), "PIX-06"),
        (("jpeg 2000", jpeg_2000(64, 64)[:-2] + bytes(2)), "PIX-06"),
        (("jpeg lossless", jpeg(64, 64, bits=16)), None),
        (("jpeg lossless", jpeg(64, 64, bits=11)), "PIX-06"),
        (("jpeg lossless", jpeg(64, 64, bits=17)), "PIX-06"),
        (("jpeg lossless", b"\xff\xd8"), "PIX-06"),
        (("jpeg lossless", b""), "PIX-06"),
        (("jpeg-ls", b"\xff\xd8" + b"\xff" * 50), "PIX-06"),
        (("jpeg 2000", jpeg_2000(64, 64)), None),
        (("jpeg 2000", jpeg_2000(64, 1 << 31)), "PIX-06"),
        (("jpeg 2000", jpeg_2000(64, 64, bits=1)), None),
        (("jpeg 2000", jpeg_2000(64, 64, bits=16)), None),
        (("jpeg 2000", jpeg_2000(64, 64, bits=17)), "PIX-06"),
        (("jpeg 2000", jpeg_2000(64, 64, components=2)), "PIX-06"),
        (("jpeg 2000", b"\xff\x4f\xff\x51"), "PIX-06"),
    ],
)
def test_that_compressed_pictures_agree_with_the_header(picture, code):
    assert code_of(dicom_codestream.check, *picture, GOOD) == code


def rle(*offsets, size=200, count=None):
    table = [len(offsets) if count is None else count, *offsets, *[0] * (15 - len(offsets))]
    return struct.pack("<16I", *table) + bytes(size - 64)


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (rle(64, 100), None),
        (rle(64, 200), None),
        (rle(64, 201), "PIX-06"),
        (rle(64, 64), "PIX-06"),
        (rle(60, 100), "PIX-06"),
        (rle(64), "PIX-06"),
        (rle(64, 100, 150), "PIX-06"),
        (rle(64, 100, count=0xFFFFFFFF), "PIX-06"),
        (rle(64, 100)[:63], "PIX-06"),
    ],
)
def test_that_run_length_segments_lie_inside(picture, code):
    assert code_of(dicom_codestream.check, "rle", picture, GOOD) == code


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (b"\xf1\x07", None),  # 16 times 7
        (b"\x0f" + bytes(range(16)), None),
        (b"\x0f" + bytes(range(16)) + b"\x00", None),  # padded to an even number of bytes
        (b"\x80\xf1\x07\x80", None),  # -128 says nothing
        (b"\xf1\x07" + b"\xf2\x07", None),  # 15 too many
        (b"\xf1\x07" + b"\xf1\x07", "PIX-07"),  # a whole picture too many
        (b"\xf1\x07" + b"\x81\x00" * 100_000, "PIX-07"),
        (b"\xf2\x07", "PIX-07"),
        (b"\x0f" + bytes(15), "PIX-07"),
        (b"\xf1", "PIX-07"),
        (b"", "PIX-07"),
    ],
)
def test_that_run_length_segments_hold_the_pixels_and_not_another_picture(packed, code):
    """G22, G26: what a codec would cut off without a word is refused."""
    tiny = replace(GOOD, rows=4, columns=4, bits_allocated=8, bits_stored=8, high_bit=7)
    picture = struct.pack("<16I", 1, 64, *[0] * 14) + packed
    assert code_of(dicom_rle.decode, picture, tiny) == code


def test_that_run_length_pictures_are_what_pydicom_unpacks():
    path = Path(pydicom.__file__).parent / "data" / "test_files" / "MR_small_RLE.dcm"
    expected = pydicom.dcmread(path).pixel_array
    header, frames = dicom_read.read_pixels(path.read_bytes())
    (found,) = frames
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype == header.pixels.dtype


def test_that_hostile_sizes_cost_nothing(tmp_path):
    """65535 x 65535 pixels and 2 000 000 000 frames are refused by the header alone."""
    for changed in ({"Rows": 65535, "Columns": 65535}, {"NumberOfFrames": 2_000_000_000}):
        ds = dataset(np.zeros((8, 8), "u2"), (1, 2, 3), **changed)
        (info,) = open_path(save(tmp_path / "a", ds))
        assert info.refused.code == "PIX-01"
