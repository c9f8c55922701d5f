"""Alignment: does an independent judge find the scar that was asked for, where it was asked for?

Placement on unseen phantom hearts: a healthy slice is the host, the pattern's clean outline is the
wish, the same for every system. Beside the systems stand what the same judge says of the phantom's
own scars (the ceiling), of wishes shuffled between the cases (chance) and of the untouched hosts
(false alarms).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.cases import Case, placements, shuffled_wishes
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.lineup import (
    Lineup,
    Setting,
    control_of,
    load_lineup,
    steps_words,
)
from lgesynth_gui.evaluation.outcome import Outcome, Readers, outcome_of
from lgesynth_gui.evaluation.rows import (
    FALSE_ALARM_MM2,
    GAP_ALARM,
    LIMIT,
    Bin,
    Row,
    bins,
    paired,
)
from lgesynth_gui.evaluation.systems import System
from lgesynth_gui.registry.cards import Metric
from lgesynth_gui.training.figures import mean_of, share_of

CEILING, CHANCE, UNTOUCHED = "real scars (ceiling)", "shuffled wishes (chance)", "untouched host"
_DATA = "unseen phantom sketches of all patterns, in healthy hosts"


@dataclass(frozen=True)
class Contender:
    """A row of ours and what it was made with.

    Args:
        row: The row's name.
        model: "id/version" of its control network.
        guidance: Step of the reward guidance.
    """

    row: str
    model: str
    guidance: float


@dataclass(frozen=True)
class Report:
    """One table.

    Args:
        judge: "id/version" of the judge.
        steps: Sampler steps of ours.
        seed: Of phantom and noise.
        rows: Controls first, then the systems.
        ours: Which rows are ours; the first one is what the others are compared with.
        missing: Rows whose weights are not there.
        half: Whether systems that sample computed in bfloat16.
    """

    judge: str
    steps: int
    seed: int
    rows: tuple[Row, ...]
    ours: tuple[Contender, ...]
    missing: tuple[str, ...] = ()
    half: bool = False

    def row(self, name: str) -> Row:
        """The row of some name."""
        return next(one for one in self.rows if one.name == name)

    @property
    def first(self) -> Row:
        """The first row of ours."""
        return self.row(self.ours[0].row)

    def differences(self) -> dict[str, Figure]:
        """Mean paired difference in the judge's Dice of each system to the first of ours."""
        others = [r for r in self.rows if r.name not in (CEILING, CHANCE, self.first.name)]
        return {row.name: paired(self.first, row) for row in others}

    def bins(self) -> tuple[Bin, ...]:
        """Systems by size and depth word of the wish, each with the ceiling of the same cases."""
        ceiling = self.row(CEILING)
        asked = [row for row in self.rows if row.name not in (CEILING, CHANCE)]
        return tuple(cell for row in asked for cell in bins(row, ceiling))

    def alarms(self) -> tuple[str, ...]:
        """What speaks against calling a gain a gain, one sentence each."""
        ceiling, before, out = self.row(CEILING).dice, self.first.gap.value, []
        for one in self.ours:
            row = self.row(one.row)
            growth = row.gap.value - before
            if growth > GAP_ALARM:
                out.append(f"{row.name}: the reward gap grew by {growth:.2f}.")
            if row.dice.value > ceiling.high:
                out.append(f"{row.name}: the judge scores it above real scars.")
        return tuple(out)

    def metrics(self, name: str = "") -> tuple[Metric, ...]:
        """A row's figures for a model's card; "" is the first of ours."""
        one = next((o for o in self.ours if o.row == name), self.ours[0])
        how = steps_words(self.steps, self.half)
        how = f"{how}, guidance {one.guidance:g}, judge {self.judge}"
        data = f"{_DATA}; {how}"
        rows, best = self.row(one.row).outcomes, self.row(CEILING).outcomes
        rewarded = [o.reward_dice for o in rows if np.isfinite(o.reward_dice)]
        told = [
            share_of("Share with judge Dice > 0.6", [o.dice > LIMIT for o in rows], data),
            mean_of("Judge Dice, mean", [o.dice for o in rows], data),
            share_of("Ceiling: share with Dice > 0.6", [o.dice > LIMIT for o in best], data),
            mean_of("Ceiling: judge Dice, mean", [o.dice for o in best], data),
            share_of("Co-judge agrees", [o.co_agrees for o in rows], data),
            mean_of(
                "Chance: judge Dice with another wish",
                [o.dice for o in self.row(CHANCE).outcomes],
                data,
            ),
            share_of(
                "Untouched hosts called scarred",
                [o.found_area >= FALSE_ALARM_MM2 for o in self.row(UNTOUCHED).outcomes],
                data,
            ),
        ]
        if rewarded:
            told.insert(4, mean_of("Reward networks' Dice, mean", rewarded, data))
        return tuple(told)


