"""Reads the size a compressed picture states itself, before any codec sees it."""

from __future__ import annotations

from lgesynth_gui.io import gates
from lgesynth_gui.io.gates import AGAIN, refuse
from lgesynth_gui.io.headers import PixelFormat

_END, _PADDING = b"\xff\xd9", 16  # the end of a picture; bytes that may fill up behind it
_SOF = {0xC0, 0xC1, 0xC2, 0xC3, 0xF7}  # baseline, extended, progressive, lossless; JPEG-LS


def check(coding: str, picture: bytes, pixels: PixelFormat) -> None:
    """Compare a compressed picture's own header with the DICOM header.

    Args:
        coding: As in `gates.SYNTAXES`.
        picture: One frame.
        pixels: The DICOM header.

    Raises:
        Refused: they differ, or the picture has no header or no end (PIX-06). Codecs fill what is
            missing of a picture that is cut short with grey, without a word.
    """
    if coding == "rle":
        _check_rle(picture, pixels)
        return
    found = _jpeg_2000(picture) if coding == "jpeg 2000" else _jpeg(picture)
    if found is None:
        refuse("its compressed picture has no header", AGAIN, "PIX-06")
    if len(picture) - picture.rfind(_END) > len(_END) + _PADDING or _END not in picture:
        refuse("its compressed picture has no end: it is cut short", AGAIN, "PIX-06")
    rows, columns, components, bits = found
    # JPEG 2000 encoders state the bits the values need, whatever the header allows for.
    fewer = coding == "jpeg 2000"
    gates.codestream(pixels, (rows, columns), components, bits, fewer_bits=fewer)


def _check_rle(picture: bytes, pixels: PixelFormat) -> None:
    count = int.from_bytes(picture[:4], "little")
    offsets = [int.from_bytes(picture[at : at + 4], "little") for at in range(4, 64, 4)]
    used, unused = offsets[:count], offsets[count:]
    right = (
        len(picture) >= 64
        and count == pixels.bits_allocated // 8 * pixels.samples
        and used[0] == 64
        and all(a < b for a, b in zip(used, [*used[1:], len(picture) + 1], strict=True))
        and not any(unused)
    )
    if not right:
        refuse("its run-length segments do not fit its header", AGAIN, "PIX-06")


def _jpeg(picture: bytes) -> tuple[int, int, int, int] | None:
    """(rows, columns, components, bits) of a JPEG or JPEG-LS picture, or None."""
    at = 2 if picture[:2] == b"\xff\xd8" else len(picture)
    while at + 9 < len(picture) and picture[at] == 0xFF:
        marker = picture[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _SOF:
            body = picture[at + 4 : at + 10]
            rows, columns = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
            return rows, columns, body[5], body[0]
        if marker in (0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            at += 2
            continue
        at += 2 + max(int.from_bytes(picture[at + 2 : at + 4], "big"), 2)
    return None


def _jpeg_2000(picture: bytes) -> tuple[int, int, int, int] | None:
    """(rows, columns, components, bits) of a JPEG 2000 codestream, bare or in a JP2 box."""
    start = picture.find(b"\xff\x4f\xff\x51", 0, 4096)
    if start < 0 or start + 43 > len(picture):
        return None

    def word(offset: int, size: int = 4) -> int:
        return int.from_bytes(picture[start + offset : start + offset + size], "big")

    columns, rows = word(8) - word(16), word(12) - word(20)
    return rows, columns, word(40, 2), (picture[start + 42] & 0x7F) + 1
