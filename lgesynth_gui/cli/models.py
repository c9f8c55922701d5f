"""`lgesynth models`: what is bundled, and whether it is whole."""

from __future__ import annotations

from typing import Annotated

import typer

from lgesynth_gui.cli.console import note, show_json, show_table

app = typer.Typer(no_args_is_help=True, help="The bundled models: list, verify.")

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the bundled models with what their cards say."""
    from lgesynth_gui.registry.cards import find_models

    cards = find_models()
    if as_json:
        show_json([card.model_dump(mode="json") for card in cards])
        return
    show_table(
        f"{len(cards)} models",
        ("model", "role", "title", "parameters", "trained on", "licence"),
        [
            (c.reference, c.role, c.title, f"{c.parameters:,}", c.trained_on.data, c.licence)
            for c in cards
        ],
    )


@app.command("verify")
def verify_models(as_json: AsJson = False) -> None:
    """Hash every file of every bundled model and compare with its card."""
    from lgesynth_gui.cli.checks import model_checks

    checks = model_checks()
    if as_json:
        show_json([{"model": c.name, "ok": c.ok, "found": c.found} for c in checks])
    else:
        show_table("models", ("", "model", "found"), [(c.glyph, c.name, c.found) for c in checks])
    if not checks or not all(check.ok for check in checks):
        note("A model is damaged or missing. Install the program again.")
        raise typer.Exit(1)
