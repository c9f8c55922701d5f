"""Files that say who they are of wherever a file can, and the search for it in all bytes."""

import base64
import gzip
import io
import re
import sqlite3
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset

from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.io.dicom_write import Words, dicom_bytes, mr_images
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import series_words
from lgesynth_gui.io.nifti_write import nifti_bytes
from lgesynth_gui.io.origins import new_subject

TOKEN = "CANARYQZ"
BORN, STUDIED, AGE = "19530417", "20210318", "101Y"
TEXTS = {"LO", "SH", "PN", "LT", "ST", "UT", "UC", "AE", "UR"}
LENGTHS = {"SH": 16, "AE": 16}
FEWEST = 295  # attributes that get a token
NAMES = Identifiers("77" * 32)  # whose UIDs the planted files have
DEEPEST = 6  # containers in containers


def dicom_canaries(folder: Path, series) -> int:
    """Write a series as a patient's with a token in every text the dictionary knows.

    Returns:
        How many attributes of an image hold one.
    """
    words = Words(series_words(SignalKind.PSIR), (TOKEN,), TOKEN)
    images = mr_images(series.pixels, series, new_subject(series, NAMES), NAMES, words)
    for index, image in enumerate(images):
        planted = _plant(image)
        content = bytearray(dicom_bytes(image))
        content[: len(TOKEN)] = TOKEN.encode()  # the preamble
        (folder / f"{TOKEN}_{index}.dcm").write_bytes(content)
    return planted


def _plant(image: Dataset) -> int:
    planted = 0
    for tag, entry in DicomDictionary.items():
        vr, keyword = entry[0], keyword_for_tag(tag)
        if vr in TEXTS and 0x0008 <= tag >> 16 <= 0x4008 and keyword:
            image.add_new(tag, vr, f"{TOKEN}/{tag:08X}"[: LENGTHS.get(vr, 64)])
            planted += 1
    image.PatientBirthDate, image.StudyDate, image.StudyTime = BORN, STUDIED, "141533"
    image.PatientID, image.PatientAge = TOKEN, AGE
    item = Dataset()
    item.PatientName = item.InstitutionName = f"{TOKEN}^nested"
    deep = Dataset()
    deep.RequestedProcedureDescription = TOKEN
    item.RequestedProcedureCodeSequence = [deep]
    image.RequestAttributesSequence = [item]
    for group in (0x0011, 0x0029):
        block = image.private_block(group, f"{TOKEN} PRIVATE", create=True)
        block.add_new(1, "LO", TOKEN)
        block.add_new(2, "OB", TOKEN.encode())
    icon = Dataset()
    icon.SamplesPerPixel, icon.PhotometricInterpretation = 1, "MONOCHROME2"
    icon.Rows, icon.Columns, icon.BitsAllocated, icon.BitsStored, icon.HighBit = 1, 8, 8, 8, 7
    icon.PixelRepresentation = 0
    icon.PixelData = TOKEN.encode()
    icon["PixelData"].VR = "OB"
    image.IconImageSequence = [icon]
    image.add_new(0x60000010, "US", 8)  # an overlay that is made of the token
    image.add_new(0x60000011, "US", 8)
    image.add_new(0x60000040, "CS", "G")
    image.add_new(0x60000050, "SS", [1, 1])
    image.add_new(0x60000100, "US", 1)
    image.add_new(0x60000102, "US", 0)
    image.add_new(0x60001500, "LO", TOKEN)
    image.add_new(0x60003000, "OW", TOKEN.encode())
    image.add_new(0x50003000, "OW", TOKEN.encode())  # a curve
    image.add_new(0xFFFCFFFC, "OB", TOKEN.encode())
    image.file_meta.SourceApplicationEntityTitle = TOKEN
    image.file_meta.PrivateInformationCreatorUID = NAMES.uid("private")
    image.file_meta.PrivateInformation = TOKEN.encode()
    return planted


def nifti_canary(folder: Path, series) -> Path:
    """Write a series as a NIfTI file with a token in every text of it, and in its names."""
    content = bytearray(gzip.decompress(nifti_bytes(series.pixels, series.geometry)))
    text = TOKEN.encode()
    for at, room in ((4, 10), (14, 18), (148, 80), (228, 24), (328, 16)):
        content[at : at + room] = text.ljust(room, b"\0")[:room]
    note = struct.pack("<ii", 32, 6) + text.ljust(24, b"\0")  # an extension: a comment
    (begin,) = struct.unpack("<f", content[108:112])
    content[108:112] = struct.pack("<f", begin + len(note))
    content[348:352] = b"\1\0\0\0"
    content[352:352] = note
    path = folder / f"{TOKEN}.nii.gz"
    packed = io.BytesIO()
    with gzip.GzipFile(filename=f"{TOKEN}.nii", mode="wb", fileobj=packed) as file:
        file.write(bytes(content))
    path.write_bytes(packed.getvalue())
    return path


def needles(*more: str) -> tuple[bytes, ...]:
    """Every spelling of the token, and of other words: UTF-8, UTF-16, Latin-1, Base64."""
    found: set[bytes] = set()
    for text in (TOKEN, *more):
        plain = {text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "latin-1")}
        found |= plain | {text.encode().hex().encode(), text.encode().hex().upper().encode()}
        for shift in range(3):  # Base64 depends on what stands before and behind
            packed = base64.b64encode(b"\0" * shift + text.encode())
            found.add(packed[-(-8 * shift // 6) : 8 * (shift + len(text.encode())) // 6])
    return tuple(sorted(one for one in found if len(one) >= 8))


def expanded(content: bytes, depth: int = 0):
    """The bytes, and those of everything that is packed in them."""
    yield content
    if depth > DEEPEST:
        return
    if content[:2] == b"\x1f\x8b":
        yield from expanded(gzip.decompress(content), depth + 1)
    elif content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                yield entry.filename.encode()
                yield entry.comment + entry.extra
                yield from expanded(archive.read(entry), depth + 1)
    elif content[:8] == b"\x89PNG\r\n\x1a\n":
        picture = Image.open(io.BytesIO(content))
        picture.load()
        yield "\n".join(f"{k} {v}" for k, v in picture.text.items()).encode()
        yield np.asarray(picture).tobytes()
    elif content[:5] == b"%PDF-":
        for part in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
            try:
                yield zlib.decompress(part)
            except zlib.error:
                yield part
    elif content[:16] == b"SQLite format 3\0":
        with sqlite3.connect(":memory:") as base:
            # as if it had been written without a log beside it, which none in memory can have
            base.deserialize(content[:18] + b"\1\1" + content[20:])
            yield "\n".join(base.iterdump()).encode()


def hits(root: Path, wanted: tuple[bytes, ...], apart: tuple[Path, ...] = ()):
    """(files searched, bytes searched, names of files that hold a needle or are named by one)."""
    count = size = 0
    found = []
    for path in sorted(root.rglob("*")):
        if any(path.is_relative_to(one) for one in apart):
            continue
        name = str(path.relative_to(root))
        if any(one in name.encode() for one in wanted):
            found.append(f"{name}: its name")
        if not path.is_file():
            continue
        count += 1
        for content in expanded(path.read_bytes()):
            size += len(content)
            found += [f"{name}: {one!r}" for one in wanted if one in content]
    return count, size, sorted(set(found))


def attributes_that_tell(path: Path):
    """Keywords of a DICOM file, at any depth, whose value holds the token."""
    image = pydicom.dcmread(path)
    told = {one.keyword for one in image.iterall() if one.VR != "SQ" and TOKEN in str(one.value)}
    return told | {one.keyword for one in image.file_meta if TOKEN in str(one.value)}
