"""Contact sheets: host, wish, result and the judge's reading side by side, many cases a page."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.io.atomic import atomic_write

ZOOM = 2
FIELD = 96  # mm of the middle that are shown
GAP = 4
LINE = 14
PAGE = 16
COLUMNS = ("host", "wish", "result", "judge")
_WISH, _FOUND = (255, 190, 0), (0, 200, 255)
Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Tile:
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


def write_sheets(folder: Path, system: str, tiles: Sequence[Tile], worst: Sequence[Tile]) -> None:
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


def write_sheet(path: Path, tiles: Sequence[Tile], across: int = 2) -> None:
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
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    with atomic_write(path) as file:
        file.write(buffer.getvalue())


def _pictures(tile: Tile) -> tuple[Picture, ...]:
    window = np.percentile(_large(tile.host), (1, 99))
    host, result = _grey(tile.host, window), _grey(tile.result, window)
    return (
        host,
        _outlined(host, tile.wish, _WISH),
        result,
        _outlined(_outlined(result, tile.wish, _WISH), tile.found, _FOUND),
    )


def _large(plane: Array) -> Array:
    edge = (plane.shape[0] - FIELD) // 2
    middle = plane[edge : edge + FIELD, edge : edge + FIELD]
    return np.asarray(middle.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1))


def _grey(plane: Array, window: Array) -> Picture:
    """Grey between two values, those of the host for every picture of a tile."""
    share = np.clip((_large(plane) - window[0]) / max(window[1] - window[0], 1e-6), 0, 1)
    return np.repeat((share * 255).round().astype(np.uint8)[..., None], 3, axis=2)


def _outlined(picture: Picture, mask: Mask, colour: tuple[int, int, int]) -> Picture:
    from scipy import ndimage

    large = _large(np.asarray(mask, dtype=bool))
    out = picture.copy()
    out[large & ~ndimage.binary_erosion(large)] = colour
    return out
