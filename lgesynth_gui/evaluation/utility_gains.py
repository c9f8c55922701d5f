"""What arms of the utility experiment add to another arm, as tables and plots. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import Intervals
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.evaluation.utility_tests import Comparison
from lgesynth_gui.quality.paired import Difference


def tests_table(key: str, family: Sequence[Comparison], names: Mapping[str, str]) -> Table:
    """Every arm against the one of a key: Dice of all slices, calls of patients, p values."""
    rows, cells = [], []
    for one in family:
        gap, anew = one.dice, one.anew
        rows.append(
            (
                names[one.arm],
                f"{one.patients} x {one.seeds}",
                f"{gap.value:+.3f} ({_span_of(gap)})",
                f"{gap.p:.3f} ({one.holm_dice:.3f})",
                _span_of(anew),
                f"{anew.p:.3f} ({one.holm_anew:.3f})" if np.isfinite(anew.p) else "-",
                f"{one.fixed} fixed, {one.broken} broken",
                f"{one.p_patients:.3f} ({one.holm_patients:.3f})",
            )
        )
        cells.append(
            (
                *(names[one.arm], names[key], one.patients, one.seeds, one.fixed, one.broken),
                *(one.p_patients, one.holm_patients),
                *(gap.value, gap.low, gap.high, gap.p, one.holm_dice),
                *(anew.low, anew.high, anew.p, one.holm_anew),
            )
        )
    head = (
        "row", "patients x seeds", "Dice all, difference", "p (Holm)", "other seeds, too",
        "p (Holm)", "calls", "McNemar p (Holm)",
    )  # fmt: skip
    columns = (
        "row", "against", "patients", "seeds", "fixed", "broken", "p_patients", "holm_patients",
        "dice_difference", "low", "high", "p_dice", "holm_dice",
        "low_anew", "high_anew", "p_anew", "holm_anew",
    )  # fmt: skip
    title = f"Against {names[key]}, on the same patients"
    return Table(f"utility_against_{key}", columns, tuple(cells), title, head, tuple(rows))


def scarred_table(family: Sequence[Comparison], names: Mapping[str, str]) -> tuple[Table, ...]:
    """Whether scar is found better, which false alarms say nothing about."""
    pairs = [
        (names[one.arm], one.scarred, one.scarred_anew)
        for one in family
        if one.scarred is not None and one.scarred_anew is not None
    ]
    if not pairs:
        return ()
    shown = tuple(
        (name, str(gap.n), f"{gap.value:+.3f} ({_span_of(gap)})", _span_of(anew))
        for name, gap, anew in pairs
    )
    cells = tuple(
        (name, gap.n, gap.value, gap.low, gap.high, gap.p, anew.low, anew.high, anew.p)
        for name, gap, anew in pairs
    )
    columns = (
        "row", "n", "difference", "low", "high", "p", "low_anew", "high_anew", "p_anew",
    )  # fmt: skip
    title = "Slices with scar alone, against the real data alone; p values are not adjusted"
    head = ("row", "n", "Dice scarred, difference", "other seeds, too")
    return (Table("utility_scarred", columns, cells, title, head, shown),)


def gains(family: Sequence[Comparison], names: Mapping[str, str]) -> tuple[Intervals, ...]:
    """What each arm adds to the real data alone: for other patients, and for other seeds, too."""
    marks = (("no difference", 0.0),)
    plots = []
    for name, what, gaps in (
        ("utility_gain", "all slices, difference to real only", [one.dice for one in family]),
        (
            "utility_gain_anew",
            "all slices, difference to real only, other seeds, too",
            [one.anew for one in family],
        ),
        (
            "utility_gain_scarred",
            "slices with scar, difference to real only, other seeds, too",
            [one.scarred_anew for one in family],
        ),
    ):
        bars = tuple(
            Figure(names[one.arm], gap.value, gap.low, gap.high, gap.n)
            for one, gap in zip(family, gaps, strict=True)
            if gap is not None and np.isfinite(gap.p)
        )
        if bars:
            plots.append(Intervals(name, f"Dice of {what}", bars, marks))
    return tuple(plots)


def _span_of(gap: Difference) -> str:
    return f"{gap.low:+.3f} to {gap.high:+.3f}" if np.isfinite(gap.low) else "-"
