"""The panel of alignment: is the ordered scar where it was ordered, beside all controls?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from lgesynth_gui.anatomy.bins import SIZES
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE, UNTOUCHED
from lgesynth_gui.evaluation.fidelity import FidelityRow
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.found import CONSTANT, Found, share_words
from lgesynth_gui.evaluation.lineup import AS_PUBLISHED, GUIDED
from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.evaluation.panel import Curves, Intervals, Line, Panel, Plot
from lgesynth_gui.evaluation.panel_agreement import agreement_plots, agreement_tables
from lgesynth_gui.evaluation.parts import FIDELITY
from lgesynth_gui.evaluation.rows import GAP_ALARM, LIMIT, Row, paired
from lgesynth_gui.evaluation.table import Table, figure_table
from lgesynth_gui.evaluation.tables import outcome_table
from lgesynth_gui.quality.gate import ALIKE, NEAR_MM, SMALL_MM2

BOTH = "both readers agree"
SHARES = (
    "pass rate", BOTH, "co-judge agrees", "depth word regained", "caption regained",
    "20 mm2 found",
)  # fmt: skip
THRESHOLDS = np.linspace(0.0, 1.0, 51)
BY_SIZE = SIZES[:4]
READING = (
    "An independent judge that no system has seen looks for the scar that was asked for.",
    "The ceiling is what the same judge says of true scars; chance, of another case's wish.",
    "The untouched host shows what it calls scar where nothing was painted.",
)
WHOLE = "Rows 'as published' show whole decoded crops: never compare their likeness with others'."
ITSELF = (
    ("SSIM to original", 1.0), ("RMSE to original", 0.0),
    ("SSIM to original, LV", 1.0), ("RMSE to original, LV", 0.0),
)  # fmt: skip
TITLE = "Alignment"
_FIRST = 6  # figures of a row that say whether, the others say where


def accepted(one: Outcome, *, painted: bool = True) -> bool:
    """Whether judge and co-judge find the scar, as the gate asks before an export.

    Judge Dice above 0.6, or, for less than 100 mm2, centre within 3 mm and half to twice the
    area; the co-judge agrees; and nothing changed beyond the feather. The seam, which the gate
    looks at, too, is told with the likeness.

    Args:
        one: Measured.
        painted: Into a host; a true scar has none of which anything could be left untouched.
    """
    small = one.area < SMALL_MM2 and one.centroid < NEAR_MM and ALIKE[0] <= one.ratio <= ALIKE[1]
    kept = one.outside == 0 or not painted
    return (one.dice > LIMIT or small) and one.co_agrees and kept


def figures_of(found: Found, row: Row, task: str = "placed") -> tuple[Figure, ...]:
    """Figures of a row, how often both readers agree among them, worked out once."""

    def make() -> tuple[Figure, ...]:
        first, *rest = row.figures()
        rule = partial(accepted, painted=row.name != CEILING)
        return (first, row.share(BOTH, rule), *rest)

    return found.once(("figures", task, row.name), make)


def alignment_panel(found: Found) -> Job:
    """The panel of what is measured so far.

    Returns:
        A job that returns a `Panel`.
    """
    rows = found.placed()
    for row in rows:
        figures_of(found, row)
        yield None
    tables: list[Table] = [_overview(found, rows)]
    again = yield from _again(found)
    tables += [*again, leads(found, rows), _places(found, rows)]
    yield None
    tables += [_bins(found, rows), *agreement_tables(found, rows), outcome_table(rows)]
    yield None
    plots: tuple[Plot, ...] = (
        _bars(found, rows, "pass rate", "pass-rates", "Share with judge Dice > 0.6 (placement)"),
        _bars(found, rows, "Dice J", "judge-dice", "Judge's mean Dice (placement)"),
        pass_curves(rows),
        *agreement_plots(found, rows),
    )
    return Panel(
        "alignment",
        TITLE,
        _words(found, rows),
        tuple(alarms(found, rows)),
        tuple(tables),
        plots if rows else (),
        found.missing,
    )


def _named(found: Found, rows: Sequence[Row], name: str) -> dict[str, Figure]:
    row = next((one for one in rows if one.name == name), None)
    return {one.name: one for one in figures_of(found, row)} if row is not None else {}


def difference(found: Found, rows: Sequence[Row], ours: str, other: str) -> Figure | None:
    """Ours minus another row in the judge's Dice, on the same cases."""
    held = {row.name: row for row in rows}
    if ours not in held or other not in held or other in (CEILING, CHANCE):
        return None
    return found.once(("paired", ours, other), lambda: paired(held[other], held[ours]))


