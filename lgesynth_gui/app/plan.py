"""The line under Generate: what a click will do, how long it takes and on what."""

from __future__ import annotations

from collections.abc import Sequence

from lgesynth_gui.app.pace import time_words
from lgesynth_gui.app.phases import on_card
from lgesynth_gui.app.session import Settings
from lgesynth_gui.app.tries import limits_of
from lgesynth_gui.core.synthesis import SynthesisRequest


def counted(n: int, word: str) -> str:
    """A number with its noun: "1 slice", "3 slices"."""
    return f"{n} {word}{'s' * (n != 1)}"


def place_words(device: str) -> str:
    """Where it computes: " on the processor"; "" while that is not known."""
    if not device:
        return ""
    return " on the graphics card" if on_card(device) else " on the processor"


def words(
    settings: Settings,
    wanted: Sequence[SynthesisRequest],
    slices: int,
    forecast_s: float | None,
    device: str,
    *,
    waiting: int = 0,
) -> str:
    """What Generate will do: "4 images of 3 slices, about 25 s on the processor".

    Args:
        settings: How to generate.
        wanted: The requests it would queue first.
        slices: Slices of each.
        forecast_s: Seconds one of them takes, from measured times; None when none is known.
        device: Where it computes, "" when that is not known yet.
        waiting: Variations that run before.
    """
    of = counted(slices, "slice")
    if settings.until_pass:
        limits = limits_of(settings, device)
        tries, minutes = counted(limits.tries, "try"), f"{limits.minutes} min"
        line = f"Up to {tries.replace('trys', 'tries')} of {of}, {minutes} at most"
        each = 1
    else:
        line = f"{counted(len(wanted), 'image')} of {of}"
        each = len(wanted)
    if forecast_s is None:
        line += f", {wanted[0].steps} steps each; the first one measures the time"
    elif settings.until_pass:
        line += f", about {time_words(forecast_s)} each{place_words(device)}"
    else:
        line += f", about {time_words(each * forecast_s)}"
        line += "" if wanted[0].seed != settings.seed else place_words(device)  # one line, not two
    if wanted[0].seed != settings.seed:
        line += f", from seed {wanted[0].seed}"
    return f"{line}, after {waiting} waiting" if waiting else line
