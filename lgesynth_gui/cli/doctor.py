"""`lgesynth doctor`: what this computer can do."""

from __future__ import annotations

from typing import Annotated

import typer

from lgesynth_gui.cli import checks
from lgesynth_gui.cli.console import note, show_json, show_table


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Check libraries, device, codecs, models, display and disk by using each of them."""
    from lgesynth_gui.cli.codecs import codec_checks

    found = [
        *checks.library_checks(),
        checks.cpu_check(),
        checks.device_check(),
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
