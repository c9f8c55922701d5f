"""The panels of fidelity, diversity and privacy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from lgesynth_gui.core.jobs import Job
from lgesynth_gui.evaluation.alignment import CEILING
from lgesynth_gui.evaluation.diversity import Featured, diversity_figures
from lgesynth_gui.evaluation.fidelity import REAL, REPEATED, FidelityReport, FidelityRow
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.found import Found
from lgesynth_gui.evaluation.nearest import Near
from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.evaluation.panel import Intervals, Panel, Plot, Segments
from lgesynth_gui.evaluation.panel_pictures import privacy_pictures, realism_pictures
from lgesynth_gui.evaluation.parts import DIVERSITY, FIDELITY, PRIVACY
from lgesynth_gui.evaluation.privacy import BLOCKS, EXACT, FINE, FOUND, NOISY, SURE, USUAL
from lgesynth_gui.evaluation.rows import LIMIT
from lgesynth_gui.evaluation.table import Table, figure_table
from lgesynth_gui.evaluation.tables import fidelity_tables

REFERENCE = "true scars"  # what diversity is compared with
OTHER = "other true scars"
HELD_OUT = "true scars of others"
SEGMENTS = 17
CHOICE_GOAL = 0.65
SEAM_LIMIT = 1.5


def fidelity_panel(found: Found, *, chosen: bool) -> Panel:
    """The panel of fidelity so far.

    Args:
        found: What was measured.
        chosen: Whether the forced choice takes part.
    """
    rows = _held(found, FIDELITY, (REAL, REPEATED))
    report = FidelityReport(0, 0, tuple(rows))
    words = [
        "Does a painted slice look like one that truly has that scar?",
        "Likeness rewards copying: judge it only beside alignment.",
        "The feature distance of true scars among themselves is the floor.",
    ]
    if not chosen:
        words.append("A network's forced choice between painted and true is in the full run only.")
    tables = fidelity_tables(report) if rows else ()
    alarms = report.alarms() if any(row.name == REAL for row in rows) else ()
    plots = (
        _bars(rows, "feature distance", "feature-distance",
              "Feature distance to true scars (lower is better)"),
        _bars(rows, "CNR, median", "scar-contrast", "Scar over remote muscle, deviations (median)",
              _range_of(rows)),
        _bars(rows, "seam ratio", "seams", "Seam: gradient across the feather over the host's",
              (("limit", SEAM_LIMIT), ("as the host", 1.0))),
        _bars(rows, "forced choice AUC", "forced-choice", "Forced choice by a network, AUC",
              (("by chance", 0.5), ("goal", CHOICE_GOAL))),
    )  # fmt: skip
    shown = (*_some(plots), *realism_pictures(found))
    return Panel("fidelity", "Fidelity", tuple(words), alarms, tables, shown, found.missing)


def _range_of(rows: Sequence[FidelityRow]) -> tuple[tuple[str, float], ...]:
    real = next((row for row in rows if row.name == REAL), None)
    if real is None:
        return ()
    ends = [real.figure(f"CNR {p} percentile").value for p in ("5th", "95th")]
    return (("true scars, 5 %", ends[0]), ("95 %", ends[1]))


def _held(found: Found, layer: str, controls: Sequence[str]) -> list[FidelityRow]:
    parts = [found.parts.get(layer, name) for name in (*controls, *found.systems)]
    return [one for one in parts if one is not None]


def _bars(
    rows: Sequence[FidelityRow],
    figure: str,
    name: str,
    title: str,
    marks: tuple[tuple[str, float], ...] = (),
) -> Intervals:
    named = [(row.name, one) for row in rows for one in row.figures if one.name == figure]
    bars = tuple(Figure(row, one.value, one.low, one.high, one.n) for row, one in named)
    return Intervals(name, title, bars, marks)


def _some(plots: Sequence[Intervals | Segments]) -> tuple[Plot, ...]:
    return tuple(one for one in plots if (one.bars if isinstance(one, Intervals) else one.rings))


def diversity_panel(found: Found) -> Job:
    """The panel of diversity so far.

    Returns:
        A job that returns a `Panel`.
    """
    real: Featured | None = found.parts.get(DIVERSITY, REFERENCE)
    rows: list[tuple[str, tuple[Figure, ...]]] = []
    if real is not None:
        for name in (OTHER, *found.systems):
            part: Featured | None = found.parts.get(DIVERSITY, name)
            if part is not None:
                job = _diverse(part, real)
                rows.append((name, (yield from found.once_worked(("diversity", name), job))))
    tables = [
        figure_table("diversity", "Diversity of painted slices", rows, 2, ("precision", "recall"))
    ]
    covered = _coverage(found)
    plots = [
        _figure_bars(
            rows, "Vendi score", "vendi", "Vendi score: effective number of unlike slices"
        ),
        _figure_bars(rows, "recall", "recall", "Share of true slices that lie among the painted"),
        _figure_bars(rows, "spread over seeds", "spread", "Deviation over 16 seeds of one request"),
    ]
    words = (
        "Features of the ventricle's crop, scaled by those of true slices; no learned network.",
        "Precision: painted slices that lie among true ones; recall: true ones among the painted.",
        "Other true scars are of other hearts; who keeps the hearts of the cases may lie above.",
        "Pasted-back slices share their hosts' anatomy, so little of this is the painter's.",
        "Coverage by segment: how often each is asked for, kept (judge Dice > 0.6), and in truth.",
    )
    told = [tables[0]] if rows else []
    return Panel(
        "diversity", "Diversity", words, (), (*told, *covered[0]), (*_some(plots), *covered[1]),
        found.missing,
    )  # fmt: skip


def _diverse(part: Featured, real: Featured) -> Job:
    return diversity_figures(
        np.array(part.points), part.groups, np.array(real.points), real.groups, part.spread
    )


def _figure_bars(
    rows: Sequence[tuple[str, Sequence[Figure]]],
    figure: str,
    name: str,
    title: str,
    marks: tuple[tuple[str, float], ...] = (),
) -> Intervals:
    bars = tuple(
        Figure(row, one.value, one.low, one.high, one.n)
        for row, figures in rows
        for one in figures
        if one.name == figure
    )
    return Intervals(name, title, bars, marks)


def by_segment(outcomes: Sequence[Outcome]) -> tuple[float, ...]:
    """Share of outcomes whose wish holds each AHA segment; NaN without outcomes."""
    counts = [sum(k in one.asked_segments for one in outcomes) for k in range(1, SEGMENTS + 1)]
    return tuple(count / len(outcomes) if outcomes else float("nan") for count in counts)


def _coverage(found: Found) -> tuple[tuple[Table, ...], tuple[Plot, ...]]:
    """Which segments are asked for, kept, and scarred in truth."""
    placed = [row for row in found.placed() if row.name in found.systems]
    truth = found.readings(CEILING)
    if not placed or truth is None:
        return (), ()
    asked, cells, shown = by_segment(placed[0].outcomes), [], []
    real = by_segment(truth.placed)
    rings = [("asked", asked)]
    for row in placed:
        kept_outcomes = [one for one in row.outcomes if one.dice > LIMIT]
        counts = [sum(k in o.asked_segments for o in kept_outcomes) for k in range(1, 18)]
        total = len(row.outcomes)
        cells += [(row.name, k + 1, asked[k] * total, counts[k], real[k]) for k in range(SEGMENTS)]
        held = [k + 1 for k in range(SEGMENTS) if asked[k] > 0]
        lost = [k for k in held if not counts[k - 1]]
        shown.append((row.name, str(len(held)), str(len(held) - len(lost)),
                      ", ".join(map(str, lost)) or "none"))  # fmt: skip
        if row.name in found.ours[-1:]:
            rings.append((f"kept, {row.name}", tuple(count / total for count in counts)))
    rings.append(("true scars", real))
    table = Table(
        "coverage",
        ("row", "segment", "asked", "kept", "share of true scars"),
        tuple(cells),
        "Segments asked for, and those of which nothing is kept",
        ("row", "asked", "kept", "nothing kept"),
        tuple(shown),
    )
    return (table,), (Segments("coverage-rings", "Share of slices by segment", tuple(rings)),)


def privacy_panel(found: Found, why_not: str = "") -> Panel:
    """The panel of privacy so far.

    Args:
        found: What was measured.
        why_not: Why it cannot be measured; "" when it can.
    """
    names = (HELD_OUT, EXACT, NOISY, *found.systems)
    parts = [(name, found.parts.get(PRIVACY, name)) for name in names]
    held: list[tuple[str, Near]] = [(name, one) for name, one in parts if one is not None]
    rows = [(name, found.once(("privacy", name), one.figures)) for name, one in held]
    words = (
        (
            "Painted parts are compared with slices the networks were trained on, a random part of "
            "them: what is like none of these may be like others."
        ),
        f"Called a copy is what only {USUAL:.0%} of true scars of others resemble as much.",
        "Those others are simulated slices, as the training's are, that no network has seen.",
        "Planted copies show that copies are found; membership AUC 0.5 is guessing.",
    )
    attacked = [(name, (one.membership(),)) for name, one in held if one.member is not None]
    members = [(name, tuple(f for f in some if f is not None)) for name, some in attacked]
    tables = []
    if rows:
        title = "Nearest training slices of what was painted"
        tables.append(figure_table("privacy", title, rows, 3, ("copies",)))
    if members:
        title = "Membership attack: is a slice that was trained on told from others?"
        tables.append(figure_table("membership", title, members, 3))
    plots = (
        _figure_bars(rows, "copies", "copies", "Share called a copy", (("usual", USUAL),)),
        _figure_bars(rows, "nearest distance", "nearest", "Distance to the nearest training slice"),
        _figure_bars(members, "membership AUC", "membership-auc", "Membership attack, AUC",
                     (("guessing", 0.5), ("shared no further", BLOCKS))),
    )  # fmt: skip
    missing = (*found.missing, *((why_not,) if why_not else ()))
    return Panel(
        "privacy",
        "Privacy",
        words,
        tuple(_private_alarms(rows, members)),
        tuple(tables),
        (*_some(plots), *privacy_pictures(found)),
        missing,
    )


def _private_alarms(
    rows: Sequence[tuple[str, Sequence[Figure]]], members: Sequence[tuple[str, Sequence[Figure]]]
) -> list[str]:
    copies = {name: next(f for f in figures if f.name == "copies") for name, figures in rows}
    out = []
    for name, one in copies.items():
        if name in (EXACT, NOISY):
            if one.value < FOUND:
                out.append(
                    f"Of planted {name} only {one.value:.0%} were found: some may be missed."
                )
        elif name != HELD_OUT and _more(one, copies.get(HELD_OUT)):
            out.append(f"{name}: more copies of training slices than true scars of others are.")
    told = [(name, one) for name, figures in members for one in figures]
    out += [
        f"{name}: a slice that was trained on can be told (AUC {one.value:.2f})."
        for name, one in told
        if one.low > 0.5 and one.value > FINE
    ]
    return out


def _more(one: Figure, others: Figure | None) -> bool:
    """Surely more than is usual, and more than true scars of others, both one-sided exact."""
    hits = round(one.value * one.n)
    if stats.binomtest(hits, one.n, USUAL, alternative="greater").pvalue >= SURE:
        return False
    if others is None:
        return True
    usual = round(others.value * others.n)
    table = [[hits, one.n - hits], [usual, others.n - usual]]
    return float(stats.fisher_exact(table, alternative="greater").pvalue) < SURE
