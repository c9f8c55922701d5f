"""`lgesynth cohort`: coverage, export and checks of the files of a cohort."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table
from lgesynth_gui.cli.synthesize import Device, OnDevice
from lgesynth_gui.core.errors import LgeSynthError

Folder = Annotated[Path, typer.Argument(help="The cohort's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


class Form(StrEnum):
    """Layouts of an export."""

    NNUNET = "nnunet"
    EMIDEC = "emidec"
    NIFTI = "nifti"
    DICOM = "dicom"
    PNG = "png"


class Label(StrEnum):
    """Whose scar label maps show."""

    DRAWN = "drawn"
    JUDGE = "judge"
    ENHANCED = "enhanced"


class Which(StrEnum):
    """Which slices an image of a data set has."""

    AUTO = "auto"
    PAINTED = "painted"
    STACK = "stack"


def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(help="New or empty folder.")],
    forms: Annotated[
        list[Form] | None, typer.Option("--format", help="Repeatable; dicom has its SEG.")
    ] = None,
    label: Annotated[
        Label, typer.Option(help="Label maps: drawn, the judge's, or drawn where enhanced.")
    ] = Label.DRAWN,
    slices: Annotated[
        Which, typer.Option(help="Of a data set's image: painted ones, the stack, or by itself.")
    ] = Which.AUTO,
    reviewed: Annotated[
        bool, typer.Option("--reviewed", help="Only what a reviewer accepted.")
    ] = False,
    controls: Annotated[
        bool, typer.Option("--controls/--no-controls", help="With the untouched originals.")
    ] = True,
    reasons: Annotated[
        list[str] | None,
        typer.Option("--fail-reason", help="NUMBER=WHY a FAIL is kept; repeatable."),
    ] = None,
    number: Annotated[int, typer.Option(min=1, max=999, help="Of the nnU-Net data set.")] = 501,
    name: Annotated[str, typer.Option(help="Of the nnU-Net data set.")] = "LGESynthCohort",
    as_json: AsJson = False,
) -> None:
    """Write the kept samples as a data set with manifest, checksums and data card."""
    from lgesynth_gui.cohort.export import export_cohort
    from lgesynth_gui.cohort.export_cases import LabelSource, Slices
    from lgesynth_gui.cohort.export_choice import Choices

    choices = Choices(
        formats=tuple(dict.fromkeys(one.value for one in forms or [Form.NNUNET])),
        label=LabelSource(label.value),
        slices=Slices(slices.value),
        reviewed=reviewed,
        controls=controls,
        reasons=reasons_of(reasons or ()),
        number=number,
        name=name,
    )
    made = drive_shown(export_cohort(folder, out, choices), quiet=as_json)
    if as_json:
        show_json(asdict(made))
        return
    say(f"{made.samples} samples and {made.controls} controls, {made.images} images in {out}.")
    for why, count in sorted(made.left_out.items()):
        say(f"Left out: {count} ({why}).")
    say("Synthetic images, for research and teaching only; not for diagnosis.")


def reasons_of(texts: Sequence[str]) -> dict[int, str]:
    """Reasons as they stand in options: NUMBER=TEXT."""
    found = {}
    for text in texts:
        number, equals, why = text.partition("=")
        if not equals or not number.strip().isdigit():
            raise LgeSynthError(f"{text[:40]!r} is no reason.", "Write NUMBER=WHY.")
        found[int(number)] = why.strip()
    return found


def verify(
    path: Annotated[Path, typer.Argument(help="A cohort's folder, or that of an export.")],
    again: Annotated[
        int, typer.Option(min=0, help="Paint so many blocks once more and compare the bytes.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Chooses them.")] = 0,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes for that.")] = 1,
    device: OnDevice = Device.AUTO,
    as_json: AsJson = False,
) -> None:
    """Check every file of a cohort or of its export; name what is damaged."""
    from lgesynth_gui.cohort.verify import verify_cohort
    from lgesynth_gui.cohort.verify_export import is_export, verify_export

    exported = is_export(path)
    if exported and again:
        raise LgeSynthError("An export cannot be painted again.", "Name the cohort's folder.")
    job = verify_export(path) if exported else verify_cohort(path)
    found = drive_shown(job, quiet=as_json)
    repeated = None
    if again:
        import numpy as np

        from lgesynth_gui.cohort.verify import paint_again
        from lgesynth_gui.engine.pool import EnginePool

        rng = np.random.default_rng(seed)
        repeated = drive_shown(
            paint_again(path, EnginePool(workers), again, rng, device.value), quiet=as_json
        )
    different = () if repeated is None else repeated.different
    if as_json:
        show_json(
            {**asdict(found), "kind": "export" if exported else "cohort",
             "again": None if repeated is None else asdict(repeated)}
        )  # fmt: skip
    else:
        for problem in found.problems:
            say(f"✗ {problem}")
        what = "images" if exported else "samples"
        say(f"{found.samples} {what} checked, {found.wrong} problems. {found.hash}".strip())
        if repeated is not None:
            say(
                f"{repeated.samples} samples of {repeated.blocks} blocks painted again,"
                f" {len(different)} different" + (f": {list(different)}." if different else ".")
            )
    if found.wrong or different:
        if not as_json:
            note("Something is not as it was written.")
        raise typer.Exit(1)


def coverage(
    folder: Folder,
    real: Annotated[
        list[Path] | None, typer.Option(help="Annotated scans to compare with; repeatable.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which of the 17 segments the scars lie in: asked for, kept, and in real scans."""
    from lgesynth_gui.cohort.balance import distance, statistics_of
    from lgesynth_gui.cohort.coverage import coverage_of
    from lgesynth_gui.cohort.index import Index

    scans = drive_shown(statistics_of(real), quiet=as_json) if real else None
    job = coverage_of(folder, None if scans is None else scans.segments)
    found = drive_shown(job, quiet=as_json)
    apart = None
    if scans is not None:
        with Index(folder) as index:
            apart = distance(index.groups(), scans)
    if as_json:
        show_json(
            {
                "segments": [asdict(one) for one in found.segments],
                "median_kept": found.middle,
                "under_represented": list(found.under),
                "cells": [
                    {"segment": s, "size": z, "depth": d, "asked": a, "kept": k}
                    for (s, z, d), (a, k) in sorted(found.cells.items())
                ],
                "distance": None if apart is None else asdict(apart),
            }
        )
        return
    rows = [
        (one.segment, one.asked, one.kept, "-" if one.real is None else one.real,
         "no heart shows it" if not one.shown
         else "under-represented" if one.segment in found.under else "")
        for one in found.segments
    ]  # fmt: skip
    show_table("segments", ("segment", "asked", "kept", "real", ""), rows)
    if apart is not None:
        say(
            f"Total variation from the real scans, 0 same to 1 nothing in common: size and depth"
            f" {apart.cells:.2f}, segments {apart.segments:.2f} ({apart.n} accepted samples)."
        )
    if found.under:
        say(f"Fill the gaps: lgesynth cohort fill {folder.name}")


