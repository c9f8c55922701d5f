"""Frozen dataclasses as JSON between two processes that do not trust each other.

The decoder's answers come from a process that has just read untrusted bytes, so nothing in them
is believed: types, lengths, unknown and missing keys are checked against the dataclass.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

MAX_BYTES = 256 << 10
MAX_TEXT = 1024
T = TypeVar("T")
Reader = Callable[[Any], Any]


class NotAMessage(ValueError):
    """What arrived is not what was agreed."""


def to_json(message: Any) -> bytes:
    """One dataclass as UTF-8 JSON.

    Raises:
        NotAMessage: it is larger than a message may be, or holds NaN or infinity.
    """
    try:
        data = json.dumps(message, default=vars, allow_nan=False, separators=(",", ":")).encode()
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
    told: Any = kind
    found: T = _reader(told)(value)
    return found


@lru_cache(maxsize=256)
def _reader(kind: Any) -> Reader:
    """What makes a value of a type out of what came from JSON, or raises `NotAMessage`."""
    if is_dataclass(kind):
        return _reader_of_fields(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _reader_of_either(inner)
    if origin is Literal:
        return _reader_of_words(inner)
    if origin is tuple:
        return _reader_of_tuple(inner)
    return {str: _text, float: _float}.get(kind) or _reader_of_plain(kind)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise NotAMessage("text expected")
    if len(value) > MAX_TEXT:
        raise NotAMessage("text too long")
    return value


def _float(value: Any) -> float:
    if type(value) is int and abs(value) < 1 << 53:
        return float(value)
    if type(value) is not float or not math.isfinite(value):
        raise NotAMessage("a finite number expected")
    return value


def _reader_of_plain(kind: Any) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise NotAMessage(f"{kind} expected")
        return value

    return read


def _reader_of_fields(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = {name: _reader(hint) for name, hint in hints.items()}
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def read(value: Any) -> Any:
        if type(value) is not dict or not needed <= value.keys() <= readers.keys():
            raise NotAMessage(f"not the fields of {kind.__name__}")
        found = {name: readers[name](one) for name, one in value.items()}
        try:
            return kind(**found)
        except ValueError as error:
            raise NotAMessage(str(error)) from error

    return read


def _reader_of_either(kinds: tuple[Any, ...]) -> Reader:
    """By what JSON knows: the kinds of a union are told apart by that."""
    readers = {_came_as(kind): _reader(kind) for kind in kinds}
    if float in readers:
        readers.setdefault(int, readers[float])

    def read(value: Any) -> Any:
        if value is None and type(None) in readers:
            return None
        if type(value) not in readers:
            raise NotAMessage("none of the agreed types")
        return readers[type(value)](value)

    return read


def _came_as(kind: Any) -> Any:
    if is_dataclass(kind):
        return dict
    return list if get_origin(kind) is tuple else kind


def _reader_of_words(words: tuple[Any, ...]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not str or value not in words:
            raise NotAMessage("none of the agreed words")
        return value

    return read


def _reader_of_tuple(inner: tuple[Any, ...]) -> Reader:
    endless = len(inner) == 2 and inner[1] is Ellipsis
    readers = [_reader(one) for one in inner if one is not Ellipsis]

    def read(value: Any) -> Any:
        if type(value) is not list:
            raise NotAMessage("a list expected")
        if endless:
            return tuple(map(readers[0], value))
        if len(readers) != len(value):
            raise NotAMessage("a list of another length expected")
        return tuple([one(part) for one, part in zip(readers, value, strict=True)])

    return read


def _no_constant(name: str) -> Any:
    raise ValueError(name)
