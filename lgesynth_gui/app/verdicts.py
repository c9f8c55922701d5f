"""The verdict card and the export rules, as words: pure functions of a result and the state."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from lgesynth_gui.app.outcome import outcome_of
from lgesynth_gui.app.session import State, is_stale
from lgesynth_gui.app.variation import DRAFT
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.core.synthesis import FLOOR, SynthesisResult
from lgesynth_gui.core.verdict import Grade, Verdict, cut

SHORTEST_REASON = 10
DRAFT_LINES = ("A few steps of this slice, only to look at.", "Generate makes and judges it.")
MOST_REASONS = 2
CO_JUDGE = "n-SD (3 SD)"
COMPUTED = ("phantom", "simulated", "computed")
STALE = "Drawing, contours or pixels changed since it was judged: generate again."


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
        proof: The untouched zone, "" when there is nothing to prove yet.
        tooltip: Every rule's finding.
    """

    grade: Grade
    headline: str
    scope: str = ""
    lines: tuple[str, ...] = ()
    proof: str = ""
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
    if any(finding.rule == DRAFT for finding in verdict.findings):
        glyph = Grade.NOT_JUDGED.glyph
        return Card(Grade.NOT_JUDGED, f"{glyph} DRAFT", lines=DRAFT_LINES)
    grade = effective_grade(result, state)
    headline = f"{grade.glyph} {grade.value}"
    if grade is Grade.NOT_JUDGED and verdict.grade is not Grade.NOT_JUDGED:
        was = f"It was {verdict.grade.value} for the drawing it was made from."
        return Card(grade, headline, lines=(STALE, was))
    if verdict.dice is not None:
        headline += f"   Dice {cut(verdict.dice)}"
    scope = f"limit {cut(verdict.limit)} · {slice_words(result.slices)}"
    if healing := healing_words(verdict):
        headline += f"   {healing}"
        scope = f"healthy muscle asked · {slice_words(result.slices)}"
    if len(verdict.slice_dice) > 1:
        index, lowest = min(verdict.slice_dice, key=lambda pair: pair[1])
        scope += f", lowest {cut(lowest)} in slice {index + 1}"
    lines = (
        _judge_words(verdict),
        _scale_words(result),
        _co_judge_words(verdict),
        f"asked {grams(verdict.requested_g)} · measured {grams(verdict.measured_g)}",
        _error_words(result, state),
        *_reasons(verdict),
    )
    tooltip = "\n".join(f"{f.grade.glyph} {f.rule}: {f.text}" for f in verdict.findings)
    shown = tuple(line for line in lines if line)
    return Card(grade, headline, scope, shown, _proof_words(verdict), tooltip)


def healing_words(verdict: Verdict) -> str:
    """What stands for the Dice where healthy muscle was asked for, or ""."""
    if verdict.dice is not None or verdict.requested_g != 0.0 or not verdict.judge:
        return ""
    grades = {finding.rule: finding.grade for finding in verdict.findings}
    return "no scar left" if grades.get("judge Dice") is Grade.PASS else "scar is left"


def _judge_words(verdict: Verdict) -> str:
    """Who judged, and whether it may."""
    if not verdict.judge:
        return "No judge: nothing can be exported"
    took_part = any(finding.rule == "independent judge" for finding in verdict.findings)
    part = "took part itself, at most CHECK" if took_part else "not used while generating"
    return f"{'by' if 'judge' in verdict.judge.lower() else 'Judge'} {verdict.judge} · {part}"


def _scale_words(result: SynthesisResult) -> str:
    """What the judge reaches at best, and what it gives a picture in which nothing was done."""
    if result.verdict.dice is None:
        return ""
    parts = []
    if found := ceiling_of(result.verdict.judge):
        parts.append(f"{found.data} {cut(found.dice)}")
    if (floor := dict(result.scores).get(FLOOR)) is not None:
        parts.append(f"the original {cut(floor)}")
    return f"Reads {' · '.join(parts)}" if parts else ""


@dataclass(frozen=True)
class Ceiling:
    """A judge's own figure: its Dice, on "real scars" or on "phantom scars"."""

    dice: float
    data: str


@lru_cache(maxsize=8)
def ceiling_of(judge: str) -> Ceiling | None:
    """How well a judge reads scars nobody painted, from its card; real scans come first.

    Args:
        judge: "id version", as a verdict names it.
    """
    from lgesynth_gui.registry.cards import find_model

    try:
        card = find_model("/".join(judge.split()[:2]))
    except LgeSynthError:
        return None
    figures = [
        one for one in card.metrics if one.name.startswith("Dice") and "all scars" in one.name
    ]
    real = [one for one in figures if not any(word in one.data.lower() for word in COMPUTED)]
    for one in (*real, *figures):
        return Ceiling(one.value, "real scars" if one in real else "phantom scars")
    return None


