"""Which coronary artery feeds which segment: the textbook's answer and the observed shares.

Textbook: Cerqueira et al., Circulation 2002;105:539. The shares follow reported specificities of
delayed enhancement for a single artery; numbers between them are the authors' own.
"""

from __future__ import annotations

from enum import Enum

from lgesynth_gui.core.errors import LgeSynthError


class Artery(Enum):
    """Coronary artery."""

    LAD = "LAD"
    RCA = "RCA"
    LCX = "LCx"


TEXTBOOK: dict[Artery, tuple[int, ...]] = {
    Artery.LAD: (1, 2, 7, 8, 13, 14, 17),
    Artery.RCA: (3, 4, 9, 10, 15),
    Artery.LCX: (5, 6, 11, 12, 16),
}
SHIFTED_BY_LEFT_DOMINANCE = (3, 4, 9, 10, 15)

_SHARES: dict[int, tuple[float, float, float]] = {
    1: (0.97, 0.01, 0.02),
    2: (0.97, 0.02, 0.01),
    3: (0.15, 0.80, 0.05),
    4: (0.02, 0.93, 0.05),
    5: (0.04, 0.36, 0.60),
    6: (0.30, 0.06, 0.64),
    7: (0.97, 0.01, 0.02),
    8: (0.97, 0.02, 0.01),
    9: (0.25, 0.70, 0.05),
    10: (0.05, 0.80, 0.15),
    11: (0.05, 0.35, 0.60),
    12: (0.36, 0.04, 0.60),
    13: (0.97, 0.01, 0.02),
    14: (0.97, 0.02, 0.01),
    15: (0.30, 0.60, 0.10),
    16: (0.40, 0.05, 0.55),
    17: (0.70, 0.20, 0.10),
}


def shares(segment: int, *, left_dominant: bool = False) -> dict[Artery, float]:
    """Share of each artery in a segment's supply; they sum to 1.

    Args:
        segment: AHA segment, 1 to 17.
        left_dominant: The posterior descending artery comes from the LCx: the RCA's share of
            segments 3, 4, 9, 10 and 15 goes to it.

    Raises:
        LgeSynthError: there is no such segment.
    """
    if segment not in _SHARES:
        raise LgeSynthError(f"There is no segment {segment}.", "Segments are numbered 1 to 17.")
    lad, rca, lcx = _SHARES[segment]
    if left_dominant and segment in SHIFTED_BY_LEFT_DOMINANCE:
        rca, lcx = 0.0, lcx + rca
    return {Artery.LAD: lad, Artery.RCA: rca, Artery.LCX: lcx}


def segments_fed_by(artery: Artery) -> tuple[int, ...]:
    """Segments of an artery in the textbook, ascending."""
    return TEXTBOOK[artery]
