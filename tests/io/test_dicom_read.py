"""DICOM stacks made here, read here, and read by other programs."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.series import SignalKind, SliceOrder
from lgesynth_gui.io import load, open_path
from tests.io.dicoms import (
    APEXWARD,
    BASE,
    DOWN,
    RIGHT,
    dataset,
    enhanced,
    pixels_of,
    places,
    save,
    write_stack,
)


def only(path):
    (info,) = open_path(path)
    return info


def read(path):
    info = only(path)
    assert info.usable, info.reason
    return load(info)


def test_that_slices_run_from_base_to_apex_whatever_names_and_numbers_say(tmp_path):
    pixels = pixels_of(9)
    write_stack(tmp_path / "s", pixels)
    series = read(tmp_path / "s")
    np.testing.assert_array_equal(series.pixels, pixels)
    assert series.pixels.dtype == np.uint16
    np.testing.assert_allclose(series.spacing, (8.5, 1.5, 1.25), atol=1e-5)
    np.testing.assert_allclose(series.geometry.position(8), BASE + 68 * APEXWARD, atol=1e-3)
    np.testing.assert_allclose(series.geometry.row_cosines, RIGHT, atol=1e-6)
    np.testing.assert_allclose(series.geometry.column_cosines, DOWN, atol=1e-6)
    assert series.geometry.thickness_mm == 8
    assert series.geometry.known
    assert series.order is SliceOrder.PLACE
    assert series.geometry.slice_distance == pytest.approx(8.5, abs=1e-5)
    assert series.geometry.gap_mm == pytest.approx(0.5, abs=1e-5)  # 8 mm thick
    assert series.notes == ()


def test_that_slices_written_from_apex_to_base_are_turned(tmp_path):
    pixels = pixels_of(5)
    write_stack(tmp_path / "s", pixels[::-1], places(5)[::-1])
    np.testing.assert_array_equal(read(tmp_path / "s").pixels, pixels)


def test_that_simpleitk_sees_the_same_values_at_the_same_places(tmp_path):
    import SimpleITK as sitk  # noqa: N813 - the name everybody knows

    pixels = pixels_of(6, dtype=np.int16)
    write_stack(tmp_path / "s", pixels, RescaleSlope=2, RescaleIntercept=-7)
    series = read(tmp_path / "s")
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(tmp_path / "s")))
    other = reader.Execute()
    for index in [(0, 0, 0), (5, 19, 23), (2, 7, 11), (4, 0, 47)]:
        (place,) = series.geometry.to_lps(np.array([index], float))
        column, row, plane = other.TransformPhysicalPointToIndex(place.tolist())
        value = series.pixels[index] * series.slope + series.intercept
        assert other.GetPixel(column, row, plane) == value
        back = other.TransformIndexToPhysicalPoint((column, row, plane))
        np.testing.assert_allclose(back, place, atol=1e-3)


def test_that_dcm2niix_converts_to_the_same_grid(tmp_path):
    import dcm2niix

    pixels = pixels_of(7)
    write_stack(  # it goes by instance numbers, so they are in order for once
        tmp_path / "s", pixels, Manufacturer="GE",
        change=lambda i, ds: setattr(ds, "InstanceNumber", i + 1),
    )  # fmt: skip
    out = tmp_path / "out"
    out.mkdir()
    tool = [str(dcm2niix.bin_path), "-o", str(out), "-f", "x", "-z", "n", str(tmp_path / "s")]
    subprocess.run(tool, check=True, capture_output=True, timeout=60)
    series, other = read(tmp_path / "s"), read(out / "x.nii")
    there = series.geometry.to_lps(np.argwhere(np.ones(series.shape)).astype(float))
    at = np.rint(other.geometry.to_index(there)).astype(int)
    np.testing.assert_allclose(other.geometry.to_lps(at.astype(float)), there, atol=1e-3)
    np.testing.assert_array_equal(other.pixels[tuple(at.T)], series.pixels.ravel())


@pytest.mark.parametrize(
    "syntax",
    [
        ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless,
        JPEGLosslessSV1,
    ],
    ids=lambda uid: uid.name[:24],
)  # fmt: skip
@pytest.mark.parametrize(("dtype", "bits"), [("u1", 8), ("u2", 16), ("u2", 12), ("i2", 16)])
def test_that_every_compression_gives_the_stored_values(tmp_path, syntax, dtype, bits):
    if syntax == JPEGLosslessSV1 and dtype == "i2":
        pytest.skip("the encoder knows no signed values")
    pixels = pixels_of(2, dtype=dtype, top=min(2**bits, 1 << 15) - 1)
    stored = {"BitsStored": bits, "HighBit": bits - 1}
    paths = write_stack(tmp_path / "s", pixels, syntax=syntax, **stored)
    assert dcmread(paths[0]).file_meta.TransferSyntaxUID == syntax
    series = read(tmp_path / "s")
    assert series.pixels.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(series.pixels, pixels)


def test_that_bits_above_the_stored_depth_are_no_part_of_the_value(tmp_path):
    pixels = pixels_of(2, dtype="i2", top=2047)
    dirty = ((pixels.view("u2") & 0x0FFF) | 0xA000).view("i2")
    write_stack(tmp_path / "s", dirty, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(read(tmp_path / "s").pixels, pixels)


@pytest.mark.parametrize("dtype", ["u2", "i2"])
def test_that_jpeg_2000_may_state_fewer_bits_than_the_header(tmp_path, dtype):
    """As pydicom's 693_J2KR: 14 bits of values under a header that says 16."""
    pixels = pixels_of(2, dtype=dtype, top=2**11)
    paths = write_stack(tmp_path / "s", pixels, syntax=JPEG2000Lossless, BitsStored=12, HighBit=11)
    for path in paths:
        ds = dcmread(path)
        ds.BitsStored, ds.HighBit = 16, 15
        ds.save_as(path)
    np.testing.assert_array_equal(read(tmp_path / "s").pixels, pixels)


