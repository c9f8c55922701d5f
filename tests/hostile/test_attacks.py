"""The attacks on reading, one by one: each ends loaded as its header says, or in one sentence.

The numbers are those of the list of attacks that `test_rules` keeps.
"""

import os
import struct
import warnings
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import gates, limits, load, open_path, study
from lgesynth_gui.io.decoder import Decoder, Question
from lgesynth_gui.io.export import export_result
from tests.hostile.outcomes import GROWTH, LARGEST
from tests.io.dicoms import BASE, DOWN, RIGHT, dataset, pixels_of, places, save, write_stack
from tests.io.results import host, patient, result_on
from tests.io.test_gates import deflated, element, nested
from tests.io.test_nifti_read import header_with, image, voxels_of

PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"


@pytest.fixture(scope="module")
def decoder():
    made = Decoder()
    yield made
    made.close()


@pytest.fixture
def code_of(tmp_path, decoder):
    """How one file ends: the code of its refusal, or "loaded" with the shape of its header."""

    def find(path, *, any_modality=True):
        before, listed = limits.peak_bytes(), sorted(tmp_path.rglob("*"))
        replies = []
        for task, nbytes, header in (("header", 0, None), ("pixels", None, None)):
            if task == "pixels":
                answer = replies[-1].answer
                if answer is None or not (header := answer.dicom or answer.nifti):
                    break
                of_dicom = answer.dicom is not None
                nbytes = header.pixels.nbytes if of_dicom else header.nbytes // header.volumes
            question = Question(path, task, nbytes, any_modality=any_modality, header=header)
            replies += [one for one in decoder.ask([question]) if one]
        reply = replies[-1]
        assert limits.peak_bytes() - before < GROWTH
        assert sorted(tmp_path.rglob("*")) == listed
        if reply.answer is not None:
            assert reply.answer.peak_bytes < LARGEST
        if reply.refused is None:
            return "loaded" if reply.pixels is not None else "no scan"
        words = str(reply.refused)
        assert words.startswith(f"{path.name} was refused: ")
        assert reply.refused.hint
        assert "\n" not in words
        return reply.refused.code

    return find


def small(name="MR_small.dcm", **changed):
    ds = pydicom.dcmread(PYDICOM / name)
    for keyword, value in changed.items():
        setattr(ds, keyword, value)
    return ds


def written(path, ds):
    ds.save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("name", ["MR_small.dcm", "MR_small_RLE.dcm"])
@pytest.mark.parametrize(
    "changed",
    [{"Rows": 65535, "Columns": 65535}, {"NumberOfFrames": 2_000_000_000}, {"Rows": 0}],
)
def test_that_a01_impossible_sizes_are_refused_by_the_header(tmp_path, code_of, name, changed):
    assert code_of(written(tmp_path / "a.dcm", small(name, **changed))) == "PIX-01"
    (info,) = open_path(tmp_path / "a.dcm")
    assert (info.usable, info.refused.code) == (False, "PIX-01")


