"""Label maps on the grid of a series, from NIfTI masks and DICOM segmentations."""

from __future__ import annotations

import re

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.geometry import Floats
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.io import gates
from lgesynth_gui.io.gates import refuse
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader, Segment
from lgesynth_gui.io.nifti_series import grid_of

# MyoPS 2020: left ventricle's blood pool 500, muscle 200, right ventricle 600, oedema 1220,
# scar 2221 (Zhuang, IEEE TPAMI 2019;41:2933). Oedema is muscle that is alive.
MYOPS = {0: 0, 500: Label.BLOOD, 200: Label.MYOCARDIUM, 600: 0, 1220: Label.MYOCARDIUM, 2221: 3}
ACDC = np.array([0, 0, Label.MYOCARDIUM, Label.BLOOD], np.uint8)  # right ventricle 1, cavity 3
WHOLE = 0.02  # how far from whole steps the voxels of one grid may lie on the other
SHIFT = 0.25  # and its origin, in voxels
_HINT = "Choose the mask that was made for this series."
_MEANINGS = (
    (r"no.?reflow|\bmvo\b|microvascular|obstruction", Label.NO_REFLOW),
    (r"scar|infarct|fibros|enhanc|\blge\b", Label.SCAR),
    (r"myocard|muscle|\bwall\b|\bmyo\b", Label.MYOCARDIUM),
    (r"blood|cavity|pool|lumen|ventric|\blv\b", Label.BLOOD),
)
_CODES = {"12402003": Label.SCAR, "49848007": Label.MYOCARDIUM}  # SNOMED CT


def from_nifti(header: NiftiHeader, voxels: Array, series: LgeSeries) -> LabelMap:
    """A NIfTI mask on the grid of a series.

    Raises:
        Refused: no labels or several volumes (NII-08), or another grid (GEO-08).
    """
    if header.volumes > 1:
        refuse(f"it holds {header.volumes} volumes, a mask has one", _HINT, "NII-08")
    grid = grid_of(header)
    labels = as_labels(grid.slices(voxels), header.slope, header.intercept)
    target = np.zeros(series.shape, np.uint8)
    if _put(target, labels, grid.geometry.affine, series.geometry.affine):
        return target
    both_known = grid.geometry.known and series.geometry.known
    if both_known or labels.shape != series.shape:
        _other_grid(labels.shape, series.shape)
    return np.ascontiguousarray(labels)


def from_segmentation(header: DicomHeader, frames: Array, series: LgeSeries) -> LabelMap:
    """A DICOM segmentation on the grid of a series.

    Args:
        header: Of the segmentation.
        frames: As stored, `(frame, row, column)`.
        series: Gives the grid.

    Raises:
        Refused: it names no part of the heart (HDR-05), has too many frames (PIX-01), or lies on
            another grid (GEO-08).
    """
    if len(header.frames) < len(frames):
        refuse(f"it has {len(frames)} frames, more than {gates.LISTED_FRAMES}", _HINT, "PIX-01")
    meanings = _meanings(header.segments)
    target = np.zeros(series.shape, np.uint8)
    for frame, stored in zip(header.frames, frames, strict=True):
        plane = header.planes[frame.plane]
        if frame.position is None or plane.orientation is None or plane.spacing is None:
            refuse("the segmentation does not say where it lies", _HINT, "GEO-01")
        cosines = np.asarray(plane.orientation)
        affine = series.geometry.affine.copy()
        affine[:3, 1], affine[:3, 2] = (
            cosines[3:] * plane.spacing[0],
            cosines[:3] * plane.spacing[1],
        )
        affine[:3, 3] = frame.position
        labels = np.zeros(stored.shape, np.uint8)
        for number, label in meanings.items():
            if frame.segment in (None, number):
                whole = stored == number if frame.segment is None else stored > stored.max() // 2
                labels[whole] = np.maximum(labels[whole], np.uint8(label))
        if not _put(target, labels[None], affine, series.geometry.affine):
            _other_grid((len(frames), *stored.shape), series.shape)
    return target


