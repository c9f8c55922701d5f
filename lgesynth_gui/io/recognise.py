"""Whether a series looks like late enhancement in short axis, and why, in words.

Judged by what the scanner wrote (names, image type, times) and by where the slices lie. None of
the file's own words are repeated: the reasons are ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.io.stacking import SHORT_AXIS_DEGREES

LATE = r"lge|late|delay|viab|mde|psir|psmde|scar|narbe|ce[-_ ]?ir|\bde\b|\bdhe\b"
SHORT = r"sax|\bsa\b|short|kurz|petit"
LONG = r"[2-4] ?-?ch|lax|vla|hla|lvot|long|lang|chamber"
SCOUT = r"local|scout|survey|loc\b|3[- ]?plane|planning|haste"
MAPS = r"\bmap|t1map|t2map|moco|molli|shmolli|ecv"
PHASE_SENSITIVE = {"PSIR", "PSMDE", "PS", "CR", "R", "REAL"}
MAGNITUDES = {"M", "MAG", "MAGNITUDE"}
PHASES = {"P", "PHASE", "IMAGINARY", "I", "VELOCITY", "V"}
HEART = {"", "HEART", "CARDIAC", "CHEST", "THORAX", "CORONARY", "LV", "MYOCARDIUM"}
NULLING_MS = (120.0, 800.0)  # inversion times at which muscle is nulled after contrast
USUAL_SLICES = range(5, 21)
PROBABLE, POSSIBLE = 4.0, 2.0


@dataclass(frozen=True)
class Facts:
    """What is known of a series.

    Args:
        words: Names the scanner gave it (never shown).
        kind: Image type, parts joined by "/".
        sequence: Scanning sequence and contrast words.
        body_part: As stated.
        inversion_ms: Or None.
        heart_phases: Pictures a heartbeat as stated, or None.
        degrees: Between the slices' normal and the heart's usual axis, or None.
        slices, directions: Slices of this stack; slice directions in its series.
    """

    words: str = ""
    kind: str = ""
    sequence: str = ""
    body_part: str = ""
    inversion_ms: float | None = None
    heart_phases: float | None = None
    degrees: float | None = None
    slices: int = 1
    directions: int = 1


@dataclass(frozen=True)
class Opinion:
    """How much a series looks like late enhancement in short axis."""

    score: float
    reason: str
    usable: bool = True


def opinion(facts: Facts) -> Opinion:
    """Judge a series; the largest score is opened first."""
    words, kinds = facts.words.lower(), set(re.split(r"[/_\\ ]", facts.kind.upper()))
    if "LOCALIZER" in kinds or re.search(SCOUT, words):
        return Opinion(-9.0, "A localizer, not a stack of the heart.", usable=False)
    late = _late(words, facts)
    marks: list[tuple[float, str]] = [late, *_place(words, facts)]
    if facts.body_part.upper().strip() not in HEART:
        marks.append((-6.0, "another part of the body"))
    if kinds & PHASES and not kinds & (MAGNITUDES | PHASE_SENSITIVE):
        marks.append((-5.0, "a phase picture"))
    if re.search(MAPS, words):
        marks.append((-4.0, "a map"))
    if facts.heart_phases is not None and facts.heart_phases >= 5:
        marks.append((-4.0, "one phase of a cine"))
    count = f"{facts.slices} slice{'s' * (facts.slices != 1)}"
    marks.append((1.0 if facts.slices in USUAL_SLICES else 0.0, count))
    score = sum(mark for mark, _ in marks)
    against = [text for mark, text in marks if mark < 0]
    told = [text for mark, text in marks if text and mark >= 0]
    if against:
        return Opinion(score, f"Does not look like LGE short-axis: {', '.join(against)}.")
    start = "Nothing says that it is LGE"
    if score >= POSSIBLE and late[0] > 0:
        start = "Looks like LGE short-axis" if score >= PROBABLE else "May be LGE"
    return Opinion(score, f"{start}: {', '.join(told)}.")


def _late(words: str, facts: Facts) -> tuple[float, str]:
    time = facts.inversion_ms
    nulled = time is not None and NULLING_MS[0] <= time <= NULLING_MS[1]
    named = re.search(LATE, words) is not None
    recovery = "IR" in re.split(r"[\\/ ]", facts.sequence.upper())
    if nulled:
        return 2.0 + 2.0 * named, f"inversion time {time:.0f} ms"
    if named:
        return 3.0, "named as late enhancement"
    if recovery:
        return 1.0, "inversion recovery"
    return 0.0, ""


def _place(words: str, facts: Facts) -> list[tuple[float, str]]:
    marks = []
    if facts.degrees is not None and facts.degrees <= SHORT_AXIS_DEGREES:
        marks.append((2.0, "short-axis direction"))
    elif re.search(LONG, words) and not re.search(SHORT, words):
        marks.append((-6.0, "a long-axis view"))
    elif facts.degrees is not None and facts.degrees >= 60.0:
        marks.append((-2.0, "slices are not across the heart's usual axis"))
    if re.search(SHORT, words):
        marks.append((1.0, "" if marks else "named as short-axis"))
    if facts.directions > 2:
        marks.append((-3.0, f"one of {facts.directions} slice directions in its series"))
    return marks


def signal_of(kind: str, words: str, *, negative: bool) -> SignalKind:
    """Magnitude or phase-sensitive.

    Args:
        kind: Image type, parts joined by "/".
        words: Names the scanner gave it.
        negative: Whether rescaled values lie below zero; a magnitude has none.
    """
    kinds = set(re.split(r"[/_\\ ]", kind.upper()))
    if kinds & PHASES and not kinds & (MAGNITUDES | PHASE_SENSITIVE):
        return SignalKind.UNKNOWN
    if negative:
        return SignalKind.PSIR
    if kinds & PHASE_SENSITIVE:
        return SignalKind.PSIR
    found = re.findall(r"psir|ps[-_ ]?mde|phase[-_ ]?sens|mag", words.lower())
    if found:  # "psir_mag" is the magnitude of a phase-sensitive pair: the last word counts
        return SignalKind.MAGNITUDE if found[-1] == "mag" else SignalKind.PSIR
    return SignalKind.MAGNITUDE if kinds & MAGNITUDES else SignalKind.UNKNOWN
