"""What a sample came to: its verdict, its reasons, and where its files are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lgesynth_gui.cli.console import say, show_json, show_table
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Grade, Verdict, cut


def verdict_words(verdict: Verdict) -> str:
    """Glyph and word, never colour alone: "✓ PASS"."""
    return f"{verdict.grade.glyph} {verdict.grade.value}"


def verdict_rows(verdict: Verdict) -> list[tuple[str, str]]:
    """The verdict as lines of a table."""
    rows = [("verdict", verdict_words(verdict))]
    if verdict.dice is not None:
        judge = f" by {verdict.judge}" if verdict.judge else ""
        rows.append(("judge Dice", f"{cut(verdict.dice)} (limit {cut(verdict.limit)}){judge}"))
    if len(verdict.slice_dice) > 1:
        index, lowest = min(verdict.slice_dice, key=lambda pair: pair[1])
        rows.append(("lowest slice", f"{cut(lowest)} in slice {index + 1}"))
    if verdict.co_judge_dice is not None:
        rows.append(("co-judge Dice", f"{cut(verdict.co_judge_dice)} (threshold, no network)"))
    if verdict.untouched:
        rows.append(
            ("untouched zone", f"{verdict.changed_outside} of {verdict.untouched} pixels changed")
        )
    if verdict.requested_g is not None and verdict.measured_g is not None:
        rows.append(
            (
                "scar mass",
                f"{verdict.requested_g:.1f} g asked, {verdict.measured_g:.1f} g found by the judge",
            )
        )
    rows += [(f"{f.grade.glyph} {f.rule}", f.text) for f in verdict.findings]
    return rows


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict for machines; Dice unrounded."""
    return {
        "grade": verdict.grade.value,
        "dice": verdict.dice,
        "limit": verdict.limit,
        "judge": verdict.judge,
        "slice_dice": {str(index + 1): dice for index, dice in verdict.slice_dice},
        "co_judge_dice": verdict.co_judge_dice,
        "changed_outside": verdict.changed_outside,
        "untouched": verdict.untouched,
        "requested_g": verdict.requested_g,
        "measured_g": verdict.measured_g,
        "findings": [
            {"rule": f.rule, "grade": f.grade.value, "text": f.text} for f in verdict.findings
        ],
    }


def result_json(result: SynthesisResult, folder: Path | None, files: Sequence[Path]) -> Any:
    """One sample for machines. Slices are counted from 1, as on screen."""
    return {
        "seed": result.request.seed,
        "slices": [index + 1 for index in result.slices],
        "captions": {str(index + 1): text for index, text in result.captions},
        "verdict": verdict_json(result.verdict),
        "models": dict(result.models),
        "scores": dict(result.scores),
        "pixels_sha256": result.pixels_sha256,
        "folder": folder,
        "files": list(files),
    }


def show_result(
    title: str, result: SynthesisResult, folder: Path | None, files: Sequence[Path]
) -> None:
    """One sample for people."""
    rows = [("seed", str(result.request.seed))]
    rows.append(("slices", ", ".join(str(index + 1) for index in result.slices)))
    rows += [(f"caption, slice {index + 1}", text) for index, text in result.captions]
    rows += verdict_rows(result.verdict)
    seconds = dict(result.scores).get("seconds")
    if seconds is not None:
        rows.append(("time", f"{seconds:.1f} s"))
    if folder is not None:
        rows.append(("where", str(folder)))
        rows.append(("files", f"{len(files)}: {', '.join(sorted(_kinds(files)))}"))
    show_table(title, ("", ""), rows)


def _kinds(files: Sequence[Path]) -> set[str]:
    return {"".join(path.suffixes[-2:]) if path.suffix == ".gz" else path.suffix for path in files}


def kept(result: SynthesisResult, reason: str) -> bool:
    """Whether a sample may be exported: FAIL needs a reason in words, BLOCKED never may."""
    grade = result.verdict.grade
    if grade in (Grade.BLOCKED, Grade.NOT_JUDGED):
        return False
    return grade is not Grade.FAIL or len("".join(reason.split())) >= 10


def show_all(title: str, outcomes: Sequence[Any], as_json: bool) -> None:
    """Several samples: each `(result, folder or None, files)`."""
    if as_json:
        show_json([result_json(*one) for one in outcomes])
        return
    for number, (result, folder, files) in enumerate(outcomes, 1):
        several = f", sample {number} of {len(outcomes)}" if len(outcomes) > 1 else ""
        show_result(title + several, result, folder, files)
    say("Synthetic images, for research and teaching only; not for diagnosis.")
