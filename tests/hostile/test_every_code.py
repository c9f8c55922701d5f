"""Every code a file can be refused with: the input that brings it about, through the whole import.

Whatever the code: one sentence that names the file or the series and says what to do, nothing
left behind, and nothing of the patient in it.
"""

import ast
import gzip
import re
import shutil
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import RLELossless

import lgesynth_gui
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import decoder as decoding
from lgesynth_gui.io import gates, load, load_mask, open_path, study
from lgesynth_gui.io.decoder import Decoder
from tests.io.dicoms import (
    APEXWARD,
    BASE,
    RIGHT,
    SEG,
    dataset,
    pixels_of,
    places,
    save,
    write_stack,
)
from tests.io.test_gates import deflated, element, nested
from tests.io.test_nifti_read import header_with, image

PACKAGE, TESTS = Path(lgesynth_gui.__file__).parent, Path(__file__).parents[1]
PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
READER = "tests.io.strange_readers:read"
OF_IMPORT = ("FIL", "HDR", "PIX", "NII", "GEO", "WRK")
CODE = re.compile(r"\b[A-Z]{3}-\d\d\b")
DEPTH = gates.FOLDER_DEPTH + 1


def file(contents):
    return lambda folder: (folder / "a.dcm").write_bytes(contents)


def dicom(**changed):
    return lambda folder: save(folder / "a.dcm", dataset(pixels_of(1)[0], BASE, **changed))


def behind(tail):
    """A sound file and more."""

    def make(folder):
        path = save(folder / "a.dcm", dataset(pixels_of(1)[0], BASE))
        path.write_bytes(path.read_bytes() + tail)

    return make


def stack(count=5, at=None, **changed):
    return lambda folder: write_stack(
        folder / "s", pixels_of(count), None if at is None else at(count), **changed
    )


def moved(by):
    return lambda count: [place + (by if k == 2 else 0.0) for k, place in enumerate(places(count))]


def volume(**fields):
    return lambda folder: (folder / "a.nii").write_bytes(header_with(**fields))


def without(keyword):
    def make(folder):
        ds = dataset(pixels_of(1)[0], BASE)
        delattr(ds, keyword)
        save(folder / "a.dcm", ds)

    return make


def unended(folder):
    path = save(folder / "a.dcm", dataset(pixels_of(1)[0], BASE), RLELossless)
    path.write_bytes(path.read_bytes()[:-8])


def other_size(folder):
    ds = pydicom.dcmread(PYDICOM / "MR_small_jp2klossless.dcm")
    ds.Columns = 32
    ds.save_as(folder / "a.dcm", enforce_file_format=True)


def short_runs(folder):
    ds = pydicom.dcmread(PYDICOM / "MR_small_RLE.dcm")
    ds.Rows = 128
    ds.save_as(folder / "a.dcm", enforce_file_format=True)


def packed(contents, cut):
    return lambda folder: (folder / "a.nii.gz").write_bytes(gzip.compress(contents)[:-cut])


def deep(folder):
    (folder / "/".join("d" * DEPTH)).mkdir(parents=True)


