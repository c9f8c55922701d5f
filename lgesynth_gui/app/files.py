"""Opening and exporting, off the window's thread, told in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app import edits
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.services import ExportMode, SeriesRow, Services
from lgesynth_gui.app.session import Session
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import in_words
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries

Before = Callable[[Callable[[], object], Callable[[], object]], object]


class Files(QObject):
    """Runs the file jobs of `Services` one after the other.

    What opens another study goes through `before(go, stay)`, which calls one of the two, at once or
    after it has asked what shall become of the work that is open.
    """

    found = Signal(object, int)  # tuple of SeriesRow, which one is opened
    offered = Signal(int)  # the first part of a series that is refused as a whole
    refused = Signal(str)
    said = Signal(str)
    working = Signal(object)  # Progress, or None at the end
    exported = Signal(object)  # the written paths

    def __init__(
        self,
        session: Session,
        jobs: JobRunner,
        services: Services,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._jobs, self._services = session, jobs, services
        self._infos: tuple[Any, ...] = ()
        self._rows: tuple[SeriesRow, ...] = ()
        self._at = -1  # the listed series that was opened last
        self._phase = 0  # of a film, from 1
        self.before: Before = lambda go, stay: go()
        self._current: JobHandle | None = None
        self._number = 0

    def open(self, path: Path) -> None:
        """List what a folder or file holds and open the best series."""
        self.before(lambda: self._run(lambda: self._services.find(path), self._on_found), _nothing)

    def choose(self, number: int) -> None:
        """Open another of the listed series."""
        if 0 <= number < len(self._infos):
            self.before(lambda: self._load(number), self._show_found)

    def choose_phase(self, phase: int) -> None:
        """Open another phase of the film that is open, from 1."""
        if 1 <= phase <= self.phases[1]:
            self.before(lambda: self._load(self._at, phase), self._show_found)

    @property
    def phases(self) -> tuple[int, int]:
        """(which phase of a film is open, how many it has); (0, 0) when it is no film."""
        count = self._rows[self._at].phases if 0 <= self._at < len(self._rows) else 0
        return (self._phase, count) if count else (0, 0)

    def _load(self, number: int, phase: int = 0) -> None:
        if number < len(self._infos):
            info, self._at = self._infos[number], number
            self._phase = phase or min(1, self._rows[number].phases)
            self._run(lambda: self._services.load(info, phase), self._on_loaded)

    def _show_found(self) -> None:
        self.found.emit(self._rows, self._at)

    def outline(self, mask: Path, otherwise: Callable[[], object] | None = None) -> None:
        """Take the contours of the open series from a mask file.

        Args:
            mask: The file.
            otherwise: Called instead of a refusal where the file is no mask of this series.
        """
        series = self._session.state.series
        if series is None:
            return
        self._run(
            lambda: self._services.outline(mask, series),
            lambda outlined: self._on_outlined(series, outlined),
            (lambda _: otherwise()) if otherwise is not None else None,
        )

    def _on_outlined(self, series: LgeSeries, outlined: HeartContours) -> None:
        if self._session.state.series is series:  # else another one was opened meanwhile
            self.said.emit(edits.take_mask(self._session, outlined))

    def open_sample(self) -> None:
        """Open the bundled sample heart with its contours and requested scar."""
        self.before(lambda: self._run(self._services.sample, self._on_sample), _nothing)

    def export(
        self,
        folder: Path,
        formats: tuple[str, ...],
        mode: str,
        reason: str,
        burn_in: bool = False,
    ) -> None:
        """Write the applied result, with the mark drawn into DICOM pixels where it is asked."""
        state = self._session.state
        result, series = state.applied, state.series
        if result is None or series is None:
            return
        chosen: ExportMode = "edit_of_patient" if mode == "edit_of_patient" else "new_subject"
        self._run(
            lambda: self._services.export(
                result, series, folder, formats, chosen, reason, state.note, burn_in
            ),
            self._on_exported,
        )

    def rehearse(
        self,
        folder: Path,
        formats: tuple[str, ...],
        mode: str,
        burn_in: bool,
        done: Callable[[Any], object],
    ) -> None:
        """Make and check the files of an export without showing them; `done` gets the answer."""
        state = self._session.state
        result, series = state.applied, state.series
        if result is None or series is None:
            return
        chosen: ExportMode = "edit_of_patient" if mode == "edit_of_patient" else "new_subject"
        self._run(
            lambda: self._services.rehearse(
                result, series, folder, formats, chosen, "", state.note, burn_in
            ),
            done,
        )

    def run(self, start: Callable[[], Job], done: Callable[[Any], object]) -> JobHandle:
        """Run another file job, told like these: its phase, its Cancel, and why it failed."""
        return self._run(start, done)

    def _on_exported(self, paths: tuple[Path, ...]) -> None:
        self.said.emit(f"Exported {len(paths)} file{'s' * (len(paths) != 1)}.")
        self.exported.emit(tuple(paths))

    def cancel(self) -> None:
        """Stop the running file job at its next stop point."""
        if self._current is not None:
            self._current.cancel()

    def _run(
        self,
        start: Callable[[], Job],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object] | None = None,
    ) -> JobHandle:
        handle = self._jobs.submit(start)
        self._current, self._number = handle, self._number + 1
        number = self._number
        self.working.emit(Progress(0, 0, "reading"))
        handle.progressed.connect(self.working)
        handle.finished.connect(done)
        handle.failed.connect(failed or self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._end(number))
        return handle

    def _end(self, number: int) -> None:
        if self._number == number:
            self._current = None
            self.working.emit(None)

    def _on_failed(self, error: Exception) -> None:
        self.refused.emit(in_words(error))

    def _on_found(self, infos: tuple[Any, ...]) -> None:
        self._infos, self._at = tuple(infos), -1
        self._rows = rows = tuple(self._services.describe(info) for info in self._infos)
        if not self._infos:
            self.found.emit((), -1)
            self.refused.emit("No image series was found here. Choose another folder or file.")
            return
        usable = [i for i, row in enumerate(rows) if row.usable]
        films = [i for i in usable if rows[i].phases]
        stacks = [i for i in usable if not rows[i].aside]
        best = max(stacks or films, key=lambda i: rows[i].score, default=-1)
        self.found.emit(rows, best)
        if best >= 0:
            self._load(best)
        else:
            self.refused.emit(f"Nothing here can be opened: {rows[0].reason}")
            if usable:
                self.offered.emit(usable[0])

    def _on_loaded(self, loaded: tuple[LgeSeries, HeartContours | None]) -> None:
        series, contours = loaded
        self._session.open(series, contours)
        if contours is not None:
            count = len(contours.outlined())
            self.said.emit(f"The mask beside it outlines {count} slices: look, then Accept all.")

    def _on_sample(self, loaded: tuple[Any, ...]) -> None:
        self._infos, self._rows, self._at = (), (), -1
        self.found.emit((), -1)
        self._session.open(*loaded)


def _nothing() -> None:
    """What was open stays open."""
