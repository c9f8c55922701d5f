"""NIfTI-1 volumes with the stored values untouched, marked synthetic in the header.

nibabel would turn stored values into scaled ones and pick new scale factors when it saves an
array; here header and bytes are put together directly, so that what was stored stays stored.
"""

from __future__ import annotations

import gzip
from io import BytesIO

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import SeriesSource
from lgesynth_gui.io.marks import SYNTHETIC

OFFSET = 352
SCANNER, UNKNOWN = 1, 0  # xform codes
LABELS = 1002  # NIFTI_INTENT_LABEL
RIGID = 1e-5  # largest deviation of axes from orthogonal that a quaternion is said to hold


def ras_affine(geometry: Geometry) -> npt.NDArray[np.float64]:
    """`(4, 4)`: (column, row, slice, 1) to RAS mm, as NIfTI wants it."""
    swapped = geometry.affine[:, [2, 1, 0, 3]]
    return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ swapped)


def codes_of(source: SeriesSource) -> tuple[int, int]:
    """The codes of qform and sform that a NIfTI source had; scanner space for others."""
    stated = dict(source.attributes)
    names = ("NiftiQformCode", "NiftiSformCode")
    if source.format != "nifti" or not any(stated.get(name) for name in names):
        return SCANNER, SCANNER
    quaternion, matrix = (int(stated.get(name) or UNKNOWN) for name in names)
    return quaternion, matrix


def nifti_bytes(
    stored: Array,
    geometry: Geometry,
    *,
    slope: float = 1.0,
    intercept: float = 0.0,
    codes: tuple[int, int] = (SCANNER, SCANNER),
    description: str = f"{SYNTHETIC}, not for clinical use",
    labels: bool = False,
    mark: str = SYNTHETIC,
) -> bytes:
    """A gzipped NIfTI-1 file; the same input gives the same bytes.

    Args:
        stored: `(slice, row, column)`, whole numbers of 8 to 32 bits, float32 or float64.
        geometry: Where the voxels are; when not known, no orientation is claimed.
        slope: Scale of stored values, written as `scl_slope`.
        intercept: Offset of stored values, written as `scl_inter`.
        codes: Of qform and sform, see `codes_of`.
        description: ASCII, at most 79 characters.
        labels: It is a label map.
        mark: Name of what it holds; "" only for an original in which nothing was painted.

    Raises:
        LgeSynthError: NIfTI has no such type.
    """
    from nibabel.nifti1 import Nifti1Header
    from nibabel.spatialimages import HeaderDataError

    header = Nifti1Header()
    try:
        header.set_data_dtype(stored.dtype.newbyteorder("<"))
    except HeaderDataError as error:
        raise LgeSynthError(
            f"NIfTI cannot hold pixels of type {stored.dtype}.", "Choose another format."
        ) from error
    header.set_data_shape(stored.shape[::-1])
    step, row, column = geometry.spacing
    header.set_zooms((column, row, step))
    header.set_xyzt_units("mm")
    affine = ras_affine(geometry)
    quaternion, matrix = codes if geometry.known else (UNKNOWN, UNKNOWN)
    if not _rigid(affine):
        quaternion, matrix = UNKNOWN, matrix or quaternion
    header.set_sform(affine if matrix else None, code=matrix)
    if quaternion:
        header.set_qform(affine, code=quaternion)
    header["descrip"] = description.encode("ascii", "replace")[:79]
    if labels:
        header.set_intent(LABELS, name=mark, allow_unknown=True)
    else:
        header["intent_name"] = mark.encode()
    header["scl_slope"], header["scl_inter"] = slope, intercept
    header["vox_offset"] = OFFSET
    header["magic"] = b"n+1"
    buffer = BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(header.binaryblock.ljust(OFFSET, b"\0"))
        file.write(np.ascontiguousarray(stored, stored.dtype.newbyteorder("<")).tobytes())
    return buffer.getvalue()


def _rigid(affine: npt.NDArray[np.float64]) -> bool:
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < RIGID)
