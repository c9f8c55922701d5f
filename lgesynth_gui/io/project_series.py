"""The series of a project: what is kept of it, and how it comes back.

Kept are the pixels, where they lie, and words of this program. Identifiers, dates and texts of the
files it was read from are not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SignalKind, SliceOrder
from lgesynth_gui.io import gates
from lgesynth_gui.io.project_unpack import LoadArray, NotAValue

KEPT_ATTRIBUTES = ("NiftiQformCode", "NiftiSformCode")  # numbers of the grid, nobody's identity
FROM_PROJECT = "project"  # what a DICOM source becomes: its identifiers are not kept
WITH_NAMES = ("The mask beside it",)  # notes that begin so quote the name of a file
LONGEST_LABEL = 64
LONGEST_NOTE = 1000
FARTHEST_STEP_MM = 1000.0
_KINDS = ("|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<f4", "<f8")


def series_values(series: LgeSeries, pixels: int) -> dict[str, Any]:
    """A series as plain values.

    Args:
        series: Any series.
        pixels: Number of the stored array of its pixels.
    """
    geometry, source = series.geometry, series.source
    return {
        "pixels": pixels,
        "affine": geometry.affine.tolist(),
        "thickness_mm": geometry.thickness_mm,
        "known": geometry.known,
        "slope": float(series.slope),
        "intercept": float(series.intercept),
        "signal": series.signal.value,
        "order": series.order.value,
        "label": series.label[:LONGEST_LABEL],
        "source": source.format if source.format in ("nifti", "phantom") else FROM_PROJECT,
        "attributes": [
            [name, int(value)]
            for name, value in source.attributes
            if name in KEPT_ATTRIBUTES and type(value) is int
        ],
        "notes": [note[:LONGEST_NOTE] for note in series.notes if not note.startswith(WITH_NAMES)],
    }


def series_of(plain: Mapping[str, Any], arrays: Any, load: LoadArray) -> LgeSeries:
    """The series that plain values stand for.

    Args:
        plain: What `series_values` gave.
        arrays: Kind and shape of each stored array.
        load: Reads one of them.

    Raises:
        NotAValue: no series, or one that is too large.
    """
    listed, number = arrays, plain.get("pixels")
    if not isinstance(listed, list) or type(number) is not int or not 0 <= number < len(listed):
        raise NotAValue("no pixels")
    one = listed[number] if isinstance(listed[number], dict) else {}
    shape = picture_shape(one.get("shape"), 3)
    slices, rows, columns = shape
    if one.get("dtype") not in _KINDS:
        raise NotAValue("pixels of an unknown kind")
    dtype = np.dtype(one["dtype"])
    if slices > gates.FRAMES or max(rows, columns) > gates.SIDE:
        raise NotAValue("a picture that is too large")
    if math.prod(shape) * dtype.itemsize > gates.STUDY_BYTES:
        raise NotAValue("a picture that is too large")
    pixels = load(number, dtype, shape)
    if dtype.kind == "f" and not np.isfinite(pixels).all():
        raise NotAValue("pixels that are no finite numbers")
    return _series(plain, pixels)


def _series(plain: Mapping[str, Any], pixels: Array) -> LgeSeries:
    thickness = plain.get("thickness_mm")
    attributes = plain.get("attributes")
    notes = plain.get("notes")
    if not isinstance(attributes, list) or not isinstance(notes, list) or len(notes) > 100:
        raise NotAValue("no series")
    try:
        geometry = Geometry(
            np.array([[_finite(v) for v in row] for row in plain["affine"]]),
            None if thickness is None else _finite(thickness),
            known=plain["known"] is True,
        )
        if not all(0 < side <= FARTHEST_STEP_MM for side in geometry.spacing):
            raise NotAValue("pixels of an impossible size")
        slope = _finite(plain["slope"])
        if slope == 0:
            raise NotAValue("an impossible scale")
        return LgeSeries(
            pixels,
            geometry,
            slope,
            _finite(plain["intercept"]),
            SignalKind(plain["signal"]),
            _text(plain["label"]),
            SeriesSource(
                {"nifti": "nifti", "phantom": "phantom"}.get(plain["source"], FROM_PROJECT),
                attributes=tuple(
                    (name, value)
                    for name, value in attributes
                    if name in KEPT_ATTRIBUTES and type(value) is int
                ),
            ),
            tuple(_text(note) for note in notes),
            SliceOrder(plain.get("order", SliceOrder.UNKNOWN.value)),  # older projects lack it
        )
    except NotAValue:
        raise
    except (KeyError, TypeError, ValueError, LgeSynthError) as error:
        raise NotAValue("no series") from error


def picture_shape(plain: Any, sides: int) -> tuple[int, ...]:
    """A stored shape of so many sides.

    Raises:
        NotAValue: it is none.
    """
    if not isinstance(plain, list) or len(plain) != sides:
        raise NotAValue("no picture")
    if not all(type(one) is int and 0 < one <= 1 << 16 for one in plain):
        raise NotAValue("a picture of an odd shape")
    return tuple(plain)


def _finite(plain: Any) -> float:
    if type(plain) not in (int, float) or not math.isfinite(plain):
        raise NotAValue("a number that is not finite")
    return float(plain)


def _text(plain: Any) -> str:
    if not isinstance(plain, str) or len(plain) > LONGEST_NOTE:
        raise NotAValue("a text that is too long")
    return plain
