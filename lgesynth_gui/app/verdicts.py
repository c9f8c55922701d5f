"""The verdict card and the export rules, as words: pure functions of a result and the state."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lgesynth_gui.app.session import State, is_stale
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Grade, Verdict, cut

SHORTEST_REASON = 10


def grams(value: float | None) -> str:
    """A mass, rounded to a tenth of a gram; None is "–"."""
    return "–" if value is None or not math.isfinite(value) else f"{value:.1f} g"


@dataclass(frozen=True)
class Card:
    """What the verdict card prints.

    Args:
        grade: Decides glyph and colour.
        headline: "✓ PASS   Dice 0.84".
        scope: Limit, slices and the lowest of them.
        lines: Further lines.
        tooltip: Every rule's finding.
    """

    grade: Grade
    headline: str
    scope: str = ""
    lines: tuple[str, ...] = ()
    tooltip: str = ""


EMPTY = Card(Grade.NOT_JUDGED, "No result yet", lines=("Dice is checked before export.",))


def effective_grade(result: SynthesisResult, state: State) -> Grade:
    """The verdict's grade, or NOT JUDGED once the drawing it was judged against has changed."""
    return Grade.NOT_JUDGED if is_stale(result, state) else result.verdict.grade


def slice_words(slices: tuple[int, ...]) -> str:
    """Slices in words, counted from 1: slice 4, slices 4–6, slices 2, 5."""
    if not slices:
        return "no slice"
    if len(slices) == 1:
        return f"slice {slices[0] + 1}"
    if slices == tuple(range(slices[0], slices[-1] + 1)):
        return f"slices {slices[0] + 1}–{slices[-1] + 1}"
    return "slices " + ", ".join(str(i + 1) for i in slices)


def card_of(result: SynthesisResult | None, state: State) -> Card:
    """The card of a result, whose verdict may have become void since."""
    if result is None:
        return EMPTY
    verdict = result.verdict
    grade = effective_grade(result, state)
    if grade is Grade.NOT_JUDGED and verdict.grade is not Grade.NOT_JUDGED:
        return Card(
            grade,
            f"{grade.glyph} {grade.value}",
            lines=("The drawing changed since it was made.", "Generate again to judge it."),
        )
    headline = f"{grade.glyph} {grade.value}"
    if verdict.dice is not None:
        headline += f"   Dice {cut(verdict.dice)}"
    scope = f"limit {cut(verdict.limit)} · {slice_words(result.slices)}"
    if len(verdict.slice_dice) > 1:
        scope += f", lowest {cut(min(d for _, d in verdict.slice_dice))}"
    found = f"asked {grams(verdict.requested_g)}, found {grams(verdict.measured_g)}"
    second = " · ".join(part for part in (_co_judge_words(verdict), found) if part)
    zone = f"untouched zone: {verdict.changed_outside:,} of {verdict.untouched:,} changed".replace(
        ",", "\N{NO-BREAK SPACE}"
    )
    zone += " ✓" if verdict.changed_outside == 0 else " ■"
    worst = [f for f in verdict.findings if f.grade is not Grade.PASS]
    lines = (_judge_words(verdict), second, zone, *(f"{f.grade.glyph} {f.text}" for f in worst[:1]))
    tooltip = "\n".join(f"{f.grade.glyph} {f.rule}: {f.text}" for f in verdict.findings)
    return Card(grade, headline, scope, lines, tooltip)


def _judge_words(verdict: Verdict) -> str:
    """Who judged, and whether it may."""
    if not verdict.judge:
        return "No judge"
    name = verdict.judge
    if name.lower().startswith("judge"):
        name = name[5:].lstrip()
    took_part = any(finding.rule == "independent judge" for finding in verdict.findings)
    return f"Judge {name}, {'took part itself' if took_part else 'not used while generating'}"


def _co_judge_words(verdict: Verdict) -> str:
    if verdict.co_judge_dice is None:
        return ""
    grades = {finding.rule: finding.grade for finding in verdict.findings}
    agrees = {None: "", Grade.PASS: " agrees"}.get(grades.get("co-judge"), " disagrees")
    return f"n-SD {cut(verdict.co_judge_dice)}{agrees}"


def why_not_export(state: State) -> str:
    """The reason the export dialog cannot be opened, or "" when it may."""
    if state.applied is None or state.series is None:
        return "Apply a variation first (Enter)."
    grade = effective_grade(state.applied, state)
    if grade is Grade.BLOCKED:
        return "BLOCKED: pixels outside the edited zone changed. Generate again."
    if grade is Grade.NOT_JUDGED:
        return "Not judged: the drawing changed since. Generate again."
    return ""


@dataclass(frozen=True)
class Answers:
    """What the user filled in on the export dialog.

    Args:
        looked: "I have looked at it" is ticked.
        reason: Typed reason for a FAIL.
        understood: Research-use tick (asked at the first export only).
        formats: Ids of the chosen formats.
        folder: Whether a folder is chosen.
    """

    looked: bool = False
    reason: str = ""
    understood: bool = False
    formats: tuple[str, ...] = ()
    folder: bool = False


def why_not_write(state: State, answers: Answers) -> str:
    """The first thing that still keeps Export off, in words, or ""."""
    if reason := why_not_export(state):
        return reason
    assert state.applied is not None
    grade = effective_grade(state.applied, state)
    if grade is Grade.FAIL and len("".join(answers.reason.split())) < SHORTEST_REASON:
        return f"A FAIL needs a reason of at least {SHORTEST_REASON} letters."
    if grade is Grade.CHECK and not answers.looked:
        return "Tick that you have looked at it."
    if not answers.formats:
        return "Choose at least one format."
    if not answers.folder:
        return "Choose a folder."
    if not answers.understood:
        return "Tick the research-use sentence."
    return ""