def as_labels(values: Array, slope: float = 1.0, intercept: float = 0.0) -> LabelMap:
    """Stored mask values as the labels of `core.labels`; other programs' numbers are translated.

    Raises:
        Refused: they are no labels (NII-08).
    """
    if (slope, intercept) != (1.0, 0.0):
        values = values.astype(np.float64) * slope + intercept
    found = np.unique(values)
    whole = bool((found == np.rint(found)).all())
    if whole and found.size > 1 and found.max() > 255 and set(found.tolist()) <= set(MYOPS):
        labels = np.zeros(values.shape, np.uint8)
        for value, label in MYOPS.items():
            labels[values == value] = label
        return labels
    gates.mask_values(float(found[0]), float(found[-1]), whole, found.size)
    labels = values.astype(np.uint8)
    return ACDC[labels] if _cavity_is_three(labels) else labels


def _cavity_is_three(labels: LabelMap) -> bool:
    """Whether label 3 fills the hole in the muscle and 1 lies outside, as in ACDC."""
    if labels.max(initial=0) != 3 or not (labels == 1).any():
        return False
    from scipy import ndimage

    inside_three = inside_one = 0
    for one in labels:
        muscle = one == Label.MYOCARDIUM
        hole = ndimage.binary_fill_holes(muscle) & ~muscle
        inside_three += int(np.count_nonzero(hole & (one == 3)))
        inside_one += int(np.count_nonzero(hole & (one == 1)))
    threes, ones = np.count_nonzero(labels == 3), np.count_nonzero(labels == 1)
    return bool(inside_three > 0.5 * threes and inside_one < 0.1 * ones)


def _put(target: LabelMap, labels: LabelMap, affine: Floats, onto: Floats) -> bool:
    """Write labels where their affine says, if their voxels are voxels of the target.

    Labels of other structures at the same voxel stay when they are larger: scar lies in muscle.
    """
    step = np.linalg.inv(onto) @ affine
    turn, origin = step[:3, :3], step[:3, 3]
    whole = np.rint(turn)
    one_each = (np.abs(whole).sum(0) == 1).all() and (np.abs(whole).sum(1) == 1).all()
    if not one_each or np.abs(turn - whole).max() > WHOLE:
        return False
    if np.abs(origin - np.rint(origin)).max() > SHIFT:
        return False
    turned = np.transpose(labels, [int(np.flatnonzero(row)[0]) for row in whole])
    starts = []
    for axis, row in enumerate(whole):
        start, size = int(np.rint(origin[axis])), turned.shape[axis]
        if row.sum() < 0:
            turned, start = np.flip(turned, axis), start - size + 1
        if start < 0 or start + size > target.shape[axis]:
            return False
        starts.append(slice(start, start + size))
    place = target[tuple(starts)]
    np.maximum(place, turned, out=place)
    return True


def _meanings(segments: tuple[Segment, ...]) -> dict[int, int]:
    """Segment number -> label."""
    found: dict[int, int] = {}
    for segment in segments:
        words = segment.label.lower()
        if re.search(r"\bright\b|\brv\b", words):
            continue
        label = _CODES.get(segment.code)
        for pattern, meaning in _MEANINGS:
            if label is None and re.search(pattern, words):
                label = meaning
        if label is not None:
            found[segment.number] = label
    asked = [s.number for s in segments if "requested" in s.label.lower() and s.number in found]
    if asked:  # of an earlier result: what was asked for is the mask, what was found is not
        for segment in segments:
            if "measured" in segment.label.lower():
                found.pop(segment.number, None)
    if not found and len(segments) == 1:
        return {segments[0].number: 1}
    if not found:
        refuse("its segments are no parts of the left ventricle", _HINT, "HDR-05")
    return found


def _other_grid(mask: tuple[int, ...], series: tuple[int, ...]) -> None:
    a, b = (" x ".join(str(side) for side in shape) for shape in (mask, series))
    words = f"it lies on another grid ({a}) than the series ({b})"
    if mask == series:
        words = "it lies at another place than the series"
    refuse(words, _HINT, "GEO-08")
