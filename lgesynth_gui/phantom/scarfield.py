"""Scar as amounts over (angle, depth): ragged edges, speckle and border zone of a clean sketch."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from lgesynth_gui.anatomy.polygons import inside_grid
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.fields import smooth_field
from lgesynth_gui.phantom.heart import ANGLES

DEPTHS = 48
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ScarField:
    """Tables over `(depth, angle)`, shape `(DEPTHS, ANGLES)`.

    Args:
        label: 2 muscle, 3 scar, 4 no-reflow: the truth, before any blur.
        scar: Share of scar signal, 0 to 1.
        core: Share of no-reflow signal, 0 to 1.
    """

    label: LabelMap
    scar: Floats
    core: Floats

    @property
    def empty(self) -> bool:
        """True when no scar is left."""
        return not bool((self.label > Label.MYOCARDIUM).any())


@dataclass(frozen=True)
class Raggedness:
    """How a scar differs from its clean outline; all mm except the shares.

    Args:
        wobble_mm: Deviation of its edge.
        border_mm: Width of the border zone (deviation of the blur).
        speckle: Share by which the signal inside varies, 0 to 0.5.
        holes: Share of the inside that is muscle, 0 to 0.3.
        dim: How much of the speckle darkens rather than varies.
    """

    wobble_mm: float = 0.0
    border_mm: float = 0.4
    speckle: float = 0.0
    holes: float = 0.0
    dim: float = 0.5


def draw_raggedness(rng: np.random.Generator) -> Raggedness:
    """From clean to very irregular."""
    return Raggedness(
        wobble_mm=float(rng.uniform(0, 2.0)),
        border_mm=float(rng.uniform(0.2, 1.6)),
        speckle=float(rng.uniform(0, 0.4)),
        holes=float(rng.uniform(0.02, 0.25)) if rng.random() < 0.3 else 0.0,
        dim=0.2,
    )


def paint_table(sketch: ScarSketch, index: int) -> LabelMap:
    """The sketch of one slice over `(depth, angle)`, by the even-odd rule of all polygons."""
    table = np.full((DEPTHS, ANGLES), Label.MYOCARDIUM, dtype=np.uint8)
    depths = (np.arange(DEPTHS) + 0.5) / DEPTHS
    step = 360.0 / ANGLES
    for region in sketch.regions:
        if index not in region.slices:
            continue
        outline = np.asarray(region.outline, dtype=np.float64)
        low, high = outline[:, 0].min(), outline[:, 0].max()
        first, last = floor(low / step), ceil(high / step)
        angles = np.arange(first, last + 1)
        inside = inside_grid(outline, angles * step, depths)
        for start in range(0, len(angles), ANGLES):
            part = inside[:, start : start + ANGLES]
            columns = angles[start : start + ANGLES] % ANGLES
            block = table[:, columns]
            block[part] = region.label
            table[:, columns] = block
    return table


def scar_field(
    sketch: ScarSketch,
    index: int,
    ragged: Raggedness,
    radius_mm: float,
    wall_mm: float,
    rng: np.random.Generator,
) -> ScarField:
    """The scar of one slice as its signal sees it.

    Args:
        sketch: Clean regions.
        index: Slice.
        ragged: How it differs.
        radius_mm: Mean mid-wall radius, to turn mm into angle.
        wall_mm: Mean thickness, to turn mm into depth.
        rng: Source of the irregularity.
    """
    table = paint_table(sketch, index)
    shape = (DEPTHS, ANGLES)
    if (table == Label.MYOCARDIUM).all():
        blank = np.zeros(shape, dtype=np.float32)
        return ScarField(table, blank, blank)
    per_deg = np.deg2rad(360 / ANGLES) * max(radius_mm, 3.0)  # mm of one column
    per_row = max(wall_mm, 2.0) / DEPTHS
    cells = (max(1, round(wall_mm / 5)), max(6, round(2 * np.pi * radius_mm / 6)))
    if ragged.wobble_mm > 0.05:
        d_row = smooth_field(rng, shape, cells, periodic=True) * (ragged.wobble_mm / per_row)
        d_column = smooth_field(rng, shape, cells, periodic=True) * (ragged.wobble_mm / per_deg)
        rows = np.arange(DEPTHS)[:, None] + 0.6 * d_row
        columns = np.arange(ANGLES)[None] + 1.5 * d_column
        rows = np.clip(np.rint(rows), 0, DEPTHS - 1).astype(np.intp)
        table = table[rows, np.rint(columns).astype(np.intp) % ANGLES]
    fine = (max(2, round(wall_mm / 1.6)), max(8, round(2 * np.pi * radius_mm / 2.2)))
    grain = smooth_field(rng, shape, fine, periodic=True)
    if ragged.holes > 0:
        holes = (grain < np.quantile(grain, ragged.holes)) & (table == Label.SCAR)
        table = np.where(holes, Label.MYOCARDIUM, table).astype(np.uint8)
    sigma = (ragged.border_mm / per_row, ragged.border_mm / per_deg)
    any_scar = (table > Label.MYOCARDIUM).astype(np.float32)
    core = (table == Label.NO_REFLOW).astype(np.float32)
    modes = ["nearest", "wrap"]
    soft = ndimage.gaussian_filter(any_scar, sigma, mode=modes, truncate=2.5)
    if core.any():
        thin = (0.4 / per_row, 0.4 / per_deg)
        core = ndimage.gaussian_filter(core, thin, mode=modes, truncate=2.5)
    if ragged.speckle > 0:
        soft = soft * np.clip(1 + ragged.speckle * (grain - ragged.dim), 0.25, 1.1)
    return ScarField(table, np.clip(soft - core, 0, 1.1), core)
