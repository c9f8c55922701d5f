"""`lgesynth teach-library`: makes the examples that are shown on stage, all from fixed seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from lgesynth_gui.cli.console import drive_shown, say, show_table
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

if TYPE_CHECKING:
    from lgesynth_gui.core.contours import HeartContours
    from lgesynth_gui.core.series import LgeSeries
    from lgesynth_gui.core.synthesis import SynthesisResult
    from lgesynth_gui.synthesis.library import Made, Strip

SIDE = 128  # pixels of a tile
LARGEST = 3_000_000  # bytes of the whole library
LEAST_SHARE = 0.8  # of the scar, for an artery to be the answer of the quiz
NOTE = "SYNTHETIC: computed hearts, scar painted by a model. No patient. Not for diagnosis."
ALIVE_S = 0.4
STRIP = "SYNTHETIC_strip.png"
Bytes = npt.NDArray[np.uint8]
Window = tuple[float, float]


def teach_library(
    out: Annotated[Path, typer.Option(help="Folder of the library; an older one is replaced.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Names of some examples, for a trial; repeatable.")
    ] = None,
    strip: Annotated[bool, typer.Option(help="Make the transmurality strip.")] = True,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes, one core each.")] = 2,
) -> None:
    """Make the teaching examples: computed hearts, painted and judged, pictures and one JSON."""
    _require_library(out)
    made, grown = drive_shown(_make(tuple(only or ()), strip, workers))
    content = contents(made, grown)
    size = sum(map(len, content.values()))
    if size > LARGEST:
        raise LgeSynthError(f"The library would take {size} bytes.", "Make fewer or smaller tiles.")
    write_library(out, content)
    rows = [(one.wish.name, *_told(one.result), one.tries) for one in made]
    if grown is not None:
        rows += [(f"strip {percent} %", *_told(one), grown.tries) for percent, one in grown.steps]
    show_table("Teaching library", ("example", "verdict", "Dice", "tries"), rows)
    say(f"{len(content)} files, {size / 1e6:.2f} MB in {out}.")


def _told(result: SynthesisResult) -> tuple[str, str]:
    from lgesynth_gui.core.verdict import cut

    return result.verdict.grade.value, cut(result.verdict.dice)


def _require_library(out: Path) -> None:
    from lgesynth_gui.app.teach_library import FILE

    if out.exists() and not out.is_dir():
        raise LgeSynthError(f"{out} is a file.", "Choose a folder with --out.")
    if out.is_dir() and any(out.iterdir()) and not (out / FILE).is_file():
        raise LgeSynthError(f"{out} holds other files.", "Choose a new folder with --out.")


def _make(only: tuple[str, ...], strip: bool, workers: int) -> Job:
    """Make everything in a few processes; each example depends on its own seeds alone."""
    from lgesynth_gui.synthesis.library import example_made, strip_made, wishes

    every = wishes()
    wanted = tuple(wish for wish in every if not only or wish.name in only)
    if unknown := set(only) - {wish.name for wish in every}:
        names = ", ".join(wish.name for wish in every)
        raise LgeSynthError(f"There is no example {min(unknown)}.", f"Known: {names}.")
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    try:
        grown = pool.submit(strip_made) if strip else None  # the longest first
        made = [pool.submit(example_made, wish) for wish in wanted]
        waiting: set[Future[Any]] = {*made, *([grown] if grown is not None else [])}
        total = len(waiting)
        while waiting:
            ended, waiting = wait(waiting, timeout=ALIVE_S, return_when=FIRST_COMPLETED)
            for one in ended:
                one.result()  # the first failure ends everything
            yield Progress(total - len(waiting), total, "painting examples")
        return [one.result() for one in made], grown.result() if grown is not None else None
    finally:
        pool.shutdown(cancel_futures=True)


def write_library(out: Path, content: Mapping[str, bytes]) -> None:
    """Write the files, the JSON last; pictures that it does not name go."""
    from lgesynth_gui.app.teach_library import FILE
    from lgesynth_gui.io.atomic import atomic_write

    out.mkdir(parents=True, exist_ok=True)
    for name in sorted(content, key=lambda name: (name == FILE, name)):
        with atomic_write(out / name) as file:
            file.write(content[name])
    for path in out.glob("SYNTHETIC_*.png"):
        if path.name not in content:
            path.unlink()


def contents(made: Sequence[Made], strip: Strip | None) -> dict[str, bytes]:
    """Every file of the library by name; the same examples give the same bytes."""
    from lgesynth_gui.app.teach_library import FILE, FORMAT, VERSION
    from lgesynth_gui.io.atomic import canonical

    files: dict[str, bytes] = {}
    examples: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for one in made:
        name = f"SYNTHETIC_{one.wish.name}.png"
        told, sheet = _example(one, name)
        files[name] = _png(sheet, one.result)
        examples.append(told)
    if strip is not None:
        steps, sheet = _steps(strip)
        files[STRIP] = _png(sheet, strip.steps[0][1])
    results = [one.result for one in made] + [r for _, r in (strip.steps if strip else ())]
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "synthetic": NOTE,
        "side": SIDE,
        "models": [list(pair) for pair in results[0].models] if results else [],
        "pictures": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "examples": examples,
        "strip": steps,
    }
    return {**files, FILE: canonical(whole) + b"\n"}


def _example(made: Made, picture: str) -> tuple[dict[str, Any], Bytes]:
    """What the JSON says of an example, and its sheet: a row a slice, host left, sample right."""
    from lgesynth_gui.anatomy.patterns import pattern_named
    from lgesynth_gui.app.teach import level_name

    result, shown = made.result, made.contours.outlined()
    window = _window(made.host, made.contours, result)
    corner = _corner(made.host, made.contours)
    slides, rows = [], []
    for row, index in enumerate(shown):
        pair = (made.host.pixels[index], result.pixels[index])
        rows.append(np.concatenate([_tile(one, corner, window) for one in pair], axis=1))
        name = f"{level_name(made.contours.level(index))} slice"
        painted = index in result.slices
        slides.append(
            _slide(made.host, made.contours, result, index, corner)
            | {"name": name, "painted": painted, "original": [row, 0], "pixels": [row, 1]}
        )
    pattern = pattern_named(made.wish.pattern)
    drawn = [i for i, one in enumerate(slides) if one["painted"]]
    told = _common(made.host, made.contours, result) | {
        "name": made.wish.name,
        "title": pattern.title,
        "pattern": pattern.name,
        "artery": _artery(made) if made.wish.artery else "",
        "tries": made.tries,
        "origin": dict(made.origin),
        "picture": picture,
        "slides": slides,
        "first": drawn[len(drawn) // 2],
    }
    return told, np.concatenate(rows)


def _steps(strip: Strip) -> tuple[list[dict[str, Any]], Bytes]:
    """The strip: its sheet has the host on top, then one tile a step."""
    results = [result for _, result in strip.steps]
    window = _window(strip.host, strip.contours, results[-1])
    corner = _corner(strip.host, strip.contours)
    tiles = [_tile(strip.host.pixels[strip.index], corner, window)]
    told = []
    for percent, result in ((0, results[0]), *strip.steps):
        if percent:
            tiles.append(_tile(result.pixels[strip.index], corner, window))
        slide = _slide(strip.host, strip.contours, result, strip.index, corner)
        strokes = [s for s in slide["strokes"] if percent or s["kind"] != "requested"]
        slide |= {
            "name": "mid slice",
            "painted": percent > 0,
            "original": [0, 0],
            "pixels": [len(tiles) - 1, 0],
            "strokes": strokes,
        }
        common = _common(strip.host, strip.contours, result)
        if not percent:
            healthy = {"touched": 0.0, "every": 0.0, "grams": 0.0, "grade": 0, "arc_deg": 0.0}
            cells = dict.fromkeys(common["cells"], healthy)
            common |= {"words": "No enhancement", "seed": None, "dice": None, "cells": cells}
            common["grade"] = "NOT JUDGED"
        told.append(
            common
            | {
                "percent": percent,
                "name": f"strip_{percent:03d}",
                "title": "How much of the wall?",
                "artery": "",
                "tries": strip.tries,
                "picture": STRIP,
                "slides": [slide],
                "first": 0,
            }
        )
    return told, np.concatenate(tiles)


def _common(host: LgeSeries, contours: HeartContours, result: SynthesisResult) -> dict[str, Any]:
    from lgesynth_gui.app import words
    from lgesynth_gui.app.cells import requested_cells
    from lgesynth_gui.app.orientation import edge_letters
    from lgesynth_gui.app.session import State

    state = State(host, contours, result.request.sketch)
    letters = edge_letters(host.geometry)
    cells = requested_cells(state)
    rounded = {
        str(segment): {key: round(value, 4) for key, value in asdict(cell).items()}
        for segment, cell in cells.items()
    }
    return {
        "words": words.caption_of(state, result.slices[len(result.slices) // 2]),
        "cells": rounded,
        "segments": [segment for segment, cell in cells.items() if cell.touched > 0],
        "spacing": [host.spacing[1], host.spacing[2]],
        "letters": [letters.left, letters.right, letters.top, letters.bottom],
        "seed": result.request.seed,
        "steps": result.request.steps,
        "guidance": result.request.guidance,
        "grade": result.verdict.grade.value,
        "dice": None if result.verdict.dice is None else round(result.verdict.dice, 4),
        "judge": result.verdict.judge,
    }


def _artery(made: Made) -> str:
    """The artery in whose segments nearly all of the scar lies, or ""."""
    from lgesynth_gui.anatomy.territories import Artery
    from lgesynth_gui.synthesis.library import share_of

    shares = {one: share_of(made.result.requested, made.contours, made.host, one) for one in Artery}
    best = max(shares, key=lambda one: shares[one])
    return best.value if shares[best] >= LEAST_SHARE else ""


def _window(host: LgeSeries, contours: HeartContours, result: SynthesisResult) -> Window:
    """(window, level) that cuts off neither the host's tissues nor the painted scar."""
    from lgesynth_gui.anatomy.wall import wall_of
    from lgesynth_gui.core.greys import tissue_window
    from lgesynth_gui.core.labels import Label

    muscle, bright = [], []
    for index in contours.outlined():
        one = contours.slices[index]
        assert one is not None
        wall = wall_of(one, host.shape[1:], host.spacing[1:])
        muscle.append(host.pixels[index][wall.mask])
        bright.append(host.pixels[index][wall.cavity])
        bright.append(result.pixels[index][result.requested[index] == Label.SCAR])
    return tissue_window(np.concatenate(muscle), np.concatenate(bright))


