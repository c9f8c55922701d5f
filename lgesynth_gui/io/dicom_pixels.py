"""Decodes the frames of a DICOM object, one after the other. Runs in the decoder process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import dicom_codestream, dicom_rle, gates
from lgesynth_gui.io.dicom_elements import Pixels
from lgesynth_gui.io.dicom_stream import BIG_ENDIAN, Stream
from lgesynth_gui.io.gates import AGAIN, refuse
from lgesynth_gui.io.headers import PixelFormat

_PLUGINS = {"jpeg-ls": "pyjpegls", "jpeg 2000": "pylibjpeg", "jpeg": "pillow"}

# What a JPEG or JPEG-LS picture, a JPEG 2000 codestream and its file format begin with.
_BEGINNINGS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")


def read_frames(stream: Stream, pixels: PixelFormat) -> Iterator[Array]:
    """The frames as stored, `(row, column)` each, in the type `pixels.dtype`.

    Args:
        stream: The checked file.
        pixels: Its header, already through the gates.

    Raises:
        Refused: the pixels are not what the header says (PIX-04 to PIX-07).
    """
    coding = gates.transfer_syntax(stream.syntax)
    place = stream.pixels
    if place is None or (place.encapsulated is (coding == "native")):
        refuse("it holds no pixels", AGAIN, "PIX-09")
    if coding == "native":
        frames = _native(stream, place, pixels)
    else:
        frames = _compressed(coding, stream, place, pixels)
    count = 0
    for frame in frames:
        count += 1
        right = frame.shape == (pixels.rows, pixels.columns) and count <= pixels.frames
        kind = frame.dtype.kind in ("f" if pixels.floating else "iu")
        gates.decoded(right and kind and frame.dtype.itemsize <= pixels.dtype.itemsize)
        yield within_depth(frame.astype(pixels.dtype, copy=False), pixels)
    gates.decoded(count == pixels.frames)


def within_depth(frame: Array, pixels: PixelFormat) -> Array:
    """The same values without what lies above the stored bits.

    Bits above `bits_stored` may hold overlays of old scanners; they are no part of the value
    (PS3.5 section 8.1.1). Frames that use none of them come back as they are.
    """
    if pixels.floating or pixels.bits_stored >= pixels.bits_allocated:
        return frame
    spare = np.array(pixels.bits_allocated - pixels.bits_stored, dtype=frame.dtype)
    return np.asarray((frame << spare) >> spare)


def _native(stream: Stream, place: Pixels, pixels: PixelFormat) -> Iterator[Array]:
    big = stream.syntax == BIG_ENDIAN
    raw = np.frombuffer(stream.data, np.uint8, place.length, place.start)
    if big and pixels.bits_allocated < 16 and place.vr == b"OW":  # bytes lie swapped in words
        raw = raw[: raw.size // 2 * 2].reshape(-1, 2)[:, ::-1].ravel()
    size = pixels.rows * pixels.columns
    if pixels.bits_allocated == 1:
        for number in range(pixels.frames):
            first = number * size
            cut = raw[first // 8 : (first + size + 7) // 8]
            bits = np.unpackbits(cut, bitorder="little")[first % 8 : first % 8 + size]
            yield bits.reshape(pixels.rows, pixels.columns)
        return
    stored = pixels.dtype.newbyteorder(">" if big else "<")
    for number in range(pixels.frames):
        first = number * size * stored.itemsize
        frame = raw[first : first + size * stored.itemsize].view(stored)
        yield frame.reshape(pixels.rows, pixels.columns)


def _compressed(coding: str, stream: Stream, place: Pixels, pixels: PixelFormat) -> Iterator[Array]:
    starts = list(_starts(stream))
    pictures_begun = sum(start.startswith(_BEGINNINGS) for start in starts)
    gates.frames_of_fragments(pixels.frames, len(starts), pictures_begun)
    fragments = bytes(stream.data[place.start : place.start + place.length])
    pictures = generate_frames(
        fragments, number_of_frames=pixels.frames, extended_offsets=stream.offsets
    )
    for picture in pictures:
        dicom_codestream.check(coding, picture, pixels)
        yield _picture(coding, stream.syntax, picture, pixels)


def _starts(stream: Stream) -> Iterator[bytes]:
    """The first bytes of each fragment behind the offset table."""
    place = stream.pixels
    at, end = (place.start, place.start + place.length - 8) if place is not None else (0, 0)
    number = 0
    while at < end:
        size = int.from_bytes(stream.data[at + 4 : at + 8], "little")
        if number:
            yield bytes(stream.data[at + 8 : at + 8 + min(size, 12)])
        at, number = at + 8 + size, number + 1


def _picture(coding: str, syntax: str, picture: bytes, pixels: PixelFormat) -> Array:
    if coding == "rle":
        return dicom_rle.decode(picture, pixels)
    if coding == "jpeg lossless":
        import imagecodecs

        return np.asarray(imagecodecs.jpegsof3_decode(picture))
    if coding == "jpeg" and pixels.bits_allocated > 8:
        import imagecodecs

        return np.asarray(imagecodecs.jpeg_decode(picture))
    facts: dict[str, Any] = {
        "rows": pixels.rows,
        "columns": pixels.columns,
        "number_of_frames": 1,
        "samples_per_pixel": 1,
        "bits_allocated": pixels.bits_allocated,
        "bits_stored": pixels.bits_stored,
        "pixel_representation": int(pixels.signed),
        "photometric_interpretation": pixels.photometric,
        "pixel_keyword": "PixelData",
    }
    from pydicom.pixels.decoders.base import get_decoder

    decoder = get_decoder(UID(syntax))
    plugin = _PLUGINS[coding]
    frame, _ = decoder.as_array(
        encapsulate([picture]), raw=True, decoding_plugin=plugin, index=0, **facts
    )
    return np.asarray(frame)
