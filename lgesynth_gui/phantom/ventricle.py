"""The left ventricle's wall and cavity: through-plane averaging, scar, papillaries, and truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.labels import Label
from lgesynth_gui.phantom.fields import smooth_field, smooth_ring
from lgesynth_gui.phantom.heart import ANGLES, THICKNESS_MM, Heart
from lgesynth_gui.phantom.mimics import Mimic, mimic_tables
from lgesynth_gui.phantom.scarfield import DEPTHS, ScarField
from lgesynth_gui.phantom.scene import Grid
from lgesynth_gui.phantom.tissue import Tissue

SUB_SLICES = 5
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Detail:
    """Appearance of the ventricle in one slice.

    Args:
        texture: Relative variation of healthy muscle, 0.02 to 0.07.
        blood_texture: Relative variation of blood.
        trabeculae_mm: Mean depth of trabeculae into the cavity.
        slant_deg_per_mm: How the scar turns with height.
        rim_shift: How the scar's depth changes with height, 1/mm.
        diffuse: Uptake of the whole wall (amyloid), 0 to 1.
        tilt_mm: (x, y) by how much the ventricle's axis leans within the slice's thickness.
        strands: Fine trabeculae in the cavity near the wall, 0 to 1.
        mimics: Bright spots of healthy muscle.
    """

    texture: float
    blood_texture: float
    trabeculae_mm: float
    slant_deg_per_mm: float
    rim_shift: float
    diffuse: float = 0.0
    tilt_mm: tuple[float, float] = (0.0, 0.0)
    strands: float = 0.0
    mimics: tuple[Mimic, ...] = ()


def draw_detail(
    rng: np.random.Generator,
    trabeculae: float,
    amyloid: bool,
    mimics: tuple[Mimic, ...] = (),
) -> Detail:
    """Draw the appearance; `trabeculae` is the heart's strength, 0 to 1."""
    lean, towards = THICKNESS_MM * np.tan(np.deg2rad(rng.uniform(0, 25))), rng.uniform(0, 2 * np.pi)
    return Detail(
        texture=float(rng.uniform(0.02, 0.12)),
        blood_texture=float(rng.uniform(0.0, 0.17)),
        trabeculae_mm=float(rng.uniform(0.3, 2.4)) * trabeculae,
        slant_deg_per_mm=float(rng.normal(0, 0.8)),
        rim_shift=float(rng.normal(0, 0.012)),
        diffuse=float(rng.uniform(0.25, 0.8)) if amyloid else 0.0,
        tilt_mm=(float(lean * np.cos(towards)), float(lean * np.sin(towards))),
        strands=float(rng.uniform(0, 1.2)) * trabeculae,
        mimics=mimics,
    )


