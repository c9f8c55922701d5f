"""Array aliases and the one content hash."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]
LabelMap = npt.NDArray[np.uint8]


def content_hash(array: Array) -> str:
    """SHA-256 of dtype, shape and values, as hexadecimal; the same for any memory layout."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest = hashlib.sha256(f"{little.dtype.str}{little.shape}".encode())
    digest.update(little.tobytes())
    return digest.hexdigest()


def bits_of(array: Array) -> Array:
    """The stored bits: equal where the values come from the same bytes, also for NaN."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return np.asarray(little.view(f"<u{little.dtype.itemsize}"))
