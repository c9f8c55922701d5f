"""One page for people: both pictures of a slice and what is to be known about them, as PDF.

Written by hand, because a page of text and one picture needs little, and no clock and no random
identifier may get into it: the same result gives the same bytes.
"""

from __future__ import annotations

import hashlib
import textwrap
import zlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

A4 = (595.0, 842.0)  # points
MARGIN = 48.0
TITLE_PT, TEXT_PT, LEADING = 15.0, 9.0, 12.5
COLUMNS = 104  # letters of a line at `TEXT_PT`
PICTURE_HIGH = 300.0  # at most


def one_page(
    title: str,
    picture: npt.NDArray[np.uint8],
    lines: Sequence[str],
    info: Mapping[str, str],
) -> bytes:
    """A page with a title, a grey picture and lines of text below; what is too long is cut.

    Args:
        title: Printed large, and the document's title.
        picture: Greys `(row, column)`.
        lines: Wrapped where they are too long; letters outside Latin-1 print as "?".
        info: Entries of the information dictionary, kept in full.
    """
    rows, columns = picture.shape
    wide = A4[0] - 2 * MARGIN
    scale = min(wide / columns, PICTURE_HIGH / rows)
    width, height = columns * scale, rows * scale
    top = A4[1] - MARGIN - TITLE_PT
    below = top - 14.0 - height
    script = [
        f"BT /B {TITLE_PT:g} Tf {MARGIN:g} {top:g} Td {_text(title)} Tj ET",
        f"q {width:.2f} 0 0 {height:.2f} {MARGIN:g} {below:.2f} cm /P Do Q",
        f"BT /R {TEXT_PT:g} Tf {LEADING:g} TL {MARGIN:g} {below - 8.0:.2f} Td",
    ]
    room = int((below - 8.0 - MARGIN) / LEADING)
    wrapped = [part for line in lines for part in textwrap.wrap(line, COLUMNS) or [""]]
    script += [f"T* {_text(part)} Tj" for part in wrapped[:room]]
    script.append("ET")
    about = " ".join(f"/{key} {_unicode(value)}" for key, value in info.items())
    page = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {A4[0]:g} {A4[1]:g}] /Contents 4 0 R"
        " /Resources << /Font << /R 5 0 R /B 6 0 R >> /XObject << /P 7 0 R >> >> >>"
    )
    greys = (
        f"/Type /XObject /Subtype /Image /Width {columns} /Height {rows} /ColorSpace /DeviceGray"
        " /BitsPerComponent 8"
    )
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica{} /Encoding /WinAnsiEncoding >>"
    return _document(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            page.encode("ascii"),
            _stream("", "\n".join(script).encode("cp1252")),
            font.format("").encode("ascii"),
            font.format("-Bold").encode("ascii"),
            _stream(greys, np.ascontiguousarray(picture).tobytes()),
            f"<< /Title {_unicode(title)} {about} >>".encode("ascii"),
        ]
    )


def _document(objects: Sequence[bytes]) -> bytes:
    """Header, numbered objects (the last is the information dictionary), their table."""
    out, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, name = len(out), hashlib.sha256(out).hexdigest()[:32]
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    trailer = (
        f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R"
        f" /ID [<{name}> <{name}>] >>\nstartxref\n{start}\n%%EOF\n"
    )
    return bytes(out + trailer.encode("ascii"))


def _stream(entries: str, content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    head = f"<< {entries} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n"
    return head.encode("ascii") + packed + b"\nendstream"


def _text(words: str) -> str:
    """A literal string in the page's encoding."""
    plain = words.encode("cp1252", "replace").decode("cp1252")
    for one in ("\\", "(", ")"):
        plain = plain.replace(one, "\\" + one)
    return f"({plain})"


def _unicode(words: str) -> str:
    """A string of any letters, for the information dictionary; plain ones can be searched for."""
    if words.isascii() and words.isprintable():
        return _text(words)
    return "<FEFF" + words.encode("utf-16-be").hex().upper() + ">"
