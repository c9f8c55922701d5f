"""What a whole evaluation asks for: the same cases for every system, simulated or in real scans."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.cases import Case, case_of, placements, repaintings
from lgesynth_gui.evaluation.emidec import Stack, load_stacks
from lgesynth_gui.evaluation.erasing import RealSlice
from lgesynth_gui.evaluation.real import real_cases, real_slices

SIMULATED = "simulated hearts (the phantom's stream kept for testing)"
_MORE = 80_000  # likewise, for real slices that only set a scale
_AGAIN = 40_000  # keeps the second draw of real slices apart from the cases' seeds


@dataclass(frozen=True, eq=False)
class Asked:
    """Cases of both tasks, which are never mixed, and what is real beside them.

    Args:
        data: What they are, in words.
        scans: SHA-256 of the real scans; "" for simulated hearts.
        placed: New scars in hosts without scar (in real scans also in scarred ones).
        again: A slice's own scar, blanked and asked for again; each has an `original`.
        other: Further real slices that no case shows, with their truth; may be empty.
    """

    data: str
    scans: str
    placed: tuple[Case, ...]
    again: tuple[Case, ...]
    other: tuple[Case, ...] = ()

    @property
    def true(self) -> tuple[Case, ...]:
        """Cases that truly show a scar: the ceiling is read from their originals."""
        known = tuple(case for case in self.placed if case.original is not None)
        return known or self.again


def simulated_scars(seed: int, count: int, *, scale: bool) -> Job:
    """Slices of the source that bundled networks learned from, which none of them has seen.

    Likeness to training slices is measured against these, in real hosts, too: real patients are
    less like simulated training slices than any simulated one is.

    Args:
        seed: Of the cases.
        count: Slices.
        scale: Those that set the scale; else those that are measured with it.

    Returns:
        A job that returns cases with an `original` each.
    """
    return tuple((yield from repaintings(seed + (_MORE if scale else _AGAIN), count)))


def originals(cases: Sequence[Case]) -> list[Array]:
    """The slices that truly show a scar; every case must have one."""
    return [case.original for case in cases if case.original is not None]


def truths(cases: Sequence[Case]) -> list[LabelMap | None]:
    """The scars they show."""
    return [case.truth for case in cases]


def asked(folder: Path | None, count: int, seed: int) -> Job:
    """The cases of an evaluation.

    Args:
        folder: Labelled real stacks in EMIDEC's layout; None = simulated hearts.
        count: Cases of each task, >= 1; real scans may give fewer re-paintings.
        seed: Of hosts and wishes.

    Returns:
        A job that returns `Asked`.

    Raises:
        LgeSynthError: the scans hold no slices with, or without, scar.
    """
    if folder is None:
        placed = yield from placements(seed, count)
        again = yield from repaintings(seed, count)
        other = yield from repaintings(seed + _AGAIN, count)
        return Asked(SIMULATED, "", tuple(placed), tuple(again), tuple(other))
    return (yield from _in_scans(folder, count, seed))


def true_scars(folder: Path | None, count: int, seed: int) -> Job:
    """Slices that truly show a scar, as a measure for pictures that are there already.

    Args:
        folder: Labelled real stacks in EMIDEC's layout; None = simulated hearts.
        count: Of each of the two sets, at most.
        seed: Which.

    Returns:
        A job that returns (words, SHA-256 or "", cases, other cases); each has an `original`.

    Raises:
        LgeSynthError: the scans hold no scar.
    """
    if folder is None:
        true = yield from repaintings(seed, count)
        other = yield from repaintings(seed + _AGAIN, count)
        return SIMULATED, "", tuple(true), tuple(other)
    scans: Scans = yield from _read(folder)
    return (scans.words, scans.digest, *scans.scars(count, seed))


def _in_scans(folder: Path, count: int, seed: int) -> Job:
    scans: Scans = yield from _read(folder)
    placed = yield from real_cases(scans.slices, count, seed)
    again, other = scans.scars(count, seed)
    return Asked(scans.words, scans.digest, tuple(placed), again, other)


@dataclass(frozen=True, eq=False)
class Scans:
    """Labelled real stacks.

    Args:
        words: What they are.
        digest: SHA-256, by which a run knows them again.
        slices: Those with a ring of muscle.
    """

    words: str
    digest: str
    slices: tuple[RealSlice, ...]

    def scars(self, count: int, seed: int) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
        """True scars in two sets of at most `count` cases that share no slice."""
        scarred = [one for one in self.slices if one.scarred]
        order = np.random.default_rng((seed, 9)).permutation(len(scarred))
        every = [_again(scarred[k], seed * 1000 + int(k)) for k in order[: 2 * count]]
        return tuple(every[:count]), tuple(every[count:])


def _read(folder: Path) -> Job:
    """Read labelled scans; a job that returns `Scans`."""
    stacks = load_stacks(folder)
    every: list[RealSlice] = []
    for one in real_slices(stacks):
        every.append(one)
        yield Progress(len({s.group for s in every}), len(stacks), "reading real slices")
    scarred = sum(one.scarred for one in every)
    if not scarred:
        raise LgeSynthError("The scans hold no scar.", "Name a folder with labelled scars.")
    words = f"real scans: {len(stacks)} patients, {len(every)} slices, {scarred} of them with scar"
    return Scans(words, digest_of(stacks), tuple(every))


def _again(one: RealSlice, seed: int) -> Case:
    case = case_of(one.ground, one.labels, "own scar", one.group, seed)
    return replace(case, original=case.conditions.host, truth=one.labels)


def digest_of(stacks: Sequence[Stack]) -> str:
    """SHA-256 over pixels and labels, by which a run knows its scans again."""
    found = hashlib.sha256()
    for one in stacks:
        found.update(str((one.pixels.shape, one.spacing)).encode())
        found.update(np.ascontiguousarray(one.pixels).tobytes())
        found.update(np.ascontiguousarray(one.labels).tobytes())
    return found.hexdigest()
