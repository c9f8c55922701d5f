"""Makes series out of NIfTI volumes: which axis is the slice, which end is the base."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import ORDER_DOUBTED, LgeSeries, SeriesSource, SliceOrder
from lgesynth_gui.io import gates
from lgesynth_gui.io.headers import NiftiHeader
from lgesynth_gui.io.recognise import Facts, Opinion, opinion, signal_of
from lgesynth_gui.io.stacking import APEXWARD, CERTAIN_DEGREES, axis_angle

THICK = 1.5  # the slice axis has voxels at least this much longer than the others
MASK_NAMES = r"gt|seg|segmentation|mask|masks|label|labels|contours?|gd|manual"
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_KEPT = (("NiftiQformCode", "qform"), ("NiftiSformCode", "sform"))


@dataclass(frozen=True, eq=False)
class Grid:
    """How voxels (i, j, k) become slices, rows and columns.

    Args:
        axes: Which of i, j, k is slice, row, column.
        geometry: Of the slices in the file's order.
    """

    axes: tuple[int, int, int]
    geometry: Geometry

    def slices(self, voxels: Array) -> Array:
        """`(slice, row, column)` of voxels `(k, j, i)`; a view."""
        return np.transpose(voxels, [2 - axis for axis in self.axes])


def grid_of(header: NiftiHeader) -> Grid:
    """The slice axis has clearly the thickest voxels; else it is the third axis."""
    affine = np.vstack([np.array(header.affine), [0.0, 0.0, 0.0, 1.0]])
    edges = np.linalg.norm(affine[:3, :3], axis=0)
    thickest = int(np.argmax(edges))
    others = [edges[axis] for axis in range(3) if axis != thickest]
    slice_axis = thickest if edges[thickest] >= THICK * max(others) else 2
    row, column = (axis for axis in (2, 1, 0) if axis != slice_axis)
    axes = (slice_axis, row, column)
    if not header.oriented:
        steps = (float(edges[axes[0]]), float(edges[axes[1]]), float(edges[axes[2]]))
        return Grid(axes, Geometry.plain(steps))
    return Grid(axes, Geometry((LPS @ affine)[:, [*axes, 3]]))


def is_mask(voxels: Array, name: str) -> bool:
    """Whether voxels are labels rather than grey values."""
    if voxels.dtype.kind == "f" and not bool((voxels == np.rint(voxels)).all()):
        return False
    values = np.unique(voxels)
    if values.size > gates.LABELS or values.min(initial=0) < 0:
        return False
    if values.size == 1:
        return bool(values[0] == 0) and named_as_mask(name)
    return bool(np.count_nonzero(voxels == 0) >= voxels.size // 2)


def named_as_mask(name: str) -> bool:
    """Whether a file's name says that it holds labels."""
    return any(re.fullmatch(MASK_NAMES, word) for word in re.split(r"[^a-z]+", name.lower()))


def stem_of(path: Path) -> str:
    """File name without .nii, .nii.gz, .hdr, .hdr.gz."""
    name = path.name.removesuffix(".gz")
    return name[: -len(Path(name).suffix)] if Path(name).suffix else name


def mask_for(
    image: Path, header: NiftiHeader, masks: Sequence[tuple[Path, NiftiHeader]]
) -> Path | None:
    """The mask that belongs to an image: on its grid, and closest to it by name."""
    stem = re.sub(r"_\d{4}$", "", stem_of(image))  # nnU-Net numbers the channels of an image
    best, found = 0, None
    for path, other in masks:
        if other.shape != header.shape or not np.allclose(other.affine, header.affine, atol=1e-3):
            continue
        common = _common(stem, stem_of(path))
        close = path.parent == image.parent or path.parent.parent == image.parent.parent
        if close and common >= min(3, len(stem)) and common > best:
            best, found = common, path
    return found


def masks_beside(image: Path) -> list[Path]:
    """Files that by name may be the mask of a single image that was chosen."""
    stem = stem_of(image)
    folders = [(image.parent, False)]
    folders += [(image.parent.parent / name, True) for name in ("Contours", "labelsTr", "labels")]
    found = []
    for folder, alike in folders:
        if not folder.is_dir():
            continue
        for path in sorted(folder.glob("*.nii*"))[:1000]:
            other = stem_of(path)
            same = _common(stem, other) >= min(len(stem), len(other), 3)
            if path != image and path.is_file() and same and (alike or named_as_mask(other)):
                found.append(path)
    return sorted(found, key=lambda path: -_common(stem, stem_of(path)))[:4]


