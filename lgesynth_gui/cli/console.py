"""How commands speak: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from lgesynth_gui.core.jobs import Job, Progress, drive

LINE_EVERY_S = 5.0


def plain(text: object, limit: int = 200) -> str:
    """Text that cannot steer a terminal: no control or direction characters, one line, cut."""
    kept = (
        " " if one.isspace() else one for one in str(text) if one.isspace() or one.isprintable()
    )
    joined = " ".join("".join(kept).split())
    return joined if len(joined) <= limit else joined[: limit - 1] + "…"


def note(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write(plain(text, 1000) + "\n")
    sys.stderr.flush()


def show_json(value: Any) -> None:
    """One JSON document on standard output."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_portable, allow_nan=False)
    sys.stdout.write(text + "\n")


def _portable(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"no JSON form of {type(value).__name__}")


def say(text: str) -> None:
    """One line on standard output."""
    sys.stdout.write(plain(text, 4000) + "\n")


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output; every cell is treated as untrusted text."""
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(Text(column), overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 140).print(
        table
    )


def drive_shown(job: Job, *, quiet: bool = False) -> Any:
    """Run a job to its end, showing how far it is, and return its result.

    A bar on a terminal; else a line when the step changes or every few seconds; nothing if quiet.
    """
    if quiet:
        return drive(job)
    shown = _bar if sys.stderr.isatty() else _lines
    with shown() as report:
        return drive(job, report)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        def report(step: Progress) -> None:
            bar.update(
                task,
                description=Text(plain(step.note, 40)).plain,
                completed=step.done,
                total=step.total or None,
            )

        yield report


@contextmanager
def _lines() -> Iterator[Callable[[Progress], None]]:
    last_note, last_time = "", -LINE_EVERY_S

    def report(step: Progress) -> None:
        nonlocal last_note, last_time
        now = time.monotonic()
        if step.note == last_note and now - last_time < LINE_EVERY_S:
            return
        last_note, last_time = step.note, now
        note(f"{step.note} {step.done}/{step.total}" if step.total else step.note)

    yield report
