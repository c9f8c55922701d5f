"""`lgesynth evaluate`: what the models are worth, measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgesynth_gui.cli.console import drive_shown, say, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import STEPS

if TYPE_CHECKING:
    from lgesynth_gui.evaluation.lineup import Setting
    from lgesynth_gui.evaluation.table import Table

app = typer.Typer(
    no_args_is_help=True, help="Measure the models, and the phantom beside real scans."
)

Out = Annotated[Path | None, typer.Option(help="Folder for tables and every single outcome.")]
Model = Annotated[str, typer.Option(help="Only this synthesis model, id or id/version.")]
Seed = Annotated[int, typer.Option(min=0, help="Of hosts, wishes and noise.")]
Steps = Annotated[int, typer.Option(min=1, max=100, help="Sampler steps.")]
Guidance = Annotated[float, typer.Option(min=0.0, max=0.3, help="0 leaves guided rows out.")]
Models = Annotated[Path | None, typer.Option(help="Folder of models; else the bundled.")]
Rivals = Annotated[bool, typer.Option(help="Also the systems ours are compared with.")]
Half = Annotated[
    bool | None,
    typer.Option("--half/--full", help="Compute in bfloat16; else where it is faster."),
]
Paper = Annotated[
    Path | None, typer.Option(help="The paper's configuration, too: RUN/model of stage paper.")
]
Sd = Annotated[Path | None, typer.Option(help="The Stable Diffusion folder of that run.")]
Bert = Annotated[Path | None, typer.Option(help="Its BiomedBERT folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@app.callback()
def _top() -> None:
    """Measure what the models are worth."""


@app.command("alignment")
def alignment(
    out: Out = None,
    model: Model = "",
    count: Annotated[int, typer.Option(min=1, help="Unseen phantom sketches.")] = 200,
    seed: Seed = 1,
    steps: Steps = STEPS,
    guidance: Guidance = 0.08,
    models: Models = None,
    half: Half = None,
    rivals: Rivals = True,
    paper: Paper = None,
    sd: Sd = None,
    bert: Bert = None,
    card: Annotated[bool, typer.Option(help="Write the figures into the models' cards.")] = False,
    as_json: AsJson = False,
) -> None:
    """Let the judge look for scars that were drawn on unseen simulated hearts."""
    from lgesynth_gui.evaluation.alignment import measure_alignment
    from lgesynth_gui.evaluation.tables import alignment_tables
    from lgesynth_gui.registry.cards import add_metrics

    root = _root(models)
    setting = _setting(root, model, steps, guidance, rivals, half, paper=_paper(paper, sd, bert))
    report = drive_shown(measure_alignment(count, seed, setting), quiet=as_json)
    if card:
        for one in report.ours:
            add_metrics(one.model, report.metrics(one.row), root)
    metrics = {one.row: report.metrics(one.row) for one in report.ours}
    told = {row: [m.model_dump(mode="json") for m in some] for row, some in metrics.items()}
    _tell("alignment", report, alignment_tables(report), out, told if as_json else None)
    if not as_json:
        _notes(report)
        if card:
            say(f"Written into the cards of {', '.join(sorted({o.model for o in report.ours}))}.")


@app.command("fidelity")
def fidelity(
    out: Out = None,
    model: Model = "",
    count: Annotated[int, typer.Option(min=1, help="Unseen slices of each of two tasks.")] = 200,
    seed: Seed = 1,
    steps: Steps = STEPS,
    guidance: Guidance = 0.08,
    models: Models = None,
    half: Half = None,
    rivals: Rivals = True,
    published: Annotated[bool, typer.Option(help="Also whole decoded crops.")] = True,
    choice_steps: Annotated[
        int, typer.Option(min=0, max=5000, help="Of each forced choice's training; 0 is off.")
    ] = 800,
    as_json: AsJson = False,
) -> None:
    """Compare painted slices with their hosts and with slices that truly have the scar."""
    from lgesynth_gui.evaluation.fidelity import measure_fidelity
    from lgesynth_gui.evaluation.files import plain
    from lgesynth_gui.evaluation.tables import fidelity_tables

    setting = _setting(_root(models), model, steps, guidance, rivals, half, published=published)
    job = measure_fidelity(count, seed, setting, choice_steps)
    report = drive_shown(job, quiet=as_json)
    _tell("fidelity", report, fidelity_tables(report), out, plain(report) if as_json else None)
    if not as_json:
        _notes(report)


@app.command("captions")
def captions(
    out: Out = None,
    model: Model = "",
    count: Annotated[int, typer.Option(min=2, help="Unseen phantom sketches.")] = 100,
    seed: Seed = 1,
    steps: Steps = STEPS,
    guidance: Guidance = 0.08,
    text_scale: Annotated[
        list[float] | None, typer.Option(min=1.0, max=9.0, help="Repeatable; else 1 and 3.")
    ] = None,
    models: Models = None,
    half: Half = None,
    as_json: AsJson = False,
) -> None:
    """Ask for scar in words alone, and let words and drawing disagree."""
    from lgesynth_gui.evaluation.captions import TEXT_SCALES, measure_captions
    from lgesynth_gui.evaluation.files import plain
    from lgesynth_gui.evaluation.tables import caption_tables

    setting = _setting(_root(models), model, steps, guidance, False, half)
    scales = tuple(text_scale) if text_scale else TEXT_SCALES
    report = drive_shown(measure_captions(count, seed, setting, scales), quiet=as_json)
    _tell("captions", report, caption_tables(report), out, plain(report) if as_json else None)


@app.command("real")
def real(
    data: Annotated[Path, typer.Option(help="Folder of labelled real stacks.")],
    out: Out = None,
    model: Model = "",
    count: Annotated[int, typer.Option(min=1, help="Scars painted into real slices.")] = 60,
    seed: Seed = 1,
    steps: Steps = STEPS,
    guidance: Guidance = 0.08,
    models: Models = None,
    half: Half = None,
    rivals: Rivals = False,
    as_json: AsJson = False,
) -> None:
    """Paint into real slices and erase their scars; for measuring alone."""
    from lgesynth_gui.evaluation.real import measure_real
    from lgesynth_gui.evaluation.sheets import write_sheets
    from lgesynth_gui.evaluation.tables import real_summary, real_tables

    setting = _setting(_root(models), model, steps, guidance, rivals, half)
    report = drive_shown(measure_real(data, count, seed, setting), quiet=as_json)
    summary = real_summary(report)
    _tell("real", summary, real_tables(report), out, summary if as_json else None)
    if out is not None:
        for system in report.tiles:
            write_sheets(out, system, report.all_tiles(system), report.worst(system))
    if not as_json:
        _left_out(report)


@app.command("phantom")
def phantom(
    data: Annotated[Path, typer.Option(help="Folder of labelled real stacks.")],
    out: Out = None,
    count: Annotated[int, typer.Option(min=1, help="Phantom slices.")] = 200,
    seed: Seed = 1,
    stream: Annotated[str, typer.Option(help="Of the phantom.")] = "generator",
    as_json: AsJson = False,
) -> None:
    """Lay simulated slices beside real ones, figure by figure; for measuring alone."""
    from lgesynth_gui.evaluation.appearance import measure_appearance
    from lgesynth_gui.evaluation.files import plain
    from lgesynth_gui.evaluation.tables import phantom_tables

    rows = drive_shown(measure_appearance(data, count, seed, stream), quiet=as_json)
    _tell("phantom", rows, phantom_tables(rows), out, plain(rows) if as_json else None)


@app.command("privacy")
def privacy(
    run: Annotated[Path, typer.Option(help="Folder of a finished fine-tuning.")],
    count: Annotated[
        int, typer.Option(min=1, max=20_000, help="Scars painted into held-out patients.")
    ] = 500,
    as_json: AsJson = False,
) -> None:
    """Look whether a fine-tuned model repeats the patients it was trained on."""
    from lgesynth_gui.evaluation.files import plain
    from lgesynth_gui.evaluation.fine_tuning import measure_run

    found = drive_shown(measure_run(run.resolve(), count), quiet=as_json)
    if as_json:
        show_json({**plain(found), "blocked": found.blocked, "words": found.words})
        return
    show_table(
        "Memorised patients",
        ("", "value", "95 % interval", "n"),
        [
            (one.name, f"{one.value:.3f}", f"{one.low:.3f} to {one.high:.3f}", one.n)
            for one in found.metrics()
        ],
    )
    say(found.words)


def _root(models: Path | None) -> Path:
    from lgesynth_gui.core.assets import bundled

    return models or bundled("models")


def _paper(*folders: Path | None) -> tuple[Path, Path, Path] | None:
    """Model, Stable Diffusion and BiomedBERT folder of the paper's configuration, or none."""
    match folders:
        case (Path() as model, Path() as sd, Path() as bert):
            return model, sd, bert
        case (None, None, None):
            return None
    raise LgeSynthError(
        "The paper's configuration needs three folders.", "Name --paper, --sd and --bert."
    )


