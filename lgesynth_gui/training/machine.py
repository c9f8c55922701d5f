"""The processes that share a training, and the device each works on; `accelerate` sets them up.

The same command trains on one processor, on one graphics card, or in several processes: on cards
`accelerate launch -m lgesynth_gui train run ...`, on processors, for which that starts one only,
`python -m torch.distributed.run --standalone --nproc-per-node 2 -m lgesynth_gui train run ...`.
Every process draws the whole batch and all its noise, and works off its share; gradients are
summed. The loss is that of one process up to the order of sums.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from lgesynth_gui.core.errors import LgeSynthError

DEVICES = ("auto", "cpu", "cuda", "mps")


class Machine:
    """What this process is among those of a run.

    Args:
        device: "cpu", "cuda", "mps" or "auto".
        bf16: Compute losses in bfloat16 where it is safe.
        fp16: Compute them in float16 instead; graphics cards only.

    Raises:
        LgeSynthError: there is no such device, or float16 is asked of a processor.
    """

    def __init__(self, device: str = "cpu", *, bf16: bool = False, fp16: bool = False) -> None:
        from accelerate import PartialState  # here: it takes seconds, and only training needs it

        if device not in DEVICES:
            raise LgeSynthError(
                f"There is no device {device!r}.", f"Choose among {', '.join(DEVICES)}."
            )
        own = _device(device)
        state = PartialState(cpu=own.type == "cpu")
        self.rank: int = state.process_index
        self.count: int = state.num_processes
        self.device: torch.device = own if self.count == 1 else state.device
        if self.count == 1 and int(os.environ.get("WORLD_SIZE", "1")) > 1:
            raise LgeSynthError(
                f"Several processes cannot share a training on {own.type}.", "Start one process."
            )
        if fp16 and self.device.type != "cuda":
            raise LgeSynthError(
                "Float16 needs an NVIDIA graphics card.", "Train in bfloat16 or float32."
            )
        self._type = torch.float16 if fp16 else torch.bfloat16
        self._mixed = fp16 or bf16
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=fp16)

    @property
    def main(self) -> bool:
        """Whether this process writes: log, checkpoints, models."""
        return self.rank == 0

    def share(self, count: int) -> tuple[int, int]:
        """First item of this process's share of a batch, and the one after its last.

        Raises:
            LgeSynthError: the batch does not divide evenly.
        """
        if count % self.count:
            raise LgeSynthError(
                f"A batch of {count} cannot be shared evenly by {self.count} processes.",
                "Choose another batch or another number of processes.",
            )
        size = count // self.count
        return self.rank * size, (self.rank + 1) * size

    def computing(self) -> AbstractContextManager[object]:
        """Inside this block networks compute in the run's precision."""
        return torch.autocast(self.device.type, self._type, enabled=self._mixed)

    def total(self, value: Tensor) -> Tensor:
        """The sum of a tensor over all processes."""
        if self.count == 1:
            return value
        from accelerate.utils import reduce

        summed: Tensor = reduce(value, reduction="sum")
        return summed

    def gathered(self, value: Tensor) -> Tensor:
        """The rows of all processes, in the order of their shares."""
        if self.count == 1:
            return value
        from accelerate.utils import gather

        together: Tensor = gather(value)
        return together

    def agree(self, values: Sequence[float]) -> list[float]:
        """What the main process says; the others' values are not heard. All must call it."""
        if self.count == 1:
            return list(values)
        from accelerate.utils import broadcast

        kind = torch.float32 if self.device.type == "mps" else torch.float64
        said: Tensor = broadcast(torch.tensor(values, dtype=kind, device=self.device))
        return [float(value) for value in said.cpu()]

    def sums(self, values: Sequence[float]) -> list[float]:
        """Each value, summed over all processes. All must call it."""
        if self.count == 1:
            return list(values)
        kind = torch.float32 if self.device.type == "mps" else torch.float64
        summed = self.total(torch.tensor(values, dtype=kind, device=self.device))
        return [float(value) for value in summed.cpu()]

    def wait(self) -> None:
        """Until all processes have come here."""
        self.agree([0.0])


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory was not enough, on a card or on the processor."""
    from accelerate.utils.memory import should_reduce_batch_size

    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(should_reduce_batch_size(error))


def _device(name: str) -> torch.device:
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
    if (name == "cuda" and not cuda) or (name == "mps" and not mps):
        raise LgeSynthError(f"This computer has no device {name!r}.", "Train on cpu or auto.")
    return torch.device(name)
