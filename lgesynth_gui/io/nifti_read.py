"""Reads NIfTI-1, NIfTI-2 and Analyze 7.5: header and stored voxels. Runs in the decoder process.

The layouts are those of nifti1.h and nifti2.h; extensions are skipped, never parsed.
"""

from __future__ import annotations

import math
import struct
import zlib
from typing import Any, Literal

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import gates
from lgesynth_gui.io.gates import AGAIN, refuse
from lgesynth_gui.io.headers import NiftiHeader

Bytes = bytes | memoryview
Affine = tuple[
    tuple[float, float, float, float],
    tuple[float, float, float, float],
    tuple[float, float, float, float],
]
_MAGICS = {
    1: (b"n+1\0", b"ni1\0"),
    2: (b"n+2\0\r\n\x1a\n", b"ni2\0\r\n\x1a\n"),
}
_UNITS = {1: 1000.0, 3: 0.001}  # metres and micrometres; everything else is taken as mm


def sniff(head: bytes) -> bool:
    """Whether a file that begins like this (already unpacked) is NIfTI or Analyze."""
    return _layout(head) is not None


def inflate(data: Bytes, limit: int = gates.NIFTI_INFLATED_BYTES) -> bytes:
    """Unpack gzip in steps, with a cap on what comes out.

    Raises:
        Refused: damaged, cut short, or too large (NII-05).
    """
    engine, parts, size, rest = zlib.decompressobj(31), [], 0, bytes(data)
    try:
        while True:
            part = engine.decompress(rest, gates.MIB)
            parts.append(part)
            size += len(part)
            if size > limit:
                words = f"it unpacks to more than {limit // gates.MIB} MiB"
                refuse(words, "Choose a smaller file.", "NII-05")
            if engine.eof:
                rest = engine.unused_data
                if rest[:2] != b"\x1f\x8b":
                    break
                engine = zlib.decompressobj(31)  # a file may be several packed parts
            else:
                rest = engine.unconsumed_tail
                if not part and not rest:
                    refuse("its packed contents are cut short", AGAIN, "NII-05")
    except zlib.error:
        refuse("its packed contents are damaged", AGAIN, "NII-05")
    return b"".join(parts)


def read_header(data: Bytes) -> NiftiHeader:
    """Everything but the voxels, through all gates.

    Raises:
        Refused: see `gates`, NII-01 to NII-07.
    """
    found = _layout(bytes(data[:544]))
    if found is None:
        refuse("its header is neither NIfTI nor Analyze", "Choose another file.", "NII-01")
    version, order, kind = found
    raw = bytes(data[: 348 if version == 1 else 540])
    if len(raw) < (348 if version == 1 else 540):
        refuse("it is cut short", AGAIN, "NII-01")
    field = _Fields(raw, order, version)
    dim = tuple(int(one) for one in field.many("dim", 8))
    gates.nifti_shape(dim)
    code, bits = int(field.one("datatype")), int(field.one("bitpix"))
    gates.nifti_type(code, bits)
    single = kind == "single"
    lowest = 0 if not single else 352 if version == 1 else 544
    offset = gates.nifti_offset(field.one("vox_offset"), lowest)
    sides = [*dim[1 : min(dim[0], 3) + 1], 1][:3]
    slope, intercept = field.one("scl_slope"), field.one("scl_inter")
    if kind == "analyze" or slope == 0 or not math.isfinite(slope):
        slope, intercept = 1.0, 0.0
    affine, oriented, notes = _place(field, kind == "analyze", sides)
    header = NiftiHeader(
        shape=(sides[0], sides[1], sides[2]),
        volumes=dim[4] if dim[0] >= 4 else 1,
        dtype=("<" if order == "<" else ">") + gates.NIFTI_TYPES[code][0],
        offset=offset,
        affine=affine,
        oriented=oriented,
        slope=slope,
        intercept=intercept if math.isfinite(intercept) else math.inf,
        single=single,
        qform=0 if kind == "analyze" else int(field.one("qform_code")),
        sform=0 if kind == "analyze" else int(field.one("sform_code")),
        notes=notes,
    )
    gates.nifti_header(header)
    if single:
        require_voxels(header, len(data))
    return header


def require_voxels(header: NiftiHeader, present: int) -> None:
    """The data file holds all voxels (NII-04)."""
    if header.offset + header.nbytes > present:
        words = f"its voxels are cut short ({present} of {header.offset + header.nbytes} bytes)"
        refuse(words, AGAIN, "NII-04")