def test_that_a02_a_deflate_bomb_stops_at_the_limit(tmp_path, code_of):
    """1 GiB of zeros behind a header, in a file of about one megabyte."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = engine.compress(element(0x7FE0, 0x10, b"OW", b"", 1 << 30))
    head += engine.flush(zlib.Z_FULL_FLUSH)
    block = engine.compress(bytes(16 << 20)) + engine.flush(zlib.Z_FULL_FLUSH)
    syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1.99")
    path = tmp_path / "bomb.dcm"
    path.write_bytes(bytes(128) + b"DICM" + syntax + head + 64 * block + engine.flush())
    assert path.stat().st_size < 2 << 20
    assert code_of(path) == "FIL-05"


def rle_bomb(path, size):
    """64 x 64 pixels whose segments run on for `size` bytes."""
    ds = dataset(pixels_of(1, (64, 64))[0], BASE)
    segment = b"\x81\x00" * (size // 128)
    offsets = [2, 64, 64 + len(segment), *[0] * 13]
    picture = struct.pack("<16I", *offsets) + 2 * segment
    ds.PixelData = pydicom.encaps.encapsulate([picture])
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    ds.file_meta = pydicom.dataset.FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = RLELossless
    ds.file_meta.MediaStorageSOPClassUID = ds.SOPClassUID
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return written(path, ds)


def test_that_a03_pictures_that_unpack_to_more_than_they_say_are_refused(tmp_path, code_of):
    assert code_of(rle_bomb(tmp_path / "runs.dcm", 128 << 20)) in ("PIX-07", "WRK-02")
    large = small("MR_small_RLE.dcm", Rows=32768, Columns=32768)
    assert code_of(written(tmp_path / "large.dcm", large)) == "PIX-01"
    claimed = PYDICOM / "JPEG2000-embedded-sequence-delimiter.dcm"
    (tmp_path / "j2k.dcm").write_bytes(claimed.read_bytes())
    assert code_of(tmp_path / "j2k.dcm") == "PIX-06"


def test_that_a04_a_length_beyond_the_file_is_called_cut_short(tmp_path, code_of):
    ds = dataset(pixels_of(1)[0], BASE)
    del ds.PixelData
    good = save(tmp_path / "a.dcm", ds).read_bytes()
    for length in (0xFFFFFFFE, 0x7FFFFFFE, 40 * 48 * 2):
        path = tmp_path / "a.dcm"
        path.write_bytes(good + element(0x7FE0, 0x10, b"OW", b"", length))
        assert code_of(path) == "HDR-02"
        assert "cut short" in open_path(path)[0].reason


@pytest.mark.parametrize("depth", [900, 5000])
def test_that_a05_deep_nesting_is_refused(tmp_path, code_of, depth):
    good = save(tmp_path / "a.dcm", dataset(pixels_of(1)[0], BASE)).read_bytes()
    for where in (good + nested(depth, defined=False), good):
        (tmp_path / "a.dcm").write_bytes(where)
        assert code_of(tmp_path / "a.dcm") == ("loaded" if where == good else "HDR-02")


def test_that_a06_a_buffer_that_is_not_the_headers_is_never_a_picture(tmp_path, code_of):
    pixels = pixels_of(1)[0]
    for raw, code in (
        (pixels.tobytes(), "loaded"),
        (pixels.tobytes() + bytes(2), "loaded"),  # told in the notes
        (2 * pixels.tobytes(), "PIX-04"),
        (pixels.tobytes()[:-2], "PIX-04"),
        (b"", "PIX-04"),
    ):
        path = save(tmp_path / "a.dcm", dataset(pixels, BASE, PixelData=raw))
        assert code_of(path) == code
    whole = deflated(path.read_bytes()[132:])
    for cut in (1, 9, 200):
        (tmp_path / "a.dcm").write_bytes(whole[:-cut])
        assert code_of(tmp_path / "a.dcm") == "FIL-05"


@pytest.mark.parametrize(
    "name",
    [
        "JPGExtended.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_RLE.dcm",
    ],
)
@pytest.mark.parametrize("share", [0.95, 0.5, 0.1])
@pytest.mark.parametrize("filled", [False, True])
def test_that_a06_a_compressed_picture_that_is_cut_short_is_refused(
    tmp_path, code_of, name, share, filled
):
    """Whether the rest is missing or zero: codecs make grey of it, and call it a picture."""
    ds = small(name)
    (whole,) = pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=1)
    kept = whole[: int(share * len(whole)) // 2 * 2]
    for picture, fits in ((whole, True), (kept + bytes(filled * (len(whole) - len(kept))), False)):
        ds.PixelData = pydicom.encaps.encapsulate([picture])
        code = code_of(written(tmp_path / "a.dcm", ds))
        assert (code == "loaded") is fits
        assert fits or code in ("PIX-06", "PIX-07", "WRK-02")


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless, JPEGLosslessSV1])
@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("frames", [1, 2, 3, 4])
def test_that_g24_as_many_pictures_are_there_as_the_header_says(
    tmp_path, code_of, syntax, table, frames
):
    """One frame may be in several parts; several pictures are never taken for one."""
    path = save(tmp_path / "a.dcm", dataset(pixels_of(3), BASE), syntax)
    ds = pydicom.dcmread(path)
    pictures = list(pydicom.encaps.generate_frames(ds.PixelData, number_of_frames=3))
    ds.PixelData, ds.NumberOfFrames = pydicom.encaps.encapsulate(pictures, has_bot=table), frames
    code = code_of(written(path, ds))
    assert code == "loaded" if frames == 3 else code in ("PIX-05", "PIX-07")
    if frames == 1:
        parts = pydicom.encaps.encapsulate(pictures[:1], fragments_per_frame=2, has_bot=table)
        ds.PixelData = parts
        assert code_of(written(path, ds)) == "loaded"


def sized(*dim):
    return header_with(dim=(40, "<8h", *dim))


NIFTI = {
    "32767 cubed": (sized(3, 32767, 32767, 32767, 1, 1, 1, 1), "NII-02"),
    "no voxels": (sized(3, 0, 4, 3, 1, 1, 1, 1), "NII-02"),
    "negative": (sized(3, 4, -4, 3, 1, 1, 1, 1), "NII-02"),
    "200 dimensions": (sized(200, 4, 4, 3, 1, 1, 1, 1), "NII-02"),
    "offset NaN": (header_with(at=(108, "<f", float("nan"))), "NII-04"),
    "offset infinite": (header_with(at=(108, "<f", float("inf"))), "NII-04"),
    "offset 1e9": (header_with(at=(108, "<f", 1e9)), "NII-04"),
    "offset negative": (header_with(at=(108, "<f", -352.0)), "NII-04"),
    "slope 1e30": (header_with(at=(112, "<ff", 1e30, 0.0)), "NII-06"),
    "cut": (header_with()[:-1], "NII-04"),
    "cut header": (header_with()[:300], "no scan"),
}


@pytest.mark.parametrize("name", NIFTI)
def test_that_a08_impossible_volumes_are_refused(tmp_path, code_of, name):
    data, code = NIFTI[name]
    (tmp_path / "a.nii").write_bytes(data)
    assert code_of(tmp_path / "a.nii") == code


def test_that_a08_a_gzip_bomb_stops_at_the_limit(tmp_path, code_of):
    engine = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = engine.compress(sized(3, 4096, 4096, 8, 1, 1, 1, 1)) + engine.flush(zlib.Z_FULL_FLUSH)
    block = engine.compress(bytes(16 << 20)) + engine.flush(zlib.Z_FULL_FLUSH)
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(head + 64 * block + engine.flush())
    assert path.stat().st_size < 2 << 20
    assert code_of(path) == "NII-05"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PixelSpacing": [0, 0]}, "GEO-02"),
        ({"PixelSpacing": [-1, -1]}, "GEO-02"),
        ({"PixelSpacing": ["1e30", "1e30"]}, "GEO-02"),
        ({"ImageOrientationPatient": [0] * 6}, "GEO-03"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "GEO-03"),
        ({"RescaleSlope": "1e308", "RescaleIntercept": 0}, "PIX-08"),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, "PIX-08"),
        ({"RescaleSlope": 1, "RescaleIntercept": "1e300"}, "PIX-08"),
        ({"ImagePositionPatient": ["1e30", 0, 0]}, "GEO-01"),
    ],
)
def test_that_a09_impossible_numbers_are_refused_by_name(tmp_path, changed, code):
    write_stack(tmp_path / "s", pixels_of(4), **changed)
    infos = open_path(tmp_path / "s")
    assert not any(info.usable for info in infos)
    assert {info.refused.code for info in infos} == {code}


def test_that_a09_doubled_and_mixed_slices_are_told(tmp_path):
    pixels = pixels_of(5)
    write_stack(tmp_path / "s", pixels)
    again = pixels_of(1, seed=4)[0]
    save(tmp_path / "s" / "twice", dataset(again, places(3)[2], InstanceNumber=99))
    other = pixels_of(1, (8, 8))[0]  # of another size, under the same series
    save(tmp_path / "s" / "mixed", dataset(other, places(4)[3], InstanceNumber=98))
    stack, stray = open_path(tmp_path / "s")
    series = load(stack)
    np.testing.assert_array_equal(series.pixels[2], again)
    assert series.notes == ("1 slice was taken more than once; the latest is used.",)
    assert (stack.slices, stray.slices) == (5, 1)


OUTSIDE = (
    "../../../out", "/tmp/lgesynth-out", "C:\\out", "\\\\host\\share", "..\\..\\out", "a/../../b",
    "out\x00.dcm", "CON", ".", "1.2/../../3",
)  # fmt: skip


@pytest.mark.parametrize("hostile", OUTSIDE)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of pydicom, on what it is asked to write
def test_that_a10_no_name_on_disk_comes_from_a_file(tmp_path, hostile):
    """Read from a file whose names and identifiers are paths, then written in both modes."""
    root = tmp_path / "inner" / "root"
    root.mkdir(parents=True)
    raw = root / "in"
    raw.mkdir()
    marked = dataset(
        pixels_of(1)[0], BASE, series="1.2.3", PatientName="X" * 40, PatientID="Y" * 40
    )
    data = save(raw / "a", marked).read_bytes()
    filled = hostile.encode().ljust(40, b"_")
    data = data.replace(b"X" * 40, filled).replace(b"Y" * 40, filled)
    (raw / "a").write_bytes(data.replace(b"LGE SAX", hostile.encode()[:7].ljust(7)))
    (info,) = open_path(raw)
    assert not set(hostile) & set("\\\x00/") & set(load(info).label)
    series = patient(host())
    names = {"PatientID": hostile, "PatientName": hostile, "StudyID": hostile}
    source = series.source
    attributes = tuple((name, names.get(name, value)) for name, value in source.attributes)
    bad = type(source)(
        source.format, source.slices, hostile, hostile, hostile, attributes
    )  # study, series and frame of reference
    series = type(series)(**{**vars(series), "source": bad, "label": hostile})
    before = {path for path in tmp_path.rglob("*") if root not in path.parents}
    for mode in ("new_subject", "edit_of_patient"):
        out = root / mode
        try:
            files = export_result(
                result_on(series), series, out, formats=("dicom", "nifti", "png"), mode=mode
            )
        except Exception as error:  # noqa: BLE001 - a refusal is as good, whatever it is called
            assert type(error).__name__ in ("Refused", "LgeSynthError"), error  # noqa: PT017
            assert not out.exists()
            continue
        for path in files:
            assert path.resolve().is_relative_to(out.resolve())
            assert all(part.isascii() and part.isprintable() for part in path.parts)
    after = {path for path in tmp_path.rglob("*") if root not in path.parents}
    assert after == before
    assert not Path("/tmp/lgesynth-out").exists()


@pytest.fixture
def disc(tmp_path):
    """A disc whose table names files; and a file outside of it that nobody may open."""
    folder = tmp_path / "disc"
    folder.mkdir()
    pixels = pixels_of(3)
    write_stack(folder / "IMAGES", pixels)
    outside = save(tmp_path / "OUTSIDE", dataset(pixels_of(1)[0], BASE, series="1.9.9.9"))
    return folder, outside, pixels


@pytest.mark.parametrize("kind", ["up", "absolute", "link", "other folder"])
def test_that_a11_the_records_of_a_dicomdir_lead_nowhere(tmp_path, disc, kind):
    folder, outside, pixels = disc
    names = {
        "up": ["..", "OUTSIDE"],
        "absolute": [str(outside)],
        "link": ["LINK"],
        "other folder": ["..", "..", "etc", "hostname"],
    }
    if kind == "link":
        (folder / "LINK").symlink_to(outside)
    ds = pydicom.dcmread(PYDICOM / "dicomdirtests" / "DICOMDIR")
    for record in ds.DirectoryRecordSequence:
        if "ReferencedFileID" in record:
            record["ReferencedFileID"]._value = pydicom.multival.MultiValue(str, names[kind])
    (folder / "DICOMDIR").write_bytes(b"")
    with pydicom.config.disable_value_validation():
        ds.save_as(folder / "DICOMDIR", enforce_file_format=False)
    for chosen in (folder / "DICOMDIR", folder):
        (info,) = drive(study.find(chosen))
        assert info.slices == 3
        series = load(info)
        np.testing.assert_array_equal(series.pixels, pixels)
        assert series.source.series_uid == "1.2.3.7"  # nothing of the file outside


@pytest.mark.parametrize("start", [b"MZ" + bytes(126), b'{"a": 1}', b"%PDF-1.4"])
def test_that_a12_another_formats_preamble_is_noticed(tmp_path, start):
    path = save(tmp_path / "a", dataset(pixels_of(1)[0], BASE))
    path.write_bytes(start.ljust(128) + path.read_bytes()[128:])
    (info,) = open_path(path)
    assert any("another format" in note for note in load(info).notes)


@pytest.mark.skipif(os.name == "nt", reason="other special files there")
def test_that_a21_special_files_are_left_alone_and_the_rest_is_read(tmp_path):
    pixels = pixels_of(4)
    paths = write_stack(tmp_path / "s", pixels)
    os.mkfifo(tmp_path / "s" / "a.dcm")
    (tmp_path / "s" / "zero").symlink_to("/dev/zero")
    (tmp_path / "s" / "tty").symlink_to("/dev/stdin")
    (tmp_path / "s" / "round").symlink_to(tmp_path / "s")
    os.link(paths[1], tmp_path / "s" / "hard")
    (info,) = open_path(tmp_path / "s")
    series = load(info)
    np.testing.assert_array_equal(series.pixels, pixels)
    assert series.notes == ("1 copy of a file was left out.",)


STRANGE = {
    "NUL": b"A\0B",
    "RTL": "A\u202eB\u2066C".encode(),
    "zero width": "A\u200bB\ufeff".encode(),
    "invalid UTF-8": b"A\xff\xfe\xc3(B",
    "half a pair": b"A\xed\xa0\x80B",
    "ISO 2022": b"A\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J",
    "markup": b'<img src="file:///etc/passwd">',
    "terminal": b"\x1b[31mred\x07",
}


@pytest.mark.parametrize("charset", [None, "ISO_IR 192", "ISO 2022 IR 87", "nonsense"])
@pytest.mark.parametrize("name", STRANGE)
def test_that_a22_strange_texts_change_nothing_that_is_shown(tmp_path, name, charset):
    ds = dataset(pixels_of(1)[0], BASE, SeriesDescription="L" * 64, PatientName="N" * 64)
    if charset is not None:
        with pydicom.config.disable_value_validation():
            ds.SpecificCharacterSet = charset
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = save(tmp_path / "a", ds)
    text = STRANGE[name].ljust(64)
    path.write_bytes(path.read_bytes().replace(b"L" * 64, text).replace(b"N" * 64, text))
    (info,) = open_path(path)
    series = load(info)
    shown = (info.label, info.reason, series.label, *series.notes)
    assert all(one.isprintable() for one in shown)
    assert series.label == "Series 7"
    kept = [value for _, value in series.source.attributes if isinstance(value, str)]
    assert all(value.isprintable() for value in kept)


def test_that_a22_a_name_of_a_million_characters_is_cut(tmp_path, code_of):
    ds = dataset(pixels_of(1)[0], BASE)
    ds.add_new(0x00081030, "UT", "x" * 1_000_000)  # study description
    ds.add_new(0x00091001, "UT", "y" * 1_000_000)
    path = save(tmp_path / "a.dcm", ds)
    assert code_of(path) == "loaded"
    assert len(dict(load(open_path(path)[0]).source.attributes)["StudyDescription"]) == 256


def test_that_a24_one_identity_with_two_contents_is_told_and_imports_can_be_repeated(tmp_path):
    pixels = pixels_of(4)
    paths = write_stack(tmp_path / "s", pixels)
    (tmp_path / "s" / "Z-copy").write_bytes(paths[0].read_bytes())
    ds = pydicom.dcmread(paths[1])
    ds.PixelData = bytes(len(ds.PixelData))
    save(tmp_path / "s" / "Z-other", ds)
    for _ in range(2):
        (info,) = open_path(tmp_path / "s")
        series = load(info)
        np.testing.assert_array_equal(series.pixels, pixels)
        assert series.notes == (
            "1 copy of a file was left out.",
            "1 file has the identity of another file but not its contents; left out.",
        )


def test_that_a25_one_hostile_file_among_500_costs_itself(tmp_path):
    """499 load; the refusal names the file, the notes the place where a slice is missing."""
    pixels = pixels_of(500, (8, 8))
    at = [BASE + 1.5 * k * np.cross(RIGHT, DOWN) for k in range(500)]
    paths = write_stack(tmp_path / "s", pixels, at)
    hurt = paths[400]
    hurt.write_bytes(hurt.read_bytes()[:-40])
    stack, refused = open_path(tmp_path / "s")
    assert refused.refused.code == "HDR-02"
    assert hurt.name in refused.reason
    series = load(stack)
    np.testing.assert_array_equal(series.pixels, pixels[:400])
    (note,) = series.notes
    assert "missing behind slice 400" in note
    assert "99 beyond the gap were left out" in note


def test_that_a_folder_of_many_things_is_read_for_what_it_holds(tmp_path):
    """Volumes, stacks, texts and damaged files side by side."""
    write_stack(tmp_path / "s", pixels_of(4))
    nibabel.save(image(voxels_of()), tmp_path / "a.nii.gz")
    (tmp_path / "b.nii").write_bytes(NIFTI["negative"][0])
    (tmp_path / "c.txt").write_text("nothing")
    (tmp_path / "d.dcm").write_bytes(bytes(128) + b"DICM")
    found = open_path(tmp_path)
    assert [(one.label, one.usable) for one in found] == [
        ("Series 7", True), ("Image", True), ("File", False), ("File", False),
    ]  # fmt: skip
    assert sorted(one.refused.code for one in found[2:]) == ["HDR-01", "NII-02"]


def test_that_g22_a_study_of_more_than_2_gib_is_refused(tmp_path, monkeypatch):
    write_stack(tmp_path / "s", pixels_of(4, (8, 8)))
    monkeypatch.setattr(gates, "STUDY_BYTES", 4 * 8 * 8 * 2)
    assert open_path(tmp_path / "s")[0].usable
    monkeypatch.setattr(gates, "STUDY_BYTES", 4 * 8 * 8 * 2 - 1)
    assert open_path(tmp_path / "s")[0].refused.code == "PIX-03"


def test_that_an_object_without_a_syntax_of_ours_is_refused(tmp_path, code_of):
    """G12: MPEG and unknown transfer syntaxes."""
    for uid in ("1.2.840.10008.1.2.4.102", "1.2.3.4"):
        ds = Dataset()
        ds.update(dataset(pixels_of(1)[0], BASE))
        path = save(tmp_path / "a.dcm", ds, ExplicitVRLittleEndian)
        data = path.read_bytes()
        old = str(ExplicitVRLittleEndian).encode()
        new = uid.encode()[: len(old)].ljust(len(old), b"\0")
        path.write_bytes(data.replace(old, new, 1))
        assert code_of(path) == "HDR-03"
