"""What somebody painted anew in Sketch, put into a cohort in the place of a sample.

The sample as it was made stays beside it: taking the fix back is renaming two files, and painting
the cohort again compares with what was made. A fix that was taken back can be put in again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.anatomy.bins import Place, place_of
from lgesynth_gui.cohort.hosts import Host, load_host
from lgesynth_gui.cohort.index import Entry, Index, entry_of
from lgesynth_gui.cohort.plan import PLAN, Plan, read_plan
from lgesynth_gui.cohort.run import holding
from lgesynth_gui.cohort.samples import (
    FIX,
    Sample,
    bring_fix_back,
    bytes_of,
    has_fix,
    has_fix_aside,
    kept_fix,
    pack_arrays,
    read_record,
    result_values,
    set_fix_aside,
    store,
)
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import TRIES, SynthesisResult
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.contours import slice_values
from lgesynth_gui.quality.gate import acceptable

USABLE = (Grade.PASS, Grade.CHECK)


def put_fix(
    folder: Path, number: int, sha256: str, result: SynthesisResult, reviewer: str
) -> Entry:
    """Put a result in the place of a sample.

    Args:
        folder: The cohort's.
        number: The sample's.
        sha256: Of the record that was looked at.
        result: Judged, of the same heart with the contours it has in the cohort.
        reviewer: Pseudonym of who fixed it.

    Returns:
        The row of the index as it is from now on.

    Raises:
        LgeSynthError: the result does not belong there or is no better, the sample was changed
            meanwhile, the cohort is being run, or the drive is full.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        now, found = read_record(folder, number)
        if found != sha256:
            raise LgeSynthError(
                f"Sample {number} was changed meanwhile.", "Look at it again, then fix it."
            )
        made, made_sha256 = read_record(folder, number, made=True)
        host = _host(folder, plan, made)
        place = _require(result, now, host)
        tries = dict(result.scores).get(TRIES, 1.0)
        record = {
            **made,
            **result_values(_without_tries(result)),
            "status": result.verdict.grade.value,
            "accepted": acceptable(result.verdict),
            "synthetic": True,
            "error": "",
            "pattern": made["pattern"] if _same_drawing(result, made) else "",
            "place": {**asdict(place), "segments": list(place.segments)},
            FIX: {"of": made_sha256, "by": reviewer, "tries": int(tries)},
        }
        store(folder, Sample(record, pack_arrays(result)))
        return _listed(folder, plan, number)


def take_back(folder: Path, number: int) -> Entry:
    """Set the fix of a sample aside, which is then again what was made.

    Returns:
        The row of the index as it is from now on.

    Raises:
        LgeSynthError: there is no fix, or the cohort is being run.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        if not has_fix(folder, number):
            raise LgeSynthError(f"Sample {number} has no fix.", "Nothing was changed.")
        set_fix_aside(folder, number)
        return _listed(folder, plan, number)


def put_back(folder: Path, number: int) -> Entry:
    """Put the fix of a sample that was set aside in its place again.

    Returns:
        The row of the index as it is from now on.

    Raises:
        LgeSynthError: there is none, it is damaged or of another sample (it stays aside), or the
            cohort is being run.
    """
    with holding(folder):
        plan = read_plan(folder / PLAN)
        if not has_fix_aside(folder, number):
            raise LgeSynthError(
                f"Sample {number} has no fix that was set aside.", "Nothing was changed."
            )
        _, made_sha256 = read_record(folder, number, made=True)
        bring_fix_back(folder, number)
        kept = kept_fix(folder, number)
        if kept is None or kept[0][FIX]["of"] != made_sha256:
            set_fix_aside(folder, number)
            raise LgeSynthError(
                f"The fix of sample {number} is damaged, or of another sample.", "It stays aside."
            )
        return _listed(folder, plan, number)


def _listed(folder: Path, plan: Plan, number: int) -> Entry:
    """Write the row of a sample anew; the seconds it took stay."""
    record, sha256 = read_record(folder, number)
    part, _ = plan.part_at(number)
    size = bytes_of(folder, number)
    with Index(folder, writes=True) as index:
        before = next(index.entries("number = ?", (number,)), None)
        entry = entry_of(record, part, sha256, size, before.seconds if before else 0.0)
        index.put([entry])
    return entry


def _host(folder: Path, plan: Plan, record: Mapping[str, Any]) -> Host:
    entry = next((one for one in plan.hosts if one.id == record["heart"]), None)
    if entry is None or record["synthetic"] is not True:
        raise LgeSynthError(f"Sample {record['index']} shows no scar.", "Only a scar is fixed.")
    return load_host(folder, entry)


def _require(result: SynthesisResult, now: Mapping[str, Any], host: Host) -> Place:
    """Where its scar lies, if it may take a sample's place."""
    series, request = host.series, result.request
    outside = ~result.edited
    if (
        request.host_sha256 != host.entry.sha256
        or result.pixels.shape != series.shape
        or result.pixels.dtype != series.pixels.dtype
        or not np.array_equal(result.pixels[outside], series.pixels[outside])
    ):
        raise LgeSynthError(
            "This result is of another heart than the case.", "Open the case with Fix again."
        )
    if _outlines(request.contours) != _outlines(host.contours):
        raise LgeSynthError(
            "The contours were changed, and those of a cohort's heart belong to all its samples.",
            "Undo the change; or reject the case and add the heart with other contours.",
        )
    grade = result.verdict.grade
    if grade not in USABLE:
        raise LgeSynthError(
            f"This result is {grade.value}; a fix must be PASS or CHECK.",
            "Change the drawing or the seed, or reject the case.",
        )
    if content_hash(result.pixels) != result.pixels_sha256:
        raise LgeSynthError("These pixels are not those that were judged.", "Generate again.")
    if result.pixels_sha256 == now["pixels_sha256"]:
        raise LgeSynthError("This is the case as it is.", "Change the drawing or the seed first.")
    place = place_of(result.requested, result.slices, host.contours, series.spacing)
    if place is None:
        raise LgeSynthError("No scar was drawn on the wall.", "Draw one, then Generate.")
    return place


def _outlines(contours: HeartContours) -> list[Any]:
    return [slice_values(one) for one in contours.slices]


def _same_drawing(result: SynthesisResult, made: Mapping[str, Any]) -> bool:
    return bool(result_values(result)["request"]["sketch"] == made["request"]["sketch"])


def _without_tries(result: SynthesisResult) -> SynthesisResult:
    return replace(result, scores=tuple(one for one in result.scores if one[0] != TRIES))
