"""Writes a result in the wanted formats: whole, marked and checked, or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui import __version__
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.greys import labelled_window
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.atomic import (
    Transaction,
    atomic_write,
    canonical,
    free_bytes,
    nearest_folder,
    require_free_space,
)
from lgesynth_gui.io.conformance import Problem, findings_of, problems_of
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import (
    MAKER,
    NOTICE,
    SYNTHETIC,
    derivation_words,
    one_line,
    origin_words,
)
from lgesynth_gui.io.origins import MODES, origin_of
from lgesynth_gui.io.provenance import identifiers_of, record_of
from lgesynth_gui.io.validator import errors_of, find_validator

FORMATS = ("dicom", "seg", "sr", "nifti", "png", "png_clean", "pdf", "nnunet", "emidec")
LEAST_REASON = 10  # letters
PROVENANCE = f"{SYNTHETIC}_provenance.json"
CHECKSUMS = f"{SYNTHETIC}_checksums.sha256"


def export_result(
    result: SynthesisResult,
    series: LgeSeries,
    folder: Path,
    *,
    formats: tuple[str, ...],
    mode: str,
    reason: str = "",
    note: str = "",
) -> tuple[Path, ...]:
    """Write a result, its provenance and checksums into a new folder.

    Everything is made first, written into a hidden folder beside the target, read back and
    checked there (`io.conformance`), and then becomes visible in one rename. No clock and no
    chance takes part: the same result gives the same bytes.

    Args:
        result: What was made.
        series: The host it was made for.
        folder: Must not exist, or be empty.
        formats: Any of `FORMATS`; the provenance is always written.
        mode: "new_subject" (nothing of the source's header is written) or "edit_of_patient"
            (DICOM objects join the source's study).
        reason: Why a FAIL is kept; 10 letters or more. Stored in every file.
        note: What the user wrote about the study. Stored in every file.

    Returns:
        The written files.

    Raises:
        LgeSynthError: the result may not leave the program, does not belong to the series, a
            format cannot hold it, the folder is in use, the drive is full, or a check failed.
    """
    _require(result, series, formats, mode)
    _require_grade(result, reason)
    record = record_of(result, series, mode=mode, reason=reason, note=note)
    names = identifiers_of(record)
    files = _files(result, series, formats, mode, reason, record, names)
    require_free_space(folder, sum(map(len, files.values())))
    with Transaction(folder) as stage:
        _write(stage, files)
        problems = problems_of(stage, result, series, mode)
        if problems:
            raise LgeSynthError(f"Nothing was exported: {problems[0]}", "Generate it again.")
    return tuple(folder / name for name in files)


@dataclass(frozen=True)
class Rehearsal:
    """What an export would be, found out without showing any of it.

    Args:
        problems: What is wrong with its files.
        size: Bytes of all its files.
        free: Bytes free where it would go.
        writable: Whether a folder can be made there.
        validated: Errors an independent DICOM validator finds; None when none was asked.
    """

    problems: tuple[Problem, ...]
    size: int
    free: int
    writable: bool
    validated: tuple[str, ...] | None = None


def rehearse_export(
    result: SynthesisResult,
    series: LgeSeries,
    parent: Path,
    *,
    formats: tuple[str, ...],
    mode: str,
    reason: str = "",
    note: str = "",
) -> Job:
    """Make every file in a private folder, read it back, check it, and remove it again.

    The gate is not asked: its reason may still have to be typed.

    Args:
        result: What was made.
        series: The host it was made for.
        parent: Folder the export would go into.
        formats: Any of `FORMATS`.
        mode: As for `export_result`.
        reason: As for `export_result`.
        note: As for `export_result`.

    Returns:
        A job that returns a `Rehearsal`.

    Raises:
        LgeSynthError: as `export_result`.
    """
    yield Progress(0, 3, "checking the export")
    _require(result, series, formats, mode)
    record = record_of(result, series, mode=mode, reason=reason, note=note)
    files = _files(result, series, formats, mode, reason, record, identifiers_of(record))
    yield Progress(1, 3, "checking the export")
    with tempfile.TemporaryDirectory(prefix="lgesynth-") as place:
        stage = Path(place)
        _write(stage, files)
        problems = findings_of(stage, result, series, mode)
        yield Progress(2, 3, "checking the export")
        validated = _validated(sorted(stage.rglob("*.dcm")))
    near = nearest_folder(parent)
    return Rehearsal(
        problems,
        sum(map(len, files.values())),
        free_bytes(parent),
        os.access(near, os.W_OK),
        validated,
    )


def _validated(files: list[Path]) -> tuple[str, ...] | None:
    program = find_validator()
    if program is None or not files:
        return None
    try:
        return errors_of(files, program)
    except (OSError, subprocess.SubprocessError):
        return None


def _write(stage: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(content)


def _require(
    result: SynthesisResult, series: LgeSeries, formats: tuple[str, ...], mode: str
) -> None:
    if unknown := sorted(set(formats) - set(FORMATS)):
        raise LgeSynthError(f"There is no format {unknown[0]}.", f"Known: {', '.join(FORMATS)}.")
    if mode not in MODES:
        raise LgeSynthError(f"There is no export mode {mode}.", f"Known: {', '.join(MODES)}.")
    same = result.pixels.shape == series.shape and result.pixels.dtype == series.pixels.dtype
    if not same or result.request.host_sha256 != series.pixels_sha256:
        raise LgeSynthError(
            "The result was made for another series.", "Open that series and export again."
        )


def _require_grade(result: SynthesisResult, reason: str) -> None:
    grade = result.verdict.grade
    if grade in (Grade.BLOCKED, Grade.NOT_JUDGED):
        raise LgeSynthError(f"A sample that is {grade.value} is not exported.", "Generate again.")
    if grade is Grade.FAIL and len("".join(reason.split())) < LEAST_REASON:
        raise LgeSynthError(
            "A sample that is FAIL is exported only with a reason.",
            f"Give one of at least {LEAST_REASON} letters.",
        )


def _files(
    result: SynthesisResult,
    series: LgeSeries,
    formats: tuple[str, ...],
    mode: str,
    reason: str,
    record: dict[str, Any],
    names: Identifiers,
) -> dict[str, bytes]:
    """Every file by its name inside the folder, ready to be written."""
    files: dict[str, bytes] = {}
    derivation = derivation_words(result, reason, record["note"])
    if {"dicom", "seg", "sr"} & set(formats):
        files |= _dicom(result, series, formats, mode, derivation, names)
    if "nifti" in formats:
        files |= _nifti(result, series, record, derivation)
    if "nnunet" in formats or "emidec" in formats:
        files |= _datasets(result, series, formats, derivation)
    if "png" in formats or "png_clean" in formats:
        files |= _png(result, series, formats, record, derivation)
    if "pdf" in formats:
        files |= _pdf(result, series, record, derivation)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    told = {**record, "subject": names.subject, "files": hashes}
    files[PROVENANCE] = canonical(told) + b"\n"
    hashes[PROVENANCE] = hashlib.sha256(files[PROVENANCE]).hexdigest()
    lines = (f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    files[CHECKSUMS] = "".join(lines).encode()
    return files


def _dicom(
    result: SynthesisResult,
    series: LgeSeries,
    formats: tuple[str, ...],
    mode: str,
    derivation: str,
    names: Identifiers,
) -> dict[str, bytes]:
    """The images, and the segmentation and the measurements on them.

    Identifiers follow from the result alone, so a segmentation exported by itself fits the
    images of a later export.
    """
    from lgesynth_gui.io.dicom_write import dicom_bytes, export_words, mr_images
    from lgesynth_gui.io.measurements import measurement_report
    from lgesynth_gui.io.seg import segmentation
    from lgesynth_gui.io.stored import coding_of

    origin = origin_of(mode, series, names)
    images = mr_images(
        result.pixels,
        series,
        origin,
        names,
        export_words(series, result.slices, derivation, origin_words(result, series)),
        coding=coding_of(series.pixels, result.pixels),
        window=labelled_window(series.pixels, result.requested),
    )
    files = {}
    if "dicom" in formats:
        for number, image in enumerate(images, 1):
            files[f"dicom/{SYNTHETIC}_LGE_{number:03d}.dcm"] = dicom_bytes(image)
    if "seg" in formats:
        made = segmentation(
            images, result.requested, result.measured, series, origin, names, result.verdict.judge
        )
        files[f"seg/{SYNTHETIC}_SEG.dcm"] = dicom_bytes(made)
    if "sr" in formats:
        report = measurement_report(images, result, series, origin, names)
        files[f"sr/{SYNTHETIC}_SR.dcm"] = dicom_bytes(report)
    return files


def _datasets(
    result: SynthesisResult, series: LgeSeries, formats: tuple[str, ...], derivation: str
) -> dict[str, bytes]:
    """The result as a data set of one case, in folders that say what it is."""
    from lgesynth_gui.io.datasets import DatasetCase, emidec_files, nnunet_files

    case = DatasetCase(series, result.pixels, result.requested)
    files: dict[str, bytes] = {}
    for name, made in (("nnunet", nnunet_files), ("emidec", emidec_files)):
        if name in formats:
            one = made((case,), derivation)
            files |= {f"{name}_{SYNTHETIC}/{path}": data for path, data in one.items()}
    return files


def _nifti(
    result: SynthesisResult, series: LgeSeries, record: dict[str, Any], derivation: str
) -> dict[str, bytes]:
    from lgesynth_gui.io.nifti_write import codes_of, nifti_bytes

    grid, codes = series.geometry, codes_of(series.source)
    image = nifti_bytes(
        result.pixels, grid, slope=series.slope, intercept=series.intercept, codes=codes
    )
    told = {**record, "DerivationDescription": derivation}
    return {
        f"nifti/{SYNTHETIC}_LGE.nii.gz": image,
        f"nifti/{SYNTHETIC}_LGE_synth.json": canonical(told) + b"\n",
        f"nifti/{SYNTHETIC}_requested.nii.gz": nifti_bytes(
            result.requested,
            grid,
            codes=codes,
            description=f"{SYNTHETIC}, labels: requested",
            labels=True,
        ),
        f"nifti/{SYNTHETIC}_measured.nii.gz": nifti_bytes(
            result.measured,
            grid,
            codes=codes,
            description=f"{SYNTHETIC}, labels: measured",
            labels=True,
        ),
    }


def _png(
    result: SynthesisResult,
    series: LgeSeries,
    formats: tuple[str, ...],
    record: dict[str, Any],
    derivation: str,
) -> dict[str, bytes]:
    from lgesynth_gui.io.png import clean_png, slice_png

    window = labelled_window(series.pixels, result.requested)
    texts = {
        "Synthetic": "YES",
        "Software": f"{MAKER} {__version__}",
        "Disclaimer": NOTICE,
        "Source": record["origin"],
        "Description": derivation,
        "Seed": str(result.request.seed),
        "Verdict": result.verdict.grade.value,
        "Dice": "" if result.verdict.dice is None else f"{result.verdict.dice:.4f}",
        "Reason": record["reason"],
        "Models": "; ".join(f"{role}: {model}" for role, model in result.models),
    }
    files = {}
    for index in result.slices:
        told = {**texts, "Slice": str(index + 1)}
        name = f"png/{SYNTHETIC}_slice_{index + 1:03d}"
        if "png" in formats:
            files[f"{name}.png"] = slice_png(result, series, index, window, told)
        if "png_clean" in formats:
            files[f"{name}_clean.png"] = clean_png(result, index, window, told)
    return files


def _pdf(
    result: SynthesisResult, series: LgeSeries, record: dict[str, Any], derivation: str
) -> dict[str, bytes]:
    from lgesynth_gui.io.pdf import one_page
    from lgesynth_gui.io.png import side_by_side

    window = labelled_window(series.pixels, result.requested)
    index = result.slices[len(result.slices) // 2] if result.slices else 0
    verdict, shown = result.verdict, f"Slice {index + 1} of {series.shape[0]}: original, synthetic."
    lines = [
        NOTICE,
        record["origin"],
        shown,
        "",
        *(f"Slice {number + 1}: {text}" for number, text in result.captions),
        "",
        f"Verdict {verdict.grade.value}",
        *(f"- {one.rule}: {one.text}" for one in verdict.findings),
        *([f"Exported because: {one_line(record['reason'])}"] if record["reason"] else []),
        *([f"Note: {one_line(record['note'])}"] if record["note"] else []),
        "",
        derivation,
    ]
    info = {"Subject": derivation, "Creator": f"{MAKER} {__version__}", "Keywords": SYNTHETIC}
    title = f"{SYNTHETIC} cardiac LGE, not for clinical use"
    page = one_page(title, side_by_side(result, series, index, window), lines, info)
    return {f"{SYNTHETIC}_report.pdf": page}


def files_again(
    result: SynthesisResult, series: LgeSeries, formats: tuple[str, ...], record: dict[str, Any]
) -> dict[str, bytes]:
    """The bytes an export with this record holds for this result, by file name.

    With the versions the record names they are the bytes that were written then.

    Args:
        result: Made again from the record's request.
        series: The host.
        formats: Any of `FORMATS`.
        record: As `provenance.record_of` made it at the time.

    Raises:
        LgeSynthError: a format cannot hold the result, or the record has no mode that is known.
    """
    if record.get("mode") not in MODES:
        raise LgeSynthError("The record has no known export mode.", "The record is damaged.")
    told = {"note": "", **record}
    reason = str(record.get("reason", ""))
    return _files(
        result, series, formats, str(record["mode"]), reason, told, identifiers_of(record)
    )
