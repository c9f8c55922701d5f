"""What lies around the left ventricle: right heart, fat, lung, chest wall, diaphragm, liver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.phantom.fields import smooth_field
from lgesynth_gui.phantom.heart import ANGLES, Heart
from lgesynth_gui.phantom.tissue import TYPICAL, Ranges, Tissue

Floats = npt.NDArray[np.floating[Any]]
Radii = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """Pixels of one picture in polar coordinates about the ventricle's axis.

    Args:
        x, y: mm from the axis, to the right and down, shapes `(1, columns)` and `(rows, 1)`.
        radius: mm `(rows, columns)`.
        column: Index into ring tables of ANGLES samples.
        step: mm between pixels.
    """

    x: Floats
    y: Floats
    radius: Floats
    column: npt.NDArray[np.intp]
    step: float

    @classmethod
    def make(cls, shape: tuple[int, int], step: float, axis: tuple[float, float]) -> Grid:
        """A grid whose pixel (0, 0) lies at the origin and the axis at `axis` (x, y) mm."""
        x = (np.arange(shape[1], dtype=np.float32) * np.float32(step) - np.float32(axis[0]))[None]
        y = np.arange(shape[0], dtype=np.float32)[:, None] * np.float32(step) - np.float32(axis[1])
        radius = np.sqrt(x * x + y * y)
        turns = np.arctan2(-y, x) * np.float32(ANGLES / (2 * np.pi))
        column = np.rint(turns).astype(np.intp)
        column[column < 0] += ANGLES
        column[column >= ANGLES] -= ANGLES
        return cls(x, y, radius, column, step)

    def inside(self, radii: npt.NDArray[np.floating], soft: float = 0.0) -> Floats:
        """Share of each pixel within a ring of radii `(ANGLES,)`; `soft` mm widens the edge."""
        table = radii.astype(np.float32)
        width = np.float32(self.step + soft)
        return np.asarray(np.clip((table[self.column] - self.radius) / width + 0.5, 0, 1))

    def share(self, distance: Floats, soft: float = 0.0) -> Floats:
        """Share of each pixel where a signed distance (mm) is positive."""
        return np.asarray(np.clip(distance / np.float32(self.step + soft) + 0.5, 0, 1))


@dataclass(frozen=True)
class Scene:
    """Parameters of the surroundings; angles like the heart's, lengths in mm.

    Args:
        chest_deg: Direction of the nearest chest wall.
        chest_mm: From the heart's surface to it.
        body_mm: Half axes of the body's oval.
        skin_fat_mm, chest_muscle_mm: Layers of the chest wall.
        ribs: Around the body.
        front_fat_mm: Mediastinal fat towards the chest wall.
        corner_fat_mm: Fat in the corner above the diaphragm.
        down_deg: Normal of the diaphragm.
        gap_mm: From the heart's surface to the diaphragm.
        dome: Curvature of the diaphragm, 1/mm.
        liver_edge_mm: Where along the diaphragm the liver ends and the stomach begins.
        stomach_mm: Half axes of the stomach, and how deep it lies.
        stomach_air: The stomach holds gas.
        aorta: (angle, distance, radius) or None.
        vessels: In the lung.
        pericardium: Darkness of the line around the fat, 0 to 1.
        trabeculae: Strength in both ventricles, 0 to 1.
        seed: Of the small detail, so that it stays with the heart.
        vessel_mm: Greatest length of the lung's vessels; 0 cuts all of them across.
        folds: Contrast of the folds of the stomach's wall, 0 to 1.
        clutter: Patches of tissue that has no name here: neighbours the slice cuts at a slant.
        line: Signal of the pericardial line between nothing (0) and fluid (1).
        voids: Dark gaps among them: air, fluid, lines where fat meets water.
        lumps: How uneven fat is, 0 to 1.
    """

    chest_deg: float
    chest_mm: float
    body_mm: tuple[float, float]
    skin_fat_mm: float
    chest_muscle_mm: float
    ribs: int
    front_fat_mm: float
    corner_fat_mm: float
    down_deg: float
    gap_mm: float
    dome: float
    liver_edge_mm: float
    stomach_mm: tuple[float, float, float]
    stomach_air: bool
    aorta: tuple[float, float, float] | None
    vessels: int
    pericardium: float
    trabeculae: float
    seed: int
    vessel_mm: float = 0.0
    folds: float = 0.0
    clutter: int = 0
    line: float = 0.0
    voids: int = 0
    lumps: float = 0.0


def draw_scene(rng: np.random.Generator, ranges: Ranges = TYPICAL) -> Scene:
    """Draw the surroundings of one heart."""
    aorta = None
    if rng.random() < 0.3:
        aorta = (
            float(rng.uniform(-50, -15)),
            float(rng.uniform(60, 80)),
            float(rng.uniform(9, 13)),
        )
    return Scene(
        chest_deg=float(rng.uniform(105, 190)),
        chest_mm=float(28 * rng.random() ** 1.6 - 3),
        body_mm=(float(rng.uniform(115, 145)), float(rng.uniform(160, 220))),
        skin_fat_mm=float(rng.uniform(6, 28)),
        chest_muscle_mm=float(rng.uniform(9, 18)),
        ribs=int(rng.integers(18, 30)),
        front_fat_mm=float(max(0.0, rng.normal(0, 6))),
        corner_fat_mm=float(max(0.0, rng.normal(0, 6))),
        down_deg=float(rng.uniform(245, 325)),
        gap_mm=float(max(-2.0, rng.normal(1, 4))),
        dome=float(rng.uniform(-0.001, 0.004)),
        liver_edge_mm=float(rng.uniform(-15, 60)),
        stomach_mm=(
            float(rng.uniform(18, 45)),
            float(rng.uniform(12, 28)),
            float(rng.uniform(12, 30)),
        ),
        stomach_air=bool(rng.random() < 0.6),
        aorta=aorta,
        vessels=int(rng.integers(4, 50)),
        pericardium=float(rng.uniform(0, 0.9)),
        trabeculae=float(rng.uniform(0.1, 1.0)),
        seed=int(rng.integers(2**31)),
        vessel_mm=float(rng.uniform(0, 12)),
        folds=float(rng.uniform(0, 1)),
        clutter=int(rng.integers(0, ranges.clutter + 1)),
        line=float(rng.uniform(0, 1)),
        voids=int(rng.integers(1, ranges.clutter + 1)),
        lumps=float(rng.uniform(0, 0.9)),
    )


def paint_scene(
    scene: Scene, heart: Heart, z: float, tissue: Tissue, grid: Grid, rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The picture without the left ventricle's wall and cavity.

    Args:
        scene: Surroundings.
        heart: Its heart.
        z: Height of the slice.
        tissue: Signals.
        grid: Pixels.
        rng: Fine detail of this slice.

    Returns:
        Signed signal float32, and the right ventricle's cavity.
    """
    shape = (grid.y.shape[0], grid.x.shape[1])
    field_mm = (shape[0] * grid.step, shape[1] * grid.step)

    def texture(cell_mm: float) -> Floats:
        cells = max(1, round(field_mm[0] / cell_mm)), max(1, round(field_mm[1] / cell_mm))
        return smooth_field(rng, shape, cells)

    epi = heart.epi(np.array([z]))[0]
    depth, free_wall = heart.right_ventricle(z)
    hull = epi + depth + free_wall
    sac = _sac(scene, heart, z)

    coarse, fine = texture(14.0), texture(2.6)
    picture = np.full(shape, tissue.lung, dtype=np.float32)
    picture *= 1 + 0.5 * fine + 0.4 * coarse
    _paint_vessels(picture, scene, tissue, grid)
    if scene.aorta is not None:
        angle, far, wide = scene.aorta
        _blend(picture, tissue.blood, grid.share(wide - _distance(grid, angle, far)))
    rest = 0.5 * (sac + _sac(scene, heart, 0.35 * heart.length_mm))
    _paint_below(picture, scene, tissue, grid, rest, coarse, fine)
    _paint_chest(picture, scene, tissue, grid, rest, coarse, fine)
    if scene.clutter or scene.voids:
        _paint_clutter(picture, scene, tissue, grid, fine)

    inside = grid.inside(sac, 0.8)
    streaks = np.clip(1 + 0.07 * fine + 0.1 * coarse, 0.2, None)
    if scene.lumps > 0:
        streaks *= np.clip(1 + np.float32(scene.lumps) * texture(8.0), 0.25, 1.6)
    picture += (tissue.fat * streaks - picture) * inside
    if scene.pericardium > 0.05:
        line = np.abs(sac.astype(np.float32)[grid.column] - grid.radius)
        share = scene.pericardium * np.exp(-((line / 1.1) ** 2))
        picture *= 1 - share
        if scene.line > 0:
            picture += min(tissue.core, 0.0) * scene.line * share
    muscle = np.float32(tissue.muscle) * (1 + 0.05 * fine)
    picture += (muscle - picture) * grid.inside(hull, 0.5)
    cavity = grid.inside(epi + depth, 0.8)
    cavity *= (depth > 0.5).astype(np.float32)[grid.column]
    blood = tissue.blood * (1 + 0.03 * coarse)
    edge = np.clip(1.4 - ((epi + depth).astype(np.float32)[grid.column] - grid.radius) / 9.0, 0, 1)
    strands = np.clip((texture(4.5) - 0.9) * 1.6, 0, 1) * edge * np.float32(scene.trabeculae)
    blood = blood + (tissue.muscle - blood) * strands
    picture += (blood - picture) * cavity
    wall_side = epi.astype(np.float32)[grid.column]
    return picture, np.asarray((cavity > 0.5) & (grid.radius > wall_side))


