"""Phantom patients of the utility experiment, each drawn once and kept in the run's folder."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.cases import ground_of
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.sharing import made_once
from lgesynth_gui.evaluation.utility_data import (
    Fold,
    UtilityPatient,
    data_of,
    joined,
    patient_of,
    some_of,
)
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.phantom.stack import patient_at, scarred_again
from lgesynth_gui.segmentation.crop import labels_in
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING
from lgesynth_gui.training.reader_data import SlicePool

STREAM = "downstream"
POSITIVE = 31 / 53  # share of patients with scar in the paper's test set
PATIENTS = "patients"
_PHANTOM_ONLY = 1_000


@dataclass(frozen=True)
class Phantom:
    """One patient that can be drawn.

    Args:
        seed, index: Of the stream.
        scarred: With scar in at least one slice.
        scar: With this other scar in place of its own, if any; None = as it is.
    """

    seed: int
    index: int
    scarred: bool
    scar: int | None = None

    @property
    def name(self) -> str:
        """In tables."""
        return f"phantom {self.index + 1:03d}"

    def path(self, folder: Path) -> Path:
        """Where it is kept in a run's folder."""
        kind = "scar" if self.scarred else "clean"
        if self.scar is not None:
            kind += f"-again-{self.scar}"
        return folder / PATIENTS / f"seed-{self.seed}-{self.index:04d}-{kind}.npz"

    def slices(self) -> tuple[RealSlice, ...]:
        """Its slices, to be painted into."""
        found, who = [], (STREAM, self.seed, self.index, self.scarred)
        for one in patient_at(*who) if self.scar is None else scarred_again(*who, self.scar):
            ground, crop = ground_of(one.image, one.contours, MODEL_SPACING, one.level)
            found.append(RealSlice(self.name, ground, labels_in(one.labels, crop, ground.wall)))
        return tuple(found)


def phantom_data(
    folder: Path, seed: int, train: int, validation: int, test: int, fraction: float = 1.0
) -> Job:
    """Phantom patients standing in for real ones.

    Args:
        folder: The run's; patients are kept in it, and processes that share it share the work.
        seed: Of the phantom.
        train: Patients with labels to train on, at least 2.
        validation: To choose with, at least 2.
        test: To be measured, at least 2.
        fraction: Share of the training patients that is used.

    Returns:
        A job that returns `UtilityData` of one fold.
    """
    counts = (train, validation, test)
    if min(counts) < 2:
        raise LgeSynthError(
            "Each part needs at least two patients: one with scar, one without.", "Use more."
        )
    kinds = [scarred for count in counts for scarred in alternating(count)]
    every = [Phantom(seed, index, scarred) for index, scarred in enumerate(kinds)]
    patients: dict[str, UtilityPatient] = yield from _kept(folder, every)
    names = list(patients)
    used = some_of(names[:train], patients, fraction)
    fold = Fold(0, used, tuple(names[train : train + validation]), tuple(names[-test:]))
    drawn = {one.name: one for one in every}
    slices = cache(lambda name: drawn[name].slices())
    return data_of(patients, (fold,), "phantom patients", slices, real=False)


def true_scars(
    folder: Path,
    seed: int,
    names: Sequence[str],
    patients: Mapping[str, UtilityPatient],
    count: int,
) -> Job:
    """Scarred slices of given patients' own hearts with other scars: what a painter imitates.

    Args:
        folder: The run's.
        seed: Of the phantom.
        names: Of the patients.
        patients: All of the run by name, in the order they are drawn in.
        count: Slices.

    Returns:
        A job that returns a `SlicePool` of the first so many, one scar of each heart after the
        other; no seed of synthesis has a part in it.
    """
    places = {name: k for k, name in enumerate(patients)}
    pools: list[SlicePool] = []
    for scar in itertools.count():
        for name in names:
            if sum(map(len, pools)) >= count:
                whole = joined(pools)
                return whole.part(0, count)
            one = Phantom(seed, places[name], patients[name].positive, scar)
            again: dict[str, UtilityPatient] = yield from _kept(folder, [one])
            pool = again[one.name].pool
            pools.append(SlicePool(pool.images[pool.scarred], pool.labels[pool.scarred]))
    raise AssertionError("a count never ends")


def phantom_only(folder: Path, seed: int, count: int) -> Job:
    """Phantom patients to train on in place of real ones; a job that returns a `SlicePool`."""
    kinds = enumerate(alternating(count))
    every = [Phantom(seed, _PHANTOM_ONLY + k, scarred) for k, scarred in kinds]
    patients: dict[str, UtilityPatient] = yield from _kept(folder, every)
    return joined([one.pool for one in patients.values()])


def alternating(count: int) -> list[bool]:
    """Which of `count` patients hold scar: the paper's share of them, evenly spread."""
    return [int((k + 1) * POSITIVE) > int(k * POSITIVE) for k in range(count)]


def _kept(folder: Path, every: list[Phantom]) -> Job:
    """Patients by name, drawn where they are not there."""
    done = sum(one.path(folder).is_file() for one in every)

    def draw(one: Phantom) -> Job:
        nonlocal done
        _save(one.path(folder), patient_of(one.name, one.slices()).pool)
        done += 1
        yield Progress(min(done, len(every)), len(every), "drawing patients")
        return True

    yield from made_once(every, lambda one: one.path(folder), draw)
    return {one.name: UtilityPatient(one.name, _load(one.path(folder))) for one in every}


def _save(path: Path, pool: SlicePool) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=pool.images, labels=pool.labels)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def _load(path: Path) -> SlicePool:
    with np.load(path, allow_pickle=False) as stored:
        return SlicePool(stored["images"], stored["labels"])
