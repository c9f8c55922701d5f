"""Utility: does adding synthetic scars to few real labels help a segmenter on other patients?

One training of one arm is a cell. Cells are independent of each other and of the order they are
made in, each is written as soon as it is done, and several processes may share a folder.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress, told_as
from lgesynth_gui.evaluation.lineup import Lineup, Setting, load_lineup, steps_words
from lgesynth_gui.evaluation.sharing import claimed, made_once
from lgesynth_gui.evaluation.systems import System
from lgesynth_gui.evaluation.utility_arms import COUNT, SIMULATOR, Arm, chosen_arms
from lgesynth_gui.evaluation.utility_cells import CELLS, Cell, cell_name, cell_path, write_cell
from lgesynth_gui.evaluation.utility_data import Fold, UtilityData, real_data
from lgesynth_gui.evaluation.utility_panel import panel_of
from lgesynth_gui.evaluation.utility_phantoms import (
    PATIENTS,
    phantom_data,
    phantom_only,
    true_scars,
)
from lgesynth_gui.evaluation.utility_record import hold_record
from lgesynth_gui.evaluation.utility_synthetic import MOST_DRAWS, SyntheticSet, synthetic_set
from lgesynth_gui.evaluation.utility_train import (
    Mixture,
    Training,
    computing,
    read_patients,
    train_downstream,
)
from lgesynth_gui.io.leftovers import sweep
from lgesynth_gui.registry.cards import find_models
from lgesynth_gui.synthesis.sampler import PAINTING
from lgesynth_gui.training.reader_data import SlicePool

FORM = 4  # raised when the same options would give other numbers
PHANTOMS = (127, 32, 120)  # trained on and chosen with as in the paper; it tests 53
PHANTOM_ONLY_PATIENTS = 40
SYNTHETIC = "synthetic"


@dataclass(frozen=True)
class UtilityOptions:
    """What a run is asked for.

    Args:
        data: Folder of real annotated stacks; None = phantom patients.
        count: Synthetic samples of each arm; the larger arms are multiples.
        seeds: How many seeds of data order and synthesis, from 1 on.
        folds: Divisions of real patients, each tested once.
        fraction: Share of the real training patients that is used.
        arms: Keys of `utility_arms.ARMS`; () = all.
        label: "drawn", the scar as it was ordered, or "judged", as the judge sees it (the paper).
        phantoms: Phantom patients to train on, choose with and test.
        phantom_seed: Of phantom patients.
        training: How each arm is trained.
    """

    data: Path | None = None
    count: int = COUNT
    seeds: int = 3
    folds: int = 3
    fraction: float = 1.0
    arms: tuple[str, ...] = ()
    label: Literal["drawn", "judged"] = "drawn"
    phantoms: tuple[int, int, int] = PHANTOMS
    phantom_seed: int = 7
    training: Training = field(default_factory=Training)


def measure_utility(
    folder: Path,
    options: UtilityOptions | None = None,
    setting: Setting | None = None,
    lineup: Lineup | None = None,
) -> Job:
    """Train every arm that is not in the folder yet, and tell what all of them are worth.

    Args:
        folder: The run's; what it holds already is kept and not made again.
        options: What is asked for. More arms or seeds may be asked for later; anything else that
            changes a number is refused.
        setting: How our systems sample.
        lineup: Who paints and who judges; None loads them.

    Returns:
        A job that yields progress and returns the `Panel` of all cells of the folder.

    Raises:
        LgeSynthError: the folder holds another run, or patients or networks are missing.
    """
    used, how = options or UtilityOptions(), setting or Setting()
    if not 0 < used.fraction <= 1:
        raise LgeSynthError("The share of real data lies in (0, 1].", "Use 0.25, 0.5 or 1.")
    arms = chosen_arms(used.arms, real=used.data is not None)
    data: UtilityData = yield from _data_of(folder, used)
    yield Progress(0, 0, "loading models")
    cards = {} if lineup else {c.reference: c.sha256 for c in find_models(how.folders)}
    who = lineup or load_lineup(how)
    hold_record(folder, _record(used, how, cards, data))
    run = _Run(folder, used, data, who)
    yield from run.work(arms)
    return panel_of(folder, run.missing(arms))


def _data_of(folder: Path, options: UtilityOptions) -> Job:
    if options.data is not None:
        return (yield from real_data(options.data, options.folds, options.fraction))
    seed, counts = options.phantom_seed, options.phantoms
    return (yield from phantom_data(folder, seed, *counts, options.fraction))


def _record(
    options: UtilityOptions, setting: Setting, models: Mapping[str, str], data: UtilityData
) -> dict[str, Any]:
    how = options.training
    used = "" if options.fraction == 1 else f" {options.fraction:.0%} of the first are used."
    mixing = "every slice of an arm is drawn alike"
    if how.mixing == "stratified":
        mixing = "scar is drawn as often as it occurs in the real slices, in every arm"
    label = "drawn" if options.label == "drawn" else "seen by the judge"
    words = [
        data.words + used,
        (
            f"The segmenter ({how.network}) sees the image alone and finds muscle and scar; "
            f"{how.steps} steps of {how.batch} slices, Jaccard loss; {mixing}."
        ),
        (
            "Hosts are training slices without scar. A sample is kept when the judge's Dice with "
            f"the drawn scar exceeds 0.6, out of at most {MOST_DRAWS} draws for each that is "
            f"wanted; its label is the scar as it was {label}. Our systems sampled in "
            f"{steps_words(setting.steps, setting.half)}."
        ),
    ]
    if not data.real:
        words.append(
            "These are no patients: all systems learnt from simulated hearts, too, so that what "
            "they add here may be more than it is in patients."
        )
    return {
        "form": FORM,
        "data": data.digest,
        "count": options.count,
        "label": options.label,
        "fraction": options.fraction,
        "training": {name: value for name, value in asdict(how).items() if name != "device"},
        "sampling": [setting.steps, setting.guidance, setting.text_scale, setting.half],
        "painting": PAINTING,
        "models": dict(models),
        "words": words,
    }


class _Busy(Exception):
    """Another process is making the samples."""


class _Run:
    """A run's folder and all that its cells need."""

    def __init__(
        self, folder: Path, options: UtilityOptions, data: UtilityData, lineup: Lineup
    ) -> None:
        self.folder, self.options, self.data, self.lineup = folder, options, data, lineup
        self.systems: dict[str, System] = {one.name: one for one in lineup.systems}
        self._phantom: SlicePool | None = None
        for place in (folder, folder / CELLS, folder / PATIENTS, *folder.glob(f"{SYNTHETIC}/*")):
            sweep(place)  # what killed processes left

    def missing(self, arms: Sequence[Arm]) -> tuple[str, ...]:
        """Arms whose system is not here."""
        return tuple(arm.title for arm in arms if not self._can(arm))

    def _can(self, arm: Arm) -> bool:
        return arm.system in self.systems or arm.system in ("", SIMULATOR)

    def work(self, arms: Sequence[Arm]) -> Job:
        """Make every cell that is not there; seeds last, so that a partial run is a table."""
        left = [
            (arm, seed, fold)
            for seed in range(1, self.options.seeds + 1)
            for fold in self.data.folds
            for arm in arms
            if self._can(arm)
        ]
        yield from made_once(left, lambda one: self._path(*one), lambda one: self._cell(*one))

    def _path(self, arm: Arm, seed: int, fold: Fold) -> Path:
        return cell_path(self.folder, cell_name(arm.key, seed, fold.number))

    def _cell(self, arm: Arm, seed: int, fold: Fold) -> Job:
        """Make one cell; False when its samples are just being made by another process."""
        number = arm.wanted(self.options.count)
        title = f"{arm.title}, {number}" if number else arm.title
        place = f"seed {seed}" + (f", fold {fold.number + 1}" if len(self.data.folds) > 1 else "")

        def told(step: Progress | None) -> Progress | None:
            if step is None:
                return None
            return Progress(step.done, step.total, f"{place}, {title}: {step.note}")

        try:
            samples: SyntheticSet | None = None
            if arm.system:
                samples = yield from told_as(self._samples(arm, seed, fold), told)
        except _Busy:
            return False
        cell = yield from told_as(self._trained(arm, seed, fold, samples), told)
        write_cell(self.folder, cell)
        return True

    def _samples(self, arm: Arm, seed: int, fold: Fold) -> Job:
        if arm.system == SIMULATOR:
            return (yield from self._true_scars(fold, arm.wanted(self.options.count)))
        key = "".join(c if c.isalnum() else "-" for c in arm.system.lower())
        place = self.folder / SYNTHETIC / f"seed-{seed}-fold-{fold.number}-{key}"
        with claimed(place) as ours:
            if not ours:
                raise _Busy
            hosts = yield from self.data.hosts(fold)
            return (
                yield from synthetic_set(
                    place,
                    self.systems[arm.system],
                    self.lineup.readers.judge,
                    hosts,
                    seed,
                    fold.number,
                    arm.wanted(self.options.count),
                    judged=self.options.label == "judged",
                )
            )

    def _true_scars(self, fold: Fold, count: int) -> Job:
        known, seed = self.data.patients, self.options.phantom_seed
        pool: SlicePool = yield from true_scars(self.folder, seed, fold.train, known, count)
        return SyntheticSet(pool, len(pool), count)

    def _trained(self, arm: Arm, seed: int, fold: Fold, samples: SyntheticSet | None) -> Job:
        if arm.real:
            real, _ = self.data.pool(fold.train)
        else:
            real = yield from self._phantoms()
        more = samples.pool if samples is not None and len(samples.pool) else None
        how = self.options.training
        begun = time.monotonic()
        trained = yield from train_downstream(
            Mixture(real, more), self.data.pool(fold.validation), seed, how
        )
        seconds = time.monotonic() - begun
        validation = yield from read_patients(trained.network, *self.data.pool(fold.validation))
        test = yield from read_patients(trained.network, *self.data.pool(fold.test))
        return Cell(
            arm=arm.key,
            seed=seed,
            fold=fold.number,
            kept=len(samples.pool) if samples is not None else 0,
            draws=samples.draws if samples is not None else 0,
            wanted=arm.wanted(self.options.count),
            step=trained.step,
            steps=how.steps,
            choice=trained.choice,
            seconds=round(seconds, 1),
            device=computing(how.device),
            validated=validation,
            tested=test,
        )

    def _phantoms(self) -> Job:
        if self._phantom is None:
            seed, count = self.options.phantom_seed, PHANTOM_ONLY_PATIENTS
            self._phantom = yield from phantom_only(self.folder, seed, count)
        yield None
        return self._phantom