def archive(folder):
    (folder / "a.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    return folder / "a.zip"


REFUSED = {  # code -> what is put into an empty folder; what it returns is opened, or the folder
    "FIL-01": file(b""),
    "FIL-02": lambda folder: sparse(folder / "a.dcm", gates.DICOM_BYTES + 1),
    "FIL-03": deep,
    "FIL-04": archive,
    "FIL-05": file(deflated(element(8, 0x60, b"CS", b"MR"))[:-3]),
    "HDR-01": file(bytes(128) + b"DICM"),
    "HDR-02": behind(nested(33, defined=False)),
    "HDR-03": dicom(SOPClassUID="1.2.840.10008.5.1.4.1.1.2"),
    "PIX-01": dicom(Rows=4097),
    "PIX-02": dicom(BitsStored=17),
    "PIX-03": dicom(Rows=4096, Columns=4096, NumberOfFrames=9),
    "PIX-04": dicom(PixelData=bytes(10)),
    "PIX-05": unended,
    "PIX-06": other_size,
    "PIX-07": short_runs,
    "PIX-08": dicom(RescaleSlope=0, RescaleIntercept=0),
    "PIX-09": without("PixelData"),
    "GEO-01": stack(ImagePositionPatient=None),
    "GEO-02": stack(PixelSpacing=[0, 0]),
    "GEO-03": dicom(ImageOrientationPatient=[0] * 6),
    "GEO-04": stack(at=moved(2.0 * APEXWARD)),
    "GEO-05": stack(6, at=lambda n: [BASE + k * APEXWARD for k in (0, 8, 30, 38, 60, 68)]),
    "GEO-06": stack(at=moved(5.0 * RIGHT)),
    "NII-01": volume(magic=(344, "<4s", b"n+9\0")),
    "NII-02": volume(dim=(40, "<8h", 3, 0, 4, 3, 1, 1, 1, 1)),
    "NII-03": volume(kind=(70, "<h", 128)),
    "NII-04": volume(offset=(108, "<f", 1e9)),
    "NII-05": packed(header_with(), cut=9),
    "NII-06": volume(slope=(112, "<ff", 1e30, 0.0)),
    "NII-07": volume(affine=(280, "<12f", *[0.0] * 12)),
}
ELSEWHERE = {  # code -> what to do, in a folder with a sound series in it
    "HDR-05": lambda folder, series: load_mask(segmentation(folder, "Liver"), series),
    "HDR-06": lambda folder, series: load_mask(directory(folder), series),
    "GEO-08": lambda folder, series: load_mask(mask(folder, (9, 8, 4)), series),
    "NII-08": lambda folder, series: load_mask(mask(folder, (48, 40, 3), value=300), series),
    "WRK-01": lambda folder, series: strange(folder, "abort"),
    "WRK-02": lambda folder, series: strange(folder, "panic"),
    "WRK-03": lambda folder, series: strange(folder, "hang"),
    "WRK-04": lambda folder, series: strange(folder, "nonsense"),
    "WRK-05": lambda folder, series: strange(folder, *(f"abort.{k}" for k in range(5))),
    "WRK-06": lambda folder, series: changed_since(folder),
}


def sparse(path, size):
    with path.open("wb") as made:
        made.truncate(size)


def segmentation(folder, label):
    ds = dataset(pixels_of(1, dtype="u1", top=2), BASE, SOPClassUID=SEG)
    parts = []
    for number in (1, 2):
        part = Dataset()
        part.SegmentNumber, part.SegmentLabel = number, label
        parts.append(part)
    ds.SegmentSequence = parts
    return save(folder / "seg.dcm", ds)


def directory(folder):
    return Path(shutil.copy(PYDICOM / "dicomdirtests" / "DICOMDIR", folder / "DICOMDIR"))


def mask(folder, shape, value=1):
    voxels = np.zeros(shape, np.int16)
    voxels[0, 0, 0] = value
    nibabel.save(image(voxels), folder / "mask.nii")
    return folder / "mask.nii"


def strange(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"x")
    decoder = Decoder(READER, limit_s=1.0)
    try:
        found = drive(study.find(folder, decoder))
    finally:
        decoder.close()
    raise found[-1].refused


def changed_since(folder):
    (info,) = open_path(folder)
    path = info.recipe.files[0][0]
    save(path, dataset(pixels_of(1, seed=5)[0], places(1)[0]))
    load(info)


def outcome(folder, code):
    """The refusal of whatever lies in a folder; reading changes nothing there."""
    chosen = REFUSED[code](folder)
    before = sorted(folder.rglob("*"))
    try:
        infos = open_path(chosen if code == "FIL-04" else folder)
        refused = [info.refused for info in infos if info.refused is not None]
        for info in infos:
            if info.usable:
                load(info)
    except Refused as told:
        refused = [told]
    assert sorted(folder.rglob("*")) == before
    return refused


@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.filterwarnings("ignore::UserWarning")  # of pydicom, on what it is asked to write
def test_that_each_refusal_is_one_sentence_of_its_code(tmp_path, code):
    folder = tmp_path / "study"
    folder.mkdir()
    found = outcome(folder, code)
    assert {one.code for one in found} == {code}
    for one in found:
        require_sentence(one, folder)


@pytest.mark.parametrize("code", ELSEWHERE)
def test_that_each_refusal_of_masks_and_decoders_is_one_sentence(tmp_path, code, monkeypatch):
    monkeypatch.setattr(decoding, "_cores", lambda: 2)  # one decoder: deaths come in a row
    folder = tmp_path / "study"
    write_stack(folder, pixels_of(3))
    series = load(open_path(folder)[0])
    with pytest.raises(Refused) as refused:
        ELSEWHERE[code](folder, series)
    assert refused.value.code == code
    require_sentence(refused.value, folder)


def require_sentence(refused, folder):
    words = str(refused)
    assert " was refused: " in words or code_of_folder(refused)
    named = words.split(" was refused: ")[0]
    assert named == "Series 7" or (folder / named).exists() or code_of_folder(refused)
    assert words.endswith(f"({refused.code})")
    assert refused.what.endswith(".")
    assert refused.hint.endswith(".")
    assert words.isprintable()
    assert "ecret" not in words  # name and number of the patient
    assert str(folder.parent) not in words


def code_of_folder(refused):
    return refused.code == "FIL-03" and refused.what.startswith("study has folders")


# --- no code without an input, no input without a code -------------------------------------


def codes_in(paths):
    """Codes in the strings of Python files, where they are no comment and no docstring."""
    found = set()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        if CODE.search(text) is None:
            continue
        tree = ast.parse(text)
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.update(() if id(node) in told else CODE.findall(node.value))
    return found


def test_that_every_code_of_reading_is_brought_about_here():
    defined = codes_in(sorted((PACKAGE / "io").glob("*.py")))
    of_reading = {code for code in defined if code.startswith(OF_IMPORT)}
    assert of_reading == set(REFUSED) | set(ELSEWHERE)


def test_that_every_code_of_the_program_is_asserted_by_a_test():
    defined = codes_in(sorted(PACKAGE.rglob("*.py")))
    asserted = codes_in(sorted(TESTS.rglob("test_*.py")))
    assert len(defined) > 60
    assert sorted(defined - asserted) == []


def test_that_a_code_without_a_test_would_be_found(tmp_path):
    (tmp_path / "a.py").write_text('"""About FIL-01."""\nraise Refused("x", "y", "ABC-99")\n')
    assert codes_in([tmp_path / "a.py"]) == {"ABC-99"}
