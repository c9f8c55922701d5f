"""What is refused, and why: limits and rules used by the decoder and, again, by its parent.

Each rule returns nothing (or a warning) or raises `Refused` with a clause that completes
"FILE was refused: ..." and the code of the rule.
"""

from __future__ import annotations

import math
import stat
from typing import NoReturn

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader, PixelFormat

MIB = 1 << 20
DICOM_BYTES = 320 * MIB
NIFTI_BYTES = 256 * MIB
NIFTI_INFLATED_BYTES = 257 * MIB
DEFLATED_BYTES = 257 * MIB
PIXEL_BYTES = 256 * MIB
STUDY_BYTES = 2048 * MIB
FOLDER_ENTRIES = 100_000
FOLDER_DEPTH = 16
LISTED_REFUSALS = 20

SIDE = 4096
FRAMES = 10_000
LISTED_FRAMES = 2000  # more than any stack; their places would not fit into one message
FRAGMENTS = 100_000
ELEMENTS = 200_000
SEQUENCE_DEPTH = 32
SLOPES = (1e-6, 1e6)
INTERCEPT = 1e9
VOLUMES = 10_000
VOXEL_MM = (0.1, 20.0)
LABELS = 16

DISC = "HDR-06"  # the code of a DICOMDIR

AGAIN = "Copy or export the file again."
OTHER = "Choose the late-enhancement series."

SYNTAXES = {  # transfer syntax -> how its pixels are decoded
    "1.2.840.10008.1.2": "native",
    "1.2.840.10008.1.2.1": "native",
    "1.2.840.10008.1.2.1.99": "native",
    "1.2.840.10008.1.2.2": "native",
    "1.2.840.10008.1.2.5": "rle",
    "1.2.840.10008.1.2.4.50": "jpeg",
    "1.2.840.10008.1.2.4.51": "jpeg",
    "1.2.840.10008.1.2.4.57": "jpeg lossless",
    "1.2.840.10008.1.2.4.70": "jpeg lossless",
    "1.2.840.10008.1.2.4.80": "jpeg-ls",
    "1.2.840.10008.1.2.4.81": "jpeg-ls",
    "1.2.840.10008.1.2.4.90": "jpeg 2000",
    "1.2.840.10008.1.2.4.91": "jpeg 2000",
    "1.2.840.10008.1.2.4.201": "jpeg 2000",
    "1.2.840.10008.1.2.4.202": "jpeg 2000",
    "1.2.840.10008.1.2.4.203": "jpeg 2000",
}
MR_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "enhanced MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "legacy converted enhanced MR",
}
SEGMENTATIONS = (
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.66.7",  # label map
)
NIFTI_TYPES = {  # datatype code -> (numpy kind and size, bits)
    2: ("u1", 8),
    4: ("i2", 16),
    8: ("i4", 32),
    16: ("f4", 32),
    64: ("f8", 64),
    256: ("i1", 8),
    512: ("u2", 16),
    768: ("u4", 32),
    1024: ("i8", 64),
    1280: ("u8", 64),
}


def refuse(clause: str, hint: str, code: str) -> NoReturn:
    """Refuse with a clause that completes "FILE was refused: ..."."""
    raise Refused(clause, hint, code)


def regular_file(mode: int, size: int, limit: int) -> None:
    """Only regular files with something in them, up to `limit` bytes (FIL-01, FIL-02)."""
    if not stat.S_ISREG(mode):
        refuse("it is not a regular file", "Choose an image file.", "FIL-01")
    if size <= 0:
        refuse("it is empty", AGAIN, "FIL-01")
    if size > limit:
        words = f"it has {size / MIB:.0f} MiB, more than {limit // MIB}"
        refuse(words, "Choose a smaller file.", "FIL-02")


def dicom_class(sop_class: str, name: str) -> None:
    """Only MR images (HDR-03)."""
    if sop_class not in MR_CLASSES:
        refuse(f"it is {name}, not an MR image", OTHER, "HDR-03")


def transfer_syntax(uid: str) -> str:
    """The way the pixels of a transfer syntax are decoded (HDR-03 when there is none)."""
    if uid not in SYNTAXES:
        refuse("its pixels are stored in a way that is not read", "Export uncompressed.", "HDR-03")
    return SYNTAXES[uid]


