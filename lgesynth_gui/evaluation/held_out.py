"""Held-out patients of a lab, before and after fine-tuning: the same wishes, noise and judges.

Two tasks: a slice's own scar is blanked with the whole wall and asked for again, and a pattern is
asked for in a slice without scar. A third row says whether computed slices were forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.anatomy.aha import anchors
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Level
from lgesynth_gui.evaluation.alignment import painted_by, read_row
from lgesynth_gui.evaluation.cases import Case, Ground, case_of, placements
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.lineup import readers_of
from lgesynth_gui.evaluation.real import patterned
from lgesynth_gui.evaluation.rows import GAP_ALARM, LIMIT, Row, mean_figure
from lgesynth_gui.evaluation.signal import brightness
from lgesynth_gui.evaluation.systems import Diffusion
from lgesynth_gui.registry.cards import Metric, ModelCard, find_model, find_models, models_of
from lgesynth_gui.segmentation.crop import denormalise
from lgesynth_gui.synthesis.models import Bundle, bundle_of
from lgesynth_gui.training.held_out_table import (
    PLACE,
    REPAINT,
    Difference,
    HeldOut,
    Interval,
    Measured,
    of_task,
)
from lgesynth_gui.training.local_pool import LocalPool

STEPS = 6
COMPUTED_CASES = 16


@dataclass(frozen=True, eq=False)
class Wishes:
    """What both models are asked for.

    Args:
        local: Cases of held-out patients; a scar of their own is their `truth`.
        computed: Cases of computed patients.
    """

    local: tuple[Case, ...]
    computed: tuple[Case, ...]


def wishes_of(pool: LocalPool, patients: Sequence[str], count: int, seed: int) -> Job:
    """Wishes on held-out slices, in turn over the patients.

    Args:
        pool: Held-out slices.
        patients: Patient of each slice.
        count: Wishes, at most.
        seed: Decides slices, patterns and noise.

    Returns:
        A job that returns `Wishes`.
    """
    rng = np.random.default_rng((seed, 17))
    order = in_turn(patients, rng)
    found: list[Case] = []
    for place, row in enumerate(order):
        if len(found) == count:
            break
        yield Progress(len(found), count, "making wishes")
        case = wish_on(pool, row, patients[row], seed * 1000 + place, rng)
        if case is not None:
            found.append(case)
    computed: list[Case] = yield from placements(seed + 1, COMPUTED_CASES)
    return Wishes(tuple(found), tuple(computed))


def in_turn(patients: Sequence[str], rng: np.random.Generator) -> list[int]:
    """Rows such that every patient has one before any has two."""
    queues = {name: [k for k, one in enumerate(patients) if one == name] for name in patients}
    for name, rows in queues.items():
        queues[name] = [rows[k] for k in rng.permutation(len(rows))]
    out: list[int] = []
    while any(queues.values()):
        out += [rows.pop() for rows in queues.values() if rows]
    return out


def wish_on(
    pool: LocalPool,
    row: int,
    patient: str,
    seed: int,
    rng: np.random.Generator,
    *,
    other: bool = False,
) -> Case | None:
    """Ask for a scar in a slice: for its own again, or for a pattern where it has none.

    Args:
        pool: Held-out slices.
        row: Which slice.
        patient: Whose.
        seed: Of the painting.
        rng: Draws the pattern.
        other: Ask for a pattern in any case.

    Returns:
        None where no pattern fits.
    """
    low, high = (float(one) for one in pool.pool.limits[row])
    picture = pool.pool.pictures[row].astype(np.float32)
    contours = pool.outline(row)
    level = contours.level if contours.level is not None else Level.MID
    wall = pool.wall(row)
    ground = Ground(denormalise(picture, low, high), wall, level, anchors(contours))
    labels = pool.pool.labels[row]
    if pool.pool.positive[row] and not other:
        case = case_of(ground, labels, REPAINT, patient, seed, ring=True, scale=(low, high))
        return replace(case, original=case.conditions.host, truth=labels)
    drawn = patterned(RealSlice(patient, ground, labels), rng)
    if drawn is None:
        return None
    return case_of(ground, drawn, PLACE, patient, seed, scale=(low, high))


def measure_held_out(wishes: Wishes, before: Bundle, after: Bundle, seed: int) -> Job:
    """Let both models paint all wishes, and the judges read them.

    Args:
        wishes: What is asked.
        before: The model that is the default now.
        after: The fine-tuned one.
        seed: For the record.

    Returns:
        A job that returns a `HeldOut` table.
    """
    readers = readers_of(before)
    rows: dict[str, Row] = {}
    contrast: dict[str, list[float]] = {}
    computed: dict[str, Row] = {}
    for name, bundle in (("before", before), ("after", after)):
        system = Diffusion(name, bundle, STEPS)
        pictures = yield from painted_by(system, wishes.local)
        rows[name] = yield from read_row(name, wishes.local, pictures, readers)
        contrast[name] = _contrast_errors(wishes.local, pictures)
        others = yield from painted_by(system, wishes.computed)
        computed[name] = yield from read_row(name, wishes.computed, others, readers)
    own = [case for case in wishes.local if case.truth is not None]
    hosts = [case.conditions.host for case in own]
    ceiling: Row = yield from read_row("real scars", own, hosts, readers)
    groups = [case.group for case in own]
    told = tuple(
        _measured(name, rows[name], _finite_mean(contrast[name], groups))
        for name in ("before", "after")
    )
    growth = rows["after"].gap.value - rows["before"].gap.value
    again = [of_task(rows[name].outcomes, REPAINT) for name in ("before", "after")]
    above = bool(own) and again[1] > max(ceiling.dice.high, again[0])
    return HeldOut(
        before=_reference(before),
        after=_reference(after),
        judge=readers.judge.card.reference,
        patients=len({case.group for case in wishes.local}),
        cases=len(wishes.local),
        seed=seed,
        steps=STEPS,
        rows=(*told, _measured("real scars", ceiling, None)),
        computed=tuple(_measured(name, computed[name], None) for name in ("before", "after")),
        difference=_difference(rows["before"], rows["after"], wishes.local, contrast, groups),
        gap_growth=round(growth, 4) if np.isfinite(growth) else 0.0,
        alarms=_alarms(growth, above),
    )


def _alarms(growth: float, above: bool) -> tuple[str, ...]:
    out = []
    if growth > GAP_ALARM:
        out.append(f"The reward gap grew by {growth:.2f}: possible reward hacking.")
    if above:
        out.append(
            "The judge's score rose above that of the patients' own scars: easier than real."
        )
    return tuple(out)


def _reference(bundle: Bundle) -> str:
    card: ModelCard = dict(bundle.cards)["controlnet"]
    return f"{card.reference} {card.sha256}"


def _contrast_errors(cases: Sequence[Case], pictures: Sequence[Any]) -> list[float]:
    """Of repainted scars: how far log contrast-to-noise is from the true scar's."""
    out = []
    for case, picture in zip(cases, pictures, strict=True):
        if case.truth is None:
            continue
        true = brightness(case.conditions.host, case.truth).cnr
        found = brightness(picture, case.truth).cnr
        fine = true > 0 and found > 0
        out.append(abs(float(np.log(found / true))) if fine else float("nan"))
    return out


