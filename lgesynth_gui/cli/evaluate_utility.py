"""`lgesynth evaluate utility`: a long run in a folder that goes on where it was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import typer

from lgesynth_gui.cli.console import drive_shown, say, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import STEPS

if TYPE_CHECKING:
    from lgesynth_gui.evaluation.panel import Panel

NETWORKS = ("unet", "densenet")
MIXINGS = ("stratified", "pooled")
LABELS = ("drawn", "judged")


def utility(
    out: Annotated[Path, typer.Option(help="Folder of the run; one that was begun goes on.")],
    data: Annotated[
        Path | None, typer.Option(help="Folder of labelled real stacks; else phantom patients.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="Synthetic samples an arm.")] = 300,
    seeds: Annotated[int, typer.Option(min=1, max=20, help="Of data order and synthesis.")] = 3,
    folds: Annotated[int, typer.Option(min=2, max=10, help="Divisions of real patients.")] = 3,
    real_fraction: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Share of the real training patients.")
    ] = 1.0,
    arms: Annotated[
        list[str] | None, typer.Option(help="Repeatable, for example lgesynth-guided; else all.")
    ] = None,
    network: Annotated[str, typer.Option(help="unet, or densenet as in the paper.")] = "unet",
    steps: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="Of each segmenter's training.")
    ] = 3000,
    batch: Annotated[int, typer.Option(min=2, max=512, help="Slices a step.")] = 16,
    mixing: Annotated[
        str,
        typer.Option(help="stratified: scar as common in every arm; or pooled, as in the paper."),
    ] = "stratified",
    label: Annotated[
        str, typer.Option(help="Of a sample: drawn, or judged as in the paper.")
    ] = "drawn",
    patients: Annotated[
        tuple[int, int, int], typer.Option(help="Phantoms to train on, choose with and test.")
    ] = (127, 32, 120),
    seed: Annotated[int, typer.Option(min=0, help="Of the simulated patients.")] = 7,
    sampler_steps: Annotated[int, typer.Option(min=1, max=100, help="Of our systems.")] = STEPS,
    guidance: Annotated[float, typer.Option(min=0.001, max=0.3, help="Of guided rows.")] = 0.08,
    models: Annotated[Path | None, typer.Option(help="Folder of models; else the bundled.")] = None,
    half: Annotated[
        bool | None,
        typer.Option("--half/--full", help="Sample in bfloat16; else where it is faster."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "cpu",
    tables: Annotated[
        bool, typer.Option("--tables", help="Train nothing; only tell what is done.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Train a scar segmenter with and without synthetic scars, and test it on other patients."""
    for value, allowed in ((network, NETWORKS), (mixing, MIXINGS), (label, LABELS)):
        if value not in allowed:
            raise LgeSynthError(f"There is no {value!r}.", f"Use {' or '.join(allowed)}.")
    if tables:
        from lgesynth_gui.evaluation.utility_panel import panel_of

        _tell(panel_of(out), out, as_json=as_json)
        return
    from lgesynth_gui.core.assets import bundled
    from lgesynth_gui.evaluation.lineup import Setting
    from lgesynth_gui.evaluation.utility import UtilityOptions, measure_utility
    from lgesynth_gui.evaluation.utility_train import Training
    from lgesynth_gui.synthesis.models import best_device, half_pays

    where = best_device(device)
    setting = Setting(
        steps=sampler_steps,
        guidance=guidance,
        device=device,
        folders=(models or bundled("models"),),
        half=half_pays(where) if half is None else half,
    )
    options = UtilityOptions(
        data=data,
        count=count,
        seeds=seeds,
        folds=folds,
        fraction=real_fraction,
        arms=tuple(arms or ()),
        label=cast(Literal["drawn", "judged"], label),
        phantoms=patients,
        phantom_seed=seed,
        training=Training(
            network=cast(Any, network), steps=steps, batch=batch, mixing=cast(Any, mixing),
            device=where.type,
        ),
    )  # fmt: skip
    panel = drive_shown(measure_utility(out, options, setting), quiet=as_json)
    _tell(panel, out, as_json=as_json)


def _tell(panel: Panel, out: Path, *, as_json: bool) -> None:
    """Print the tables, or one JSON document, and write them into the run's folder."""
    from lgesynth_gui.evaluation.files import plain, write_csv

    for table in panel.tables:
        write_csv(out / f"{table.name}.csv", table.columns, table.cells)
    if as_json:
        show_json(plain(panel))
        return
    for words in panel.words:
        say(words)
    for table in panel.tables:
        if table.shown:
            show_table(table.title, table.head, table.shown)
    for alarm in panel.alarms:
        say(f"Alarm: {alarm}")
    if panel.missing:
        say(f"Left out, as their weights are not here: {', '.join(panel.missing)}.")