def _overview(found: Found, rows: Sequence[Row]) -> Table:
    cells = []
    for row in rows:
        figures = list(figures_of(found, row)[:_FIRST])
        for ours in found.ours[-1:]:
            apart = difference(found, rows, ours, row.name)
            if apart is not None and row.name != ours:
                name = f"{ours} minus it"
                figures.append(Figure(name, apart.value, apart.low, apart.high, apart.n))
        cells.append((row.name, tuple(figures)))
    title = f"Placement: new scars in other hosts, judge {found.judge}"
    return figure_table("alignment", title, cells, shares=SHARES)


def _again(found: Found) -> Job:
    """The paper's first table: a real scar is blanked and asked for again."""
    cells = []
    for row in found.again():
        named = {one.name: one for one in figures_of(found, row, "again")}
        likeness: FidelityRow | None = found.parts.get(FIDELITY, row.name)
        same = [] if likeness is None else [f for f in likeness.figures if "to original" in f.name]
        if row.name == CEILING:
            same = [Figure(name, value, value, value, len(row.outcomes)) for name, value in ITSELF]
        cells.append((row.name, (*same, named["Dice J"], named["pass rate"])))
        yield None
    title = "Re-painting: a true scar is blanked and asked for again (the paper's Table 1)"
    return [figure_table("repainting", title, cells, 3, SHARES)] if cells else []


def leads(found: Found, rows: Sequence[Row]) -> Table:
    """For each baseline whether ours leads with intervals that do not overlap."""
    columns = ("baseline", "ours", "figure", "baseline value", "baseline low", "baseline high",
               "ours value", "ours low", "ours high", "verdict")  # fmt: skip
    cells, shown = [], []
    for other in found.baselines:
        theirs = _named(found, rows, other)
        for name in found.ours:
            own = _named(found, rows, name)
            if not theirs or not own:
                continue
            words = []
            for figure in ("pass rate", BOTH, "Dice J"):
                verdict = leading(own[figure], theirs[figure])
                cells.append((other, name, figure, *_three(theirs[figure]), *_three(own[figure]),
                              verdict))  # fmt: skip
                words.append(verdict)
            apart = difference(found, rows, name, other)
            shown.append((other, name, *words, "-" if apart is None else apart.text()))
    return Table(
        "leads",
        columns,
        tuple(cells),
        "Does ours lead, with 95 % intervals that do not overlap?",
        ("baseline", "ours", "pass rate", BOTH, "Dice J", "paired Dice difference"),
        tuple(shown),
    )


def leading(ours: Figure, theirs: Figure) -> str:
    """Which of two figures leads."""
    if ours.low > theirs.high:
        return "ours leads"
    if theirs.low > ours.high:
        return "the baseline leads"
    return "not told apart"


def _three(figure: Figure) -> tuple[float, float, float]:
    return figure.value, figure.low, figure.high


def _places(found: Found, rows: Sequence[Row]) -> Table:
    some = [(row.name, figures_of(found, row)[_FIRST:]) for row in rows]
    title = "Place, size and words of what the judge sees (placement)"
    return figure_table("places", title, some, shares=SHARES)


def _bins(found: Found, rows: Sequence[Row]) -> Table:
    """Pass rates by size of the wish: a Dice limit prefers large scars."""
    cells, shown = [], []
    for row in rows:
        texts = []
        for size, low, high in BY_SIZE:
            held = Row(row.name, tuple(o for o in row.outcomes if low <= o.area < high))
            passed = found.once(("size", row.name, size), lambda held=held: held.passed)  # type: ignore[misc]
            cells.append((row.name, size, passed.value, passed.low, passed.high, passed.n))
            texts.append(share_words(passed) if passed.n else "-")
        shown.append((row.name, *texts))
    return Table(
        "sizes",
        ("row", "size", "pass rate", "low", "high", "n"),
        tuple(cells),
        "Pass rates by size of the wish",
        ("row", *(size for size, _, _ in BY_SIZE)),
        tuple(shown),
    )


