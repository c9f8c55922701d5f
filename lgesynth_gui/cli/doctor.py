"""`lgesynth doctor`: what this computer can do."""

from __future__ import annotations

from typing import Annotated

import typer

from lgesynth_gui.app import self_checks as checks
from lgesynth_gui.cli.checks import device_check, engine_check
from lgesynth_gui.cli.console import note, show_json, show_table


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Check libraries, device, speed, judge, codecs, models, display and disk by using each."""
    from lgesynth_gui.app.codecs import codec_checks
    from lgesynth_gui.app.engine_checks import judge_job, speed_job

    found = [
        *checks.library_checks(),
        checks.cpu_check(),
        device_check(),
        engine_check(speed_job),
        engine_check(judge_job),
        *codec_checks(),
        *(checks.model_checks() or (checks.Check("models", False, "None is bundled."),)),
        checks.display_check(),
        checks.disk_check(),
    ]
    if as_json:
        show_json([{"name": one.name, "ok": one.ok, "found": one.found} for one in found])
    else:
        show_table("doctor", ("", "what", "found"), [(c.glyph, c.name, c.found) for c in found])
    bad = [one.name for one in found if not one.ok]
    if bad:
        note(f"Not in order: {', '.join(bad)}.")
        raise typer.Exit(1)