def pixel_format(pixels: PixelFormat, *, single_bits: bool = False) -> None:
    """Size (PIX-01), kind (PIX-02) and amount (PIX-03) of the pixels a header promises.

    Args:
        pixels: What the header says.
        single_bits: A segmentation: one bit a sample is right, too.
    """
    p = pixels
    if not (1 <= p.rows <= SIDE and 1 <= p.columns <= SIDE):
        refuse(f"it has {p.rows} x {p.columns} pixels, not 1 to {SIDE} a side", AGAIN, "PIX-01")
    if not 1 <= p.frames <= FRAMES:
        refuse(f"it has {p.frames} frames, not 1 to {FRAMES}", AGAIN, "PIX-01")
    if p.samples != 1 or p.photometric not in ("MONOCHROME1", "MONOCHROME2"):
        colour = p.samples == 3 or p.photometric.startswith(("RGB", "YBR", "PALETTE"))
        words = "it is a colour picture, not a scan" if colour else "its pixels are not grey values"
        refuse(words, OTHER, "PIX-02")
    allowed = (32,) if p.floating else (1, 8, 16, 32) if single_bits else (8, 16, 32)
    if p.bits_allocated not in allowed:
        refuse(f"its pixels have {p.bits_allocated} bits", "Export with 16 bits.", "PIX-02")
    if not p.floating and not 1 <= p.bits_stored <= p.bits_allocated:
        words = f"it stores {p.bits_stored} bits in {p.bits_allocated}"
        refuse(words, AGAIN, "PIX-02")
    if not p.floating and p.high_bit != p.bits_stored - 1:
        words = f"its highest bit is {p.high_bit}, not {p.bits_stored - 1}"
        refuse(words, "Export it again.", "PIX-02")
    if max(p.nbytes, p.stored_bytes) > PIXEL_BYTES:
        words = f"its pixels need {p.nbytes / MIB:.0f} MiB, more than {PIXEL_BYTES // MIB}"
        refuse(words, "Choose a smaller series.", "PIX-03")


