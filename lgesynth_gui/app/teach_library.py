"""Reads the bundled teaching library: one JSON file, one 8-bit picture an example beside it.

A picture is a sheet of square tiles; a slide names the tile of its host and of its sample.
`lgesynth teach-library` writes it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lgesynth_gui.app.cells import Cell
from lgesynth_gui.app.orientation import EdgeLetters
from lgesynth_gui.app.teach import Example, Library, Slide, Stroke
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.verdict import Grade

FORMAT = "lgesynth teaching library"
VERSION = 1
FILE = "library.json"
WHITE = 255
MAX_JSON, MAX_PICTURE = 4 << 20, 1 << 20
MAX_EDGE = 8192
_HINT = "Install the program again."
Bytes = npt.NDArray[np.uint8]


def load_library(folder: Path | None = None) -> Job:
    """Read the bundled library.

    Args:
        folder: Another one.

    Returns:
        A job that returns a `Library`.

    Raises:
        LgeSynthError: it is missing or damaged.
    """
    yield Progress(0, 1, "reading examples")
    place = bundled("resources") / "teach" if folder is None else folder
    whole = _document(place)
    sheets: dict[str, Bytes] = {}
    for done, (name, sha256) in enumerate(whole["pictures"].items()):
        yield Progress(done, len(whole["pictures"]), "reading examples")
        sheets[name] = _sheet(place, name, sha256)
    try:
        examples = tuple(_example(one, sheets, whole["side"]) for one in whole["examples"])
        strip = tuple(
            (int(one["percent"]), _example(one, sheets, whole["side"])) for one in whole["strip"]
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _damaged() from error
    return Library(examples, strip)


def _damaged() -> LgeSynthError:
    return Refused("The teaching examples are damaged.", _HINT, "TEA-01")


def _document(place: Path) -> dict[str, Any]:
    from lgesynth_gui.io.strict_json import strict_value

    path = place / FILE
    if not path.is_file():
        raise LgeSynthError("The teaching examples are missing.", _HINT)
    try:
        whole = strict_value(_bytes(path, MAX_JSON))
        if whole["format"] != FORMAT or whole["version"] != VERSION:
            raise ValueError("another format")
        known: dict[str, Any] = whole
        dict(known["pictures"]), int(known["side"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged() from error
    return known


def _bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise _damaged()
    return data


def _sheet(place: Path, name: str, sha256: str) -> Bytes:
    """A picture as `(row, column)`, if it is the one that was written."""
    from PySide6.QtGui import QImage

    if Path(name).name != name or not (place / name).is_file():
        raise _damaged()
    data = _bytes(place / name, MAX_PICTURE)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _damaged()
    image = QImage.fromData(data).convertToFormat(QImage.Format.Format_Grayscale8)
    if image.isNull() or max(image.width(), image.height()) > MAX_EDGE:
        raise _damaged()
    lines = np.frombuffer(image.constBits(), dtype=np.uint8)
    rows = lines.reshape(image.height(), image.bytesPerLine())[:, : image.width()].copy()
    rows.flags.writeable = False
    return rows


def _example(one: dict[str, Any], sheets: dict[str, Bytes], side: int) -> Example:
    sheet = sheets[one["picture"]]
    left, right, top, bottom = map(str, one["letters"])
    row, column = map(float, one["spacing"])
    return Example(
        title=str(one["title"]),
        words=str(one["words"]),
        slides=tuple(_slide(part, sheet, side) for part in one["slides"]),
        cells={int(s): _cell(cell) for s, cell in one["cells"].items()},
        spacing=(row, column),
        window=float(WHITE),
        level=WHITE / 2,
        artery=str(one["artery"]),
        seed=None if one["seed"] is None else int(one["seed"]),
        grade=Grade(one["grade"]),
        dice=None if one["dice"] is None else float(one["dice"]),
        judge=str(one["judge"]),
        letters=EdgeLetters(left, right, top, bottom),
        first=int(one["first"]),
    )


def _cell(one: dict[str, Any]) -> Cell:
    return Cell(
        touched=float(one["touched"]),
        every=float(one["every"]),
        grams=float(one["grams"]),
        grade=int(one["grade"]),
        arc_deg=float(one["arc_deg"]),
    )


def _slide(one: dict[str, Any], sheet: Bytes, side: int) -> Slide:
    x, y = map(float, one["middle"])
    return Slide(
        name=str(one["name"]),
        original=_tile(sheet, one["original"], side),
        pixels=_tile(sheet, one["pixels"], side),
        painted=bool(one["painted"]),
        strokes=tuple(_stroke(line) for line in one["strokes"]),
        marks=tuple((str(text), (float(px), float(py))) for text, (px, py) in one["marks"]),
        middle=(x, y),
        reach_mm=float(one["reach_mm"]),
    )


def _tile(sheet: Bytes, place: list[int], side: int) -> Array:
    row, column = place
    tile = sheet[row * side : (row + 1) * side, column * side : (column + 1) * side]
    if tile.shape != (side, side):
        raise ValueError("a tile lies outside its picture")
    return tile


def _stroke(one: dict[str, Any]) -> Stroke:
    kind = one["kind"]
    if kind not in ("epi", "endo", "requested", "grid"):
        raise ValueError("unknown line")
    points = tuple((float(x), float(y)) for x, y in one["points"])
    return Stroke(kind, points, bool(one["closed"]), bool(one["dashed"]))
