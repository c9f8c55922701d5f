"""Files nobody here wrote: pydicom's own test data, and real scans where they are at hand."""

from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io import dicom_read, load, load_mask, open_path

DATA = Path(pydicom.__file__).parent / "data"
STORE = find_spec("data_store")  # the package pydicom-data, where it is installed
FOLDERS = [DATA / folder for folder in ("test_files", "charset_files", "palettes")]
FOLDERS += [Path(place) / "data" for place in STORE.submodule_search_locations] if STORE else []
FILES = sorted(
    path
    for folder in FOLDERS
    for path in folder.rglob("*")
    if path.is_file() and "TINY_ALPHA" not in path.parts
)
DICOMS = [path for path in FILES if dicom_read.sniff(path.read_bytes()[:4096])]
COUNTS = Counter()
SHARED = Path(__file__).parents[3] / "shared" / "data"
real_scans = pytest.mark.skipif(not SHARED.is_dir(), reason="no real scans beside the checkout")


@pytest.mark.parametrize("path", DICOMS, ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_that_every_grey_picture_equals_what_pydicom_reads(path):
    """Modality does not matter here: the rule that only MR passes is off."""
    dataset = pydicom.dcmread(path, force=True)
    if code := BROKEN.get(path.name) or not_grey(dataset):
        with pytest.raises(Refused) as refused:
            list(dicom_read.read_pixels(path.read_bytes(), any_modality=True)[1])
        assert refused.value.code in code
        kind = "broken" if path.name in BROKEN else "colour" if "PixelData" in dataset else "no"
        COUNTS[f"{kind} pixels refused, {refused.value.code}"] += 1
        return
    header, frames = dicom_read.read_pixels(path.read_bytes(), any_modality=True)
    found = np.stack(list(frames))
    COUNTS[f"grey pixels loaded, {dicom_read.gates.transfer_syntax(header.syntax)}"] += 1
    if path.name not in OTHERS_READ:  # pydicom alone cannot read them; see below
        np.testing.assert_array_equal(found, dataset.pixel_array.reshape(header.pixels.shape))


def test_that_every_file_has_one_outcome(count):
    """Prints how the files above ended; nothing that can be decoded is refused."""
    total = sum(COUNTS.values())
    lines = "\n".join(f"  {number:4} {words}" for words, number in sorted(COUNTS.items()))
    more = "with" if STORE else "without"
    count(f"pydicom {pydicom.__version__}, {more} pydicom-data: {total} DICOM files\n{lines}")
    if total == len(DICOMS):  # all of them were run
        loaded = sum(number for words, number in COUNTS.items() if "loaded" in words)
        assert loaded >= (100 if STORE else 69)
        broken = sum(number for words, number in COUNTS.items() if words.startswith("broken"))
        assert broken == len(set(BROKEN) & {path.name for path in DICOMS}) >= 3


def not_grey(dataset):
    """The codes of objects without grey pixels."""
    if "PixelData" not in dataset:
        return ("PIX-09", "HDR-02", "HDR-03", "HDR-06")
    if not dataset.get("PhotometricInterpretation", "").startswith("MONOCHROME"):
        return ("PIX-01", "PIX-02")
    return ()


BROKEN = {
    "MR_truncated.dcm": ("HDR-02",),
    "JPEG2000-embedded-sequence-delimiter.dcm": ("PIX-06",),
    "badVR.dcm": ("PIX-01",),
    "emri_small_jpeg_2k_lossless_too_short.dcm": ("PIX-05",),
}
TWELVE_BITS = ("JPEG-lossy.dcm", "JPGExtended.dcm")
LOSSLESS = ("JPEG-LL.dcm", "JPGLosslessP14SV1_1s_1f_8b.dcm", "bad_sequence.dcm")
OTHERS_READ = (*TWELVE_BITS, *LOSSLESS)
PLAIN = ("693_J2KI.dcm", "image_dfl.dcm", "CT_small.dcm")


@pytest.mark.parametrize("name", [*TWELVE_BITS, *LOSSLESS, *PLAIN])
def test_that_simpleitk_reads_the_same_pixels(name):
    """12-bit JPEG and lossless JPEG above all, which pydicom has no decoder of ours for."""
    import SimpleITK as sitk  # noqa: N813 - the name everybody knows

    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    path = next((path for path in DICOMS if path.name == name), None)
    if path is None:
        pytest.skip("only in pydicom-data")
    header, frames = dicom_read.read_pixels(path.read_bytes(), any_modality=True)
    plane = header.planes[0]
    expected = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
    found = next(frames) * plane.slope + plane.intercept
    np.testing.assert_array_equal(found, expected.reshape(found.shape))


def test_that_a_folder_of_everything_ends_in_summaries_and_sentences():
    infos = open_path(DATA / "test_files")
    usable = [info for info in infos if info.usable]
    assert any(info.slices > 1 for info in usable) or len(usable) > 3
    for info in infos:
        assert info.label
        assert info.reason.endswith((".", ")"))
        assert "\n" not in info.reason
        assert info.refused is None or not info.refused.code.startswith("WRK")
    for info in usable:
        assert load(info).shape[0] == info.slices


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MR_truncated.dcm", "cut short"),
        ("CT_small.dcm", "CT Image, not an MR image"),
        ("examples_rgb_color.dcm", "not an MR image"),
        ("rtplan.dcm", "RT Plan"),
        ("zipMR.gz", "packed DICOM"),
        ("README.txt", "neither DICOM"),
        ("liver_1frame.dcm", "mask"),
    ],
)
def test_that_what_is_no_mr_is_called_by_what_it_is(name, words):
    (info,) = open_path(DATA / "test_files" / name)
    assert not info.usable
    assert words in info.reason