def _finite_mean(values: Sequence[float], groups: Sequence[str]) -> Figure:
    kept = [(value, group) for value, group in zip(values, groups, strict=True)
            if np.isfinite(value)]  # fmt: skip
    return mean_figure("contrast", [value for value, _ in kept], [group for _, group in kept])


def _interval(one: Figure) -> Interval:
    return Interval.of(one.value, one.low, one.high, one.n)


def _measured(name: str, row: Row, contrast: Figure | None) -> Measured:
    tasks = {
        task: _interval(row.only(lambda one, t=task: one.name == t).dice)  # type: ignore[misc]
        for task in (REPAINT, PLACE)
        if any(one.name == task for one in row.outcomes)
    }
    return Measured(
        name=name,
        passed=_interval(row.passed),
        dice=_interval(row.dice),
        reward_dice=_interval(row.mean("Dice R", lambda one: one.reward_dice)),
        contrast=_interval(contrast) if contrast is not None else Interval(),
        tasks=tasks,
    )


def _difference(
    before: Row,
    after: Row,
    cases: Sequence[Case],
    contrast: dict[str, list[float]],
    own: Sequence[str],
) -> Difference:
    nearer = [
        (b - a, group)
        for a, b, group in zip(contrast["before"], contrast["after"], own, strict=True)
        if np.isfinite(b - a)
    ]
    groups = [case.group for case in cases]
    gaps = [b.dice - a.dice for a, b in zip(before.outcomes, after.outcomes, strict=True)]
    hits = [
        float(b.dice > LIMIT) - float(a.dice > LIMIT)
        for a, b in zip(before.outcomes, after.outcomes, strict=True)
    ]
    return Difference(
        dice=_interval(mean_figure("Dice", gaps, groups)),
        passed=_interval(mean_figure("pass rate", hits, groups)),
        contrast=_interval(
            mean_figure("contrast", [gap for gap, _ in nearer], [group for _, group in nearer])
        ),
    )


