"""One series that was found: what is shown of it, and what is needed to load it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import SliceOrder
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader


@dataclass(frozen=True, eq=False)
class DicomRecipe:
    """Which frames of which files make a stack, in its order.

    Args:
        files: Each with its header as it was listed.
        slices: (index into files, frame from 0) of each slice.
        geometry: Of the slices.
        notes: Warnings of the grouping.
        order: What says that the slices run from base to apex.
    """

    files: tuple[tuple[Path, DicomHeader], ...]
    slices: tuple[tuple[int, int], ...]
    geometry: Geometry
    notes: tuple[str, ...] = ()
    order: SliceOrder = SliceOrder.UNKNOWN


@dataclass(frozen=True, eq=False)
class NiftiRecipe:
    """One volume of a file.

    Args:
        path: The file.
        header: As it was listed.
        mask: On its grid, or None.
        volume: Which one of a film, from 0.
        notes: Warnings, one sentence each.
    """

    path: Path
    header: NiftiHeader
    mask: Path | None = None
    volume: int = 0
    notes: tuple[str, ...] = ()


SET_ASIDE = -50.0  # below every score of what is no film


class Parts(Enum):
    """What the parts of a series are."""

    NONE = ""
    PHASES = "phases"  # of a film: one is loaded
    SLICES = "slices"  # of a stack whose geometry is refused: the longest even run, then each one


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
        parts: What of it can be loaded instead, each by itself: the phases of a film in their
            order, or what is left of a stack whose slices do not lie evenly.
        kind_of_parts: What they are.
        aside: Usable, but no late enhancement: to be opened only when a person asks for it.
            `load` takes the first phase then.
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
    parts: tuple[SeriesInfo, ...] = ()
    kind_of_parts: Parts = Parts.NONE
    aside: bool = False

    @property
    def phases(self) -> int:
        """Number of phases of a film, 0 when it is none."""
        return len(self.parts) if self.kind_of_parts is Parts.PHASES else 0

    def named(self, label: str) -> SeriesInfo:
        """The same under another name, and its parts with it."""
        parts = tuple(
            replace(one, label=label + one.label.removeprefix(self.label)) for one in self.parts
        )
        return replace(self, label=label, parts=parts)

    def part(self, number: int) -> SeriesInfo:
        """One of the parts, counted from 1.

        Raises:
            LgeSynthError: there is no such part.
        """
        if not 1 <= number <= len(self.parts):
            kind = self.kind_of_parts.value.removesuffix("s") or "part"
            words = f"It has {len(self.parts)}." if self.parts else "It has one part only."
            raise LgeSynthError(f"{self.label} has no {kind} {number}.", words)
        return self.parts[number - 1]


def as_film(first: SeriesInfo, words: str, phases: tuple[SeriesInfo, ...]) -> SeriesInfo:
    """The line of a film: what `load` takes of it is its first phase.

    Args:
        first: The phase that is loaded unless another one is chosen, with the film's label.
        words: What it is, one sentence.
        phases: In the order of time.
    """
    many = (
        f"any of its {len(phases)} phases can be opened" if len(phases) > 1 else "it can be opened"
    )
    return replace(
        first,
        reason=f"{words.removesuffix('.')}; {many}.",
        score=SET_ASIDE + first.score,
        parts=phases,
        kind_of_parts=Parts.PHASES,
        aside=True,
    )
