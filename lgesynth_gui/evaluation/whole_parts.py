"""What is measured of every row in a run that measures everything, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE, UNTOUCHED, painted_by, read_row
from lgesynth_gui.evaluation.asked import Asked, originals, simulated_scars, truths
from lgesynth_gui.evaluation.cases import Case, shuffled_wishes
from lgesynth_gui.evaluation.diversity import Featured, featured, spreads
from lgesynth_gui.evaluation.fidelity import REAL, REPEATED, real_row, repeated_row, row_of
from lgesynth_gui.evaluation.gallery import Alike, Gallery, Kept, Shown
from lgesynth_gui.evaluation.keeping import Keeping
from lgesynth_gui.evaluation.lineup import Lineup
from lgesynth_gui.evaluation.membership import Attack
from lgesynth_gui.evaluation.nearest import (
    STREAM,
    Trained,
    copied,
    member_attack,
    nearness,
    trained_on,
)
from lgesynth_gui.evaluation.panel_others import HELD_OUT, OTHER, REFERENCE
from lgesynth_gui.evaluation.parts import (
    ALIGNMENT,
    DIVERSITY,
    FIDELITY,
    PRIVACY,
    Parts,
    Readings,
)
from lgesynth_gui.evaluation.privacy import EXACT, NOISY
from lgesynth_gui.evaluation.rows import Row
from lgesynth_gui.evaluation.systems import Diffusion, System
from lgesynth_gui.registry.cards import ModelCard
from lgesynth_gui.synthesis.models import Bundle

PICTURES, SLICES = "pictures", "nearest slices"  # what is kept besides, to be looked at


@dataclass(frozen=True)
class Effort:
    """How much is measured besides the cases.

    Args:
        choice_steps: Training steps of each forced choice; 0 leaves it out.
        requests: Requests that are painted with 16 seeds.
        trained: Training slices that pictures are compared with.
        members: Slices of each side of the membership attack.
        real: Real scars that set the scale of likeness.
    """

    choice_steps: int
    requests: int
    trained: int
    members: int
    real: int

    @classmethod
    def small(cls) -> Effort:
        """For a few minutes."""
        return cls(0, 2, 120, 24, 120)

    @classmethod
    def large(cls) -> Effort:
        """For a night."""
        return cls(800, 12, 1000, 400, 500)


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the run.

    Args:
        layer: Of `parts.LAYERS`, or what is kept besides.
        row: The system or control.
        there: Whether it is measured already.
        measure: Makes the job that measures and keeps it.
    """

    layer: str
    row: str
    there: bool
    measure: Callable[[], Job]


