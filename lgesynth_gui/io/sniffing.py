"""What kind of file this is, by its first bytes; a suffix proves nothing."""

from __future__ import annotations

import zlib
from pathlib import Path
from pkgutil import resolve_name

from lgesynth_gui.io import FORMATS

HEAD = 4096
GZIP = b"\x1f\x8b"
_OTHERS = (  # first bytes -> what it is; completes "it is ..."
    (b"PK\x03\x04", "a zip archive: unpack it and open the folder"),
    (b"7z\xbc\xaf\x27\x1c", "an archive: unpack it and open the folder"),
    (b"Rar!", "an archive: unpack it and open the folder"),
    (b"\xfd7zXZ\x00", "an archive: unpack it and open the folder"),
    (b"BZh", "an archive: unpack it and open the folder"),
    (b"\x89PNG", "a picture, not a scan"),
    (b"\xff\xd8\xff", "a picture, not a scan"),
    (b"GIF8", "a picture, not a scan"),
    (b"BM", "a picture, not a scan"),
    (b"II*\x00", "a picture, not a scan"),
    (b"MM\x00*", "a picture, not a scan"),
    (b"%PDF", "a document, not a scan"),
    (b"\x89HDF", "an HDF5 file, which is not read"),
    (b"NRRD", "an NRRD file, which is not read: convert it to NIfTI"),
    (b"ObjectType", "a MetaImage file, which is not read: convert it to NIfTI"),
    (b"\x93NUMPY", "a bare array, which says nothing of millimetres"),
    (b"MZ", "a program, not a scan"),
    (b"\x7fELF", "a program, not a scan"),
)


def kind_of(data: memoryview, path: Path) -> tuple[str, bool]:
    """(A key of `FORMATS` or words for what else it is, whether it is packed with gzip)."""
    head = bytes(data[:HEAD])
    packed = head[:2] == GZIP
    kind = _format_of(_first_bytes(bytes(data[: 1 << 16])) if packed else head)
    if packed and kind != "nifti":
        inside = "DICOM file" if kind == "dicom" else "file that is no NIfTI image"
        return f"a packed {inside}: unpack it first", True
    if kind:
        return kind, packed
    for start, words in _OTHERS:
        if head.startswith(start):
            return words, False
    if head[257:262] == b"ustar":
        return "an archive: unpack it and open the folder", False
    if path.suffix.lower() == ".img" and _header_beside(path) is not None:
        return "the voxels of an Analyze pair: open the .hdr file beside it", False
    return "neither DICOM nor NIfTI nor Analyze", False


def _format_of(head: bytes) -> str:
    for name, module in FORMATS.items():
        if resolve_name(module).sniff(head):
            return name
    return ""


def _first_bytes(data: bytes) -> bytes:
    """What comes out of the beginning of a packed file; b"" when it is damaged there."""
    try:
        return zlib.decompressobj(31).decompress(data, HEAD)
    except zlib.error:
        return b""


def voxels_beside(header: Path) -> Path | None:
    """The .img or .img.gz file of a .hdr or .hdr.gz file."""
    stem = header.name.removesuffix(".gz")
    stem = stem[: -len(Path(stem).suffix)] if Path(stem).suffix else stem
    for suffix in (".img", ".img.gz", ".IMG"):
        beside = header.with_name(stem + suffix)
        if beside.is_file() and beside != header:
            return beside
    return None


def _header_beside(voxels: Path) -> Path | None:
    for suffix in (".hdr", ".HDR", ".hdr.gz"):
        beside = voxels.with_suffix(suffix)
        if beside.is_file():
            return beside
    return None
