"""What a run that measures everything has found so far, as its panels look at it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from lgesynth_gui.core.jobs import Job
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE, UNTOUCHED
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.gallery import Gallery
from lgesynth_gui.evaluation.panel import FEW
from lgesynth_gui.evaluation.parts import ALIGNMENT, Parts, Readings
from lgesynth_gui.evaluation.rivals import ConstantBrightness
from lgesynth_gui.evaluation.rows import Row
from lgesynth_gui.evaluation.table import counts

CONSTANT = ConstantBrightness().name
CONTROLS = (CEILING, CHANCE, UNTOUCHED)
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Found:
    """The parts with what is needed to read them.

    Args:
        parts: What was measured.
        systems: Names of all rows but the controls, in the table's order.
        ours: Those of them that are ours and are compared with all others.
        judge: "id/version" of the judge.
        rings: AHA segments of each placed case's ring.
        true_rings: The same of each case the ceiling is read from.
        missing: Rows whose weights are not there.
        gallery: Pictures that were kept; None where none are.
        patients: Whether they are of patients.
    """

    parts: Parts
    systems: tuple[str, ...]
    ours: tuple[str, ...]
    judge: str
    rings: tuple[tuple[int, ...], ...]
    true_rings: tuple[tuple[int, ...], ...]
    missing: tuple[str, ...] = ()
    gallery: Gallery | None = None
    patients: bool = False
    _memo: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @property
    def guided(self) -> str:
        """The row of ours that pictures are chosen by and a reader study is made of; or ""."""
        return self.ours[-1] if self.ours else ""

    @property
    def baselines(self) -> tuple[str, ...]:
        """Rows that ours are compared with; ours, painted otherwise, are none."""
        own = tuple(f"{one}," for one in self.ours)
        return tuple(s for s in self.systems if s not in self.ours and not s.startswith(own))

    def readings(self, name: str) -> Readings | None:
        """What the readers said of a row."""
        found: Readings | None = self.parts.get(ALIGNMENT, name)
        return found

    def placed(self) -> list[Row]:
        """Rows of placement, controls first; only those that are measured."""
        return self._rows(lambda one: one.placed, (*CONTROLS, *self.systems))

    def again(self) -> list[Row]:
        """Rows of re-painting, the ceiling first."""
        return self._rows(lambda one: one.again, (CEILING, *self.systems))

    def _rows(self, of: Callable[[Readings], Any], names: Sequence[str]) -> list[Row]:
        held = [(name, self.readings(name)) for name in names]
        return [Row(name, of(one)) for name, one in held if one is not None and of(one)]

    def once(self, key: tuple[Any, ...], make: Callable[[], T]) -> T:
        """What was made for a key before, or is made now: intervals take their time."""
        if key not in self._memo:
            self._memo[key] = make()
        made: T = self._memo[key]
        return made

    def once_worked(self, key: tuple[Any, ...], job: Job) -> Job:
        """As `once`, for what takes long; the job is not begun where it is known.

        Returns:
            A job that returns it.
        """
        if key not in self._memo:
            self._memo[key] = yield from job
        job.close()
        return self._memo[key]


def share_words(figure: Figure) -> str:
    """A share in words: counts where there are few cases."""
    if figure.n and figure.n < FEW:
        return counts(figure)
    return f"{100 * figure.value:.0f} % ({100 * figure.low:.0f} to {100 * figure.high:.0f})"