def with_card(job: Job) -> Job:
    """A job that makes a result, and reads what the verdict card says of its judge, too."""
    result = yield from job
    if isinstance(result, SynthesisResult):
        ceiling_of(result.verdict.judge)  # here, so that the window reads no file for it
    return result


def _co_judge_words(verdict: Verdict) -> str:
    if verdict.co_judge_dice is None:
        return ""
    grades = {finding.rule: finding.grade for finding in verdict.findings}
    agrees = {None: "", Grade.PASS: " · agrees"}.get(grades.get("co-judge"), " · disagrees")
    if healing_words(verdict):  # an overlap with nothing says nothing
        return f"Co-judge {CO_JUDGE}{agrees}"
    return f"Co-judge {CO_JUDGE} {cut(verdict.co_judge_dice)}{agrees}"


def _error_words(result: SynthesisResult, state: State) -> str:
    """How far off mass and transmurality are."""
    asked, found, parts = result.verdict.requested_g, result.verdict.measured_g, []
    if asked is not None and found is not None:
        part = f" ({signed(100 * (found - asked) / asked)} %)" if asked > 0 else ""
        parts.append(f"{signed(found - asked, 1)} g{part}")
    if state.series is not None and result.verdict.judge:
        error = outcome_of(result, state.series).error_points
        if error is not None:
            parts.append(f"transmurality ±{cut(error, 0)} %")
    return "error " + " · ".join(parts) if parts else ""


def _proof_words(verdict: Verdict) -> str:
    if not verdict.untouched:
        return ""
    mark = "✓" if verdict.changed_outside == 0 else "■"
    return (
        f"untouched zone: {spaced(verdict.changed_outside)} of"
        f" {spaced(verdict.untouched)} changed {mark}"
    )


def _reasons(verdict: Verdict) -> tuple[str, ...]:
    """Findings that keep it from being a PASS, the worst first."""
    worse = [
        one
        for one in verdict.findings
        if one.grade is not Grade.PASS and not (one.rule == "judge Dice" and _said(verdict))
    ]
    ordered = sorted(worse, key=lambda one: -one.grade.severity)
    return tuple(f"{one.grade.glyph} {one.text}" for one in ordered[:MOST_REASONS])


def _said(verdict: Verdict) -> bool:
    """Whether headline and limit already say all that the judge's Dice decides."""
    return verdict.dice is not None and (verdict.dice < verdict.limit) == (
        verdict.grade is Grade.FAIL
    )


def spaced(number: int) -> str:
    """A whole number with its thousands apart."""
    return f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def signed(value: float, digits: int = 0) -> str:
    """A number with its sign; what rounds to nothing has none."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return ("+" if value > 0 else "−") + text


def export_summary(result: SynthesisResult, names: tuple[str, ...]) -> str:
    """What was exported, for a mail or a lab book: no path, no name, no identifier.

    Args:
        result: What was written.
        names: Names of the written files.
    """
    verdict, request = result.verdict, result.request
    kinds: dict[str, int] = {}
    for name in names:
        kind = name.partition(".")[2] or "folder"
        kinds[kind] = kinds.get(kind, 0) + 1
    judged = f"{verdict.grade.value}, Dice {cut(verdict.dice)} (limit {cut(verdict.limit)})"
    rows = [
        f"SYNTHETIC cardiac LGE, seed {request.seed}, {slice_words(result.slices)}",
        f"Verdict {judged}" + (f" by {verdict.judge}" if verdict.judge else ""),
        f"Scar asked {grams(verdict.requested_g)}, measured {grams(verdict.measured_g)}",
        "Files: " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        "For research and teaching only; not for diagnosis.",
    ]
    return "\n".join(rows)


def why_not_export(state: State) -> str:
    """The reason the export dialog cannot be opened, or "" when it may."""
    if state.applied is None or state.series is None:
        return "Apply a variation first (Enter)."
    grade = effective_grade(state.applied, state)
    findings = state.applied.verdict.findings
    if grade is Grade.BLOCKED:
        why = next((one.text for one in findings if one.grade is grade), "It is not sound.")
        return f"BLOCKED: {why} Generate again."
    if is_stale(state.applied, state):
        return "Not judged: the drawing changed since. Generate again."
    if grade is Grade.NOT_JUDGED:
        return "Not judged: no judge has read it. Generate again."
    return ""


def letters(reason: str) -> int:
    """Characters of a reason besides its spaces."""
    return len("".join(reason.split()))


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
    if grade is Grade.FAIL and letters(answers.reason) < SHORTEST_REASON:
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
