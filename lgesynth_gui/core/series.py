"""A stack of slices as it was loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array, content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry

ORDER_DOUBTED = "Base and apex could not be told"  # how the note that says so begins


class SignalKind(Enum):
    """How inversion recovery was reconstructed; decides how dark muscle may be read."""

    MAGNITUDE = "magnitude"
    PSIR = "psir"
    UNKNOWN = "unknown"


class SliceOrder(Enum):
    """What says that slices run from base to apex."""

    PLACE = "place"  # where they lie in the chest
    CAVITY = "cavity"  # the cavity in a mask gets smaller that way
    PERSON = "person"  # somebody turned them
    UNKNOWN = "unknown"  # nothing: they are in the order of the file or of their places


@dataclass(frozen=True)
class SourceSlice:
    """Identity of one source image, for references on export; never shown or logged."""

    sop_class_uid: str
    sop_instance_uid: str
    frame: int | None = None  # 1-based when the source is multi-frame


@dataclass(frozen=True)
class SeriesSource:
    """What an export needs to know of the file it came from. Stays out of logs and file names.

    Args:
        format: "dicom", "nifti" or "phantom".
        slices: One entry a slice, in the order of the array; empty when not DICOM.
        study_uid, series_uid, frame_of_reference_uid: The source's, or "".
        attributes: Allow-listed header values for the "edit of this patient" export,
            keyword to plain text or number. Held in memory only.
    """

    format: str
    slices: tuple[SourceSlice, ...] = ()
    study_uid: str = ""
    series_uid: str = ""
    frame_of_reference_uid: str = ""
    attributes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class LgeSeries:
    """Slices of one acquisition, base to apex where that is known.

    Args:
        pixels: Stored values `(slice, row, column)`, integer or float32, exactly as in the file.
        geometry: Position of each voxel.
        slope, intercept: `value = stored * slope + intercept`; units are the scanner's own.
        signal: Magnitude or PSIR.
        label: A name without patient data ("Series 7", "sample heart").
        source: Where it came from.
        notes: Warnings of the import, one sentence each.
        order: What says that the slices run from base to apex.
    """

    pixels: Array
    geometry: Geometry
    slope: float = 1.0
    intercept: float = 0.0
    signal: SignalKind = SignalKind.UNKNOWN
    label: str = ""
    source: SeriesSource = field(default_factory=lambda: SeriesSource("nifti"))
    notes: tuple[str, ...] = ()
    order: SliceOrder = SliceOrder.UNKNOWN

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or 0 in self.pixels.shape:
            raise LgeSynthError(
                f"A series needs slices, rows and columns, not shape {self.pixels.shape}.",
                "Choose another series.",
            )
        self.pixels.flags.writeable = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """(slices, rows, columns)."""
        s, r, c = self.pixels.shape
        return s, r, c

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between centres: (slice, row, column)."""
        return self.geometry.spacing

    def turned_over(self) -> LgeSeries:
        """The same slices from the other end: every voxel stays where it is in the patient."""
        last = self.shape[0] - 1
        affine = self.geometry.affine.copy()
        affine[:3, 3] = self.geometry.position(last)
        affine[:3, 0] *= -1
        return replace(
            self,
            pixels=np.ascontiguousarray(self.pixels[::-1]),
            geometry=Geometry(affine, self.geometry.thickness_mm, self.geometry.known),
            source=replace(self.source, slices=self.source.slices[::-1]),
            notes=tuple(note for note in self.notes if not note.startswith(ORDER_DOUBTED)),
            order=SliceOrder.PERSON,
        )

    @cached_property
    def pixels_sha256(self) -> str:
        """Content hash of the stored values."""
        return content_hash(self.pixels)