def measure_alignment(count: int = 200, seed: int = 1, setting: Setting | None = None) -> Job:
    """Let every system paint the same unseen phantom sketches, and the judge read them.

    Args:
        count: Sketches, >= 1.
        seed: Of the phantom stream "test" and of the sampling noise.
        setting: Which systems; None = all that are bundled.

    Returns:
        A job that yields progress and returns a `Report`.

    Raises:
        LgeSynthError: a network is missing, the judge among them.
    """
    used = setting or Setting()
    yield Progress(0, count, "loading models")
    lineup = load_lineup(used)
    cases: list[Case] = yield from placements(seed, count)
    rows: list[Row] = yield from compare(lineup, cases, seed)
    judge = lineup.readers.judge.card.reference
    ours = [Contender(one.name, control_of(one.bundle), one.guidance) for one in lineup.ours]
    return Report(judge, used.steps, seed, tuple(rows), tuple(ours), lineup.missing, used.half)


def compare(lineup: Lineup, cases: list[Case], seed: int) -> Job:
    """Rows of all controls and systems on the same cases.

    Args:
        lineup: Systems and readers.
        cases: What is asked; every one or none has an `original` with its `truth`.
        seed: Of the shuffling.

    Returns:
        A job that returns a list of `Row`.
    """
    readers = lineup.readers
    known = [case for case in cases if case.original is not None]
    originals = [case.original for case in known if case.original is not None]
    truths = [case.truth for case in known]
    rows = [(yield from read_row(CEILING, known, originals, readers, truths))]
    others = shuffled_wishes(cases, np.random.default_rng(seed))
    chance: Row | None = None
    hosts = [case.conditions.host for case in cases]
    rows.append((yield from read_row(UNTOUCHED, cases, hosts, readers)))
    first = lineup.ours[0]
    for system in lineup.systems:
        pictures = yield from painted_by(system, cases)
        rows.append((yield from read_row(system.name, cases, pictures, readers)))
        if system is first:
            chance = yield from read_row(CHANCE, cases, pictures, readers, others)
    if chance is not None:
        rows.insert(1, chance)
    return rows


def painted_by(system: System, cases: Sequence[Case]) -> Job:
    """A system's pictures `(n, 128, 128)` of all cases."""
    return (
        yield from system.paint(
            [case.conditions for case in cases],
            [case.holes for case in cases],
            [case.seed for case in cases],
        )
    )


def read_row(
    name: str,
    cases: Sequence[Case],
    pictures: Sequence[Array],
    readers: Readers,
    wishes: Sequence[LabelMap | None] | None = None,
) -> Job:
    """Outcomes of one row.

    Args:
        name: The row's name.
        cases: What was asked.
        pictures: What is read, one a case.
        readers: Who reads it.
        wishes: What it is compared with; None = the cases' own wishes.

    Returns:
        A job that returns a `Row`.
    """
    outcomes: list[Outcome] = []
    for case, picture, wish in zip(cases, pictures, wishes or [None] * len(cases), strict=True):
        outcomes.append(outcome_of(case, picture, readers, wish))
        yield Progress(len(outcomes), len(cases), f"judging: {name}")
    return Row(name, tuple(outcomes))
