"""Frozen dataclasses as JSON between two processes that do not trust each other.

The decoder's answers come from a process that has just read untrusted bytes, so nothing in them
is believed: types, lengths, unknown and missing keys are checked against the dataclass.
"""

from __future__ import annotations

import json
import math
import types
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

MAX_BYTES = 256 << 10
MAX_TEXT = 1024
T = TypeVar("T")


class NotAMessage(ValueError):
    """What arrived is not what was agreed."""


def to_json(message: Any) -> bytes:
    """One dataclass as UTF-8 JSON.

    Raises:
        NotAMessage: it is larger than a message may be, or holds NaN or infinity.
    """
    try:
        data = json.dumps(asdict(message), allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise NotAMessage("not a finite number") from error
    if len(data) > MAX_BYTES:
        raise NotAMessage("too long")
    return data


def from_json(kind: type[T], data: bytes) -> T:
    """The dataclass that `data` is.

    Raises:
        NotAMessage: too long, not JSON, or not of that shape.
    """
    if len(data) > MAX_BYTES:
        raise NotAMessage("too long")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise NotAMessage("not JSON") from error
    found: T = _read(kind, value)
    return found


def _read(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        return _read_fields(kind, value)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_either(inner, value)
    if origin is Literal:
        if type(value) is not str or value not in inner:
            raise NotAMessage("none of the agreed words")
        return value
    if origin is tuple:
        return _read_tuple(inner, value)
    if kind is float and type(value) is int:
        value = float(value) if abs(value) < 1 << 53 else math.inf
    if type(value) is not kind:
        raise NotAMessage(f"{kind} expected")
    if kind is float and not math.isfinite(value):
        raise NotAMessage("not a finite number")
    if kind is str and len(value) > MAX_TEXT:
        raise NotAMessage("text too long")
    return value


def _read_fields(kind: Any, value: Any) -> Any:
    hints, needed = _hints(kind)
    if not isinstance(value, dict) or not needed <= set(value) <= set(hints):
        raise NotAMessage(f"not the fields of {kind.__name__}")
    try:
        return kind(**{name: _read(hints[name], one) for name, one in value.items()})
    except NotAMessage:
        raise
    except ValueError as error:
        raise NotAMessage(str(error)) from error


def _read_either(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if kind is not type(None):
            try:
                return _read(kind, value)
            except NotAMessage:
                continue
    raise NotAMessage("none of the agreed types")


def _read_tuple(inner: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise NotAMessage("a list expected")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_read(inner[0], one) for one in value)
    if len(inner) != len(value):
        raise NotAMessage("a list of another length expected")
    return tuple(_read(kind, one) for kind, one in zip(inner, value, strict=True))


@lru_cache(maxsize=64)
def _hints(kind: Any) -> tuple[dict[str, Any], set[str]]:
    parts = fields(kind)
    needed = {f.name for f in parts if f.default is MISSING and f.default_factory is MISSING}
    return get_type_hints(kind), needed


def _no_constant(name: str) -> Any:
    raise ValueError(name)
