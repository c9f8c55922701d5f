"""`lgesynth info`: the series found, and what was understood of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lgesynth_gui.cli.console import note, show_json, show_table
from lgesynth_gui.core.errors import LgeSynthError

SHOWN = 4  # parts of a refused stack that are named


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
                note(f"Series {one['series']}: {one['refused']}{_parts(one)}")
    if not any(not one["refused"] or one["parts"]["names"] for one in found):
        raise LgeSynthError(
            f"Nothing readable was found in {path}.", "DICOM, NIfTI and Analyze files are read."
        )


def _understood(number: int, one: Any) -> dict[str, Any]:
    from lgesynth_gui.io import load

    facts: dict[str, Any] = {"series": number, "name": one.label, "refused": ""}
    facts["parts"] = {
        "kind": one.kind_of_parts.value,
        "names": [part.label.removeprefix(f"{one.label}, ") for part in one.parts],
    }
    if not one.usable:
        return {**facts, "refused": one.reason}
    try:
        series = load(one)
    except LgeSynthError as error:
        return {**facts, "refused": str(error)}
    gap = series.geometry.gap_mm
    return {
        **facts,
        "shape": list(series.shape),
        "spacing_mm": [round(value, 4) for value in series.spacing],
        "slice_distance_mm": round(series.geometry.slice_distance, 4),
        "slice_thickness_mm": series.geometry.thickness_mm,
        "gap_mm": None if gap is None else round(gap, 4),
        "base_first_by": series.order.value,
        "signal": series.signal.value,
        "position_known": series.geometry.known,
        "mask": "" if one.mask is None else one.mask.name,
        "stored_type": str(series.pixels.dtype),
        "pixels_sha256": series.pixels_sha256,
        "format": series.source.format,
        "notes": [text for text in (one.reason, *series.notes) if text],
    }


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    if one["refused"]:
        return ("✗", str(one["series"]), one["name"], "", "", "", "", "refused, see below")
    slices, rows, columns = one["shape"]
    plane = one["spacing_mm"][1:]
    return (
        "✓",
        str(one["series"]),
        one["name"],
        str(slices),
        f"{rows} x {columns}",
        f"{plane[0]:.2f} x {plane[1]:.2f}, {one['slice_distance_mm']:.1f} apart",
        one["signal"],
        " ".join(one["notes"]),
    )


def _parts(one: dict[str, Any]) -> str:
    """How the parts of a refused stack are opened, or ""."""
    names = one["parts"]["names"]
    shown = "; ".join(f"--part {number}: {name}" for number, name in enumerate(names[:SHOWN], 1))
    more = f"; and so on to --part {len(names)}" if len(names) > SHOWN else ""
    return f" With --series {one['series']} {shown}{more}." if names else ""