def metrics_of(table: HeldOut) -> tuple[Metric, ...]:
    """The table's figures for the model's card."""
    data = (
        f"{table.patients} held-out patients of the lab, {table.cases} wishes;"
        f" {table.steps} steps, judge {table.judge}"
    )
    named = {
        "Held-out: share with judge Dice > 0.6": table.row("after").passed,
        "Held-out: judge Dice, mean": table.row("after").dice,
        "Held-out: share with judge Dice > 0.6, before fine-tuning": table.row("before").passed,
        "Held-out: judge Dice, mean, before fine-tuning": table.row("before").dice,
        "Held-out: gain in judge Dice": table.difference.dice,
        "Held-out: gain in share with judge Dice > 0.6": table.difference.passed,
        "Held-out: distance of log contrast-to-noise from the patients' own scars": table.row(
            "after"
        ).contrast,
        "Held-out: change of that distance": table.difference.contrast,
        "Held-out: reward networks' Dice, mean": table.row("after").reward_dice,
        "Ceiling: judge Dice of the patients' own scars": table.row("real scars").dice,
    }
    return tuple(
        Metric(name=name, data=data, value=one.value, low=one.low, high=one.high, n=one.n)
        for name, one in named.items()
        if one.n
    )


def bundles_of(
    before: ModelCard, folder: Path, folders: Sequence[Path], trusted: Sequence[Path]
) -> tuple[Bundle, Bundle]:
    """The two models to compare, read by the same judges.

    Args:
        before: The card of the first.
        folder: Folder of model folders that holds the fine-tuned one alone.
        folders: Where base and text encoder live.
        trusted: Where judge and reward networks live: an imported one is never taken unasked.
    """
    (tuned,) = (card for card in find_models((folder,)) if card.role == "controlnet")
    readers: list[tuple[str, ModelCard]] = [("reward", c) for c in models_of("reward", trusted)]
    readers += [("judge", card) for card in models_of("judge", trusted)[:1]]

    def bundle(card: ModelCard, places: Sequence[Path]) -> Bundle:
        base = find_model((card.base or "base").split(" ")[0], folders)
        text = find_model((card.text_encoder or "text-encoder").split(" ")[0], folders)
        cards = [("controlnet", card), ("base", base), ("text", text), *readers]
        return bundle_of(cards, "cpu", places)

    return bundle(before, folders), bundle(tuned, (folder, *folders))
