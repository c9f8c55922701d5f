"""Checkpoints: one safetensors file a state, with its own digest; `last`, else `previous`."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.io.leftovers import SUFFIX

LAST, PREVIOUS = "last.safetensors", "previous.safetensors"
_KINDS = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}  # fmt: skip


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to go on as if nothing had happened.

    Args:
        tensors: Weights, their averages and the optimiser's moments, by dotted name.
        facts: JSON-able rest: step, seconds, generator states, options.
    """

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def _digest(tensors: Mapping[str, Tensor], facts: str) -> str:
    digest = hashlib.sha256(facts.encode())
    for name in sorted(tensors):
        value = tensors[name]
        digest.update(f"{name}{value.dtype}{tuple(value.shape)}".encode())
        digest.update(_bytes(value))
    return digest.hexdigest()


def save_checkpoint(folder: Path, state: Checkpoint) -> None:
    """Write `last.safetensors` whole or not at all; the former one becomes `previous`.

    Args:
        folder: The run's folder; made when missing.
        state: What to keep.

    Raises:
        LgeSynthError: the drive is full or closed; what was there is as it was.
        OSError: the drive failed; what was there is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = json.dumps(state.facts, sort_keys=True)
    told = {"facts": facts, "digest": _digest(state.tensors, facts)}
    last = folder / LAST
    with atomic_write(last, verify=lambda _: _keep(last)) as file:
        _write(file, state.tensors, told)


def _write(file: BinaryIO, tensors: Mapping[str, Tensor], told: Mapping[str, str]) -> None:
    """Write a safetensors file tensor by tensor, so that no second state is held in memory."""
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    table: dict[str, Any] = {"__metadata__": dict(told)}
    end = 0
    for name in order:
        value = tensors[name]
        start, end = end, end + value.numel() * value.element_size()
        table[name] = {
            "dtype": _KINDS[value.dtype], "shape": list(value.shape), "data_offsets": [start, end]
        }  # fmt: skip
    header = json.dumps(table).encode()
    header += b" " * (-len(header) % 8)
    file.write(struct.pack("<Q", len(header)) + header)
    for name in order:
        file.write(_bytes(tensors[name]))


def _bytes(value: Tensor) -> memoryview:
    return value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def _keep(last: Path) -> None:
    """Make the present `last` the `previous` one too; it keeps its own name until it is replaced.

    At no moment is there neither: a kill or a full disk costs the new state only.
    """
    if not last.is_file():
        return
    link = last.with_name(f".{LAST}{SUFFIX}")
    link.unlink(missing_ok=True)
    try:
        os.link(last, link)
    except OSError:
        last.replace(last.with_name(PREVIOUS))  # a drive without hard links
    else:
        link.replace(last.with_name(PREVIOUS))


def read_checkpoint(path: Path) -> Checkpoint:
    """Read one checkpoint file.

    Raises:
        LgeSynthError: the file is cut short, altered or no checkpoint.
    """
    try:
        with safe_open(str(path), framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        facts = metadata["facts"]
        if _digest(tensors, facts) != metadata["digest"]:
            raise ValueError("digest")
        return Checkpoint(tensors, json.loads(facts))
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise LgeSynthError(
            f"The checkpoint {path.name} is damaged.", "Start the training again."
        ) from error


def recover(folder: Path) -> tuple[Checkpoint | None, tuple[str, ...]]:
    """The state to resume from, and the names of damaged files, which get `.corrupt` as ending.

    Only whoever trains in the folder may call this.
    """
    damaged: list[str] = []
    for name in (LAST, PREVIOUS):
        if (folder / name).is_file():
            try:
                return read_checkpoint(folder / name), tuple(damaged)
            except LgeSynthError:
                (folder / name).replace(folder / f"{name}.corrupt")
                damaged.append(name)
    return None, tuple(damaged)


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """The state to resume from: `last` if it is whole, else `previous`, else None."""
    for name in (LAST, PREVIOUS):
        if (folder / name).is_file():
            try:
                return read_checkpoint(folder / name)
            except LgeSynthError:
                continue
    return None
