"""A plan as a table (CSV), row by row, and weights and quotas as short texts.

| column | holds |
|---|---|
| heart | "H001" |
| slices | "4", "3-5", "2 4 6", counted from 1; empty = the one with most scar |
| pattern, caption, segments | what is to be seen: exactly one of them, unless it is a control |
| layer | with segments: endo, mid or epi |
| class | with segments: 1 (1-25 %) to 4 (76-100 %) |
| no_reflow, control | yes or no |
| seed | of the noise; empty = the sample's own |

A row that cannot be used is told with its number and left out; the others are kept.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lgesynth_gui.cohort.plan import MAX_BYTES, Plan, Quota, Row, first_word
from lgesynth_gui.core.errors import LgeSynthError, Refused

COLUMNS = (
    "heart", "slices", "pattern", "caption", "segments", "layer", "class", "no_reflow", "control",
    "seed",
)  # fmt: skip
NEEDED = "heart"
MOST_ROWS = 200_000
LONGEST_CELL = 1000
MOST_NUMBERS = 64
YES, NO = ("yes", "true", "1", "x", "y"), ("no", "false", "0", "n", "")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")
_NUMBERS = re.compile(r"\d{1,5}(\s*-\s*\d{1,5})?")


@dataclass(frozen=True)
class ReadRows:
    """What a table held.

    Args:
        rows: Those that can be used.
        errors: (row number as a spreadsheet counts, why) of the others.
    """

    rows: tuple[Row, ...]
    errors: tuple[tuple[int, str], ...]


def read_rows(path: Path, hearts: Collection[str] | None = None) -> ReadRows:
    """Read a table of planned samples.

    Args:
        path: CSV in UTF-8 (with or without a mark) or UTF-16, with commas, semicolons or tabs.
        hearts: Numbers of the cohort's hearts; rows with others are errors. None = any.

    Raises:
        LgeSynthError: it cannot be opened.
        Refused: too large (FIL-02), no text, no table, or without a column `heart` (PLN-01).
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LgeSynthError(f"{path.name} cannot be read.", "Check the file.") from error
    return rows_in(data, path.name, hearts)


def rows_in(
    data: bytes, name: str = "The table", hearts: Collection[str] | None = None
) -> ReadRows:
    """The same of the bytes of a table.

    Args:
        data: At most 16 MiB.
        name: What it is called in sentences.
        hearts: As for `read_rows`.

    Raises:
        Refused: as `read_rows`.
    """
    if len(data) > MAX_BYTES:
        raise Refused(f"{name} is larger than 16 MiB.", "Use distributions.", "FIL-02")
    table = _lines(_text(data, name), name)
    head = next(table, None)
    if head is None:
        raise Refused(f"{name} is empty.", "Give a table with a row of heads.", "PLN-01")
    names = [cell.strip().lower() for cell in head[1]]
    if NEEDED not in names:
        raise Refused(f"{name} has no column {NEEDED}.", f"Known: {', '.join(COLUMNS)}.", "PLN-01")
    unknown = sorted(set(names) - set(COLUMNS) - {""})
    if unknown or len(set(names) - {""}) != len([one for one in names if one]):
        what = f"a column {unknown[0][:30]!r}" if unknown else "a column twice"
        raise Refused(f"{name} has {what}.", f"Known: {', '.join(COLUMNS)}.", "PLN-01")
    rows: list[Row] = []
    errors: list[tuple[int, str]] = []
    for number, cells in table:
        if number > MOST_ROWS + 1:
            raise Refused(f"{name} has more than {MOST_ROWS} rows.", "Use distributions.", "FIL-02")
        if not any(cell.strip() for cell in cells):
            continue
        try:
            rows.append(_row(names, cells, hearts))
        except ValidationError as error:
            errors.append((number, f"{first_word(error)}."))
        except ValueError as error:
            errors.append((number, f"{error}."))
    return ReadRows(tuple(rows), tuple(errors))


def _text(data: bytes, name: str) -> str:
    coding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(coding)
    except UnicodeDecodeError as error:
        raise Refused(
            f"{name} is no text in UTF-8.", "Save it as CSV in UTF-8.", "PLN-01"
        ) from error
    if "\0" in text:
        raise Refused(f"{name} is no text.", "Save it as CSV in UTF-8.", "PLN-01")
    return text


