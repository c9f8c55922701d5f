"""Writes a result in the wanted formats: whole, marked and checked, or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.atomic import (
    Transaction,
    atomic_write,
    free_bytes,
    nearest_folder,
    require_free_space,
)
from lgesynth_gui.io.conformance import Problem, findings_of, problems_of
from lgesynth_gui.io.export_files import FORMATS, PROVENANCE, files_of
from lgesynth_gui.io.failures import Work, told
from lgesynth_gui.io.leftovers import hidden_folder
from lgesynth_gui.io.origins import MODES
from lgesynth_gui.io.provenance import identifiers_of, record_of
from lgesynth_gui.io.trail import leaving
from lgesynth_gui.io.validator import errors_of, find_validator

EXPORTING = Work("Nothing was exported", "export to", "What was there before is as it was.")
LEAST_REASON = 10  # letters


def export_result(
    result: SynthesisResult,
    series: LgeSeries,
    folder: Path,
    *,
    formats: tuple[str, ...],
    mode: str,
    reason: str = "",
    note: str = "",
    burn_in: bool = False,
    trail: Path | None = None,
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
        burn_in: Draw the mark into the pixels of the DICOM images, too, outside the heart; for
            copies that people look at, never for training.
        trail: Where it is noted that this left the program (see `io.trail`), before anything is
            shown, and what became of it; None notes nothing.

    Returns:
        The written files.

    Raises:
        LgeSynthError: the result may not leave the program, does not belong to the series, a
            format cannot hold it, the folder is in use, the drive is full, or a check failed.
    """
    _require(result, series, formats, mode)
    _require_grade(result, reason)
    record = record_of(result, series, mode=mode, reason=reason, note=note, burned_in=burn_in)
    names = identifiers_of(record)
    files = files_of(result, series, formats, mode, reason, record, names)
    size = sum(map(len, files.values()))
    require_free_space(folder, size)
    with (
        _noted(trail, record, formats, files),
        told(folder, size, EXPORTING),
        Transaction(folder) as stage,
    ):
        _write(stage, files)
        problems = problems_of(stage, result, series, mode, burn_in)
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
    burn_in: bool = False,
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
        burn_in: As for `export_result`.

    Returns:
        A job that returns a `Rehearsal`.

    Raises:
        LgeSynthError: as `export_result`.
    """
    yield Progress(0, 3, "checking the export")
    _require(result, series, formats, mode)
    record = record_of(result, series, mode=mode, reason=reason, note=note, burned_in=burn_in)
    files = files_of(result, series, formats, mode, reason, record, identifiers_of(record))
    yield Progress(1, 3, "checking the export")
    with hidden_folder() as stage:
        _write(stage, files)
        problems = findings_of(stage, result, series, mode, burn_in)
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


@contextmanager
def _noted(
    trail: Path | None, record: dict[str, Any], formats: tuple[str, ...], files: dict[str, bytes]
) -> Iterator[None]:
    """Note what is about to leave, and at the end whether it did."""
    if trail is None:
        yield
        return
    values = {
        "record": record,
        "formats": sorted(formats),
        "provenance_sha256": hashlib.sha256(files[PROVENANCE]).hexdigest(),
        "files": len(files),
    }
    with leaving(trail, values):
        yield


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
