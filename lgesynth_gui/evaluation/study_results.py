"""What readers' answers say: accuracy, area under the curve, agreement, time. No torch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import FEW, Intervals, Panel
from lgesynth_gui.evaluation.study import ENOUGH, RATINGS, UNDECIDED, Answer, Sitting, Study
from lgesynth_gui.evaluation.table import Table, figure_table
from lgesynth_gui.quality.exact import clopper_pearson
from lgesynth_gui.quality.interval import DRAWS, bootstrap
from lgesynth_gui.quality.kappa import cohen_kappa, fleiss_kappa
from lgesynth_gui.quality.roc import auc, auc_interval

ALL = "all readers"
CHANCE = ("chance", 0.5)
REACH_PX = 3.0  # a click this near to the scar is on it: a hand is no finer
ASKED = (
    "Each reader said of every picture whether it is real or synthetic; half of them are"
    " synthetic, no host is shown twice, and nobody was told the answer."
)
READ = (
    "Accuracy counts those who decided (1, 2, 4, 5); the area under the curve uses all five"
    " grades. 0.5 is chance: an interval that holds it means that this many cases do not show"
    " a difference, not that there is none."
)
SHARES = ("accuracy", "sensitivity", "specificity", "undecided", "on the scar")
ANSWER_COLUMNS = (
    "reader", "case", "counted", "kind", "rating", "said", "right", "seconds",
    "scar_row", "scar_column", "on_scar",
)  # fmt: skip


@dataclass(frozen=True)
class Read:
    """One answer with the truth.

    Args:
        answer: What was said.
        synthetic: What it was.
        on_scar: Whether the click was on the scar; None without a click or a mask.
    """

    answer: Answer
    synthetic: bool
    on_scar: bool | None

    @property
    def decided(self) -> bool:
        """Whether the reader said the one or the other."""
        return self.answer.rating != UNDECIDED

    @property
    def choice(self) -> int:
        """0 real, 1 cannot tell, 2 synthetic."""
        return 1 + int(np.sign(self.answer.rating - UNDECIDED))

    @property
    def right(self) -> bool:
        """Whether the reader said what it was."""
        return self.decided and (self.choice == 2) == self.synthetic


def read_with(study: Study, answers: Sequence[Answer]) -> tuple[Read, ...]:
    """Answers beside the truth, in their order."""
    out = []
    for one in answers:
        picture = study.picture(one.id)
        hit = None
        if one.scar is not None and picture.scar is not None and picture.scar.any():
            places = np.argwhere(picture.scar)
            apart = np.hypot(*(places - np.asarray(one.scar)).T)
            hit = bool(apart.min() <= REACH_PX)
        out.append(Read(one, picture.synthetic, hit))
    return tuple(out)


def reader_panel(study: Study, sittings: Sequence[Sitting]) -> Panel:
    """The layer of evidence that readers give.

    Args:
        study: The pictures.
        sittings: Of its readers; those who have not finished take no part.

    Returns:
        A panel; without a finished reader it says so and has no figure.
    """
    done = [one for one in sittings if one.finished and one.digest == study.digest]
    away = tuple(
        f"reader {one.reader}: {len(one.answers)} of {len(one.order)} cases answered"
        for one in sittings
        if one not in done
    )
    words = (
        f"{study.title}.",
        ASKED,
        READ,
    )
    if not done:
        return Panel("readers", "Reader study", words, missing=away or ("no reader yet",))
    reads = {f"reader {one.reader}": read_with(study, one.counted) for one in done}
    figures = [(name, _figures(some)) for name, some in reads.items()]
    if len(reads) > 1:
        figures.append((ALL, _pooled(list(reads.values()))))
    plots = [
        _plot("reader-accuracy", "Accuracy of those who decided", "accuracy", figures),
        _plot("reader-auc", "Area under the curve, from the five grades", "AUC", figures),
        _plot("reader-places", "Clicks on the scar", "on the scar", figures, marks=()),
    ]
    tables = [figure_table("readers", "Readers", figures, shares=SHARES)]
    if len(reads) > 1:
        tables.append(_agreement(done, reads))
    tables.append(answer_table(study, done))
    return Panel(
        "readers",
        "Reader study",
        words,
        _alarms(figures, done),
        tuple(tables),
        tuple(one for one in plots if one.bars),
        away,
    )


def answer_table(study: Study, sittings: Sequence[Sitting]) -> Table:
    """Every answer, practice too, beside the truth; long form alone."""
    cells = []
    for one in sittings:
        for place, read in enumerate(read_with(study, one.answers)):
            said, at = read.answer, read.answer.scar or (None, None)
            kind = "synthetic" if read.synthetic else "real"
            right = int(read.right) if read.decided else None
            hit = None if read.on_scar is None else int(read.on_scar)
            cells.append(
                (
                    one.reader, said.id, int(place >= one.practice), kind, said.rating,
                    RATINGS[said.rating - 1], right, said.seconds, *at, hit,
                )
            )  # fmt: skip
    return Table("reader-answers", ANSWER_COLUMNS, tuple(cells))


def _figures(reads: Sequence[Read]) -> tuple[Figure, ...]:
    decided = [one for one in reads if one.decided]
    called = [one for one in decided if one.synthetic]
    passed = [one for one in decided if not one.synthetic]
    clicked = [one for one in reads if one.on_scar is not None]
    seconds = [one.answer.seconds for one in reads]
    middle = bootstrap(seconds, _rng(), statistic=_median) if seconds else (0.0, 0.0)
    return (
        _share("accuracy", [one.right for one in decided]),
        _area(reads),
        _share("sensitivity", [one.right for one in called]),
        _share("specificity", [one.right for one in passed]),
        _share("undecided", [not one.decided for one in reads]),
        *([_share("on the scar", [bool(one.on_scar) for one in clicked])] if clicked else ()),
        Figure("median s", float(np.median(seconds)) if seconds else 0.0, *middle, len(seconds)),
    )


def _share(name: str, hits: Sequence[bool]) -> Figure:
    right, total = sum(hits), len(hits)
    low, high = clopper_pearson(right, total)
    return Figure(name, right / total if total else float("nan"), low, high, total)


def _area(reads: Sequence[Read]) -> Figure:
    kinds = [[r.answer.rating for r in reads if r.synthetic is kind] for kind in (False, True)]
    if min(len(one) for one in kinds) < 2:
        return Figure("AUC", float("nan"), 0.0, 1.0, 0)
    return Figure("AUC", auc(*kinds), *auc_interval(*kinds), len(reads))


def _pooled(several: Sequence[Sequence[Read]]) -> tuple[Figure, ...]:
    """The mean of all readers; intervals resample cases, which the readers share."""
    flat = [one for some in several for one in some]
    decided = [one for one in flat if one.decided]
    cases = [one.answer.id for one in decided]
    right = [float(one.right) for one in decided]
    out = []
    if decided:
        reach = bootstrap(right, _rng(), cases)
        out.append(Figure("accuracy", float(np.mean(right)), *reach, len(decided)))
    ids = sorted({one.answer.id for one in flat})
    tables = [{one.answer.id: one for one in some} for some in several]

    def mean_area(some: Sequence[str]) -> float:
        areas = []
        for table in tables:
            reads = [table[name] for name in some if name in table]
            kinds = [[r.answer.rating for r in reads if r.synthetic is k] for k in (False, True)]
            if all(kinds):
                areas.append(auc(*kinds))
        return float(np.mean(areas)) if areas else float("nan")

    out.append(Figure("AUC", mean_area(ids), *_over_cases(mean_area, ids), len(flat)))
    return tuple(out)


def _agreement(done: Sequence[Sitting], reads: dict[str, tuple[Read, ...]]) -> Table:
    """Kappa of every two readers and of all, over the cases that all of them read."""
    tables = {name: {one.answer.id: one for one in some} for name, some in reads.items()}
    shared = sorted(set.intersection(*(set(one) for one in tables.values())))
    names = list(tables)
    rows = [
        (f"{one} and {other}", _kappa([tables[one], tables[other]], shared))
        for one, other in itertools.combinations(names, 2)
    ]
    if len(names) > 2:
        rows.append((ALL, _kappa(list(tables.values()), shared)))
    title = "Agreement of readers beyond chance (real, cannot tell, synthetic)"
    return figure_table("reader-agreement", title, [(name, (one,)) for name, one in rows])


def _kappa(tables: Sequence[dict[str, Read]], shared: Sequence[str]) -> Figure:
    def of(some: Sequence[str]) -> float:
        said = [[table[name].choice for name in some] for table in tables]
        if len(said) == 2:
            return cohen_kappa(*said)
        counts = [[row.count(kind) for kind in range(3)] for row in zip(*said, strict=True)]
        return fleiss_kappa(np.array(counts, dtype=np.int64))

    name = "Cohen's kappa" if len(tables) == 2 else "Fleiss' kappa"
    if not shared:
        return Figure(name, float("nan"), -1.0, 1.0, 0)
    return Figure(name, of(shared), *_over_cases(of, shared), len(shared))


def _over_cases(of: Callable[[Sequence[str]], float], ids: Sequence[str]) -> tuple[float, float]:
    """Percentile interval of a statistic, cases drawn again."""
    picks = _rng().integers(0, len(ids), (DRAWS // 4, len(ids)))
    found = np.array([of([ids[k] for k in row]) for row in picks])
    found = found[np.isfinite(found)]
    if not len(found):
        return float("nan"), float("nan")
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


def _plot(
    name: str,
    title: str,
    figure: str,
    rows: Sequence[tuple[str, Sequence[Figure]]],
    marks: tuple[tuple[str, float], ...] = (CHANCE,),
) -> Intervals:
    bars = tuple(
        Figure(row, one.value, one.low, one.high, one.n)
        for row, figures in rows
        for one in figures
        if one.name == figure and one.n
    )
    return Intervals(name, title, bars, marks, 0.0, 1.0)


def _alarms(
    rows: Sequence[tuple[str, Sequence[Figure]]], done: Sequence[Sitting]
) -> tuple[str, ...]:
    found = [
        f"{row} can tell: the area under the curve is surely above chance."
        for row, figures in rows
        for one in figures
        if one.name == "AUC" and one.n and one.low > CHANCE[1]
    ]
    fewest = min(len(one.counted) for one in done)
    if fewest < ENOUGH:
        much = "counts are printed, and" if fewest < FEW else "the intervals are wide:"
        found.append(
            f"{fewest} counted cases a reader, fewer than {ENOUGH}: {much} nothing follows for"
            " other cases."
        )
    if len({one.seed for one in done}) > 1:
        found.append("The readers were given different cases (different seeds).")
    return tuple(found)


def _median(values: object) -> float:
    return float(np.median(np.asarray(values)))


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)
