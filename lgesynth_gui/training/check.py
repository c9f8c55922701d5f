"""The whole list before anything starts: what each annotated case is good for, and what is wrong.

| code | what |
|---|---|
| TRN-01 | the image or the project cannot be read |
| TRN-02 | values that are no numbers, or no contrast around the heart |
| TRN-03 | geometry: pixels too large or too small, a heart outside the image, other contours |
| TRN-04 | labels: not readable, unknown values, or on another grid than the image |
| TRN-05 | the label map is empty |
| TRN-06 | no contours: an image alone, or a mask of scar alone |
| TRN-07 | muscle that closes no ring around the cavity |
| TRN-08 | scar outside the muscle |
| TRN-09 | scar too small to be seen |
| TRN-10 | no scar |
| TRN-11 | the same scan as another case |
| TRN-12 | a patient in both parts of the split |
| TRN-13 | too few cases or patients |
| TRN-14 | other data than when the run was started |
| TRN-15 | painted by this program |
| TRN-16 | a warning of the import |
| TRN-17 | scar drawn in a project |
| TRN-19 | labelled scar that is no brighter than muscle |
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.core.labels import Label
from lgesynth_gui.training.annotated import (
    Annotated,
    LabelsRefused,
    SliceFacts,
    load_case,
    slices_of,
    values_of,
)
from lgesynth_gui.training.cases import Case
from lgesynth_gui.training.likeness import Looks, copies, looks_of

LEAST = (10, 10)  # cases and patients of a training
FEWEST = (2, 2)  # of one that only tries the program out
PIXEL_MM = (0.4, 3.0)  # of a model grid of 1 mm
COARSE_MM = 2.2
LEAST_FIELD_MM = 80.0
_OF_MASK = ("NII-08", "GEO-08", "HDR-05", "TRN-04")


class Outcome(Enum):
    """How a case or a remark ends."""

    GOOD = "good"
    WARNING = "warning"
    REFUSED = "refused"


@dataclass(frozen=True)
class Remark:
    """One thing that was noticed.

    Args:
        code: "TRN-05".
        outcome: A warning, or a refusal.
        reason: One sentence, and what to do; no names.
    """

    code: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Finding:
    """What is known of one case.

    Args:
        case, patient: Our names.
        layout: How it was found, in words.
        remarks: What was noticed, the gravest first.
        total: Slices of the series.
        used: Slices that will be trained on or measured.
        scarred: Those of them with scar.
        spacing: (slice, row, column) mm, or None where it was not read.
        digest: Of pixels, place and labels, hexadecimal; "" where it was not read.
        pixels: Of the stored values alone: two annotations of one scan share it.
        looks: What tells the scan from others, see `likeness`.
        contours: False: contours can be proposed for it, and looked at.
        insertions: Used slices whose insertion points of the right ventricle are known.
    """

    case: str
    patient: str
    layout: str
    remarks: tuple[Remark, ...] = ()
    total: int = 0
    used: int = 0
    scarred: int = 0
    spacing: tuple[float, float, float] | None = None
    digest: str = ""
    pixels: str = ""
    looks: Looks | None = field(default=None, repr=False, compare=False)
    contours: bool = True
    insertions: int = 0

    @property
    def outcome(self) -> Outcome:
        """The gravest of the remarks; good without any."""
        found = {one.outcome for one in self.remarks}
        grave = (Outcome.REFUSED, Outcome.WARNING)
        return next((one for one in grave if one in found), Outcome.GOOD)

    @property
    def code(self) -> str:
        """Of the first remark, or ""."""
        return self.remarks[0].code if self.remarks else ""

    @property
    def reason(self) -> str:
        """All remarks in words; how many slices are used where there is nothing to say."""
        words = " ".join(one.reason for one in self.remarks)
        return words or f"{self.used} of {self.total} slices used, {self.scarred} with scar."


@dataclass(frozen=True)
class Checked:
    """The whole list, and what is said of it as a whole.

    Args:
        findings: One a case, in order.
        excluded: Ids of cases a person left out.
        remarks: What stands against a start, or should be known before it.
    """

    findings: tuple[Finding, ...]
    excluded: frozenset[str] = frozenset()
    remarks: tuple[Remark, ...] = ()
    _read: tuple[Finding, ...] = ()
    _least: tuple[int, int] = LEAST

    @property
    def taken(self) -> tuple[Finding, ...]:
        """The cases that will be used."""
        return tuple(
            one
            for one in self.findings
            if one.outcome is not Outcome.REFUSED and one.case not in self.excluded
        )

    @property
    def patients(self) -> tuple[str, ...]:
        """Their patients, in order."""
        return tuple(dict.fromkeys(one.patient for one in self.taken))

    @property
    def red(self) -> frozenset[str]:
        """Refused cases that are not excluded yet."""
        refused = {one.case for one in self.findings if one.outcome is Outcome.REFUSED}
        return frozenset(refused - self.excluded)

    @property
    def ready(self) -> bool:
        """Whether a training may start: nothing red is left, and there is enough."""
        return not self.red and all(one.outcome is not Outcome.REFUSED for one in self.remarks)

    @property
    def digest(self) -> str:
        """Of all that will be used, hexadecimal; its order does not count."""
        parts = sorted(one.digest for one in self.taken)
        return hashlib.sha256("".join(parts).encode()).hexdigest()

    def excluding(self, ids: frozenset[str] | set[str]) -> Checked:
        """The same list with other cases left out; nothing is read again."""
        return judged(self._read, frozenset(ids), self._least)


def check_cases(
    cases: Sequence[Case],
    excluded: frozenset[str] = frozenset(),
    least: tuple[int, int] = LEAST,
) -> Job:
    """Read every case and say what it is good for.

    Args:
        cases: From `cases.find_cases`.
        excluded: Ids of cases that are left out; they are read all the same.
        least: Fewest (cases, patients) of a training.

    Returns:
        A job that returns `Checked`.
    """
    found: list[Finding] = []
    for count, case in enumerate(cases):
        yield Progress(count, len(cases), "checking cases")
        found.append((yield from told_as(check_case(case), lambda step: None)))
    return judged(tuple(found), excluded, least)


def check_case(case: Case) -> Job:
    """A job that reads one case and returns its `Finding`, other cases left aside."""
    empty = Finding(case.id, case.patient, case.layout.value)
    try:
        read: Annotated = yield from load_case(case)
    except LgeSynthError as error:
        return replace(empty, remarks=(_unreadable(case, error),))
    except OSError:
        words = "It cannot be opened. Check that the drive is there and that you may read it."
        return replace(empty, remarks=(Remark("TRN-01", Outcome.REFUSED, words),))
    yield None
    try:
        facts = slices_of(read)
    except LgeSynthError as error:  # values that are no numbers
        return replace(empty, remarks=(Remark("TRN-02", Outcome.REFUSED, str(error)),))
    used = [one for one in facts if not one.left_out]
    remarks = [*_of_geometry(read), *_of_values(read, used), *_of_labels(case, read, facts, used)]
    if case.generated:
        words = "Its image was painted by this program: a model learns nothing real from it."
        remarks.append(Remark("TRN-15", Outcome.WARNING, words))
    remarks += [Remark("TRN-16", Outcome.WARNING, note) for note in _notes(case, read)]
    remarks.sort(key=lambda one: one.outcome is not Outcome.REFUSED)
    contours = [read.contours.slices[one.index] for one in used]
    known = [c for c in contours if c is not None and (c.rv_anterior or c.rv_centroid)]
    return replace(
        empty,
        remarks=tuple(remarks),
        total=read.series.shape[0],
        used=len(used),
        scarred=sum(one.scar_mm2 > 0 for one in used),
        spacing=read.series.spacing,
        digest=digest_of(read),
        pixels=read.series.pixels_sha256,
        looks=looks_of(read, used),
        contours=read.muscle,
        insertions=len(known),
    )


def digest_of(case: Annotated) -> str:
    """Of everything of a case that a training sees: values, grid, labels, contours."""
    series = case.series
    parts = (
        series.pixels_sha256, content_hash(series.geometry.affine), content_hash(case.labels),
        repr((series.slope, series.intercept)), repr(case.contours),
    )  # fmt: skip
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


def judged(
    read: tuple[Finding, ...],
    excluded: frozenset[str] = frozenset(),
    least: tuple[int, int] = LEAST,
) -> Checked:
    """What is said of cases that were read, as a whole: copies, and whether they are enough."""
    same = copies(read, excluded)
    findings = []
    for one in read:
        if one.case in same:
            copy = Remark("TRN-11", Outcome.REFUSED, same[one.case])
            one = replace(one, remarks=(copy, *one.remarks))
        findings.append(one)
    whole = Checked(tuple(findings), excluded, (), read, least)
    return replace(whole, remarks=tuple(_of_all(whole, least)))


def _of_all(whole: Checked, least: tuple[int, int]) -> list[Remark]:
    taken, patients = whole.taken, whole.patients
    out = []
    if len(taken) < least[0] or len(patients) < least[1]:
        words = (
            f"Fine-tuning needs at least {_count(least[0], 'case')} from"
            f" {_count(least[1], 'patient')}; you have {_count(len(taken), 'case')} from"
            f" {_count(len(patients), 'patient')}. Add data."
        )
        out.append(Remark("TRN-13", Outcome.REFUSED, words))
    if taken and not any(one.scarred for one in taken):
        words = "No case holds scar, so there is nothing to learn. Add cases with scar."
        out.append(Remark("TRN-10", Outcome.REFUSED, words))
    unknown = sum(one.used - one.insertions for one in taken)
    if unknown:
        words = (
            f"In {unknown} of {sum(one.used for one in taken)} slices the right ventricle is not"
            " known: their captions name walls as if the septum lay where it usually does."
        )
        out.append(Remark("TRN-03", Outcome.WARNING, words))
    return out


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"


def _unreadable(case: Case, error: LgeSynthError) -> Remark:
    """A refusal in words that name no file."""
    code = error.code if isinstance(error, Refused) else ""
    words = error.what.rpartition(" was refused: ")[2].rstrip(".")
    paths = (case.mask, case.project, case.contours_file)
    if any(one is not None and (one.name in words or one.stem in words) for one in paths):
        words = "a file of it is damaged"
    words = f"{words[:1].upper()}{words[1:]}. {error.hint}".strip()
    if code.startswith("TRN"):
        return Remark(code, Outcome.REFUSED, words)
    labels = isinstance(error, LabelsRefused) or (code in _OF_MASK and case.mask is not None)
    own = "TRN-04" if labels else "TRN-01"
    what = "The labels cannot be used" if own == "TRN-04" else "It cannot be read"
    return Remark(own, Outcome.REFUSED, f"{what} ({code}): {words}" if code else words)


def _of_geometry(read: Annotated) -> list[Remark]:
    _, rows, columns = read.series.shape
    _, row_mm, column_mm = read.series.spacing
    size = f"{column_mm:.2f} x {row_mm:.2f} mm"
    low, high = PIXEL_MM
    if not low <= min(row_mm, column_mm) <= max(row_mm, column_mm) <= high:
        words = f"Its pixels are {size}; {low} to {high} mm can be used. Check the file's spacing."
        return [Remark("TRN-03", Outcome.REFUSED, words)]
    if min(rows * row_mm, columns * column_mm) < LEAST_FIELD_MM:
        words = f"Its pictures are smaller than {LEAST_FIELD_MM:.0f} mm. Give whole slices."
        return [Remark("TRN-03", Outcome.REFUSED, words)]
    if max(row_mm, column_mm) > COARSE_MM:
        words = f"Its pixels are {size}, coarser than the model's 1 mm grid can use well."
        return [Remark("TRN-03", Outcome.WARNING, words)]
    return []


def _of_values(read: Annotated, used: Sequence[SliceFacts]) -> list[Remark]:
    for one in used:
        try:
            values = values_of(read.series, one.index)
        except LgeSynthError as error:
            return [Remark("TRN-02", Outcome.REFUSED, str(error))]
        low, high = np.percentile(values, (1, 99))
        if not high > low:
            words = f"Slice {one.index + 1} has no contrast. Check the image."
            return [Remark("TRN-02", Outcome.REFUSED, words)]
    return []


def _of_labels(
    case: Case, read: Annotated, facts: Sequence[SliceFacts], used: Sequence[SliceFacts]
) -> list[Remark]:
    refused, warning = Outcome.REFUSED, Outcome.WARNING
    scar = bool((read.labels >= Label.SCAR).any())
    if not read.contours.outlined() and not read.open_rings:
        if case.mask is not None and not read.labels.any():
            return [
                Remark("TRN-05", refused, "Its label map is empty. Give labels, or leave it out.")
            ]
        held = "a mask of scar alone" if scar else "an image alone"
        if read.drawn:
            held = "a project without accepted contours"
        words = f"It has no contours: {held}. Contours can be proposed for you to look at."
        return [Remark("TRN-06", refused, words)]
    out = []
    if not used:
        reasons = ", ".join(dict.fromkeys(one.left_out for one in facts)) or "no slice is outlined"
        code = next((_CODES[one.left_out] for one in facts if one.left_out in _CODES), "TRN-07")
        out.append(Remark(code, refused, f"None of its slices can be used: {reasons}."))
        return out
    for why, code in _CODES.items():
        count = sum(one.left_out == why for one in facts)
        if count:
            words = f"{_count(count, 'slice')} left out: {why}."
            out.append(Remark(code, warning, words))
    stray = sum(one.stray_mm2 for one in used)
    inside = sum(one.scar_mm2 for one in used)
    if stray > 0.05 * (stray + inside):
        words = (
            f"{stray / (stray + inside):.0%} of its scar lies outside the muscle and is cut off."
        )
        out.append(Remark("TRN-08", warning, words))
    if inside == 0:
        out.append(Remark("TRN-10", warning, "It holds no scar: used as a healthy example."))
    if read.drawn and scar:
        words = "Its scar is a drawing in a project: it must be what the image shows, not a wish."
        out.append(Remark("TRN-17", warning, words))
    return out


_CODES = {
    "no closed ring": "TRN-07",
    "scar outside the muscle": "TRN-08",
    "scar too small": "TRN-09",
    "scar not brighter than muscle": "TRN-19",
    "heart outside the image": "TRN-03",
}


def _notes(case: Case, read: Annotated) -> list[str]:
    """Warnings of the import that speak of no file."""
    names = [one.name for one in (case.mask, case.project) if one is not None]
    return [n for n in read.series.notes if not any(name in n for name in names)]