def fill(
    folder: Folder,
    segments: Annotated[
        list[int] | None,
        typer.Option("--segment", min=1, max=17, help="Else all that are under-represented."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan more samples where segments are under-represented, up to the median of the others."""
    from lgesynth_gui.cohort.coverage import coverage_of, filling_part
    from lgesynth_gui.cohort.make import add_parts
    from lgesynth_gui.cohort.plan import PLAN, read_plan

    found = drive_shown(coverage_of(folder), quiet=as_json)
    planned = read_plan(folder / PLAN)
    wanted = tuple(segments or found.under)
    parts = [filling_part(planned, found, one) for one in wanted]
    if parts:
        planned = add_parts(folder, *parts)
    if as_json:
        show_json(
            {"parts": [{"name": p.name, "samples": p.count} for p in parts],
             "planned": planned.count}
        )  # fmt: skip
        return
    for part in parts:
        say(f"{part.name}: {part.count} samples more.")
    say(f"{planned.count} samples planned." if parts else "No segment is under-represented.")


def retry(folder: Folder, as_json: AsJson = False) -> None:
    """Forget samples whose workers died three times, so that the next run makes them again."""
    from lgesynth_gui.cohort.run import retry_errors

    count = retry_errors(folder)
    show_json({"samples": count}) if as_json else say(f"{count} samples will be made again.")


def rebuild(folder: Folder, as_json: AsJson = False) -> None:
    """Make the index anew from the samples' own records."""
    from lgesynth_gui.cohort import index
    from lgesynth_gui.cohort.run import holding

    with holding(folder):
        count = drive_shown(index.rebuild(folder), quiet=as_json)
    show_json({"samples": count}) if as_json else say(f"{count} samples are in the index.")


def write(path: Path, content: bytes) -> None:
    """Write a file of a command's, never over another one."""
    from lgesynth_gui.io.atomic import atomic_write

    if path.exists():
        raise LgeSynthError(f"{path} exists already.", "Choose another name.")
    with atomic_write(path) as file:
        file.write(content)
