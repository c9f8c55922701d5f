"""Plain JSON and arrays of a project as the frozen values they were, exactly.

Nothing is executed and nothing is believed: what may come back is decided by the dataclasses' own
type hints, and every number that names something is looked at.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np

from lgesynth_gui.core.arrays import Array, content_hash
from lgesynth_gui.core.contours import SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarRegion
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.contours import slice_of
from lgesynth_gui.io.project_pack import BOXED, little
from lgesynth_gui.io.provenance import region_of

LONGEST_TEXT = 20_000
FARTHEST = 1e5  # degrees or depths of a sketch; a wall has a few hundred
EXPANDED_BYTES = 8 << 30  # all results of a project in memory
LoadArray = Callable[[int, np.dtype[Any], tuple[int, ...]], Array]
_ODD = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


class NotAValue(ValueError):
    """What was read stands for no value of that kind."""


class Unpacking:
    """Gives back what `Packing` made plain.

    Args:
        shared: What `Packing.shared` gave.
        array: The stored array of a number and its (dtype, shape).
        host: Pixels of the series; results of another shape are refused.
        results: Results that are stored elsewhere, instead of those in `shared`; None where one
            is missing.

    Raises:
        NotAValue: `shared` is not what `Packing` writes.
    """

    def __init__(
        self,
        shared: Mapping[str, Any],
        array: LoadArray,
        host: Array,
        results: Sequence[SynthesisResult | None] | None = None,
    ) -> None:
        self._host, self._load = host, array
        self._arrays = [_kind_of_array(one) for one in _list(shared.get("arrays"))]
        self._regions = [_region(one, len(host)) for one in _list(shared.get("regions"))]
        self._slices = [_slice(one) for one in _list(shared.get("slices"))]
        packed = _list(shared.get("results"))
        require_room(len(packed), host)
        self.results: list[SynthesisResult | None] = list(results or ())
        if results is None:
            self.results.extend(self._result(one) for one in packed)

    def value(self, kind: Any, plain: Any) -> Any:
        """The value of a kind.

        Args:
            kind: A type as it stands in a type hint.
            plain: What `Packing.plain` gave.

        Raises:
            NotAValue: it is not of that kind.
        """
        if kind is ScarRegion:
            return _of(self._regions, plain)
        if kind is SliceContours:
            return _of(self._slices, plain)
        if kind is SynthesisResult:
            if (found := _of(self.results, plain)) is None:
                raise NotAValue("a result that is not there")
            return found
        origin, inner = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return self._either(inner, plain)
        if origin is Literal:
            if plain not in inner:
                raise NotAValue("none of the known words")
            return plain
        if origin is tuple:
            return self._tuple(inner, plain)
        if origin is frozenset:
            return frozenset(self.value(inner[0], one) for one in _list(plain))
        if origin is np.ndarray:
            return self._stored(plain)
        if isinstance(kind, type) and issubclass(kind, Enum):
            if not isinstance(plain, str) or plain not in kind.__members__:
                raise NotAValue(f"no {kind.__name__}")
            return kind[plain]
        if is_dataclass(kind):
            return self._fields(kind, plain)
        return _simple(kind, plain)

    def _fields(self, kind: Any, plain: Any) -> Any:
        hints, needed = hints_of(kind)
        if not isinstance(plain, dict) or not needed <= set(plain) <= set(hints):
            raise NotAValue(f"not the fields of {kind.__name__}")
        values = {name: self.value(hints[name], one) for name, one in plain.items()}
        try:
            return kind(**values)
        except (ValueError, LgeSynthError) as error:
            raise NotAValue(f"no {kind.__name__}: {error}") from error

    def _either(self, kinds: tuple[Any, ...], plain: Any) -> Any:
        if plain is None and type(None) in kinds:
            return None
        for kind in kinds:
            if kind is not type(None):
                try:
                    return self.value(kind, plain)
                except NotAValue:
                    continue
        raise NotAValue("none of the known kinds")

    def _tuple(self, inner: tuple[Any, ...], plain: Any) -> tuple[Any, ...]:
        found = _list(plain)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(self.value(inner[0], one) for one in found)
        if len(inner) != len(found):
            raise NotAValue("a list of another length")
        return tuple(self.value(kind, one) for kind, one in zip(inner, found, strict=True))

    def _stored(self, plain: Any) -> Array:
        dtype, shape = _of(self._arrays, plain)
        return self._load(plain, dtype, shape)

    def _result(self, plain: Any) -> SynthesisResult:
        hints, needed = hints_of(SynthesisResult)
        if not isinstance(plain, dict) or not needed <= set(plain) <= set(hints):
            raise NotAValue("not the fields of a result")
        values: dict[str, Any] = {
            name: self._boxed(one) if name in BOXED else self.value(hints[name], one)
            for name, one in plain.items()
        }
        result = SynthesisResult(**values)
        count = len(self._host)
        if not all(0 <= index < count for index in result.slices):
            raise NotAValue("a result of a slice that is not there")
        if result.pixels_sha256 and content_hash(result.pixels) != result.pixels_sha256:
            raise NotAValue("a result whose pixels are not those that were judged")
        return result

    def _boxed(self, box: Any) -> Array:
        if not isinstance(box, dict) or set(box) != {"ground", "dtype", "shape", "at", "array"}:
            raise NotAValue("no box")
        dtype, shape = _kind_of_array(box)
        if shape != self._host.shape:
            raise NotAValue("a result of another grid than its host")
        if box["ground"] == "host" and dtype == little(self._host):
            whole = np.array(self._host)
        elif box["ground"] == "zero":
            whole = np.zeros(shape, dtype)
        else:
            raise NotAValue("a result on an unknown ground")
        if box["array"] is not None:
            part, at = self._stored(box["array"]), [_simple(int, one) for one in _list(box["at"])]
            ends = [low + side for low, side in zip(at, part.shape, strict=False)]
            fits = len(at) == part.ndim == len(shape) and part.dtype == whole.dtype
            if not fits or min(at) < 0 or any(e > s for e, s in zip(ends, shape, strict=True)):
                raise NotAValue("a box that does not lie in its picture")
            whole[tuple(slice(low, end) for low, end in zip(at, ends, strict=True))] = part
        return whole


def require_room(results: int, host: Array) -> None:
    """Refuse more results than fit into memory.

    Raises:
        NotAValue: too many.
    """
    if results * host.size * (host.dtype.itemsize + 3) > EXPANDED_BYTES:
        raise NotAValue("more results than fit into memory")


@lru_cache(maxsize=64)
def hints_of(kind: Any) -> tuple[dict[str, Any], set[str]]:
    """(type hint of each field, the fields without a default) of a dataclass."""
    parts = fields(kind)
    needed = {f.name for f in parts if f.default is MISSING and f.default_factory is MISSING}
    hints = get_type_hints(kind)
    return {part.name: hints[part.name] for part in parts}, needed


def _simple(kind: Any, plain: Any) -> Any:
    if kind is float:
        if isinstance(plain, str) and plain in _ODD:
            return _ODD[plain]
        if type(plain) is int and abs(plain) < 1 << 53:
            plain = float(plain)
    if kind not in (bool, int, float, str) or type(plain) is not kind:
        raise NotAValue(f"{getattr(kind, '__name__', kind)} expected")
    if kind is str and len(plain) > LONGEST_TEXT:
        raise NotAValue("a text that is too long")
    if kind is int and abs(plain) >= 1 << 63:
        raise NotAValue("a number that is too large")
    return plain


def _list(plain: Any) -> list[Any]:
    if not isinstance(plain, list):
        raise NotAValue("a list expected")
    return plain


def _of(several: Sequence[Any], number: Any) -> Any:
    if type(number) is not int or not 0 <= number < len(several):
        raise NotAValue("something that is not stored")
    return several[number]


def _region(plain: Any, slices: int) -> ScarRegion:
    try:
        region = region_of(plain)
    except (LookupError, TypeError, ValueError, LgeSynthError) as error:
        raise NotAValue("no region of a sketch") from error
    numbers = [number for point in region.outline for number in point]
    if not all(abs(number) <= FARTHEST for number in numbers):
        raise NotAValue("a region outside any wall")
    if not all(0 <= index < slices for index in region.slices):
        raise NotAValue("a region on a slice that is not there")
    return region


def _slice(plain: Any) -> SliceContours:
    try:
        return slice_of(plain)
    except (ValueError, LgeSynthError) as error:
        raise NotAValue(f"no contours: {error}") from error


def _kind_of_array(plain: Any) -> tuple[np.dtype[Any], tuple[int, ...]]:
    if not isinstance(plain, dict):
        raise NotAValue("no array")
    shape = tuple(_simple(int, one) for one in _list(plain.get("shape")))
    if len(shape) > 4 or any(side < 0 for side in shape):
        raise NotAValue("an array of an odd shape")
    if plain.get("dtype") not in _DTYPES:
        raise NotAValue("an array of an unknown kind")
    return np.dtype(plain["dtype"]), shape


_DTYPES = frozenset(
    np.dtype(kind).newbyteorder("<").str
    for kind in ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8")
)
