"""`lgesynth train`: one stage at a time, in the engine process, resumable."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, cast

import typer

from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table
from lgesynth_gui.cli.tune import check, go_on, tune
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.io.run_log import LOG
from lgesynth_gui.io.run_requests import REQUESTS
from lgesynth_gui.training import process
from lgesynth_gui.training.record import read_record

app = typer.Typer(
    no_args_is_help=True,
    help="Train the networks: run, resume, list, ask. Fine-tune on annotated scans: check, tune.",
)
app.command("check")(check)
app.command("tune")(tune)

Stage = Annotated[str, typer.Option(help="Which network: text, base, controlnet, reward ...")]
Out = Annotated[Path, typer.Option(help="The run's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Steps = Annotated[int, typer.Option(min=0, help="Last step; 0 = the recipe's own.")]
Minutes = Annotated[float, typer.Option(min=0, help="Stop after so many minutes; 0 = no limit.")]
Batch = Annotated[int, typer.Option(min=0, help="Items a batch; 0 = the recipe's own.")]
Slices = Annotated[int, typer.Option(min=1, help="Simulated slices drawn for it.")]
Seed = Annotated[int, typer.Option(min=0, help="Of data, weights and noise.")]
Models = Annotated[
    list[Path] | None, typer.Option(help="Folder of finished models it builds on; repeatable.")
]
Threads = Annotated[int, typer.Option(min=1, max=256, help="Processor threads.")]
Rate = Annotated[float, typer.Option(min=0, max=1, help="Peak learning rate; 0 = the recipe's.")]
Start = Annotated[
    str, typer.Option("--from", help="Model to go on from, id or id/version; else fresh weights.")
]
Micro = Annotated[int, typer.Option(min=0, help="Items worked off at once; 0 = what fits.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Adapters = Annotated[
    int, typer.Option(min=0, max=256, help="Rank of adapters that learn in place of all weights.")
]
Recompute = Annotated[bool, typer.Option(help="Save memory: compute activations twice.")]
Half = Annotated[bool, typer.Option("--fp16", help="Float16 with a scaled loss (NVIDIA only).")]
SampleEvery = Annotated[int, typer.Option(min=0, help="Steps between pictures; 0 = when asked.")]
Cache = Annotated[Path | None, typer.Option(help="Where drawn slices are kept and reused from.")]
Sd = Annotated[
    Path | None, typer.Option(help="Stage paper: folder laid out as Stable Diffusion's.")
]
Bert = Annotated[Path | None, typer.Option(help="Stage paper: folder of a BiomedBERT.")]
Side = Annotated[
    int, typer.Option(min=0, max=1024, help="Stage paper: pixels of a side; 0 = its U-Net's.")
]
Despite = Annotated[
    bool, typer.Option("--despite-memory", help="Stage paper: start though memory seems small.")
]


@app.command("run")
def run(
    stage: Stage,
    out: Out,
    steps: Steps = 0,
    minutes: Minutes = 0.0,
    batch: Batch = 0,
    slices: Slices = 4000,
    seed: Seed = 0,
    models: Models = None,
    cache: Cache = None,
    threads: Threads = 1,
    rate: Rate = 0.0,
    start: Start = "",
    micro: Micro = 0,
    device: Device = "auto",
    adapters: Adapters = 0,
    recompute: Recompute = False,
    fp16: Half = False,
    sample_every: SampleEvery = 0,
    sd: Sd = None,
    bert: Bert = None,
    side: Side = 0,
    despite_memory: Despite = False,
    as_json: AsJson = False,
) -> None:
    """Start a training in a new folder."""
    if _has_checkpoint(out):
        raise LgeSynthError(
            f"{out} already holds a training.", "Go on with it: lgesynth train resume."
        )
    _train(
        stage,
        out,
        as_json,
        models,
        cache,
        steps=steps,
        minutes=minutes,
        batch=batch,
        slices=slices,
        seed=seed,
        threads=threads,
        learning_rate=rate,
        start=start,
        micro=micro,
        device=device,
        adapters=adapters,
        recompute=recompute,
        fp16=fp16,
        sample_every=sample_every,
        sd=sd,
        bert=bert,
        side=side,
        despite_memory=despite_memory,
    )


@app.command("resume")
def resume(
    out: Out,
    stage: Annotated[str, typer.Option(help="Which network; else as it was started.")] = "",
    steps: Annotated[int | None, typer.Option(min=0, help="Another last step.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Another limit.")] = None,
    models: Models = None,
    cache: Cache = None,
    sd: Sd = None,
    bert: Bert = None,
    threads: Annotated[int | None, typer.Option(min=1, max=256, help="Other than before.")] = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a training from its last checkpoint, as it was started."""
    if not _has_checkpoint(out):
        raise LgeSynthError(f"{out} holds no checkpoint.", "Start with: lgesynth train run.")
    told = read_record(out) or {}
    stage = stage or told.pop("stage", "")
    told.pop("stage", None)
    if not stage:
        raise LgeSynthError(f"{out} does not say which network it trains.", "Add --stage.")
    if stage == "tune":
        go_on(out, told, as_json, steps=steps, minutes=minutes, threads=threads)
        return
    before = [Path(one) for one in told.pop("models", ())]
    kept = told.pop("data", None)
    changed = {"steps": steps, "minutes": minutes, "threads": threads, "sd": sd, "bert": bert}
    told |= {name: value for name, value in changed.items() if value is not None}
    cache = cache or (Path(kept) if kept else None)
    _train(stage, out, as_json, models or before, cache, **told)