def _sac(scene: Scene, heart: Heart, z: float) -> Radii:
    """Radii of the outer border of the fat around both ventricles."""
    depth, free_wall = heart.right_ventricle(z)
    fat = heart.fat(z)
    theta: Radii = np.asarray(np.arange(ANGLES) * (360.0 / ANGLES), dtype=np.float64)
    front: Any = _hill(theta, scene.chest_deg, 45.0)
    corner: Any = _hill(theta, scene.down_deg - 50.0, 28.0)
    more = scene.front_fat_mm * front + scene.corner_fat_mm * corner
    epi = heart.epi(np.array([z]))[0]
    return _ring_blur(np.asarray(epi + depth + free_wall + fat + more), 9)


def _blend(picture: Floats, value: float | Floats, share: Floats) -> None:
    picture += (value - picture) * share


def _hill(theta: Radii, angle: float, half: float) -> Radii:
    away: Radii = (theta - angle + 180.0) % 360.0 - 180.0
    return np.asarray(np.exp(-((away / half) ** 2)))


def _ring_blur(radii: Radii, half: int) -> Radii:
    """Mean over 2 half + 1 samples of a ring."""
    padded = np.concatenate([radii[-half - 1 :], radii, radii[:half]])
    total = np.cumsum(padded)
    return np.asarray((total[2 * half + 1 :] - total[: -2 * half - 1]) / (2 * half + 1))