def test_that_rescale_values_are_kept_and_pixels_are_not_changed(tmp_path):
    pixels = pixels_of(3)
    write_stack(tmp_path / "s", pixels, RescaleSlope="0.5", RescaleIntercept="-3")
    series = read(tmp_path / "s")
    assert (series.slope, series.intercept) == (0.5, -3.0)
    np.testing.assert_array_equal(series.pixels, pixels)


def test_that_slices_with_their_own_rescale_come_in_the_scanners_units(tmp_path):
    pixels = pixels_of(3)
    write_stack(
        tmp_path / "s", pixels, change=lambda i, ds: setattr(ds, "RescaleSlope", i + 1),
        RescaleIntercept=5,
    )  # fmt: skip
    series = read(tmp_path / "s")
    assert (series.slope, series.intercept) == (1.0, 0.0)
    np.testing.assert_array_equal(series.pixels[2], pixels[2] * 3.0 + 5.0)
    assert any("rescale" in note for note in series.notes)


def test_that_a_missing_slice_is_told_and_the_longest_part_is_kept(tmp_path):
    pixels = pixels_of(9)
    paths = write_stack(tmp_path / "s", pixels)
    paths[2].unlink()
    series = read(tmp_path / "s")
    np.testing.assert_array_equal(series.pixels, pixels[3:])
    np.testing.assert_allclose(series.geometry.position(0), places(4)[3], atol=1e-3)
    (note,) = series.notes
    assert note.startswith("Slices are missing behind slice 2 (17.0 mm instead of 8.5); 2 beyond")


@pytest.mark.parametrize(
    ("move", "told", "code"),
    [
        (0.1, None, None),
        (0.5, "not evenly spaced", None),
        (2.0, "not evenly spaced", "GEO-04"),
    ],
)
def test_that_uneven_slices_are_taken_told_or_refused(tmp_path, move, told, code):
    at = places(6)
    at[3] = at[3] + move * APEXWARD
    write_stack(tmp_path / "s", pixels_of(6), at)
    info = only(tmp_path / "s")
    if code:
        assert (info.usable, info.refused.code) == (False, code)
        assert told in info.reason
        with pytest.raises(Refused, match=told):
            load(info)
    else:
        assert [told for note in load(info).notes if told and told in note] == ([told] * bool(told))


