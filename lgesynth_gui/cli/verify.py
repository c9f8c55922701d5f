"""`lgesynth verify`: is an exported file what its record says? It is made again and compared."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table
from lgesynth_gui.cli.synthesize import Device, OnDevice


def verify(
    path: Annotated[
        Path,
        typer.Argument(help="An exported file, its provenance, the export's folder, or a *.trail."),
    ],
    host: Annotated[
        Path | None,
        typer.Option(help="The series it was painted into, where it is not found by itself."),
    ] = None,
    device: OnDevice = Device.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Make an exported sample again from its record and compare the pixels.

    Of a trail, the list of what left the program, every record is checked against those before it.
    """
    from lgesynth_gui.io.trail import is_trail

    if is_trail(path):
        _verify_trail(path, as_json)
        return
    from lgesynth_gui.app.audit import audit
    from lgesynth_gui.engine.client import Engine

    engine = Engine()
    try:
        found = drive_shown(audit(path, engine.run, host, device.value), quiet=as_json)
    finally:
        engine.kill()
    if as_json:
        show_json(as_values(found))
    else:
        _show(found)
    if not found.good:
        if not as_json:
            note(f"It is {found.headline}: {(found.problems or ('the files differ.',))[0]}")
        raise typer.Exit(1)


def _verify_trail(path: Path, as_json: bool) -> None:
    from lgesynth_gui.io.trail import problems_of

    records, problems = problems_of(path)
    if as_json:
        outcome = "different" if problems else "exact"
        show_json({"outcome": outcome, "records": len(records), "problems": list(problems)})
    else:
        said = [(one.get("sequence"), one.get("time"), one.get("action")) for one in records]
        show_table("trail", ("record", "time", "what"), [tuple(map(str, one)) for one in said])
        for one in problems:
            say(f"✗ {one}")
    if problems:
        if not as_json:
            note(f"The trail was changed: {problems[0]}")
        raise typer.Exit(1)


def as_values(found: Any) -> dict[str, Any]:
    """An audit as plain values."""
    return {
        "outcome": found.outcome.value,
        "headline": found.headline,
        "largest_difference": found.largest if found.largest != float("inf") else None,
        "files": [
            {"name": one.name, "outcome": one.outcome.value, "found": one.words}
            for one in found.files
        ],
        "problems": list(found.problems),
        "notes": list(found.notes),
        "versions": [
            {"name": name, "record": then, "here": here} for name, then, here in found.versions
        ],
        "models": [asdict(one) for one in found.models],
    }


def _show(found: Any) -> None:
    say(f"{found.outcome.glyph} {found.headline}")
    for one in found.problems:
        say(f"✗ {one}")
    for one in found.notes:
        say(f"○ {one}")
    if found.files:
        rows = [(one.outcome.glyph, one.name, one.words) for one in found.files]
        show_table("files", ("", "file", "found"), rows)
    if found.models:
        pairs = [(m.role, m.then, m.here, m.sha256[:16]) for m in found.models]
        show_table("models", ("role", "record", "here", "SHA-256"), pairs)
    versions = [("" if then == here else "≠", name, then or "–", here or "–")
            for name, then, here in found.versions]  # fmt: skip
    show_table("versions", ("", "what", "record", "here"), versions)
