"""What the tissues of one patient show after contrast: relaxation times and their signals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lgesynth_gui.phantom.signal import null_time, signal, train_null_time, train_signal

MUSCLE_T1 = (380.0, 560.0)


@dataclass(frozen=True)
class Ranges:
    """How far the appearance is varied.

    Args:
        ti_error_ms: Deviation of the inversion time from the null, and where it is cut.
        ti_late_ms: Its mean; scanners are set a little late, so that muscle is seldom black.
        muscle_over_scar, blood_over_scar: Ratios of T1.
        cnr: Contrast to noise of scar against muscle; log-uniform.
        psir: Share of phase-sensitive slices.
        amyloid: Share of hearts whose muscle itself takes up contrast.
        fat_density: Fat's brightness beyond its T1 (coil and sequence).
        grey: Share of scans whose inversion time is so late that muscle is grey, and by how many
            ms at most.
        lung_density: Lung's, from black to as grey as muscle.
        ghosts: Share of scans with respiratory ghosts, and their greatest amplitude.
        filter_mm, blur_mm: Smoothing by the scanner, and by motion.
        clutter: Most patches of unnamed tissue around the heart.
        mimics: Most bright spots of healthy muscle of each kind.
        large: Share of infarcts that reach beyond one territory.
    """

    ti_error_ms: tuple[float, float] = (20.0, 40.0)
    ti_late_ms: float = 22.0
    muscle_over_scar: tuple[float, float] = (1.25, 1.85)
    blood_over_scar: tuple[float, float] = (0.98, 1.36)
    cnr: tuple[float, float] = (7.0, 45.0)
    psir: float = 0.5
    amyloid: float = 0.03
    fat_density: tuple[float, float] = (0.6, 1.9)
    grey: tuple[float, float] = (0.7, 150.0)
    lung_density: tuple[float, float] = (0.05, 1.0)
    ghosts: tuple[float, float] = (0.25, 0.06)
    filter_mm: tuple[float, float] = (0.2, 1.1)
    blur_mm: tuple[float, float] = (0.2, 1.7)
    clutter: int = 4
    mimics: int = 2
    large: float = 0.6


TYPICAL = Ranges()
BROAD = Ranges(
    ti_error_ms=(28.0, 60.0),
    muscle_over_scar=(1.2, 1.95),
    blood_over_scar=(0.92, 1.4),
    cnr=(5.0, 55.0),
    amyloid=0.05,
    fat_density=(0.3, 2.4),
    grey=(0.7, 180.0),
    lung_density=(0.02, 1.1),
    ghosts=(0.35, 0.1),
    filter_mm=(0.1, 1.3),
    blur_mm=(0.0, 1.9),
    clutter=6,
    mimics=3,
    large=0.6,
)
# Another scanner and dose: noisier and softer magnitude pictures, scar nearer to blood, muscle
# grey. What a model of typical hearts has not seen.
OTHER = Ranges(
    ti_late_ms=35.0,
    muscle_over_scar=(1.22, 1.6),
    blood_over_scar=(0.92, 1.15),
    cnr=(6.0, 14.0),
    psir=0.0,
    amyloid=0.0,
    fat_density=(1.0, 2.4),
    grey=(0.8, 160.0),
    lung_density=(0.3, 1.2),
    ghosts=(0.5, 0.08),
    filter_mm=(0.6, 1.2),
    blur_mm=(0.5, 1.7),
)
DOMAINS = {"typical": TYPICAL, "broad": BROAD, "other": OTHER}


@dataclass(frozen=True)
class Tissue:
    """Signed signals of one heart at its inversion time; unitless, scar about 0.3.

    Args:
        muscle, scar, blood, core, fat, skeletal, liver, lung, stomach: Signals.
        ti_ms, tr_ms: The sequence's times.
        muscle_t1, scar_t1, blood_t1, core_t1: Relaxation times, ms.
        amyloid: True when the muscle takes up contrast unevenly.
    """

    muscle: float
    scar: float
    blood: float
    core: float
    fat: float
    skeletal: float
    liver: float
    lung: float
    stomach: float
    ti_ms: float
    tr_ms: float
    muscle_t1: float
    scar_t1: float
    blood_t1: float
    core_t1: float
    amyloid: bool = False


def repetition_time(beats_per_minute: float) -> float:
    """TR in ms: every 2nd beat at 45-100 a minute, every beat below, every 3rd above."""
    beats = 1 if beats_per_minute < 45 else 2 if beats_per_minute <= 100 else 3
    return 60_000 / beats_per_minute * beats


def draw_tissue(
    rng: np.random.Generator,
    ranges: Ranges = TYPICAL,
    *,
    amyloid: bool | None = None,
    ti_error_ms: float | None = None,
) -> Tissue:
    """One patient's tissues.

    T1 ranges: healthy muscle 380-560 ms, scar from the ratio, no-reflow core 550-950, fat
    230-300, liver 350-450, skeletal muscle about 500.

    Args:
        rng: Decides everything that is not given.
        ranges: Spread.
        amyloid: Force the amyloid appearance on or off.
        ti_error_ms: Force the inversion time's error.
    """
    tr = repetition_time(float(np.clip(rng.normal(70, 13), 42, 115)))
    efficiency = float(rng.uniform(0.92, 1.0))
    muscle_t1 = float(np.clip(rng.normal(455, 45), *MUSCLE_T1))
    scar_t1 = muscle_t1 / float(rng.uniform(*ranges.muscle_over_scar))
    blood_t1 = scar_t1 * float(rng.uniform(*ranges.blood_over_scar))
    blood_t1 = min(blood_t1, 0.92 * muscle_t1)  # darker than muscle only in amyloid
    core_t1 = float(rng.uniform(550, 950))
    is_amyloid = bool(rng.random() < ranges.amyloid) if amyloid is None else amyloid
    if is_amyloid:
        blood_t1 = muscle_t1 * float(rng.uniform(0.95, 1.25))
    train = bool(rng.random() < 0.5)
    null = (train_null_time if train else null_time)(muscle_t1, tr, efficiency)
    (spread, cut), late = ranges.ti_error_ms, ranges.ti_late_ms
    drawn = float(np.clip(rng.normal(late, spread), -cut, cut + late))
    if rng.random() < ranges.grey[0]:
        drawn = float(rng.uniform(late, ranges.grey[1]))
    error = drawn if ti_error_ms is None else ti_error_ms
    ti = null + error

    def shown(t1: float, density: float = 1.0) -> float:
        if train:
            return density * train_signal(t1, ti, tr, efficiency)
        return signal(t1, ti, tr, efficiency, density)

    return Tissue(
        muscle=shown(muscle_t1),
        scar=shown(scar_t1),
        blood=shown(blood_t1, float(rng.uniform(0.95, 1.1))),
        core=shown(core_t1),
        fat=shown(float(rng.uniform(230, 300)), float(rng.uniform(*ranges.fat_density))),
        skeletal=shown(float(rng.uniform(380, 560)), 0.95),
        liver=shown(float(rng.uniform(320, 430)), float(rng.uniform(0.75, 1.05))),
        lung=shown(float(rng.uniform(310, 520)), float(rng.uniform(*ranges.lung_density))),
        stomach=shown(float(np.exp(rng.uniform(5.7, 7.6))), float(rng.uniform(0.1, 1.0))),
        ti_ms=ti,
        tr_ms=tr,
        muscle_t1=muscle_t1,
        scar_t1=scar_t1,
        blood_t1=blood_t1,
        core_t1=core_t1,
        amyloid=is_amyloid,
    )