def _direction(angle: float) -> tuple[float, float]:
    t = np.deg2rad(angle)
    return float(np.cos(t)), -float(np.sin(t))


def _distance(grid: Grid, angle: float, far: float) -> Floats:
    ux, uy = _direction(angle)
    return np.asarray(np.hypot(grid.x - np.float32(far * ux), grid.y - np.float32(far * uy)))


def _reach(sac: Radii, angle: float) -> float:
    """How far the heart extends in a direction (support function)."""
    away = np.deg2rad(np.arange(ANGLES) * (360.0 / ANGLES) - angle)
    return float((sac * np.cos(away)).max())


def _paint_vessels(picture: Floats, scene: Scene, tissue: Tissue, grid: Grid) -> None:
    """Bright dots in the lung, always at the same place of a heart."""
    rng = np.random.default_rng(scene.seed)
    rows, columns = picture.shape
    runs = scene.vessel_mm > 0
    for _ in range(scene.vessels):
        x, y = rng.uniform(-110, 110, 2)
        radius, bright = rng.uniform(0.6, 1.9), rng.uniform(0.3, 1.0)
        turn, long = (rng.uniform(0, np.pi), rng.uniform(0, scene.vessel_mm)) if runs else (0, 0)
        column = round((x - float(grid.x[0, 0])) / grid.step)
        row = round((y - float(grid.y[0, 0])) / grid.step)
        reach = int((radius + long / 2) / grid.step) + 2
        here = (
            slice(max(row - reach, 0), max(min(row + reach + 1, rows), 0)),
            slice(max(column - reach, 0), max(min(column + reach + 1, columns), 0)),
        )
        if picture[here].size:
            dx, dy = grid.x[:, here[1]] - np.float32(x), grid.y[here[0]] - np.float32(y)
            if runs:
                ux, uy = np.float32(np.cos(turn)), np.float32(np.sin(turn))
                along = np.clip(dx * ux + dy * uy, -long / 2, long / 2)
                dx, dy = dx - along * ux, dy - along * uy
            away = np.hypot(dx, dy)
            _blend(picture[here], bright * tissue.blood, grid.share(np.float32(radius) - away, 0.6))


