"""Draws a whole patient, and a scar that suits the heart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lgesynth_gui.anatomy.patterns import draw_pattern, load_patterns, pattern_named
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.acquisition import draw_acquisition
from lgesynth_gui.phantom.heart import Heart, Thinning, draw_heart
from lgesynth_gui.phantom.mimics import draw_mimics
from lgesynth_gui.phantom.render import Patient
from lgesynth_gui.phantom.scarfield import Raggedness, draw_raggedness
from lgesynth_gui.phantom.scene import draw_scene
from lgesynth_gui.phantom.tissue import TYPICAL, Ranges, draw_tissue
from lgesynth_gui.phantom.ventricle import draw_detail

_OLD_INFARCT = ("ischaemic_subendocardial", "ischaemic_transmural")
_INFARCT = (*_OLD_INFARCT, "acute_no_reflow")
_STRETCH = (1.3, 4.0)
_WIDEST_DEG = 270.0


def draw_patient(
    rng: np.random.Generator, ranges: Ranges = TYPICAL, *, slices: int | None = None
) -> Patient:
    """Draw a heart, its surroundings, tissues and measurement.

    Args:
        rng: Decides everything.
        ranges: Spread of the appearance.
        slices: Number of slices, or None.
    """
    heart, scene = draw_heart(rng, slices=slices), draw_scene(rng, ranges)
    tissue = draw_tissue(rng, ranges)
    return Patient(
        heart=heart,
        scene=scene,
        tissue=tissue,
        acquisition=draw_acquisition(rng, ranges, near_deg=scene.chest_deg),
        detail=draw_detail(
            rng, scene.trabeculae, tissue.amyloid, draw_mimics(rng, heart, ranges.mimics)
        ),
        ragged=Raggedness(),
        large=ranges.large,
    )


def draw_scar(
    patient: Patient, rng: np.random.Generator, pattern: str | None = None
) -> tuple[Patient, ScarSketch, str]:
    """Draw a scar for a patient.

    An infarct may reach beyond one territory, as large ones of patients do: infarcts of 24 +- 16
    ml are several times the library's. An old one may thin the wall it lies in; the sketch,
    being in wall coordinates, stays.

    Args:
        patient: Whose heart.
        rng: Source.
        pattern: Name, or None for one drawn by how common it is.

    Returns:
        The patient with raggedness and perhaps a thinned wall, the sketch, the pattern's name.
    """
    shares = {one.name: one.share for one in load_patterns()}
    name = pattern or str(rng.choice([*shares], p=[*shares.values()]))
    sketch = draw_pattern(pattern_named(name), patient.heart.stack((0.0, 0.0)), rng)
    if name in _INFARCT and rng.random() < patient.large:
        sketch = _stretched(sketch, float(rng.uniform(*_STRETCH)))
    heart = patient.heart
    if name in _OLD_INFARCT and rng.random() < 0.35:
        heart = _thinned(heart, sketch, rng)
    return replace(patient, heart=heart, ragged=draw_raggedness(rng)), sketch, name


def _stretched(sketch: ScarSketch, factor: float) -> ScarSketch:
    """The sketch, wider around the middle of its angles, at most 270 degrees in all."""
    angles = [a for region in sketch.regions for a, _ in region.outline]
    if not angles:
        return sketch
    low, high = min(angles), max(angles)
    middle = (low + high) / 2
    factor = max(1.0, min(factor, _WIDEST_DEG / max(high - low, 1.0)))
    return ScarSketch(
        tuple(
            replace(one, outline=tuple((middle + factor * (a - middle), d) for a, d in one.outline))
            for one in sketch.regions
        )
    )


def _thinned(heart: Heart, sketch: ScarSketch, rng: np.random.Generator) -> Heart:
    """The heart with the wall under the sketch thinned to 45-90 %."""
    angles = [a for r in sketch.regions if r.label is Label.SCAR for a, _ in r.outline]
    places = sketch.slices()
    if not angles or not places:
        return heart
    low, high = min(angles), max(angles)
    z = [heart.z_mm[i] for i in places]
    return heart.thinned(
        Thinning(
            angle_deg=(low + high) / 2,
            half_arc_deg=min((high - low) / 2 + 5, 90.0),
            z_mm=(z[0] + z[-1]) / 2,
            half_z_mm=(z[-1] - z[0]) / 2 + 8,
            factor=float(rng.uniform(0.45, 0.9)),
        )
    )
