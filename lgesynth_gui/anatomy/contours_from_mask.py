"""From a label map (a mask file, or a network's answer) to smooth contours and RV insertions."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.measure import find_contours

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.anatomy.polygons import Floats
from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import Point, Polygon, SliceContours
from lgesynth_gui.core.labels import Label

VERTICES = 64
SMOOTHING_MM = 1.0
LEAST_PIXELS = 5  # a smaller cavity or heart is a speck
OPEN_LIMIT = 0.02  # share of the blood that may lie outside the closed wall
CONTACT_MM = 3.0  # RV blood this much further than its nearest pixel still touches the wall
FARTHEST_RV_MM = 15.0


def contours_of_mask(
    labels: LabelMap, spacing: tuple[float, float], rv_mask: Mask | None = None
) -> SliceContours | None:
    """Sub-pixel contours of a labelled slice.

    Args:
        labels: uint8 `(row, column)`: 1 blood, 2 to 4 wall.
        spacing: (row, column) mm.
        rv_mask: Right ventricle's cavity, or None.

    Returns:
        Contours, not accepted; areas agree with the mask. Without blood inside a closed wall, an
        apex (no endo). None when the wall is missing or does not close around the blood.
    """
    wall = _largest((labels >= Label.MYOCARDIUM) & (labels <= Label.NO_REFLOW))
    if wall.sum() < LEAST_PIXELS:
        return None
    heart = _fill(wall)
    blood = labels == Label.BLOOD
    if (blood & ~heart).sum() > max(OPEN_LIMIT * blood.sum(), 1.0) or (
        blood.any() and not (blood & heart).any()
    ):
        return None
    cavity = _fill(_largest(heart & ~wall))
    has_cavity = int(cavity.sum()) >= LEAST_PIXELS
    epi = _outline(heart, spacing)
    endo = _outline(cavity, spacing) if has_cavity else ()
    if epi is None or endo is None:
        return None
    if endo and not _contains(epi, endo):
        rough_epi, rough_endo = _outline(heart, spacing, 0.0), _outline(cavity, spacing, 0.0)
        epi, endo = rough_epi or epi, rough_endo or endo
    anterior, inferior, rv_centre = _insertions(epi, endo, spacing, rv_mask)
    return SliceContours(endo, epi, anterior, inferior, rv_centre)


def _largest(mask: Mask) -> Mask:
    parts, count = ndimage.label(mask, structure=np.ones((3, 3)))
    if count <= 1:
        return mask
    return np.asarray(parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:])))


def _fill(mask: Mask) -> Mask:
    return np.asarray(ndimage.binary_fill_holes(mask))


def _outline(
    mask: Mask, spacing: tuple[float, float], smoothing_mm: float = SMOOTHING_MM
) -> Polygon | None:
    """Closed polygon around a filled mask, evenly spaced, with exactly the mask's area."""
    rows, columns = np.nonzero(mask)
    pad = 6
    r0, c0 = rows.min() - pad, columns.min() - pad
    soft = np.zeros((np.ptp(rows) + 1 + 2 * pad, np.ptp(columns) + 1 + 2 * pad))
    soft[rows - r0, columns - c0] = 1.0
    if smoothing_mm > 0:
        soft = ndimage.gaussian_filter(soft, [smoothing_mm / step for step in spacing])
    lines = find_contours(soft, 0.5) if soft.max() > 0.6 else []
    if not lines:
        return _outline(mask, spacing, 0.0) if smoothing_mm > 0 else None
    in_mm = [(line[:, ::-1] + (c0, r0)) * (spacing[1], spacing[0]) for line in lines]
    line = max(in_mm, key=polygons.area)
    even = resample(line[:-1], VERTICES)
    centre = np.asarray(polygons.centroid(even))
    grow = np.sqrt(len(rows) * spacing[0] * spacing[1] / max(polygons.area(even), 1e-9))
    return tuple((float(x), float(y)) for x, y in centre + (even - centre) * grow)


def resample(points: Floats, count: int) -> Floats:
    """`count` points evenly spaced along a closed line; `(count, 2)`."""
    closed = np.vstack([points, points[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(closed, axis=0).T))])
    places = np.linspace(0.0, along[-1], count, endpoint=False)
    return np.stack([np.interp(places, along, closed[:, k]) for k in (0, 1)], axis=1)


def _contains(outer: Polygon, inner: Polygon) -> bool:
    points = polygons.as_points(inner)
    return bool(polygons.inside_points(outer, points[:, 0], points[:, 1]).all())


def _insertions(
    epi: Polygon, endo: Polygon, spacing: tuple[float, float], rv_mask: Mask | None
) -> tuple[Point | None, Point | None, Point | None]:
    """Ends of the arc where the RV touches the wall, and the RV's centre.

    Counter-clockwise across the septum the first end is the anterior insertion, the last one the
    inferior (RV at the image's left, anterior wall up).
    """
    if rv_mask is None or rv_mask.sum() < LEAST_PIXELS:
        return None, None, None
    rows, columns = np.nonzero(_largest(np.asarray(rv_mask, dtype=bool)))
    points = np.stack([columns * spacing[1], rows * spacing[0]], axis=1).astype(np.float64)
    rv_centre = (float(points[:, 0].mean()), float(points[:, 1].mean()))
    gap = polygons.distance(epi, points)
    if gap.min() > FARTHEST_RV_MM:
        return None, None, rv_centre
    touching = points[gap <= gap.min() + CONTACT_MM]
    centre = polygons.centroid(endo or epi)
    angles = np.sort(
        np.rad2deg(np.arctan2(centre[1] - touching[:, 1], touching[:, 0] - centre[0])) % 360.0
    )
    free = np.diff(np.append(angles, angles[0] + 360.0))
    widest = int(np.argmax(free))
    last, first = angles[widest], angles[(widest + 1) % len(angles)]
    if not 20.0 <= (last - first) % 360.0 <= 220.0:
        return None, None, rv_centre
    radius = polygons.ray_radii(epi, centre, np.array([first, last]))
    ends = [
        (
            float(centre[0] + r * np.cos(np.deg2rad(t))),
            float(centre[1] - r * np.sin(np.deg2rad(t))),
        )
        for r, t in zip(radius, (first, last), strict=True)
    ]
    return ends[0], ends[1], rv_centre
