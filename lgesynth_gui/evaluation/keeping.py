"""The pictures of each row that a run keeps: its first cases, and those most alike to training."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from lgesynth_gui.core.arrays import Array, LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.alignment import CEILING, UNTOUCHED, painted_by
from lgesynth_gui.evaluation.asked import Asked, originals, truths
from lgesynth_gui.evaluation.cases import Case
from lgesynth_gui.evaluation.gallery import Alike, Gallery, Shown
from lgesynth_gui.evaluation.nearest import Near, Trained, patches
from lgesynth_gui.evaluation.outcome import seen
from lgesynth_gui.evaluation.parts import PRIVACY, Parts
from lgesynth_gui.evaluation.privacy import EXACT, planted
from lgesynth_gui.evaluation.resemblance import likest
from lgesynth_gui.evaluation.systems import BATCH, System
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.synthesis.holes import scar_mask

# Whole batches: a run that was resumed paints the same to the last bit as one that was not.
KEPT = 2 * BATCH  # cases of a row
STUDIED = 4 * BATCH  # of the two rows of which a reader study is made
ALIKE = 3  # pictures of a row, the most alike first


class Keeping:
    """Makes the pictures that are kept.

    Args:
        cases: What systems are asked.
        judge: Reads every picture.
        seed: Of the planted copies.
        studied: The system that a reader study is made of.
        parts: What was measured.
        gallery: Where pictures are kept.
        held: All pictures of a system's task ("placed", "again") where they are at hand.
        trained: The job that returns `Trained`.
    """

    def __init__(
        self,
        cases: Asked,
        judge: Segmenter,
        seed: int,
        studied: str,
        parts: Parts,
        gallery: Gallery,
        held: Callable[[str, str], Sequence[Array] | None],
        trained: Callable[[], Job],
    ) -> None:
        self._cases, self._judge, self._seed, self._studied = cases, judge, seed, studied
        self._parts, self._gallery, self._held, self._trained = parts, gallery, held, trained

    @property
    def again(self) -> bool:
        """Whether scars that were blanked are shown: new ones have no true scar beside them."""
        return any(case.original is None for case in self._cases.placed)

    def shown(self, system: System) -> Job:
        """A system's first cases."""
        cases = self._first(system.name)
        task = "again" if self.again else "placed"
        whole = self._cases.again if self.again else self._cases.placed
        pictures = yield from self._pictures(system, task, whole, range(len(cases)))
        yield from self._keep(system.name, cases, [pictures[k] for k in range(len(cases))])

    def true(self) -> Job:
        """The true scars of the same cases."""
        cases = self._first(CEILING)
        yield from self._keep(CEILING, cases, originals(cases), truths(cases))

    def untouched(self) -> Job:
        """Their hosts."""
        cases = self._first(UNTOUCHED)
        yield from self._keep(UNTOUCHED, cases, [case.conditions.host for case in cases])

    def _first(self, row: str) -> Sequence[Case]:
        cases = self._cases.again if self.again else self._cases.placed
        return cases[: STUDIED if row in (CEILING, self._studied) else KEPT]

    def _keep(
        self,
        row: str,
        cases: Sequence[Case],
        pictures: Sequence[Array],
        wishes: Sequence[LabelMap | None] | None = None,
    ) -> Job:
        self._gallery.keep((yield from shown_of(row, cases, pictures, self._judge, wishes)))

    # -- privacy

    def alike(self, system: System) -> Job:
        """A system's pictures that are most alike to training slices."""
        near = self._near(system.name)
        places = _most(near)
        pictures = yield from self._pictures(system, "placed", self._cases.placed, places)
        yield from self._keep_alike(system.name, near, places, pictures)

    def copied(self) -> Job:
        """Planted copies: what a copy looks like."""
        near = self._near(EXACT)
        trained: Trained = yield from self._trained()
        exact, _ = yield from planted(self._cases.placed, trained.known, self._seed)
        yield from self._keep_alike(EXACT, near, _most(near), dict(enumerate(exact)))

    def _near(self, row: str) -> Near:
        near: Near | None = self._parts.get(PRIVACY, row)
        if near is None:
            raise LgeSynthError(f"The privacy of {row} was not measured.", "Measure again.")
        return near

    def _keep_alike(
        self, row: str, near: Near, places: Sequence[int], pictures: Mapping[int, Array]
    ) -> Job:
        trained: Trained = yield from self._trained()
        cases, some = [self._cases.placed[k] for k in places], [pictures[k] for k in places]
        parts = patches(cases, some)
        views, which = yield from likest(parts, trained.known)
        best = trained.scale.scaled(views, parts.sizes).argmax(axis=1)
        rows = np.arange(len(places))
        # The third view is no correlation.
        told = np.where(best < views.shape[1] - 1, np.tanh(views[rows, best]), np.nan)
        self._gallery.keep(
            Alike(
                row=row,
                copies=sum(one > near.limit for one in near.scores),
                likeness=tuple(near.scores[k] / near.limit for k in places),
                correlation=tuple(round(float(one), 4) for one in told),
                pictures=parts.pictures,
                slices=np.asarray(trained.known.pictures[which[rows, best]], dtype=np.float32),
                painted=parts.painted,
            )
        )

    def _pictures(
        self, system: System, task: str, cases: Sequence[Case], places: Collection[int]
    ) -> Job:
        """Pictures of some cases by their places: those at hand, or painted for this."""
        held = self._held(system.name, task)
        if held is not None:
            return {k: held[k] for k in places}
        return (yield from painted_at(system, cases, places))


def shown_of(
    row: str,
    cases: Sequence[Case],
    pictures: Sequence[Array],
    judge: Segmenter,
    wishes: Sequence[LabelMap | None] | None = None,
) -> Job:
    """Pictures of a row as they are kept.

    Args:
        row: The system or control.
        cases: What was asked for, one at least.
        pictures: Of them.
        judge: Reads them.
        wishes: What is there; None = the cases' own wishes.

    Returns:
        A job that returns `Shown`.
    """
    found, asked = [], []
    for case, picture, wish in zip(cases, pictures, wishes or [None] * len(cases), strict=True):
        asked.append(case.wish if wish is None else scar_mask(wish))
        found.append(seen((judge,), picture, case))
        yield Progress(len(found), len(cases), f"keeping pictures: {row}")
    numbers = {group: k for k, group in enumerate(dict.fromkeys(c.group for c in cases), 1)}
    return Shown(
        row=row,
        names=tuple(case.name for case in cases),
        hosts=tuple(numbers[case.group] for case in cases),
        dice=tuple(map(dice, found, asked)),
        pictures=np.stack(pictures).astype(np.float32),
        wishes=np.stack(asked),
        found=np.stack(found),
    )


def painted_at(system: System, cases: Sequence[Case], places: Collection[int]) -> Job:
    """A system's pictures of some cases, in the batches in which all would be painted.

    Returns:
        A job that returns a dict of places to pictures `(128, 128)`.
    """
    out: dict[int, Array] = {}
    for start in sorted({k // BATCH * BATCH for k in places}):
        pictures = yield from painted_by(system, cases[start : start + BATCH])
        out |= {start + k: one for k, one in enumerate(pictures) if start + k in places}
    return out


def _most(near: Near) -> list[int]:
    """Places of the most alike pictures, the most alike first."""
    order = np.argsort(-np.asarray(near.scores), kind="stable")
    return [int(k) for k in order[:ALIKE]]