def judge(path: Path, header: NiftiHeader, mask: bool) -> Opinion:
    """How much a volume looks like late enhancement in short axis."""
    grid = grid_of(header)
    words = re.sub(r"[^a-zA-Z0-9]+", " ", stem_of(path))
    normal = grid.geometry.affine[:3, 0] / grid.geometry.spacing[0]
    found = opinion(
        Facts(
            words=words,
            degrees=axis_angle(normal) if header.oriented else None,
            slices=header.shape[grid.axes[0]],
        )
    )
    if not mask:
        return found
    reason = f"{found.reason.removesuffix('.')}, a mask lies beside it."
    return Opinion(found.score + 2.0, reason, found.usable)


def series_of(
    header: NiftiHeader,
    voxels: Array,
    label: str,
    mask: LabelMap | None,
    extra: Sequence[str] = (),
) -> LgeSeries:
    """The series of a volume.

    Args:
        header: Through the gates.
        voxels: As stored, `(k, j, i)`.
        label: Name without patient data.
        mask: Labels on the same voxels in the file's order `(slice, row, column)`, or None.
        extra: Warnings besides those of the header.

    Raises:
        Refused: 64-bit whole numbers, which only masks may hold (NII-03).
    """
    grid, notes = grid_of(header), [*header.notes, *extra]
    pixels = _narrowed(grid.slices(voxels), notes)
    geometry, reversed_, order = _base_first(grid.geometry, mask, len(pixels), notes)
    if reversed_:
        pixels = pixels[::-1]
    edges = [float(one) * header.slope + header.intercept for one in (pixels.min(), pixels.max())]
    attributes = [(keyword, getattr(header, name)) for keyword, name in _KEPT]
    return LgeSeries(
        pixels=np.ascontiguousarray(pixels),
        geometry=geometry,
        slope=header.slope,
        intercept=header.intercept,
        signal=signal_of("", "", negative=min(edges) < 0),
        label=label,
        source=SeriesSource("nifti", attributes=tuple(attributes)),
        notes=tuple(notes),
        order=order,
    )


def _narrowed(pixels: Array, notes: list[str]) -> Array:
    """The same values in a type a series may have."""
    if pixels.dtype == np.float64:
        with np.errstate(over="ignore"):  # told below
            narrow = pixels.astype(np.float32)
        if not np.array_equal(narrow.astype(np.float64), pixels):
            if not np.isfinite(narrow).all():
                gates.refuse("its voxels are too large for 32 bits", gates.AGAIN, "NII-06")
            notes.append("Voxels of 64 bits were rounded to 32 bits.")
        return narrow
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize == 8:
        gates.refuse("its voxels are 64-bit whole numbers", "Export with 16 bits.", "NII-03")
    return pixels


def _base_first(
    geometry: Geometry, mask: LabelMap | None, count: int, notes: list[str]
) -> tuple[Geometry, bool, SliceOrder]:
    """The geometry from base to apex, whether the slices are turned for it, and what says so."""
    step = geometry.affine[:3, 0]
    towards = float(step @ APEXWARD)
    certain = geometry.known and axis_angle(step / geometry.spacing[0]) <= CERTAIN_DEGREES
    order = SliceOrder.PLACE if certain else SliceOrder.CAVITY
    if not certain:
        larger = _larger_end(mask)
        if larger is None:
            if count > 1:
                notes.append(f"{ORDER_DOUBTED}; slices are in the file's order.")
            return geometry, False, SliceOrder.UNKNOWN
        towards = -larger
    if towards >= 0 or count < 2:
        return geometry, False, order
    affine = geometry.affine.copy()
    affine[:3, 3] = geometry.position(count - 1)
    affine[:3, 0] = -step
    return Geometry(affine, geometry.thickness_mm, geometry.known), True, order


def _larger_end(mask: LabelMap | None) -> float | None:
    """Below zero when the cavity is larger in the first slices, above when in the last."""
    if mask is None:
        return None
    areas = np.count_nonzero(mask == Label.BLOOD, axis=(1, 2)).astype(float)
    seen = np.flatnonzero(areas)
    if seen.size < 3:
        return None
    third = max(seen.size // 3, 1)
    return float(areas[seen[-third:]].mean() - areas[seen[:third]].mean()) or None


def _common(one: str, other: str) -> int:
    """Length of the common beginning."""
    count = 0
    for a, b in zip(one.lower(), other.lower(), strict=False):
        if a != b:
            break
        count += 1
    return count
