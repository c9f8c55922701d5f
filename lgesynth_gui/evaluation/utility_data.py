"""The patients of the utility experiment, and who of them is trained on, chosen with and tested."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.emidec import load_stacks
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.real import real_slices
from lgesynth_gui.segmentation.crop import normalise
from lgesynth_gui.training.reader_data import SlicePool

VALIDATION = 0.2  # of the patients that are not tested, as in the paper
_SPLIT = 5
Slices = Callable[[str], Sequence[RealSlice]]  # by name of a patient


@dataclass(frozen=True, eq=False)
class UtilityPatient:
    """One patient with all labelled slices.

    Args:
        name: Its number; no patient data.
        pool: Its slices as a reader sees them: each scaled by its own percentiles.
    """

    name: str
    pool: SlicePool

    @property
    def positive(self) -> bool:
        """Whether any slice is labelled with scar."""
        return bool(self.pool.scarred.any())


@dataclass(frozen=True)
class Fold:
    """Names of patients, none in two parts.

    Args:
        number: From 0.
        train: The loss sees them, and hosts of synthetic scars come from them alone.
        validation: They choose weights and thresholds.
        test: They are measured.
    """

    number: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class UtilityData:
    """Everything that is trained on and tested.

    Args:
        patients: By name.
        folds: Each patient is tested in one at most.
        words: What they are, one sentence.
        digest: SHA-256 of pictures, labels and folds.
        slices: The slices of a patient, to be painted into.
        real: They are patients, not phantoms.
    """

    patients: Mapping[str, UtilityPatient]
    folds: tuple[Fold, ...]
    words: str
    digest: str
    slices: Slices
    real: bool

    def pool(self, names: Sequence[str]) -> tuple[SlicePool, tuple[str, ...]]:
        """All slices of some patients in order, and whose each is."""
        some = [self.patients[name] for name in names]
        whose = tuple(one.name for one in some for _ in range(len(one.pool)))
        return joined([one.pool for one in some]), whose

    def hosts(self, fold: Fold) -> Job:
        """Slices without scar of the fold's training patients.

        Returns:
            A job that returns a tuple of `RealSlice`.

        Raises:
            LgeSynthError: there are none.
        """
        found: list[RealSlice] = []
        for k, name in enumerate(fold.train):
            found += [one for one in self.slices(name) if not one.scarred]
            yield Progress(k + 1, len(fold.train), "gathering hosts")
        if not found:
            raise LgeSynthError(
                "No training patient has a slice without scar to paint into.", "Use more patients."
            )
        return tuple(found)


def joined(pools: Sequence[SlicePool]) -> SlicePool:
    """Several pools as one, in order."""
    return SlicePool(
        np.concatenate([one.images for one in pools]), np.concatenate([one.labels for one in pools])
    )


def patient_of(name: str, slices: Sequence[RealSlice]) -> UtilityPatient:
    """A patient as readers see it, from slices that can be painted into."""
    images = np.stack([normalise(one.ground.image)[0].astype(np.float16) for one in slices])
    labels = np.stack([one.labels for one in slices])
    return UtilityPatient(name, SlicePool(images, labels))


def real_data(folder: Path, folds: int, fraction: float = 1.0) -> Job:
    """Real annotated stacks, every patient tested once.

    Args:
        folder: See `emidec.load_stacks`.
        folds: How often the patients are divided, at least 2.
        fraction: Share of the training patients that is used.

    Returns:
        A job that returns `UtilityData`.

    Raises:
        LgeSynthError: too few patients with or without scar.
    """
    stacks = load_stacks(folder)
    held: dict[str, list[RealSlice]] = {}
    for k, stack in enumerate(stacks):
        if slices := list(real_slices([stack])):
            held[stack.name] = slices
        yield Progress(k + 1, len(stacks), "reading patients")
    patients = {name: patient_of(name, slices) for name, slices in held.items()}
    parts = divided(patients, folds, fraction)
    return data_of(patients, parts, "patients", held.__getitem__, real=True)


def divided(
    patients: Mapping[str, UtilityPatient], folds: int, fraction: float = 1.0
) -> tuple[Fold, ...]:
    """Folds in which patients with and without scar are shared out evenly.

    Args:
        patients: By name.
        folds: At least 2.
        fraction: Share of the training patients that is used; a smaller one is part of a larger.

    Raises:
        LgeSynthError: too few patients with or without scar.
    """
    rng = np.random.default_rng(_SPLIT)
    kinds = [
        [n for n, one in patients.items() if one.positive is wanted] for wanted in (True, False)
    ]
    fewest = min(map(len, kinds))
    left = fewest - -(-fewest // max(folds, 1))  # beside the largest test part
    if folds < 2 or fewest < folds or left < 2:
        raise LgeSynthError(
            f"There are too few patients for {folds} folds: each needs some with scar and some "
            "without to test, to choose with and to train on.",
            "Use more patients, or another number of folds.",
        )
    orders = [[names[k] for k in rng.permutation(len(names))] for names in kinds]
    found = []
    for number in range(folds):
        train, validation, test = [], [], []
        for order in orders:
            rest = [name for k, name in enumerate(order) if k % folds != number]
            count = max(1, round(VALIDATION * len(rest)))
            test += [name for k, name in enumerate(order) if k % folds == number]
            validation += rest[:count]
            train += rest[count:]
        used = some_of(train, patients, fraction)
        found.append(Fold(number, used, tuple(validation), tuple(test)))
    return tuple(found)


def some_of(
    names: Sequence[str], patients: Mapping[str, UtilityPatient], fraction: float
) -> tuple[str, ...]:
    """A share of patients: the first of those with scar and of those without, at least one each."""
    kept: set[str] = set()
    for wanted in (True, False):
        some = [name for name in names if patients[name].positive is wanted]
        kept |= set(some[: max(1, ceil(fraction * len(some) - 1e-9))])
    return tuple(name for name in names if name in kept)


def data_of(
    patients: Mapping[str, UtilityPatient],
    folds: tuple[Fold, ...],
    kind: str,
    slices: Slices,
    *,
    real: bool,
) -> UtilityData:
    """Patients and folds with the words and the digest that belong to them.

    Args:
        patients: By name.
        folds: At least one.
        kind: What the patients are called.
        slices: The slices of a patient, to be painted into.
        real: They are patients, not phantoms.
    """
    digest = hashlib.sha256(repr(folds).encode())
    for name, one in patients.items():
        digest.update(name.encode() + one.pool.images.tobytes() + one.pool.labels.tobytes())
    held = sum(len(one.pool) for one in patients.values())
    scarred = sum(int(one.pool.scarred.sum()) for one in patients.values())
    positive = sum(one.positive for one in patients.values())
    parts = [len(folds[0].train), len(folds[0].validation), len(folds[0].test)]
    each = "" if len(folds) == 1 else f" in each of {len(folds)} folds"
    words = (
        f"{len(patients)} {kind}, {positive} of them with scar; {held} slices, {scarred} with "
        f"scar. {parts[0]} are trained on, {parts[1]} chosen with and {parts[2]} tested{each}."
    )
    return UtilityData(patients, folds, words, digest.hexdigest(), slices, real)
