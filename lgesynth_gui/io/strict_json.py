"""JSON that nobody vouches for: UTF-8, shallow, no key twice, finite numbers of a sane length."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_DEPTH = 20
LONGEST_WHOLE = 40  # digits


def strict_value(data: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: not UTF-8, too deep, a key twice, NaN, infinity, a whole number of more
            than 40 digits, or no JSON; says which.
    """
    text = data.decode("utf-8")
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large a number")
    return value


def _whole(text: str) -> int:
    if len(text) > LONGEST_WHOLE:  # then it also fits into a float
        raise ValueError(f"{text[:20]} is too large a number")
    return int(text)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


def _check_depth(text: str) -> None:
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError("nested too deeply")
        elif character in "]}":
            depth -= 1