def _paint_below(
    picture: Floats,
    scene: Scene,
    tissue: Tissue,
    grid: Grid,
    sac: Radii,
    coarse: Floats,
    fine: Floats,
) -> None:
    """Diaphragm, liver and stomach."""
    ux, uy = _direction(scene.down_deg)
    along = uy * grid.x - ux * grid.y  # to the image's right
    down = ux * grid.x + uy * grid.y
    level = np.float32(_reach(sac, scene.down_deg) + scene.gap_mm)
    under = down - level - np.float32(scene.dome) * along * along + 0.9 * coarse
    _blend(picture, tissue.skeletal, grid.share(under + 1.8, 0.4))
    liver = tissue.liver * (1 + 0.05 * fine + 0.04 * coarse)
    vein = np.clip((coarse - 1.5) * 2, 0, 1)
    liver = liver + (tissue.blood - liver) * vein * 0.6
    _blend(picture, liver, grid.share(under))
    right = along - np.float32(scene.liver_edge_mm) + 4 * coarse
    spread = tissue.fat * (0.75 + 0.08 * fine)
    _blend(picture, spread, grid.share(under) * grid.share(right, 1.0))
    half_x, half_y, deep = scene.stomach_mm
    oval = np.sqrt(
        ((along - np.float32(scene.liver_edge_mm + half_x + 6)) / half_x) ** 2
        + ((down - level - np.float32(deep)) / half_y) ** 2
    )
    oval = (1 - oval) * np.float32(min(half_x, half_y)) + 1.2 * coarse
    below = grid.share(under - 1.0)
    _blend(picture, tissue.skeletal * 1.05, grid.share(oval) * below)
    content = (0.12 if scene.stomach_air else 1.0) * tissue.stomach * (1 + 0.25 * fine)
    if scene.folds > 0:
        around = np.arctan2(down - level - np.float32(deep), along - np.float32(half_x + 6))
        ridge = np.clip(np.cos(9 * around + 2 * coarse) * 2, 0, 1) * np.float32(scene.folds)
        content = content + (tissue.skeletal - content) * ridge
    _blend(picture, content, grid.share(oval - 3.0) * below)


