"""`lgesynth demo` and `lgesynth synthesize`: a heart and a wish in, a judged sample out."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from lgesynth_gui.cli import hosts
from lgesynth_gui.cli.console import drive_shown, note
from lgesynth_gui.cli.outcomes import kept, show_all, verdict_words
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import STEPS, Hole, SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.engine.client import Engine

GENERATE = "lgesynth_gui.synthesis.generate:generate"
DEMO_REASON = "demonstration on the bundled sample heart"


class Device(StrEnum):
    """Where to compute."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Format(StrEnum):
    """What can be written."""

    DICOM = "dicom"
    SEG = "seg"
    SR = "sr"
    NIFTI = "nifti"
    PNG = "png"
    PDF = "pdf"
    NNUNET = "nnunet"
    EMIDEC = "emidec"


USUAL = (Format.DICOM, Format.SEG, Format.NIFTI, Format.PNG)


class Mode(StrEnum):
    """Who the exported DICOM belongs to."""

    NEW_SUBJECT = "new_subject"
    EDIT_OF_PATIENT = "edit_of_patient"


Out = Annotated[Path, typer.Option(help="Folder for the results; must not exist yet.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the noise.")]
OnDevice = Annotated[Device, typer.Option(help="Where to compute.")]
Formats = Annotated[
    list[Format] | None,
    typer.Option("--format", help="What to write; repeatable. Else images, SEG, NIfTI, PNG."),
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def demo(
    out: Out,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed than the pinned.")] = None,
    device: OnDevice = Device.AUTO,
    as_json: AsJson = False,
) -> None:
    """Do the main job on the bundled sample heart: load, sketch, generate, judge, export."""
    _require_new(out)
    series, contours = hosts.sample_heart()
    request = hosts.sample_request(series, contours)
    request = request if seed is None else replace(request, seed=seed)
    engine = Engine()
    try:
        result = drive_shown(engine.run(GENERATE, request, series, device.value), quiet=as_json)
    finally:
        engine.kill()
    files = _export(result, series, out, USUAL, Mode.NEW_SUBJECT, DEMO_REASON)
    show_all("Sample heart", [(result, out if files else None, files)], as_json)
    _require_good(result)


def synthesize(
    path: Annotated[Path, typer.Argument(help="DICOM folder or file, or NIfTI.")],
    out: Out,
    caption: Annotated[str | None, typer.Option(help="The scar in words.")] = None,
    pattern: Annotated[str | None, typer.Option(help="The scar as a named pattern.")] = None,
    mask: Annotated[Path | None, typer.Option(help="The scar as a NIfTI label map.")] = None,
    slice_: Annotated[
        str, typer.Option("--slice", metavar="N|all", help="Slices, counted from 1: 4, 3-5, all.")
    ] = "all",
    contours: Annotated[
        Path | None, typer.Option(help="Heart contours (JSON) or a label map; else proposed.")
    ] = None,
    series: hosts.Number = None,
    part: hosts.Part = None,
    seed: Seed = 0,
    samples: Annotated[int, typer.Option(min=1, max=1000, help="How many, one seed each.")] = 1,
    steps: Annotated[int, typer.Option(min=1, max=100, help="Sampler steps.")] = STEPS,
    guidance: Annotated[
        float, typer.Option(min=0.0, max=0.3, help="Step of the reward guidance; 0 is off.")
    ] = 0.08,
    text_scale: Annotated[
        float, typer.Option(min=1.0, max=9.0, help="How hard the words pull; 1 is off.")
    ] = 1.0,
    hole: Annotated[Hole, typer.Option(help="Which part is painted anew.")] = Hole.AUTO,
    model: Annotated[str, typer.Option(help="Synthesis model, id or id/version.")] = "",
    device: OnDevice = Device.AUTO,
    formats: Formats = None,
    mode: Annotated[Mode, typer.Option(help="Who the DICOM belongs to.")] = Mode.NEW_SUBJECT,
    reason: Annotated[
        str, typer.Option(help="Why a FAIL is kept all the same; 10 letters or more.")
    ] = "",
    burn_in: Annotated[
        bool, typer.Option("--burn-in", help="Draw SYNTHETIC into the DICOM images' pixels, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a scar into a series: by --caption, --pattern or --mask."""
    if sum(one is not None for one in (caption, pattern, mask)) != 1:
        raise typer.BadParameter("give exactly one of --caption, --pattern, --mask")
    _require_new(out)
    host = hosts.open_series(path, series, part)
    engine = Engine()
    outcomes: list[tuple[SynthesisResult, Path | None, tuple[Path, ...]]] = []
    try:
        labels = None if mask is None else hosts.read_mask(mask, host)
        heart, origin = drive_shown(
            hosts.contours_for(host, contours, labels, engine), quiet=as_json
        )
        if origin == "proposed":
            note("The heart was outlined by the contour network; look at it before you rely on it.")
        slices = _slices(slice_, host, heart)
        sketch = _sketch(host, heart, slices, caption, pattern, labels, seed)
        asked = SynthesisRequest(
            host_sha256=host.pixels_sha256,
            contours=heart,
            sketch=sketch,
            caption=caption or "",
            steps=steps,
            guidance=guidance,
            text_scale=text_scale,
            hole=hole,
            model=model,
        )
        for number in range(samples):
            request = replace(asked, seed=seed + number)
            job = engine.run(GENERATE, request, host, device.value)
            result = drive_shown(job, quiet=as_json)
            folder = out if samples == 1 else out / f"sample-{number + 1:03d}"
            files = _export(result, host, folder, tuple(formats or USUAL), mode, reason, burn_in)
            outcomes.append((result, folder if files else None, files))
    finally:
        engine.kill()
    show_all(host.label or "Result", outcomes, as_json)
    left = [result for result, folder, _ in outcomes if folder is None]
    if left:
        raise LgeSynthError(
            f"{len(left)} of {samples} samples were {verdict_words(left[0].verdict)} and not kept.",
            "Try another --seed, or give --reason to keep a FAIL.",
        )


def _require_new(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise LgeSynthError(f"{out} already exists.", "Choose a new folder with --out.")


def _require_good(result: SynthesisResult) -> None:
    if result.verdict.grade in (Grade.FAIL, Grade.BLOCKED, Grade.NOT_JUDGED):
        raise LgeSynthError(
            f"The sample is {verdict_words(result.verdict)}.", "See the reasons in the table."
        )


def _export(
    result: SynthesisResult,
    series: LgeSeries,
    folder: Path,
    formats: tuple[Format, ...],
    mode: Mode,
    reason: str,
    burn_in: bool = False,
) -> tuple[Path, ...]:
    from lgesynth_gui.app.places import trail_of
    from lgesynth_gui.io.export import export_result

    if not kept(result, reason):
        return ()
    folder.parent.mkdir(parents=True, exist_ok=True)
    names = tuple(one.value for one in formats)
    return export_result(
        result,
        series,
        folder,
        formats=names,
        mode=mode.value,
        reason=reason.strip(),
        burn_in=burn_in,
        trail=trail_of(series.pixels_sha256),
    )


def _slices(text: str, series: LgeSeries, contours: HeartContours) -> tuple[int, ...]:
    outlined = contours.outlined()
    if text == "all":
        return outlined
    first, _, last = text.partition("-")
    try:
        asked = range(int(first) - 1, int(last or first))
    except ValueError:
        raise typer.BadParameter("--slice takes a number, a range like 3-5, or all") from None
    if not asked or asked[0] < 0 or asked[-1] >= series.shape[0]:
        raise LgeSynthError(
            f"There is no slice {text}.", f"This series has slices 1 to {series.shape[0]}."
        )
    missing = [index + 1 for index in asked if index not in outlined]
    if missing:
        raise LgeSynthError(
            f"Slice {missing[0]} has no heart contour.", "Choose another, or give --contours."
        )
    return tuple(asked)


def _sketch(
    series: LgeSeries,
    contours: HeartContours,
    slices: tuple[int, ...],
    caption: str | None,
    pattern: str | None,
    labels: Any,
    seed: int,
) -> ScarSketch:
    if labels is not None:
        from lgesynth_gui.cli.masks import sketch_of_mask

        return sketch_of_mask(labels, contours, series, slices)
    if caption is not None:
        from lgesynth_gui.anatomy.captions import say, understand
        from lgesynth_gui.anatomy.describe import draw_caption

        understood = understand(caption)
        for notice in understood.notices:
            note(notice)
        if understood.unknown:
            note(f"Not understood: {', '.join(understood.unknown)}.")
        sketch = draw_caption(understood.caption, contours, slices, understood.fractions)
        if not sketch.slices():
            raise LgeSynthError(
                f"No scar follows from the words; they say: {say(understood.caption)}.",
                "Name a depth and a wall, for example: subendocardial, mid anterior.",
            )
        note(f"Understood: {say(understood.caption)}.")
        return sketch
    from lgesynth_gui.anatomy.patterns import draw_pattern, load_patterns

    known = {one.name: one for one in load_patterns()}
    if pattern not in known:
        raise LgeSynthError(f"There is no pattern {pattern!r}.", f"Known: {', '.join(known)}.")
    drawn = draw_pattern(known[pattern], contours, np.random.default_rng(seed))
    return _only(drawn, slices)


def _only(sketch: ScarSketch, slices: tuple[int, ...]) -> ScarSketch:
    wanted = set(slices)
    regions = tuple(
        replace(region, slices=tuple(index for index in region.slices if index in wanted))
        for region in sketch.regions
        if wanted & set(region.slices)
    )
    if not regions:
        raise LgeSynthError(
            "The pattern has no scar in these slices.", "Use --slice all, or another pattern."
        )
    return ScarSketch(regions)
