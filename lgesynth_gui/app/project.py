"""The open project: where it is saved, whether it is, and what is left of it after a crash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.app import project_jobs as jobs
from lgesynth_gui.app.files import Files
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.project_autosave import Autosave, now
from lgesynth_gui.app.project_jobs import Arrived
from lgesynth_gui.app.project_state import Work, capture, trimmed, unsaved
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lgesynth_gui.app.session import State
    from lgesynth_gui.app.variation import Variation
    from lgesynth_gui.core.jobs import Job
    from lgesynth_gui.io.project import Head
    from lgesynth_gui.io.project_lock import Lock

LEAVE_S = 1.5
LEFT_BEHIND = "The former study was not saved. The next start offers it again."


@dataclass(frozen=True)
class Place:
    """Where the open project belongs.

    Args:
        id: Random name; "" while it was never saved.
        label: The user's name for it.
        path: Its file, or None.
        read_only: Why the file is not written to, in words, or "".
    """

    id: str = ""
    label: str = ""
    path: Path | None = None
    read_only: str = ""


class Project(QObject):
    """Saves, opens and restores; the session and the variations hold the work itself."""

    changed = Signal()
    said = Signal(str)
    saved = Signal()
    failed = Signal(str)  # a save that failed, in words
    cancelled = Signal()  # a save that the user stopped

    def __init__(
        self, session: Session, made: Variations, files: Files, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._made, self._files = session, made, files
        self.place = Place()
        self.saving = self._closed = False
        self._tried: tuple[Place, bool | None] | None = None
        self._lock: Lock | None = None
        self._kept: Work | None = None  # what the file, or the study as it was opened, holds
        self._recovered = False
        self._arriving: Arrived | None = None
        self._superseded: list[Path] = []
        self._owed = ""  # told once the new study is shown, with what else is told of it
        self.autosave = Autosave(self._capture, self._head, self._is_unsaved, self)
        self.autosave.kept.connect(self._on_autosaved)
        self.aside = JobRunner(self, name="lgesynth-projects")  # a lost drive may hang it, alone
        files.said.connect(self._on_told)
        session.leaving.connect(self._on_leaving)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        session.adopted.connect(self._on_adopted)
        session.undo_stack.indexChanged.connect(self._on_changed)
        made.changed.connect(self._on_changed)

    # -- what there is

    @property
    def unsaved(self) -> bool:
        """Whether something was done that no file of the user's holds."""
        state = self._session.state
        return state.series is not None and self._differs(state, self._made.all)

    @property
    def arriving(self) -> bool:
        """Whether what is being opened is a project, which brings its own settings."""
        return self._arriving is not None

    def _is_unsaved(self, work: Work) -> bool:
        return self._differs(work.state, work.variations)

    def _differs(self, state: State, made: Sequence[Variation]) -> bool:
        return self._recovered or (self._kept is not None and unsaved(state, made, self._kept))

    def _capture(self) -> Work | None:
        return None if self._session.state.series is None else capture(self._session, self._made)

    def _head(self, id_: str) -> Head:
        from lgesynth_gui.io.project import Head

        steps = {one.serial for one in self._session.history()}
        known = {one.serial for one in self._kept.steps} if self._kept is not None else set()
        return Head(
            id=id_, label=self.place.label, saved=now(), edits=len(steps - known),
            project=self.place.id,
        )  # fmt: skip

    def _on_changed(self, _: object = None) -> None:
        if self._session.state.series is not None:
            self.autosave.touch()
        self.changed.emit()

    def _on_adopted(self, field: str) -> None:
        """Before the first edit, what comes from outside is none of the work's."""
        kept, value = self._kept, getattr(self._session.state, field)
        if kept is not None and self._session.undo_stack.count() == len(kept.steps):
            self._kept = replace(kept, state=replace(kept.state, **{field: value}))
            self.changed.emit()

    # -- opening

    def open(self, path: Path) -> None:
        """Open a project file; one that is open elsewhere is opened read-only."""
        self._open(lambda: jobs.opening(path, self._lock if path == self.place.path else None))

    def open_recent(self, id_: str) -> None:
        """Open a project of the list."""
        self._open(lambda: jobs.opening_recent(id_))

    def open_saved(self, folder: Path) -> None:
        """Open the project that unsaved work came from; that work goes."""
        self._open(lambda: jobs.opening_saved(folder))

    def restore(self, folder: Path, *, as_copy: bool) -> None:
        """Go on with work that was left unsaved.

        Args:
            folder: Where it was kept.
            as_copy: As a new project; else Save writes over the one it came from.
        """
        self._open(lambda: jobs.restoring(folder, as_copy))

    def _open(self, start: Callable[[], Job]) -> None:
        self._files.before(lambda: self._files.run(start, self._arrive), lambda: None)

    def _arrive(self, arrived: Arrived) -> None:
        work = arrived.work
        self._arriving = arrived
        self._session.restore(work.state, work.steps, work.done)
        self._made.restore(work.variations, work.groups)
        self._arriving = None
        self._kept = self._capture()
        self._recovered = arrived.folder is not None
        if arrived.folder is not None:
            self._superseded.append(arrived.folder)
            self.autosave.flush()
        self._remember()
        if words := f"{arrived.note} {arrived.read_only}".strip():
            self.said.emit(words)
            self._on_told(words)
        self.changed.emit()

    def _on_told(self, words: str) -> None:
        if self._owed:  # one line has room for what was told last only
            self._owed = f"{words} {self._owed}"

    def _tell_owed(self) -> None:
        words, self._owed = self._owed, ""
        if words:
            self.said.emit(words)

    def _on_leaving(self) -> None:
        """Another study comes: what is not saved of this one is kept for the next start."""
        if self._session.state.series is None:
            return
        lost = self.unsaved
        self.autosave.begin_anew(discard=not lost)
        if lost and self.autosave.enabled:
            self._owed = LEFT_BEHIND
            QTimer.singleShot(0, self, self._tell_owed)
        self._close_file(keep_note=lost)

    def _on_opened(self) -> None:
        arrived, series = self._arriving, self._session.state.series
        assert series is not None
        self._recovered = False
        self._kept = self._capture()
        if arrived is None:
            self.place = Place(label=series.label)
        else:
            self.place = Place(arrived.id, arrived.label, arrived.path, arrived.read_only)
            self._lock = arrived.lock

    def _close_file(self, *, keep_note: bool) -> None:
        lock, self._lock = self._lock, None
        id_ = "" if keep_note else self.place.id
        if lock is not None or id_:
            self.aside.submit(lambda: jobs.closing(lock, id_))

    # -- saving

    def save(self) -> bool:
        """Save where it was saved before; False when a place has to be asked for."""
        if self._session.state.series is None or self.saving:
            return True
        if self.place.path is None or self.place.read_only:
            return False
        self._write(self.place, self._lock)
        return True

    def save_as(self, path: Path, label: str, *, remember: bool = True) -> None:
        """Save as another project, and go on with that one.

        Args:
            path: Its file.
            label: The user's name for it.
            remember: Put it on the list of recent projects.
        """
        here = path == self.place.path and not self.place.read_only
        place = Place(self.place.id if here else secrets.token_hex(16), label, path)
        self._write(place, self._lock if here else None, remember=remember)

    def save_again(self) -> None:
        """Try once more what failed."""
        if self._tried is not None:
            place, remember = self._tried
            same_file = place.path == self.place.path and not self.place.read_only
            self._write(place, self._lock if same_file else None, remember=remember)

    def _write(self, place: Place, lock: Lock | None, *, remember: bool | None = None) -> None:
        work, path = self._capture(), place.path
        if work is None or path is None or self.saving:
            return
        from lgesynth_gui.io.project import Head

        assert work.state.series is not None
        head, stored = Head(place.id, place.label, now()), trimmed(work)
        self.saving, self._tried = True, (place, remember)
        handle = self._files.run(
            lambda: jobs.saving(path, head, stored, lock),
            lambda held: self._on_saved(work, place, held, remember),
        )
        handle.failed.connect(self._on_not_saved)
        handle.cancelled.connect(lambda _: self._on_not_saved(None))
        self.changed.emit()

    def _on_saved(self, work: Work, place: Place, lock: Lock, remember: bool | None) -> None:
        self.saving = False
        if work.state.series is not self._session.state.series:
            self.aside.submit(lambda: jobs.closing(lock, ""))  # another one is open now
            return
        if self._lock is not None and self._lock is not lock:
            self._close_file(keep_note=False)
        self.place, self._lock = place, lock
        self._kept, self._recovered = work, False
        self._remember(add=remember is not False)
        if not self.unsaved:
            self.autosave.begin_anew(discard=True)
        self.said.emit("Saved.")
        self.saved.emit()
        self.changed.emit()

    def _on_not_saved(self, error: Exception | None) -> None:
        self.saving = False
        self.changed.emit()
        if error is None:
            self.cancelled.emit()
        else:
            known = isinstance(error, LgeSynthError)
            self.failed.emit(str(error) if known else f"Not saved ({type(error).__name__}).")

    def _remember(self, *, add: bool = True) -> None:
        place, series = self.place, self._session.state.series
        if place.path is None or series is None:
            return
        path, count, listed = place.path, series.shape[0], add and not place.read_only
        self.aside.submit(lambda: jobs.remembering(place.id, place.label, count, path, listed))

    def hold(self) -> None:
        """What is open is kept elsewhere, in a cohort: none of it counts as unsaved."""
        self._kept, self._recovered = self._capture(), False
        self.autosave.begin_anew(discard=True)
        self.changed.emit()

    # -- ending

    def throw_away(self, folder: Path) -> None:
        """Take unsaved work away for good."""
        self.aside.submit(lambda: jobs.removing(folder))

    def _on_autosaved(self) -> None:
        for folder in self._superseded:
            self.aside.submit(partial(jobs.removing, folder))
        self._superseded.clear()
        self.changed.emit()

    def close(self, *, discard: bool) -> bool:
        """End with the window; takes at most `LEAVE_S`.

        Args:
            discard: The user does not want what is not saved; else the next start offers it.

        Returns:
            Whether everything was written in that time.
        """
        if self._closed:
            return True
        self._closed = True
        self._session.undo_stack.indexChanged.disconnect(self._on_changed)  # emitted when it dies
        drop = discard or not self.unsaved
        series: LgeSeries | None = self._session.state.series
        if series is not None:
            self.autosave.begin_anew(discard=drop)
            self._close_file(keep_note=not drop)
        kept = self.autosave.shutdown(timeout_s=LEAVE_S)
        return self.aside.finish(LEAVE_S / 3) and kept
