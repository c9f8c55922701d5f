"""Whole patients of a stream: all slices of one heart on the model grid, as a reader has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.patient import draw_patient, draw_scar
from lgesynth_gui.phantom.render import Patient
from lgesynth_gui.phantom.stream import (
    BROADLY_DRAWN,
    SIZE,
    STREAMS,
    TrainingSlice,
    is_seen,
    slice_of,
)
from lgesynth_gui.phantom.tissue import BROAD, TYPICAL

_WHOLE = 41  # keeps whole patients apart from the single slices of a stream


def patient_at(stream: str, seed: int, index: int, scarred: bool) -> tuple[TrainingSlice, ...]:
    """All slices with a cavity of patient `index` of a stream, base to apex.

    Where scar is too small or too faint to be seen, nobody would label it: such a slice is shown
    and labelled without.

    Args:
        stream: One of `stream.STREAMS`; shares no slice with it, nor with another stream.
        seed: >= 0.
        index: >= 0.
        scarred: At least one slice holds scar that can be seen; else none.

    Raises:
        LgeSynthError: no such stream.
    """
    return _drawn(stream, seed, index, scarred)[1]


def scarred_again(
    stream: str, seed: int, index: int, scarred: bool, scar: int
) -> tuple[TrainingSlice, ...]:
    """The heart of `patient_at` with another scar, measured anew, base to apex.

    Args:
        stream: As in `patient_at`.
        seed: As in `patient_at`.
        index: As in `patient_at`.
        scarred: As in `patient_at`; the patient's own scar is left out.
        scar: >= 0; each number is another scar.

    Raises:
        LgeSynthError: no such stream.
    """
    patient, _ = _drawn(stream, seed, index, scarred)
    rng = np.random.default_rng((STREAMS.index(stream) + 1, seed, index, _WHOLE, scar))
    return _measured(*draw_scar(patient, rng), rng)


def _drawn(
    stream: str, seed: int, index: int, scarred: bool
) -> tuple[Patient, tuple[TrainingSlice, ...]]:
    """A patient before its scar, and its slices with it."""
    if stream not in STREAMS:
        raise LgeSynthError(f"There is no slice stream {stream!r}.", f"Use one of {STREAMS}.")
    rng = np.random.default_rng((STREAMS.index(stream) + 1, seed, index, _WHOLE))
    while True:
        patient = draw_patient(rng, BROAD if stream in BROADLY_DRAWN else TYPICAL)
        if not scarred:
            return patient, _measured(patient, ScarSketch(), "", rng)
        found = _measured(*draw_scar(patient, rng), rng)
        if any((one.labels >= Label.SCAR).any() for one in found):
            return patient, found


def _measured(
    patient: Patient, sketch: ScarSketch, pattern: str, rng: np.random.Generator
) -> tuple[TrainingSlice, ...]:
    middle = ((SIZE - 1) / 2,) * 2
    slices = [
        slice_of(patient, k, sketch, pattern, middle, rng) for k in range(len(patient.heart.z_mm))
    ]
    return tuple(_annotated(one) for one in slices if one.contours.endo)


def _annotated(one: TrainingSlice) -> TrainingSlice:
    """The slice, without its scar where that cannot be seen."""
    if is_seen(one):
        return one
    labels = np.where(one.labels >= Label.SCAR, Label.MYOCARDIUM, one.labels).astype(np.uint8)
    return replace(one, image=one.clean, labels=labels)
