"""One series that was found: what is shown of it, and what is needed to load it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader


@dataclass(frozen=True, eq=False)
class DicomRecipe:
    """Which frames of which files make a stack, in its order.

    Args:
        files: Each with its header as it was listed.
        slices: (index into files, frame from 0) of each slice.
        geometry: Of the slices.
        notes: Warnings of the grouping.
    """

    files: tuple[tuple[Path, DicomHeader], ...]
    slices: tuple[tuple[int, int], ...]
    geometry: Geometry
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class NiftiRecipe:
    """A volume file, the header it had when it was listed, and a mask on its grid or None."""

    path: Path
    header: NiftiHeader
    mask: Path | None = None


@dataclass(frozen=True, eq=False)
class SeriesInfo:
    """One line of the list of series.

    Args:
        label: Name without patient data ("Series 7"); a refused file goes by its file name.
        reason: Why it does or does not look like LGE short-axis, or why it is refused.
        usable: Whether it can be loaded.
        score: The largest is opened first.
        thumbnail: Middle slice, small, float32 `(row, column)` in [0, 1], or None.
        slices: Number of slices; 0 when it is not usable.
        mask: A label map on the same grid that lies beside it, or None.
        recipe: What `load` needs.
        refused: The refusal, where it is one.
    """

    label: str
    reason: str
    usable: bool = True
    score: float = 0.0
    thumbnail: Array | None = None
    slices: int = 0
    mask: Path | None = None
    recipe: DicomRecipe | NiftiRecipe | None = None
    refused: Refused | None = None
