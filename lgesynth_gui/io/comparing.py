"""Compares exported files with the result made again: first their bytes, then their pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import Array, Mask, content_hash
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.asking import ask, checked, pixels_of
from lgesynth_gui.io.burned import mark_for
from lgesynth_gui.io.decoder import Decoder, Question, Reply
from lgesynth_gui.io.evidence import Evidence
from lgesynth_gui.io.export_files import FORMATS, files_again, labels_in
from lgesynth_gui.io.gates import SEGMENTATIONS
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.provenance import identifiers_of, library_versions
from lgesynth_gui.io.seg import masks_of
from lgesynth_gui.io.stored import coding_of

SHARE = 0.999  # of the edited pixels that must lie within one grey level of "the same"
LEVELS = 4096  # grey levels that a host of real numbers is said to have
_DECODER = Decoder()


class Outcome(Enum):
    """What a comparison ends with, from best to worst."""

    EXACT = "exact"
    UNSEEN = "not compared"
    CLOSE = "close"
    DIFFERENT = "different"

    @property
    def glyph(self) -> str:
        """The mark before the word."""
        return {"exact": "✓", "not compared": "○", "close": "≈", "different": "✗"}[self.value]


@dataclass(frozen=True)
class FileFinding:
    """What became of one file.

    Args:
        name: Its name in the record.
        outcome: See `Outcome`.
        words: One sentence.
        largest: Largest difference in stored grey levels, or in labels for a map of labels.
    """

    name: str
    outcome: Outcome
    words: str
    largest: float = 0.0


def compare(
    evidence: Evidence, result: SynthesisResult, series: LgeSeries, decoder: Decoder = _DECODER
) -> Job:
    """Compare every file of an export with the result made again.

    Returns:
        A job that returns a tuple of `FileFinding`.
    """
    again = yield from _again(evidence, result, series)
    repeatable = _repeatable(evidence, result)
    findings: list[FileFinding] = []
    odd: dict[str, Path] = {}
    for done, (name, path) in enumerate(evidence.files.items()):
        yield Progress(done, len(evidence.files), "comparing")
        if name in again and _same_bytes(path, again[name]):
            findings.append(FileFinding(name, Outcome.EXACT, "the same bytes"))
        elif name in again and repeatable and name.endswith((".dcm", ".json")):
            words = "it is not what this version of the program writes"
            findings.append(FileFinding(name, Outcome.DIFFERENT, words))
        elif name.endswith((".dcm", ".nii.gz")):
            odd[name] = path
        else:
            findings.append(_unseen(name, evidence))
    findings += yield from _pixels(odd, evidence, result, series, decoder)
    return tuple(sorted(findings, key=lambda one: one.name))


def _again(evidence: Evidence, result: SynthesisResult, series: LgeSeries) -> Job:
    """The files as this computer writes them; those it cannot write are left out."""
    made: dict[str, bytes] = {}
    for one in FORMATS:
        yield None
        try:
            made |= files_again(result, series, (one,), dict(evidence.record))
        except (LgeSynthError, KeyError, TypeError, ValueError, AttributeError):
            continue  # a record of another version may lack what a format of today needs
    return made


def _repeatable(evidence: Evidence, result: SynthesisResult) -> bool:
    """Whether files that hold no compressed parts must come out byte by byte."""
    told = plain_values(evidence.record, "result")
    hashes = (told.get("pixels_sha256"), told.get("measured_sha256"))
    versions = {"lgesynth": __version__, **library_versions()}
    same = hashes == (content_hash(result.pixels), content_hash(result.measured))
    return same and evidence.record.get("versions") == versions


def _same_bytes(path: Path, wanted: bytes) -> bool:
    if path.stat().st_size != len(wanted):
        return False
    with path.open("rb") as file:
        return file.read(len(wanted) + 1) == wanted


def _unseen(name: str, evidence: Evidence) -> FileFinding:
    if name.endswith(".json"):
        return FileFinding(name, Outcome.EXACT, "read as a record")  # see `evidence`
    kind = "picture" if name.endswith(".png") else "page"
    words = f"this computer draws the {kind} otherwise"
    return FileFinding(name, Outcome.UNSEEN, f"{words}; its checksum is looked at alone")


def _pixels(
    files: Mapping[str, Path],
    evidence: Evidence,
    result: SynthesisResult,
    series: LgeSeries,
    decoder: Decoder,
) -> Job:
    """Findings on files whose bytes are others: their pixels decide."""
    names, paths = list(files), list(files.values())
    replies: Sequence[Reply] = yield from ask(
        decoder, [Question(p, any_modality=True) for p in paths], "reading"
    )
    readable: list[tuple[str, Path, DicomHeader | NiftiHeader]] = []
    findings: list[FileFinding] = []
    for name, path, reply in zip(names, paths, replies, strict=True):
        header = None if reply.answer is None else reply.answer.dicom or reply.answer.nifti
        if header is None:
            findings.append(_unreadable(name, reply.refused))
        else:
            readable.append((name, path, header))
    questions = [
        replace(pixels_of(path, header), any_modality=True) for _, path, header in readable
    ]
    replies = yield from ask(decoder, questions, "reading")
    compared = _Comparison(evidence, result, series)
    for (name, path, header), reply in zip(readable, replies, strict=True):
        try:
            findings.append(compared.finding(name, header, checked(path, header, reply)))
        except Refused as refused:
            findings.append(_unreadable(name, refused))
        yield None
    return findings


def _unreadable(name: str, refused: Refused | None) -> FileFinding:
    words = "it is no image any more" if refused is None else refused.what.rstrip(".")
    return FileFinding(name, Outcome.DIFFERENT, words)


class _Comparison:
    """The result made again, beside stored pixels of any format."""

    def __init__(self, evidence: Evidence, result: SynthesisResult, series: LgeSeries) -> None:
        self._result, self._series = result, series
        self._rule = coding_of(series.pixels, result.pixels)
        self._mark = mark_for(result) if evidence.record.get("burned_in") is True else None
        names = identifiers_of(evidence.record)
        self._places = {names.uid("image", i): i for i in range(series.shape[0])}
        self._share = SHARE if evidence.sealed else 1.0

    def finding(self, name: str, header: DicomHeader | NiftiHeader, stored: Array) -> FileFinding:
        if isinstance(header, NiftiHeader):
            return self._volume(name, stored)
        if header.sop_class in SEGMENTATIONS:
            return self._segments(name, header, stored)
        index = self._places.get(header.sop_instance)
        if index is None or stored.shape[0] != 1:
            return FileFinding(name, Outcome.DIFFERENT, "it is no image of this record")
        coded = self._rule.encode(self._result.pixels)
        wanted, host = coded[index], self._rule.encode(self._series.pixels)[index]
        if self._mark is not None:  # what it covers must be the mark
            place = self._mark.covered(coded.shape)[index]
            wanted = self._mark.drawn(coded)[index]
            host = np.where(place, wanted, host)
        edited = self._result.edited[index]
        return self._greys(name, stored[0], wanted, host, edited, self._rule.slope)

    def _volume(self, name: str, stored: Array) -> FileFinding:
        result = self._result
        if (wanted := labels_in(name, result)) is not None:
            return self._labels(name, stored, wanted)
        return self._greys(name, stored, result.pixels, self._series.pixels, result.edited, 1.0)

    def _segments(self, name: str, header: DicomHeader, stored: Array) -> FileFinding:
        """Every frame of a segmentation, put where it says that it lies."""
        masks = masks_of(self._result.requested, self._result.measured)
        found = np.zeros((len(masks), *self._series.shape), dtype=np.uint8)
        geometry = self._series.geometry
        for frame, plane in zip(header.frames, stored, strict=True):
            number = frame.segment or 0
            if frame.position is None or not 1 <= number <= len(masks):
                return FileFinding(name, Outcome.DIFFERENT, "a segment is none of this record")
            index = round(float(geometry.to_index(np.array([frame.position]))[0, 0]))
            if not 0 <= index < self._series.shape[0] or plane.shape != found.shape[2:]:
                return FileFinding(name, Outcome.DIFFERENT, "a segment lies elsewhere")
            found[number - 1, index] = plane > 0
        return self._labels(name, found, np.stack(masks).astype(np.uint8))

    def _labels(self, name: str, found: Array, wanted: Array) -> FileFinding:
        if found.shape != wanted.shape:
            return FileFinding(name, Outcome.DIFFERENT, "it has another shape")
        unlike = int(np.count_nonzero(found != wanted))
        if not unlike:
            return FileFinding(name, Outcome.EXACT, "the same labels")
        allowed = (1 - self._share) * max(1, int(np.count_nonzero(wanted)))
        close = unlike <= allowed and wanted is not self._result.requested
        words = f"{unlike} pixel{'s' * (unlike != 1)} with another label"
        return FileFinding(name, Outcome.CLOSE if close else Outcome.DIFFERENT, words, 1.0)

    def _greys(
        self, name: str, found: Array, wanted: Array, host: Array, edited: Mask, unit: float
    ) -> FileFinding:
        if found.shape != wanted.shape:
            return FileFinding(name, Outcome.DIFFERENT, "it has another shape")
        outside = int(np.count_nonzero((found != host) & ~edited))
        largest = difference(found, wanted) * unit
        if outside:
            words = f"{outside} pixel{'s' * (outside != 1)} outside the edited zone changed"
            return FileFinding(name, Outcome.DIFFERENT, words, largest)
        outcome = likeness(found, wanted, edited, grey_step(host), self._share)
        words = "the same pixels"
        if outcome is not Outcome.EXACT:
            count = int(np.count_nonzero(found != wanted))
            words = f"{count} pixel{'s' * (count != 1)} differ, by {largest:.4g} at most"
        return FileFinding(name, outcome, words, largest)


def difference(found: Array, wanted: Array) -> float:
    """Largest difference of two arrays of one shape; infinite where a value is no number."""
    gap = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    return float(np.where(np.isfinite(gap), gap, np.inf).max(initial=0.0))


def grey_step(host: Array) -> float:
    """One stored grey level: 1 for whole numbers, a share of the range for others."""
    if np.issubdtype(host.dtype, np.integer):
        return 1.0
    return float(np.ptp(host)) / LEVELS or 1.0


def likeness(found: Array, wanted: Array, edited: Mask, step: float, share: float) -> Outcome:
    """Whether two arrays are the same, or the same but for the last grey level.

    Args:
        found: Pixels of a file.
        wanted: Pixels made again.
        edited: Where pixels were painted.
        step: One grey level.
        share: Share of the edited pixels that must lie within one.
    """
    if np.array_equal(found, wanted):
        return Outcome.EXACT
    gap = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    beyond = int(np.count_nonzero(~(gap <= step)))
    if np.count_nonzero((gap > 0) & ~edited) or not np.isfinite(gap).all():
        return Outcome.DIFFERENT
    allowed = (1 - share) * int(np.count_nonzero(edited))
    return Outcome.CLOSE if beyond <= allowed else Outcome.DIFFERENT


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The worst of several; EXACT when there are none."""
    order = list(Outcome)
    return max(outcomes, key=order.index, default=Outcome.EXACT)


def short(name: str) -> str:
    """A file's name without its folder."""
    return PurePosixPath(name).name


def plain_values(record: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A part of a record that should be a table; an empty one when it is not."""
    value = record.get(key)
    return value if isinstance(value, Mapping) else {}
