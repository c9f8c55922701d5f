"""Batches in parts: some items of whatever holds one row an item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor


def count_of(batch: Any) -> int:
    """How many items a batch holds.

    Args:
        batch: A tensor, an array or a list with one row an item, or a mapping, tuple or
            dataclass of such.
    """
    if isinstance(batch, Mapping):
        return count_of(next(iter(batch.values())))
    if isinstance(batch, tuple):
        return count_of(batch[0])
    if is_dataclass(batch):
        return count_of(getattr(batch, fields(batch)[0].name))
    return len(batch)


def rows(batch: Any, part: slice) -> Any:
    """Some items of a batch, of the same kind as the batch; nothing is copied."""
    if isinstance(batch, Mapping):
        return {name: rows(value, part) for name, value in batch.items()}
    if isinstance(batch, tuple):
        return tuple(rows(value, part) for value in batch)
    if is_dataclass(batch) and not isinstance(batch, type):
        changed = {f.name: rows(getattr(batch, f.name), part) for f in fields(batch)}
        return replace(batch, **changed)
    return batch[part]


def on(batch: Any, device: torch.device) -> Any:
    """A batch whose arrays and tensors are on a device, as tensors; what is text stays."""
    if isinstance(batch, Tensor):
        return batch.to(device)
    if isinstance(batch, np.ndarray):
        return torch.from_numpy(batch).to(device)
    if isinstance(batch, Mapping):
        return {name: on(value, device) for name, value in batch.items()}
    if isinstance(batch, tuple):
        return tuple(on(value, device) for value in batch)
    if is_dataclass(batch) and not isinstance(batch, type):
        return replace(batch, **{f.name: on(getattr(batch, f.name), device) for f in fields(batch)})
    return batch


def parts_of(start: int, stop: int, size: int) -> Iterator[slice]:
    """`start..stop` in parts of at most `size` items; 0 = in one."""
    size = size or max(1, stop - start)
    for begin in range(start, stop, size):
        yield slice(begin, min(begin + size, stop))
