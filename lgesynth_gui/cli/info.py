"""`lgesynth info`: the series found, and what was understood of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lgesynth_gui.cli.console import note, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError


def info(
    path: Annotated[Path, typer.Argument(help="A file or folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """List the series in a file or folder, and what was understood of each."""
    from lgesynth_gui.io import open_path

    if not path.exists():
        raise LgeSynthError(f"There is no {path}.", "Check the path.")
    found = [_understood(number, one) for number, one in enumerate(open_path(path), 1)]
    if as_json:
        show_json(found)
    else:
        columns = ("", "series", "name", "slices", "pixels", "mm", "signal", "notes")
        show_table(str(path), columns, [_row(one) for one in found])
        for one in found:
            if one["refused"]:
                note(f"Series {one['series']}: {one['refused']}")
    if not any(not one["refused"] for one in found):
        raise LgeSynthError(
            f"Nothing readable was found in {path}.", "DICOM, NIfTI and Analyze files are read."
        )


def _understood(number: int, one: Any) -> dict[str, Any]:
    from lgesynth_gui.io import load

    facts: dict[str, Any] = {"series": number, "name": one.label, "refused": ""}
    if not one.usable:
        return {**facts, "refused": one.reason}
    try:
        series = load(one)
    except LgeSynthError as error:
        return {**facts, "refused": str(error)}
    return {
        **facts,
        "shape": list(series.shape),
        "spacing_mm": [round(value, 4) for value in series.spacing],
        "signal": series.signal.value,
        "thickness_mm": series.geometry.thickness_mm,
        "position_known": series.geometry.known,
        "base_first_known": series.order_known,
        "stored_type": str(series.pixels.dtype),
        "pixels_sha256": series.pixels_sha256,
        "format": series.source.format,
        "notes": [text for text in (one.reason, *series.notes) if text],
    }


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    if one["refused"]:
        return ("✗", str(one["series"]), one["name"], "", "", "", "", "refused, see below")
    slices, rows, columns = one["shape"]
    between, *plane = one["spacing_mm"]
    return (
        "✓",
        str(one["series"]),
        one["name"],
        str(slices),
        f"{rows} x {columns}",
        f"{plane[0]:.2f} x {plane[1]:.2f}, {between:.1f} apart",
        one["signal"],
        " ".join(one["notes"]),
    )
