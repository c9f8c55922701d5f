"""The check list of the export dialog: what a rehearsal found, in words, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lgesynth_gui.app.session import State
from lgesynth_gui.app.verdicts import (
    SHORTEST_REASON,
    Answers,
    effective_grade,
    letters,
    spaced,
)
from lgesynth_gui.core.verdict import Grade, cut

if TYPE_CHECKING:
    from lgesynth_gui.io.export import Rehearsal

MEBI = 1 << 20
WAITING = "checking…"
MOST_NAMED = 2  # problems said of one check; more are counted


@dataclass(frozen=True)
class CheckLine:
    """One line of the list.

    Args:
        grade: PASS (green), CHECK (amber), FAIL (red), NOT_JUDGED (not known yet).
        title: What is checked.
        text: What was found.
        why: Why it is checked.
        fix: For a red line, what to do.
    """

    grade: Grade
    title: str
    text: str
    why: str
    fix: str = ""


@dataclass(frozen=True)
class _Kind:
    """A check on the files: its name in `io.conformance`, title, good words, reason, fix."""

    name: str
    title: str
    good: str
    why: str
    fix: str


FILE_CHECKS = (
    _Kind(
        "MARKED",
        "Marked synthetic",
        "flag, image type, texts and file names say so",
        "Whoever opens a file must see that nobody was scanned like this.",
        "Generate it again; if it stays red, send a report (Help).",
    ),
    _Kind(
        "IDENTIFIERS",
        "New identifiers",
        "none of the source's is used again",
        "An old identifier would let an archive mix the synthetic images with real ones.",
        "Choose the other answer to What is this?, or generate again.",
    ),
    _Kind(
        "PERSONAL",
        "Nothing personal",
        "no element outside the allowed list",
        "Names, dates and private elements of the source must not leave with the files.",
        "Choose New synthetic subject, or other formats.",
    ),
    _Kind(
        "GEOMETRY",
        "Geometry",
        "position, orientation and spacing read back the same",
        "Images that lie elsewhere cannot be laid over the source, nor masks over them.",
        "Choose other formats: this one cannot hold the series' geometry.",
    ),
    _Kind(
        "UNTOUCHED",
        "Untouched zone",
        "",
        "Outside the feather every stored value must be the original's, also in the files.",
        "Generate it again.",
    ),
    _Kind(
        "READ_BACK",
        "Second reader",
        "pixels and masks read back the same",
        "Every file is opened again by a reader that did not write it.",
        "Choose other formats, or generate again.",
    ),
)
VALIDATOR = (
    "DICOM conformance",
    (
        "An independent validator (dciodvfy of dicom3tools) looks for what other programs would"
        " stumble over. It is used where this computer has it."
    ),
)


def check_lines(
    state: State, answers: Answers, rehearsal: Rehearsal | None, trouble: str = ""
) -> tuple[CheckLine, ...]:
    """Every check, in the order of the list.

    Args:
        state: With the applied result.
        answers: What is filled in so far.
        rehearsal: What the files would be; None while that is being found out.
        trouble: Why it cannot be found out, in words.
    """
    lines = [_gate(state, answers)]
    if trouble:
        why = "The files are made and read back before anything is shown."
        return (*lines, CheckLine(Grade.FAIL, "Files", trouble, why, trouble))
    lines += [_files(kind, state, rehearsal) for kind in FILE_CHECKS]
    return (*lines, _validator(answers, rehearsal), _space(rehearsal))


def first_fix(lines: tuple[CheckLine, ...]) -> str:
    """What the first red line asks for, "" when none is red; says when a check still runs."""
    red = next((one for one in lines if one.grade is Grade.FAIL), None)
    if red is not None:
        return red.fix or f"{red.title}: {red.text}"
    if any(one.grade is Grade.NOT_JUDGED for one in lines):
        return "The files are being checked…"
    return ""


def _gate(state: State, answers: Answers) -> CheckLine:
    why = (
        "A judge that took no part decides whether the asked scar can be seen. A FAIL leaves only"
        " with a typed reason, a CHECK after somebody looked; both are kept in every file."
    )
    result = state.applied
    if result is None:
        return CheckLine(Grade.FAIL, "Gate", "nothing is applied", why, "Apply a variation first.")
    verdict, grade = result.verdict, effective_grade(result, state)
    text = f"{grade.value}, Dice {cut(verdict.dice)}, limit {cut(verdict.limit)}"
    if verdict.judge:
        text += f", by {verdict.judge}"
    if grade is Grade.PASS:
        return CheckLine(grade, "Gate", text, why)
    if grade is Grade.CHECK:
        seen = Grade.CHECK if answers.looked else Grade.FAIL
        ask = "" if answers.looked else " – tick that you have looked at it"
        return CheckLine(seen, "Gate", text + ask, why, "Tick that you have looked at it.")
    if grade is Grade.FAIL:
        missing = SHORTEST_REASON - letters(answers.reason)
        if missing <= 0:
            return CheckLine(Grade.CHECK, "Gate", text + " – leaves with your reason", why)
        ask = f"Type a reason of at least {SHORTEST_REASON} letters ({missing} to go)."
        return CheckLine(Grade.FAIL, "Gate", text, why, ask)
    return CheckLine(Grade.FAIL, "Gate", text, why, "Generate it again.")


def _files(kind: _Kind, state: State, rehearsal: Rehearsal | None) -> CheckLine:
    if rehearsal is None:
        return CheckLine(Grade.NOT_JUDGED, kind.title, WAITING, kind.why)
    found = [one.text for one in rehearsal.problems if one.check.name == kind.name]
    if not found:
        return CheckLine(Grade.PASS, kind.title, kind.good or _zone(state), kind.why)
    more = len(found) - MOST_NAMED
    text = " ".join(found[:MOST_NAMED]) + (f" And {more} more." if more > 0 else "")
    return CheckLine(Grade.FAIL, kind.title, text, kind.why, f"{kind.title}: {kind.fix}")


def _zone(state: State) -> str:
    verdict = state.applied.verdict if state.applied is not None else None
    if verdict is None:
        return ""
    return f"{spaced(verdict.changed_outside)} of {spaced(verdict.untouched)} pixels changed"


def _validator(answers: Answers, rehearsal: Rehearsal | None) -> CheckLine:
    title, why = VALIDATOR
    if not {"dicom", "seg", "sr"} & set(answers.formats):
        return CheckLine(Grade.PASS, title, "no DICOM is written", why)
    if rehearsal is None:
        return CheckLine(Grade.NOT_JUDGED, title, WAITING, why)
    if rehearsal.validated is None:
        return CheckLine(Grade.CHECK, title, "no validator on this computer: not run", why)
    if rehearsal.validated:
        text, fix = rehearsal.validated[0], f"{title}: choose other formats, or send a report."
        return CheckLine(Grade.FAIL, title, text, why, fix)
    return CheckLine(Grade.PASS, title, "the validator finds no error", why)


def _space(rehearsal: Rehearsal | None) -> CheckLine:
    title, why = "Space", "An export that does not fit is not begun, so nothing is left half done."
    if rehearsal is None:
        return CheckLine(Grade.NOT_JUDGED, title, WAITING, why)
    text = f"{mebibytes(rehearsal.size)} needed, {mebibytes(rehearsal.free)} free"
    if not rehearsal.writable:
        return CheckLine(
            Grade.FAIL, title, "nothing can be written there", why, "Choose another folder."
        )
    if rehearsal.free < 1.1 * rehearsal.size:
        return CheckLine(Grade.FAIL, title, text, why, "Free some space, or choose another drive.")
    return CheckLine(Grade.PASS, title, text, why)


def mebibytes(size: int) -> str:
    """`0.4 MiB`, `38 MiB`, `12.1 GiB`."""
    if size >= 1024 * MEBI:
        return f"{size / 1024 / MEBI:.1f} GiB"
    return f"{size / MEBI:.1f} MiB" if size < 10 * MEBI else f"{size / MEBI:.0f} MiB"