def _window(grid: Grid, reach: float) -> tuple[slice, slice]:
    """Rows and columns within `reach` mm of the axis."""
    rows = np.flatnonzero(np.abs(grid.y[:, 0]) <= reach)
    columns = np.flatnonzero(np.abs(grid.x[0]) <= reach)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def paint_ventricle(
    healthy: Floats,
    heart: Heart,
    z: float,
    tissue: Tissue,
    field: ScarField,
    detail: Detail,
    grid: Grid,
    rng: np.random.Generator,
) -> Floats:
    """Paint wall and cavity into `healthy` in place; return the same picture with the scar.

    Args:
        healthy: Signed signal with everything but the ventricle.
        heart: Its shape.
        z: Height of the slice's middle.
        tissue: Signals.
        field: Scar over (depth, angle).
        detail: Appearance.
        grid: Pixels.
        rng: Texture and trabeculae.
    """
    reach = float(heart.epi(np.array([z]))[0].max()) + 6.0
    here = _window(grid, reach)
    radius, column = grid.radius[here], grid.column[here]
    small = Grid(grid.x[:, here[1]], grid.y[here[0]], radius, column, grid.step)
    offsets = ((np.arange(SUB_SLICES) + 0.5) / SUB_SLICES - 0.5) * THICKNESS_MM
    endo = heart.endo(z + offsets).astype(np.float32)
    wall = heart.wall(z + offsets).astype(np.float32)
    if detail.tilt_mm != (0.0, 0.0):
        endo += _tilt(detail.tilt_mm, offsets)
    shape = radius.shape

    def texture(cell_mm: float) -> Floats:
        cells = max(1, round(shape[0] * grid.step / cell_mm))
        return smooth_field(rng, shape, (cells, cells))

    grain = 0.7 * texture(3.0) + 0.7 * texture(9.0)
    muscle = np.float32(tissue.muscle) + np.float32(detail.texture * tissue.scar) * grain
    if detail.diffuse > 0:
        uptake = np.clip(detail.diffuse * (0.55 + 0.3 * texture(11.0)), 0, 1)
        muscle = muscle + (tissue.scar - muscle) * uptake
    blood = np.float32(tissue.blood) * (1 + np.float32(detail.blood_texture) * texture(8.0))
    if detail.strands > 0:
        edge = np.clip(1.2 - (endo.mean(axis=0)[column] - radius) / 9.0, 0, 1)
        strands = np.clip((texture(3.6) - 1.0) * 1.8, 0, 1) * edge * np.float32(detail.strands)
        blood = blood + (muscle - blood) * strands
    if detail.mimics:
        muscle = _mixed(muscle, detail.mimics, tissue, small, endo, wall, rng)
    pillars = _papillaries(heart, z, small, float(endo.mean()))
    blood = blood + (muscle - blood) * pillars
    scarred = muscle + 0.0
    teeth = np.abs(smooth_ring(rng, ANGLES, 26)) * np.float32(detail.trabeculae_mm)
    teeth = np.minimum(teeth, 0.35 * endo.mean())

    base = healthy[here]
    plain, marked = np.zeros_like(base), np.zeros_like(base)
    width = np.float32(grid.step)
    weight = np.float32(1 / SUB_SLICES)
    quiet = field.empty
    for k, offset in enumerate(offsets):
        inner = endo[k][column]
        thick = wall[k][column]
        inside_epi = np.clip((inner + thick - radius) / width + 0.5, 0, 1)
        inside_endo = np.clip(((endo[k] - teeth)[column] - radius) / width + 0.5, 0, 1)
        cavity = inside_endo * (endo[k].mean() > 1.5)
        part = base + (muscle - base) * inside_epi
        part += (blood - part) * cavity
        plain += part * weight
        if quiet:
            continue
        depth = (radius - inner) / thick + np.float32(detail.rim_shift * offset)
        row = np.clip(depth * DEPTHS, 0, DEPTHS - 1).astype(np.intp)
        turn = round(detail.slant_deg_per_mm * float(offset) * ANGLES / 360.0)
        place = row * ANGLES + (column + turn) % ANGLES
        scarred = muscle + (tissue.scar * (1 + 0.05 * grain) - muscle) * field.scar.ravel()[place]
        scarred += (tissue.core - muscle) * field.core.ravel()[place]
        inside_true = np.clip((inner - radius) / width + 0.5, 0, 1)
        scarred += (muscle - scarred) * inside_true  # trabeculae stay muscle
        part = base + (scarred - base) * inside_epi
        part += (blood - part) * cavity
        marked += part * weight
    healthy[here] = plain
    if quiet:
        return healthy.copy()
    scar_picture = healthy.copy()
    scar_picture[here] = marked
    return scar_picture


def _tilt(tilt_mm: tuple[float, float], offsets: npt.NDArray[np.float64]) -> Floats:
    """What a leaning axis adds to the radii `(n, ANGLES)` at heights beside the middle."""
    theta = np.arange(ANGLES) * (2 * np.pi / ANGLES)
    lean = tilt_mm[0] * np.cos(theta) - tilt_mm[1] * np.sin(theta)
    return np.asarray(offsets[:, None] / THICKNESS_MM * lean[None], dtype=np.float32)


def _mixed(
    muscle: Floats,
    mimics: tuple[Mimic, ...],
    tissue: Tissue,
    grid: Grid,
    endo: Floats,
    wall: Floats,
    rng: np.random.Generator,
) -> Floats:
    """Muscle with its bright neighbours mixed in."""
    inner, thick = endo.mean(axis=0), wall.mean(axis=0)
    blood, fat = mimic_tables(mimics, float(thick.mean()), rng)
    depth = (grid.radius - inner[grid.column]) / thick[grid.column]
    row = np.clip(depth * DEPTHS, 0, DEPTHS - 1).astype(np.intp)
    place = row * ANGLES + grid.column
    muscle = muscle + (np.float32(tissue.blood) - muscle) * blood.ravel()[place]
    return np.asarray(muscle + (np.float32(tissue.fat) - muscle) * fat.ravel()[place])


