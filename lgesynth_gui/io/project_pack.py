"""Frozen values of the program as plain JSON and arrays; `project_unpack` is the way back.

A value that many others hold (a region, the contours of a slice, a result) is written once and
named by its number, so that two hundred undo steps take little more room than one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array, bits_of, content_hash
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.sketch import ScarRegion
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.contours import slice_values
from lgesynth_gui.io.provenance import region_values

BOXED = ("pixels", "edited", "requested", "measured")  # arrays of a result


class UnknownResult(LookupError):
    """A result is not among those whose pixels are stored already."""


class Packing:
    """Makes plain values and gathers what they share.

    Args:
        host: Pixels of the series; results are stored as what differs from them.
        results: Results in the order of their numbers.
        closed: `results` are stored elsewhere; no other one may come.
    """

    def __init__(
        self, host: Array, results: Sequence[SynthesisResult] = (), *, closed: bool = False
    ) -> None:
        self.arrays: list[Array] = []
        self._host, self._closed = host, closed
        self._regions: dict[ScarRegion, int] = {}
        self._slices: dict[SliceContours, int] = {}
        self._arrays: dict[str, int] = {}
        self._seen: dict[int, int] = {}
        self._alive: list[Any] = []  # what `_seen` names: an id is only theirs while they live
        self._results: dict[int, int] = {id(one): i for i, one in enumerate(results)}
        self._kept = list(results)  # their ids must stay theirs
        self._packed = [] if closed else [self._result(one) for one in results]

    def plain(self, value: Any) -> Any:
        """A value as plain JSON: numbers, texts, lists, tables."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, (int, np.integer)):
            return int(value)
        if isinstance(value, (float, np.floating)):
            number = float(value)
            return number if math.isfinite(number) else str(number)
        if isinstance(value, ScarRegion):
            return self._pooled(self._regions, value)
        if isinstance(value, SliceContours):
            return self._pooled(self._slices, value)
        if isinstance(value, SynthesisResult):
            return self._number(value)
        if isinstance(value, np.ndarray):
            return self._array(value)
        if isinstance(value, (tuple, list)):
            return [self.plain(one) for one in value]
        if isinstance(value, frozenset):
            return sorted(self.plain(one) for one in value)
        if is_dataclass(value) and not isinstance(value, type):
            return {one.name: self.plain(getattr(value, one.name)) for one in fields(value)}
        raise TypeError(f"{type(value).__name__} cannot be stored")

    def shared(self) -> dict[str, Any]:
        """What the plain values name by number; call it last."""
        packed = list(self._packed)  # packing them adds regions and slices: so it came first
        return {
            "regions": [region_values(one) for one in self._regions],
            "slices": [slice_values(one) for one in self._slices],
            "results": packed,
            "arrays": [{"dtype": little(one).str, "shape": list(one.shape)} for one in self.arrays],
        }

    def _pooled(self, pool: dict[Any, int], value: Any) -> int:
        number = self._seen.get(id(value))  # hashing a long outline two hundred times is slow
        if number is None:
            number = self._seen[id(value)] = pool.setdefault(value, len(pool))
            self._alive.append(value)
        return number

    def _number(self, result: SynthesisResult) -> int:
        number = self._results.get(id(result))
        if number is None:
            if self._closed:
                raise UnknownResult
            number = self._results[id(result)] = len(self._kept)
            self._kept.append(result)
            self._packed.append(self._result(result))
        return number

    def _result(self, one: SynthesisResult) -> dict[str, Any]:
        plain = {
            part.name: self.plain(getattr(one, part.name))
            for part in fields(one)
            if part.name not in BOXED
        }
        for name in BOXED:
            plain[name] = self._box(getattr(one, name))
        return plain

    def _box(self, array: Array) -> dict[str, Any]:
        """The smallest box outside which an array equals the host, or else is zero."""
        on_host = array.shape == self._host.shape and little(array) == little(self._host)
        whole = bits_of(array)
        changed = whole != (bits_of(self._host) if on_host else 0)
        low, part = [0] * array.ndim, array[(slice(0, 0),) * array.ndim]
        if changed.any():
            where = [
                np.flatnonzero(changed.any(axis=tuple(a for a in range(array.ndim) if a != axis)))
                for axis in range(array.ndim)
            ]
            low = [int(one[0]) for one in where]
            part = array[tuple(slice(int(one[0]), int(one[-1]) + 1) for one in where)]
        return {
            "ground": "host" if on_host else "zero",
            "dtype": little(array).str,
            "shape": list(array.shape),
            "at": low,
            "array": self._array(part) if part.size else None,
        }

    def _array(self, array: Array) -> int:
        digest = content_hash(array)
        if digest not in self._arrays:
            self._arrays[digest] = len(self.arrays)
            self.arrays.append(array)
        return self._arrays[digest]


def little(array: Array) -> np.dtype[Any]:
    """The little-endian kind an array is stored as."""
    return array.dtype.newbyteorder("<")
