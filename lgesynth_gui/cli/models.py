"""`lgesynth models`: what is there, whether it is whole, and how models come in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lgesynth_gui.cli.console import drive_shown, note, say, show_json, show_table

app = typer.Typer(
    no_args_is_help=True,
    help="Models: list, verify, import, export, repair, keep, default. Packages are safetensors and"
    " JSON only.",
)

AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Name = Annotated[str, typer.Argument(help="id, or id/version.")]
MIB = 1 << 20


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List all models with what their cards say."""
    rows = _rows(check=False, quiet=True)
    good = [row for row in rows if row.card is not None]
    if as_json:
        show_json([_told(row) for row in good])
        return
    columns = ("model", "role", "title", "MiB", "trained on", "licence", "where")
    cells = [
        (row.name, c.role, c.title, f"{row.size / MIB:.1f}", c.trained_on.data, c.licence,
         _where(row))
        for row in good
        for c in (row.card,)
    ]  # fmt: skip
    show_table(f"{len(good)} models", columns, cells)
    for row in rows:
        if row.card is None:
            note(f"{row.name}: {row.words}")


@app.command("verify")
def verify_models(
    names: Annotated[
        list[str] | None, typer.Argument(help="id or id/version; all if none.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hash every file of every model and compare with its card."""
    from lgesynth_gui.app.models import Seal

    rows = [row for row in _rows(check=True, quiet=as_json) if _wanted(row.name, names)]
    if as_json:
        show_json([_found(row) for row in rows])
    else:
        cells = [(row.seal.glyph, row.name, row.words, _where(row)) for row in rows]
        show_table("models", ("", "model", "found", "where"), cells)
    if not rows:
        note("There is no such model. See the names with: lgesynth models list.")
    elif all(row.seal is Seal.WHOLE for row in rows):
        return
    else:
        note("A model is damaged. Try: lgesynth models repair NAME, or install the program again.")
    raise typer.Exit(1)


@app.command("import")
def import_model(
    package: Annotated[Path, typer.Argument(help="A .lgesynth-model file.")],
    as_json: AsJson = False,
) -> None:
    """Check a package, try its network, and keep it with this person's models."""
    from lgesynth_gui.app.models import import_model as job
    from lgesynth_gui.engine.client import Engine

    engine = Engine()
    try:
        card, new = drive_shown(job(package, engine.run), quiet=as_json)
    finally:
        engine.kill()
    if as_json:
        show_json({"model": card.reference, "sha256": card.sha256, "new": new})
    else:
        say(f"{card.reference} ({card.role}) {'is imported' if new else 'was there already'}.")


@app.command("export")
def export_model(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="The package; by default NAME-VERSION.lgesynth-model here.")
    ] = None,
    patients_ok: Annotated[
        bool,
        typer.Option("--patients-ok", help="It was trained on patients, and may be passed on."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Pack a model into one file with checksums."""
    from lgesynth_gui.app.models import export_model as job
    from lgesynth_gui.registry.cards import find_model
    from lgesynth_gui.registry.packages import file_name

    path = out or Path(file_name(find_model(name)))
    card = drive_shown(job(name, path, patients_ok=patients_ok), quiet=as_json)
    if as_json:
        show_json({"model": card.reference, "package": path, "size": path.stat().st_size})
    else:
        say(f"{card.reference} is packed into {path} ({path.stat().st_size / MIB:.1f} MiB).")


@app.command("repair")
def repair_model(
    name: Name,
    package: Annotated[
        Path | None, typer.Option("--from", help="A package of this very model.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the damaged files of a model anew."""
    from lgesynth_gui.app.models import repair_model as job

    done = drive_shown(job(name, package), quiet=as_json)
    if as_json:
        show_json({"model": name, "done": done})
    else:
        say(done)


@app.command("keep")
def keep_model(
    run: Annotated[Path, typer.Argument(help="The folder of a finished fine-tuning.")],
    as_json: AsJson = False,
) -> None:
    """Keep the model a fine-tuning made with this person's models; the default stays."""
    from lgesynth_gui.app.models import keep_model as job
    from lgesynth_gui.engine.client import Engine

    engine = Engine()
    try:
        card, new = drive_shown(job(run, engine.run), quiet=as_json)
    finally:
        engine.kill()
    if as_json:
        show_json({"model": card.reference, "sha256": card.sha256, "new": new})
        return
    say(f"{card.reference} {'is kept' if new else 'was there already'}.")
    say(f"Make it the default with: lgesynth models default {card.reference}")


@app.command("default")
def default_model(
    name: Annotated[str, typer.Argument(help="id or id/version; none shows the default.")] = "",
    reason: Annotated[
        str, typer.Option(help="Why, when it does not beat the default on held-out patients.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Show or change the model that is taken when none is named; a gate stands before it."""
    from lgesynth_gui.registry.defaults import default_card, read_choice
    from lgesynth_gui.training.gate import make_default

    words = make_default(name, reason).words if name else ""
    card, chosen = default_card(), read_choice()
    if as_json:
        told = chosen.reason if chosen is not None and chosen.sha256 == card.sha256 else ""
        show_json({"model": card.reference, "sha256": card.sha256, "gate": words, "reason": told})
        return
    if words:
        say(words)
    say(f"The default is {card.reference}.")


def _rows(*, check: bool, quiet: bool) -> tuple[Any, ...]:
    from lgesynth_gui.app.models import list_models as job

    rows: tuple[Any, ...] = drive_shown(job(check=check), quiet=quiet)
    return rows


def _where(row: Any) -> str:
    return "imported" if row.own else "bundled"


def _wanted(name: str, names: list[str] | None) -> bool:
    return not names or any(name == one or name.startswith(f"{one}/") for one in names)


def _told(row: Any) -> dict[str, Any]:
    return {**row.card.model_dump(mode="json"), "where": _where(row), "size": row.size}


def _found(row: Any) -> dict[str, Any]:
    whole = row.seal.value == "verified"
    return {"model": row.name, "ok": whole, "found": row.words, "where": _where(row)}
