"""The gate: small rules, each with a finding; the worst of them is the verdict."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lgesynth_gui.anatomy.transmurality import mass_g
from lgesynth_gui.core.verdict import Finding, Grade, Verdict, cut
from lgesynth_gui.quality.co_judge import DEVIATIONS, LEAST_DRAWN, MOST_REMOTE
from lgesynth_gui.quality.overlap import area_ratio, centroid_distance
from lgesynth_gui.quality.sample import LIMIT, Sample
from lgesynth_gui.quality.untouched import Untouched, seam_ratio

SMALL_MM2 = 100.0
NEAR_MM = 3.0
ALIKE = (0.5, 2.0)
ERASED_MM2 = 20.0
SEAM_LIMIT = 1.5

Rule = Callable[[Sample], Finding | None]


def _percent(share: float) -> str:
    return f"{cut(100 * share, 1)} %"


def sound_pixels(sample: Sample) -> Finding:
    """Every stored value must be a number."""
    if sample.finite:
        return Finding("numbers", Grade.PASS, "Every pixel is a finite number.")
    count = int(np.count_nonzero(~np.isfinite(sample.pixels)))
    return Finding("numbers", Grade.BLOCKED, f"{count} pixels are no finite numbers.")


def untouched_zone(sample: Sample) -> Finding | None:
    """Outside the edited zone every stored value must equal the host's."""
    proof = sample.untouched
    if proof is None:
        return None
    text = f"{proof.changed} of {proof.total} pixels outside the edited zone changed"
    if not proof.changed:
        return Finding("untouched zone", Grade.PASS, text + ".")
    text += f", by up to {proof.largest:.6g}."
    return Finding("untouched zone", Grade.BLOCKED, text)


def judge_dice(sample: Sample) -> Finding:
    """The judge must find the asked scar, or none where none was asked."""
    rule = "judge Dice"
    if not sample.judged:
        return Finding(rule, Grade.NOT_JUDGED, "No judge has read the picture.")
    if sample.erasing:
        return _judge_of_erasing(sample)
    passed = sample.dice > sample.limit
    relation = "above" if passed else "not above"
    text = f"Dice {cut(sample.dice)}{_over(sample)} is {relation} the limit {cut(sample.limit)}"
    if len(sample.slices) > 1:
        index, lowest = min(sample.slice_dice, key=lambda pair: pair[1])
        text += f"; lowest {cut(lowest)} in slice {index + 1}"
    if not passed and sample.asked_mm2 < SMALL_MM2:
        passed, reason = _by_place_and_size(sample)
        text += reason
    return Finding(rule, Grade.PASS if passed else Grade.FAIL, text + ".")


def _over(sample: Sample) -> str:
    return f" over {len(sample.slices)} slices" if len(sample.slices) > 1 else ""


def _by_place_and_size(sample: Sample) -> tuple[bool, str]:
    """Whether a scar too small for Dice lies where and is as large as it was asked."""
    small = f"; for its small size, {cut(sample.asked_mm2, 0)} mm2, place and area decide"
    if not sample.found.any():
        return False, small + ", and the judge finds none"
    near = centroid_distance(sample.asked, sample.found, sample.spacing)
    ratio = area_ratio(sample.found, sample.asked)
    passed = near < NEAR_MM and ALIKE[0] <= ratio <= ALIKE[1]
    return passed, (
        f"{small}: {cut(near, 1)} mm away (under {NEAR_MM:.0f} is asked),"
        f" {cut(ratio)} times the area ({ALIKE[0]} to {ALIKE[1]:.0f})"
    )


def _judge_of_erasing(sample: Sample) -> Finding:
    areas = sample.found.sum(axis=(1, 2)) * sample.pixel_mm2
    worst = int(np.argmax(areas))
    grade = Grade.PASS if areas[worst] < ERASED_MM2 else Grade.FAIL
    text = (
        f"No scar was asked for; the judge finds {cut(float(areas[worst]), 0)} mm2 in slice"
        f" {sample.slices[worst] + 1}, less than {ERASED_MM2:.0f} is asked."
    )
    return Finding("judge Dice", grade, text)


def healed_slices(sample: Sample) -> Finding | None:
    """A slice without asked scar must have none, also beside slices that have some."""
    if not sample.judged or sample.erasing:
        return None
    areas = [
        (float(found.sum()) * sample.pixel_mm2, index)
        for index, asked, found in zip(sample.slices, sample.asked, sample.found, strict=True)
        if not asked.any()
    ]
    if not areas:
        return None
    area, index = max(areas)
    text = (
        f"No scar was asked for in slice {index + 1}; the judge finds {cut(area, 0)} mm2 there,"
        f" less than {ERASED_MM2:.0f} is asked."
    )
    return Finding("healed slices", Grade.PASS if area < ERASED_MM2 else Grade.FAIL, text)


