"""One heart as smooth functions of angle and height, so that neighbouring slices agree.

Angles are degrees counter-clockwise from the image's right; z is mm from base to apex. The
ventricle is a star-shaped body: each slice has an endocardial and an epicardial radius for every
angle about its axis. Priors: METHOD, geometry of the phantom.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from lgesynth_gui.core.contours import HeartContours, Polygon, SliceContours
from lgesynth_gui.core.labels import Level

ANGLES = 720  # samples around the ring
THICKNESS_MM = 8.0
STEP_MM = 10.0
NO_CAVITY_MM = 4.0  # mean endocardial radius below which a slice counts as the apex
VERTICES = 72  # of a contour
Floats = npt.NDArray[np.float64]

_THETA = np.arange(ANGLES) * (2 * np.pi / ANGLES)


@dataclass(frozen=True)
class Thinning:
    """A thinned piece of wall, as old infarcts leave it.

    Args:
        angle_deg, half_arc_deg: Middle and half width around the ring.
        z_mm, half_z_mm: Middle and half height.
        factor: Wall thickness that is left there, 0.4 to 1.
    """

    angle_deg: float
    half_arc_deg: float
    z_mm: float
    half_z_mm: float
    factor: float


@dataclass(frozen=True)
class Papillary:
    """A papillary muscle: a rod in the cavity.

    Args:
        angle_deg: Where it stands.
        radius_mm: Of the rod, 2 to 5.
        gap_mm: Blood between it and the wall; negative when it touches.
        stretch: Length over width of its cross-section.
        z_mm: From and to.
    """

    angle_deg: float
    radius_mm: float
    gap_mm: float
    stretch: float
    z_mm: tuple[float, float]


@dataclass(frozen=True)
class Heart:
    """Parameters of one heart; everything else follows from them.

    Args:
        length_mm: Base to apex.
        endo_mm: Endocardial radius at base, middle and near the apex.
        wobble: Rows of (order, amplitude, phase, twist over the length) of the endocardium.
        wall_mm: Mean wall thickness.
        uneven: Rows of (order, amplitude, phase) of the thickness.
        bulge_mm: Extra septal thickness (hypertrophy), 0 mostly.
        rotation_deg: Turn of the whole heart against the nominal pose, within 25.
        anterior_deg, inferior_deg: RV insertion angles.
        rv_depth_mm: Depth of the right ventricle at the base.
        rv_skew, rv_round: Shape of the crescent.
        rv_wall_mm: Its wall.
        fat_mm: Mean epicardial fat.
        fat_shape: Rows of (order, amplitude, phase) of the fat.
        lean_mm: Drift (x, y) of the ventricle's axis from base to apex in the image.
        shifts_mm: Breathing shift (x, y) of each slice.
        papillaries: None to six.
        thinning: A thinned piece of wall, or None.
        z_mm: Heights of the slices, base to apex.
        fat_side: Share of the fat all around, and what the right side has beyond it.
    """

    length_mm: float
    endo_mm: tuple[float, float, float]
    wobble: tuple[tuple[float, float, float, float], ...]
    wall_mm: float
    uneven: tuple[tuple[float, float, float], ...]
    bulge_mm: float
    rotation_deg: float
    anterior_deg: float
    inferior_deg: float
    rv_depth_mm: float
    rv_skew: float
    rv_round: float
    rv_wall_mm: float
    fat_mm: float
    fat_shape: tuple[tuple[float, float, float], ...]
    lean_mm: tuple[float, float]
    shifts_mm: tuple[tuple[float, float], ...]
    papillaries: tuple[Papillary, ...]
    z_mm: tuple[float, ...]
    thinning: Thinning | None = None
    fat_side: tuple[float, float] = (0.3, 0.7)

    @cached_property
    def _profile(self) -> PchipInterpolator:
        base, middle, apical = self.endo_mm
        places = np.array([-0.15, 0.0, 0.42, 0.78, 0.97, 1.2])
        return PchipInterpolator(places, [0.95 * base, base, middle, apical, 0.0, 0.0])

    @cached_property
    def _borders(self) -> tuple[Floats, Floats]:
        """Endocardial and epicardial radii `(slices, ANGLES)` of the stack."""
        z = np.array(self.z_mm)
        endo = self.endo(z)
        return endo, np.asarray(endo + self.wall(z))

    def endo(self, z: Floats) -> Floats:
        """Endocardial radii `(n, ANGLES)` mm at heights `(n,)`."""
        u = np.asarray(z, dtype=np.float64)[:, None] / self.length_mm
        shape = np.ones((len(u), ANGLES))
        for order, amplitude, phase, twist in self.wobble:
            shape += amplitude * np.cos(order * _THETA + phase + twist * u)
        return np.asarray(np.maximum(self._profile(u), 0.0) * shape)

    def wall(self, z: Floats) -> Floats:
        """Wall thickness `(n, ANGLES)` mm."""
        z = np.asarray(z, dtype=np.float64)[:, None]
        u = z / self.length_mm
        shape = np.ones((len(z), ANGLES))
        for order, amplitude, phase in self.uneven:
            shape += amplitude * np.cos(order * _THETA + phase)
        wall = self.wall_mm * shape * (1 - 0.3 * np.clip((u - 0.55) / 0.45, 0, 1))
        if self.bulge_mm:
            middle = self.anterior_deg + 0.5 * self.septum_deg
            wall += self.bulge_mm * _bump(middle, 50.0) * np.exp(-(((u - 0.3) / 0.35) ** 2))
        if self.thinning is not None:
            thin = self.thinning
            here = _bump(thin.angle_deg, thin.half_arc_deg) * np.exp(
                -(((z - thin.z_mm) / max(thin.half_z_mm, 5.0)) ** 4)
            )
            wall *= 1 - (1 - thin.factor) * here
        return np.asarray(np.clip(wall, 3.0, 26.0))

    def epi(self, z: Floats) -> Floats:
        """Epicardial radii `(n, ANGLES)` mm."""
        return np.asarray(self.endo(z) + self.wall(z))

    @property
    def septum_deg(self) -> float:
        """Angle between the insertions."""
        return (self.inferior_deg - self.anterior_deg) % 360.0

    def right_ventricle(self, z: float) -> tuple[Floats, Floats]:
        """Radii `(ANGLES,)` mm of the RV cavity's far side, and the thickness of its free wall.

        Both are 0 beyond the insertions.
        """
        u = float(np.clip(z / self.length_mm, 0, 1))
        shrink = 0.22 * self.septum_deg * u**2
        start, span = self.anterior_deg + shrink / 2, self.septum_deg - shrink
        t = ((np.rad2deg(_THETA) - start) % 360.0) / span
        inside = t < 1
        t = np.where(inside, t, 0.0)
        shape = np.sin(np.pi * t**self.rv_skew) ** self.rv_round
        depth = self.rv_depth_mm * max(0.0, 1 - 0.75 * u**1.7) * shape
        thin = self.rv_wall_mm * np.clip(depth / 4.0, 0, 1)
        return np.where(inside, depth, 0.0), np.where(inside, thin, 0.0)

    def fat(self, z: float) -> Floats:
        """Epicardial fat `(ANGLES,)` mm, more in the grooves at the insertions."""
        shape = np.ones(ANGLES)
        for order, amplitude, phase in self.fat_shape:
            shape += amplitude * np.cos(order * _THETA + phase + 0.01 * z)
        groove = _bump(self.anterior_deg, 16.0) + _bump(self.inferior_deg, 16.0)
        septum = _bump(self.anterior_deg + 0.5 * self.septum_deg, 115.0)
        shape *= self.fat_side[0] + self.fat_side[1] * septum
        return np.asarray(np.clip(self.fat_mm * (shape + 1.2 * groove), 0.0, 14.0))

    def axis(self, index: int) -> tuple[float, float]:
        """Offset (x, y) mm of the ventricle's axis in slice `index` against the stack's axis."""
        u = self.z_mm[index] / self.length_mm - 0.5
        shift = self.shifts_mm[index]
        return self.lean_mm[0] * u + shift[0], self.lean_mm[1] * u + shift[1]

    def centroid(self, z: float) -> tuple[float, float]:
        """Centre (x, y) mm of the area inside the epicardium, from the axis; y downwards."""
        epi = self.epi(np.array([z]))[0]
        area = float((epi**2).sum()) / 2
        x = float((epi**3 * np.cos(_THETA)).sum()) / 3 / area
        y = float((epi**3 * np.sin(_THETA)).sum()) / 3 / area
        return x, -y

    def closed(self, z: float) -> bool:
        """True where no cavity is left (apex)."""
        return float(self._profile(z / self.length_mm)) < NO_CAVITY_MM

    def contours(self, index: int, centre: tuple[float, float]) -> SliceContours:
        """Contours of slice `index` with the ventricle's axis at `centre` (x, y) plane mm."""
        inner, outer = self._borders
        endo, epi = inner[index], outer[index]
        closed = self.closed(self.z_mm[index])
        depth, _ = self.right_ventricle(self.z_mm[index])
        ends = [self._at(epi, angle, centre) for angle in (self.anterior_deg, self.inferior_deg)]
        weight = np.clip((epi + depth) ** 3 - epi**3, 0, None)
        area = np.maximum((epi + depth) ** 2 - epi**2, 1e-9)
        reach = np.where(depth > 0, 2 / 3 * weight / area, 0.0)
        share = area * (depth > 0)
        middle = None
        if share.sum() > 1.0:
            x = float((reach * np.cos(_THETA) * share).sum() / share.sum())
            y = float((reach * np.sin(_THETA) * share).sum() / share.sum())
            middle = (centre[0] + x, centre[1] - y)
        return SliceContours(
            endo=() if closed else _polygon(endo, centre),
            epi=_polygon(epi, centre),
            rv_anterior=ends[0],
            rv_inferior=ends[1],
            rv_centroid=middle,
            level=self.level(index),
            accepted=True,
        )

    @staticmethod
    def _at(radii: Floats, angle: float, centre: tuple[float, float]) -> tuple[float, float]:
        r = float(radii[round(angle * ANGLES / 360.0) % ANGLES])
        t = np.deg2rad(angle)
        return centre[0] + r * float(np.cos(t)), centre[1] - r * float(np.sin(t))

    @cached_property
    def _rings(self) -> list[int]:
        return [i for i, z in enumerate(self.z_mm) if not self.closed(z)]

    def level(self, index: int) -> Level:
        """Ring of a slice: thirds of the slices that have a cavity."""
        rings = self._rings
        if index not in rings:
            return Level.APEX
        basal = -(-len(rings) // 3)
        mid = -(-(len(rings) - basal) // 2)
        place = rings.index(index)
        return Level.BASAL if place < basal else Level.MID if place < basal + mid else Level.APICAL

    def stack(self, centre: tuple[float, float]) -> HeartContours:
        """Contours of all slices, the stack's axis at `centre` (x, y) plane mm."""
        slices = []
        for i in range(len(self.z_mm)):
            x, y = self.axis(i)
            slices.append(self.contours(i, (centre[0] + x, centre[1] + y)))
        return HeartContours(tuple(slices))

    def thinned(self, thinning: Thinning | None) -> Heart:
        """The same heart with a thinned piece of wall."""
        return replace(self, thinning=thinning)


def _bump(angle_deg: float, half_arc_deg: float) -> Floats:
    """Smooth hill `(ANGLES,)` around an angle, 1 in the middle."""
    away = (np.rad2deg(_THETA) - angle_deg + 180.0) % 360.0 - 180.0
    return np.asarray(np.exp(-((away / max(half_arc_deg, 1.0)) ** 4)))


def _polygon(radii: Floats, centre: tuple[float, float]) -> Polygon:
    step = ANGLES // VERTICES
    x = centre[0] + radii[::step] * np.cos(_THETA[::step])
    y = centre[1] - radii[::step] * np.sin(_THETA[::step])
    return tuple(zip(x.tolist(), y.tolist(), strict=True))


def draw_heart(
    rng: np.random.Generator, *, slices: int | None = None, hypertrophic: bool | None = None
) -> Heart:
    """Draw one heart.

    Args:
        rng: Decides everything.
        slices: Number of slices, 8 to 12; None lets the length decide.
        hypertrophic: Force a thick septum on or off.

    Returns:
        Its parameters.
    """
    length = float(rng.uniform(82, 112)) if slices is None else STEP_MM * slices + 8.0
    count = slices or int(np.clip(round(0.93 * length / STEP_MM), 8, 12))
    base = float(np.clip(rng.normal(24.0, 3.0), 18, 31))
    middle = float(np.clip(base * rng.uniform(0.88, 1.06), 16, 30))
    apical = float(np.clip(middle * rng.uniform(0.52, 0.75), 8, 20))
    thick = bool(rng.random() < 0.07) if hypertrophic is None else hypertrophic
    wall = float(np.clip(rng.normal(9.3, 1.6), 6, 13)) + (1.5 if thick else 0.0)
    rotation = float(rng.uniform(-25, 25))
    wobble = tuple(
        (
            float(order),
            float(abs(rng.normal(0, 0.06 / (order - 1)))),
            float(rng.uniform(0, 2 * np.pi)),
            float(rng.normal(0, 1.2)),
        )
        for order in (2, 3, 4, 5)
    )
    uneven = tuple(
        (float(k), float(abs(rng.normal(0, 0.115 / k**0.25))), float(rng.uniform(0, 2 * np.pi)))
        for k in (1, 2, 3, 4, 6)
    )
    papillaries = []
    for low, high in ((-35, 25), (222, 268)):
        for _ in range(int(rng.choice(4, p=[0.18, 0.46, 0.26, 0.1]))):
            start = float(rng.uniform(0.1, 0.35))
            papillaries.append(
                Papillary(
                    float(rng.uniform(low, high)) + rotation,
                    float(rng.uniform(1.4, 4.6)),
                    float(rng.uniform(-1.5, 2.5)),
                    float(rng.uniform(0.8, 1.6)),
                    (start * length, float(rng.uniform(0.55, 0.8)) * length),
                )
            )
    first = float(rng.uniform(2, 8)) if slices is None else 6.0
    spread = float(rng.choice([0.4, 1.0, 1.8]))
    return Heart(
        length_mm=length,
        endo_mm=(base, middle, apical),
        wobble=wobble,
        wall_mm=wall,
        uneven=uneven,
        bulge_mm=float(rng.uniform(4, 12)) if thick else 0.0,
        rotation_deg=rotation,
        anterior_deg=float(120 + np.clip(rng.normal(0, 8), -15, 15)) + rotation,
        inferior_deg=float(240 + np.clip(rng.normal(0, 8), -15, 15)) + rotation,
        rv_depth_mm=float(rng.uniform(15, 48)),
        rv_skew=float(rng.uniform(0.7, 1.6)),
        rv_round=float(rng.uniform(0.5, 1.15)),
        rv_wall_mm=float(rng.uniform(0.8, 3.2)),
        fat_mm=float(max(0.0, rng.normal(2.6, 2.2))),
        fat_shape=tuple(
            (float(k), float(rng.uniform(0, 0.55)), float(rng.uniform(0, 2 * np.pi)))
            for k in (1, 2, 3, 5)
        ),
        lean_mm=(float(rng.normal(0, 7)), float(rng.normal(0, 7))),
        shifts_mm=tuple(
            (float(x), float(y)) for x, y in np.clip(rng.normal(0, spread, (count, 2)), -3, 3)
        ),
        papillaries=tuple(papillaries),
        z_mm=tuple(first + STEP_MM * i for i in range(count)),
        fat_side=(float(rng.uniform(0.1, 0.6)), float(rng.uniform(-0.3, 0.35))),
    )
