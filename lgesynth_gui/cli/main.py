"""The list of commands, and what becomes of errors: 0 done, 1 refused or failed, 2 wrong usage."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from lgesynth_gui import __version__
from lgesynth_gui.cli import (
    cohort,
    doctor,
    evaluate,
    evaluate_cohort,
    evaluate_tables,
    evaluate_utility,
    info,
    judge,
    models,
    phantom,
    synthesize,
    teach,
    train,
    verify,
)
from lgesynth_gui.cli.console import note, say
from lgesynth_gui.core.errors import LgeSynthError

REFUSED = 1
INTERRUPTED = 130  # what shells use for Ctrl-C


class Commands(TyperGroup):
    """Turns every way a command can fail into one sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            note("Stopped. Nothing half-written was left behind.")
            raise typer.Exit(INTERRUPTED) from None
        except LgeSynthError as error:
            note(str(error))
            raise typer.Exit(REFUSED) from None
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            note(f"{error.strerror or type(error).__name__}{place}.")
            raise typer.Exit(REFUSED) from None
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if type(error).__module__.startswith("typer") or os.environ.get("LGESYNTH_DEBUG"):
                raise
            note(
                f"Unexpected: {type(error).__name__}: {error}. Please report it; with"
                " LGESYNTH_DEBUG=1 the details are shown."
            )
            raise typer.Exit(REFUSED) from None


app = typer.Typer(
    cls=Commands,
    name="lgesynth",
    help="Draw a scar on a cardiac LGE-MRI heart, synthesise it, and see its verdict. Research "
    "and teaching only, not for diagnosis. Without a command: the window.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(synthesize.demo)
app.command("info")(info.info)
app.command("synthesize")(synthesize.synthesize)
app.command("judge")(judge.judge)
app.command("phantom")(phantom.phantom)
app.command("doctor")(doctor.doctor)
app.command("verify")(verify.verify)
app.command("teach-library")(teach.teach_library)
app.add_typer(models.app, name="models")
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="evaluate")
evaluate.app.command("cohort")(evaluate_cohort.cohort)
evaluate.app.command("tables")(evaluate_tables.tables)
evaluate.app.command("utility")(evaluate_utility.utility)
app.add_typer(cohort.app, name="cohort")


@app.callback(invoke_without_command=True)
def _top(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
    if version:
        say(f"LGESynth {__version__}")
        raise typer.Exit


def main(arguments: Sequence[str]) -> int:
    """Run the command line.

    Args:
        arguments: Without the program's name. None, or a path that exists, opens the window.

    Returns:
        The exit code.
    """
    if not arguments or _is_path(arguments):
        return _window(arguments)
    try:
        app(args=list(arguments), prog_name="lgesynth")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else REFUSED
    return 0


def _window(arguments: Sequence[str]) -> int:
    display = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and not display and not os.environ.get("QT_QPA_PLATFORM"):
        note("There is no display to show the window on. Without one: lgesynth --help.")
        return REFUSED
    from lgesynth_gui.ui.main import run_window

    return run_window(tuple(arguments))


def _is_path(arguments: Sequence[str]) -> bool:
    first = arguments[0]
    if len(arguments) != 1 or first.startswith("-"):
        return False
    commands = {one.name for one in app.registered_commands}
    commands |= {one.name for one in app.registered_groups}
    return first not in commands and Path(first).exists()