def _paint_clutter(picture: Floats, scene: Scene, tissue: Tissue, grid: Grid, fine: Floats) -> None:
    """Patches of any tissue, some with a dark outline, at the same place of a heart."""
    rng = np.random.default_rng((scene.seed, 1))
    kinds = (tissue.fat, tissue.blood, tissue.skeletal, tissue.liver, tissue.lung, tissue.stomach)
    rows, columns = picture.shape
    grainy = 1 + np.float32(0.08) * fine

    def field(cell: float) -> Floats:
        cells = max(1, round(rows * grid.step / cell)), max(1, round(columns * grid.step / cell))
        return smooth_field(rng, (rows, columns), cells)

    for k in range(scene.clutter + scene.voids):
        void = k >= scene.clutter
        cell, level = rng.uniform(12, 55), rng.uniform(1.0, 2.0) if void else rng.uniform(0.3, 1.5)
        kind = kinds[int(rng.choice(len(kinds), p=(0.35, 0.15, 0.2, 0.15, 0.1, 0.05)))]
        value, outline = kind * rng.uniform(0.7, 1.2), rng.uniform(0, 0.8) * rng.integers(0, 2)
        if void:
            value = min(tissue.core, 0.0) * max(0.0, rng.uniform(-0.7, 1.5))
        ragged = field(cell) + np.float32(rng.uniform(0, 0.22)) * field(cell / 4)
        inner = (ragged - np.float32(level)) * np.float32(0.4 * cell)  # about mm from the edge
        _blend(picture, np.float32(value) * grainy, grid.share(inner, 0.8))
        if outline > 0:
            picture *= 1 - np.float32(outline) * np.exp(-((inner / 1.2) ** 2))


def _paint_chest(
    picture: Floats,
    scene: Scene,
    tissue: Tissue,
    grid: Grid,
    sac: Radii,
    coarse: Floats,
    fine: Floats,
) -> None:
    """The chest wall, and air outside the body."""
    ux, uy = _direction(scene.chest_deg)
    a, b = scene.body_mm
    wall = scene.skin_fat_mm + scene.chest_muscle_mm
    support = float(np.hypot(a * ux, b * uy))  # the oval's extent towards the chest
    near = _reach(sac, scene.chest_deg) + scene.chest_mm + wall
    touch = (a * a * ux / support, b * b * uy / support)  # where the oval's normal is (ux, uy)
    x0, y0 = near * ux - touch[0], near * uy - touch[1]
    qx, qy = (grid.x - np.float32(x0)) / np.float32(a), (grid.y - np.float32(y0)) / np.float32(b)
    q = np.sqrt(qx * qx + qy * qy)
    slope = np.sqrt((qx / a) ** 2 + (qy / b) ** 2) / np.maximum(q, 1e-3)
    deep = (1 - q) / np.maximum(slope, np.float32(1e-3)) + 0.6 * coarse  # mm below the skin
    if float(deep.min()) > wall + 8:
        return
    inner = deep - np.float32(wall)
    outside = grid.share(-inner, 0.4)
    muscle = tissue.skeletal * (1 + 0.08 * fine)
    around = np.arctan2(qy, qx) * np.float32(scene.ribs)
    middle = np.float32(scene.skin_fat_mm + 0.55 * scene.chest_muscle_mm)
    rib = np.cos(around + 1.3 * coarse) * 3.0 + coarse - np.abs(deep - middle)
    _blend(picture, muscle, outside)
    _blend(picture, tissue.fat * 0.55, grid.share(rib, 1.0) * outside)
    _blend(picture, 0.03, np.exp(-((rib / 1.2) ** 2)) * outside * 0.8)
    fat = tissue.fat * (1 + 0.06 * fine + 0.05 * coarse)
    _blend(picture, fat, grid.share(np.float32(scene.skin_fat_mm) - deep, 0.6))
    _blend(picture, 0.0, grid.share(-deep, 0.6))
