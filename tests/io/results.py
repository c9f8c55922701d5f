"""Results made of phantoms: the scarred heart's pixels stand for what was painted."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SourceSlice
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Finding, Grade, Verdict
from lgesynth_gui.phantom.study import PhantomStudy, make_study

MR = "1.2.840.10008.5.1.4.1.1.4"
ROOT = "1.2.826.0.1.3680043.8.498"
IDENTITY = {
    "PatientName": "Canary^Wilhelmina",
    "PatientID": "CANARY-4711",
    "PatientBirthDate": "19530417",
    "PatientSex": "F",
    "PatientAge": "068Y",
    "PatientWeight": "61.25",
    "StudyDate": "20210318",
    "StudyTime": "141533",
    "StudyID": "STUDYCANARY",
    "AccessionNumber": "ACCCANARY",
    "ReferringPhysicianName": "Canary^Doctor",
    "StudyDescription": "Canary hospital heart",
    "InstitutionName": "Canary hospital",
    "PatientPosition": "HFS",
    "RepetitionTime": "731.25",
    "InversionTime": "287.5",
    "ScanningSequence": "IR\\GR",
}


@lru_cache
def study(seed: int = 7) -> PhantomStudy:
    return make_study(
        np.random.default_rng(seed), n_slices=8, matrix=(80, 72), spacing=1.9, pattern="any"
    )


@lru_cache
def host() -> LgeSeries:
    """The scarred heart's twin: the same slices with the wall's values shuffled."""
    return twin_of(study())


def twin_of(scarred: PhantomStudy) -> LgeSeries:
    """A heart's series with the values of its wall shuffled."""
    pixels = scarred.series.pixels.copy()
    wall = scarred.labels >= 2
    pixels[wall] = np.random.default_rng(3).permutation(pixels[wall])
    return replace(scarred.series, pixels=pixels)


def patient(series: LgeSeries) -> LgeSeries:
    """The same series as if it had been read from a patient's DICOM files."""
    slices = tuple(SourceSlice(MR, f"{ROOT}.31415.{i + 1}") for i in range(series.shape[0]))
    source = SeriesSource(
        "dicom",
        slices,
        f"{ROOT}.271828.1",
        f"{ROOT}.271828.2",
        f"{ROOT}.271828.3",
        tuple(IDENTITY.items()),
    )
    return replace(series, source=source)


def result_on(series: LgeSeries, grade: Grade = Grade.PASS, **request) -> SynthesisResult:
    return result_of(study(), series, grade, **request)


def result_of(
    scarred: PhantomStudy, series: LgeSeries, grade: Grade = Grade.PASS, **request
) -> SynthesisResult:
    """A result whose painted walls are those of the scarred heart."""
    slices = scarred.sketch.slices()
    edited = np.zeros(series.shape, bool)
    for index in slices:
        edited[index] = scarred.labels[index] >= 2
    painted = scarred.series.pixels.astype(series.pixels.dtype)
    pixels = np.where(edited, painted, series.pixels)
    measured = np.where(edited, scarred.labels, 0).astype(np.uint8)
    asked = SynthesisRequest(
        host_sha256=series.pixels_sha256,
        contours=scarred.contours,
        sketch=scarred.sketch,
        caption="Subendocardial enhancement, mid anterior: „Übung“ 心",
        seed=11,
        **request,
    )
    findings = (Finding("judge Dice", grade, "Dice 0.71 over 3 slices is above the limit 0.60."),)
    return SynthesisResult(
        request=asked,
        slices=slices,
        pixels=pixels,
        edited=edited,
        requested=scarred.labels,
        measured=measured,
        captions=tuple((index, "transmural enhancement in the mid septum") for index in slices),
        verdict=Verdict(
            grade,
            findings,
            dice=0.7134,
            slice_dice=tuple((index, 0.7) for index in slices),
            judge="judge/1.0.0",
            co_judge_dice=0.66,
            requested_g=12.5,
            measured_g=11.75,
            untouched=int((~edited).sum()),
        ),
        models=(
            ("synthesis", f"lge-default/1.0.0 {'ab' * 32}"),
            ("judge", f"judge/1.0.0 {'cd' * 32}"),
        ),
        scores=(("reward Dice", 0.812), ("seconds", 12.34)),
        pixels_sha256=content_hash(pixels),
    )