@real_scans
def test_that_a_real_emidec_case_is_read_with_its_mask():
    (info,) = open_path(SHARED / "emidec_samples" / "samplePositive")
    series = load(info)
    assert series.shape == (7, 258, 248)
    np.testing.assert_allclose(series.spacing, (13.0, 1.40625, 1.40625))
    labels = load_mask(info.mask, series)
    areas = (labels == 1).sum(axis=(1, 2))
    assert areas[0] > areas[-1]  # base first, although the file begins at the apex
    muscle, cavity = series.pixels[labels == 2].mean(), series.pixels[labels == 1].mean()
    scar = series.pixels[labels == 3].mean()
    assert muscle < min(cavity, scar)  # the mask lies on the heart


@real_scans
def test_that_the_right_ventricle_of_acdc_is_left_out():
    info = open_path(SHARED / "acdc_patient101")[0]
    series = load(info)
    labels = load_mask(info.mask, series)
    assert set(np.unique(labels)) == {0, 1, 2}
    assert (labels[0] == 1).sum() > (labels[-1] == 1).sum()


@real_scans
@pytest.mark.parametrize(
    ("folder", "usable", "aside", "words"),
    [
        ("sunnybrook_cine_dicom", True, True, "cine"),
        ("multiframe_cine", False, False, "cine"),
        ("enhanced_mr", True, False, "another part of the body"),
    ],
)
def test_that_real_films_and_heads_are_recognised(folder, usable, aside, words):
    infos = open_path(SHARED / folder)
    assert {(info.usable, info.aside) for info in infos} == {(usable, aside)}
    assert all(words in info.reason for info in infos)
    assert all(info.score < 0 for info in infos)


@real_scans
def test_that_one_phase_of_a_real_cine_is_read_at_its_places():
    """Of this cine only two phases are there, one of them without its first slice."""
    (info,) = open_path(SHARED / "sunnybrook_cine_dicom")
    assert info.phases == 2
    files = [pydicom.dcmread(path) for path in (SHARED / "sunnybrook_cine_dicom").rglob("*.dcm")]
    for number, time in ((1, 348), (2, 929)):
        series = load(info.part(number))
        expected = sorted(
            (one for one in files if one.TriggerTime == time),
            key=lambda one: -float(one.ImagePositionPatient[2]),
        )
        assert len(expected) >= series.shape[0] == 5
        assert f"{time} ms into the heartbeat" in " ".join(series.notes)
        for index, one in enumerate(expected[-5:]):
            np.testing.assert_array_equal(series.pixels[index], one.pixel_array)
            position = np.array(one.ImagePositionPatient, float)
            np.testing.assert_allclose(series.geometry.position(index), position, atol=1e-2)
