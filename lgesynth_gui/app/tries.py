"""Trying until a picture passes: bounded by a number and by a time, never open-ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lgesynth_gui.app.phases import on_card
from lgesynth_gui.app.session import Settings
from lgesynth_gui.app.variation import Variation, rank
from lgesynth_gui.core.verdict import Grade, cut

CPU_MINUTES, CARD_MINUTES = 10, 2


@dataclass(frozen=True)
class Limits:
    """No further try starts after `tries` of them, nor later than `minutes` after the first."""

    tries: int
    minutes: int


def limits_of(settings: Settings, device: str) -> Limits:
    """The limits the settings give on a device ("" = not known yet, counts as the processor)."""
    usual = CARD_MINUTES if on_card(device) else CPU_MINUTES
    return Limits(settings.most_tries, settings.most_minutes or usual)


def goes_on(made: Sequence[Variation], limits: Limits, spent_s: float) -> bool:
    """Whether another try may follow.

    Args:
        made: The tries of the group that have ended, in any order.
        limits: How many, how long.
        spent_s: Seconds since the first try started.
    """
    grades = [one.result.verdict.grade for one in made if one.result is not None]
    if Grade.PASS in grades or not grades:
        return False  # done; or the last one was cancelled or failed before any had a result
    return len(made) < limits.tries and spent_s < 60 * limits.minutes


def try_words(made: Sequence[Variation], limits: Limits, *, running: bool) -> str:
    """How far it is: "Try 3 of 8 · best 0.57".

    Args:
        made: The tries that have a result.
        limits: How many at most.
        running: Whether one more is on its way.
    """
    now = len(made) + running
    words = f"Try {now} of {limits.tries}" if running else f"{now} of {limits.tries} tries"
    done = [one for one in made if one.result is not None]
    if not done:
        return words
    best = min(done, key=rank)
    assert best.result is not None
    verdict = best.result.verdict
    if verdict.grade is Grade.PASS:
        return f"{words} · PASS {cut(verdict.dice)}"
    return f"{words} · best {cut(verdict.dice)}"
