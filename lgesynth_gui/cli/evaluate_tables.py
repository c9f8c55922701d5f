"""`lgesynth evaluate tables`: every layer of evidence for every system, in one run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import STEPS

if TYPE_CHECKING:
    from lgesynth_gui.evaluation.panel import Evaluation
    from lgesynth_gui.evaluation.table import Table

COLUMNS = 8  # of a printed table, besides the row's name
LAYERS = ("alignment", "fidelity", "utility", "diversity", "privacy")


def tables(
    out: Annotated[Path, typer.Option(help="Folder of the run; one that was begun goes on.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled real stacks in EMIDEC's layout; else simulated hearts."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="500 cases and the layer of use: a night or more.")
    ] = False,
    count: Annotated[
        int, typer.Option(min=0, max=100_000, help="Cases of each task; 0 = 32, or 500 if full.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of hosts, wishes and noise.")] = 7,
    layers: Annotated[
        list[str] | None,
        typer.Option(help=f"Repeatable: {', '.join(LAYERS)}; else all, utility if full."),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=100, help="Sampler steps.")] = STEPS,
    guidance: Annotated[float, typer.Option(min=0.0, max=0.3, help="0 leaves guided out.")] = 0.08,
    models: Annotated[Path | None, typer.Option(help="Folder of models; else the bundled.")] = None,
    half: Annotated[
        bool | None,
        typer.Option("--half/--float32", help="Compute in bfloat16; else where it is faster."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "cpu",
    pdf: Annotated[bool, typer.Option(help="Also report.pdf and the plots as PNG.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Measure all systems of the paper's tables and write one report."""
    from lgesynth_gui.evaluation.whole import Options, measure_all
    from lgesynth_gui.io.run_progress import logged
    from lgesynth_gui.synthesis.models import best_device, half_pays

    strange = [one for one in layers or () if one not in LAYERS]
    if strange:
        raise LgeSynthError(f"There is no layer {strange[0]!r}.", f"Use {', '.join(LAYERS)}.")
    where = best_device(device)
    fast = half_pays(where) if half is None else half
    told = {
        "data": data, "out": out, "count": count or None, "seed": seed, "steps": steps,
        "guidance": guidance, "models": models,
    }  # fmt: skip
    flags = [*(["--full"] if full else []), "--half" if fast else "--float32"]
    options = Options(
        data=data,
        count=count,
        seed=seed,
        full=full,
        layers=tuple(one for one in LAYERS if one in (layers or ())),
        steps=steps,
        guidance=guidance,
        half=fast,
        models=models,
        device=where.type,
        command=_command(told, layers or (), flags),
    )
    evaluation: Evaluation = drive_shown(logged(measure_all(out, options), out), quiet=as_json)
    written(out, evaluation, pdf=pdf, as_json=as_json)


def written(out: Path, evaluation: Evaluation, *, pdf: bool, as_json: bool) -> None:
    """Write the report of an evaluation into its folder, and show it.

    Args:
        out: The run's folder.
        evaluation: What was found.
        pdf: Also for print.
        as_json: JSON instead of tables.
    """
    from lgesynth_gui.evaluation.report import write_report

    write_report(out, evaluation)
    if pdf:
        from lgesynth_gui.app.report_print import print_report

        print_report(out, evaluation)
    if as_json:
        from lgesynth_gui.evaluation.files import plain

        show_json(plain(_without_pictures(evaluation)))
        return
    show(evaluation)
    note(f"Written: report.html in {out}.")


def _without_pictures(evaluation: Evaluation) -> Evaluation:
    """The numbers alone: pixels are of no use in a terminal, and lie in the folder."""
    from lgesynth_gui.evaluation.panel import Pictures

    return replace(
        evaluation,
        panels=tuple(
            replace(panel, plots=tuple(o for o in panel.plots if not isinstance(o, Pictures)))
            for panel in evaluation.panels
        ),
    )


def _command(
    told: Mapping[str, Path | float | None], layers: Sequence[str], flags: Sequence[str]
) -> str:
    """The command that makes the run again; folders by their names alone."""
    parts = ["lgesynth", "evaluate", "tables"]
    for name, value in told.items():
        if value is not None:
            parts += [f"--{name}", value.name if isinstance(value, Path) else str(value)]
    for layer in layers:
        parts += ["--layers", layer]
    return shlex.join([*parts, *flags])


def pieces(table: Table) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    """A table as it is printed: cut where it has more columns than a screen is wide."""
    rest = range(1, len(table.head))
    parts = [rest[k : k + COLUMNS] for k in range(0, len(rest), COLUMNS)]
    return [
        (
            table.title if not k else f"{table.title} (continued)",
            tuple(table.head[at] for at in (0, *part)),
            [tuple(row[at] for at in (0, *part)) for row in table.shown],
        )
        for k, part in enumerate(parts)
        if table.shown
    ]


def show(evaluation: Evaluation) -> None:
    """Print an evaluation: its tables, alarms and what is missing."""
    say(f"{evaluation.title}, measured on {evaluation.data}. {evaluation.held_out}")
    if evaluation.small:
        say(evaluation.small)
    for panel in evaluation.panels:
        say(f"== {panel.title} ==")
        for words in panel.words:
            say(words)
        for table in panel.tables:
            for title, head, rows in pieces(table):
                show_table(title, head, rows)
        for alarm in panel.alarms:
            say(f"Alarm: {alarm}")
    missing = dict.fromkeys(one for panel in evaluation.panels for one in panel.missing)
    if missing:
        say(f"Left out: {', '.join(missing)}.")
