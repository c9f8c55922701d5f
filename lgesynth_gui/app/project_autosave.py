"""Keeps unsaved work on disk while it is made: a journal of every edit, a whole copy now and then.

The window's thread only takes captures, which are frozen and cheap; one thread of its own writes.
What is not written yet is written together with what comes next, so a slow drive never makes the
window wait.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.places import data_folder
from lgesynth_gui.app.project_replay import change, record_of
from lgesynth_gui.app.project_state import Work, plain_work, same
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job

if TYPE_CHECKING:
    from lgesynth_gui.core.synthesis import SynthesisResult
    from lgesynth_gui.io.project import Head
    from lgesynth_gui.io.project_journal import WorkFolder

FOLDER = "unsaved"
REST_MS = 150  # edits within this time become one record
COPY_MS = 30_000
AGAIN_MS = 5_000  # after a failure


def work_root() -> Path:
    """The folder that holds the unsaved work of all windows."""
    return data_folder() / FOLDER


class Keeper:
    """What the writing thread knows of one work; every method is a job or is called in one.

    Args:
        folder: Where it is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder
        self._folder: WorkFolder | None = None
        self._last: Work | None = None
        self._results: list[SynthesisResult] = []

    def keep(self, work: Work, head: Head, whole: bool) -> Job:
        """Write what changed, and a whole copy when there is none, or one is asked for."""
        from lgesynth_gui.io.project_journal import WorkFolder
        from lgesynth_gui.io.project_pack import UnknownResult

        yield None
        assert work.state.series is not None
        if self._folder is None or not self.path.is_dir():
            self._folder, self._last = WorkFolder(self.path), None
        gap, last, self._last = True, self._last, None  # None: whatever fails, a copy comes next
        if last is not None:
            try:
                one = record_of(change(last, work), self._results, when=now(), edits=head.edits)
                self._folder.append(one)
                gap = False
            except UnknownResult:
                whole = True
            whole = whole or work.results() != last.results()
            whole = whole or [v.stage for v in work.variations] != [
                v.stage for v in last.variations
            ]
        if whole or last is None:
            results = work.results()
            yield from self._folder.snapshot(
                head,
                work.state.series,
                lambda packing: plain_work(work, packing),
                results,
                gap=gap,
            )
            self._results = results
        self._last = work
        return whole or last is None

    def let_go(self, discard: bool) -> Job:
        """Take the folder away, or leave it for the next start."""
        yield None
        folder, self._folder, self._last = self._folder, None, None
        if folder is not None:
            if discard:
                folder.discard()
            else:
                folder.close()


class Autosave(QObject):
    """Watches one session; `capture` and `head` are asked on the window's thread."""

    kept = Signal()  # everything up to the last capture is on the drive
    failed = Signal(str)

    def __init__(
        self,
        capture: Callable[[], Work | None],
        head: Callable[[str], Head],
        worth: Callable[[Work], bool],
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Make one.

        Args:
            capture: The work as it is now, or None while nothing is open.
            head: What is said of it, given the id of the work.
            worth: Whether the work has anything that is not saved.
            parent: Owner.
            clock: Seconds.
        """
        super().__init__(parent)
        self._capture, self._head, self._worth, self._clock = capture, head, worth, clock
        self.runner = JobRunner(self, name="lgesynth-autosave")
        self.enabled = True
        self.id = ""
        self.kept_at: float | None = None
        self._keeper: Keeper | None = None
        self._asked: Work | None = None  # the newest capture that was handed to the writer
        self._busy = self._copied = self._wants_copy = False
        self._rest = self._timer(REST_MS, self.flush, single=True)
        self._copies = self._timer(COPY_MS, self._copy)
        self._copies.start()

    def _timer(self, ms: int, run: Callable[[], object], *, single: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(ms)
        timer.setSingleShot(single)
        timer.timeout.connect(lambda: run())
        return timer

    @property
    def age_s(self) -> float | None:
        """Seconds since everything was on the drive, or None when it never was."""
        return None if self.kept_at is None else self._clock() - self.kept_at

    def touch(self) -> None:
        """Something may have changed."""
        if self.enabled and not self._rest.isActive():
            self._rest.start(REST_MS)

    def flush(self) -> None:
        """Hand what changed to the writer, unless it is still writing."""
        work = self._capture()
        if self._busy or work is None or not self.enabled:
            return  # whoever is busy comes back here
        if self._keeper is None and not self._worth(work):
            return
        if self._asked is not None and same(self._asked, work) and not self._wants_copy:
            return
        self._submit(work)

    def _copy(self) -> None:
        """Half a minute is over: a whole copy, if anything was added to the journal since."""
        self._wants_copy = self._keeper is not None and not self._copied
        if self._wants_copy:
            self.flush()

    def _submit(self, work: Work) -> None:
        if self._keeper is None:
            self.id = secrets.token_hex(8)
            self._keeper = Keeper(work_root() / self.id)
        keeper, head, whole = self._keeper, self._head(self.id), self._wants_copy
        self._busy, self._asked, self._wants_copy = True, work, False
        handle = self.runner.submit(lambda: keeper.keep(work, head, whole))
        handle.finished.connect(lambda copied: self._on_kept(keeper, copied))
        handle.failed.connect(lambda error: self._on_failed(keeper, error))

    def _on_kept(self, keeper: Keeper, copied: bool) -> None:
        if keeper is not self._keeper:
            return
        self._busy, self._copied, self.kept_at = False, copied, self._clock()
        self.kept.emit()
        self.flush()

    def _on_failed(self, keeper: Keeper, error: Exception) -> None:
        if keeper is not self._keeper:
            return
        self._busy, self._asked = False, None
        words = str(error) if isinstance(error, LgeSynthError) else type(error).__name__
        self.failed.emit(f"Autosave failed. {words}")
        self._rest.start(AGAIN_MS)

    def begin_anew(self, *, discard: bool) -> None:
        """The work ends here: it was saved, or another one is opened.

        Args:
            discard: Take its folder away; else it is left to be restored at the next start.
        """
        if not discard:
            self._last_words()
        keeper, self._keeper = self._keeper, None
        self._asked, self.kept_at, self.id = None, None, ""
        self._busy = self._copied = self._wants_copy = False
        self._rest.stop()
        if keeper is not None:
            self.runner.submit(lambda: keeper.let_go(discard))

    def _last_words(self) -> None:
        """Hand over what changed since the last capture, behind whatever is being written."""
        work = self._capture()
        if work is None or not self.enabled or (self._keeper is None and not self._worth(work)):
            return
        if self._asked is None or not same(self._asked, work):
            self._submit(work)

    def shutdown(self, *, timeout_s: float) -> bool:
        """End the thread with the window, after `begin_anew`; nothing is told any more.

        Args:
            timeout_s: How long a drive may take.

        Returns:
            Whether everything is written.
        """
        self._copies.stop()
        self._rest.stop()
        return self.runner.finish(timeout_s)


def now() -> str:
    """UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
