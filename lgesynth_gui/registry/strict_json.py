"""Reads JSON that nobody vouches for: small, shallow, UTF-8, no duplicate keys, no NaN."""

from __future__ import annotations

import json
from typing import Any

from lgesynth_gui.core.errors import Refused

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
_HINT = "Get the model again from its source."


def parse(data: bytes, *, limit: int = MAX_BYTES) -> Any:
    """The value of a JSON text.

    Args:
        data: The whole file.
        limit: Largest accepted size, bytes.

    Raises:
        Refused: too large, not UTF-8, too deep, a key twice, NaN or infinity, or no JSON (MOD-05).
    """
    if len(data) > limit:
        raise Refused("A model's description is larger than 1 MiB.", _HINT, "MOD-05")
    try:
        text = data.decode("utf-8")
        _check_depth(text)
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(
            f"A model's description is no valid JSON: {error}.", _HINT, "MOD-05"
        ) from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


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
