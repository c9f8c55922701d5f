"""Which segmentation among DICOM files belongs to which series: the one that lies on its grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lgesynth_gui.io import gates
from lgesynth_gui.io.dicom_group import Found
from lgesynth_gui.io.headers import DicomHeader
from lgesynth_gui.io.masks import SHIFT
from lgesynth_gui.io.series_info import DicomRecipe, SeriesInfo

BONUS = 2.0  # as for a mask beside a NIfTI image
_SAME = 1e-3  # largest difference of direction cosines, and of millimetres between pixels


def with_masks(infos: Sequence[SeriesInfo], found: Sequence[Found]) -> list[SeriesInfo]:
    """The same series, each with the one segmentation that lies on its grid.

    Where several do, none is taken: a person has to say which.

    Args:
        infos: Series and what else was listed of the files.
        found: All files.
    """
    segmentations = [one for one in found if one[1].sop_class in gates.SEGMENTATIONS]
    listed = []
    for info in infos:
        recipe = info.recipe
        if segmentations and isinstance(recipe, DicomRecipe) and not info.aside:
            fitting = [path for path, header in segmentations if fits(header, recipe)]
            if len(fitting) == 1:
                reason = f"{info.reason.removesuffix('.')}, a mask lies beside it."
                score = info.score + BONUS
                info = replace(info, mask=fitting[0], reason=reason, score=score)
        listed.append(info)
    return listed


def fits(header: DicomHeader, recipe: DicomRecipe) -> bool:
    """Whether every frame of a segmentation lies on a slice of a series."""
    first, geometry = recipe.files[0][1], recipe.geometry
    if not geometry.known or not header.frames or not header.frame_of_reference:
        return False
    sides = first.pixels.rows, first.pixels.columns
    if (header.pixels.rows, header.pixels.columns) != sides:
        return False
    if header.frame_of_reference not in {one.frame_of_reference for _, one in recipe.files}:
        return False
    cosines = np.concatenate([geometry.row_cosines, geometry.column_cosines])
    for plane in {header.planes[frame.plane] for frame in header.frames}:
        if plane.orientation is None or plane.spacing is None:
            return False
        if np.abs(cosines - plane.orientation).max() > _SAME:
            return False
        if np.abs(np.subtract(geometry.spacing[1:], plane.spacing)).max() > _SAME:
            return False
    places = [frame.position for frame in header.frames if frame.position is not None]
    if len(places) < len(header.frames):
        return False
    at = geometry.to_index(np.array(places, dtype=np.float64))
    slices = np.rint(at[:, 0])
    inside = bool((slices >= 0).all() and (slices < len(recipe.slices)).all())
    return inside and bool(
        np.abs(at - np.stack([slices, 0 * slices, 0 * slices], 1)).max() <= SHIFT
    )
