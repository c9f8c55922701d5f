"""Reads and writes the weights of a network: safetensors only, exact keys, finite numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.registry.header import read_header

Network = TypeVar("Network", bound=nn.Module)
MAX_PARAMETERS = 2 * 10**9
_CHUNK = 64 * 2**20
_HINT = "Get the model again from its source."


def save_weights(network: nn.Module, path: Path) -> int:
    """Write a network's state as float16 safetensors, whole or not at all.

    Args:
        network: Its floating-point tensors are stored as float16, whole numbers as they are.
        path: The file.

    Returns:
        How many numbers were stored.
    """
    tensors = {
        key: (value.half() if value.is_floating_point() else value).detach().cpu().contiguous()
        for key, value in network.state_dict().items()
    }
    data = save(tensors)
    with atomic_write(path) as file:
        file.write(data)
    return sum(value.numel() for value in tensors.values())


def fitting(
    build: Callable[[], Network], path: Path, names: Callable[[str], str | None] | None = None
) -> tuple[Network, Mapping[str, str]]:
    """A network on torch's meta device, which holds no numbers, that a file fits exactly.

    Args:
        build: Makes the network; called on the meta device.
        path: A safetensors file.
        names: What a tensor of the file is called in the network; None of it = it is not used.

    Returns:
        The network, and the name in the file of each of its tensors.

    Raises:
        Refused: the file's layout (MOD-06), or its keys, shapes or size (MOD-07) are not right.
    """
    header = read_header(path)
    with torch.device("meta"):
        network = build()
    wanted = {key: tuple(value.shape) for key, value in network.state_dict().items()}
    if sum(entry.numbers for entry in header.values()) > MAX_PARAMETERS:
        raise Refused("A model is larger than this program accepts.", _HINT, "MOD-07")
    called = [(names(key) if names else key, key) for key in header]
    stored = {own: key for own, key in called if own is not None}
    used = sum(own is not None for own, _ in called)
    shapes = {own: header[key].shape for own, key in stored.items()}
    if len(stored) != used or wanted != shapes:
        raise Refused("A model's weights do not fit its description.", _HINT, "MOD-07")
    return network, stored


def load_weights(
    build: Callable[[], Network], path: Path, names: Callable[[str], str | None] | None = None
) -> Network:
    """Build a network and fill it from a file that must fit it exactly.

    Nothing of the network's size is allocated before the file's table was checked against it.

    Args:
        build: Makes the network; called on torch's meta device.
        path: A safetensors file.
        names: What a tensor of the file is called in the network; None of it = it is not used.

    Returns:
        The network on the CPU in float32, in evaluation mode, without gradients.

    Raises:
        Refused: the file's layout (MOD-06), its keys, shapes or size (MOD-07) or its values
            (MOD-09) are not right.
    """
    network, stored = fitting(build, path, names)
    full: dict[str, Tensor] = {}
    try:
        with safe_open(str(path), framework="pt", device="cpu") as file:
            for own, key in stored.items():
                value = file.get_tensor(key)
                _require_finite(value)
                full[own] = value.float() if value.is_floating_point() else value
    except (SafetensorError, OSError) as error:
        raise Refused("A model's weight file cannot be read.", _HINT, "MOD-06") from error
    network.load_state_dict(full, strict=True, assign=True)
    return network.requires_grad_(False).eval()


def _require_finite(value: Tensor) -> None:
    flat = value.reshape(-1)
    step = _CHUNK // max(1, value.element_size())
    for start in range(0, flat.numel(), step):
        if not bool(torch.isfinite(flat[start : start + step]).all()):
            raise Refused("A model holds weights that are no numbers.", _HINT, "MOD-09")
