"""Decodes one small picture of every kind of compression the program reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lgesynth_gui.app.self_checks import Check
from lgesynth_gui.core.arrays import Array

SIDE = 32


def picture(bits: int) -> Array:
    """A `(32, 32)` ramp with texture, unsigned, that uses the lower `bits` bits."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    values = (rows * 37 + columns * columns * 5) % 256 * ((2**bits - 1) // 255)
    return np.asarray(values, dtype=np.uint8 if bits == 8 else np.uint16)


def codec_checks() -> tuple[Check, ...]:
    """One check a transfer syntax: what was encoded here must come back."""
    found = []
    for name, bits, tolerance, coder in _coders():
        asked = picture(bits)
        try:
            read = coder(asked)
        except Exception as error:  # noqa: BLE001 - a codec may fail in any way; it is named
            found.append(Check(name, False, f"{type(error).__name__}. Install the program again."))
            continue
        good = read.shape == asked.shape
        good = good and int(np.abs(read.astype(int) - asked.astype(int)).max()) <= tolerance
        found.append(Check(name, good, "decodes" if good else "decodes to other values"))
    return tuple(found)


def _coders() -> tuple[tuple[str, int, int, Callable[[Array], Array]], ...]:
    import imagecodecs
    from pydicom import uid

    def jpeg(array: Array) -> Array:
        bits = 8 if array.itemsize == 1 else 12
        return np.asarray(
            imagecodecs.jpeg_decode(imagecodecs.jpeg_encode(array, level=95, bitspersample=bits))
        )

    def lossless_jpeg(array: Array) -> Array:
        return np.asarray(imagecodecs.jpegsof3_decode(imagecodecs.ljpeg_encode(array)))

    return (
        ("RLE", 12, 0, lambda array: _round_trip(array, uid.RLELossless)),
        ("JPEG baseline, 8 bit", 8, 8, jpeg),
        ("JPEG extended, 12 bit", 12, 120, jpeg),
        ("JPEG lossless", 12, 0, lossless_jpeg),
        ("JPEG-LS", 12, 0, lambda array: _round_trip(array, uid.JPEGLSLossless)),
        ("JPEG 2000", 12, 0, lambda array: _round_trip(array, uid.JPEG2000Lossless)),
    )


def _round_trip(array: Array, syntax: Any) -> Array:
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.encoders.base import get_encoder

    facts: dict[str, Any] = {
        "rows": SIDE,
        "columns": SIDE,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": 16,
        "bits_stored": 12,
        "pixel_representation": 0,
        "photometric_interpretation": "MONOCHROME2",
    }
    coded = get_encoder(syntax).encode(array, **facts)
    facts["pixel_keyword"] = "PixelData"
    read, _ = get_decoder(syntax).as_array(encapsulate([coded]), **facts)
    return np.asarray(read)