def native_length(pixels: PixelFormat, length: int) -> str:
    """Whether uncompressed pixel data have the promised length (PIX-04).

    Returns:
        A warning, or "".
    """
    expected = pixels.stored_bytes
    if length < expected:
        refuse(f"its pixels are cut short ({length} of {expected} bytes)", AGAIN, "PIX-04")
    surplus = length - expected
    if surplus <= 1:
        return ""
    if surplus >= max(expected // pixels.frames, 1):
        refuse("it holds more pixels than its header says", AGAIN, "PIX-04")
    return f"{surplus} bytes behind the pixels were ignored."


def fragments(count: int, ended: bool) -> None:
    """Compressed pixels: a sane number of parts and an end (PIX-05)."""
    if not ended:
        refuse("its compressed pixels have no end: it is cut short", AGAIN, "PIX-05")
    if not 1 <= count <= FRAGMENTS:
        refuse(f"its compressed pixels have {count} parts", AGAIN, "PIX-05")


def frames_of_fragments(frames: int, parts: int, begun: int) -> None:
    """As many compressed pictures as the header says (PIX-05).

    Args:
        frames: What the header says.
        parts: Fragments.
        begun: Those that begin a picture; run-length pictures have no such mark.
    """
    if parts < frames or begun > frames:
        words = f"it holds {begun if begun > frames else parts} compressed pictures"
        refuse(f"{words}, its header says {frames}", AGAIN, "PIX-05")


def codestream(
    pixels: PixelFormat,
    size: tuple[int, int],
    components: int,
    bits: int,
    *,
    fewer_bits: bool = False,
) -> None:
    """A compressed picture is what the header says it is (PIX-06).

    Args:
        pixels: The DICOM header.
        size: Rows and columns of the compressed picture.
        components: Its channels.
        bits: Its precision.
        fewer_bits: It may have fewer than the header says; no value is lost by that.
    """
    if size != (pixels.rows, pixels.columns) or components != pixels.samples:
        words = f"its compressed picture is {size[0]} x {size[1]} with {components} channel(s)"
        refuse(f"{words}, its header says otherwise", AGAIN, "PIX-06")
    if not (1 if fewer_bits else pixels.bits_stored) <= bits <= pixels.bits_allocated:
        words = f"its compressed picture has {bits} bits, its header says {pixels.bits_stored}"
        refuse(words, AGAIN, "PIX-06")


def decoded(right: bool) -> None:
    """The decoded picture has the header's shape and type (PIX-07)."""
    if not right:
        refuse("its pixels decode to another size than its header says", AGAIN, "PIX-07")


def rescale(slope: float, intercept: float, pixels: PixelFormat | None = None) -> None:
    """Rescale values that give finite numbers (PIX-08)."""
    low, high = SLOPES
    good = math.isfinite(slope) and low <= abs(slope) <= high
    if not good or not math.isfinite(intercept) or abs(intercept) > INTERCEPT:
        refuse("its rescale values are impossible", AGAIN, "PIX-08")
    if pixels is not None and not pixels.floating:
        top = 2.0**pixels.bits_stored * abs(slope) + abs(intercept)
        if not math.isfinite(top):
            refuse("its rescale values are impossible", AGAIN, "PIX-08")


def dicom_header(header: DicomHeader, *, any_modality: bool = False) -> None:
    """Every rule that can be checked on a header alone; run on both sides."""
    mask = header.sop_class in SEGMENTATIONS
    if not any_modality and not mask:
        dicom_class(header.sop_class, "of another kind")
    transfer_syntax(header.syntax)
    pixel_format(header.pixels, single_bits=mask)
    for plane in header.planes:
        rescale(plane.slope, plane.intercept, header.pixels)
    if len(header.frames) != min(header.pixels.frames, LISTED_FRAMES):
        refuse("its frames do not fit its header", AGAIN, "PIX-01")


def nifti_shape(dim: tuple[int, ...]) -> None:
    """Dimensions of a NIfTI header, `dim[0]` first (NII-02)."""
    used = dim[0]
    if not 2 <= used <= 5:
        refuse(f"it has {used} dimensions, not 2 to 5", AGAIN, "NII-02")
    sides, rest = dim[1 : min(used, 3) + 1], dim[4 : used + 1]
    if any(not 1 <= side <= SIDE for side in sides):
        refuse(f"it has {' x '.join(map(str, sides))} voxels, not 1 to {SIDE}", AGAIN, "NII-02")
    if rest and not 1 <= rest[0] <= VOLUMES:
        refuse(f"it has {rest[0]} volumes, not 1 to {VOLUMES}", AGAIN, "NII-02")
    if any(one != 1 for one in rest[1:]):
        refuse("it has several values a voxel", "Export a plain image.", "NII-02")


def nifti_type(code: int, bits: int) -> None:
    """Types that are grey values (NII-03)."""
    if code not in NIFTI_TYPES:
        refuse("its voxels are colours, complex or of an unknown type", OTHER, "NII-03")
    if bits != NIFTI_TYPES[code][1]:
        refuse(
            f"its voxels have {bits} bits where {NIFTI_TYPES[code][1]} are right", AGAIN, "NII-03"
        )


def nifti_offset(offset: float, lowest: int) -> int:
    """Where the voxels begin (NII-04)."""
    if not math.isfinite(offset) or offset != int(offset) or not lowest <= offset <= NIFTI_BYTES:
        refuse("its voxels begin at an impossible place", AGAIN, "NII-04")
    return int(offset)


def nifti_header(header: NiftiHeader) -> None:
    """Every rule that can be checked on a header alone; run on both sides."""
    if any(not 1 <= side <= SIDE for side in header.shape) or not 1 <= header.volumes <= VOLUMES:
        refuse("its voxels are not 1 to 4096 a side", AGAIN, "NII-02")
    if header.dtype[1:] not in {name for name, _ in NIFTI_TYPES.values()}:
        refuse("its voxels are of an unknown type", OTHER, "NII-03")
    if header.nbytes > PIXEL_BYTES:
        words = f"its voxels need {header.nbytes / MIB:.0f} MiB, more than {PIXEL_BYTES // MIB}"
        refuse(words, "Choose a smaller image.", "NII-02")
    nifti_offset(float(header.offset), 0)
    rescale_nifti(header.slope, header.intercept)
    columns = tuple(math.hypot(*(row[axis] for row in header.affine)) for axis in range(3))
    voxel_size(columns)
    (a, b, c, _), (d, e, f, _), (g, h, i, _) = header.affine
    volume = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(volume) < 1e-3 * math.prod(columns):
        refuse("its axes are not independent", AGAIN, "NII-07")


def rescale_nifti(slope: float, intercept: float) -> None:
    """As `rescale`, with the code of NIfTI (NII-06)."""
    try:
        rescale(slope, intercept)
    except Refused as refused:
        raise Refused(refused.what, refused.hint, "NII-06") from None


def voxel_size(sizes: tuple[float, ...]) -> None:
    """Voxel edges in millimetres (NII-07)."""
    low, high = VOXEL_MM
    if any(not (math.isfinite(size) and low <= size <= high) for size in sizes):
        words = " x ".join(f"{size:.3g}" for size in sizes)
        refuse(f"its voxels are {words} mm, not {low:g} to {high:g}", AGAIN, "NII-07")


def mask_values(lowest: float, highest: float, integers: bool, labels: int) -> None:
    """What a mask may hold (NII-08)."""
    if not integers or lowest < 0 or highest > 255 or labels > LABELS:
        refuse(
            f"a mask holds whole numbers from 0 to 255, at most {LABELS} of them",
            "Choose the label file.",
            "NII-08",
        )
