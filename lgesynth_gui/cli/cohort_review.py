"""`lgesynth cohort review`: lists samples, notes decisions, tells how far reviewers agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lgesynth_gui.cli.console import say, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.verdict import cut

if TYPE_CHECKING:
    from lgesynth_gui.cohort.agreement import Agreement
    from lgesynth_gui.cohort.index import Entry
    from lgesynth_gui.cohort.review import Review

app = typer.Typer(no_args_is_help=True, help="What people say of the samples.")

Folder = Annotated[Path, typer.Argument(help="The cohort's folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Blind = Annotated[bool, typer.Option("--blind", help="Without the verdict and others' decisions.")]


class Said(StrEnum):
    """Decisions."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"
    FIX = "fix"


@app.callback()
def _top() -> None:
    """What people say of the samples."""


@app.command("list")
def list_(
    folder: Folder,
    reviewer: Annotated[str, typer.Option(help="Only what this one has not decided yet.")] = "",
    status: Annotated[str, typer.Option(help="Only PASS, CHECK, FAIL, CONTROL ...")] = "",
    blind: Blind = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Samples and what was decided about them."""
    from lgesynth_gui.cohort.index import Index
    from lgesynth_gui.cohort.review import decisions_of, final, require_reviewer, standing

    name = require_reviewer(reviewer) if reviewer else ""
    decisions = decisions_of(folder)
    rows: list[dict[str, Any]] = []
    with Index(folder) as index:
        where = ("status = ?", (status,)) if status else ("", ())
        for entry in index.entries(*where):
            said = standing(decisions.get(entry.number, ()), entry.sha256)
            if name and any(one.reviewer == name for one in said):
                continue
            kept = final(entry.status, entry.accepted, said)
            rows.append(_row(entry, said, kept.kept, kept.why, blind))
            if len(rows) == limit:
                break
    if as_json:
        show_json(rows)
        return
    heads = tuple(rows[0]) if rows else ("sample",)
    show_table("samples", heads, [tuple(_cell(one) for one in row.values()) for row in rows])


def _row(entry: Entry, said: Sequence[Review], kept: bool, why: str, blind: bool) -> dict[str, Any]:
    row = {
        "sample": entry.number,
        "heart": entry.heart,
        "pattern": entry.pattern,
        "size": entry.size,
        "depth": entry.depth,
        "segments": list(entry.segments),
    }
    if blind:
        return row
    return row | {
        "verdict": entry.status,
        "dice": entry.dice,
        "decisions": [f"{one.reviewer}: {one.decision.value}" for one in said],
        "kept": kept,
        "why": why,
    }


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return cut(value)
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "-" if value is None else str(value)


@app.command("decide")
def decide(
    folder: Folder,
    decision: Annotated[Said, typer.Argument(help="accept, reject, unsure or fix.")],
    samples: Annotated[list[int], typer.Argument(help="Numbers of the samples.")],
    reviewer: Annotated[str, typer.Option(help="Your pseudonym, like R1.")],
    reasons: Annotated[
        list[str] | None, typer.Option("--reason", help="One of the list; repeatable.")
    ] = None,
    text: Annotated[
        str, typer.Option(help="In your words; a FAIL is kept only with 10 letters or more.")
    ] = "",
    blind: Blind = False,
    as_json: AsJson = False,
) -> None:
    """Note what a reviewer says of some samples; a later decision replaces an earlier one."""
    from lgesynth_gui.cohort.index import Index
    from lgesynth_gui.cohort.review import Decision, Reviewer

    with Index(folder) as index:
        marks = {number: next(index.entries("number = ?", (number,)), None) for number in samples}
    if missing := [number for number, entry in marks.items() if entry is None]:
        raise LgeSynthError(f"Sample {missing[0]} is not made yet.", "Nothing was noted.")
    made = []
    with Reviewer(folder, reviewer) as one:
        for number, entry in marks.items():
            if entry is not None:
                made.append(
                    one.decide(
                        number, entry.sha256, Decision(decision.value), tuple(reasons or ()),
                        text, blind=blind,
                    )
                )  # fmt: skip
    if as_json:
        show_json([asdict(one) | {"decision": one.decision.value} for one in made])
        return
    say(f"{decision.value}: {len(made)} samples, as {made[0].reviewer}.")


@app.command("agreement")
def agreement(folder: Folder, as_json: AsJson = False) -> None:
    """How far the reviewers agree beyond chance, with 95 % intervals."""
    from lgesynth_gui.cohort.agreement import agreements, standing_decisions
    from lgesynth_gui.cohort.review import problems_of

    for problem in problems_of(folder):
        say(f"✗ {problem}")
    found = agreements(*standing_decisions(folder))
    if as_json:
        show_json([{key: _finite(value) for key, value in asdict(one).items()} for one in found])
        return
    if not found:
        say("Fewer than two reviewers have decided anything.")
        return
    rows = [(", ".join(one.reviewers), one.n, *_kappa(one)) for one in found]
    show_table("agreement", ("reviewers", "samples", "same", "kappa (95 % interval)"), rows)


@app.command("take-back")
def take_back(
    folder: Folder,
    samples: Annotated[list[int], typer.Argument(help="Numbers of the samples.")],
) -> None:
    """Set aside what was put in the place of some samples; they are again as they were made."""
    from lgesynth_gui.cohort.fixes import take_back as set_aside

    for number in samples:
        entry = set_aside(folder, number)
        say(f"Sample {number} is as it was made: {entry.status} {_cell(entry.dice)}.")


@app.command("put-back")
def put_back(
    folder: Folder,
    samples: Annotated[list[int], typer.Argument(help="Numbers of the samples.")],
) -> None:
    """Put fixes in again that were set aside."""
    from lgesynth_gui.cohort.fixes import put_back as put_in_again

    for number in samples:
        entry = put_in_again(folder, number)
        say(f"Sample {number} is the fixed one again: {entry.status} {_cell(entry.dice)}.")


def _kappa(one: Agreement) -> tuple[str, str]:
    if not one.n:
        return "-", "-"
    return f"{one.alike:.2f}", f"{one.kappa:.2f} ({one.low:.2f} to {one.high:.2f}), by {one.over}"


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