def _lines(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """(number, cells) of every row, counted from 1."""
    first = text.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    try:
        yield from enumerate(reader, 1)
    except csv.Error as error:
        raise Refused(
            f"{name} is no table from row {reader.line_num} on.", "Save it as CSV again.", "PLN-01"
        ) from error


def _row(names: Sequence[str], cells: Sequence[str], hearts: Collection[str] | None) -> Row:
    if len(cells) > len(names):
        raise ValueError("it has more cells than the table has columns")
    told = {name: harmless_back(cell) for name, cell in zip(names, cells, strict=False) if name}
    if long := next((name for name, cell in told.items() if len(cell) > LONGEST_CELL), ""):
        raise ValueError(f"{long} is too long")
    values: dict[str, Any] = {}
    for name, (field, read) in _READERS.items():
        if told.get(name):
            values[field] = read(name, told[name])
    row = Row.model_validate(values)
    if hearts is not None and row.heart not in hearts:
        raise ValueError(f"heart {row.heart} is not in the cohort")
    return row


def numbers_in(name: str, text: str) -> tuple[int, ...]:
    """Numbers as people write them: "4", "3-5", "2, 4 6".

    Raises:
        ValueError: it is something else, or more than 64 numbers.
    """
    found: list[int] = []
    for part in re.split(r"[\s,;]+", re.sub(r"\s*-\s*", "-", text.strip())):
        if not _NUMBERS.fullmatch(part):
            raise ValueError(f'{name} are numbers like "4" or "3-5"')
        first, _, last = part.partition("-")
        span = range(int(first), int(last or first) + 1)
        if not span or len(found) + len(span) > MOST_NUMBERS:
            raise ValueError(f"{name} are too many, or run backwards")
        found += span
    return tuple(dict.fromkeys(found))


def _yes(name: str, text: str) -> bool:
    word = text.lower()
    if word in YES or word in NO:
        return word in YES
    raise ValueError(f"{name} is yes or no")


def _whole(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,10}", text):
        raise ValueError(f"{name} is a whole number")
    return int(text)


def _same(_: str, text: str) -> str:
    return text


_READERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "heart": ("heart", _same),
    "slices": ("slices", numbers_in),
    "pattern": ("pattern", _same),
    "caption": ("caption", _same),
    "segments": ("segments", numbers_in),
    "layer": ("layer", _same),
    "class": ("grade", _whole),
    "no_reflow": ("no_reflow", _yes),
    "control": ("control", _yes),
    "seed": ("seed", _whole),
}


def harmless(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def harmless_back(cell: str) -> str:
    """The text of a cell that `harmless` may have marked."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def csv_line(cells: Iterable[object]) -> bytes:
    """One row of a CSV file in UTF-8; texts are made harmless, numbers stay numbers."""
    made = io.StringIO(newline="")
    plain = [harmless(one) if isinstance(one, str) else one for one in cells]
    csv.writer(made, lineterminator="\n").writerow(["" if one is None else one for one in plain])
    return made.getvalue().encode()


def rows_text(rows: Iterable[Row]) -> bytes:
    """Rows as a table that `read_rows` reads back."""
    lines = [csv_line(COLUMNS)]
    for row in rows:
        by_segment = bool(row.segments)
        lines.append(
            csv_line(
                (
                    row.heart,
                    " ".join(map(str, row.slices)),
                    row.pattern,
                    row.caption,
                    " ".join(map(str, row.segments)),
                    row.layer if by_segment else "",
                    row.grade if by_segment else "",
                    "yes" if row.no_reflow else "",
                    "yes" if row.control else "",
                    row.seed,
                )
            )
        )
    return b"".join(lines)


def plan_rows(plan: Plan) -> tuple[Row, ...]:
    """Every row of a plan that was planned row by row; parts drawn by distributions have none."""
    return tuple(row for part in plan.parts for row in part.rows)


def weights_of(texts: Iterable[str], known: Collection[str], what: str) -> dict[str, float]:
    """Weights as they stand in options: NAME (weight 1) or NAME=WEIGHT.

    Args:
        texts: One a name.
        known: Names there are.
        what: What they name, in a word.

    Raises:
        LgeSynthError: an unknown name, or no weight.
    """
    found: dict[str, float] = {}
    for text in texts:
        name, equals, weight = text.rpartition("=") if "=" in text else (text, "", "")
        name = name.strip()
        if name not in known:
            names = ", ".join(map(str, known))
            raise LgeSynthError(f"There is no {what} {name[:60]}.", f"Known: {names}.")
        try:
            found[name] = float(weight) if equals else 1.0
        except ValueError as error:
            raise LgeSynthError(
                f"The weight of {what} {name} is no number.", "Write NAME=2.5."
            ) from error
    return found


def quota_of(text: str) -> Quota:
    """A quota as it stands in an option: COUNT:SIZE:DEPTH:SEGMENT, each but the first may miss.

    Raises:
        LgeSynthError: it says something else.
    """
    parts = [one.strip() for one in text.split(":")]
    hint = 'Write COUNT:SIZE:DEPTH:SEGMENT, for example "50:< 50 mm2::5".'
    if not 1 <= len(parts) <= 4:
        raise LgeSynthError(f"{text[:60]} is no quota.", hint)
    count, size, depth, segment = (*parts, "", "", "")[:4]
    try:
        whole = [int(one or 0) for one in (count, segment)]
        return Quota.model_validate(
            {"size": size, "depth": depth, "segment": whole[1], "count": whole[0]}
        )
    except ValidationError as error:
        raise LgeSynthError(f"The quota cannot be used: {first_word(error)}.", hint) from error
    except ValueError as error:
        raise LgeSynthError(f"{text[:60]} is no quota.", hint) from error
