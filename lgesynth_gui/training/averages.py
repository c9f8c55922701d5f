"""The average of the weights over the steps, and the course of the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Averages:
    """Exponential moving average of the parameters of several modules.

    Args:
        modules: Where they are when they are averaged; not moved afterwards.
        decay: Reached gradually.
    """

    def __init__(self, modules: Mapping[str, nn.Module], decay: float) -> None:
        self.decay = decay
        self._present = _states(modules)  # the modules' own memory, which is written in place
        self.values = {name: value.clone() for name, value in self._present.items()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the present weights; early steps count more."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in self._present.items():
            mean = self.values[name]
            if mean.is_floating_point():
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)

    @contextmanager
    def applied(self, modules: Mapping[str, nn.Module]) -> Iterator[None]:
        """The modules hold the averages inside this block, in evaluation mode."""
        own = {n: {k: v.clone() for k, v in m.state_dict().items()} for n, m in modules.items()}
        training = {n: m.training for n, m in modules.items()}
        try:
            for name, module in modules.items():
                module.load_state_dict({k: self.values[f"{name}.{k}"] for k in module.state_dict()})
                module.eval()
            yield
        finally:
            for name, module in modules.items():
                module.load_state_dict(own[name])
                module.train(training[name])


def cosine(fraction: float) -> float:
    """Half a cosine from 1 at 0 down to 0.02 at 1."""
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(max(fraction, 0.0), 1.0)))


def _states(modules: Mapping[str, nn.Module]) -> dict[str, Tensor]:
    return {
        f"{name}.{key}": value.detach()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
