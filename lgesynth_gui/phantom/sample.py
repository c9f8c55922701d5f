"""The bundled sample heart: healthy, always the same, the host that belongs to no patient."""

from __future__ import annotations

import numpy as np

from lgesynth_gui.phantom.acquisition import Acquisition
from lgesynth_gui.phantom.heart import Heart, Papillary
from lgesynth_gui.phantom.render import Patient
from lgesynth_gui.phantom.scarfield import Raggedness
from lgesynth_gui.phantom.scene import Scene
from lgesynth_gui.phantom.study import PhantomStudy, make_study
from lgesynth_gui.phantom.tissue import Tissue
from lgesynth_gui.phantom.ventricle import Detail

SEED = 21
SLICES = 10


def sample_patient() -> Patient:
    """The sample heart's parameters: an unremarkable heart, typical contrast, no artefact.

    Every number is written down, so that it stays the same whatever the phantom learns to vary.
    """
    heart = Heart(
        length_mm=108.0,
        endo_mm=(23.5, 22.5, 14.5),
        wobble=(
            (2.0, 0.02447749017526117, 0.6218259634034042, -1.0804327548371857),
            (3.0, 0.028672408877900835, 2.819192741026259, -0.06755030001711813),
            (4.0, 0.0026633539585706936, 1.8967300739610806, -1.3053806502772913),
        ),
        wall_mm=8.8,
        uneven=(
            (1.0, 0.08413679228593182, 5.073515862389749),
            (2.0, 0.0419409700303663, 0.03123756235800556),
            (3.0, 0.03197401474709458, 0.5597492285208141),
        ),
        bulge_mm=0.0,
        rotation_deg=0.0,
        anterior_deg=118.0,
        inferior_deg=238.0,
        rv_depth_mm=27.0,
        rv_skew=0.85,
        rv_round=0.6,
        rv_wall_mm=2.2,
        fat_mm=3.2,
        fat_shape=(
            (1.0, 0.4466960468391307, 0.6779209651115511),
            (2.0, 0.23696081177212047, 3.9817708735567683),
            (3.0, 0.3835827357967147, 0.5992214021469545),
            (5.0, 0.5412658240508404, 1.8216329974400018),
        ),
        lean_mm=(4.169026959140137, 6.936497842033306),
        shifts_mm=(
            (0.304457003256851, 1.8995020639809617),
            (0.9363365006457175, -1.9066823300707543),
            (2.328335046257365, -0.9102020163002679),
            (-2.9350303788608287, 0.7884648156534235),
            (3.0, 1.7265108817174086),
            (1.7951985456128303, 0.3431495095340296),
            (-3.0, 1.2240515647166648),
            (0.28355006561513474, -3.0),
            (-1.1733348634318712, -1.583432396984418),
            (1.9100279648240126, 0.22207766059026582),
        ),
        papillaries=(
            Papillary(12.0, 3.4, -0.5, 1.25, (18.0, 72.0)),
            Papillary(238.0, 3.0, 0.4, 1.1, (20.0, 70.0)),
        ),
        z_mm=tuple(6.0 + 10.0 * i for i in range(SLICES)),
    )
    scene = Scene(
        chest_deg=162.0,
        chest_mm=10.0,
        body_mm=(128.0, 180.0),
        skin_fat_mm=14.0,
        chest_muscle_mm=13.0,
        ribs=26,
        front_fat_mm=5.0,
        corner_fat_mm=6.0,
        down_deg=276.0,
        gap_mm=1.0,
        dome=0.0016101380634656807,
        liver_edge_mm=25.0,
        stomach_mm=(26.0, 17.0, 18.0),
        stomach_air=True,
        aorta=(-14.0, 74.0, 11.0),
        vessels=24,
        pericardium=0.35,
        trabeculae=0.6,
        seed=1711418462,
    )
    tissue = Tissue(
        muscle=0.01695168782643497,
        scar=0.3366010155027179,
        blood=0.2222859009833022,
        core=-0.16474696969329128,
        fat=0.18290690253210912,
        skeletal=0.04741836749277268,
        liver=0.10759834960331863,
        lung=0.006955938375036093,
        stomach=0.00572145492936253,
        ti_ms=298.3965551703848,
        tr_ms=1410.264898512413,
        muscle_t1=467.91801001601004,
        scar_t1=278.7648278647635,
        blood_t1=334.0513560887337,
        core_t1=880.1504344952473,
    )
    how = Acquisition(
        pixel_mm=(1.4, 1.75),
        phase_rows=True,
        window=0.3,
        partial=0.0,
        cnr=38.0,
        psir=True,
        shading=0.18,
        near_deg=162.0,
        ghosts=(),
        flatten=0.8,
        lung_noise=1.3,
        tone=1.0,
        scale=3144.0311815132095,
        offset=0.0,
    )
    detail = Detail(0.04, 0.025, 1.0, 0.3, 0.0)
    return Patient(heart, scene, tissue, how, detail, Raggedness())


def sample_study() -> PhantomStudy:
    """The sample heart as a stack of 10 slices, 208 x 192 pixels of 1.4 mm, without scar."""
    return make_study(
        np.random.default_rng(SEED),
        patient=sample_patient(),
        matrix=(208, 192),
        spacing=1.4,
        label="sample heart",
    )