def _corner(host: LgeSeries, contours: HeartContours) -> tuple[int, int]:
    """First row and column of the tiles: the ventricle in the middle, inside the picture."""
    from lgesynth_gui.app.teach import middle_of

    outlined = contours.outlined()
    (x, y), _ = middle_of(contours, outlined[len(outlined) // 2])
    row, column = round(y / host.spacing[1]), round(x / host.spacing[2])
    most = [max(size - SIDE, 0) for size in host.shape[1:]]
    return (
        min(max(row - SIDE // 2, 0), most[0]),
        min(max(column - SIDE // 2, 0), most[1]),
    )


def _tile(plane: npt.NDArray[Any], corner: tuple[int, int], window: Window) -> Bytes:
    from lgesynth_gui.io.png import greys

    row, column = corner
    return greys(plane, window)[row : row + SIDE, column : column + SIDE]


def _slide(
    host: LgeSeries,
    contours: HeartContours,
    result: SynthesisResult,
    index: int,
    corner: tuple[int, int],
) -> dict[str, Any]:
    from lgesynth_gui.app.session import State
    from lgesynth_gui.app.teach import middle_of, strokes_of

    state = State(host, contours, result.request.sketch)
    offset = (-corner[1] * host.spacing[2], -corner[0] * host.spacing[1])
    strokes, marks = strokes_of(state, index, offset)
    (x, y), reach = middle_of(contours, index)
    return {
        "strokes": [
            {
                "kind": one.kind,
                "closed": one.closed,
                "dashed": one.dashed,
                "points": [_rounded(point) for point in one.points],
            }
            for one in strokes
        ],
        "marks": [[text, _rounded(place)] for text, place in marks],
        "middle": _rounded((x + offset[0], y + offset[1])),
        "reach_mm": round(reach, 2),
    }


def _rounded(point: tuple[float, float]) -> list[float]:
    return [round(point[0], 2), round(point[1], 2)]


def _png(sheet: Bytes, result: SynthesisResult) -> bytes:
    """The sheet as an 8-bit grey PNG that says what it is."""
    from lgesynth_gui.io.png import png_bytes

    models = "; ".join(f"{role}: {model}" for role, model in result.models)
    texts = {"Synthetic": "YES", "Description": NOTE, "Models": models}
    return png_bytes(sheet, texts, optimize=True)