def _setting(
    root: Path,
    model: str,
    steps: int,
    guidance: float,
    rivals: bool,
    half: bool | None,
    **others: Any,
) -> Setting:
    from lgesynth_gui.evaluation.lineup import Setting
    from lgesynth_gui.synthesis.models import best_device, half_pays

    usual = Setting(
        model=model, steps=steps, guidance=guidance, folders=(root,), rivals=rivals, **others
    )
    faster = half_pays(best_device(usual.device)) if half is None else half
    return replace(usual, half=faster)


def _tell(
    name: str, report: Any, tables: Sequence[Table], out: Path | None, as_json: Any = None
) -> None:
    """Print the tables, or one JSON document, and write everything into a folder."""
    from lgesynth_gui.evaluation.files import write_csv, write_json

    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_json(out / f"{name}.json", report)
        for table in tables:
            write_csv(out / f"{table.name}.csv", table.columns, table.cells)
    if as_json is not None:
        show_json(as_json)
        return
    for table in tables:
        if table.shown:
            show_table(table.title, table.head, table.shown)


def _notes(report: Any) -> None:
    for alarm in report.alarms():
        say(f"Alarm: {alarm}")
    _left_out(report)


def _left_out(report: Any) -> None:
    if report.missing:
        say(f"Left out, as their weights are not here: {', '.join(report.missing)}.")
