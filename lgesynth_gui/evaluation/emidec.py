"""Stacks of real LGE slices with labels in the layout of EMIDEC, for measuring alone.

Labels: 0 background, 1 cavity, 2 muscle, 3 scar, 4 no-reflow (Lalande et al., Data 2020;5:89).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.errors import LgeSynthError

PIXEL_MM = 1.458  # median of the set, for arrays that came without their own
_HINT = "Name a folder with Case_*.npz, or Case_*/Images and Case_*/Contours."


@dataclass(frozen=True, eq=False)
class Stack:
    """One patient.

    Args:
        name: Its number in the folder; never the file's name.
        pixels: `(slice, row, column)`, base to apex, in any unit.
        labels: uint8, the same shape.
        spacing: (row, column) mm.
    """

    name: str
    pixels: Array
    labels: LabelMap
    spacing: tuple[float, float]


def load_stacks(folder: Path) -> tuple[Stack, ...]:
    """Read every stack of a folder, in the order of the file names.

    Args:
        folder: Holds `*.npz` with `image` and `mask`, both (x, y, slice), or EMIDEC's folders of
            NIfTI files.

    Raises:
        LgeSynthError: there is none, or image and labels do not fit.
    """
    arrays = sorted(folder.glob("*.npz"))
    images = sorted(folder.glob("*/Images/*.nii*"))
    if arrays:
        found = [_of_arrays(path) for path in arrays]
    elif images:
        found = [_of_nifti(path) for path in images]
    else:
        raise LgeSynthError(f"There are no labelled stacks in {folder.name}.", _HINT)
    return tuple(
        _stack(f"stack {k + 1:02d}", image, mask, spacing)
        for k, (image, mask, spacing) in enumerate(found)
    )


Found = tuple[NDArray[np.float32], LabelMap, tuple[float, float]]


def _of_arrays(path: Path) -> Found:
    with np.load(path, allow_pickle=False) as stored:
        if not {"image", "mask"} <= set(stored.files):
            raise LgeSynthError("An array file holds no image and mask.", _HINT)
        image, mask = stored["image"], stored["mask"]
    return image.astype(np.float32), mask.astype(np.uint8), (PIXEL_MM, PIXEL_MM)


def _of_nifti(path: Path) -> Found:
    import nibabel

    labels = path.parent.parent / "Contours" / path.name
    if not labels.is_file():
        raise LgeSynthError("An image has no labels beside it.", _HINT)
    picture, truth = (nibabel.load(one) for one in (path, labels))
    zooms = picture.header.get_zooms()
    image = np.asarray(picture.dataobj, dtype=np.float32)
    mask = np.asarray(truth.dataobj).astype(np.uint8)
    return image, mask, (float(zooms[1]), float(zooms[0]))


def _stack(
    name: str, image: NDArray[np.float32], mask: LabelMap, spacing: tuple[float, float]
) -> Stack:
    if image.shape != mask.shape or image.ndim != 3:
        raise LgeSynthError("Image and labels of a stack are not on one grid.", _HINT)
    pixels, labels = np.transpose(image, (2, 1, 0)), np.transpose(mask, (2, 1, 0))
    hearts = (labels > 0).sum(axis=(1, 2))
    third = max(len(hearts) // 3, 1)
    if hearts[:third].mean() < hearts[-third:].mean():  # the apex, with less heart, came first
        pixels, labels = pixels[::-1], labels[::-1]
    return Stack(name, pixels.copy(), labels.copy(), spacing)
