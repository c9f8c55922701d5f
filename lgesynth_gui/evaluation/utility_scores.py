"""What the arms are worth on held-out patients: figures of their cells. Loads no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.utility_cells import LEVELS, Cell, SliceScore
from lgesynth_gui.quality.interval import DRAWS, bootstrap, wilson

THRESHOLDS_MM2 = (10, 20, 30, 40, 60, 80, 120, 160, 240)
USUAL_MM2 = 20
Slices = Sequence[SliceScore]


def called(slices: Iterable[SliceScore], threshold: float) -> dict[str, bool]:
    """Whether each patient is called scarred: a found part of any slice reaches the threshold."""
    out: dict[str, bool] = {}
    for one in slices:
        out[one.patient] = out.get(one.patient, False) or one.largest >= threshold
    return out


def labelled(slices: Iterable[SliceScore]) -> dict[str, bool]:
    """Whether each patient has labelled scar in any slice."""
    out: dict[str, bool] = {}
    for one in slices:
        out[one.patient] = out.get(one.patient, False) or one.truth > 0
    return out


def confusion(told: Sequence[bool], truth: Sequence[bool]) -> tuple[int, int, int, int]:
    """True negatives, false positives, false negatives, true positives."""
    pairs = list(zip(told, truth, strict=True))
    kinds = ((False, False), (True, False), (False, True), (True, True))
    counts = [pairs.count(kind) for kind in kinds]
    return counts[0], counts[1], counts[2], counts[3]


def balanced_accuracy(counts: Sequence[int]) -> float:
    """Mean of sensitivity and specificity of a confusion; NaN when a kind of patient is missing."""
    tn, fp, fn, tp = counts
    if not (tn + fp and fn + tp):
        return float("nan")
    return (tn / (tn + fp) + tp / (tp + fn)) / 2


def chosen_threshold(validations: Sequence[Slices]) -> int:
    """The smallest part, mm2, that calls a patient scarred: best balanced accuracy on validation.

    Args:
        validations: Slices of the validation patients, of each training apart.

    Returns:
        One of `THRESHOLDS_MM2`; of equals the nearest to 20 mm2.
    """

    def rank(threshold: int) -> tuple[float, float]:
        told: list[bool] = []
        truth: list[bool] = []
        for slices in validations:
            known, found = labelled(slices), called(slices, threshold)
            truth += list(known.values())
            told += [found[name] for name in known]
        value = balanced_accuracy(confusion(told, truth))
        return (-1.0 if np.isnan(value) else value), -abs(np.log(threshold / USUAL_MM2))

    return max(THRESHOLDS_MM2, key=rank)


@dataclass(frozen=True)
class PatientCall:
    """One test patient, as one training called it.

    Args:
        patient: Whose.
        seed: Of the training.
        told: Called scarred.
        truth: Is scarred.
        largest: mm2 of the largest part found in any slice.
    """

    patient: str
    seed: int
    told: bool
    truth: bool
    largest: int = 0

    @property
    def right(self) -> bool:
        """Whether both agree."""
        return self.told is self.truth


@dataclass(frozen=True, eq=False)
class ArmScores:
    """All cells of one arm.

    Args:
        arm: Its key.
        cells: At least one.
    """

    arm: str
    cells: tuple[Cell, ...]

    @cached_property
    def thresholds(self) -> dict[int, int]:
        """mm2 by fold, fixed on validation patients of all folds and seeds that it does not test.

        A fold's own validation patients are too few to fix anything on.
        """
        out = {}
        for fold in sorted({cell.fold for cell in self.cells}):
            tested = {one.patient for c in self.cells if c.fold == fold for one in c.test}
            out[fold] = chosen_threshold(
                [[one for one in c.validation if one.patient not in tested] for c in self.cells]
            )
        return out

    @cached_property
    def calls(self) -> tuple[PatientCall, ...]:
        """Every test patient of every cell."""
        out = []
        for cell in self.cells:
            least = self.thresholds[cell.fold]
            largest: dict[str, int] = {}
            for one in cell.test:
                largest[one.patient] = max(largest.get(one.patient, 0), one.largest)
            for name, truth in labelled(cell.test).items():
                area = largest[name]
                out.append(PatientCall(name, cell.seed, area >= least, truth, area))
        return tuple(out)

    @cached_property
    def slices(self) -> tuple[tuple[int, SliceScore], ...]:
        """Seed and score of every test slice of every cell."""
        return tuple((cell.seed, one) for cell in self.cells for one in cell.test)

    @property
    def confusion(self) -> tuple[int, int, int, int]:
        """Patients, each counted once a seed."""
        return confusion([one.told for one in self.calls], [one.truth for one in self.calls])

    @property
    def seeds(self) -> int:
        """How many."""
        return len({cell.seed for cell in self.cells})

    @property
    def patients(self) -> int:
        """Test patients."""
        return len({one.patient for one in self.calls})

    def dice(self, name: str, keep: Callable[[SliceScore], bool]) -> Figure:
        """Mean Dice of the test slices that are kept, with its interval over patients."""
        some = [one for _, one in self.slices if keep(one)]
        return _mean(name, [one.dice for one in some], [one.patient for one in some])

    def dice_figures(self) -> tuple[Figure, ...]:
        """Dice of all slices, of scarred ones, of those where scar was hit, of those without."""
        return (
            self.dice("Dice all", lambda one: True),
            self.dice("Dice scarred", lambda one: one.truth > 0),
            self.dice("Dice true positives", lambda one: one.both > 0),
            self.dice("Dice negatives", lambda one: one.truth == 0),
        )

    def over_levels(self) -> tuple[tuple[float, ...], ...]:
        """Mean Dice of slices without scar and of those with, at each of `LEVELS`."""
        out: list[tuple[float, ...]] = []
        for level in range(len(LEVELS)):
            read = [one for cell in self.cells for one in cell.tested[level]]
            kinds = [
                [o.dice for o in read if (o.truth > 0) is scarred] for scarred in (False, True)
            ]
            clean, found = (float(np.mean(one)) if one else float("nan") for one in kinds)
            out.append((clean, found))
        return tuple(out)

    def patient_figures(self) -> tuple[Figure, ...]:
        """Accuracy, balanced accuracy, sensitivity, specificity and area under the curve."""
        scarred = [one for one in self.calls if one.truth]
        clean = [one for one in self.calls if not one.truth]
        return (
            _share("accuracy", self.calls),
            self.balanced,
            _share("sensitivity", scarred),
            _share("specificity", clean),
            self.area_under_curve,
        )

    @cached_property
    def balanced(self) -> Figure:
        """Balanced accuracy of patients, its interval by a bootstrap over them."""
        order = {name: k for k, name in enumerate(dict.fromkeys(c.patient for c in self.calls))}
        sums = np.zeros((len(order), 4))
        for one in self.calls:
            kind = (2 if one.truth else 0) + (1 if one.told else 0)
            sums[order[one.patient], kind] += 1
        value = balanced_accuracy(self.confusion)
        low, high = _resampled(sums)
        return Figure("balanced accuracy", value, low, high, len(self.calls))

    @cached_property
    def area_under_curve(self) -> Figure:
        """Chance that a scarred patient's largest part exceeds a clean one's; equals count half.

        It needs no threshold. Patients are compared within a seed; the interval is a bootstrap
        over patients.
        """
        names = list(dict.fromkeys(one.patient for one in self.calls))
        truth = {one.patient: one.truth for one in self.calls}
        seeds = sorted({one.seed for one in self.calls})
        areas = np.full((len(seeds), len(names)), np.nan)
        for one in self.calls:
            areas[seeds.index(one.seed), names.index(one.patient)] = one.largest
        scarred = np.array([truth[name] for name in names], dtype=bool)
        above = areas[:, scarred, None] - areas[:, None, ~scarred]
        known = np.isfinite(above)
        wins = np.where(known, (np.sign(above) + 1) / 2, 0.0).sum(axis=0)
        pairs = known.sum(axis=0)
        value = float(wins.sum() / pairs.sum()) if pairs.sum() else float("nan")
        rng = np.random.default_rng(0)
        picks = rng.integers(0, len(names), (DRAWS, len(names)))
        weight = np.stack([np.bincount(row, minlength=len(names)) for row in picks])
        pos, neg = weight[:, scarred], weight[:, ~scarred]
        with np.errstate(invalid="ignore"):
            found = np.einsum("dp,pn,dn->d", pos, wins, neg) / np.einsum(
                "dp,pn,dn->d", pos, pairs, neg
            )
        low, high = _ends(found)
        return Figure("AUC", value, low, high, len(self.calls))

    def dice_of(self, seed: int) -> float:
        """Mean Dice of all slices of one seed; NaN without any."""
        found = [one.dice for k, one in self.slices if k == seed]
        return float(np.mean(found)) if found else float("nan")

    def balanced_of(self, seed: int) -> float:
        """Balanced accuracy of one seed; NaN when a kind of patient is missing."""
        some = [one for one in self.calls if one.seed == seed]
        return balanced_accuracy(confusion([one.told for one in some], [one.truth for one in some]))

    def lesion_figures(self) -> tuple[Figure, ...]:
        """Share of labelled parts that a found part touches, and of found parts that touch one."""
        hits: list[tuple[float, str]] = []
        right: list[tuple[float, str]] = []
        for cell in self.cells:
            least = self.thresholds[cell.fold]
            for one in cell.test:
                hits += [(float(touch >= least), one.patient) for _, touch in one.lesions]
                kept = [both for area, both in one.parts if area >= least]
                right += [(float(both > 0), one.patient) for both in kept]
        return tuple(
            _mean(name, [v for v, _ in rows], [p for _, p in rows])
            for name, rows in (("lesion sensitivity", hits), ("lesion PPV", right))
        )

    def figures(self) -> tuple[Figure, ...]:
        """All of them."""
        return (*self.dice_figures(), *self.patient_figures(), *self.lesion_figures())


def _mean(name: str, values: Sequence[float], groups: Sequence[str]) -> Figure:
    if not values:
        return Figure(name, float("nan"), float("nan"), float("nan"), 0)
    low, high = bootstrap(values, np.random.default_rng(0), groups)
    return Figure(name, float(np.mean(values)), low, high, len(values))


def _share(name: str, calls: Sequence[PatientCall]) -> Figure:
    """Share of right calls: Wilson's interval of one seed, a bootstrap over patients of several."""
    right = [one.right for one in calls]
    patients = len({one.patient for one in calls})
    if not right:
        return Figure(name, float("nan"), float("nan"), float("nan"), 0)
    value = sum(right) / len(right)
    if patients < len(right) and 0 < value < 1:
        return _mean(name, [float(one) for one in right], [one.patient for one in calls])
    low, high = wilson(round(value * patients), patients)
    return Figure(name, value, low, high, len(right))


def _resampled(sums: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Interval of the balanced accuracy; `(patients, 4)` counts of TN, FP, FN, TP."""
    picks = np.random.default_rng(0).integers(0, len(sums), (DRAWS, len(sums)))
    tn, fp, fn, tp = sums[picks].sum(axis=1).T
    with np.errstate(invalid="ignore", divide="ignore"):
        return _ends((tn / (tn + fp) + tp / (tp + fn)) / 2)


def _ends(found: npt.NDArray[np.float64]) -> tuple[float, float]:
    """95 % percentile interval of resampled values; of those that hold both kinds of patients."""
    finite = found[np.isfinite(found)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.percentile(finite, (2.5, 97.5))
    return float(low), float(high)


def scores_by_arm(cells: Iterable[Cell]) -> dict[str, ArmScores]:
    """Cells gathered by arm, each arm's in the order of seed and fold."""
    by_arm: dict[str, list[Cell]] = {}
    for cell in sorted(cells, key=lambda one: (one.seed, one.fold)):
        by_arm.setdefault(cell.arm, []).append(cell)
    return {arm: ArmScores(arm, tuple(some)) for arm, some in by_arm.items()}
