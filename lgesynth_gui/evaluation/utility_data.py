"""The patients of the utility experiment, and who of them is trained on, chosen with and tested."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.cases import ground_of
from lgesynth_gui.evaluation.emidec import load_stacks
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.real import real_slices
from lgesynth_gui.phantom.stack import patient_at
from lgesynth_gui.segmentation.crop import labels_in, normalise
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING
from lgesynth_gui.training.reader_data import SlicePool

STREAM = "downstream"
POSITIVE = 31 / 53  # share of patients with scar in the paper's test set
VALIDATION = 0.2  # of the patients that are not tested, as in the paper
_SPLIT, _PHANTOM_ONLY = 5, 1_000


@dataclass(frozen=True, eq=False)
class UtilityPatient:
    """One patient with all labelled slices.

    Args:
        name: Its number; no patient data.
        pool: Its slices as a reader sees them: each scaled by its own percentiles.
        slices: The same, to be painted into; () for one who is only tested.
    """

    name: str
    pool: SlicePool
    slices: tuple[RealSlice, ...] = ()

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
        real: They are patients, not phantoms.
    """

    patients: Mapping[str, UtilityPatient]
    folds: tuple[Fold, ...]
    words: str
    digest: str
    real: bool

    def pool(self, names: Sequence[str]) -> tuple[SlicePool, tuple[str, ...]]:
        """All slices of some patients in order, and whose each is."""
        some = [self.patients[name] for name in names]
        whose = tuple(one.name for one in some for _ in range(len(one.pool)))
        return joined([one.pool for one in some]), whose

    def hosts(self, fold: Fold) -> tuple[RealSlice, ...]:
        """Slices without scar of the fold's training patients."""
        every = (one for name in fold.train for one in self.patients[name].slices)
        found = tuple(one for one in every if not one.scarred)
        if not found:
            raise LgeSynthError(
                "No training patient has a slice without scar to paint into.", "Use more patients."
            )
        return found


def joined(pools: Sequence[SlicePool]) -> SlicePool:
    """Several pools as one, in order."""
    return SlicePool(
        np.concatenate([one.images for one in pools]), np.concatenate([one.labels for one in pools])
    )


def _patient(name: str, slices: Sequence[RealSlice], *, keep: bool = True) -> UtilityPatient:
    images = np.stack([normalise(one.ground.image)[0].astype(np.float16) for one in slices])
    labels = np.stack([one.labels for one in slices])
    return UtilityPatient(name, SlicePool(images, labels), tuple(slices) if keep else ())


def _phantom(name: str, seed: int, index: int, scarred: bool, *, keep: bool) -> UtilityPatient:
    slices = []
    for one in patient_at(STREAM, seed, index, scarred):
        ground, crop = ground_of(one.image, one.contours, MODEL_SPACING, one.level)
        slices.append(RealSlice(name, ground, labels_in(one.labels, crop, ground.wall)))
    return _patient(name, slices, keep=keep)


def _alternating(count: int) -> list[bool]:
    """Which of `count` patients hold scar: the paper's share of them, evenly spread."""
    return [int((k + 1) * POSITIVE) > int(k * POSITIVE) for k in range(count)]


def phantom_data(seed: int, train: int, validation: int, test: int, fraction: float = 1.0) -> Job:
    """Phantom patients standing in for real ones.

    Args:
        seed: Of the phantom.
        train: Patients with labels to train on, at least 2.
        validation: To choose with, at least 2.
        test: To be measured, at least 2.
        fraction: Share of the training patients that is used.

    Returns:
        A job that returns `UtilityData` of one fold.
    """
    parts = {"train": train, "validation": validation, "test": test}
    if min(parts.values()) < 2:
        raise LgeSynthError(
            "Each part needs at least two patients: one with scar, one without.", "Use more."
        )
    patients: dict[str, UtilityPatient] = {}
    names: dict[str, list[str]] = {part: [] for part in parts}
    for part, count in parts.items():
        for scarred in _alternating(count):
            number = len(patients)
            name = f"phantom {number + 1:03d}"
            patients[name] = _phantom(name, seed, number, scarred, keep=part == "train")
            names[part].append(name)
            yield Progress(len(patients), sum(parts.values()), "drawing patients")
    used = _fraction(names["train"], patients, fraction)
    fold = Fold(0, used, tuple(names["validation"]), tuple(names["test"]))
    return _data(patients, (fold,), "phantom patients", real=False)


def phantom_only(seed: int, count: int) -> Job:
    """Phantom patients to train on in place of real ones; a job that returns a `SlicePool`."""
    pools = []
    for k, scarred in enumerate(_alternating(count)):
        one = _phantom("phantom", seed, _PHANTOM_ONLY + k, scarred, keep=False)
        pools.append(one.pool)
        yield Progress(k + 1, count, "drawing phantom patients")
    return joined(pools)


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
    patients: dict[str, UtilityPatient] = {}
    for k, stack in enumerate(stacks):
        if slices := list(real_slices([stack])):
            patients[stack.name] = _patient(stack.name, slices)
        yield Progress(k + 1, len(stacks), "reading patients")
    return _data(patients, divided(patients, folds, fraction), "patients", real=True)


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
        used = _fraction(train, patients, fraction)
        found.append(Fold(number, used, tuple(validation), tuple(test)))
    return tuple(found)


def _fraction(
    names: Sequence[str], patients: Mapping[str, UtilityPatient], fraction: float
) -> tuple[str, ...]:
    """The first of those with scar and of those without, at least one of each."""
    kept: set[str] = set()
    for wanted in (True, False):
        some = [name for name in names if patients[name].positive is wanted]
        kept |= set(some[: max(1, ceil(fraction * len(some) - 1e-9))])
    return tuple(name for name in names if name in kept)


def _data(
    patients: Mapping[str, UtilityPatient], folds: tuple[Fold, ...], kind: str, *, real: bool
) -> UtilityData:
    digest = hashlib.sha256(repr(folds).encode())
    for name, one in patients.items():
        digest.update(name.encode() + one.pool.images.tobytes() + one.pool.labels.tobytes())
    slices = sum(len(one.pool) for one in patients.values())
    scarred = sum(int(one.pool.scarred.sum()) for one in patients.values())
    positive = sum(one.positive for one in patients.values())
    parts = [len(folds[0].train), len(folds[0].validation), len(folds[0].test)]
    each = "" if len(folds) == 1 else f" in each of {len(folds)} folds"
    words = (
        f"{len(patients)} {kind}, {positive} of them with scar; {slices} slices, {scarred} with "
        f"scar. {parts[0]} are trained on, {parts[1]} chosen with and {parts[2]} tested{each}."
    )
    return UtilityData(patients, folds, words, digest.hexdigest(), real)
