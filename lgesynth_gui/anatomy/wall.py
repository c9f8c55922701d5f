"""The wall of one slice on the pixel grid: mask, angle and depth of every pixel.

Depth is the relative length of the Laplace streamline through the pixel, not the potential: the
potential of a 24/33 mm ring is 0.54 half-way through the wall. Lengths follow Yezzi and Prince,
IEEE Trans Med Imaging 2003;22:1332. The contours cut the grid at their exact place
(Shortley-Weller differences), so depth does not feel the pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

from lgesynth_gui.anatomy import polygons
from lgesynth_gui.core.arrays import Mask
from lgesynth_gui.core.contours import SliceContours

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

COARSEST_MM = 1.0  # the depth equation is solved on a grid at least this fine
CACHED_SLICES = 256


@dataclass(frozen=True, eq=False)
class Wall:
    """Myocardium of one slice in wall coordinates; all arrays `(row, column)` and read-only.

    Args:
        mask: True where the pixel's centre lies inside epi and not inside endo.
        cavity: True where the centre lies inside endo.
        angle: float32 degrees in [0, 360), counter-clockwise from the image's right.
        depth: float32, 0 endocardium to 1 epicardium, NaN outside the wall.
        centre: (x, y) mm the angles are taken around.
        spacing: (row, column) mm.
        contours: What it was made from.
    """

    mask: Mask
    cavity: Mask
    angle: npt.NDArray[np.float32]
    depth: npt.NDArray[np.float32]
    centre: tuple[float, float]
    spacing: tuple[float, float]
    contours: SliceContours

    @property
    def pixel_mm2(self) -> float:
        """Area of one pixel."""
        return self.spacing[0] * self.spacing[1]


def centre_of(contours: SliceContours) -> tuple[float, float]:
    """(x, y) mm of the cavity's centre of area; of the epicardium's without a cavity."""
    return polygons.centroid(contours.endo or contours.epi)


@lru_cache(maxsize=CACHED_SLICES)
def wall_of(contours: SliceContours, shape: tuple[int, int], spacing: tuple[float, float]) -> Wall:
    """The wall between the contours, rasterised on a slice's own pixels.

    Args:
        contours: Borders in plane mm.
        shape: (rows, columns) of the slice.
        spacing: (row, column) mm, > 0.

    Returns:
        The wall. Without endo (apex) the mask fills the epicardium and depth is
        1 - distance to epi / largest such distance.
    """
    centre = centre_of(contours)
    mask, cavity = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    depth = np.full(shape, np.nan, dtype=np.float32)
    x = np.arange(shape[1]) * spacing[1]
    y = np.arange(shape[0])[:, None] * spacing[0]
    angle = np.rad2deg(np.arctan2(centre[1] - y, x - centre[0])).astype(np.float32)
    angle[angle < 0] += np.float32(360)
    angle[angle >= 360] = 0

    points = polygons.as_points(contours.epi + contours.endo)
    r0, r1 = _span(points[:, 1], spacing[0])
    c0, c1 = _span(points[:, 0], spacing[1])
    if r0 < shape[0] and c0 < shape[1] and r1 > 0 and c1 > 0:
        finer = max(1, ceil(max(spacing) / COARSEST_MM - 1e-6))
        ys = _axis(r0 * finer, (r1 - 1) * finer + 1, spacing[0] / finer)
        xs = _axis(c0 * finer, (c1 - 1) * finer + 1, spacing[1] / finer)
        in_epi = polygons.inside_grid(contours.epi, xs, ys)
        in_endo = polygons.inside_grid(contours.endo, xs, ys)
        deep = _depth(contours, in_epi & ~in_endo, in_epi, xs, ys)
        here = (slice(max(r0, 0), min(r1, shape[0])), slice(max(c0, 0), min(c1, shape[1])))
        pick = (
            slice((here[0].start - r0) * finer, (here[0].stop - 1 - r0) * finer + 1, finer),
            slice((here[1].start - c0) * finer, (here[1].stop - 1 - c0) * finer + 1, finer),
        )
        mask[here] = (in_epi & ~in_endo)[pick]
        cavity[here] = in_endo[pick]
        depth[here] = deep[pick]
    for array in (mask, cavity, angle, depth):
        array.flags.writeable = False
    return Wall(mask, cavity, angle, depth, centre, (spacing[0], spacing[1]), contours)


def potential(
    contours: SliceContours, shape: tuple[int, int], spacing: tuple[float, float]
) -> Floats:
    """Laplace potential, 0 at endo and 1 at epi, NaN outside the wall; not the depth.

    Args:
        contours: Borders with a cavity.
        shape: (rows, columns).
        spacing: (row, column) mm.

    Returns:
        float64 `(rows, columns)`.
    """
    xs, ys = _axis(0, shape[1], spacing[1]), _axis(0, shape[0], spacing[0])
    in_epi = polygons.inside_grid(contours.epi, xs, ys)
    mask = in_epi & ~polygons.inside_grid(contours.endo, xs, ys)
    out = np.full(shape, np.nan)
    if mask.any():
        out[mask] = _Nodes(contours, mask, in_epi, xs, ys).potential()
    return out


def _axis(first: int, stop: int, step: float) -> Floats:
    return np.asarray(np.arange(first, stop) * step, dtype=np.float64)


def _span(values: Floats, step: float) -> tuple[int, int]:
    """First and past-last pixel that surround `values`, with a pixel to spare."""
    return int(np.floor(values.min() / step)) - 1, int(np.ceil(values.max() / step)) + 2


def _depth(contours: SliceContours, mask: Mask, in_epi: Mask, xs: Floats, ys: Floats) -> Floats:
    out = np.full(mask.shape, np.nan)
    if not mask.any():
        return out
    rows, columns = np.nonzero(mask)
    if not contours.endo:
        gap = polygons.distance(contours.epi, np.stack([xs[columns], ys[rows]], axis=1))
        out[mask] = 1 - gap / gap.max()
        return out
    nodes = _Nodes(contours, mask, in_epi, xs, ys)
    inner, outer = nodes.lengths()
    good = np.isfinite(inner) & np.isfinite(outer) & (inner >= 0) & (outer >= 0)
    good &= inner + outer > 0
    deep = np.zeros(len(rows))
    deep[good] = inner[good] / (inner + outer)[good]
    if not good.all():  # contours that cross leave islands without a streamline
        points = np.stack([xs[columns], ys[rows]], axis=1)[~good]
        to_endo = polygons.distance(contours.endo, points)
        to_epi = polygons.distance(contours.epi, points)
        deep[~good] = to_endo / np.maximum(to_endo + to_epi, 1e-9)
    out[mask] = np.clip(deep, 0, 1)
    return out


class _Nodes:
    """The wall's grid nodes with their four neighbours, or the contour where it is nearer.

    Arrays are `(4, n)` in the order left, right, up, down: `to` the neighbour's number or -1,
    `gap` the distance in mm to it or to the contour, `edge` the potential of that contour.
    """

    def __init__(
        self, contours: SliceContours, mask: Mask, in_epi: Mask, xs: Floats, ys: Floats
    ) -> None:
        rows, columns = np.nonzero(mask)
        self.count = len(rows)
        number = np.full((mask.shape[0] + 2, mask.shape[1] + 2), -1, dtype=np.int64)
        number[1:-1, 1:-1][mask] = np.arange(self.count)
        outside = np.pad(~in_epi, 1, constant_values=True)
        x, y = xs[columns], ys[rows]
        self.to = np.empty((4, self.count), dtype=np.int64)
        self.gap = np.empty((4, self.count))
        self.edge = np.zeros((4, self.count))
        step_x, step_y = xs[1] - xs[0], ys[1] - ys[0]
        for side, (dr, dc) in enumerate(((0, -1), (0, 1), (-1, 0), (1, 0))):
            self.to[side] = number[rows + 1 + dr, columns + 1 + dc]
            step = step_x if dc else step_y
            self.gap[side] = step
            beyond = outside[rows + 1 + dr, columns + 1 + dc]
            self.edge[side] = beyond
            for ring, cut in ((contours.epi, beyond), (contours.endo, ~beyond)):
                link = np.nonzero((self.to[side] < 0) & cut)[0]
                if len(link):
                    points = polygons.as_points(ring)
                    along, across = (x, y) if dc else (y, x)
                    flat = points if dc else points[:, ::-1]
                    self.gap[side, link] = _reach(
                        flat, along[link], across[link], float(dc or dr), step
                    )

    def _sides(self, values: Floats) -> Floats:
        """Potential of the four neighbours or contours, `(4, n)`."""
        return np.where(self.to >= 0, values[np.maximum(self.to, 0)], self.edge)

    def potential(self) -> Floats:
        """Solve the Laplace equation, 0 at endo and 1 at epi; `(n,)`."""
        left, right, up, down = self.gap
        weight = np.stack(
            [
                2 / (left * (left + right)),
                2 / (right * (left + right)),
                2 / (up * (up + down)),
                2 / (down * (up + down)),
            ]
        )
        known = (np.where(self.to < 0, weight * self.edge, 0)).sum(axis=0)
        return self._solve(weight.sum(axis=0), weight, self.to, known)

    def lengths(self) -> tuple[Floats, Floats]:
        """Length in mm of the streamline from endo to each node and from it to epi, `(n,)`."""
        values = self.potential()
        left, right, up, down = self.gap
        at_left, at_right, at_up, at_down = self._sides(values)
        slope_x = _slope(values, at_left, at_right, left, right)
        slope_y = _slope(values, at_up, at_down, up, down)
        steep = np.hypot(slope_x, slope_y)
        flat = steep < 1e-9
        steep[flat] = 1
        return (
            self._length(slope_x / steep, slope_y / steep, 0.0, flat),
            self._length(-slope_x / steep, -slope_y / steep, 1.0, flat),
        )

    def _length(self, tx: Floats, ty: Floats, start: float, flat: Mask) -> Floats:
        """Upwind solution of `t . grad L = 1` with L = 0 on the contour of potential `start`."""
        every = np.arange(self.count)
        side = np.stack([np.where(tx > 0, 0, 1), np.where(ty > 0, 2, 3)])
        to, gap, edge = self.to[side, every], self.gap[side, every], self.edge[side, every]
        weight = np.abs(np.stack([tx, ty])) / gap
        weight[(to < 0) & (edge != start)] = 0
        diagonal = weight.sum(axis=0)
        lost = flat | (diagonal < 1e-9)
        weight[:, lost] = 0
        diagonal[lost] = 1
        length = self._solve(diagonal * (1 + 1e-12), weight, to, np.where(lost, 0.0, 1.0))
        length[lost] = np.nan
        return length

    def _solve(self, diagonal: Floats, weight: Floats, to: Indices, known: Floats) -> Floats:
        """Solve `diagonal * u - sum(weight * u[to]) = known`."""
        side, node = np.nonzero((to >= 0) & (weight > 0))
        every = np.arange(self.count)
        matrix = csr_matrix(
            (
                np.concatenate([diagonal, -weight[side, node]]),
                (np.concatenate([every, node]), np.concatenate([every, to[side, node]])),
            ),
            shape=(self.count, self.count),
        )
        return np.asarray(spsolve(matrix.tocsc(), known)).reshape(self.count)


def _reach(flat: Floats, along: Floats, across: Floats, sign: float, step: float) -> Floats:
    """Distance from each node along one axis to the first crossing of a contour, <= `step`."""
    a1, b1 = flat.T
    a2, b2 = np.roll(flat, -1, axis=0).T
    spans = (b1 > across[:, None]) != (b2 > across[:, None])
    rise = np.where(b1 == b2, 1.0, b2 - b1)
    cross = a1 + (across[:, None] - b1) * (a2 - a1) / rise
    ahead = np.where(spans, (cross - along[:, None]) * sign, np.inf)
    nearest = np.where(ahead >= -1e-9, ahead, np.inf).min(axis=1)
    return np.asarray(np.clip(np.where(np.isfinite(nearest), nearest, step / 2), 1e-3 * step, step))


def _slope(here: Floats, before: Floats, after: Floats, back: Floats, ahead: Floats) -> Floats:
    """Second-order first derivative with uneven steps."""
    return np.asarray(
        (after * back**2 - before * ahead**2 + here * (ahead**2 - back**2))
        / (back * ahead * (back + ahead))
    )
