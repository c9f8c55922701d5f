"""Reports as tables: short ones to be read, long ones with every number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lgesynth_gui.evaluation import appearance
from lgesynth_gui.evaluation.alignment import Report
from lgesynth_gui.evaluation.captions import CaptionReport
from lgesynth_gui.evaluation.erasing import GOAL_REMAINS
from lgesynth_gui.evaluation.fidelity import FidelityReport
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.files import plain
from lgesynth_gui.evaluation.lineup import steps_words
from lgesynth_gui.evaluation.real import RealReport
from lgesynth_gui.evaluation.rows import Row
from lgesynth_gui.evaluation.table import Table, figure_cells, figure_table


def alignment_tables(report: Report) -> tuple[Table, ...]:
    """Alignment of all rows, by bin, the transmurality classes, and every outcome."""
    return (*_overview(report), _bins(report), _grades(report), outcome_table(report.rows))


def _overview(report: Report) -> tuple[Table, Table]:
    differences = report.differences()
    how = steps_words(report.steps, report.half)
    title = f"{how}, seed {report.seed}, judge {report.judge}"
    scores, places = [], []
    for row in report.rows:
        figures = row.figures()
        apart = differences.get(row.name)
        scores.append((row.name, (*figures[:6], *((apart,) if apart else ()))))
        places.append((row.name, figures[6:]))
    first = report.ours[0].row
    return (
        figure_table("alignment", f"{title}; difference to {first}", scores),
        figure_table("places", "Place, size and words of what the judge sees", places),
    )


def _bins(report: Report) -> Table:
    bins = report.bins()
    rows = list(dict.fromkeys(one.row for one in bins))
    cells = tuple(
        (b.row, b.size, b.depth, *_three(b.passed), *_three(b.dice), *_three(b.ceiling), b.dice.n)
        for b in bins
    )
    shown = []
    for size, depth in dict.fromkeys((b.size, b.depth) for b in bins):
        here = {b.row: b for b in bins if (b.size, b.depth) == (size, depth)}
        some = next(iter(here.values()))
        passed = (f"{here[row].passed.value:.2f}" if row in here else "-" for row in rows)
        shown.append((size, depth, str(some.passed.n), f"{some.ceiling.value:.2f}", *passed))
    return Table(
        "bins",
        (
            "row", "size", "depth", "pass", "pass low", "pass high", "Dice", "Dice low",
            "Dice high", "ceiling", "ceiling low", "ceiling high", "n",
        ),
        cells,
        "Pass rates by size and depth of the wish",
        ("size", "depth", "n", "ceiling", *rows),
        tuple(shown),
    )  # fmt: skip


def _three(figure: Figure) -> tuple[float, float, float]:
    return figure.value, figure.low, figure.high


def _grades(report: Report) -> Table:
    cells = tuple(
        (row.name, asked, found, count)
        for row in report.rows
        for asked, counts in enumerate(row.grade_table)
        for found, count in enumerate(counts)
    )
    return Table("transmurality", ("row", "asked class", "found class", "segments"), cells)


def outcome_table(rows: Sequence[Row]) -> Table:
    """Every single outcome."""
    cells = tuple(
        (
            row.name, one.name, one.group, one.depth, one.area, one.found_area, one.dice,
            one.reward_dice, one.co_agrees, one.co_dice, one.hd95, one.centroid, one.ratio,
        )
        for row in rows
        for one in row.outcomes
    )  # fmt: skip
    columns = (
        "row", "case", "patient", "depth", "area mm2", "found mm2", "Dice J", "Dice R",
        "co-judge agrees", "Dice 3 SD", "HD95 mm", "centroid mm, where found", "area ratio",
    )  # fmt: skip
    return Table("outcomes", columns, cells)


def fidelity_tables(report: FidelityReport) -> tuple[Table, ...]:
    """Fidelity of all rows: what stays, how bright the scar is, what gives it away."""
    rows = [(row.name, row.figures) for row in report.rows]
    groups = {
        "likeness": ("SSIM", "RMSE"),
        "signal": ("CNR", "scar "),
        "seen": ("largest", "seam", "feature", "forced"),
    }
    titles = {
        "likeness": "Likeness to the host (placement) and to the original (re-painting; "
        "the original measured again is as like it as can be)",
        "signal": "Signal of the scar; true scars are the goal",
        "seen": "What gives a picture away (forced choice: 0.5 is by chance, goal <= 0.65)",
    }
    out = []
    for name, starts in groups.items():
        some = [(row, [f for f in figures if f.name.startswith(starts)]) for row, figures in rows]
        held = [(row, figures) for row, figures in some if figures]
        out.append(figure_table(f"fidelity-{name}", titles[name], held, 3))
    return tuple(out)


def caption_tables(report: CaptionReport) -> tuple[Table, ...]:
    """Words without a drawing, and against one."""
    title = f"{report.model}, {steps_words(report.steps, report.half)}, judge {report.judge}"
    tellings = [(one.name, one.figures()) for one in report.tellings]
    conflicts = [(one.name, (one.drawing, one.caption)) for one in report.conflicts]
    return (
        figure_table("captions", f"{title}: no drawing, guidance off", tellings),
        figure_table("conflicts", "Drawing and caption name other segments", conflicts),
        outcome_table([one.row for one in report.tellings]),
    )


_REAL_FIRST = ("pass rate", "Dice J", "co-judge agrees", "Dice 3 SD", "20 mm2 found", "CNR, median",
               "scar to blood, median")  # fmt: skip


def real_tables(report: RealReport) -> tuple[Table, ...]:
    """Real scans: painted beside real scars, and scars erased."""
    title = (
        f"{report.patients} patients, {report.slices} slices, {report.scarred} with scar; "
        f"{steps_words(report.steps, report.half)}, judge {report.judge}"
    )
    rows = [(one.row.name, one.figures()) for one in report.rows]
    some = [(name, [f for f in figures if f.name in _REAL_FIRST]) for name, figures in rows]
    every = [cell for name, figures in rows for cell in figure_cells(name, figures)]
    first = figure_table("real", title, some)
    erasing = [
        (one.system, (one.remains, one.anywhere, one.noise, one.shift)) for one in report.erasing
    ]
    goal = f"Erasing real scars: share of the judge's scar pixels (goal < {GOAL_REMAINS:g})"
    wholes = [one.row for one in report.rows if ": " not in one.row.name]
    return (
        Table(first.name, first.columns, tuple(every), first.title, first.head, first.shown),
        figure_table("erasing", goal, erasing),
        outcome_table(wholes),
    )


def phantom_tables(rows: Sequence[appearance.Row]) -> tuple[Table, ...]:
    """Phantom beside real slices, figure by figure."""
    columns = (
        "figure", "real 25 %", "real median", "real 75 %", "phantom 5 %", "phantom 25 %",
        "phantom median", "phantom 75 %", "phantom 95 %", "distance",
    )  # fmt: skip
    cells = tuple((row.name, *row.real, *row.phantom, row.distance) for row in rows)
    shown = tuple((name, *(f"{value:.3g}" for value in values)) for name, *values in cells)
    title = "Phantom beside real slices; distance 0 is alike"
    return (Table("phantom", columns, cells, title, columns, shown),)


def real_summary(report: RealReport) -> dict[str, Any]:
    """The report without its pictures, as JSON values."""
    return {
        "judge": report.judge,
        "steps": report.steps,
        "half": report.half,
        "seed": report.seed,
        "patients": report.patients,
        "slices": report.slices,
        "scarred": report.scarred,
        "rows": [{"name": r.row.name, "figures": plain(r.figures())} for r in report.rows],
        "erasing": plain(report.erasing),
        "missing": list(report.missing),
    }
