"""`lgesynth cohort plan`: makes a cohort, or adds hearts and samples to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgesynth_gui.cli import cohort_files
from lgesynth_gui.cli.cohort_hearts import hearts_of
from lgesynth_gui.cli.cohort_shown import show_plan
from lgesynth_gui.cli.console import drive_shown, note, say
from lgesynth_gui.cli.synthesize import Device
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import STEPS

if TYPE_CHECKING:
    from lgesynth_gui.cohort.balance import Statistics
    from lgesynth_gui.cohort.plan import Part, Plan
    from lgesynth_gui.cohort.rates import Measured, Settings


def plan(
    folder: Annotated[Path, typer.Argument(help="The cohort's folder.")],
    hosts: Annotated[
        list[Path] | None,
        typer.Option("--host", help="A scan, a project, or a folder of annotated cases."),
    ] = None,
    phantoms: Annotated[
        int, typer.Option(min=0, max=10_000, help="Computed healthy hearts as hosts.")
    ] = 0,
    sample: Annotated[bool, typer.Option("--sample", help="The bundled sample heart.")] = False,
    count: Annotated[int, typer.Option(min=0, help="Samples drawn by the distributions.")] = 0,
    csv: Annotated[Path | None, typer.Option(help="Samples row by row.")] = None,
    json_: Annotated[
        Path | None, typer.Option("--plan", help="A plan as JSON, without hearts.")
    ] = None,
    like: Annotated[
        list[Path] | None,
        typer.Option(help="Annotated scans whose sizes, depths and segments the samples get."),
    ] = None,
    like_quotas: Annotated[
        bool, typer.Option("--like-quotas", help="With --like: as quotas of accepted samples.")
    ] = False,
    name: Annotated[str, typer.Option(help="For people.")] = "cohort",
    seed: Annotated[int, typer.Option(min=0, help="Everything random follows from it.")] = 0,
    patterns: Annotated[
        list[str] | None, typer.Option("--pattern", help="NAME or NAME=WEIGHT; repeatable.")
    ] = None,
    segments: Annotated[
        list[str] | None, typer.Option("--segment", help="N or N=WEIGHT; repeatable.")
    ] = None,
    depths: Annotated[
        list[str] | None, typer.Option("--depth", help="WORD or WORD=WEIGHT; repeatable.")
    ] = None,
    sizes: Annotated[
        list[str] | None, typer.Option("--size", help="'< 50 mm2', or with =WEIGHT; repeatable.")
    ] = None,
    no_reflow: Annotated[
        float | None, typer.Option(min=0, max=1, help="Share of scars with a dark core.")
    ] = None,
    controls: Annotated[
        float, typer.Option(min=0, max=1, help="Share of untouched originals without scar.")
    ] = 0.0,
    whole: Annotated[
        bool, typer.Option("--whole/--one-slice", help="Every slice the scar touches.")
    ] = False,
    quotas: Annotated[
        list[str] | None,
        typer.Option("--quota", help="COUNT:SIZE:DEPTH:SEGMENT, all but COUNT may be empty."),
    ] = None,
    tries: Annotated[int, typer.Option(min=1, max=50, help="Noises a wish is given.")] = 4,
    rounds: Annotated[int, typer.Option(min=0, max=50, help="To fill quotas.")] = 3,
    hours_: Annotated[
        float, typer.Option("--hours", min=0, help="A run takes at most; 0 = no limit.")
    ] = 0.0,
    gigabytes: Annotated[float, typer.Option(min=0, help="On the drive; 0 = no limit.")] = 0.0,
    steps: Annotated[int, typer.Option(min=1, max=100, help="Sampler steps.")] = STEPS,
    guidance: Annotated[float, typer.Option(min=0.0, max=0.3, help="0 is off.")] = 0.08,
    model: Annotated[str, typer.Option(help="Synthesis model, id or id/version.")] = "",
    half: Annotated[
        bool | None, typer.Option("--half/--full", help="bfloat16; else where it is faster.")
    ] = None,
    accept_contours: Annotated[
        bool, typer.Option("--accept-contours", help="Rest on proposals nobody has looked at.")
    ] = False,
    scarred: Annotated[
        bool, typer.Option("--with-scarred", help="Also slices that have scar of their own.")
    ] = False,
    save_rows: Annotated[
        Path | None, typer.Option(help="Write the rows of the plan into a CSV file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Make a cohort, or add hearts and samples to one that is there."""
    from lgesynth_gui.anatomy.bins import DEPTHS, SEGMENTS, SIZE_NAMES
    from lgesynth_gui.anatomy.patterns import load_patterns
    from lgesynth_gui.cohort.balance import statistics_of
    from lgesynth_gui.cohort.make import add_hearts, add_parts, add_quotas, make_cohort
    from lgesynth_gui.cohort.plan import PLAN, Part, checked, read_plan
    from lgesynth_gui.cohort.plan_text import (
        plan_rows,
        quota_of,
        read_rows,
        rows_text,
        weights_of,
    )

    drawn = _drawn(
        count,
        patterns=weights_of(patterns or (), [p.name for p in load_patterns()], "pattern"),
        depths=weights_of(depths or (), DEPTHS, "depth"),
        sizes=weights_of(sizes or (), SIZE_NAMES, "size"),
        segments=weights_of(segments or (), [str(one) for one in SEGMENTS], "segment"),
        no_reflow=no_reflow,
        controls=controls,
        whole=whole,
    )
    wanted = tuple(quota_of(one) for one in quotas or ())
    fresh = not (folder / PLAN).is_file()
    if fresh:
        if json_ is not None:
            first = read_plan(json_)
        else:
            first = checked(
                {
                    "name": name,
                    "seed": seed,
                    "stop": {
                        "tries": tries, "rounds": rounds, "hours": hours_, "gigabytes": gigabytes,
                    },
                    "sampling": {
                        "model": model, "steps": steps, "guidance": guidance,
                        "half": half,
                    },
                }
            )  # fmt: skip
        if first.hosts:
            raise LgeSynthError(
                "The plan names hearts of another cohort.", "Copy that cohort's folder instead."
            )
    elif json_ is not None:
        raise LgeSynthError(
            "This cohort has its plan already.", "Add hearts and samples, or choose a new folder."
        )
    found = drive_shown(
        hearts_of(
            hosts or (),
            phantoms=phantoms,
            seed=seed,
            sample=sample,
            accept=accept_contours,
            scarred=scarred,
        ),
        quiet=as_json,
    )
    for words in found.notes:
        note(words)
    if like and not count:
        raise LgeSynthError("How many samples shall be like the scans?", "Say so with --count.")
    real = drive_shown(statistics_of(like), quiet=as_json) if like else None
    if csv is not None:
        read_rows(csv)  # refused before anything is made
    if fresh:
        if not found.hearts:
            raise LgeSynthError(
                "There is no heart to paint into.", "Give some: --host, --phantoms or --sample."
            )
        make_cohort(folder, first)
    if wanted:
        add_quotas(folder, *wanted)
    new = add_hearts(folder, tuple(found.hearts))
    if len(new) < len(found.hearts):
        note(f"{len(found.hearts) - len(new)} hearts are in the cohort already.")
    errors: list[tuple[int, str]] = []
    parts: list[Part] = []
    if csv is not None:
        read = read_rows(csv, {one.id for one in read_plan(folder / PLAN).hosts})
        errors += read.errors
        if read.rows:
            parts.append(Part(name=f"table of {len(read.rows)} rows", rows=read.rows))
    for number, why in errors:
        note(f"Row {number} is left out: {why}")
    if real is not None:
        parts += _like(folder, real, count, like_quotas, as_json)
    elif drawn is not None:
        parts.append(drawn)
    add_parts(folder, *parts)
    planned = read_plan(folder / PLAN)
    if save_rows is not None:
        cohort_files.write(save_rows, rows_text(plan_rows(planned)))
    show_plan(folder, planned, errors, found.notes, as_json)


