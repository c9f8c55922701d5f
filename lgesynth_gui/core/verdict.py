"""What the gate concludes about a sample, with its reasons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


def cut(value: float | None, digits: int = 2) -> str:
    """A number with its decimals cut, never rounded up: 0.597 is "0.59"; None is "–"."""
    if value is None or not math.isfinite(value):
        return "–"
    scale = 10**digits
    return f"{math.floor(value * scale + 1e-9) / scale:.{digits}f}"


class Grade(Enum):
    """Worst first when compared by `severity`."""

    PASS = "PASS"
    CHECK = "CHECK"
    FAIL = "FAIL"
    BLOCKED = "BLOCKED"
    NOT_JUDGED = "NOT JUDGED"

    @property
    def severity(self) -> int:
        """0 for PASS up to 4; the worst finding is the verdict."""
        return list(Grade).index(self)

    @property
    def glyph(self) -> str:
        """The mark shown beside the word, never colour alone."""
        return {"PASS": "✓", "CHECK": "!", "FAIL": "✗", "BLOCKED": "■"}.get(self.value, "○")


@dataclass(frozen=True)
class Finding:
    """One rule's answer.

    Args:
        rule: Short name ("judge Dice", "untouched zone").
        grade: How bad.
        text: One sentence with its numbers.
    """

    rule: str
    grade: Grade
    text: str


@dataclass(frozen=True)
class Verdict:
    """The gate's conclusion.

    Args:
        grade: Worst grade of the findings.
        findings: Every rule's answer, in the order of the rules.
        dice: Judge's Dice pooled over the generated slices, 0 to 1; None when not judged.
        slice_dice: (slice index, Dice) of each generated slice.
        limit: Dice limit used.
        judge: Name and version of the judge network.
        co_judge_dice: n-SD co-judge's Dice; None when it could not be computed.
        requested_g, measured_g: Scar mass asked for and found by the judge, grams.
        changed_outside: Pixels that differ from the host outside the feather.
        untouched: Pixels outside the feather.
    """

    grade: Grade
    findings: tuple[Finding, ...] = ()
    dice: float | None = None
    slice_dice: tuple[tuple[int, float], ...] = ()
    limit: float = 0.60
    judge: str = ""
    co_judge_dice: float | None = None
    requested_g: float | None = None
    measured_g: float | None = None
    changed_outside: int = 0
    untouched: int = 0
