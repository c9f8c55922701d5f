"""How long generations take, from the times of those that ran; times are never guessed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from statistics import median

from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.synthesis import SynthesisRequest

ESTIMATE_AFTER = 3  # steps seen before a remaining time is told
RECENT = 8  # steps, and finished pictures, the medians look back at
LATE, LATE_S = 1.5, 2.0  # times the expected time, and seconds beyond it at the least

Kind = tuple[str, bool]  # device, guided


def kind_of(request: SynthesisRequest, device: str) -> Kind:
    """Requests that take equally long a step."""
    return device, request.guidance > 0


class Pace:
    """Times the steps of what runs, and remembers what finished ones took.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Kind, deque[tuple[float, float]]] = {}
        self._kind: Kind = ("", False)
        self._slices = 1
        self._steps: list[float] = []
        self._first = self._last = (0, 0.0)
        self._total = 0
        self._expected_s: float | None = None

    def begin(self, request: SynthesisRequest, slices: int, device: str) -> None:
        """A generation starts: what it takes is told from now on by `advance`."""
        self._kind, self._slices, self._total = kind_of(request, device), slices, 0
        self._steps, self._first, self._last = [], (0, 0.0), (0, 0.0)
        self._expected_s = self.forecast_s(request, slices, device)

    def advance(self, step: Progress) -> None:
        """One word of the running generation; loading the models is not counted."""
        if step.done <= self._last[0]:
            return
        now = self._clock()
        if self._first[0] == 0:
            self._first = (step.done, now)
        else:
            self._steps.append((now - self._last[1]) / (step.done - self._last[0]))
        self._last, self._total = (step.done, now), step.total
        left = self.left_s()
        if self._expected_s is None and left is not None:
            self._expected_s = now - self._first[1] + left

    def left_s(self) -> float | None:
        """Seconds the running generation still takes; None while that is being estimated."""
        if self._last[0] < ESTIMATE_AFTER or not self._steps:
            return None
        left = median(self._steps[-RECENT:]) * (self._total - self._last[0])
        known = self._known.get(self._kind)
        rest = median(rest for _, rest in known) if known else 0.0
        past = self._clock() - self._last[1]
        return max(0.0, left + rest * self._slices * (1 - self._last[0] / self._total) - past)

    @property
    def late(self) -> bool:
        """Whether the running generation has taken half as long again as was expected."""
        if self._expected_s is None or self._first[0] == 0:
            return False
        most = max(LATE * self._expected_s, self._expected_s + LATE_S)
        return self._clock() - self._first[1] > most

    def end(self) -> None:
        """The running generation has its result: remember what it took."""
        if self._first[0] == 0:
            return
        spent = self._clock() - self._first[1]
        step = median(self._steps) if self._steps else spent / self._total  # too fast to be told
        rest = max(0.0, spent - step * (self._total - self._first[0])) / self._slices
        self._known.setdefault(self._kind, deque(maxlen=RECENT)).append((step, rest))

    def forecast_s(self, request: SynthesisRequest, slices: int, device: str) -> float | None:
        """Seconds a request will take with warm models; None as long as none like it has run."""
        known = self._known.get(kind_of(request, device))
        if not known:
            return None
        step, rest = median(s for s, _ in known), median(r for _, r in known)
        return slices * (step * request.steps + rest)


def time_words(seconds: float) -> str:
    """A duration as one says it: "8 s", "25 s", "2 min", "1 h 10 min"."""
    if seconds < 9.5:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"