def co_judge_agrees(sample: Sample) -> Finding | None:
    """The thresholds must see the asked scar bright and remote muscle dark."""
    if not sample.slices:
        return None
    read, rule = sample.co_reading, "co-judge"
    if read.lost:
        return Finding(rule, Grade.CHECK, "Too little muscle lies away from the scar.")
    if read.flat:
        return Finding(rule, Grade.CHECK, "The muscle has no noise at all; no scan is like that.")
    remote = (
        f"{_percent(read.remote_share)} of remote muscle (at most {100 * MOST_REMOTE:.0f} % is"
        f" asked) lies above remote mean + {DEVIATIONS:.0f} SD"
    )
    text = f"{remote}."
    if read.drawn:
        drawn = f"{_percent(read.drawn_share)} of the drawn scar (at least {100 * LEAST_DRAWN:.0f}"
        text = f"{drawn} % is asked) and {remote}"
        if read.fwhm_dice is not None:
            text += f"; Dice by half of the maximum {cut(read.fwhm_dice)}"
        text += "."
    return Finding(rule, Grade.PASS if read.agrees else Grade.CHECK, text)


def seam(sample: Sample) -> Finding | None:
    """The feather must not be much steeper than the host was there."""
    if sample.host is None or sample.edited is None or not sample.edited.any():
        return None
    ratio = seam_ratio(sample.host, sample.pixels, sample.edited, sample.spacing, sample.feather_mm)
    grade = Grade.PASS if ratio <= SEAM_LIMIT else Grade.CHECK
    text = f"The seam is {cut(ratio)} times as steep as the original (limit {SEAM_LIMIT})."
    if ratio == float("inf"):
        text = "The seam is steep where the original is flat."
    return Finding("seam", grade, text)


def size(sample: Sample) -> Finding | None:
    """A Dice of few pixels deserves a look."""
    if sample.erasing or sample.asked_mm2 >= SMALL_MM2:
        return None
    area = cut(sample.asked_mm2, 0)
    text = f"The drawn scar is small, {area} mm2 of {SMALL_MM2:.0f}: its Dice is unstable."
    return Finding("size", Grade.CHECK, text)


def independent_judge(sample: Sample) -> Finding | None:
    """Whoever trained or guided the generator may not pass it alone."""
    if not (sample.judged and sample.judge_took_part):
        return None
    text = "The judge took part in making the picture, which flatters it."
    return Finding("independent judge", Grade.CHECK, text)


def usual_limit(sample: Sample) -> Finding | None:
    """A lowered limit deserves a look."""
    if sample.limit >= LIMIT:
        return None
    text = f"The limit was lowered to {cut(sample.limit)}; {cut(LIMIT)} is usual."
    return Finding("limit", Grade.CHECK, text)


RULES: tuple[Rule, ...] = (
    judge_dice,
    healed_slices,
    co_judge_agrees,
    untouched_zone,
    seam,
    sound_pixels,
    size,
    independent_judge,
    usual_limit,
)


OF_THE_WISH = frozenset({"size", "limit"})  # rules that no other picture of it would satisfy


def acceptable(verdict: Verdict) -> bool:
    """Whether a sample may be kept unseen: every rule that speaks of the picture passed.

    The judge's Dice, the co-judge, the untouched zone and the seam decide (METHOD: accept). That a
    drawing is small, or the limit low, deserves a look, but another noise would not change it.
    """
    left = [one.grade for one in verdict.findings if one.rule not in OF_THE_WISH]
    return bool(left) and all(grade is Grade.PASS for grade in left)


def gate(sample: Sample) -> Verdict:
    """Ask every rule; the worst grade is the verdict's.

    Args:
        sample: What was made, what was asked, and what the judge read.
    """
    if not sample.grids_agree:
        text = "Picture, host, zones and labels are not on one grid."
        findings: tuple[Finding, ...] = (Finding("grid", Grade.BLOCKED, text),)
        return Verdict(Grade.BLOCKED, findings, limit=sample.limit, judge=sample.judge)
    rules = RULES if sample.finite else (untouched_zone, sound_pixels)
    findings = tuple(one for rule in rules if (one := rule(sample)) is not None)
    grade = max((one.grade for one in findings), key=lambda grade: grade.severity)
    proof = sample.untouched or Untouched(0, 0)
    scored = sample.judged and sample.finite and not sample.erasing
    return Verdict(
        grade=grade,
        findings=findings,
        dice=sample.dice if scored else None,
        slice_dice=sample.slice_dice if scored else (),
        limit=sample.limit,
        judge=sample.judge if sample.judged else "",
        co_judge_dice=sample.co_reading.dice if sample.finite and sample.slices else None,
        requested_g=mass_g(sample.asked, sample.spacing),
        measured_g=mass_g(sample.found, sample.spacing) if sample.judged else None,
        changed_outside=proof.changed,
        untouched=proof.total,
    )