@pytest.mark.parametrize(("aside", "code"), [(0.5, None), (2.0, None), (5.0, "GEO-06")])
def test_that_slices_beside_each_other_are_told_or_refused(tmp_path, aside, code):
    at = places(6)
    at[3] = at[3] + aside * RIGHT
    write_stack(tmp_path / "s", pixels_of(6), at)
    info = only(tmp_path / "s")
    assert (info.refused.code if info.refused else None) == code
    if not code:
        assert bool(load(info).notes) == (aside > 1)


def test_that_a_sheared_stack_keeps_its_places(tmp_path):
    at = [BASE + i * (8.0 * APEXWARD + 1.0 * RIGHT) for i in range(5)]
    write_stack(tmp_path / "s", pixels_of(5), at)
    series = read(tmp_path / "s")
    for index, place in enumerate(at):
        np.testing.assert_allclose(series.geometry.position(index), place, atol=1e-3)
    assert series.spacing[0] == pytest.approx(np.hypot(8, 1), abs=1e-4)
    assert series.geometry.slice_distance == pytest.approx(8.0, abs=1e-4)
    assert series.geometry.gap_mm == pytest.approx(0.0, abs=1e-4)


def test_that_the_order_of_slices_that_do_not_cross_the_heart_is_doubted(tmp_path):
    """The normal lies 60 degrees or more from the heart's usual axis: base and apex are unknown."""
    for degrees, order in ((59.0, SliceOrder.PLACE), (61.0, SliceOrder.UNKNOWN)):
        turn = np.radians(degrees)
        row, normal = RIGHT, np.cos(turn) * APEXWARD + np.sin(turn) * DOWN
        cosines = [*row, *np.cross(normal, row)]
        at = [BASE + 8 * k * normal for k in range(4)]
        folder = tmp_path / f"{degrees:.0f}"
        write_stack(folder, pixels_of(4), at, orientation=cosines)
        series = read(folder)
        assert series.order is order
        doubted = any("Base and apex" in note for note in series.notes)
        assert doubted is (order is SliceOrder.UNKNOWN)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"PixelSpacing": None}, "GEO-02"),
        ({"PixelSpacing": [0, 0]}, "GEO-02"),
        ({"PixelSpacing": [-1, 1]}, "GEO-02"),
        ({"PixelSpacing": [0.1, 20]}, None),
        ({"PixelSpacing": [0.099, 1]}, "GEO-02"),
        ({"PixelSpacing": [1, 20.1]}, "GEO-02"),
        ({"PixelSpacing": ["1e30", 1]}, "GEO-02"),
        ({"ImagePositionPatient": None}, "GEO-01"),
        ({"ImageOrientationPatient": None}, "GEO-01"),
    ],
)
def test_that_impossible_geometry_is_refused_by_name(tmp_path, changed, code):
    write_stack(tmp_path / "s", pixels_of(3), **changed)
    infos = open_path(tmp_path / "s")
    assert {info.refused.code if info.refused else None for info in infos} == {code}


def test_that_an_impossible_orientation_is_refused(tmp_path):
    save(tmp_path / "a", dataset(pixels_of(1)[0], BASE, orientation=[0] * 6))
    assert only(tmp_path / "a").refused.code == "GEO-03"


def test_that_one_slice_without_a_place_is_taken_and_says_so(tmp_path):
    save(tmp_path / "a", dataset(pixels_of(1)[0]))
    series = read(tmp_path / "a")
    assert not series.geometry.known
    assert series.order is SliceOrder.UNKNOWN
    assert series.spacing == (8.0, 1.5, 1.25)
    assert series.notes


def test_that_copies_are_dropped_with_a_word(tmp_path):
    pixels = pixels_of(5)
    paths = write_stack(tmp_path / "s", pixels)
    (tmp_path / "s" / "copy").write_bytes(paths[2].read_bytes())
    series = read(tmp_path / "s")
    np.testing.assert_array_equal(series.pixels, pixels)
    assert series.notes == ("1 copy of a file was left out.",)


