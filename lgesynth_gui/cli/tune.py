"""`lgesynth train check` and `tune`: fine-tuning on annotated scans of one's own."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError

if TYPE_CHECKING:
    from lgesynth_gui.training.check import Checked
    from lgesynth_gui.training.held_out_table import HeldOut


class Preset(StrEnum):
    """How long and how carefully."""

    QUICK = "quick"
    STANDARD = "standard"
    CAREFUL = "careful"


CHECKPOINTS = ("last.safetensors", "previous.safetensors")
GLYPHS = {"good": "✓", "warning": "!", "refused": "✗"}

Data = Annotated[
    list[Path], typer.Option(help="Folder of annotated scans, project or ZIP; repeatable.")
]
Exclude = Annotated[
    list[int] | None, typer.Option(min=1, help="Number of a case to leave out; repeatable.")
]
Few = Annotated[
    bool, typer.Option("--few", help="Allow fewer than 10 cases of 10 patients, to try it out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def check(data: Data, exclude: Exclude = None, few: Few = False, as_json: AsJson = False) -> None:
    """Look at every annotated case before anything starts; nothing is written."""
    from lgesynth_gui.training.cases import find_cases
    from lgesynth_gui.training.check import check_cases

    cases = drive_shown(find_cases(data), quiet=as_json)
    left_out = frozenset(_ids(exclude))
    checked: Checked = drive_shown(check_cases(cases, left_out, _least(few)), quiet=as_json)
    if as_json:
        show_json(_told(checked))
    else:
        _show(checked)
    if not checked.ready:
        raise typer.Exit(1)


def tune(
    data: Data,
    out: Annotated[Path, typer.Option(help="The run's folder; it will hold patients' slices.")],
    preset: Annotated[Preset, typer.Option(help="How long and how carefully.")] = Preset.STANDARD,
    exclude: Exclude = None,
    exclude_red: Annotated[
        bool, typer.Option("--exclude-red", help="Leave out every case that is refused.")
    ] = False,
    few: Few = False,
    steps: Annotated[int, typer.Option(min=0, help="Last step; 0 = the preset's.")] = 0,
    minutes: Annotated[float, typer.Option(min=0, help="Stop training after; 0 = no limit.")] = 0.0,
    batch: Annotated[int, typer.Option(min=0, help="Items a step; 0 = the preset's.")] = 0,
    rate: Annotated[float, typer.Option(min=0, max=1, help="Peak rate; 0 = the preset's.")] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Of split, batches and noise.")] = 0,
    start: Annotated[
        str, typer.Option("--from", help="Control model to go on from; else the default.")
    ] = "",
    name: Annotated[str, typer.Option(help="Id of the new model; else one is made up.")] = "",
    licence: Annotated[
        str, typer.Option(help="SPDX name for the new model's card.")
    ] = "LicenseRef-not-for-distribution",
    threads: Annotated[
        int, typer.Option(min=0, max=256, help="Processor threads; 0 = those there are, at most 4.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Fine-tune the control model on annotated scans, and measure it on held-out patients."""
    if any((out / one).is_file() for one in CHECKPOINTS):
        raise LgeSynthError(
            f"{out} already holds a training.", "Go on with it: lgesynth train resume."
        )
    _run(
        out, data, as_json,
        preset=preset.value, excluded=_ids(exclude), leave_red=exclude_red, least=_least(few),
        steps=steps, minutes=minutes, batch=batch, learning_rate=rate, seed=seed, start=start,
        name=name, licence=licence, threads=threads,
    )  # fmt: skip


def go_on(out: Path, told: dict[str, Any], as_json: bool, **changed: Any) -> None:
    """Go on with a fine-tuning as it was started, on the slices it has read."""
    names = ("preset", "steps", "batch", "learning_rate", "minutes", "start", "against", "name",
             "licence", "seed", "threads")  # fmt: skip
    kept = {name: told[name] for name in names if name in told}
    kept["models"] = tuple(Path(one) for one in told.get("models", ()))
    kept |= {name: value for name, value in changed.items() if value is not None}
    _run(out, [], as_json, **kept)


def _run(out: Path, data: list[Path], as_json: bool, **options: Any) -> None:
    from lgesynth_gui.cli.train import run_stoppably
    from lgesynth_gui.evaluation.fine_tuning import fine_tune  # here: it brings torch with it

    job = fine_tune(out.resolve(), [one.resolve() for one in data], **options)
    folder, table = run_stoppably(job, quiet=as_json)
    if as_json:
        show_json({"model": str(folder), "held_out": asdict(table)})
        return
    show_held_out(table)
    say(f"Trained. The model is in {folder}")
    say(f"Keep it with: lgesynth models keep {out}")


def show_held_out(table: HeldOut) -> None:
    """The table of a fine-tuning, with what speaks against it."""
    rows = [
        (one.name, one.passed.text(), one.dice.text(), one.reward_dice.text(), one.contrast.text())
        for one in (*table.rows, *table.computed)
    ]
    names = [*(row[0] for row in rows[: len(table.rows)]),
             *(f"computed slices, {row[0]}" for row in rows[len(table.rows) :])]  # fmt: skip
    show_table(
        f"{table.cases} wishes on {table.patients} held-out patients, judge {table.judge}",
        ("", "Dice > 0.6", "judge Dice", "reward Dice", "contrast error"),
        [(name, *row[1:]) for name, row in zip(names, rows, strict=True)],
    )
    gain = table.difference
    say(
        f"After minus before: judge Dice {gain.dice.text('+')}, share {gain.passed.text('+')},"
        f" contrast error {gain.contrast.text('+')}."
    )
    for alarm in table.alarms:
        note(alarm)


def _least(few: bool) -> tuple[int, int]:
    from lgesynth_gui.training.check import FEWEST, LEAST

    return FEWEST if few else LEAST


def _ids(numbers: list[int] | None) -> tuple[str, ...]:
    return tuple(f"case {one:02d}" for one in numbers or ())


def _told(checked: Checked) -> dict[str, Any]:
    return {
        "ready": checked.ready,
        "cases": len(checked.taken),
        "patients": len(checked.patients),
        "remarks": [
            {"code": one.code, "outcome": one.outcome.value, "reason": one.reason}
            for one in checked.remarks
        ],
        "findings": [
            {
                "case": one.case,
                "patient": one.patient,
                "layout": one.layout,
                "outcome": one.outcome.value,
                "code": one.code,
                "reason": one.reason,
                "slices": one.total,
                "used": one.used,
                "scarred": one.scarred,
                "spacing": one.spacing,
                "excluded": one.case in checked.excluded,
            }
            for one in checked.findings
        ],
    }


def _show(checked: Checked) -> None:
    show_table(
        f"{len(checked.findings)} cases",
        ("", "case", "patient", "found as", "used", "code", "what"),
        [
            (
                "-" if one.case in checked.excluded else GLYPHS[one.outcome.value],
                one.case,
                one.patient,
                one.layout,
                f"{one.used}/{one.total}",
                one.code,
                one.reason,
            )
            for one in checked.findings
        ],
    )
    for one in checked.remarks:
        note(f"{one.code}: {one.reason}")
    if checked.red:
        note(f"{len(checked.red)} cases are refused. Leave them out with --exclude N or"
             " --exclude-red.")  # fmt: skip
    elif checked.ready:
        say(f"Ready: {len(checked.taken)} cases of {len(checked.patients)} patients.")
