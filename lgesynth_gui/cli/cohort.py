"""`lgesynth cohort`: plans, runs and tells of a cohort; its folder holds everything of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lgesynth_gui.cli import cohort_files, cohort_plan, cohort_review
from lgesynth_gui.cli.cohort_plan import known_rates
from lgesynth_gui.cli.cohort_shown import (
    estimate_values,
    hours,
    show_estimate,
    show_project,
    show_status,
    status_values,
)
from lgesynth_gui.cli.console import drive_shown, say, show_json
from lgesynth_gui.cli.synthesize import Device, OnDevice
from lgesynth_gui.core.errors import LgeSynthError

if TYPE_CHECKING:
    from lgesynth_gui.cohort.pools import Pool
    from lgesynth_gui.cohort.rates import Measured, Settings

app = typer.Typer(no_args_is_help=True, help="Make many samples by plan.")
app.add_typer(cohort_review.app, name="review")
app.command("plan")(cohort_plan.plan)
app.command("coverage")(cohort_files.coverage)
app.command("fill")(cohort_files.fill)
app.command("export")(cohort_files.export)
app.command("verify")(cohort_files.verify)
app.command("retry")(cohort_files.retry)
app.command("rebuild")(cohort_files.rebuild)

Folder = Annotated[Path, typer.Argument(help="The cohort's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Workers = Annotated[
    int,
    typer.Option(min=1, max=256, help="Processes, one thread each; up to the number of cores."),
]


@app.callback()
def _top() -> None:
    """Make many samples by plan."""


@app.command("run")
def run(
    folder: Folder,
    workers: Workers = 1,
    scheduler: Annotated[
        str, typer.Option(help="A Dask scheduler, tcp://host:8786, in place of own workers.")
    ] = "",
    device: OnDevice = Device.AUTO,
    retry: Annotated[
        bool, typer.Option("--retry-errors", help="Also samples whose workers died three times.")
    ] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would come to, and start nothing.")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="Paint one block first to measure how long one takes.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="As a process of its own that goes on by itself.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make every sample that is planned and not made yet."""
    from lgesynth_gui.app.places import data_folder
    from lgesynth_gui.cohort import rates
    from lgesynth_gui.cohort.estimate import estimate
    from lgesynth_gui.cohort.plan import PLAN, read_plan
    from lgesynth_gui.cohort.run import retry_errors, run_cohort

    planned = read_plan(folder / PLAN)
    settings, known = known_rates(folder, planned, device)
    if probe:
        known = _probed(folder, settings, device, as_json)
    shared = 1 if scheduler else workers
    if dry or probe or not as_json:
        job = estimate(folder, known.rates, known.source, shared)
        told = drive_shown(job, quiet=as_json)
        if dry:
            show_json(estimate_values(told)) if as_json else show_estimate(told)
            return
        if not as_json:
            left = f"; about {hours(told.seconds)}" if told.seconds is not None else ""
            say(f"{told.left} of {told.planned} samples to make{left}. {' '.join(told.stops)}")
    if detach:
        number = _detach(folder, workers, scheduler, device, retry)
        if as_json:
            show_json({"process": number})
        else:
            say(f"Started as process {number}. See: lgesynth cohort status, and ask.")
        return
    if retry:
        again = retry_errors(folder)
        if again and not as_json:
            say(f"{again} samples are made again.")
    pool = _pool(workers, scheduler)
    try:
        summary = drive_shown(run_cohort(folder, pool, device.value), quiet=as_json)
    except KeyboardInterrupt:
        _interrupted(folder)
        raise
    rates.remember(folder, data_folder(), settings)
    if as_json:
        show_json(asdict(summary))
    else:
        say(
            f"{summary.state}: {summary.made} of {summary.planned} samples made,"
            f" {summary.accepted} accepted, {summary.errors} errors, {summary.tries} noises in"
            f" {hours(summary.seconds)}." + (f" Hash {summary.hash}." if summary.hash else "")
        )


def _probed(folder: Path, settings: Settings, device: Device, as_json: bool) -> Measured:
    from lgesynth_gui.cohort.estimate import probe
    from lgesynth_gui.cohort.rates import Measured
    from lgesynth_gui.engine.pool import EnginePool

    found = drive_shown(probe(folder, EnginePool(), settings, device.value), quiet=as_json)
    return Measured(found, f"one block of {found.samples} samples, painted just now")


def _pool(workers: int, scheduler: str) -> Pool:
    if scheduler:
        from lgesynth_gui.cohort.cluster import DaskPool

        return DaskPool(scheduler)
    from lgesynth_gui.engine.pool import EnginePool

    return EnginePool(workers)


def _interrupted(folder: Path) -> None:
    """Say in the log that it was stopped by hand."""
    from lgesynth_gui.io.run_log import EventLog

    log = EventLog(folder)
    log.write("stopped", message="Stopped with Ctrl-C; run it again to go on.")
    log.close()


def _detach(folder: Path, workers: int, scheduler: str, device: Device, retry: bool) -> int:
    from lgesynth_gui.cohort.run import LOCK
    from lgesynth_gui.io.run_process import launch, process_of
    from lgesynth_gui.io.run_requests import take_requests

    if process_of(folder, lock=LOCK) is not None:
        raise LgeSynthError("This cohort is being run already.", "See: lgesynth cohort status.")
    take_requests(folder)
    arguments = ["cohort", "run", str(folder.resolve()), "--workers", str(workers), "--json"]
    arguments += ["--device", device.value, *(["--scheduler", scheduler] if scheduler else [])]
    return launch(folder, [*arguments, *(["--retry-errors"] if retry else [])])


@app.command("ask")
def ask(
    folder: Folder,
    what: Annotated[str, typer.Argument(help="stop, pause or resume.")],
    as_json: AsJson = False,
) -> None:
    """Ask a run for something, whoever started it; what is in hand at a stop is painted again."""
    from lgesynth_gui.cohort.status import status_of
    from lgesynth_gui.io.run_requests import PAUSE, RESUME, STOP, place_request

    if what not in (STOP, PAUSE, RESUME):
        raise LgeSynthError(f"A run cannot be asked to {what}.", "Ask stop, pause or resume.")
    if status_of(folder).owner is None:
        raise LgeSynthError("This cohort is not being run.", "Start it: lgesynth cohort run.")
    place_request(folder, what)
    show_json({"asked": what}) if as_json else say(f"Asked to {what}.")


@app.command("status")
def status(
    folder: Folder,
    project: Annotated[
        int, typer.Option(min=0, max=10_000_000, help="What so many samples would take.")
    ] = 0,
    device: OnDevice = Device.AUTO,
    as_json: AsJson = False,
) -> None:
    """How far a cohort is, what the gate kept of it, and what is left."""
    from lgesynth_gui.cohort import estimate
    from lgesynth_gui.cohort.plan import PLAN, read_plan
    from lgesynth_gui.cohort.status import status_of

    found = status_of(folder)
    planned = read_plan(folder / PLAN)
    paper, known = None, known_rates(folder, planned, device)[1]
    if project:
        if known.rates is None:
            raise LgeSynthError(
                f"What {project} samples take is not known: {known.source}.",
                "Run it, or measure: lgesynth cohort run --dry-run --probe.",
            )
        paper = estimate.project(folder, known.rates, project)
    if as_json:
        show_json(status_values(found, paper, known.source))
        return
    show_status(found, estimate.stop_words(planned))
    if paper is not None:
        show_project(paper, known.source)
