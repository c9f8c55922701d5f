"""Frozen dataclasses as JSON, and back with suspicion: nothing else than what was written passes.

Numbers that are not finite become null, and null becomes NaN. Nothing here loads torch.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from lgesynth_gui.evaluation.files import plain

LONGEST = 20_000  # characters of one text
_KIND = "kind"


def told(value: Any, kinds: dict[str, type] | None = None) -> Any:
    """JSON values of a dataclass.

    Args:
        value: Made of dataclasses, tuples, frozen sets, texts, numbers and truth values.
        kinds: Classes that stand where one of several may stand; they say which they are.
    """
    if isinstance(value, tuple):
        return [told(one, kinds) for one in value]
    if not is_dataclass(value) or isinstance(value, type):
        return plain(value)
    out = {one.name: told(getattr(value, one.name), kinds) for one in fields(value)}
    kind = next((name for name, made in (kinds or {}).items() if type(value) is made), None)
    return out if kind is None else {_KIND: kind, **out}


@typing.final
class Builder:
    """Makes dataclasses from JSON values.

    Args:
        kinds: As in `told`.
        checks: What must hold of an instance besides; raises ValueError.
    """

    def __init__(
        self,
        kinds: dict[str, type] | None = None,
        checks: dict[type, Callable[[Any], None]] | None = None,
    ) -> None:
        self._kinds, self._checks = kinds or {}, checks or {}

    def build(self, wanted: Any, value: Any, place: str) -> Any:
        """A value of a wanted type.

        Args:
            wanted: A dataclass, or what its fields are made of.
            value: From JSON.
            place: Where it stands, for the message.

        Raises:
            ValueError: something is missing, too much or of another type; says where.
        """
        if is_dataclass(wanted):
            return self._instance(typing.cast(type, wanted), value, place)
        origin = typing.get_origin(wanted)
        if origin is tuple:
            return self._row(typing.get_args(wanted), value, place)
        if origin is frozenset:
            (kind,) = typing.get_args(wanted)
            return frozenset(self._row((kind, ...), value, place))
        if origin in (types.UnionType, typing.Union):
            return self._one_of(typing.get_args(wanted), value, place)
        return _SIMPLE[wanted](value, place)

    def _one_of(self, kinds: tuple[Any, ...], value: Any, place: str) -> Any:
        if type(None) in kinds:
            rest = next(kind for kind in kinds if kind is not type(None))
            return None if value is None else self.build(rest, value, place)
        if not isinstance(value, dict) or value.get(_KIND) not in tuple(self._kinds):
            raise ValueError(f"{place} is of no known kind")
        parts = {name: one for name, one in value.items() if name != _KIND}
        return self._instance(self._kinds[value[_KIND]], parts, place)

    def _instance(self, wanted: type, value: Any, place: str) -> Any:
        hints = _hints(wanted)
        if not isinstance(value, dict) or set(value) != set(hints):
            raise ValueError(f"{place} does not have the parts it should")
        made = wanted(**{name: self.build(hint, value[name], name) for name, hint in hints.items()})
        if check := self._checks.get(wanted):
            check(made)
        return made

    def _row(self, kinds: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"{place} is no list")
        if len(kinds) == 2 and kinds[1] is Ellipsis:
            return tuple(self.build(kinds[0], one, place) for one in value)
        if len(value) != len(kinds):
            raise ValueError(f"{place} has {len(value)} parts instead of {len(kinds)}")
        return tuple(self.build(kind, one, place) for kind, one in zip(kinds, value, strict=True))


@cache
def _hints(wanted: type) -> dict[str, Any]:
    return typing.get_type_hints(wanted)


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"{place} is no text, or a very long one")
    return value


def _whole(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**12:
        raise ValueError(f"{place} is no whole number")
    return value


def _number(value: Any, place: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{place} is no number")
    return float(value)


def _truth(value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{place} is neither true nor false")
    return value


def _cell(value: Any, place: str) -> Any:
    if isinstance(value, str):
        return _text(value, place)
    if value is not None and not isinstance(value, (bool, int, float)):
        raise ValueError(f"{place} is no cell of a table")
    return value


_SIMPLE: dict[Any, Callable[[Any, str], Any]] = {
    str: _text, int: _whole, float: _number, bool: _truth, Any: _cell,
}  # fmt: skip
