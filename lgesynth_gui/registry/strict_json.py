"""Reads the JSON of a model folder, which nobody vouches for: small and strict."""

from __future__ import annotations

from typing import Any

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io.strict_json import strict_value

MAX_BYTES = 1 << 20
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
        return strict_value(data)
    except ValueError as error:
        raise Refused(
            f"A model's description is no valid JSON: {error}.", _HINT, "MOD-05"
        ) from error
