"""What the engine is asked for first: load the models, and say what they compute on."""

from __future__ import annotations

from lgesynth_gui.core.jobs import Job


def prepare(device: str = "auto") -> Job:
    """Load the default models, so that the first picture does not have to wait for them.

    Args:
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        A job that returns the name of the device that "auto" stands for: "cpu", "cuda", "mps".
    """
    yield None
    from lgesynth_gui.synthesis.generate import prepare as load
    from lgesynth_gui.synthesis.models import best_device

    yield from load(device)
    return best_device(device).type
