"""What the gate looks at, and the figures its rules speak of, each computed once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.quality.co_judge import CoReading, co_judge
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.quality.untouched import FEATHER_MM, Untouched, compare_untouched, same_grid

LIMIT = 0.60


@dataclass(frozen=True, eq=False)
class Sample:
    """What the gate looks at; stacks are `(slice, row, column)` on one grid.

    Args:
        pixels: Stored values of the generated picture.
        requested: Label map of the asked heart.
        measured: The judge's label map, or None when nobody judged.
        spacing: (slice, row, column) mm.
        slices: Generated slices; only these are judged.
        host: Stored values of the host, or None when the picture was not painted into one.
        edited: Where a pixel was allowed to change, or None as above.
        limit: Dice must be larger.
        judge: Name and version of the judge.
        judge_took_part: Whether the judge itself trained or guided the generator.
        signal: How the picture was reconstructed.
        zero: Stored value of no signal.
        feather_mm: Width of the blended band.
    """

    pixels: Array
    requested: LabelMap
    measured: LabelMap | None
    spacing: tuple[float, float, float]
    slices: tuple[int, ...]
    host: Array | None = None
    edited: Mask | None = None
    limit: float = LIMIT
    judge: str = ""
    judge_took_part: bool = False
    signal: SignalKind = SignalKind.UNKNOWN
    zero: float = 0.0
    feather_mm: float = FEATHER_MM

    @cached_property
    def grids_agree(self) -> bool:
        """Whether everything lies on the picture's grid."""
        shape = self.pixels.shape
        stacks = (self.requested, self.measured, self.edited)
        inside = len(shape) == 3 and all(0 <= i < shape[0] for i in self.slices)
        alike = all(one is None or one.shape == shape for one in stacks)
        painted = (self.host is None) == (self.edited is None)
        return (
            inside
            and alike
            and painted
            and (self.host is None or same_grid(self.host, self.pixels))
        )

    @cached_property
    def finite(self) -> bool:
        """Whether every stored value is a number."""
        return bool(np.isfinite(self.pixels).all())

    @cached_property
    def asked(self) -> Mask:
        """Asked scar with its core in the generated slices, `(generated, row, column)`."""
        return np.asarray(self.requested[list(self.slices)] >= Label.SCAR)

    @cached_property
    def found(self) -> Mask:
        """The judge's scar with its core in the same slices; empty when nobody judged."""
        if self.measured is None:
            return np.zeros_like(self.asked)
        return np.asarray(self.measured[list(self.slices)] >= Label.SCAR)

    @property
    def judged(self) -> bool:
        """Whether a judge has read the slices."""
        return self.measured is not None and bool(self.slices)

    @property
    def erasing(self) -> bool:
        """Whether no scar was asked for."""
        return not self.asked.any()

    @property
    def pixel_mm2(self) -> float:
        """Area of one pixel."""
        return self.spacing[1] * self.spacing[2]

    @property
    def asked_mm2(self) -> float:
        """Area of the asked scar, all generated slices together."""
        return float(self.asked.sum()) * self.pixel_mm2

    @cached_property
    def dice(self) -> float:
        """Judge's Dice, pooled over the generated slices."""
        return dice(self.asked, self.found)

    @cached_property
    def slice_dice(self) -> tuple[tuple[int, float], ...]:
        """(slice, judge's Dice) of every generated slice."""
        pairs = zip(self.slices, self.asked, self.found, strict=True)
        return tuple((index, dice(asked, found)) for index, asked, found in pairs)

    @cached_property
    def co_reading(self) -> CoReading:
        """The co-judge's answer."""
        return co_judge(
            self.pixels, self.requested, self.spacing, self.slices, self.signal, self.zero
        )

    @cached_property
    def untouched(self) -> Untouched | None:
        """The comparison with the host, or None without one."""
        if self.host is None or self.edited is None:
            return None
        return compare_untouched(self.host, self.pixels, self.edited)
