"""The label map every mask of this program uses (the same as EMIDEC's)."""

from __future__ import annotations

from enum import IntEnum


class Label(IntEnum):
    """Value of one pixel of a label map (`uint8`)."""

    BACKGROUND = 0
    BLOOD = 1
    MYOCARDIUM = 2
    SCAR = 3
    NO_REFLOW = 4


class Level(IntEnum):
    """Ring of the left ventricle a short-axis slice belongs to; APEX has no cavity (segment 17)."""

    BASAL = 0
    MID = 1
    APICAL = 2
    APEX = 3
