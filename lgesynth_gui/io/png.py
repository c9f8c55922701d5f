"""Pictures of a slice: original and synthetic side by side, in one window, the mark drawn in."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.marks import SYNTHETIC

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

Bytes = npt.NDArray[np.uint8]

ORIGINAL = "ORIGINAL"
SIDE = 512  # a picture is enlarged by a whole factor to at least this many rows
GAP = 8
LEAST_HEIGHT = 0.03  # of the mark's letters, as a share of the picture's height
PADDING = 4
BLACK, WHITE = 0, 255


def greys(plane: Array, window: tuple[float, float]) -> Bytes:
    """8-bit grey of stored values `(row, column)` through (window, level)."""
    low = window[1] - window[0] / 2
    share = np.clip((plane.astype(np.float64) - low) / window[0], 0.0, 1.0)
    return np.rint(share * WHITE).astype(np.uint8)


def slice_png(
    result: SynthesisResult,
    series: LgeSeries,
    index: int,
    window: tuple[float, float],
    texts: Mapping[str, str],
) -> bytes:
    """The picture of one slice; the same input gives the same bytes.

    Pixels are repeated to enlarge them, never blended; unequal spacing is evened out the same
    way. Left is the original, right the synthetic slice.

    Args:
        result: What was made.
        series: The host.
        index: Slice.
        window: (window, level) in stored values, one for both.
        texts: Text chunks by key (Latin-1 keys).
    """
    return png_bytes(side_by_side(result, series, index, window), texts)


def clean_png(
    result: SynthesisResult, index: int, window: tuple[float, float], texts: Mapping[str, str]
) -> bytes:
    """The synthetic slice alone, pixel for pixel and without the mark drawn in.

    What says that it is synthetic is its name and its text chunks only: whoever copies the
    picture elsewhere loses both.
    """
    return png_bytes(greys(result.pixels[index], window), texts)


def side_by_side(
    result: SynthesisResult, series: LgeSeries, index: int, window: tuple[float, float]
) -> Bytes:
    """Original and synthetic slice, enlarged, each with its mark drawn in."""
    heart = _shown(result.requested[index] > 0, series.spacing[1:])
    left = _shown(greys(series.pixels[index], window), series.spacing[1:])
    right = _shown(greys(result.pixels[index], window), series.spacing[1:])
    panes = [marked(left, ORIGINAL, heart), marked(right, SYNTHETIC, heart)]
    rows = max(pane.shape[0] for pane in panes)
    panes = [np.pad(pane, ((rows - pane.shape[0], 0), (0, 0))) for pane in panes]
    return np.concatenate([panes[0], np.zeros((rows, GAP), np.uint8), panes[1]], axis=1)


def png_bytes(picture: Bytes, texts: Mapping[str, str], *, optimize: bool = False) -> bytes:
    """A picture as PNG with texts in it.

    Args:
        picture: uint8, `(row, column)`.
        texts: Keyword to text.
        optimize: Smaller, and slower to write.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    chunks = PngInfo()
    for key, text in texts.items():
        chunks.add_itxt(key, text)
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", pnginfo=chunks, optimize=optimize)
    return buffer.getvalue()


def marked(picture: Bytes, word: str, heart: Mask) -> Bytes:
    """The picture with a word in a box in the corner that shows least of the heart.

    White letters in a black box with a white rim stand out from any grey. Where every corner
    shows heart, the box goes into a strip above the picture.

    Args:
        picture: `(row, column)`.
        word: The mark.
        heart: Where it must not be, same shape.
    """
    label = word_box(word, picture.shape)
    rows, columns = label.shape
    height, width = picture.shape
    if rows <= height and columns <= width:
        for row in (0, height - rows):
            for column in (0, width - columns):
                place = np.s_[row : row + rows, column : column + columns]
                if not heart[place].any():
                    out = picture.copy()
                    out[place] = label
                    return out
    out = np.zeros((height + rows, max(width, columns)), np.uint8)
    out[:rows, :columns] = label
    out[rows:, :width] = picture
    return out


def letter_size(shape: tuple[int, ...]) -> int:
    """Font size, pixels, of letters that take 3 % of the height of a picture or more."""
    return max(12, round(2 * LEAST_HEIGHT * shape[0]))


def word_box(
    word: str, shape: tuple[int, ...], size: int | None = None, padding: int = PADDING
) -> Bytes:
    """The box of a word for a picture of `shape`.

    Args:
        word: The mark.
        shape: Of the picture.
        size: Of the font; None takes `letter_size`.
        padding: Pixels around the letters, the rim among them.
    """
    from PIL import Image, ImageDraw

    font = _font(size or letter_size(shape))
    left, top, right, bottom = (round(v) for v in font.getbbox(word))
    box = Image.new("L", (right - left + 2 * padding, bottom - top + 2 * padding), BLACK)
    draw = ImageDraw.Draw(box)
    draw.text((padding - left, padding - top), word, fill=WHITE, font=font)
    draw.rectangle((0, 0, box.width - 1, box.height - 1), outline=WHITE)
    return np.asarray(box, dtype=np.uint8)


def _font(size: int) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _shown(plane: Array, spacing: tuple[float, ...]) -> Array:
    """Enlarged by repeating pixels until rows and columns are equal in mm and it is large."""
    row_mm, column_mm = spacing
    finest = min(row_mm, column_mm)
    scale = max(1, -(-SIDE // plane.shape[0]))
    rows = np.arange(round(plane.shape[0] * row_mm / finest * scale))
    columns = np.arange(round(plane.shape[1] * column_mm / finest * scale))
    down = (rows * finest / row_mm / scale).astype(int).clip(max=plane.shape[0] - 1)
    across = (columns * finest / column_mm / scale).astype(int).clip(max=plane.shape[1] - 1)
    return plane[np.ix_(down, across)]