def _papillaries(heart: Heart, z: float, grid: Grid, radius_mm: float) -> Floats:
    """Share of papillary muscle in each pixel."""
    share = np.zeros(grid.radius.shape, dtype=np.float32)
    ring = heart.endo(np.array([z]))[0]
    for one in heart.papillaries:
        low, high = one.z_mm
        fade = float(np.clip(min(z - low, high - z) / 6.0 + 0.5, 0, 1))
        if fade == 0 or radius_mm < 9:
            continue
        angle = np.deg2rad(one.angle_deg)
        size = one.radius_mm * (0.6 + 0.4 * fade)
        far = float(ring[round(one.angle_deg * ANGLES / 360) % ANGLES])
        far = max(far - one.gap_mm - size * one.stretch, 0.0)
        ux, uy = float(np.cos(angle)), -float(np.sin(angle))
        along = (grid.x - np.float32(far * ux)) * np.float32(ux) + (
            grid.y - np.float32(far * uy)
        ) * np.float32(uy)
        across = (grid.x - np.float32(far * ux)) * np.float32(-uy) + (
            grid.y - np.float32(far * uy)
        ) * np.float32(ux)
        away = np.sqrt((along / np.float32(one.stretch)) ** 2 + across**2)
        share = np.maximum(share, grid.share(np.float32(size) - away, 0.6) * np.float32(fade))
    return share


def truth(
    heart: Heart, z: float, field: ScarField, grid: Grid
) -> tuple[LabelMap, npt.NDArray[np.float32]]:
    """Labels and analytic depth of a slice from its unblurred geometry.

    Args:
        heart: Its shape.
        z: Height.
        field: Scar.
        grid: The display grid.

    Returns:
        Label map (majority of four points a pixel), and depth `(r - endo)/(epi - endo)` at the
        pixels' centres, NaN outside the wall. It differs a little from the Laplace depth where
        the wall's thickness changes quickly.
    """
    shape = grid.radius.shape
    endo = heart.endo(np.array([z]))[0].astype(np.float32)
    if heart.closed(z):
        endo = np.zeros_like(endo)
    epi = heart.epi(np.array([z]))[0].astype(np.float32)
    here = _window(grid, float(epi.max()) + 2 * grid.step)
    quarter = np.float32(grid.step / 4)
    votes = np.zeros((5, *grid.radius[here].shape), dtype=np.uint8)
    for dx in (-quarter, quarter):
        for dy in (-quarter, quarter):
            found, _ = _classes(grid.x[:, here[1]] + dx, grid.y[here[0]] + dy, endo, epi, field)
            for label in range(5):
                votes[label] += found == label
    labels = np.zeros(shape, dtype=np.uint8)
    labels[here] = 4 - np.argmax(votes[::-1], axis=0)
    depth = np.full(shape, np.nan, dtype=np.float32)
    _, deep = _classes(grid.x[:, here[1]], grid.y[here[0]], endo, epi, field)
    wall = labels[here] >= Label.MYOCARDIUM
    depth[here] = np.where(wall, np.clip(deep, 0, 1), np.nan)
    return labels, depth


def _classes(
    x: Floats, y: Floats, endo: Floats, epi: Floats, field: ScarField
) -> tuple[LabelMap, Floats]:
    """Label and depth of points."""
    radius = np.sqrt(x * x + y * y)
    turns = np.rint(np.arctan2(-y, x) * np.float32(ANGLES / (2 * np.pi))).astype(np.intp)
    column = turns % ANGLES
    inner = endo[column]
    depth = (radius - inner) / (epi[column] - inner)
    row = np.clip(depth * DEPTHS, 0, DEPTHS - 1).astype(np.intp)
    label = field.label.ravel()[row * ANGLES + column]
    label = np.where(depth < 0, Label.BLOOD, np.where(depth > 1, Label.BACKGROUND, label))
    return label.astype(np.uint8), depth
