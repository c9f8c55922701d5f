"""Finds out what a device can really do, by computing something on it."""

from __future__ import annotations

import time

import torch
from torch import nn

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress


def probe_device(name: str = "auto") -> Job:
    """Run a small convolution on a device and compare it with the processor's answer.

    Args:
        name: "auto", "cpu", "cuda" or "mps".

    Returns:
        A job whose result is a line naming the device and how long the kernel took.

    Raises:
        LgeSynthError: the device is absent, fails, or computes something else.
    """
    device = _chosen(name)
    yield Progress(0, 1, "trying the device")
    layer = nn.Conv2d(4, 8, 3, padding=1).requires_grad_(False)
    image = torch.linspace(-1.0, 1.0, 4 * 64 * 64).reshape(1, 4, 64, 64)
    expected = layer(image)
    try:
        there, moved = layer.to(device), image.to(device)
        there(moved).cpu()  # the first run compiles and allocates
        started = time.perf_counter()
        found = there(moved).cpu()
        taken_ms = 1000 * (time.perf_counter() - started)
    except RuntimeError as error:
        raise LgeSynthError(
            f"The device {device} failed at a small computation ({type(error).__name__}).",
            "Use --device cpu, or renew its driver.",
        ) from error
    if not torch.allclose(found, expected, rtol=1e-2, atol=1e-2):
        raise LgeSynthError(f"The device {device} computes wrongly.", "Use --device cpu.")
    title = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{title}: a convolution took {taken_ms:.1f} ms (torch {torch.__version__})"


def _chosen(name: str) -> torch.device:
    if name == "cuda" or (name == "auto" and torch.cuda.is_available()):
        if not torch.cuda.is_available():
            raise LgeSynthError("There is no CUDA graphics card here.", "Use --device cpu.")
        return torch.device("cuda")
    if name == "mps" or (name == "auto" and torch.backends.mps.is_available()):
        if not torch.backends.mps.is_available():
            raise LgeSynthError("There is no Apple graphics device here.", "Use --device cpu.")
        return torch.device("mps")
    if name in ("auto", "cpu"):
        return torch.device("cpu")
    raise LgeSynthError(f"There is no device {name[:20]!r}.", "Use auto, cpu, cuda or mps.")
