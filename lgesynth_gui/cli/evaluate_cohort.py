"""`lgesynth evaluate cohort`: the kept samples of a cohort beside true scars, in one report."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lgesynth_gui.cli.console import drive_shown
from lgesynth_gui.cli.evaluate_tables import written

if TYPE_CHECKING:
    from lgesynth_gui.core.jobs import Job
    from lgesynth_gui.evaluation.panel import Evaluation


def cohort(
    folder: Annotated[Path, typer.Argument(help="The cohort's folder; it is read alone.")],
    out: Annotated[Path, typer.Option(help="Folder of the run; one that was begun goes on.")],
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled real stacks in EMIDEC's layout to compare with, else hearts"
                          " that are simulated."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Samples, at most.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Which samples, and which true scars.")] = 7,
    models: Annotated[Path | None, typer.Option(help="Folder of models; else the bundled.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "cpu",
    pdf: Annotated[bool, typer.Option(help="Also report.pdf and the plots as PNG.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:  # fmt: skip
    """Measure the kept samples of a cohort: alignment, fidelity, diversity."""
    from lgesynth_gui.io.run_progress import logged

    parts = ["lgesynth", "evaluate", "cohort", folder.name, "--out", out.name]
    parts += [] if data is None else ["--data", data.name]
    parts += ["--count", str(count), "--seed", str(seed)]
    parts += [] if models is None else ["--models", models.name]
    job = _measured(folder, out, data, count, seed, models, device, shlex.join(parts))
    evaluation: Evaluation = drive_shown(logged(job, out), quiet=as_json)
    written(out, evaluation, pdf=pdf, as_json=as_json)


def _measured(
    folder: Path,
    out: Path,
    data: Path | None,
    count: int,
    seed: int,
    models: Path | None,
    device: str,
    command: str,
) -> Job:
    from lgesynth_gui.app.cohort_given import cohort_given
    from lgesynth_gui.evaluation.given import Given, GivenOptions, measure_given
    from lgesynth_gui.synthesis.models import best_device

    given: Given = yield from cohort_given(folder, count, seed)
    options = GivenOptions(data, seed, best_device(device).type, models, command)
    return (yield from measure_given(out, given, options))
