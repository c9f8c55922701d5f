"""Checkpoints: one safetensors file a state, with its own digest; `last`, else `previous`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import atomic_write

LAST, PREVIOUS = "last.safetensors", "previous.safetensors"


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
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}{value.dtype}{tuple(value.shape)}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save_checkpoint(folder: Path, state: Checkpoint) -> None:
    """Write `last.safetensors` whole or not at all; the former one becomes `previous`.

    Args:
        folder: The run's folder; made when missing.
        state: What to keep.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().cpu().contiguous().clone() for k, v in state.tensors.items()}
    facts = json.dumps(state.facts, sort_keys=True)
    data = save(tensors, metadata={"facts": facts, "digest": _digest(tensors, facts)})
    last = folder / LAST
    if last.is_file():
        last.replace(folder / PREVIOUS)
    with atomic_write(last) as file:
        file.write(data)


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


def newest_checkpoint(folder: Path) -> Checkpoint | None:
    """The state to resume from: `last` if it is whole, else `previous`, else None."""
    for name in (LAST, PREVIOUS):
        if (folder / name).is_file():
            try:
                return read_checkpoint(folder / name)
            except LgeSynthError:
                continue
    return None