def test_that_another_picture_with_a_known_identity_is_left_out_with_a_word(tmp_path):
    pixels = pixels_of(5)
    paths = write_stack(tmp_path / "s", pixels)
    ds = dcmread(paths[2])
    ds.PixelData = bytes(len(ds.PixelData))
    save(tmp_path / "s" / "ZZ", ds)
    series = read(tmp_path / "s")
    np.testing.assert_array_equal(series.pixels, pixels)
    assert "identity of another file" in series.notes[0]


def test_that_of_a_repeated_slice_the_latest_is_used(tmp_path):
    pixels = pixels_of(5)
    write_stack(tmp_path / "s", pixels, AcquisitionNumber=1)
    again = pixels_of(1, seed=9)[0]
    save(tmp_path / "s" / "again", dataset(again, places(3)[2], AcquisitionNumber=2))
    series = read(tmp_path / "s")
    np.testing.assert_array_equal(series.pixels[2], again)
    assert series.notes == ("1 slice was taken more than once; the latest is used.",)


def test_that_series_and_directions_are_told_apart(tmp_path):
    write_stack(tmp_path / "a", pixels_of(6))
    write_stack(tmp_path / "b", pixels_of(4), series="1.2.3.8", SeriesNumber=8)
    long_axis = {"orientation": [*APEXWARD, *DOWN], "SeriesDescription": "LGE 4CH"}
    save(tmp_path / "c", dataset(pixels_of(1)[0], BASE, series="1.2.3.9", **long_axis))
    infos = open_path(tmp_path)
    assert [(info.slices, info.usable) for info in infos] == [(6, True), (4, True), (1, True)]
    assert infos[0].reason == (
        "Looks like LGE short-axis: inversion time 300 ms, short-axis direction, 6 slices."
    )
    assert "long-axis" in infos[2].reason
    assert infos[0].score > infos[1].score > 0 > infos[2].score


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"SeriesDescription": "3-plane loc"}, "localizer"),
    ],
)
def test_that_localizers_are_set_aside(tmp_path, changed, words):
    write_stack(tmp_path / "s", pixels_of(3), **changed)
    info = only(tmp_path / "s")
    assert not info.usable
    assert words in info.reason


def test_that_inversion_times_make_series_or_a_scout(tmp_path):
    def timed(count):
        return lambda i, ds: setattr(ds, "InversionTime", 250.0 + 20 * (i % count))

    at = [place for place in places(4) for _ in range(2)]
    pixels = pixels_of(8)
    write_stack(tmp_path / "a", pixels, at, change=timed(2))
    first, second = open_path(tmp_path / "a")
    assert "250 ms" in first.reason
    assert "270 ms" in second.reason
    np.testing.assert_array_equal(load(second).pixels, pixels[1::2])
    write_stack(tmp_path / "b", pixels_of(12), [BASE] * 12, change=timed(12))
    info = only(tmp_path / "b")
    assert not info.usable
    assert "12 inversion times" in info.reason


def one_series_each(folder, count, **changed):
    """As scanners write them that make a series of every breath-hold."""
    folder.mkdir()
    pixels = pixels_of(count)
    for i, place in enumerate(places(count)):
        uids = {"series": f"1.2.3.{i + 50}", "SeriesNumber": 20 + i}
        save(folder / f"{i}", dataset(pixels[i], place, **uids, **changed))
    return pixels


def test_that_series_of_one_slice_each_become_one_stack(tmp_path):
    pixels = one_series_each(tmp_path / "s", 6)
    series = read(tmp_path / "s")
    np.testing.assert_array_equal(series.pixels, pixels)
    assert series.notes == ("6 series of one slice each were taken as one stack.",)


def test_that_single_slices_that_make_no_stack_stay_single(tmp_path):
    one_series_each(tmp_path / "two", 2)
    assert [info.slices for info in open_path(tmp_path / "two")] == [1, 1]
    one_series_each(tmp_path / "gap", 5)
    (tmp_path / "gap" / "1").unlink()
    (tmp_path / "gap" / "2").unlink()
    assert [info.slices for info in open_path(tmp_path / "gap")] == [1, 1, 1]


