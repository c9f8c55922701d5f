"""The phases of a generation as the engine tells them: their words, and how long each may take."""

from __future__ import annotations

from enum import Enum

from lgesynth_gui.core.jobs import Progress


class Phase(Enum):
    """What the engine is at."""

    LOAD = "loading models"
    DENOISE = "denoising"
    PASTE = "pasting back"
    JUDGE = "judging"


# Seconds on a graphics card and on the processor after which a phase without an advance counts as
# hung. The engine encodes the host before the first step of a slice, which belongs to what is told
# before it: loading, or pasting the former slice back.
LIMITS_S: dict[Phase, tuple[float, float]] = {
    Phase.LOAD: (60 + 20, 180 + 120),
    Phase.DENOISE: (10, 60),
    Phase.PASTE: (20 + 20, 120 + 120),
    Phase.JUDGE: (20, 120),
}


def on_card(device: str) -> bool:
    """Whether a device name ("cpu", "cuda", "mps"; "" = not known yet) is a graphics card."""
    return device not in ("", "cpu")


def phase_of(step: Progress | None, steps: int) -> Phase:
    """The phase a generation is in after it has told `step`.

    Args:
        step: Its last word; None before the first.
        steps: Sampler steps a slice.
    """
    if step is None or step.note.startswith("loading"):
        return Phase.LOAD
    if step.note.startswith("judging"):
        return Phase.JUDGE
    painted = step.done > 0 and step.done % max(steps, 1) == 0
    return Phase.PASTE if painted else Phase.DENOISE


def phase_words(step: Progress | None, steps: int) -> str:
    """The phase in words: "denoise 3 of 24"."""
    phase = phase_of(step, steps)
    if phase is Phase.DENOISE and step is not None:
        return f"denoise {step.done} of {step.total}"
    return phase.value


def limit_s(step: Progress | None, steps: int, device: str) -> float:
    """Seconds without an advance after which the phase counts as hung.

    Args:
        step: Last word of the job.
        steps: Sampler steps a slice.
        device: Where it computes; not known counts as the processor.
    """
    return LIMITS_S[phase_of(step, steps)][0 if on_card(device) else 1]
