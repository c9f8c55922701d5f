"""The bundled sample heart: healthy, always the same, the host that belongs to no patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lgesynth_gui.phantom.acquisition import draw_acquisition
from lgesynth_gui.phantom.heart import Papillary, draw_heart
from lgesynth_gui.phantom.render import Patient
from lgesynth_gui.phantom.scarfield import Raggedness
from lgesynth_gui.phantom.scene import draw_scene
from lgesynth_gui.phantom.study import PhantomStudy, make_study
from lgesynth_gui.phantom.tissue import TYPICAL, draw_tissue
from lgesynth_gui.phantom.ventricle import Detail

SEED = 20
SLICES = 10


def sample_patient() -> Patient:
    """The sample heart's parameters: an unremarkable heart, typical contrast, no artefact."""
    rng = np.random.default_rng(SEED)
    heart = replace(
        draw_heart(rng, slices=SLICES, hypertrophic=False),
        endo_mm=(23.5, 22.5, 14.5),
        wall_mm=8.8,
        rotation_deg=0.0,
        anterior_deg=118.0,
        inferior_deg=238.0,
        rv_depth_mm=27.0,
        rv_skew=0.85,
        rv_round=0.6,
        rv_wall_mm=2.2,
        fat_mm=3.2,
        papillaries=(
            Papillary(12.0, 3.4, -0.5, 1.25, (18.0, 72.0)),
            Papillary(238.0, 3.0, 0.4, 1.1, (20.0, 70.0)),
        ),
    )
    scene = replace(
        draw_scene(rng),
        chest_deg=162.0,
        chest_mm=10.0,
        body_mm=(128.0, 180.0),
        skin_fat_mm=14.0,
        chest_muscle_mm=13.0,
        front_fat_mm=5.0,
        corner_fat_mm=6.0,
        down_deg=276.0,
        gap_mm=1.0,
        aorta=(-14.0, 74.0, 11.0),
        liver_edge_mm=25.0,
        stomach_mm=(26.0, 17.0, 18.0),
        stomach_air=True,
        vessels=24,
        pericardium=0.35,
        trabeculae=0.6,
    )
    tissue = draw_tissue(rng, amyloid=False, ti_error_ms=8.0)
    how = replace(
        draw_acquisition(rng, TYPICAL, near_deg=scene.chest_deg, psir=True),
        pixel_mm=(1.4, 1.75),
        window=0.3,
        partial=0.0,
        cnr=38.0,
        shading=0.18,
        flatten=0.8,
        ghosts=(),
        lung_noise=1.3,
        offset=0.0,
    )
    detail = Detail(0.04, 0.025, 1.0, 0.3, 0.0)
    return Patient(heart, scene, tissue, how, detail, Raggedness())


def sample_study() -> PhantomStudy:
    """The sample heart as a stack of 10 slices, 208 x 192 pixels of 1.4 mm, without scar."""
    return make_study(
        np.random.default_rng(SEED + 1),
        patient=sample_patient(),
        matrix=(208, 192),
        spacing=1.4,
        label="sample heart",
    )