def test_that_a_series_marked_as_synthetic_says_so(tmp_path):
    write_stack(tmp_path / "s", pixels_of(3), SyntheticData="YES")
    assert read(tmp_path / "s").notes == ("The file says that it is synthetic.",)


@pytest.mark.parametrize(
    ("changed", "low", "expected"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"]}, 0, SignalKind.MAGNITUDE),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "PSIR", "ND"]}, 0, SignalKind.PSIR),
        ({"SeriesDescription": "tfi_psir_sax_PSIR"}, 0, SignalKind.PSIR),
        ({"SeriesDescription": "tfi_psir_sax_MAG"}, 0, SignalKind.MAGNITUDE),
        ({"RescaleSlope": 1, "RescaleIntercept": -2048}, 0, SignalKind.PSIR),
        ({}, -2000, SignalKind.PSIR),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "P", "ND"]}, -2000, SignalKind.UNKNOWN),
        ({"ImageType": ["ORIGINAL", "PRIMARY"], "SeriesDescription": ""}, 0, SignalKind.UNKNOWN),
    ],
)
def test_that_magnitude_and_phase_sensitive_are_told_apart(tmp_path, changed, low, expected):
    pixels = pixels_of(2, dtype="i2") if low else pixels_of(2)
    write_stack(tmp_path / "s", pixels, **changed)
    assert read(tmp_path / "s").signal is expected


def test_that_magnitude_and_phase_sensitive_of_one_series_become_two(tmp_path):
    at = [place for place in places(4) for _ in range(2)]
    kinds = ["M", "PSIR"]
    write_stack(
        tmp_path / "s", pixels_of(8), at,
        change=lambda i, ds: setattr(ds, "ImageType", ["ORIGINAL", "PRIMARY", kinds[i % 2]]),
    )  # fmt: skip
    loaded = [load(info) for info in open_path(tmp_path / "s")]
    assert {one.signal for one in loaded} == {SignalKind.MAGNITUDE, SignalKind.PSIR}
    assert {one.label for one in loaded} == {"Series 7", "Series 7 (2)"}


def test_that_enhanced_frames_are_sorted_and_their_groups_are_read(tmp_path):
    pixels, order = pixels_of(6), [3, 0, 5, 1, 4, 2]
    save(tmp_path / "e", enhanced(pixels[order], [places(6)[i] for i in order]))
    info = only(tmp_path / "e")
    assert "inversion time 320 ms" in info.reason
    series = load(info)
    np.testing.assert_array_equal(series.pixels, pixels)
    assert (series.slope, series.intercept) == (2.0, -100.0)
    np.testing.assert_allclose(series.spacing, (8.5, 1.5, 1.25), atol=1e-5)
    assert [one.frame for one in series.source.slices] == [2, 4, 6, 1, 5, 3]


def test_that_a_compressed_enhanced_object_gives_the_same(tmp_path):
    pixels = pixels_of(5)
    save(tmp_path / "e", enhanced(pixels, places(5)), RLELossless)
    np.testing.assert_array_equal(read(tmp_path / "e").pixels, pixels)


def test_that_fewer_frame_descriptions_than_frames_are_refused(tmp_path):
    save(tmp_path / "e", enhanced(pixels_of(5), places(4)))
    assert only(tmp_path / "e").refused.code == "PIX-01"


def test_that_old_multi_frame_objects_without_places_are_refused_in_words(tmp_path):
    save(tmp_path / "m", dataset(pixels_of(4), BASE))
    info = only(tmp_path / "m")
    assert not info.usable
    assert "4 pictures at each place" in info.reason
    save(tmp_path / "m", dataset(pixels_of(4)))
    assert only(tmp_path / "m").refused.code == "GEO-01"
    save(tmp_path / "m", dataset(pixels_of(16), FrameTime=40))
    assert "cine" in only(tmp_path / "m").reason


