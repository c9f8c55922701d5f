"""Takes single values out of a pydicom data set, whatever the file has put there.

A value that is missing, of the wrong kind or not finite is None or ""; nothing raises, and a
backslash in a text makes no list.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.sequence import Sequence as Items

from lgesynth_gui.io.wire import MAX_TEXT


def texts(dataset: Any, keyword: str) -> tuple[str, ...]:
    """All values of an attribute as text."""
    value = _value(dataset, keyword)
    if value is None:
        return ()
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        value = [value]
    return tuple(_clean(one) for one in value)


def text(dataset: Any, keyword: str) -> str:
    """An attribute as one text; several values keep their backslashes."""
    return "\\".join(texts(dataset, keyword))[:MAX_TEXT]


def numbers(dataset: Any, keyword: str, count: int) -> tuple[float, ...] | None:
    """Exactly `count` finite numbers, or None."""
    value = _value(dataset, keyword)
    if value is None or isinstance(value, (str, bytes)):
        return None
    parts = list(value) if isinstance(value, Sequence) else [value]
    if len(parts) != count:
        return None
    try:
        found = tuple(float(one) for one in parts)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if all(math.isfinite(one) for one in found) else None


def number(dataset: Any, keyword: str) -> float | None:
    """The first value as a finite number, or None."""
    value = _value(dataset, keyword)
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)) and len(value) > 0:
        value = value[0]
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def integer(dataset: Any, keyword: str) -> int | None:
    """A single whole number, or None."""
    found = numbers(dataset, keyword, 1)
    if found is None or found[0] != int(found[0]):
        return None
    return int(found[0])


def items(dataset: Any, keyword: str) -> list[Any]:
    """The items of a sequence; empty when it is none."""
    value = _value(dataset, keyword)
    return list(value) if isinstance(value, Items) else []


def _value(dataset: Any, keyword: str) -> Any:
    try:
        tag = _tag(keyword)
        return dataset[tag].value if tag in dataset.keys() else None  # noqa: SIM118 - no look-up
    except Exception:  # noqa: BLE001 - any library error on a damaged value means: no value
        return None


@lru_cache(maxsize=512)
def _tag(keyword: str) -> int | None:
    return tag_for_keyword(keyword)


def _clean(value: Any) -> str:
    try:
        plain = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    except Exception:  # noqa: BLE001 - a text that cannot be decoded is no text
        return ""
    kept = "".join(one for one in plain if one.isprintable())
    return kept.encode("utf-8", "replace").decode("utf-8").strip()
