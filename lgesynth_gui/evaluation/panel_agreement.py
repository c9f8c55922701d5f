"""How what the judge sees agrees with what was asked: by segment, class and mass.

The co-judge, which is no network, stands beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lgesynth_gui.anatomy.transmurality import DENSITY_G_PER_ML
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.found import CONSTANT, Found
from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.evaluation.panel import Intervals, Plot, Segments
from lgesynth_gui.evaluation.rows import LIMIT, Row, mean_figure
from lgesynth_gui.evaluation.table import Table, figure_table
from lgesynth_gui.quality.interval import Z95

SLICE_MM = 10.0
GRAMS_PER_MM2 = SLICE_MM * DENSITY_G_PER_ML / 1000.0
CLASSES = ("0 %", "1-25 %", "26-50 %", "51-75 %", "76-100 %")
SEGMENTS = 17


def mass_error(one: Outcome) -> float:
    """Found minus asked scar, grams in a slice of 10 mm."""
    return (one.found_area - one.area) * GRAMS_PER_MM2


def bland_altman(row: Row) -> tuple[Figure, Figure]:
    """Bias with its interval, and the limits of agreement (Bland & Altman, Lancet 1986;327:307)."""
    gaps = [mass_error(one) for one in row.outcomes]
    bias = mean_figure("bias", gaps, [one.group for one in row.outcomes])
    reach = Z95 * float(np.std(gaps, ddof=1)) if len(gaps) > 1 else float("nan")
    limits = Figure("limits of agreement", bias.value, bias.value - reach, bias.value + reach,
                    bias.n)  # fmt: skip
    return bias, limits


def agreement_tables(found: Found, rows: Sequence[Row]) -> tuple[Table, ...]:
    """Scar mass, transmurality classes, and the judge against the co-judge."""
    asked = [row for row in rows if row.name != CHANCE]
    masses = [(row.name, _masses(found, row)) for row in asked]
    title = f"Scar mass, found minus asked (Bland-Altman, grams in a slice of {SLICE_MM:g} mm)"
    return (figure_table("scar-mass", title, masses), _classes(found, asked), _judges(asked))


def _masses(found: Found, row: Row) -> tuple[Figure, Figure]:
    return found.once(("mass", row.name), lambda: bland_altman(row))


def _classes(found: Found, rows: Sequence[Row]) -> Table:
    cells, shown = [], []
    for row in rows:
        for asked, counts in enumerate(row.grade_table):
            cells += [(row.name, asked, k, count) for k, count in enumerate(counts)]
            if row.name in (CEILING, *found.ours[-1:]):
                shown.append((row.name, CLASSES[asked], *(str(count) for count in counts)))
    return Table(
        "transmurality",
        ("row", "asked class", "found class", "segments"),
        tuple(cells),
        "Transmurality class of segments: asked (row) and found (column)",
        ("row", "asked", *CLASSES),
        tuple(shown),
    )


def _judges(rows: Sequence[Row]) -> Table:
    """Who of judge and co-judge accepts what."""
    cells: list[tuple[str, list[int]]] = []
    for row in rows:
        pairs = [(one.dice > LIMIT, one.co_agrees) for one in row.outcomes]
        ways = ((True, True), (True, False), (False, True), (False, False))
        counts = [sum(pair == way for pair in pairs) for way in ways]
        cells.append((row.name, counts))
    head = ("row", "both accept", "only the judge", "only the co-judge", "neither")
    return Table(
        "judges",
        head,
        tuple((row, *counts) for row, counts in cells),
        "Judge (Dice > 0.6) against co-judge (n-SD, no network), cases",
        head,
        tuple((row, *(str(one) for one in counts)) for row, counts in cells),
    )


def agreement_plots(found: Found, rows: Sequence[Row]) -> tuple[Plot, ...]:
    """Error by segment, and limits of agreement of the mass."""
    held = {row.name: row for row in rows}
    rings = [
        (name, segment_errors(held[name], found.true_rings if name == CEILING else found.rings))
        for name in (CEILING, CONSTANT, *found.ours)
        if name in held
    ]
    bars = []
    for row in rows:
        if row.name != CHANCE:
            _, reach = _masses(found, row)
            bars.append(Figure(row.name, reach.value, reach.low, reach.high, reach.n))
    title = "Scar mass, found minus asked: bias and limits of agreement, g per 10 mm slice"
    return (
        Segments("segment-errors", "Mean error of the transmurality class by segment",
                 tuple(rings), "classes"),
        Intervals("mass-limits", title, tuple(bars), (("no error", 0.0),)),
    )  # fmt: skip


def segment_errors(row: Row, rings: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """Mean absolute difference of asked and found class of each AHA segment; NaN where unseen.

    Args:
        row: Its outcomes.
        rings: Segments of each outcome's ring, ascending.
    """
    sums, counts = np.zeros(SEGMENTS), np.zeros(SEGMENTS)
    for one, ring in zip(row.outcomes, rings, strict=True):
        for segment, asked, seen in zip(ring, one.asked_grades, one.found_grades, strict=True):
            sums[segment - 1] += abs(asked - seen)
            counts[segment - 1] += 1
    with np.errstate(invalid="ignore"):
        return tuple(map(float, sums / np.where(counts > 0, counts, np.nan)))