def test_that_the_source_is_kept_for_exports_and_stays_out_of_what_is_shown(tmp_path):
    paths = write_stack(tmp_path / "s", pixels_of(3))
    info = only(tmp_path / "s")
    series = load(info)
    source = series.source
    assert (source.format, source.study_uid, source.series_uid) == ("dicom", "1.2.3", "1.2.3.7")
    assert source.frame_of_reference_uid == "1.2.3.4"
    uids = [one.sop_instance_uid for one in source.slices]
    assert uids == [str(dcmread(path).SOPInstanceUID) for path in paths]
    kept = dict(source.attributes)
    assert kept["PatientID"] == "SECRET-ID"
    assert kept["ScanningSequence"] == "GR\\IR"
    assert kept["InversionTime"] == 300.0
    assert "InstanceNumber" not in kept
    shown = " ".join((info.label, info.reason, series.label, *series.notes))
    assert series.label == "Series 7"
    assert "ecret" not in shown.lower()


def test_that_thumbnails_are_small_pictures_of_the_middle(tmp_path):
    pixels = np.zeros((3, 200, 300), np.uint16)
    pixels[1, :, 150:] = 900
    write_stack(tmp_path / "s", pixels)
    small = only(tmp_path / "s").thumbnail
    assert small.dtype == np.float32
    assert max(small.shape) <= 96
    assert (small[:, :30] == 0).all()
    assert (small[:, -30:] == 1).all()


def test_that_one_damaged_file_is_named_and_the_others_are_listed(tmp_path):
    paths = write_stack(tmp_path / "s", pixels_of(8))
    paths[0].write_bytes(paths[0].read_bytes()[:-100])
    (tmp_path / "s" / "notes.txt").write_text("not a scan")
    stack, refused = open_path(tmp_path / "s")
    assert stack.slices == 7
    assert refused.refused.code == "HDR-02"
    assert paths[0].name in refused.reason
    assert load(stack).shape[0] == 7


def test_that_a_file_that_changed_since_it_was_listed_is_refused(tmp_path):
    paths = write_stack(tmp_path / "s", pixels_of(3))
    info = only(tmp_path / "s")
    save(paths[1], dataset(pixels_of(1, seed=5)[0], places(2)[1]))
    with pytest.raises(Refused) as refused:
        load(info)
    assert refused.value.code == "WRK-06"
    paths[1].unlink()
    with pytest.raises(Refused, match="cannot be opened"):
        load(info)


def test_that_the_preamble_of_another_format_is_noticed(tmp_path):
    path = save(tmp_path / "a", dataset(pixels_of(1)[0], BASE))
    path.write_bytes(b"MZ" + bytes(126) + path.read_bytes()[128:])
    assert "another format" in " ".join(read(path).notes)


def test_that_a_folder_without_scans_is_empty_and_a_lone_text_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    assert open_path(tmp_path) == ()
    info = only(tmp_path / "a.txt")
    assert info.refused.code == "HDR-01"
    assert "a.txt" in info.reason


def test_that_an_archive_among_other_files_is_left_packed(tmp_path):
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    assert open_path(tmp_path) == ()


@pytest.mark.parametrize(
    ("name", "code"),
    [("x.dcm", "HDR-01"), ("x.IMA", "HDR-01"), ("x.nii", "NII-01"), ("x.nii.gz", "NII-01")],
)
def test_that_a_file_named_as_a_scan_is_missed_when_it_is_none(tmp_path, name, code):
    write_stack(tmp_path / "s", pixels_of(3))
    (tmp_path / "s" / name).write_bytes(b"PK\x03\x04" + bytes(100))
    stack, refused = open_path(tmp_path / "s")
    assert stack.slices == 3
    assert refused.refused.code == code
    assert refused.reason.startswith(f"{name} was refused: it is ")


@pytest.mark.parametrize(
    ("start", "words"), [(b"\x89PNG", "picture"), (b"\x93NUMPY", "bare array")]
)
def test_that_other_files_are_called_by_what_they_are(tmp_path: Path, start, words):
    (tmp_path / "x.dcm").write_bytes(start + bytes(100))
    assert words in only(tmp_path / "x.dcm").reason