def _bars(found: Found, rows: Sequence[Row], figure: str, name: str, title: str) -> Intervals:
    bars, marks = [], []
    for row in rows:
        one = _named(found, rows, row.name)[figure]
        bars.append(Figure(row.name, one.value, one.low, one.high, one.n))
        words = {CEILING: "ceiling", CHANCE: "chance"}.get(row.name)
        if words:
            marks.append((words, one.value))
    return Intervals(name, title, tuple(bars), tuple(marks), 0.0, 1.0)


def pass_curves(rows: Sequence[Row]) -> Curves:
    """Share above every threshold of Dice, of every row."""
    lines, marks = [], [("limit", LIMIT)]
    for row in rows:
        dices = np.array([one.dice for one in row.outcomes])
        shares = [float((dices > limit).mean()) for limit in THRESHOLDS]
        lines.append(Line(row.name, tuple(map(float, THRESHOLDS)), tuple(shares)))
        if row.name == CEILING:
            marks.append(("the judge's median on true scars", float(np.median(dices))))
    title = "Share above every threshold of the judge's Dice (placement)"
    return Curves("pass-curves", title, "judge Dice", "share above", tuple(lines), tuple(marks))


def _words(found: Found, rows: Sequence[Row]) -> tuple[str, ...]:
    out = list(READING)
    if any(row.name.endswith(AS_PUBLISHED) for row in rows):
        out.append(WHOLE)
    best = _named(found, rows, CEILING)
    for name in found.ours:
        own = _named(found, rows, name)
        if not own:
            continue
        passed = own["pass rate"]
        line = f"{name}: {share_words(passed)} pass"
        if best:
            line += f"; of true scars {share_words(best['pass rate'])} do"
        led = [one for one in found.baselines if _leads_in(found, rows, name, one)]
        line += f"; it leads {len(led)} of {len(found.baselines)} baselines with intervals apart"
        out.append(line + (f" ({', '.join(led)})." if led else "."))
    untouched = _named(found, rows, UNTOUCHED)
    if untouched:
        alarm = untouched["20 mm2 found"]
        out.append(f"In untouched hosts the judge finds at least 20 mm2 in {share_words(alarm)}.")
    return tuple(out)


def _leads_in(found: Found, rows: Sequence[Row], ours: str, other: str) -> bool:
    own, theirs = _named(found, rows, ours), _named(found, rows, other)
    return bool(own and theirs) and leading(own["pass rate"], theirs["pass rate"]) == "ours leads"


def alarms(found: Found, rows: Sequence[Row]) -> list[str]:
    """What speaks against calling a gain a gain, one sentence each."""
    out = []
    best, flat = _named(found, rows, CEILING), _named(found, rows, CONSTANT)
    for name in found.ours:
        own = _named(found, rows, name)
        if not own:
            continue
        if flat and flat["Dice J"].value >= own["Dice J"].low:
            out.append(
                f"This judge cannot see texture: constant brightness in the mask scores as well as "
                f"{name} (Dice {flat['Dice J'].text()} and {own['Dice J'].text()})."
            )
        if best and own["Dice J"].value > best["Dice J"].high:
            out.append(f"{name}: the judge scores it above true scars.")
        for before in _before(name):
            earlier = _named(found, rows, before)
            growth = own["reward gap"].value - earlier["reward gap"].value if earlier else 0.0
            if growth > GAP_ALARM:
                out.append(f"{name}: the reward gap grew by {growth:.2f} over that of {before}.")
    return out


def _before(name: str) -> tuple[str, ...]:
    """What a row of ours was before the step that could be hacked."""
    if name.endswith(GUIDED):
        return (name.removesuffix(GUIDED),)
    return () if name == "ControlNet" else ("ControlNet",)
