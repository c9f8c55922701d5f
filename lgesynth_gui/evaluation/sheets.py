"""Contact sheets: host, wish, result and the judge's reading side by side, many cases a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.evaluation.tiles import (
    FIELD,
    FOUND,
    WISH,
    ZOOM,
    Bytes,
    coloured,
    enlarged,
    greyed,
    middle,
    outlined,
    png_of,
)
from lgesynth_gui.io.atomic import atomic_write

GAP = 4
LINE = 14
PAGE = 16
COLUMNS = ("host", "wish", "result", "judge")


@dataclass(frozen=True, eq=False)
class Sheeted:
    """One case on a sheet.

    Args:
        title: A few words; no patient data.
        host: Normalised `(128, 128)`.
        wish: Asked scar.
        result: What was painted.
        found: What the judge sees.
    """

    title: str
    host: Array
    wish: Mask
    result: Array
    found: Mask


def write_sheets(
    folder: Path, system: str, tiles: Sequence[Sheeted], worst: Sequence[Sheeted]
) -> None:
    """Write every case of a system, a few a page, and the worst on a page of their own.

    Args:
        folder: Must exist.
        system: Becomes part of the file names.
        tiles: At least one.
        worst: The worst first.
    """
    name = re.sub(r"[^a-z0-9]+", "-", system.lower()).strip("-")
    for start in range(0, len(tiles), PAGE):
        write_sheet(folder / f"{name}-{start // PAGE + 1:02d}.png", tiles[start : start + PAGE])
    write_sheet(folder / f"{name}-worst.png", worst)


def write_sheet(path: Path, tiles: Sequence[Sheeted], across: int = 2) -> None:
    """Write a PNG.

    Args:
        path: Final name; its folder must exist.
        tiles: At least one.
        across: Cases side by side.
    """
    from PIL import Image, ImageDraw

    side = FIELD * ZOOM
    width, height = 4 * (side + GAP) + 2 * GAP, side + LINE + GAP
    rows = -(-len(tiles) // across)
    page = np.zeros((LINE + rows * height, across * width, 3), dtype=np.uint8)
    for place, tile in enumerate(tiles):
        top, left = LINE + place // across * height + LINE, place % across * width
        for column, picture in enumerate(_pictures(tile)):
            here = left + column * (side + GAP)
            page[top : top + side, here : here + side] = picture
    image = Image.fromarray(page)
    pen = ImageDraw.Draw(image)
    for k in range(min(across, len(tiles))):
        for column, word in enumerate(COLUMNS):
            pen.text((k * width + column * (side + GAP) + 2, 1), word, fill=(200, 200, 200))
    for place, tile in enumerate(tiles):
        at = (place % across * width + 2, LINE + place // across * height + 1)
        pen.text(at, tile.title, fill=(150, 150, 150))
    with atomic_write(path) as file:
        file.write(png_of(np.asarray(image)))


def _pictures(tile: Sheeted) -> tuple[Bytes, ...]:
    """Grey between two values, those of the host for every picture of a case."""
    low, high = np.percentile(middle(tile.host), (1, 99))
    host, result = (
        coloured(enlarged(greyed(middle(one), low, high))) for one in (tile.host, tile.result)
    )
    wish, found = (enlarged(middle(one)) for one in (tile.wish, tile.found))
    return (
        host,
        outlined(host, wish, WISH),
        result,
        outlined(outlined(result, wish, WISH), found, FOUND),
    )