def read_voxels(header: NiftiHeader, data: Bytes, volume: int = 0) -> Array:
    """The stored voxels `(k, j, i)` of one volume, in the computer's byte order.

    Raises:
        Refused: no such volume (NII-02), cut short (NII-04) or not finite (NII-06).
    """
    require_voxels(header, len(data))
    if not 0 <= volume < header.volumes:
        refuse(f"it has no volume {volume + 1}", "Open it again.", "NII-02")
    i, j, k = header.shape
    start = header.offset + volume * (header.nbytes // header.volumes)
    stored = np.frombuffer(data, np.dtype(header.dtype), i * j * k, start)
    voxels = stored.reshape(k, j, i)
    if voxels.dtype.kind == "f" and not np.isfinite(voxels).all():
        refuse("some of its voxels are no numbers", AGAIN, "NII-06")
    return np.asarray(voxels.astype(voxels.dtype.newbyteorder("=")))


class _Fields:
    """Named fields of one of the two layouts."""

    _PLACES: dict[str, tuple[tuple[int, str], tuple[int, str]]] = {  # noqa: RUF012 - never changed
        "dim": ((40, "h"), (16, "q")),
        "datatype": ((70, "h"), (12, "h")),
        "bitpix": ((72, "h"), (14, "h")),
        "pixdim": ((76, "f"), (104, "d")),
        "vox_offset": ((108, "f"), (168, "q")),
        "scl_slope": ((112, "f"), (176, "d")),
        "scl_inter": ((116, "f"), (184, "d")),
        "xyzt_units": ((123, "b"), (500, "i")),
        "qform_code": ((252, "h"), (344, "i")),
        "sform_code": ((254, "h"), (348, "i")),
        "quatern": ((256, "f"), (352, "d")),
        "qoffset": ((268, "f"), (376, "d")),
        "srow": ((280, "f"), (400, "d")),
    }

    def __init__(self, raw: bytes, order: str, version: int) -> None:
        self._raw, self._order, self._version = raw, order, version

    def many(self, name: str, count: int) -> tuple[float, ...]:
        """`count` numbers of a field."""
        place, letter = self._PLACES[name][self._version - 1]
        return struct.unpack_from(f"{self._order}{count}{letter}", self._raw, place)

    def one(self, name: str) -> float:
        """A field with one number."""
        return self.many(name, 1)[0]


def _layout(
    head: bytes,
) -> tuple[int, Literal["<", ">"], Literal["single", "pair", "analyze"]] | None:
    """(version, byte order, kind) of a header, or None."""
    orders: tuple[Literal["<", ">"], ...] = ("<", ">")
    for order in orders:
        size = head[:4] if order == "<" else head[3::-1]
        if size == (348).to_bytes(4, "little") and len(head) >= 348:
            magic = head[344:348]
            if magic in _MAGICS[1]:
                return 1, order, "single" if magic == _MAGICS[1][0] else "pair"
            if not any(magic[:3]) or not magic.startswith((b"n", b"N")):
                return 1, order, "analyze"
        if size == (540).to_bytes(4, "little") and head[4:12] in _MAGICS[2]:
            return 2, order, "single" if head[4:12] == _MAGICS[2][0] else "pair"
    return None


def _place(field: _Fields, analyze: bool, sides: list[int]) -> tuple[Affine, bool, tuple[str, ...]]:
    """Affine to RAS mm, whether the file really states it, and warnings."""
    qfac, *sizes = field.many("pixdim", 4)
    units = 1.0 if analyze else _UNITS.get(int(field.one("xyzt_units")) & 7, 1.0)
    edges = [abs(size) * units for size in sizes]
    notes = []
    if sides[2] == 1 and not (math.isfinite(edges[2]) and edges[2] > 0):
        edges[2] = 1.0
        notes.append("The slice thickness is not stated.")
    matrix = None
    if not analyze and field.one("sform_code") > 0:
        matrix = np.array(field.many("srow", 12)).reshape(3, 4) * units
    quaternion = None
    if not analyze and field.one("qform_code") > 0:
        quaternion = _from_quaternion(field, edges, qfac, units)
    if matrix is not None and not _agrees(matrix, edges):
        if _is_dummy(matrix / units):
            matrix = None  # a matrix without the voxel size states no place either
        else:
            notes.append("Voxel size and matrix of the file differ; the matrix was used.")
    chosen = quaternion if matrix is None else matrix
    oriented = chosen is not None
    if chosen is None:
        chosen = np.hstack([np.diag(edges), np.zeros((3, 1))])
    if not np.isfinite(chosen).all():
        refuse("its position is not a finite matrix", AGAIN, "NII-07")
    if not oriented:
        notes.append("The file does not say how the slices lie in the patient.")
    rows: Any = tuple(tuple(float(one) for one in row) for row in chosen)
    return rows, oriented, tuple(notes)


def _agrees(matrix: Array, edges: list[float]) -> bool:
    norms = np.linalg.norm(matrix[:, :3], axis=0)
    with np.errstate(invalid="ignore"):
        return bool(np.allclose(norms, edges, rtol=0.01, atol=1e-4))


def _is_dummy(matrix: Array) -> bool:
    """Ones on the axes and no origin: what programs write that know nothing of the place."""
    return bool(np.array_equal(np.abs(matrix[:, :3]), np.eye(3)) and not matrix[:, 3].any())


def _from_quaternion(field: _Fields, edges: list[float], qfac: float, units: float) -> Array:
    """Method 2 of nifti1.h."""
    b, c, d = field.many("quatern", 3)
    length = b * b + c * c + d * d
    if not math.isfinite(length) or length > 1.0 + 1e-4:
        refuse("its orientation is impossible", AGAIN, "NII-07")
    a = math.sqrt(max(1.0 - length, 0.0))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    turn = turn * edges
    turn[:, 2] *= -1.0 if qfac < 0 else 1.0
    origin = np.array(field.many("qoffset", 3)) * units
    return np.hstack([turn, origin[:, None]])
