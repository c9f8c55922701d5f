"""Unpacks pictures in the run-length coding of DICOM (PS3.5 Annex G), never more than they need.

A segment may say that it goes on for a gigabyte behind the last pixel; reading stops before.
"""

from __future__ import annotations

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import gates
from lgesynth_gui.io.headers import PixelFormat


def decode(picture: bytes, pixels: PixelFormat) -> Array:
    """One frame `(row, column)` in the type `pixels.dtype`.

    Args:
        picture: Segments that went through `dicom_codestream.check`; the highest byte of all
            pixels first.
        pixels: The DICOM header.

    Raises:
        Refused: a segment holds less than a byte a pixel, or that much more (PIX-07).
    """
    count = int.from_bytes(picture[:4], "little")
    starts = [int.from_bytes(picture[4 * k : 4 * k + 4], "little") for k in range(1, count + 1)]
    size = pixels.rows * pixels.columns
    planes = np.empty((size, count), np.uint8)
    for index, (start, end) in enumerate(zip(starts, [*starts[1:], len(picture)], strict=True)):
        planes[:, index] = np.frombuffer(_segment(picture[start:end], size), np.uint8, size)
    stored = planes.view(pixels.dtype.newbyteorder(">"))
    return np.asarray(stored.reshape(pixels.rows, pixels.columns).astype(pixels.dtype))


def _segment(packed: bytes, size: int) -> bytearray:
    """At least `size` bytes; what a padded end may add is less than that."""
    out, at, most = bytearray(), 0, size + max(size, 2)
    while at < len(packed) and len(out) < most:
        head, at = packed[at], at + 1
        if head < 128:
            out += packed[at : at + head + 1]
            at += head + 1
        elif head > 128:
            out += packed[at : at + 1] * (257 - head)
            at += 1
    gates.decoded(size <= len(out) < most)
    return out
