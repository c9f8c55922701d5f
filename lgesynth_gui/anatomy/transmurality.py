"""How much of the wall's thickness scar covers: by chord, by segment, by heart.

A chord is a ray from the cavity's centre through the wall. The clinical classes are those of
Kim et al., NEJM 2000;343:1445.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np

from lgesynth_gui.anatomy.aha import Anchors, anchors_in, segment_map, segments_at, segments_of
from lgesynth_gui.anatomy.polygons import Floats, as_points
from lgesynth_gui.anatomy.wall import Wall, wall_of
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import NoMyocardium
from lgesynth_gui.core.labels import Label, Level

CHORDS = 100  # rays a slice, 3.6 degrees apart
SAMPLE = 0.25  # of a pixel, along a ray
DENSITY_G_PER_ML = 1.05  # of myocardium


@dataclass(frozen=True)
class SegmentExtent:
    """Scar of one segment in one slice.

    Args:
        segment: AHA segment.
        touched_mean: Mean covered fraction of the chords that meet scar, 0 to 1; 0 without any.
        all_mean: Mean covered fraction of all chords of the segment.
        arc_deg: Degrees around the ring that hold scar.
        area_mm2: Area of scar (no-reflow included).
    """

    segment: int
    touched_mean: float
    all_mean: float
    arc_deg: float
    area_mm2: float


@dataclass(frozen=True, eq=False)
class Chords:
    """Rays of one slice; arrays `(100,)`.

    Args:
        angle_deg: Direction of each ray, the middle of its 3.6 degrees.
        segment: AHA segment it lies in.
        wall_mm: Length of wall it crosses, 0 where there is none.
        scar_mm: Length of scar on it.
    """

    angle_deg: Floats
    segment: LabelMap
    wall_mm: Floats
    scar_mm: Floats

    @property
    def covered(self) -> Floats:
        """Covered fraction of each chord, 0 to 1."""
        return np.asarray(self.scar_mm / np.maximum(self.wall_mm, 1e-9))


class SegmentSummary(NamedTuple):
    """Scar of one segment pooled over the slices of a heart.

    Args:
        touched_mean: Mean covered fraction of the chords that meet scar, 0 to 1.
        all_mean: Mean covered fraction of all its chords.
        grams: Mass of scar.
    """

    touched_mean: float
    all_mean: float
    grams: float


def scar_of(labels: LabelMap) -> Mask:
    """True at scar and no-reflow."""
    return np.asarray((labels == Label.SCAR) | (labels == Label.NO_REFLOW))


def chords(labels: LabelMap, wall: Wall, level: Level, anchors: Anchors) -> Chords:
    """Measure 100 chords of a slice.

    A ray counts only pixels of its own segment, so scar that ends at a segment's border never
    spills into the next one.

    Args:
        labels: Label map `(row, column)` of the slice.
        wall: Its wall.
        level: Its ring.
        anchors: Its anchoring angles.
    """
    angle = np.asarray((np.arange(CHORDS) + 0.5) * (360.0 / CHORDS), dtype=np.float64)
    own = segments_at(angle, level, anchors)
    reach = np.hypot(*(as_points(wall.contours.epi) - np.asarray(wall.centre)).T).max()
    step = SAMPLE * min(wall.spacing)
    radius = np.arange(step / 2, reach + step, step)
    theta = np.deg2rad(angle)[:, None]
    columns = np.rint((wall.centre[0] + radius * np.cos(theta)) / wall.spacing[1]).astype(int)
    rows = np.rint((wall.centre[1] - radius * np.sin(theta)) / wall.spacing[0]).astype(int)
    seen = (rows >= 0) & (rows < labels.shape[0]) & (columns >= 0) & (columns < labels.shape[1])
    rows[~seen], columns[~seen] = 0, 0
    here = seen & (segment_map(wall, level, anchors)[rows, columns] == own[:, None])
    return Chords(
        angle,
        own,
        np.asarray(here.sum(axis=1) * step),
        np.asarray((here & scar_of(labels)[rows, columns]).sum(axis=1) * step),
    )


def report(
    labels: LabelMap, wall: Wall, level: Level, anchors: Anchors
) -> tuple[SegmentExtent, ...]:
    """Transmurality of every segment of a slice's ring.

    Args:
        labels: Label map `(row, column)`.
        wall: The slice's wall.
        level: Its ring.
        anchors: Its anchoring angles.

    Returns:
        One entry a segment, ascending.
    """
    rays = chords(labels, wall, level, anchors)
    scar = scar_of(labels)
    segments = segment_map(wall, level, anchors)
    out = []
    for segment in segments_of(level):
        mine = (rays.segment == segment) & (rays.wall_mm > 0)
        covered = rays.covered[mine]
        touched = covered[covered > 0]
        out.append(
            SegmentExtent(
                segment,
                float(touched.mean()) if len(touched) else 0.0,
                float(covered.mean()) if len(covered) else 0.0,
                len(touched) * 360.0 / CHORDS,
                float((scar & (segments == segment)).sum()) * wall.pixel_mm2,
            )
        )
    return tuple(out)


def transmurality_class(fraction: float) -> int:
    """Class 0 (no scar), 1 (1-25 %), 2 (26-50), 3 (51-75), 4 (76-100) of a covered fraction."""
    return min(4, ceil(round(100.0 * max(fraction, 0.0), 6) / 25.0))


def transmural_extent(scar: Mask, wall: Wall, sector: tuple[float, float]) -> float:
    """Fraction of the wall that scar covers, averaged over the chords of a sector that meet scar.

    Args:
        scar: Labels 3 and 4 as bool, `(row, column)`.
        wall: The slice's wall.
        sector: First and last angle in degrees; may run through 0.

    Returns:
        In [0, 1]; 0 if no chord of the sector meets scar.

    Raises:
        NoMyocardium: the sector holds no chord with wall.
    """
    labels = np.where(scar & wall.mask, Label.SCAR, Label.BACKGROUND).astype(np.uint8)
    rays = chords(labels, wall, Level.APEX, Anchors(0.0))
    width = (sector[1] - sector[0]) % 360.0 or 360.0
    inside = ((rays.angle_deg - sector[0]) % 360.0 < width) & (rays.wall_mm > 0)
    if not inside.any():
        raise NoMyocardium("This sector holds no myocardium.", "Choose a sector of the wall.")
    touched = rays.covered[inside & (rays.scar_mm > 0)]
    return float(touched.mean()) if len(touched) else 0.0


def bullseye(
    labels: LabelMap, contours: HeartContours, spacing: tuple[float, float, float]
) -> dict[int, SegmentSummary]:
    """Transmurality and mass of every segment the stack shows, slices of a ring pooled by chord.

    Args:
        labels: Label maps `(slice, row, column)`.
        contours: Contours of the stack.
        spacing: (slice, row, column) mm; mass uses the distance between slice centres.

    Returns:
        Segment to summary, ascending; segments of rings without any contour are missing
        (unknown, not zero).
    """
    covered: dict[int, list[Floats]] = {}
    volume: dict[int, float] = {}
    for i in contours.outlined():
        one = contours.slices[i]
        if one is None or i >= len(labels):
            continue
        wall = wall_of(one, (labels.shape[1], labels.shape[2]), (spacing[1], spacing[2]))
        level, hooks = contours.level(i), anchors_in(contours, i)
        rays = chords(labels[i], wall, level, hooks)
        scar, segments = scar_of(labels[i]), segment_map(wall, level, hooks)
        for segment in segments_of(level):
            mine = rays.covered[(rays.segment == segment) & (rays.wall_mm > 0)]
            covered.setdefault(segment, []).append(mine)
            area = float((scar & (segments == segment)).sum()) * wall.pixel_mm2
            volume[segment] = volume.get(segment, 0.0) + area * spacing[0]
    out = {}
    for segment in sorted(covered):
        every = np.concatenate(covered[segment])
        touched = every[every > 0]
        out[segment] = SegmentSummary(
            float(touched.mean()) if len(touched) else 0.0,
            float(every.mean()) if len(every) else 0.0,
            volume[segment] / 1000.0 * DENSITY_G_PER_ML,
        )
    return out


def mass_g(mask: Mask, spacing: tuple[float, float, float]) -> float:
    """Mass in grams of a mask `(slice, row, column)` or `(row, column)` of myocardium.

    Area times centre-to-centre slice distance times 1.05 g/mL.
    """
    voxel_mm3 = spacing[0] * spacing[1] * spacing[2]
    return float(np.count_nonzero(mask)) * voxel_mm3 / 1000.0 * DENSITY_G_PER_ML
