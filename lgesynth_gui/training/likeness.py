"""Whether two cases are one scan: a copy, another reading, or another version of it.

Names do not tell that a scan lies in a folder twice, and the same scan under two patients' names
would be trained on and measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.segmentation.crop import crop_of, take
from lgesynth_gui.training.annotated import Annotated, SliceFacts, values_of

EDGE, CELL = 16, 4  # pixels of the crop that are left out at each side, and that make one cell
BROAD = 6.0  # cells; slower changes of brightness do not count
# Median over slices of the best correlation. One EMIDEC scan in two published versions: 0.98;
# other pairs there at most 0.21; the likest of 780 pairs of computed hearts: 0.66.
SAME = 0.9
Looks = npt.NDArray[np.float32]


def looks_of(case: Annotated, used: Iterable[SliceFacts]) -> Looks:
    """What tells a scan from others, whatever its grey scale: one row a used slice `(n, 576)`."""
    rows = []
    for one in used:
        contours = case.contours.slices[one.index]
        assert contours is not None
        try:
            crop = crop_of(contours, case.series.spacing[1:], case.series.shape[1:])
            picture = take(values_of(case.series, one.index), crop)
        except LgeSynthError:
            continue
        middle = picture[EDGE:-EDGE, EDGE:-EDGE].astype(np.float64)
        side = len(middle) // CELL
        cells = middle.reshape(side, CELL, side, CELL).mean(axis=(1, 3))
        row = (cells - ndimage.gaussian_filter(cells, BROAD)).ravel()
        row -= row.mean()
        rows.append(row / max(float(np.linalg.norm(row)), 1e-9))
    return np.asarray(rows, dtype=np.float32)


class Looking(Protocol):
    """What is known of a read case."""

    @property
    def case(self) -> str:
        """Its id."""
        ...

    @property
    def patient(self) -> str:
        """Whose it is."""
        ...

    @property
    def pixels(self) -> str:
        """Hash of its stored values."""
        ...

    @property
    def looks(self) -> Looks | None:
        """From `looks_of`."""
        ...


def copies(read: Iterable[Looking], excluded: frozenset[str]) -> dict[str, str]:
    """Cases that are the same scan as an earlier one that is not excluded, in words.

    Scans of one patient may be alike; of two patients they may not.
    """
    found: dict[str, str] = {}
    kept: list[Looking] = []
    for one in read:
        for other in kept:
            if one.pixels and one.pixels == other.pixels:
                found[one.case] = f"It is the same scan as {other.case}. Leave one of them out."
            elif one.patient != other.patient and alike(one.looks, other.looks) > SAME:
                found[one.case] = (
                    f"It looks like the same scan as {other.case}, as another version or reading"
                    " of it. Leave one of them out."
                )
            else:
                continue
            break
        if one.case not in excluded and one.case not in found:
            kept.append(one)
    return found


def alike(one: Looks | None, other: Looks | None) -> float:
    """Median over the slices of one scan of the best correlation with any slice of the other."""
    if one is None or other is None or not len(one) or not len(other):
        return 0.0
    return float(np.median((one @ other.T).max(axis=1)))
