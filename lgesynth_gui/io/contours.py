"""Heart contours as a small JSON file: read strictly, written so that every float comes back.

Points are the plane millimetres of `core.contours`, so a file belongs to one series.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from lgesynth_gui.core.contours import HeartContours, Point, Polygon, SliceContours
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.labels import Level
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.io.strict_json import strict_value

FORMAT = "lgesynth contours"
VERSION = 1
MAX_BYTES = 1 << 20
MAX_SLICES = 10_000
MAX_POINTS = 4096
FARTHEST_MM = 4096.0 * 20.0  # the largest picture times the largest pixel that is read
_KEYS = {"endo", "epi", "rv_anterior", "rv_inferior", "rv_centroid", "level", "accepted"}
_HINT = "Choose a contours file that this program wrote."


def write_contours(path: Path, contours: HeartContours) -> None:
    """Write contours, whole or not at all.

    Raises:
        OSError: the disk is full, or the folder cannot be written; an older file is untouched.
    """
    slices = ",\n".join(json.dumps(slice_values(one), allow_nan=False) for one in contours.slices)
    text = f'{{"format": "{FORMAT}", "version": {VERSION}, "slices": [\n{slices}\n]}}\n'
    with atomic_write(path) as file:
        file.write(text.encode("utf-8"))


def read_contours(path: Path) -> HeartContours:
    """Read contours.

    Raises:
        Refused: no contours file (PRJ-01), or a value no contour can have (PRJ-02).
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise Refused(f"{path.name} is larger than 1 MiB: no contours file.", _HINT, "PRJ-01")
    try:
        whole = strict_value(data)
        if not isinstance(whole, dict) or whole.get("format") != FORMAT:
            raise ValueError("it does not say that it holds contours")
    except ValueError as error:
        raise Refused(f"{path.name} is not a contours file.", _HINT, "PRJ-01") from error
    if whole.get("version") != VERSION:
        raise Refused(
            f"{path.name} was written by another version of this program.",
            "Write it again with this one.",
            "PRJ-01",
        )
    slices = whole.get("slices")
    if not isinstance(slices, list) or len(slices) > MAX_SLICES:
        raise Refused(f"{path.name} holds no list of slices.", _HINT, "PRJ-01")
    found: list[SliceContours | None] = []
    for number, one in enumerate(slices, 1):
        try:
            found.append(None if one is None else slice_of(one))
        except (ValueError, LgeSynthError) as error:
            raise Refused(
                f"Slice {number} of {path.name} is no valid contour: {error}", _HINT, "PRJ-02"
            ) from error
    return HeartContours(tuple(found))


def slice_values(one: SliceContours | None) -> dict[str, Any] | None:
    """One slice as plain values for JSON; `slice_of` is the way back."""
    if one is None:
        return None
    return {
        "endo": one.endo,
        "epi": one.epi,
        "rv_anterior": one.rv_anterior,
        "rv_inferior": one.rv_inferior,
        "rv_centroid": one.rv_centroid,
        "level": None if one.level is None else one.level.name.lower(),
        "accepted": one.accepted,
    }


def slice_of(one: Any) -> SliceContours:
    """The contours that plain values stand for.

    Raises:
        ValueError: an entry is unknown, or of a kind no contour has.
        LgeSynthError: a contour of too few points.
    """
    if not isinstance(one, dict) or not set(one) <= _KEYS:
        raise ValueError("unknown entries.")
    accepted, level = one.get("accepted", False), one.get("level")
    if not isinstance(accepted, bool):
        raise ValueError("accepted is neither true nor false.")
    if level is not None and level not in [known.name.lower() for known in Level]:
        raise ValueError("unknown level.")
    return SliceContours(
        endo=_polygon(one.get("endo", [])),
        epi=_polygon(one.get("epi", [])),
        rv_anterior=_point_or_none(one.get("rv_anterior")),
        rv_inferior=_point_or_none(one.get("rv_inferior")),
        rv_centroid=_point_or_none(one.get("rv_centroid")),
        level=None if level is None else Level[level.upper()],
        accepted=accepted,
    )


def _polygon(points: Any) -> Polygon:
    if not isinstance(points, list) or len(points) > MAX_POINTS:
        raise ValueError(f"a contour is no list of at most {MAX_POINTS} points.")
    return tuple(_point(point) for point in points)


def _point_or_none(point: Any) -> Point | None:
    return None if point is None else _point(point)


def _point(point: Any) -> Point:
    if not isinstance(point, list) or len(point) != 2:
        raise ValueError("a point is no pair of numbers.")
    x, y = (_coordinate(value) for value in point)
    return x, y


def _coordinate(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a coordinate is no number.")
    number = float(value) if abs(value) <= FARTHEST_MM else math.nan
    if math.isnan(number):
        raise ValueError("a point lies outside any picture.")
    return number
