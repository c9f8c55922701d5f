"""Where voxels are in the patient: one affine, always DICOM LPS millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.errors import LgeSynthError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Geometry:
    """Maps indices (slice, row, column) to LPS millimetres.

    Args:
        affine: `(4, 4)` float64; `affine @ (slice, row, column, 1) = (x, y, z, 1)` in LPS mm.
            Columns 0, 1, 2 are the steps to the next slice, next row, next column.
        thickness_mm: Slice thickness as stated by the file; only for display and export.
        known: False when the file states no orientation or position (then the affine is a
            plain grid of the spacing and orientation letters must not be shown).

    Raises:
        LgeSynthError: the affine is not finite or not invertible.
    """

    affine: Floats
    thickness_mm: float | None = None
    known: bool = True

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise LgeSynthError("The image position is not a finite matrix.", "Use another series.")
        if abs(np.linalg.det(affine[:3, :3])) < 1e-9:
            raise LgeSynthError("The image axes are not independent.", "Use another series.")
        affine.flags.writeable = False
        object.__setattr__(self, "affine", affine)

    @classmethod
    def plain(cls, spacing: tuple[float, float, float], *, known: bool = False) -> Geometry:
        """An axis-aligned grid of `spacing` (slice, row, column) mm at the origin."""
        affine = np.eye(4)
        affine[:3, 0] = (0, 0, spacing[0])
        affine[:3, 1] = (0, spacing[1], 0)
        affine[:3, 2] = (spacing[2], 0, 0)
        return cls(affine, known=known)

    @cached_property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between centres: (slice, row, column)."""
        s, r, c = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(s), float(r), float(c)

    @cached_property
    def slice_distance(self) -> float:
        """Millimetres from one slice's plane to the next, measured across the slices.

        It comes from where the slices lie, never from their thickness, and is less than
        `spacing[0]` where each slice lies a little beside the one before.
        """
        across = np.cross(self.row_cosines, self.column_cosines)
        across /= np.linalg.norm(across)
        return abs(float(self.affine[:3, 0] @ across))

    @property
    def gap_mm(self) -> float | None:
        """Millimetres left out between slices; below zero where they overlap, None if unknown."""
        return None if self.thickness_mm is None else self.slice_distance - self.thickness_mm

    @cached_property
    def row_cosines(self) -> Floats:
        """Unit LPS vector along a row (towards the image's right)."""
        return np.asarray(self.affine[:3, 2] / self.spacing[2])

    @cached_property
    def column_cosines(self) -> Floats:
        """Unit LPS vector down a column (towards the image's bottom)."""
        return np.asarray(self.affine[:3, 1] / self.spacing[1])

    def position(self, index: int) -> Floats:
        """LPS mm of the centre of pixel (0, 0) of slice `index`."""
        return np.asarray(self.affine[:3, 3] + index * self.affine[:3, 0])

    def to_lps(self, points: Floats) -> Floats:
        """LPS mm `(n, 3)` of index points `(n, 3)` (slice, row, column)."""
        return np.asarray(points @ self.affine[:3, :3].T + self.affine[:3, 3])

    def to_index(self, points_lps: Floats) -> Floats:
        """Index points `(n, 3)` (slice, row, column) of LPS mm `(n, 3)`."""
        return np.asarray((points_lps - self.affine[:3, 3]) @ np.linalg.inv(self.affine[:3, :3]).T)
