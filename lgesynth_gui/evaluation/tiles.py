"""Small pictures of slices: greys of one range, outlines, and how they are packed into a text.

Nothing here loads torch.
"""

from __future__ import annotations

import base64
import binascii
import io
import zlib

import numpy as np
from numpy.typing import NDArray

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.evaluation.panel import Tile

ZOOM = 2  # screen pixels of one pixel, nearest neighbour
FIELD = 96  # pixels, which are mm, of the middle that are shown
WISH, FOUND = (255, 190, 0), (0, 200, 255)  # amber, blue: told apart by the colour-blind, too
Bytes = NDArray[np.uint8]


def middle(plane: Array) -> Array:
    """The middle `(96, 96)` of a slice on the model grid."""
    edge = (plane.shape[0] - FIELD) // 2
    return plane[edge : edge + FIELD, edge : edge + FIELD]


def enlarged(plane: Array, zoom: int = ZOOM) -> Array:
    """Every pixel as `zoom` times `zoom` of them."""
    return np.asarray(plane.repeat(zoom, axis=0).repeat(zoom, axis=1))


def greyed(plane: Array, low: float, high: float) -> Bytes:
    """Greys from black at `low` to white at `high`."""
    share = np.clip((np.asarray(plane, dtype=float) - low) / max(high - low, 1e-6), 0, 1)
    return np.asarray((share * 255).round(), dtype=np.uint8)


def coloured(grey: Bytes) -> Bytes:
    """Greys `(h, w)` as `(h, w, 3)`."""
    return np.repeat(grey[..., None], 3, axis=2)


def outlined(picture: Bytes, mask: Mask, colour: tuple[int, int, int]) -> Bytes:
    """A picture `(h, w, 3)` with the inner border of a mask `(h, w)`, one pixel wide."""
    inside = np.asarray(mask, dtype=bool)
    wide = np.pad(inside, 1)
    around = (wide[:-2, 1:-1], wide[2:, 1:-1], wide[1:-1, :-2], wide[1:-1, 2:])
    out = picture.copy()
    out[inside & ~np.logical_and.reduce(around)] = colour
    return out


def png_of(picture: Bytes) -> bytes:
    """Greys `(h, w)` or colours `(h, w, 3)` as a PNG."""
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG")
    return held.getvalue()


def tile_of(
    row: str,
    title: str,
    words: str,
    plane: Array,
    greys: tuple[float, float],
    *,
    wish: Mask | None = None,
    found: Mask | None = None,
) -> Tile:
    """A tile of a slice's middle.

    Args:
        row: The system, or "" where it stands beside all of them.
        title: First line below it.
        words: Second line.
        plane: `(128, 128)`.
        greys: (window, level) in its unit.
        wish: Mask whose border is drawn in amber, the same grid.
        found: Another one, in blue.
    """
    window, level = greys
    grey = greyed(middle(plane), level - window / 2, level + window / 2)
    masks = [
        "" if one is None else _packed(np.packbits(middle(np.asarray(one, dtype=bool))))
        for one in (wish, found)
    ]
    return Tile(row, title, words, _packed(grey), *masks)


def pixels_of(tile: Tile, side: int, zoom: int = ZOOM) -> Bytes:
    """A tile as colours `(side * zoom, side * zoom, 3)`.

    Raises:
        ValueError: it does not hold what it should.
    """
    grey = np.frombuffer(_unpacked(tile.grey, side * side), dtype=np.uint8)
    out = coloured(enlarged(grey.reshape(side, side), zoom))
    for text, colour in ((tile.wish, WISH), (tile.found, FOUND)):
        if text:
            bits = np.frombuffer(_unpacked(text, -(-side * side // 8)), dtype=np.uint8)
            mask = np.unpackbits(bits, count=side * side).reshape(side, side)
            out = outlined(out, enlarged(mask.astype(bool), zoom), colour)
    return out


def check_tile(tile: Tile, side: int) -> None:
    """Make sure that a tile holds its pixels and nothing else.

    Raises:
        ValueError: it does not.
    """
    _unpacked(tile.grey, side * side)
    for text in (tile.wish, tile.found):
        if text:
            _unpacked(text, -(-side * side // 8))


def _packed(values: Bytes) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(values).tobytes(), 9)).decode()


def _unpacked(text: str, size: int) -> bytes:
    """What `_packed` has packed; no more memory is used than it must have."""
    try:
        found = zlib.decompressobj()
        data = found.decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError("a picture is damaged") from error
    if len(data) != size or not found.eof or found.unused_data:
        raise ValueError("a picture is of another size")
    return data
