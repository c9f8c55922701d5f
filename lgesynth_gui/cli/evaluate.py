"""`lgesynth evaluate`: what the models are worth, measured."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from lgesynth_gui.cli.console import drive_shown, say, show_json, show_table

app = typer.Typer(no_args_is_help=True, help="Measure the models: alignment.")


@app.callback()
def _top() -> None:
    """Measure what the models are worth."""


@app.command("alignment")
def alignment(
    out: Annotated[Path | None, typer.Option(help="Folder for every single outcome.")] = None,
    model: Annotated[str, typer.Option(help="Synthesis model, id or id/version.")] = "",
    count: Annotated[int, typer.Option(min=1, help="Unseen phantom sketches.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Of the phantom and the noise.")] = 1,
    steps: Annotated[int, typer.Option(min=1, max=100, help="Sampler steps.")] = 8,
    guidance: Annotated[float, typer.Option(min=0.0, max=0.3, help="0 is off.")] = 0.08,
    models: Annotated[Path | None, typer.Option(help="Folder of models; else the bundled.")] = None,
    card: Annotated[bool, typer.Option(help="Write the figures into the model's card.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Let the judge look for scars that were drawn on unseen simulated hearts."""
    from lgesynth_gui.core.assets import bundled
    from lgesynth_gui.evaluation.alignment import measure_alignment
    from lgesynth_gui.io.atomic import atomic_write
    from lgesynth_gui.registry.cards import add_metrics

    root = models or bundled("models")
    job = measure_alignment(model, count, seed, steps, guidance, folders=(root,))
    report = drive_shown(job, quiet=as_json)
    metrics = report.metrics()
    if card:
        add_metrics(report.model, metrics, root)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        whole = json.dumps(asdict(report), indent=1, sort_keys=True)
        with atomic_write(out / "alignment.json") as file:
            file.write(whole.encode())
    if as_json:
        show_json([one.model_dump(mode="json") for one in metrics])
        return
    rows = [(m.name, f"{m.value:.3f}", f"{m.low:.3f} to {m.high:.3f}", str(m.n)) for m in metrics]
    show_table(f"{report.model}, {steps} steps", ("figure", "value", "95 %", "n"), rows)
    if card:
        say(f"Written into the card of {report.model}.")
