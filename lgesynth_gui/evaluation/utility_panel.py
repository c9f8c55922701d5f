"""The utility experiment as tables and plots, made from the cells alone. Loads no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import Curves, Intervals, Line, Panel
from lgesynth_gui.evaluation.table import Table, figure_table
from lgesynth_gui.evaluation.utility_arms import (
    BY_KEY,
    CONSTANT,
    OURS,
    PASTE,
    PHANTOM_ONLY,
    PLAIN,
    REAL_ONLY,
    ROWS,
    SCALED,
    TRUE_SCARS,
)
from lgesynth_gui.evaluation.utility_cells import Cell, read_cells
from lgesynth_gui.evaluation.utility_gains import gains, scarred_table, tests_table
from lgesynth_gui.evaluation.utility_record import read_record
from lgesynth_gui.evaluation.utility_scores import ArmScores, scores_by_arm
from lgesynth_gui.evaluation.utility_tests import Comparison, compared

TITLE = "Utility: does adding synthetic scars help a segmenter on held-out patients?"
READING = (
    (
        "Each row is the same network, trained for the same number of steps on the same real "
        "slices with the samples of one system added, and scored on patients nobody trained on "
        "or chose with."
    ),
    (
        "Dice all counts an empty prediction on a slice without scar as 1, so it is mostly about "
        "false alarms; Dice scarred is about finding scar; Dice true positives leaves out what "
        "was missed."
    ),
    (
        "A pixel counts as scar when it is likelier than not, in every row; the curve shows what "
        "other levels would give, as who learnt from more scar calls scar sooner."
    ),
    (
        "A patient is called scarred when a found part of any slice reaches the threshold, which "
        "is fixed on validation patients of each row; AUC, by the largest part, needs none."
    ),
    (
        "Intervals are over patients, all seeds together, so they say what other patients would "
        "do to these trainings; p values are exact McNemar for patients and a paired bootstrap "
        "for Dice, adjusted by Holm over the rows. What training again with other seeds would do, "
        "too, the columns for other seeds say (analysis of variance of patients and seeds); few "
        "seeds make it wide."
    ),
    (
        "True scars in the same hearts, which only a simulator has, are what a painter imitates; "
        "they are the same for every seed. A row above them gains by something else than scars."
    ),
    (
        "Copy-paste takes its scars from simulated slices, as everywhere in this program, not "
        "from the training patients."
    ),
)


def utility_panel(
    cells: Sequence[Cell], words: Sequence[str] = (), missing: Sequence[str] = ()
) -> Panel:
    """Everything the cells of a run say, whether it is finished or not.

    Args:
        cells: Of one run.
        words: What it was measured on and how, before how to read it.
        missing: Arms that could not be trained, with the reason.
    """
    found = scores_by_arm(cells)
    order = [key for key in ROWS if key in found]
    order += [key for key in found if key not in ROWS]
    scores = {key: found[key] for key in order}
    names = {key: _name(one) for key, one in scores.items()}
    families = {key: compared(scores, key) for key in (REAL_ONLY.key, OURS.key, PLAIN.key)}
    return Panel(
        name="utility",
        title=TITLE,
        words=(*words, *READING, *_grain(scores)),
        alarms=_alarms(scores, names, families),
        tables=(
            figure_table(
                "utility",
                "Utility: the scar segmenter on held-out patients",
                [
                    (names[k], (*one.dice_figures(), *one.patient_figures()))
                    for k, one in scores.items()
                ],
            ),
            _patients_table(scores, names),
            *(tests_table(key, family, names) for key, family in families.items() if family),
            *scarred_table(families[REAL_ONLY.key], names),
            _seeds_table(scores, names),
            _cells_table(cells),
        ),
        plots=(*gains(families[REAL_ONLY.key], names), *_plots(scores, names)) if scores else (),
        missing=tuple(missing),
    )


def panel_of(folder: Path, missing: Sequence[str] = ()) -> Panel:
    """The panel of what a run's folder holds so far; trains nothing.

    Raises:
        LgeSynthError: it holds no run.
    """
    record = read_record(folder)
    return utility_panel(read_cells(folder), tuple(map(str, record.get("words", ()))), missing)


def _name(scores: ArmScores) -> str:
    arm = BY_KEY.get(scores.arm)
    title = arm.title if arm is not None else scores.arm
    wanted = scores.cells[0].wanted
    return f"{title}, {wanted}" if wanted else title


def _patients_table(scores: Mapping[str, ArmScores], names: Mapping[str, str]) -> Table:
    rows, cells = [], []
    for key, one in scores.items():
        counts = one.confusion
        lesions = one.lesion_figures()
        thresholds = sorted(set(one.thresholds.values()))
        kept, draws = (sum(getattr(c, n) for c in one.cells) for n in ("kept", "draws"))
        cells.append(
            (
                names[key],
                *(one.seeds, one.patients, kept, draws, *counts),
                " ".join(map(str, thresholds)),
                *(n for f in lesions for n in (f.value, f.low, f.high)),
            )
        )
        rows.append(
            (
                names[key],
                f"{one.patients} x {one.seeds}",
                f"{kept}/{draws}" if draws else "-",
                ", ".join(map(str, counts)),
                _span([str(t) for t in thresholds]),
                *(f.text() for f in lesions),
            )
        )
    head = (
        "row", "patients x seeds", "kept of drawn", "TN, FP, FN, TP", "threshold mm2",
        "lesion sensitivity", "lesion PPV",
    )  # fmt: skip
    columns = (
        "row", "seeds", "patients", "kept", "drawn", "tn", "fp", "fn", "tp", "thresholds_mm2",
        "lesion_sensitivity", "lesion_sensitivity_low", "lesion_sensitivity_high",
        "lesion_ppv", "lesion_ppv_low", "lesion_ppv_high",
    )  # fmt: skip
    return Table(
        "utility_patients", columns, tuple(cells), "Patients and lesions", head, tuple(rows)
    )


def _span(texts: Sequence[str]) -> str:
    """First and last of some words, or the only one."""
    return " to ".join(dict.fromkeys((texts[0], texts[-1])))


def _grain(scores: Mapping[str, ArmScores]) -> tuple[str, ...]:
    """How much one patient weighs."""
    most = max((one.patients for one in scores.values()), default=0)
    if not most:
        return ()
    return (f"One of the {most} test patients is {100 / most:.1f} points of accuracy.",)


def _seeds_table(scores: Mapping[str, ArmScores], names: Mapping[str, str]) -> Table:
    """How far seeds of data order and synthesis alone move an arm."""
    seeds = sorted({call.seed for one in scores.values() for call in one.calls})
    cells, rows = [], []
    for key, one in scores.items():
        by_seed = {seed: (one.dice_of(seed), one.balanced_of(seed)) for seed in seeds}
        cells += [(names[key], seed, *found) for seed, found in by_seed.items()]
        texts = [
            f"{dice:.2f} / {balanced:.2f}" if np.isfinite(dice) else "-"
            for dice, balanced in by_seed.values()
        ]
        rows.append((names[key], *texts))
    return Table(
        "utility_seeds",
        ("row", "seed", "dice", "balanced_accuracy"),
        tuple(cells),
        "Each seed alone: Dice all / balanced accuracy",
        ("row", *(f"seed {seed}" for seed in seeds)),
        tuple(rows) if len(seeds) > 1 else (),
    )


def _cells_table(cells: Sequence[Cell]) -> Table:
    """One line a training, for programs."""
    columns = (
        "arm",
        "seed",
        "fold",
        "kept",
        "drawn",
        "wanted",
        "step",
        "steps",
        "choice",
        "seconds",
        "device",
    )
    rows = [
        (
            c.arm,
            c.seed,
            c.fold,
            c.kept,
            c.draws,
            c.wanted,
            c.step,
            c.steps,
            c.choice,
            c.seconds,
            c.device,
        )
        for c in sorted(cells, key=lambda one: (one.seed, one.fold, one.arm))
    ]
    return Table("utility_cells", columns, tuple(rows))


def _named(figure: Figure, name: str) -> Figure:
    return Figure(name, figure.value, figure.low, figure.high, figure.n)


def _plots(
    scores: Mapping[str, ArmScores], names: Mapping[str, str]
) -> tuple[Intervals | Curves, ...]:
    kinds = (
        ("dice", "Dice of all slices", "Dice all"),
        ("dice_scarred", "Dice of slices with scar", "Dice scarred"),
        ("balanced", "Balanced accuracy of patients", "balanced accuracy"),
    )
    figures = {
        key: {f.name: f for f in (*one.dice_figures(), *one.patient_figures())}
        for key, one in scores.items()
    }
    plots: list[Intervals | Curves] = []
    for name, title, figure in kinds:
        bars = tuple(_named(figures[key][figure], names[key]) for key in scores)
        base = figures.get(REAL_ONLY.key)
        marks = ((REAL_ONLY.title, base[figure].value),) if base else ()
        plots.append(Intervals(f"utility_{name}", title, bars, marks))
    over = {key: one.over_levels() for key, one in scores.items()}
    traded = tuple(
        Line(names[key], *(tuple(column) for column in zip(*some, strict=True)))
        for key, some in over.items()
        if len(set(some)) > 1
    )
    if traded:
        title = "Finding scar against false alarms, over the level from which a pixel counts"
        axes = ("Dice of slices without scar", "Dice of slices with scar")
        plots.append(Curves("utility_levels", title, *axes, traded))
    scaled = [k for k in (REAL_ONLY.key, OURS.key, *(a.key for a in SCALED)) if k in scores]
    if len(scaled) > 1:
        lines = tuple(
            Line(
                title,
                tuple(_samples(scores[key]) for key in scaled),
                tuple(figures[key][figure].value for key in scaled),
                tuple(figures[key][figure].low for key in scaled),
                tuple(figures[key][figure].high for key in scaled),
            )
            for _, title, figure in kinds
        )
        plots.append(
            Curves(
                "utility_scaling",
                "More samples of LGESynthNet, guided",
                "synthetic samples added",
                "score",
                lines,
            )
        )
    return tuple(plots)


def _samples(scores: ArmScores) -> float:
    """Mean number of samples that were added."""
    return sum(cell.kept for cell in scores.cells) / len(scores.cells)


def _alarms(
    scores: Mapping[str, ArmScores],
    names: Mapping[str, str],
    families: Mapping[str, Sequence[Comparison]],
) -> tuple[str, ...]:
    out = [
        f"{names[one.arm]} does not raise Dice above the real data alone."
        for one in families[REAL_ONLY.key]
        if one.arm == OURS.key and one.dice.value <= 0
    ]
    out += [
        f"{names[one.arm]} reaches at least the Dice of {names[OURS.key]}."
        for one in families[OURS.key]
        if one.arm in (CONSTANT.key, PASTE.key, PHANTOM_ONLY.key) and one.dice.value >= 0
    ]
    out += [
        "True scars in the same hearts do not surely raise Dice, either: painters can hardly be "
        "told apart on these data."
        for one in families[REAL_ONLY.key]
        if one.arm == TRUE_SCARS.key and one.dice.low <= 0
    ]
    unsure = [
        names[one.arm]
        for one in families[REAL_ONLY.key]
        if one.dice.low > 0 and not one.anew.low > 0
    ]
    if unsure:
        out.append(
            f"{', '.join(unsure)}: above the real data alone in these trainings; that others, with "
            "other seeds, would be, too, is not shown."
        )
    apart = [
        names[one.arm]
        for one in families[REAL_ONLY.key]
        if _elsewhere(scores[one.arm], scores[REAL_ONLY.key])
    ]
    if apart:
        out.append(
            f"{', '.join(apart)}: trained on another kind of processor than the real data alone, "
            "or in other precision, for some seeds; that may be part of the difference."
        )
    for key, row in scores.items():
        short = sum(cell.kept < cell.wanted for cell in row.cells)
        if short:
            out.append(f"{names[key]}: too few samples passed the judge in {short} trainings.")
    if len({(row.patients, row.seeds) for row in scores.values()}) > 1:
        out.append("The rows do not rest on the same patients and seeds yet: the run goes on.")
    return tuple(out)


def _elsewhere(one: ArmScores, base: ArmScores) -> bool:
    """Whether two arms computed differently for any seed and fold that both have."""
    theirs = {(cell.seed, cell.fold): cell.device for cell in base.cells}
    pairs = [
        (cell.device, theirs[cell.seed, cell.fold])
        for cell in one.cells
        if (cell.seed, cell.fold) in theirs
    ]
    return any(
        a != b if "," in a and "," in b else a.split(",")[0] != b.split(",")[0] for a, b in pairs
    )
