"""One slice of a heart as the scanner shows it, with its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lgesynth_gui.core.arrays import FloatArray, LabelMap, Mask
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.acquisition import Acquisition, acquire
from lgesynth_gui.phantom.heart import Heart
from lgesynth_gui.phantom.scarfield import Raggedness, scar_field
from lgesynth_gui.phantom.scene import Grid, Scene, paint_scene
from lgesynth_gui.phantom.tissue import Tissue
from lgesynth_gui.phantom.ventricle import Detail, paint_ventricle, truth

MARGIN = 8  # display pixels drawn around the picture, so that k-space does not fold detail in


@dataclass(frozen=True, eq=False)
class RenderedSlice:
    """One slice.

    Args:
        image: float32 `(rows, columns)`, scanner units.
        clean: The same slice, noise, shading and ghosts included, without the scar.
        labels: uint8, see `core.labels`.
        rv: Cavity of the right ventricle.
        depth: float32, NaN outside the wall.
    """

    image: FloatArray
    clean: FloatArray
    labels: LabelMap
    rv: Mask
    depth: FloatArray


@dataclass(frozen=True, eq=False)
class Patient:
    """A heart in its surroundings, with tissues and a way of measuring.

    Args:
        heart, scene, tissue, acquisition, detail, ragged: Their parameters.
        large: Chance that an infarct of this patient reaches beyond one territory.
    """

    heart: Heart
    scene: Scene
    tissue: Tissue
    acquisition: Acquisition
    detail: Detail
    ragged: Raggedness
    large: float = 0.0


def render_slice(
    patient: Patient,
    index: int,
    sketch: ScarSketch,
    axis: tuple[float, float],
    rng: np.random.Generator,
    size: tuple[int, int] = (128, 128),
    spacing: float = 1.0,
    again: np.random.Generator | None = None,
) -> RenderedSlice:
    """Draw, measure and label slice `index`.

    Args:
        patient: Whose.
        index: Slice of the heart.
        sketch: Scar; regions of other slices are ignored.
        axis: Plane mm (x, y) of the ventricle's axis in this slice.
        rng: Texture, noise and the scar's raggedness.
        size: (rows, columns) of the picture.
        spacing: mm of its square pixels.
        again: Noise of another measurement of the same slice; None takes that of `rng`.
    """
    heart, z = patient.heart, patient.heart.z_mm[index]
    step = spacing / 2
    shape = tuple(2 * (n + 2 * MARGIN) for n in size)
    padded = (axis[0] + MARGIN * spacing, axis[1] + MARGIN * spacing)
    fine = Grid.make((shape[0], shape[1]), step, padded)
    wall = float(heart.wall(np.array([z])).mean())
    middle = float(heart.endo(np.array([z])).mean()) + wall / 2
    field = scar_field(sketch, index, patient.ragged, middle, wall, rng)
    healthy, rv = paint_scene(patient.scene, heart, z, patient.tissue, fine, rng)
    scarred = paint_ventricle(healthy, heart, z, patient.tissue, field, patient.detail, fine, rng)
    out = (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN)
    versions = (healthy,) if field.empty else (healthy, scarred)
    measured = acquire(versions, step, out, patient.acquisition, patient.tissue, rng, again)
    inner = (slice(MARGIN, MARGIN + size[0]), slice(MARGIN, MARGIN + size[1]))
    labels, depth = truth(heart, z, field, Grid.make(size, spacing, axis))
    return RenderedSlice(
        image=np.ascontiguousarray(measured[-1][inner]),
        clean=np.ascontiguousarray(measured[0][inner]),
        labels=labels,
        rv=np.ascontiguousarray(rv[::2, ::2][inner]) & (labels == 0),
        depth=depth,
    )
