"""Real scans: what the same judges say of scars painted into them, beside the real scars there.

Nothing is fitted to these scans. Wishes are other patients' real scars, carried to the host's wall
by angle and depth, and the patterns of the library. Right ventricles are not labelled, so angles
hang on the assumed insertion.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lgesynth_gui.anatomy.contours_from_mask import contours_of_mask
from lgesynth_gui.anatomy.patterns import draw_pattern, load_patterns
from lgesynth_gui.anatomy.render import render
from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.alignment import painted_by, read_row
from lgesynth_gui.evaluation.cases import Case, case_of, ground_of
from lgesynth_gui.evaluation.emidec import Stack, load_stacks
from lgesynth_gui.evaluation.erasing import Erasing, RealSlice, erase
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.lineup import Lineup, Setting, load_lineup
from lgesynth_gui.evaluation.outcome import Readers, seen
from lgesynth_gui.evaluation.rows import Row
from lgesynth_gui.evaluation.sheets import Sheeted
from lgesynth_gui.evaluation.signal import brightness, signal_figures
from lgesynth_gui.evaluation.warp import warped
from lgesynth_gui.segmentation.crop import labels_in
from lgesynth_gui.synthesis.holes import scar_mask

LEAST_WISH_MM2 = 20.0
REAL, HEALTHY = "real scars", "untouched slices without scar"
WORST = 10
TRIES = 20


@dataclass(frozen=True)
class RealRow:
    """One system on one kind of host and wish.

    Args:
        row: Outcomes.
        signals: Contrast of the scar, as figures.
    """

    row: Row
    signals: tuple[Figure, ...]

    def figures(self) -> tuple[Figure, ...]:
        """All figures, with intervals over patients; without any scar only false alarms."""
        found = self.row.figures()
        if self.row.name == HEALTHY:
            return tuple(one for one in found if one.name == "20 mm2 found")
        return (*found, *self.signals)


@dataclass(frozen=True, eq=False)
class RealReport:
    """What came of real scans.

    Args:
        judge: "id/version" of the judge.
        steps: Sampler steps of ours.
        seed: Of wishes and noise.
        patients, slices, scarred: How many were read.
        rows: Real scars and untouched slices first.
        erasing: One a system.
        tiles: Pictures of each of our systems, in the cases' order.
        missing: Rows whose weights are not there.
        half: Whether systems that sample computed in bfloat16.
    """

    judge: str
    steps: int
    seed: int
    patients: int
    slices: int
    scarred: int
    rows: tuple[RealRow, ...]
    erasing: tuple[Erasing, ...]
    tiles: dict[str, tuple[tuple[float, Sheeted], ...]]
    missing: tuple[str, ...] = ()
    half: bool = False

    def all_tiles(self, system: str) -> tuple[Sheeted, ...]:
        """Every case of a system, in order."""
        return tuple(tile for _, tile in self.tiles[system])

    def worst(self, system: str) -> tuple[Sheeted, ...]:
        """The ten cases of a system that the judge likes least, the worst first."""
        ordered = sorted(self.tiles[system], key=lambda pair: pair[0])
        return tuple(tile for _, tile in ordered[:WORST])


def real_slices(stacks: Sequence[Stack]) -> Iterator[RealSlice]:
    """Every slice whose labels close a ring of muscle, on the model grid."""
    for stack in stacks:
        outlines = HeartContours(
            tuple(contours_of_mask(one, stack.spacing) for one in stack.labels)
        )
        for index in outlines.outlined():
            contours = outlines.slices[index]
            if contours is None or not contours.endo:
                continue
            level = outlines.level(index)
            known = replace(contours, level=level)
            ground, crop = ground_of(stack.pixels[index], known, stack.spacing, level)
            yield RealSlice(stack.name, ground, labels_in(stack.labels[index], crop, ground.wall))


def measure_real(
    folder: Path,
    count: int = 60,
    seed: int = 1,
    setting: Setting | None = None,
) -> Job:
    """Paint into real slices, and erase their scars.

    Args:
        folder: Labelled stacks, see `emidec.load_stacks`.
        count: Wishes, >= 1: half into slices without scar, half into scarred ones; in turn real
            scars of others and patterns. As many scarred slices are erased.
        seed: Of wishes and noise.
        setting: Which systems.

    Returns:
        A job that yields progress and returns a `RealReport`.

    Raises:
        LgeSynthError: a network or the scans are missing.
    """
    used = setting or Setting()
    yield Progress(0, count, "loading models")
    lineup = load_lineup(used)
    every: list[RealSlice] = []
    stacks = load_stacks(folder)
    for one in real_slices(stacks):
        every.append(one)
        yield Progress(len({s.group for s in every}), len(stacks), "reading real slices")
    scarred = [one for one in every if one.scarred]
    some = np.random.default_rng((seed, 8)).permutation(len(scarred))[:count]
    erased = [scarred[k] for k in sorted(some)]
    cases = yield from real_cases(every, count, seed)
    rows: list[RealRow] = yield from _controls(every, lineup.readers)
    erasing: list[Erasing] = []
    tiles: dict[str, tuple[tuple[float, Sheeted], ...]] = {}
    for system in lineup.systems:
        pictures = yield from painted_by(system, cases)
        row: Row = yield from read_row(system.name, cases, pictures, lineup.readers)
        rows += _by_kind(row, cases, pictures)
        if system in lineup.ours:
            tiles[system.name] = _tiles(cases, pictures, row, lineup)
        erasing.append((yield from erase(system, erased, seed, lineup.readers)))
    return RealReport(
        judge=lineup.readers.judge.card.reference,
        steps=used.steps,
        seed=seed,
        patients=len(stacks),
        slices=len(every),
        scarred=len(scarred),
        rows=tuple(rows),
        erasing=tuple(erasing),
        tiles=tiles,
        missing=lineup.missing,
        half=used.half,
    )


def real_cases(every: Sequence[RealSlice], count: int, seed: int) -> Job:
    """Wishes in real slices; a case's name says host and wish.

    Args:
        every: Slices with labels; some scarred, some not.
        count: Cases, >= 1.
        seed: Decides hosts and wishes.

    Returns:
        A job that returns `Case`s.

    Raises:
        LgeSynthError: slices with or without scar are missing.
    """
    rng = np.random.default_rng((seed, 7))
    hosts = {
        "clean host": [one for one in every if not one.scarred],
        "scarred host": [one for one in every if one.scarred],
    }
    if not all(hosts.values()):
        raise LgeSynthError(
            "The scans need slices with and without scar.", "Name a folder with both."
        )
    orders = {kind: rng.permutation(len(some)) for kind, some in hosts.items()}
    cases: list[Case] = []
    for k in range(count):
        kind = ("clean host", "scarred host")[k % 2]
        some, order = hosts[kind], orders[kind]
        host = some[order[k // 2 % len(order)]]
        donated = k // 2 % 2 == 0
        labels = _donated(host, hosts["scarred host"], rng) if donated else patterned(host, rng)
        wish = "real scar" if donated else "pattern"
        if labels is not None:
            name = f"{wish}, {kind}"
            ring = kind == "scarred host"
            cases.append(case_of(host.ground, labels, name, host.group, seed * 1000 + k, ring=ring))
        yield Progress(k + 1, count, "making wishes")
    return cases


def _donated(
    host: RealSlice, donors: Sequence[RealSlice], rng: np.random.Generator
) -> LabelMap | None:
    """Another patient's scar, of the same ring where there is one, on the host's wall."""
    others = [one for one in donors if one.group != host.group]
    near = [one for one in others if one.ground.level is host.ground.level] or others
    for place in rng.permutation(len(near))[:TRIES]:
        donor = near[place]
        labels = warped(donor.labels, donor.ground.wall, host.ground.wall)
        if scar_mask(labels).sum() >= LEAST_WISH_MM2:
            return labels
    return None


def patterned(host: RealSlice, rng: np.random.Generator) -> LabelMap | None:
    """A scar of a pattern drawn at random, all patterns alike."""
    patterns = load_patterns()
    contours = replace(host.ground.wall.contours, level=host.ground.level)
    for _ in range(TRIES):
        pattern = patterns[int(rng.integers(len(patterns)))]
        sketch = draw_pattern(pattern, HeartContours((contours,)), rng)
        labels = render(sketch, 0, host.ground.wall)
        if scar_mask(labels).sum() >= LEAST_WISH_MM2:
            return labels
    return None


def _own(one: RealSlice, seed: int) -> Case:
    """A slice with its own labels as the wish."""
    return case_of(one.ground, one.labels, "own labels", one.group, seed, ring=True)


def _controls(every: Sequence[RealSlice], readers: Readers) -> Job:
    """Readings of the real scars against their labels, and of slices without scar."""
    rows = []
    for name, some in (
        (REAL, [_own(one, 0) for one in every if one.scarred]),
        (HEALTHY, [_own(one, 0) for one in every if not one.scarred]),
    ):
        hosts = [case.conditions.host for case in some]
        row = yield from read_row(name, some, hosts, readers)
        rows.append(_with_signals(row, some, hosts))
    return rows


def _with_signals(row: Row, cases: Sequence[Case], pictures: Sequence[Array]) -> RealRow:
    signals = [brightness(p, c.conditions.labels) for c, p in zip(cases, pictures, strict=True)]
    return RealRow(row, tuple(signal_figures(signals, [case.group for case in cases])))


def _by_kind(row: Row, cases: Sequence[Case], pictures: Sequence[Array]) -> list[RealRow]:
    """The row as a whole, and by kind of wish and host."""
    out = [_with_signals(row, cases, pictures)]
    for kind in dict.fromkeys(case.name for case in cases):
        held = [k for k, case in enumerate(cases) if case.name == kind]
        part = Row(f"{row.name}: {kind}", tuple(row.outcomes[k] for k in held))
        out.append(_with_signals(part, [cases[k] for k in held], [pictures[k] for k in held]))
    return out


def _tiles(
    cases: Sequence[Case], pictures: Sequence[Array], row: Row, lineup: Lineup
) -> tuple[tuple[float, Sheeted], ...]:
    judge = (lineup.readers.judge,)
    return tuple(
        (
            one.dice,
            Sheeted(
                f"{case.name}, {one.depth}, {one.area:.0f} mm2, Dice {one.dice:.2f}",
                case.conditions.host,
                case.wish,
                picture,
                seen(judge, picture, case),
            ),
        )
        for case, picture, one in zip(cases, pictures, row.outcomes, strict=True)
    )