class Measuring:
    """Measures parts and keeps them.

    Args:
        lineup: Systems and readers.
        cases: What is asked of them.
        seed: Of shuffling, forced choice and planted copies.
        effort: How much is measured besides.
        parts: Where they are kept.
        gallery: Where pictures are kept.
        studied: The system that a reader study is made of.
    """

    def __init__(
        self,
        lineup: Lineup,
        cases: Asked,
        seed: int,
        effort: Effort,
        parts: Parts,
        gallery: Gallery,
        studied: str,
    ) -> None:
        self._lineup, self._cases, self._seed = lineup, cases, seed
        self._effort, self._parts = effort, parts
        self._pictures: dict[str, tuple[str, Sequence[Array]]] = {}
        self._trained: Trained | None = None
        self._gallery = gallery
        self._keeping = Keeping(
            cases, lineup.readers.judge, seed, studied, parts, gallery, self._held, self._trained_on
        )

    def parts(self, layers: Sequence[str]) -> Iterator[Part]:
        """All parts of some layers: controls first, then system by system."""
        for layer in layers:
            for row, measure in self._controls(layer):
                yield self._part(layer, row, measure)
        yield from self._control_pictures(layers)
        for system in self._lineup.systems:
            for layer, make in (
                (ALIGNMENT, self._alignment),
                (FIDELITY, self._fidelity),
                (DIVERSITY, self._diversity),
                (PRIVACY, self._privacy),
            ):
                if layer in layers:
                    yield self._part(layer, system.name, partial(make, system))
            if FIDELITY in layers:
                yield self._kept(Shown, system.name, partial(self._keeping.shown, system))
            if PRIVACY in layers:
                yield self._kept(Alike, system.name, partial(self._keeping.alike, system))
            if system is self._main and ALIGNMENT in layers:
                yield self._part(ALIGNMENT, CHANCE, self._chance)

    @property
    def _main(self) -> Diffusion:
        """The system whose pictures are compared with other cases' wishes."""
        return next(one for one in reversed(self._lineup.ours) if _plain(one))

    def _part(self, layer: str, row: str, measure: Callable[[], Job]) -> Part:
        def kept() -> Job:
            self._parts.keep(layer, row, (yield from measure()))

        return Part(layer, row, self._parts.get(layer, row) is not None, kept)

    def _kept(self, kind: type[Kept], row: str, keep: Callable[[], Job]) -> Part:
        layer = PICTURES if kind is Shown else SLICES
        return Part(layer, row, self._gallery.get(kind, row) is not None, keep)

    def _control_pictures(self, layers: Sequence[str]) -> Iterator[Part]:
        if FIDELITY in layers:
            yield self._kept(Shown, CEILING, self._keeping.true)
            if not self._keeping.again:
                yield self._kept(Shown, UNTOUCHED, self._keeping.untouched)
        if PRIVACY in layers:
            yield self._kept(Alike, EXACT, self._keeping.copied)

    def _controls(self, layer: str) -> list[tuple[str, Callable[[], Job]]]:
        true, other = self._cases.true, self._cases.other
        rows: list[tuple[str, Callable[[], Job]]]
        if layer == ALIGNMENT:
            return [(CEILING, self._ceiling), (UNTOUCHED, self._untouched)]
        if layer == FIDELITY:
            rows = [(REAL, self._true_fidelity)]
            if all(case.repeat is not None for case in self._cases.again):
                rows.append((REPEATED, self._repeated))
            return rows
        if layer == DIVERSITY:
            rows = [(REFERENCE, lambda: featured(true, originals(true)))]
            if len(other) >= len(true):  # fewer would be covered less, for that alone
                rows.append((OTHER, lambda: featured(other, originals(other))))
            return rows
        if layer == PRIVACY:
            return [
                (HELD_OUT, self._held_out),
                (EXACT, lambda: self._copied(0)),
                (NOISY, lambda: self._copied(1)),
            ]
        return []

    # -- pictures

    def _painted(self, system: System, task: str) -> Job:
        """A system's pictures of a task; those of the last system are kept in memory."""
        held = self._held(system.name, task)
        if held is None:
            cases = self._cases.placed if task == "placed" else self._cases.again
            held = yield from painted_by(system, cases)
            self._pictures[task] = (system.name, held)
        return held

    def _held(self, name: str, task: str) -> Sequence[Array] | None:
        """The same where they are in memory."""
        system, pictures = self._pictures.get(task, ("", ()))
        return pictures if system == name else None

    # -- alignment

    def _alignment(self, system: System) -> Job:
        out = []
        for task, cases in (("placed", self._cases.placed), ("again", self._cases.again)):
            pictures = yield from self._painted(system, task)
            row: Row = yield from read_row(system.name, cases, pictures, self._lineup.readers)
            out.append(row.outcomes)
        return Readings(*out)

    def _ceiling(self) -> Job:
        out = []
        for cases in (self._cases.true, self._cases.again):
            shown, wishes = originals(cases), truths(cases)
            row: Row = yield from read_row(CEILING, cases, shown, self._lineup.readers, wishes)
            out.append(row.outcomes)
        return Readings(*out)

    def _untouched(self) -> Job:
        cases = self._cases.placed
        hosts = [case.conditions.host for case in cases]
        row: Row = yield from read_row(UNTOUCHED, cases, hosts, self._lineup.readers)
        return Readings(row.outcomes)

    def _chance(self) -> Job:
        cases = self._cases.placed
        pictures = yield from self._painted(self._main, "placed")
        others = shuffled_wishes(list(cases), np.random.default_rng(self._seed))
        row: Row = yield from read_row(CHANCE, cases, pictures, self._lineup.readers, others)
        return Readings(row.outcomes)

    # -- fidelity

    def _true_fidelity(self) -> Job:
        yield None
        return real_row(self._cases.true)

    def _repeated(self) -> Job:
        return (yield from repeated_row(self._cases.again, self._seed, self._effort.choice_steps))

    def _fidelity(self, system: System) -> Job:
        placed = yield from self._painted(system, "placed")
        again = yield from self._painted(system, "again")
        cases = self._cases
        return (
            yield from row_of(
                system, cases.placed, placed, cases.again, again, self._seed,
                self._effort.choice_steps,
            )
        )  # fmt: skip

    # -- diversity

    def _diversity(self, system: System) -> Job:
        cases = self._cases.placed
        pictures = yield from self._painted(system, "placed")
        found: Featured = yield from featured(cases, pictures)
        some = yield from spreads(system, cases, self._effort.requests)
        return replace(found, spread=some)

    # -- privacy

    def _near(
        self, cases: Sequence[Case], pictures: Sequence[Array], member: Attack | None = None
    ) -> Job:
        trained = yield from self._trained_on()
        return (yield from nearness(cases, pictures, trained, member))

    def _held_out(self) -> Job:
        count = len(self._cases.placed)
        cases = yield from simulated_scars(self._seed, count, scale=False)
        return (yield from self._near(cases, originals(cases)))

    def _copied(self, which: int) -> Job:
        trained = yield from self._trained_on()
        pair = yield from copied(self._cases.placed, trained, self._seed)
        return pair[which]

    def _privacy(self, system: System) -> Job:
        pictures = yield from self._painted(system, "placed")
        member = None
        if isinstance(system, Diffusion) and _plain(system) and _of_phantom(system.bundle):
            trained: Trained = yield from self._trained_on()
            count = self._effort.members
            member = yield from member_attack(system.bundle, trained.pool, self._seed, count)
        return (yield from self._near(self._cases.placed, pictures, member))

    def _trained_on(self) -> Job:
        if self._trained is None:
            real = yield from simulated_scars(self._seed, self._effort.real, scale=True)
            self._trained = yield from trained_on(
                self._lineup.readers.judge,
                (real, originals(real)),
                _card(self._main.bundle).trained_on.seed,
                self._effort.trained,
            )
        return self._trained


def _plain(system: Diffusion) -> bool:
    return system.composited and system.guidance == 0


def _card(bundle: Bundle) -> ModelCard:
    return dict(bundle.cards)["controlnet"]


def _of_phantom(bundle: Bundle) -> bool:
    return _card(bundle).trained_on.stream == STREAM
