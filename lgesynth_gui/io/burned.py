"""The mark drawn into the pixels of DICOM images, on request: for copies that people look at.

It lies at one place in all slices, outside the heart and the edited zone, and nowhere else is a
pixel changed by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.marks import SYNTHETIC
from lgesynth_gui.io.png import PADDING, WHITE, Bytes, letter_size, word_box

SMALLEST = 8  # pixels of its letters' font
NARROWEST = 2  # pixels around the smallest letters
STEP = 2  # pixels between the places that are tried


@dataclass(frozen=True, eq=False)
class Mark:
    """A word in a box at one place of every slice.

    Args:
        row, column: Its upper left corner.
        box: Greys `(row, column)`, 0 to 255.
    """

    row: int
    column: int
    box: Bytes

    def covered(self, shape: tuple[int, ...]) -> Mask:
        """Where it lies in a stack of `shape` `(slice, row, column)`."""
        mask = np.zeros(shape, dtype=bool)
        mask[self._place()] = True
        return mask

    def drawn(self, coded: Array) -> Array:
        """A copy of a stack with the mark in every slice.

        Args:
            coded: Whole numbers `(slice, row, column)`; its smallest value becomes the black of the
                mark and its largest the white, so that it stands out in any window.
        """
        low, high = int(coded.min()), int(coded.max())
        if low == high:
            low, high = (low, low + 1) if high < np.iinfo(coded.dtype).max else (low - 1, low)
        out = coded.copy()
        shades = low + np.rint(self.box.astype(np.float64) / WHITE * (high - low))
        out[self._place()] = shades.astype(coded.dtype)
        return out

    def _place(self) -> tuple[slice, slice, slice]:
        rows, columns = self.box.shape
        return np.s_[:, self.row : self.row + rows, self.column : self.column + columns]


def mark_for(result: SynthesisResult) -> Mark:
    """The mark of a result: as large as it should be or, where that has no room, smaller.

    Corners are taken first, then whatever lies nearest to the picture's edge.

    Raises:
        LgeSynthError: there is no room for it outside the heart.
    """
    taken: Mask = np.asarray(((result.requested > 0) | result.edited).any(axis=0))
    sizes = range(letter_size(taken.shape), SMALLEST - 1, -1)
    for size, padding in (*((size, PADDING) for size in sizes), (SMALLEST, NARROWEST)):
        box = word_box(SYNTHETIC, taken.shape, size, padding)
        place = _place_for(box.shape, taken)
        if place is not None:
            return Mark(*place, box)
    raise LgeSynthError(
        "The mark has no room in these images outside the heart.",
        "Export them without a mark drawn in.",
    )


def _place_for(box: tuple[int, ...], taken: Mask) -> tuple[int, int] | None:
    """Upper left corner of a place of this size that covers nothing of `taken`, or None."""
    rows, columns = taken.shape[0] - box[0], taken.shape[1] - box[1]
    if rows < 0 or columns < 0:
        return None
    sums = np.pad(taken.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = (
        sums[box[0] :, box[1] :]
        - sums[: rows + 1, box[1] :]
        - sums[box[0] :, : columns + 1]
        + sums[: rows + 1, : columns + 1]
    )
    for row, column in ((0, 0), (0, columns), (rows, 0), (rows, columns)):
        if not inside[row, column]:
            return row, column
    free = np.argwhere(inside[::STEP, ::STEP] == 0) * STEP
    if not len(free):
        return None
    edge = np.minimum(
        np.minimum(free[:, 0], rows - free[:, 0]), np.minimum(free[:, 1], columns - free[:, 1])
    )
    row, column = free[int(np.argmin(edge))]
    return int(row), int(column)
