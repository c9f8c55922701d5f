"""One affine from the places of many slices: order, spacing, gaps, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.geometry import Floats, Geometry
from lgesynth_gui.core.series import ORDER_DOUBTED, SliceOrder
from lgesynth_gui.io.gates import VOXEL_MM, refuse

SAME_PLACE_MM = 0.05
EVEN_MM, EVEN_SHARE = 0.2, 0.02  # differences of rounding and breathing, not worth a word
UNEVEN_SHARE = 0.10  # told; more is refused
SHIFT_MM = 1.0  # a slice this far beside the line through the others is told
MOST_SHIFT_MM = 3.0
# Base to apex in a chest: to the left, forward and down (LPS). The heart's axis varies by about
# 20 degrees between people; a short-axis normal lies well within 45 degrees of it.
APEXWARD = np.array([0.65, -0.60, -0.46]) / np.linalg.norm([0.65, -0.60, -0.46])
SHORT_AXIS_DEGREES, CERTAIN_DEGREES = 40.0, 60.0
LEAST, TRIED = 3, 20  # slices that make a part; runs that are tried
_HINT = "Export the series again, or choose another."


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices in order and where they lie.

    Args:
        order: Which of the given slices, base to apex where that is known.
        geometry: Of the slices in that order.
        notes: Warnings, one sentence each.
        based: What says which end is the base.
    """

    order: tuple[int, ...]
    geometry: Geometry
    notes: tuple[str, ...] = ()
    based: SliceOrder = SliceOrder.UNKNOWN


def normal_of(orientation: tuple[float, ...]) -> Floats:
    """Unit normal of a slice (LPS), right-handed: row x column."""
    cosines = np.asarray(orientation, dtype=np.float64)
    found = np.cross(cosines[:3], cosines[3:])
    return np.asarray(found / np.linalg.norm(found))


def axis_angle(normal: Floats) -> float:
    """Degrees between a slice's normal and the usual axis of the heart, 0 to 90."""
    cosine = min(abs(float(normal @ APEXWARD)), 1.0)
    return float(np.degrees(np.arccos(cosine)))


def plane_spacing(spacing: tuple[float, float] | None) -> tuple[float, float]:
    """(row, column) spacing in mm, if a picture can have it.

    Raises:
        Refused: not stated or impossible (GEO-02).
    """
    if spacing is None:
        refuse("the pixel size is not stated", _HINT, "GEO-02")
    low, high = VOXEL_MM
    if not all(low <= one <= high for one in spacing):
        words = f"the pixels are {spacing[0]:g} x {spacing[1]:g} mm, not {low:g} to {high:g}"
        refuse(words, _HINT, "GEO-02")
    return spacing


def stack(
    positions: Floats,
    orientation: tuple[float, ...],
    spacing: tuple[float, float],
    thickness_mm: float | None,
) -> Stack:
    """Order slices along their normal and find the one affine they share.

    Args:
        positions: LPS mm of the first pixel of each slice, `(n, 3)`, no two at one place.
        orientation: Direction cosines of row and column.
        spacing: (row, column) mm.
        thickness_mm: As stated; used only as the step of a single slice.

    Raises:
        Refused: uneven or crooked stack (GEO-04, GEO-06).
    """
    normal = normal_of(orientation)
    direction = normal if float(normal @ APEXWARD) >= 0 else -normal
    along, order = positions @ direction, order_along(positions, orientation)
    notes: list[str] = []
    if len(order) > 1:
        order = _longest_even_run(along, order, notes)
    places = positions[order]
    step = _step(places, direction, thickness_mm, notes)
    told = axis_angle(normal) <= CERTAIN_DEGREES
    if len(order) > 1 and not told:
        notes.append(f"{ORDER_DOUBTED} from the position of the slices.")
    affine = np.eye(4)
    cosines = np.asarray(orientation, dtype=np.float64)
    affine[:3, 0] = step
    affine[:3, 1] = cosines[3:] * spacing[0]
    affine[:3, 2] = cosines[:3] * spacing[1]
    affine[:3, 3] = places[0]
    geometry = Geometry(affine, thickness_mm=thickness_mm)
    based = SliceOrder.PLACE if told else SliceOrder.UNKNOWN
    return Stack(tuple(order), geometry, tuple(notes), based)


