"""How much memory a run will need, measured on a first part of a batch before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from lgesynth_gui.training.stage import Divisible
from lgesynth_gui.training.state import RunState

MIB = 1 << 20
ROOM = 0.9  # share of the free memory that is counted on


@dataclass(frozen=True)
class MemoryNeed:
    """Bytes a run needs beside what the process holds already.

    Args:
        weights: Of all trained networks; they are there already, and once more while the averages
            are looked at.
        gradients: One number a trained weight.
        optimizer: AdamW's two moments.
        averages: The averaged weights, there already.
        activations: Kept between forward and backward for the items worked off at once.
        micro: How many those are.
        free: What the device has free.
    """

    weights: int
    gradients: int
    optimizer: int
    averages: int
    activations: int
    micro: int
    free: int

    @property
    def more(self) -> int:
        """Bytes still to be taken."""
        return self.weights + self.gradients + self.optimizer + self.activations

    @property
    def fits(self) -> bool:
        """Whether that is free."""
        return self.more <= ROOM * self.free


def measured(run: RunState) -> MemoryNeed:
    """What a run needs; the loss of one item (or of one batch, if it is not divided) is computed.

    Args:
        run: Before its next step; it is left as it is.
    """
    trained = list(run.named.values())
    kept = [v for m in run.stage.modules.values() for v in m.state_dict().values()]
    with _counting(_weights(run.stage)) as seen:
        count = run.probe() // run.machine.count
    micro = min(run.micro or count, count)
    return MemoryNeed(
        weights=_bytes(kept),
        gradients=_bytes(trained),
        optimizer=2 * _bytes(trained),
        averages=_bytes(kept),
        activations=sum(seen.values()) * (micro if isinstance(run.stage, Divisible) else 1),
        micro=micro,
        free=_free(run.machine.device),
    )


def fitted(run: RunState) -> MemoryNeed:
    """The need of a run after its parts were made small enough, where that is possible."""
    need = measured(run)
    while not need.fits and need.micro > 1 and isinstance(run.stage, Divisible):
        run.micro = -(-need.micro // 2)
        smaller = need.activations * run.micro // need.micro
        need = replace(need, activations=smaller, micro=run.micro)
    return need


def kept_for_backward(compute: Callable[[], Tensor], networks: Iterable[nn.Module]) -> int:
    """Bytes that autograd keeps of a computation, the networks' own weights left out.

    It is also told of tensors on the meta device, which hold no numbers.

    Args:
        compute: Computes something with gradients.
        networks: Whose weights are not counted.
    """
    own = {id(value) for network in networks for value in network.parameters()}
    kept: dict[int, Tensor] = {}

    def pack(value: Tensor) -> Tensor:
        base = value if value._base is None else value._base  # views share what they keep
        if id(base) not in own:
            kept[id(base)] = base
        return value

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
        compute()
    return _bytes(kept.values())


def free_bytes(device: torch.device) -> int:
    """What a device has free."""
    return _free(device)


def _weights(stage: object) -> set[int]:
    """Where the numbers of all networks of a stage are, trained and frozen ones."""
    found: set[int] = set()
    for value in vars(stage).values():
        several = value if isinstance(value, tuple | list) else (value,)
        for one in several:
            if isinstance(one, nn.Module):
                found |= {v.untyped_storage().data_ptr() for v in one.parameters()}
    return found


@contextmanager
def _counting(known: set[int]) -> Iterator[dict[int, int]]:
    """Collects the bytes of what autograd keeps inside this block, by its place in memory."""
    seen: dict[int, int] = {}

    def pack(value: Tensor) -> Tensor:
        storage = value.untyped_storage()
        if storage.data_ptr() not in known:
            seen[storage.data_ptr()] = storage.nbytes()
        return value

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
        yield seen


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(v.numel() * v.element_size() for v in tensors)


def _free(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    import psutil

    return int(psutil.virtual_memory().available)
