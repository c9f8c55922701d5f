"""Plans a cohort without widgets: a draft whose edits can be undone, and what it would draw."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from lgesynth_gui.app.cohort_draft import (
    DRAWN,
    Draft,
    Drawn,
    drawn_of,
    heart_ids,
    with_draw,
    with_template,
)
from lgesynth_gui.app.cohort_hearts import (
    DeskHeart,
    computed_hearts,
    heart_of_study,
    hearts_in,
    joined,
)
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.app.session import UNDO_STEPS, State
from lgesynth_gui.cohort.plan import Part, Plan, Quota
from lgesynth_gui.core.errors import LgeSynthError, in_words
from lgesynth_gui.core.jobs import Job, Progress

if TYPE_CHECKING:
    from lgesynth_gui.cohort.plan_text import ReadRows
    from lgesynth_gui.cohort.wishes import Heart

REST_MS = 250  # after the last edit, before samples are drawn for the histograms
_keys = itertools.count(1)


def new_edit_key() -> int:
    """A key no other drag has: edits that share one become one undo step."""
    return next(_keys)


@dataclass(frozen=True)
class Imported:
    """What a table gave.

    Args:
        rows: How many can be used.
        errors: (line of the file, why), one a row that is left out.
    """

    rows: int = 0
    errors: tuple[tuple[int, str], ...] = ()

    @property
    def words(self) -> str:
        """In one sentence."""
        said = f"{self.rows} row{'s' * (self.rows != 1)} of the table can be used"
        left = len(self.errors)
        return f"{said}; {left} left out, with the reason." if left else f"{said}."


class _Edit(QUndoCommand):
    def __init__(self, planning: Planning, before: Draft, after: Draft, text: str, key: int):
        super().__init__(text)
        self._planning, self.before, self.after, self._key = planning, before, after, key

    def redo(self) -> None:
        self._planning._put(self.after)

    def undo(self) -> None:
        self._planning._put(self.before)

    def id(self) -> int:
        return self._key

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, _Edit):
            return False
        self.after = other.after
        return True


class Planning(QObject):
    """Holds the draft; `changed` names "draft", "drawn" or "busy"."""

    changed = Signal(str)
    said = Signal(str)
    imported = Signal(object)  # Imported
    working = Signal(object)  # Progress, or None at the end
    _counted = Signal(object, object)  # draft, Drawn: from the drawing thread

    def __init__(self, jobs: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.draft = Draft()
        self.drawn = Drawn()
        self.plan: Plan | None = None  # what the cohort's folder plans already
        self.folder: Path | None = None
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_STEPS)
        self._jobs = jobs
        self._drawer = JobRunner(self, name="lgesynth-watch")
        self._drawing: JobHandle | None = None
        self._handle: JobHandle | None = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._draw)
        self._counted.connect(self._on_counted)

    # -- edits

    def edit(self, draft: Draft, text: str, key: int = -1) -> None:
        """Change the draft as one undoable step; an equal one is no edit."""
        if draft != self.draft:
            self.undo_stack.push(_Edit(self, self.draft, draft, text, key))

    def set(self, text: str, key: int = -1, **values: Any) -> None:
        """Change fields of the draft."""
        self.edit(replace(self.draft, **values), text, key)

    def begin(self, draft: Draft, plan: Plan | None, folder: Path | None) -> None:
        """Another draft, of another cohort: undo starts anew."""
        self.undo_stack.clear()
        self.plan, self.folder = plan, folder
        self._put(draft)

    def settle(self, plan: Plan | None, folder: Path | None) -> None:
        """The cohort's own plan is another now; the draft stays."""
        if (plan, folder) != (self.plan, self.folder):
            self.plan, self.folder = plan, folder
            self.changed.emit("draft")
            self._rest.start()

    def _put(self, draft: Draft) -> None:
        self.draft = draft
        self.changed.emit("draft")
        self._rest.start()

    def choose_template(self, id_: str) -> None:
        """Begin with a template; "" takes the distributions out."""
        self.edit(with_template(self.draft, id_), "template")

    def set_draw(self, text: str, key: int = -1, **values: Any) -> None:
        """Change distributions."""
        try:
            self.edit(with_draw(self.draft, **values), text, key)
        except LgeSynthError as error:
            self.said.emit(error.what)

    def set_stop(self, text: str, key: int = -1, **values: Any) -> None:
        """Change a limit."""
        stop = self.draft.stop.model_copy(update=values)
        self.set(text, key, stop=stop)

    def set_sampling(self, text: str, key: int = -1, **values: Any) -> None:
        """Change how samples are painted."""
        self.set(text, key, sampling=self.draft.sampling.model_copy(update=values))

    def add_quota(self, quota: Quota) -> None:
        """Want accepted samples in a bin; a quota of the same bin is replaced."""
        bin_ = (quota.size, quota.depth, quota.segment)
        rest = [q for q in self.draft.quotas if (q.size, q.depth, q.segment) != bin_]
        self.set("quota", quotas=(*rest, quota))

    def remove_quota(self, place: int) -> None:
        """Take a quota out."""
        self.set("remove quota", quotas=_without(self.draft.quotas, place))

    def remove_part(self, place: int) -> None:
        """Take rows of a table or of a gap out."""
        self.set("remove rows", parts=_without(self.draft.parts, place))

    def add_parts(self, text: str, *parts: Part) -> None:
        """Plan further samples."""
        self.set(text, parts=(*self.draft.parts, *parts))

    # -- hearts

    def use_study(self, state: State) -> None:
        """List the open study."""
        self._on_hearts((heart_of_study(state),))

    def add_folder(self, path: Path) -> None:
        """List every heart of a folder."""
        self.run(lambda: hearts_in(path), self._on_hearts)

    def add_computed(self, count: int) -> None:
        """List computed healthy hearts."""
        known = sum(one.name.startswith("computed") for one in self.draft.hearts)
        taken = sum(one.origin == "phantom" for one in self.plan.hosts) if self.plan else 0
        seed = self.draft.seed
        self.run(lambda: computed_hearts(count, seed, known + taken), self._on_hearts)

    def remove_heart(self, place: int) -> None:
        """Take a heart off the list; no file is deleted."""
        self.set("remove heart", hearts=_without(self.draft.hearts, place))

    def _on_hearts(self, new: tuple[DeskHeart, ...]) -> None:
        hearts, twice = joined(self.draft.hearts, new)
        self.set("hearts", hearts=hearts)
        if not new:
            self.said.emit("No heart was found there.")
            return
        bad = [one for one in new if not one.usable]
        if len(new) == 1 and bad:
            self.said.emit(bad[0].why)
        elif twice == len(new):
            self.said.emit("These hearts are in the list already.")
        else:
            good = f"{len(new) - len(bad)} of {len(new)} hearts can be used."
            self.said.emit(f"{good} The others are listed with the reason." if bad else good)

    @property
    def ids(self) -> tuple[str, ...]:
        """Numbers of all hearts, those of the cohort in front."""
        known = self.plan.hosts if self.plan is not None else ()
        return heart_ids(known, self.draft.usable)

    # -- a table

    def import_table(self, path: Path) -> None:
        """Read rows of a CSV; bad ones are told one by one, good ones kept."""
        from lgesynth_gui.cohort.plan_text import read_rows

        ids = self.ids

        def read() -> Job:
            yield Progress(0, 1, "reading the table")
            return read_rows(path, ids or None)

        self.run(read, self._on_table)

    def _on_table(self, found: ReadRows) -> None:
        if found.rows:
            part = Part(name=f"table, {len(found.rows)}", rows=found.rows)
            self.add_parts("table", part)
        self.imported.emit(Imported(len(found.rows), found.errors))

    # -- histograms

    def _draw(self) -> None:
        """Draw some samples anew; what is still being drawn of an older draft is dropped."""
        if self._drawing is not None:
            self._drawing.cancel()
        draft, plan, folder = self.draft, self.plan, self.folder
        if not draft.count:
            self._on_drawn(Drawn())
            return

        def start() -> Job:
            hearts = yield from hearts_by_id(draft, plan, folder)
            return (
                yield from drawn_of(draft, hearts, DRAWN, lambda so: self._counted.emit(draft, so))
            )

        self._drawing = handle = self._drawer.submit(start)
        self.changed.emit("busy")
        handle.finished.connect(self._on_drawn)
        handle.failed.connect(self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._drawing_ended(handle))

    def _drawing_ended(self, handle: JobHandle) -> None:
        if self._drawing is handle:
            self._drawing = None
            self.changed.emit("busy")

    def _on_counted(self, draft: Draft, drawn: Drawn) -> None:
        if draft is self.draft:
            self._on_drawn(drawn)

    def _on_drawn(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self.changed.emit("drawn")

    @property
    def drawing(self) -> bool:
        """Whether samples are being drawn for the histograms."""
        return self._drawing is not None

    # -- jobs

    @property
    def busy(self) -> bool:
        """Whether hearts or a table are being read."""
        return self._handle is not None

    def cancel(self) -> None:
        """Stop reading hearts or a table."""
        if self._handle is not None:
            self._handle.cancel()

    def run(self, start: Callable[[], Job], done: Callable[[Any], object]) -> None:
        """Read something long; its progress is told, and it can be stopped."""
        self.cancel()
        self._handle = handle = self._jobs.submit(start)
        self.changed.emit("busy")
        handle.progressed.connect(self.working)
        handle.finished.connect(done)
        handle.failed.connect(self._on_failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(lambda _: self._ended(handle))

    def _ended(self, handle: JobHandle) -> None:
        if self._handle is handle:
            self._handle = None
            self.working.emit(None)
            self.changed.emit("busy")

    def _on_failed(self, error: Exception) -> None:
        self.said.emit(in_words(error))

    def leave(self) -> None:
        """The window goes."""
        self.undo_stack.blockSignals(True)  # it tells of its end, too
        self._rest.stop()
        self.cancel()
        self._drawer.shutdown(0.5)


def hearts_by_id(draft: Draft, plan: Plan | None, folder: Path | None) -> Job:
    """Every heart of a cohort and its draft, as far as drawing goes, by number."""
    from lgesynth_gui.cohort.hosts import load_host
    from lgesynth_gui.cohort.wishes import Heart

    found: dict[str, Heart] = {}
    known = plan.hosts if plan is not None else ()
    if folder is not None:
        for entry in known:
            found[entry.id] = load_host(folder, entry).heart
            yield None
    shas = {one.sha256 for one in known}
    new = [one for one in draft.usable if _sha(one) not in shas]
    for id_, one in zip(heart_ids(known, draft.usable)[len(known) :], new, strict=True):
        assert one.series is not None
        assert one.contours is not None
        found[id_] = Heart(id_, one.contours, one.series.shape, one.series.spacing)
        yield None
    hearts: Mapping[str, Heart] = found
    return hearts


def _sha(heart: DeskHeart) -> str:
    return heart.series.pixels_sha256 if heart.series is not None else ""


def _without(items: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return tuple(one for i, one in enumerate(items) if i != place)
