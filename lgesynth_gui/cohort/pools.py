"""Who works blocks off: engines of this computer, or a cluster. To the run they are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from lgesynth_gui.cohort.block import Task, compute_now
from lgesynth_gui.cohort.samples import Sample


@dataclass(frozen=True, eq=False)
class Done:
    """What became of a block.

    Args:
        key: As it was handed in.
        samples: What was made, or ().
        error: Why it was not, or None.
        seconds: It took.
    """

    key: int
    samples: tuple[Sample, ...] = ()
    error: Exception | None = None
    seconds: float = 0.0


class Pool(Protocol):
    """Works blocks off; an answer may come twice, or from a worker that was given up."""

    @property
    def room(self) -> int:
        """Blocks it can take now."""
        ...

    def submit(self, key: int, task: Task) -> None:
        """Hand a block in; returns at once."""
        ...

    def collect(self) -> list[Done]:
        """What was finished since; waits a moment, never longer than 0.2 s."""
        ...

    def close(self) -> None:
        """Stop everything and let go; what is not collected is lost. Safe to call twice."""
        ...


class HerePool:
    """Works in this process, one block at a time: for scripts and tests."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Task]] = []

    @property
    def room(self) -> int:
        """One."""
        return 1 - len(self._waiting)

    def submit(self, key: int, task: Task) -> None:
        """Keep it for `collect`."""
        self._waiting.append((key, task))

    def collect(self) -> list[Done]:
        """Work it off."""
        found = [Done(key, compute_now(task)) for key, task in self._waiting]
        self._waiting.clear()
        return found

    def close(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
