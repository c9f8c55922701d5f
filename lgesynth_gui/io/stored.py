"""How stored values become the 16-bit whole numbers DICOM images hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError


@dataclass(frozen=True)
class Coding:
    """A rule shared by the host and the result, so that what was equal stays equal.

    Args:
        signed: int16 instead of uint16.
        slope, intercept: stored = coded * slope + intercept; 1 and 0 when nothing is rounded.
    """

    signed: bool = False
    slope: float = 1.0
    intercept: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether every value comes back as it was."""
        return (self.slope, self.intercept) == (1.0, 0.0)

    def encode(self, stored: Array) -> Array:
        """Little-endian int16 or uint16 of the same shape."""
        values = stored
        if not self.exact:
            values = np.rint((stored.astype(np.float64) - self.intercept) / self.slope)
        return values.astype("<i2" if self.signed else "<u2")


def coding_of(*stacks: Array) -> Coding:
    """The rule that suits all `stacks` together.

    Whole numbers that fit into 16 bits are kept as they are. Others are spread over the full
    range of uint16, which rounds them by at most half a step.

    Raises:
        LgeSynthError: a value is not finite.
    """
    if not all(np.isfinite(one).all() for one in stacks):
        raise LgeSynthError("Some pixels are no finite numbers.", "Generate it again.")
    low, high = min(float(one.min()) for one in stacks), max(float(one.max()) for one in stacks)
    whole = all(np.issubdtype(one.dtype, np.integer) or bool((one == np.rint(one)).all())
                for one in stacks)  # fmt: skip
    if whole and low >= 0 and high <= np.iinfo(np.uint16).max:
        return Coding()
    limits = np.iinfo(np.int16)
    if whole and low >= limits.min and high <= limits.max:
        return Coding(signed=True)
    return Coding(slope=(high - low) / np.iinfo(np.uint16).max or 1.0, intercept=low)