def order_along(positions: Floats, orientation: tuple[float, ...]) -> list[int]:
    """Which slice comes first, second, ... along their normal, towards the apex.

    Args:
        positions: LPS mm of the first pixel of each slice, `(n, 3)`.
        orientation: Direction cosines of row and column.
    """
    normal = normal_of(orientation)
    direction = normal if float(normal @ APEXWARD) >= 0 else -normal
    return [int(one) for one in np.argsort(positions @ direction, kind="stable")]


def longest_part(
    positions: Floats,
    orientation: tuple[float, ...],
    spacing: tuple[float, float],
    thickness_mm: float | None,
) -> list[int]:
    """The longest run of neighbours that `stack` takes; [] when not even `LEAST` fit together.

    Args:
        positions: LPS mm of the first pixel of each slice, `(n, 3)`; `stack` refuses them all.
        orientation: Direction cosines of row and column.
        spacing: (row, column) mm.
        thickness_mm: As stated.
    """
    order = order_along(positions, orientation)
    steps = np.diff(positions[order], axis=0)
    runs = []
    for first in range(len(steps)):
        end = first + 1
        while end < len(steps) and _alike(steps[first:end].mean(axis=0), steps[end]):
            end += 1
        runs.append(order[first : end + 1])
    longest = sorted((run for run in runs if len(run) >= LEAST), key=len, reverse=True)
    for run in longest[:TRIED]:
        try:
            found = stack(positions[run], orientation, spacing, thickness_mm)
        except Refused:
            continue
        return [run[one] for one in found.order]
    return []


def _alike(usual: Floats, step: Floats) -> bool:
    """Whether a step between slices goes on as the ones before it."""
    return bool(np.linalg.norm(step - usual) <= UNEVEN_SHARE * np.linalg.norm(usual))


def _longest_even_run(along: Floats, order: list[int], notes: list[str]) -> list[int]:
    """The slices between gaps; the longest run when some are missing."""
    gaps = np.diff(along[order])
    usual = float(np.median(gaps))
    holes = [i for i, gap in enumerate(gaps) if gap > 1.5 * usual]
    edges = [0, *(i + 1 for i in holes), len(order)]
    runs = [order[a:b] for a, b in pairwise(edges)]
    longest = max(runs, key=len)
    if holes:
        first = holes[0]
        words = f"behind slice {first + 1} ({gaps[first]:.1f} mm instead of {usual:.1f})"
        if len(longest) < max(3, len(order) / 2):
            refuse(f"slices are missing {words}", _HINT, "GEO-05")
        left = len(order) - len(longest)
        notes.append(f"Slices are missing {words}; {left} beyond the gap were left out.")
    return longest


def _step(
    places: Floats, direction: Floats, thickness_mm: float | None, notes: list[str]
) -> Floats:
    """Vector from one slice to the next."""
    low, high = VOXEL_MM
    if len(places) == 1:
        usable = thickness_mm is not None and low <= thickness_mm <= high
        return np.asarray(direction * (thickness_mm if usable and thickness_mm else 1.0))
    step = (places[-1] - places[0]) / (len(places) - 1)
    distance = float(step @ direction)
    if not low <= distance <= high * 2:
        refuse(f"the slices are {distance:.3g} mm apart", _HINT, "GEO-02")
    away = places - (places[0] + np.arange(len(places))[:, None] * step)
    gaps = np.diff(places @ direction)
    spread = float(np.abs(gaps - distance).max())
    if spread > UNEVEN_SHARE * distance:
        words = f"the slices are not evenly spaced ({gaps.min():.1f} to {gaps.max():.1f} mm)"
        refuse(words, _HINT, "GEO-04")
    if spread > max(EVEN_MM, EVEN_SHARE * distance):
        notes.append(f"Slices are not evenly spaced: {gaps.min():.1f} to {gaps.max():.1f} mm.")
    beside = away - (away @ direction)[:, None] * direction
    shift = float(np.linalg.norm(beside, axis=1).max())
    if shift > MOST_SHIFT_MM:
        refuse(f"the slices lie up to {shift:.1f} mm beside each other", _HINT, "GEO-06")
    if shift > SHIFT_MM:
        notes.append(f"Slices lie up to {shift:.1f} mm beside each other.")
    return np.asarray(step)
