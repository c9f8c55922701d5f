"""Endless labelled slices for training and testing, the same for the same name, seed and index."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lgesynth_gui.core.arrays import FloatArray, LabelMap, Mask
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.patient import draw_patient, draw_scar
from lgesynth_gui.phantom.render import Patient, render_slice
from lgesynth_gui.phantom.tissue import BROAD, TYPICAL

SIZE = 128
STREAMS = ("generator", "reward", "judge", "downstream", "test")
BROADLY_DRAWN = ("reward", "judge", "downstream")
SCARRED = 0.7
JITTER_MM = 4.0
_AGAIN = 97  # keeps the noise of repeated measurements apart from every stream
FEWEST = 12  # pixels of scar
FAINTEST = 0.09  # its mean change, as share of the host's grey range


@dataclass(frozen=True, eq=False)
class TrainingSlice:
    """One slice on the model grid: 128 x 128 pixels of 1 mm, the ventricle in the middle.

    Args:
        image: float32 `(128, 128)`, scanner units.
        labels: uint8, see `core.labels`; from unblurred geometry.
        rv: Cavity of the right ventricle.
        contours: Plane mm of this grid (pixel (0, 0) at the origin), accepted.
        level: Ring.
        psir: Phase-sensitive; else magnitude.
        depth: float32 analytic depth, NaN outside the wall; differs little from the Laplace one.
        clean: The same slice, noise, shading and ghosts included, with healthy muscle in place of
            the scar; the image itself when there is none.
        index: Slice number that the sketch speaks of.
        sketch: The clean outlines the ragged scar was made from.
        pattern: Name of the scar's pattern, or "".
    """

    image: FloatArray
    labels: LabelMap
    rv: Mask
    contours: SliceContours
    level: Level
    psir: bool
    depth: FloatArray
    clean: FloatArray
    index: int
    sketch: ScarSketch
    pattern: str


def slice_at(stream: str, seed: int, index: int, again: int = 0) -> TrainingSlice:
    """Slice `index` of a stream, drawn alone, so that workers can share a stream.

    Args:
        stream: One of STREAMS; streams never share a slice.
        seed: >= 0.
        index: >= 0.
        again: 0, or the number of another measurement of the same slice: only noise differs.

    Raises:
        LgeSynthError: no such stream.
    """
    if stream not in STREAMS:
        raise LgeSynthError(f"There is no slice stream {stream!r}.", f"Use one of {STREAMS}.")
    rng = np.random.default_rng((STREAMS.index(stream) + 1, seed, index))
    scarred = bool(rng.random() < SCARRED)
    other = np.random.default_rng((_AGAIN, seed, index, again)) if again else None
    while True:
        one = _draw(rng, stream, scarred, other)
        if one is not None:
            return one


def _draw(
    rng: np.random.Generator, stream: str, wanted: bool, again: np.random.Generator | None
) -> TrainingSlice | None:
    """A slice, or None when a scar was wanted and nothing of it is left to be seen."""
    patient = draw_patient(rng, BROAD if stream in BROADLY_DRAWN else TYPICAL)
    middle = (SIZE - 1) / 2
    jitter = np.clip(rng.normal(0, 2.0, 2), -JITTER_MM, JITTER_MM)
    count = len(patient.heart.z_mm)
    sketch, pattern = ScarSketch(), ""
    if wanted:
        patient, sketch, pattern = draw_scar(patient, rng)
        places = sketch.slices()
        if not places:
            return None
        index = int(rng.choice(places))
    else:
        index = int(rng.integers(count))
    centre = (middle + float(jitter[0]), middle + float(jitter[1]))
    one = slice_of(patient, index, sketch, pattern, centre, rng, again)
    return None if wanted and not is_seen(one) else one


def slice_of(
    patient: Patient,
    index: int,
    sketch: ScarSketch,
    pattern: str,
    centre: tuple[float, float],
    rng: np.random.Generator,
    again: np.random.Generator | None = None,
) -> TrainingSlice:
    """One slice of a patient on the model grid.

    Args:
        patient: Whose.
        index: Slice of the heart.
        sketch: Scar; regions of other slices are ignored.
        pattern: Its name, or "".
        centre: Plane mm (x, y) of the ventricle's middle.
        rng: Texture, noise and the scar's raggedness.
        again: Noise of another measurement of the same slice; None takes that of `rng`.
    """
    off = patient.heart.centroid(patient.heart.z_mm[index])
    axis = (centre[0] - off[0], centre[1] - off[1])
    one = render_slice(patient, index, sketch, axis, rng, again=again)
    return TrainingSlice(
        image=one.image,
        labels=one.labels,
        rv=one.rv,
        contours=patient.heart.contours(index, axis),
        level=patient.heart.level(index),
        psir=patient.acquisition.psir,
        depth=one.depth,
        clean=one.clean,
        index=index,
        sketch=sketch,
        pattern=pattern,
    )


def is_seen(one: TrainingSlice) -> bool:
    """True when the scar can be seen: nobody labels what blur and a late inversion time hide."""
    scar = one.labels > Label.MYOCARDIUM
    if int(scar.sum()) < FEWEST:
        return False
    low, high = np.percentile(one.clean, (1, 99))
    return bool(np.abs(one.image - one.clean)[scar].mean() >= FAINTEST * (high - low))


def slices(stream: str, seed: int, count: int | None = None) -> Iterator[TrainingSlice]:
    """Slices 0, 1, 2 ... of a stream.

    Args:
        stream: One of STREAMS.
        seed: >= 0.
        count: How many; None never ends.
    """
    for index in itertools.count() if count is None else range(count):
        yield slice_at(stream, seed, index)