def _drawn(count: int, *, segments: dict[str, float], **values: Any) -> Part | None:
    """Samples drawn by distributions; None when none are wanted."""
    from pydantic import ValidationError

    from lgesynth_gui.cohort.plan import Draw, Part, first_word

    if not count:
        return None
    numbered = {int(name): weight for name, weight in segments.items()}
    try:
        draw = Draw.model_validate({"count": count, "segments": numbered, **values})
    except ValidationError as error:
        raise LgeSynthError(
            f"The distributions cannot be used: {first_word(error)}.", "Change them."
        ) from error
    return Part(name=f"drawn, {count}", draw=draw)


def _like(
    folder: Path, real: Statistics, count: int, quotas: bool, as_json: bool
) -> tuple[Part, ...]:
    """Parts that ask for what annotated scans show; quotas go into the plan at once."""
    from lgesynth_gui.cohort.balance import matching_parts, matching_quotas
    from lgesynth_gui.cohort.coverage import segments_shown
    from lgesynth_gui.cohort.make import add_quotas
    from lgesynth_gui.cohort.plan import PLAN, read_plan

    planned = read_plan(folder / PLAN)
    rates = known_rates(folder, planned, Device.AUTO)[1].rates
    shown = drive_shown(segments_shown(folder, planned), quiet=True)
    if quotas:
        add_quotas(folder, *matching_quotas(real, count))
    if not as_json:
        say(f"{real.scarred} slices with scar in {real.cases} scans ({real.unread} unreadable).")
    return matching_parts(real, count, rates, shown)


def known_rates(folder: Path, planned: Plan, device: Device) -> tuple[Settings, Measured]:
    """What a sample takes with a plan's settings, as far as it was measured on this computer."""
    from lgesynth_gui.app.places import data_folder
    from lgesynth_gui.cohort.rates import measured, settings_of

    settings = settings_of(planned.sampling, planned.stop.tries, device.value)
    return settings, measured(folder, data_folder(), settings)
