"""Which samples of a cohort are exported, and how; nothing is written here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lgesynth_gui.cohort.block import CONTROL, ERROR
from lgesynth_gui.cohort.export_cases import LabelSource, Slices
from lgesynth_gui.cohort.index import Entry, Index
from lgesynth_gui.cohort.review import Final, Review, decisions_of, enough_reason, final, standing
from lgesynth_gui.cohort.run import cohort_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.datasets import nnunet_root

DATASETS = ("nnunet", "emidec")
SINGLE = {"nifti": ("nifti",), "dicom": ("dicom", "seg"), "png": ("png",)}
FORMATS = (*DATASETS, *SINGLE)


@dataclass(frozen=True)
class Choices:
    """What is exported, and how.

    Args:
        formats: Any of `FORMATS`, one at least.
        label: Whose scar the label maps of data sets show; the others are stored beside.
        slices: Which slices an image of a data set has.
        reviewed: Only what a reviewer accepted.
        controls: With the untouched originals; only data sets and NIfTI hold them.
        reasons: Why a FAIL is kept all the same, by sample.
        number, name: Of the nnU-Net data set.
    """

    formats: tuple[str, ...]
    label: LabelSource = LabelSource.DRAWN
    slices: Slices = Slices.AUTO
    reviewed: bool = False
    controls: bool = True
    reasons: Mapping[int, str] = field(default_factory=dict)
    number: int = 501
    name: str = "LGESynthCohort"


@dataclass(frozen=True)
class Kept:
    """A sample that is exported.

    Args:
        number: In the cohort.
        sha256: Of its record.
        final: Why.
        reviews: The decisions that stand.
    """

    number: int
    sha256: str
    final: Final
    reviews: tuple[Review, ...]


@dataclass(frozen=True)
class Chosen:
    """What is exported.

    Args:
        kept: In order.
        left: Samples that are not, by why.
        hearts: Samples of each heart.
        cohort_sha256: Of all samples, see `run.cohort_hash`.
    """

    kept: tuple[Kept, ...]
    left: Mapping[str, int]
    hearts: Mapping[str, int]
    cohort_sha256: str


def require_choices(choices: Choices) -> None:
    """Refuse what cannot be exported.

    Raises:
        LgeSynthError: says what.
    """
    if unknown := sorted(set(choices.formats) - set(FORMATS)):
        raise LgeSynthError(f"There is no format {unknown[0]}.", f"Known: {', '.join(FORMATS)}.")
    if not choices.formats:
        raise LgeSynthError("No format was chosen.", f"Known: {', '.join(FORMATS)}.")
    for number, reason in choices.reasons.items():
        if not enough_reason(reason):
            raise LgeSynthError(
                f"The reason for sample {number} is too short.", "Give at least 10 letters."
            )
    nnunet_root(choices.number, choices.name)


def choose(folder: Path, choices: Choices) -> Job:
    """Decide which samples of a cohort are exported.

    Args:
        folder: The cohort's.
        choices: What and how.

    Returns:
        A job that returns `Chosen`.

    Raises:
        LgeSynthError: none is, or a reason was given for a sample that is no FAIL.
    """
    reviews = decisions_of(folder)
    kept: list[Kept] = []
    left: Counter[str] = Counter()
    hearts: Counter[str] = Counter()
    with Index(folder) as index:
        for place, entry in enumerate(index.entries()):
            if place % 200 == 0:
                yield Progress(0, 0, "choosing samples")
            own = standing(reviews.get(entry.number, ()), entry.sha256)
            found = _final(entry, own, choices)
            if found.kept:
                kept.append(Kept(entry.number, entry.sha256, found, own))
                hearts[entry.heart] += 1
            else:
                left[found.why] += 1
        whole = cohort_hash(index)
    if unknown := sorted(set(choices.reasons) - {one.number for one in kept}):
        raise LgeSynthError(
            f"Sample {unknown[0]} is no FAIL that could be kept.",
            "Give reasons for FAIL samples that nobody rejected.",
        )
    if not kept:
        why = ", ".join(f"{count} {words}" for words, count in left.most_common(4))
        raise LgeSynthError(
            "No sample is kept" + (f": {why}." if why else "."),
            "Run the cohort, or review it.",
        )
    return Chosen(tuple(kept), dict(left), dict(hearts), whole)


def _final(entry: Entry, reviews: tuple[Review, ...], choices: Choices) -> Final:
    if entry.status == CONTROL and not choices.controls:
        return Final(False, "control")
    if entry.status == ERROR:
        return Final(False, "could not be made")
    found = final(entry.status, entry.accepted, reviews, reviewed=choices.reviewed)
    reason = choices.reasons.get(entry.number)
    if reason is None or found.reason:
        return found
    if entry.status == Grade.FAIL.value and found.why.startswith("FAIL"):
        return Final(True, "FAIL, kept with a reason", reason)
    return Final(False, "a reason was given for what is no FAIL")
