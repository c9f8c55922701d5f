"""Remembers what pure functions of frozen values returned, without hashing the values."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def by_identity(size: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keep the last `size` results of a function of positional arguments.

    Two calls are the same when they are given the very same objects; whole numbers and tuples of
    them are compared by value. Contours have thousands of numbers: to hash them at every repaint
    takes longer than most of what is remembered here. For values that never change only.
    """

    def remembering(function: Callable[P, R]) -> Callable[P, R]:
        kept: OrderedDict[tuple[object, ...], tuple[object, R]] = OrderedDict()

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            key = tuple(a if _counted(a) else ("id", id(a)) for a in args)
            if key in kept:
                kept.move_to_end(key)
                return kept[key][1]
            value = function(*args, **kwargs)
            kept[key] = (args, value)  # holds the arguments, so that their ids stay theirs
            if len(kept) > size:
                kept.popitem(last=False)
            return value

        return call

    return remembering


def _counted(value: object) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(one, int) for one in value)
    return value is None or isinstance(value, int)
