"""Asks the contour network for the heart's borders; what it says stays a proposal.

A series that opens without any contours is asked for at once, in the background; one whose
contours come from a mask is asked for the RV insertion points that a mask does not hold.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.app import edits
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.services import PROPOSE
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.warming import warm
from lgesynth_gui.app.workers import RunsJobs
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries


class Proposals(QObject):
    """At most one question at a time; a late answer to a closed series is dropped."""

    said = Signal(str)
    working = Signal(object)  # Progress, or None at the end

    def __init__(
        self, session: Session, jobs: JobRunner, engine: RunsJobs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._engine = session, jobs, engine
        self._handle: JobHandle | None = None
        self._again = False  # another series was opened while a question was under way
        self._soon = QTimer(self, singleShot=True, interval=0)  # after what opening itself starts
        self._soon.timeout.connect(self._on_settled)
        session.opened.connect(self._soon.start)

    def _on_settled(self) -> None:
        state = self._session.state
        wanted = state.series is not None and _lacks(state.contours)
        if self.busy:
            self._again = wanted
            self.cancel()
        elif wanted:
            self._begin(points=bool(state.contours.outlined()))

    @property
    def busy(self) -> bool:
        """Whether a question is under way."""
        return self._handle is not None

    def ask(self) -> None:
        """Propose contours for the open series."""
        self._begin(points=False)

    def _begin(self, *, points: bool) -> None:
        series = self._session.state.series
        if series is None or self.busy:
            return
        self._handle = handle = self._jobs.submit(lambda: self._question(series))
        self.working.emit(Progress(0, 0, "waiting"))
        handle.progressed.connect(self.working)
        handle.finished.connect(lambda found: self._on_found(series, found, points))
        handle.failed.connect(self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(self._on_end)

    def _question(self, series: LgeSeries) -> Job:
        found = yield from self._engine.run(PROPOSE, series)
        if isinstance(found, HeartContours):
            warm(series, found)
        return found

    def cancel(self) -> None:
        """Stop the question."""
        if self._handle is not None:
            self._handle.cancel()

    def _on_end(self, _: object) -> None:
        self._handle = None
        self.working.emit(None)
        if self._again:
            self._again = False
            self._on_settled()

    def _on_found(self, series: LgeSeries, found: object, points: bool) -> None:
        if series is not self._session.state.series or not isinstance(found, HeartContours):
            return
        if points:
            self.said.emit(edits.take_points(self._session, found))
            return
        if not found.outlined():
            self.said.emit("No heart was found. Draw the borders: Alt+3, then Alt+2.")
            return
        edits.take_proposal(self._session, found)
        count = len(found.outlined())
        self.said.emit(f"Contours proposed on {count} slices: look at them, then Accept all.")

    def _on_failed(self, error: Exception) -> None:
        known = isinstance(error, LgeSynthError)
        self.said.emit(str(error) if known else f"No proposal ({type(error).__name__}).")


def _lacks(contours: HeartContours) -> bool:
    """Whether there are no contours, or new ones without any RV insertion point."""
    known = [one for one in contours.slices if one is not None]
    return all(
        not one.accepted and one.rv_anterior is None and one.rv_inferior is None for one in known
    )
