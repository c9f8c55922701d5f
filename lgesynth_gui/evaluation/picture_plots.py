"""Tiles of slices as SVG, each a picture that is held in the drawing. Nothing here loads torch."""

from __future__ import annotations

import base64
import textwrap

from lgesynth_gui.evaluation.ink import FONT, Ink, svg_text
from lgesynth_gui.evaluation.panel import PictureRow, Pictures, Tile
from lgesynth_gui.evaluation.tiles import ZOOM, pixels_of, png_of

ACROSS, LEAST = 5, 4  # tiles of a line
GAP, LINE = 8, 17
LETTERS = 29  # of a line below a tile
_LETTER = 6.2  # width of one, in units of the drawing


def lines_of(row: PictureRow, together: int, across: int) -> list[tuple[Tile, ...]]:
    """The lines that a row's tiles fill; tiles that belong together stay on one."""
    each = max(together, across // together * together)
    return [row.tiles[k : k + each] for k in range(0, len(row.tiles), each)]


def pictures_svg(plot: Pictures, ink: Ink) -> tuple[int, int, list[str]]:
    """Width, height and elements of the drawing."""
    side = plot.side * ZOOM
    most = max(
        (len(line) for row in plot.rows for line in lines_of(row, plot.together, ACROSS)), default=1
    )
    width = max(most, LEAST) * (side + GAP) - GAP
    body, y = [svg_text(0, 14, plot.title, ink.text, size=FONT + 1)], 14 + LINE
    for words in plot.words:
        for part in textwrap.wrap(words, int(width / _LETTER)):
            body.append(svg_text(0, y, part, ink.text))
            y += LINE
    for row in plot.rows:
        y += LINE // 2
        body.append(_strong(svg_text(0, y, row.title, ink.text)))
        y += LINE // 2
        for line in lines_of(row, plot.together, ACROSS):
            for k, tile in enumerate(line):
                body += _tile(tile, plot.side, k * (side + GAP), y, ink)
            y += side + 2 * LINE + GAP
    return width, y, body


def _strong(text: str) -> str:
    return text.replace("<text ", '<text font-weight="600" ', 1)


def _tile(tile: Tile, side: int, x: int, y: int, ink: Ink) -> list[str]:
    data = base64.b64encode(png_of(pixels_of(tile, side))).decode()
    large = side * ZOOM
    below = [
        svg_text(x, y + large + LINE * (k + 1) - 3, _short(words), colour)
        for k, (words, colour) in enumerate(((tile.title, ink.text), (tile.words, ink.text)))
        if words
    ]
    picture = (
        f'<image x="{x}" y="{y}" width="{large}" height="{large}"'
        f' href="data:image/png;base64,{data}"/>'
    )
    return [picture, *below]


def _short(words: str) -> str:
    return words if len(words) <= LETTERS else f"{words[: LETTERS - 1]}…"
