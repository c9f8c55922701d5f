"""Whole studies of hearts that belong to nobody: stored stacks with their truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SignalKind, SliceOrder
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.heart import STEP_MM, THICKNESS_MM
from lgesynth_gui.phantom.patient import draw_patient, draw_scar
from lgesynth_gui.phantom.render import Patient, render_slice

TOP = 4095
PSIR_ZERO = 2048
BRIGHT = 900.0  # stored value of a signal as bright as scar
# Base to apex in a typical chest (LPS): left, forward and down; and towards the lateral wall.
APEXWARD = (0.65, -0.60, -0.46)
LATERAL = (0.60, 0.75, -0.10)


@dataclass(frozen=True, eq=False)
class PhantomStudy:
    """A stack with everything that is known about it.

    Args:
        series: uint16 stored values; phase-sensitive zero lies at 2048 (`intercept` undoes it).
        contours: Accepted contours of all slices.
        labels: uint8 `(slice, row, column)`, see `core.labels`.
        rv: Cavity of the right ventricle.
        sketch: Clean outlines of the scar; empty when healthy.
        pattern: Its pattern's name, or "".
        facts: Numbers it was made with.
    """

    series: LgeSeries
    contours: HeartContours
    labels: LabelMap
    rv: Mask
    sketch: ScarSketch
    pattern: str
    facts: dict[str, Any]


def short_axis_affine(
    shape: tuple[int, int], spacing: float, heart_at: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """Affine of an oblique short-axis stack (LPS mm), right ventricle left, anterior up.

    Args:
        shape: (rows, columns).
        spacing: In-plane mm.
        heart_at: Plane mm (x, y) of the ventricle's axis, placed near where a heart lies.
    """
    apexward = np.array(APEXWARD) / np.linalg.norm(APEXWARD)
    right = np.array(LATERAL) - np.dot(LATERAL, apexward) * apexward
    right /= np.linalg.norm(right)
    down = np.cross(-apexward, right)
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1], affine[:3, 2] = (
        apexward * STEP_MM,
        down * spacing,
        right * spacing,
    )
    base = np.array([25.0, -35.0, 20.0])
    affine[:3, 3] = base - right * heart_at[0] - down * heart_at[1]
    return affine


def make_study(
    rng: np.random.Generator,
    *,
    n_slices: int | None = None,
    pattern: str | None = None,
    matrix: tuple[int, int] = (208, 192),
    spacing: float = 1.4,
    patient: Patient | None = None,
    label: str = "phantom heart",
) -> PhantomStudy:
    """Draw a whole study.

    Args:
        rng: Decides everything that is not given.
        n_slices: 8 to 12, or None.
        pattern: Scar pattern; None for a healthy heart, "any" for a random one.
        matrix: (rows, columns) of the stored picture.
        spacing: In-plane mm, 1.0 to 2.0.
        patient: Use this one instead of drawing one.
        label: The series' name.
    """
    patient = patient or draw_patient(rng, slices=n_slices)
    sketch, name = ScarSketch(), ""
    if pattern is not None:
        patient, sketch, name = draw_scar(patient, rng, None if pattern == "any" else pattern)
    centre = (0.40 * matrix[1] * spacing, 0.42 * matrix[0] * spacing)
    contours = patient.heart.stack(centre)
    rendered = []
    for index in range(len(patient.heart.z_mm)):
        x, y = patient.heart.axis(index)
        axis = (centre[0] + x, centre[1] + y)
        rendered.append(render_slice(patient, index, sketch, axis, rng, matrix, spacing))
    how, tissue = patient.acquisition, patient.tissue
    values = np.stack([one.image for one in rendered]) / how.scale - how.offset
    values *= BRIGHT / max(abs(tissue.scar), 0.05)
    zero = PSIR_ZERO if how.psir else 0
    stored = np.clip(np.rint(values + zero), 0, TOP).astype(np.uint16)
    geometry = Geometry(short_axis_affine(matrix, spacing, centre), thickness_mm=THICKNESS_MM)
    series = LgeSeries(
        pixels=stored,
        geometry=geometry,
        intercept=-float(zero),
        signal=SignalKind.PSIR if how.psir else SignalKind.MAGNITUDE,
        label=label,
        source=SeriesSource("phantom"),
        order=SliceOrder.PLACE,
    )
    facts: dict[str, Any] = {
        "cnr": how.cnr,
        "inversion_time_ms": tissue.ti_ms,
        "repetition_time_ms": tissue.tr_ms,
        "t1_ms": {
            "muscle": tissue.muscle_t1,
            "scar": tissue.scar_t1,
            "blood": tissue.blood_t1,
            "core": tissue.core_t1,
        },
        "acquired_pixel_mm": how.pixel_mm,
    }
    return PhantomStudy(
        series=series,
        contours=contours,
        labels=np.stack([one.labels for one in rendered]),
        rv=np.stack([one.rv for one in rendered]),
        sketch=sketch,
        pattern=name,
        facts=facts,
    )
