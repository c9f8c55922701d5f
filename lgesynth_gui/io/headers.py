"""What the decoder tells of a file before any pixel of it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Triple = tuple[float, float, float]
Cosines = tuple[float, float, float, float, float, float]
Value = str | int | float


@dataclass(frozen=True)
class PixelFormat:
    """How the samples of a DICOM object are stored; the standard's own names and meanings.

    Args:
        frames: Number of Frames, 1 when absent.
        floating: Float Pixel Data (32 bit) instead of integers.
    """

    rows: int
    columns: int
    frames: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    floating: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one decoded sample; single bits become bytes."""
        if self.floating:
            return np.dtype(np.float32)
        return np.dtype(f"{'i' if self.signed else 'u'}{max(self.bits_allocated // 8, 1)}")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(frames, rows, columns)."""
        return self.frames, self.rows, self.columns

    @property
    def nbytes(self) -> int:
        """Bytes of all decoded frames."""
        return self.frames * self.rows * self.columns * self.dtype.itemsize

    @property
    def stored_bytes(self) -> int:
        """Bytes all frames need in the file when they are not compressed."""
        return (self.frames * self.rows * self.columns * self.bits_allocated + 7) // 8


@dataclass(frozen=True)
class Plane:
    """What many frames share.

    Args:
        orientation: Direction cosines of a row and of a column (LPS), or None.
        spacing: Millimetres between rows and between columns, or None.
        slope, intercept: Modality rescale.
        kind: Image type in capitals, parts joined by "/".
        echo_ms, inversion_ms: Times, or None when not stated.
    """

    orientation: Cosines | None = None
    spacing: tuple[float, float] | None = None
    thickness_mm: float | None = None
    slope: float = 1.0
    intercept: float = 0.0
    kind: str = ""
    echo_ms: float | None = None
    inversion_ms: float | None = None


@dataclass(frozen=True)
class Frame:
    """One picture of an object.

    Args:
        plane: Index into the object's planes.
        position: LPS mm of the centre of the first pixel, or None.
        phase: What tells pictures at one place apart in time (trigger or temporal index), or None.
        segment: Segment it belongs to, in a segmentation.
    """

    plane: int
    position: Triple | None = None
    phase: float | None = None
    segment: int | None = None


@dataclass(frozen=True)
class Segment:
    """One structure of a segmentation: its number, name and coded type."""

    number: int
    label: str = ""
    code: str = ""


@dataclass(frozen=True)
class DicomHeader:
    """One DICOM object with pixels.

    Args:
        attributes: Allow-listed values of the header, keyword to text or number.
        notes: Warnings, one sentence each.
    """

    sop_class: str
    sop_instance: str
    study: str
    series: str
    frame_of_reference: str
    syntax: str
    pixels: PixelFormat
    planes: tuple[Plane, ...]
    frames: tuple[Frame, ...]
    attributes: tuple[tuple[str, Value], ...] = ()
    segments: tuple[Segment, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not 0 <= frame.plane < len(self.planes) for frame in self.frames):
            raise ValueError("a frame without its plane")

    def text(self, keyword: str) -> str:
        """An attribute as text, or ""."""
        return str(dict(self.attributes).get(keyword, ""))

    def number(self, keyword: str) -> float | None:
        """An attribute as a number, or None."""
        value = dict(self.attributes).get(keyword)
        return float(value) if isinstance(value, (int, float)) else None


@dataclass(frozen=True)
class NiftiHeader:
    """One NIfTI or Analyze volume.

    Args:
        shape: Voxels along i, j, k.
        volumes: Volumes in time; 1 for a plain image.
        dtype: numpy name of the stored type with its byte order.
        offset: First byte of the voxels in the data file.
        affine: Rows of voxel (i, j, k, 1) -> RAS mm.
        oriented: Whether the file states where the voxels lie; else the affine is a plain grid.
        slope, intercept: Rescale.
        single: Header and voxels in one file; else the voxels are in the .img file beside it.
        qform, sform: The codes of the file.
        notes: Warnings, one sentence each.
    """

    shape: tuple[int, int, int]
    volumes: int
    dtype: str
    offset: int
    affine: tuple[
        tuple[float, float, float, float],
        tuple[float, float, float, float],
        tuple[float, float, float, float],
    ]
    oriented: bool
    slope: float = 1.0
    intercept: float = 0.0
    single: bool = True
    qform: int = 0
    sform: int = 0
    notes: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of all stored voxels."""
        i, j, k = self.shape
        return i * j * k * self.volumes * np.dtype(self.dtype).itemsize