@app.command("list")
def list_runs(
    folder: Annotated[Path, typer.Argument(help="A folder of runs.")],
    as_json: AsJson = False,
) -> None:
    """List the runs in a folder: how they stand, whether they can be resumed, their models."""
    if not folder.is_dir():
        raise LgeSynthError(f"{folder} is no folder.", "Name the folder that holds the runs.")
    runs = [_run_in(one) for one in sorted([folder, *folder.iterdir()]) if (one / LOG).is_file()]
    if as_json:
        show_json(runs)
        return
    show_table(
        f"{len(runs)} runs",
        ("run", "stage", "state", "step", "resumable", "models"),
        [
            (
                run["run"],
                run["stage"],
                " ".join(one for one in (run["state"], run["message"]) if one),
                f"{run['step']}/{run['steps']}" if run["steps"] else run["step"],
                "yes" if run["resumable"] else "no",
                ", ".join(run["models"]),
            )
            for run in runs
        ],
    )


@app.command("ask")
def ask_run(
    out: Out, what: Annotated[str, typer.Argument(help="stop, save, sample, pause or resume.")]
) -> None:
    """Ask a training that is running for something; it answers after its present step."""
    if what not in REQUESTS:
        raise LgeSynthError(f"Nobody can ask for {what!r}.", f"Ask for: {', '.join(REQUESTS)}.")
    process.ask(out, cast(process.Request, what))


def _run_in(folder: Path) -> dict[str, Any]:
    found = process.status(folder)
    models = sorted(str(path.parent.relative_to(folder)) for path in folder.rglob("model.json"))
    return {
        "run": folder.name,
        "stage": found.stage,
        "state": found.state,
        "message": found.message,
        "step": found.step,
        "steps": found.steps,
        "resumable": found.resumable,
        "models": models,
    }


def _has_checkpoint(folder: Path) -> bool:
    return any((folder / name).is_file() for name in process.CHECKPOINTS)


def _train(
    stage: str,
    out: Path,
    as_json: bool,
    models: list[Path] | None,
    data: Path | None,
    **options: Any,
) -> None:
    from lgesynth_gui.training.run import train  # here: it brings torch with it

    options["models"] = tuple(one.resolve() for one in models or ())
    options["data"] = data.resolve() if data else None
    for name in ("sd", "bert"):
        options[name] = Path(options[name]).resolve() if options.get(name) else None
    if stage == "paper" and not as_json and _speaks():
        _say_need(options)
    job = train(stage, out.resolve(), **options)
    folder = run_stoppably(job, quiet=as_json or not _speaks())
    if not _speaks():
        return
    if as_json:
        show_json({"stage": stage, "model": str(folder)})
    else:
        say(f"Trained. The model is in {folder}")


def _say_need(options: dict[str, Any]) -> None:
    """What memory the paper's stage takes, before anything of that size is made."""
    from lgesynth_gui.training.run import TrainOptions, paper_plan

    _, need = paper_plan(TrainOptions(**options))
    note(f"Training in the paper's configuration {need.words}.")


def run_stoppably(job: Job, *, quiet: bool = False) -> Any:
    """Drive a training with its progress shown; Ctrl-C stops it between two steps."""
    with _stopping_between_steps():
        return drive_shown(told_as(job, _stop_if_asked), quiet=quiet)


def _speaks() -> bool:
    """Of several processes that share a training the first one speaks."""
    return os.environ.get("RANK", "0") == "0"


_asked_to_stop, _asked_to_end = threading.Event(), threading.Event()


@contextmanager
def _stopping_between_steps() -> Iterator[None]:
    """The first Ctrl-C waits for the step to end, and so does the system's request to end."""

    def ask(number: int, frame: FrameType | None) -> None:
        if _asked_to_stop.is_set():
            raise KeyboardInterrupt
        _asked_to_stop.set()
        note("Stopping after this step; Ctrl-C again stops at once.")

    def end(number: int, frame: FrameType | None) -> None:
        _asked_to_end.set()

    _asked_to_stop.clear()
    _asked_to_end.clear()
    before = signal.signal(signal.SIGINT, ask)
    asked = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, asked)


def _stop_if_asked(step: Progress | None) -> Progress | None:
    if _asked_to_end.is_set():
        raise typer.Exit(0)
    if _asked_to_stop.is_set():
        raise KeyboardInterrupt
    return step
