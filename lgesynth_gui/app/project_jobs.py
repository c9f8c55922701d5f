"""The file jobs of a project: open, save, restore, remember; none runs on the window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lgesynth_gui.app import recents
from lgesynth_gui.app.project_replay import replayed
from lgesynth_gui.app.project_state import Work, plain_work, work_of
from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job

if TYPE_CHECKING:
    from lgesynth_gui.io.project import Head
    from lgesynth_gui.io.project_lock import Lock


@dataclass(frozen=True, eq=False)
class Arrived:
    """A project that was read and may be shown.

    Args:
        work: What it holds.
        label: The user's name for it.
        id: Its random name; "" when it has to be saved as a new one.
        path: Its file, or None.
        lock: Held on the file, or None.
        read_only: Why the file will not be written to, or "".
        folder: The unsaved work it was restored from, or None.
        note: Something to tell.
    """

    work: Work
    label: str
    id: str = ""
    path: Path | None = None
    lock: Lock | None = None
    read_only: str = ""
    folder: Path | None = None
    note: str = ""


def opening(path: Path, mine: Lock | None = None) -> Job:
    """Read a project and lock its file; returns `Arrived`.

    Args:
        path: The file.
        mine: The lock, when this window has it already.
    """
    from lgesynth_gui.io.leftovers import sweep
    from lgesynth_gui.io.project import read_project

    yield None
    if not path.exists():
        raise _missing()
    lock, why = (None, "") if mine is not None else locked(path)
    sweep(path.parent)
    try:
        opened = yield from read_project(path)
        work = work_of(opened.series, opened.work, opened.values)
        _warm(work)
        if mine is not None:  # it is let go when the study changes
            yield None
            mine.release()
            lock, why = locked(path)
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    return Arrived(work, opened.head.label, opened.head.id, path, lock, why)


def opening_recent(id_: str) -> Job:
    """Open a project of the list."""
    yield None
    path = recents.place_of(id_)
    if path is None:
        raise _missing()
    return (yield from opening(path))


def saving(path: Path, head: Head, work: Work, lock: Lock | None) -> Job:
    """Write a project; returns the lock that is held on its file."""
    from lgesynth_gui.io.leftovers import sweep
    from lgesynth_gui.io.project import told, write_project
    from lgesynth_gui.io.project_lock import Lock, lock_beside

    yield None
    assert work.state.series is not None
    held = lock
    if held is None:
        with told(path, 0):
            held = Lock(lock_beside(path))
    sweep(path.parent)
    try:
        yield from write_project(
            path, head, work.state.series, lambda packing: plain_work(work, packing), work.results()
        )
    except BaseException:
        if held is not lock:
            held.release()
        raise
    return held


def restoring(folder: Path, as_copy: bool) -> Job:
    """Read unsaved work; returns `Arrived`."""
    from lgesynth_gui.io.project_journal import recover

    opened, records = yield from recover(folder)
    work = replayed(opened, records)
    _warm(work)
    head = opened.head
    path = recents.place_of(head.project) if head.project and not as_copy else None
    if path is None:
        return Arrived(work, head.label, folder=folder, note="Restored. Save keeps it.")
    lock, why = locked(path)
    return Arrived(work, head.label, head.project, path, lock, why, folder, "Restored; not saved.")


def locked(path: Path) -> tuple[Lock | None, str]:
    """(the lock on a project file, "") or (None, why it is read-only)."""
    from lgesynth_gui.io.project_lock import Lock, Taken, lock_beside

    try:
        return Lock(lock_beside(path)), ""
    except Taken as taken:
        return None, f"Read-only: open in {taken.owner}. Save as keeps your changes."
    except OSError:
        return None, "Read-only: this place cannot be written to. Save as keeps your changes."


def closing(lock: Lock | None, id_: str) -> Job:
    """Let a file go, and forget where it lies unless it is on the list."""
    yield None
    if lock is not None:
        lock.release()
    if id_:
        recents.note_open(id_, None)


def remembering(id_: str, label: str, slices: int, path: Path, listed: bool) -> Job:
    """Note where the open project lies, and put it on the list."""
    yield None
    recents.note_open(id_, path)
    if listed:
        recents.add(recents.Recent(id_, label, slices), path)


def removing(folder: Path) -> Job:
    """Take unsaved work away that lives on elsewhere, or that nobody wants."""
    from lgesynth_gui.io.project_journal import remove_work

    yield None
    remove_work(folder)


def _missing() -> LgeSynthError:
    return LgeSynthError(
        "The project is not where it was.", "Connect its drive, or open it where it is now."
    )


def _warm(work: Work) -> None:
    from lgesynth_gui.app import verdicts
    from lgesynth_gui.app.warming import warm

    assert work.state.series is not None
    warm(work.state.series, work.state.contours, work.state.sketch)
    for judge in {one.verdict.judge for one in work.results()}:
        verdicts.ceiling_of(judge)


@dataclass(frozen=True, eq=False)
class Left:
    """Work that a window left unsaved, as it is offered.

    Args:
        folder: Where it is kept.
        label: The user's name for it.
        when: UTC, ISO 8601, of its last edit.
        edits: Edits since it was saved.
        picture: Small picture of the series `(row, column)`, uint8.
        damaged: Names under which damaged copies were kept.
        whole: Whether it can be restored.
        saved: Whether the project it came from can be opened.
    """

    folder: Path
    label: str
    when: str
    edits: int
    picture: Array
    damaged: tuple[str, ...] = ()
    whole: bool = True
    saved: bool = False


def looking(root: Path) -> Job:
    """Find what was left unsaved; returns a tuple of `Left`, the newest first."""
    from lgesynth_gui.io.project_journal import find_work

    found = yield from find_work(root)
    left = []
    for one in found:
        place = recents.place_of(one.head.project) if one.head.project else None
        left.append(
            Left(
                one.path,
                one.head.label,
                one.when,
                one.head.edits,
                one.picture,
                one.damaged,
                one.whole,
                place is not None,
            )
        )
        yield None
    return tuple(left)


def opening_saved(folder: Path) -> Job:
    """Open the project that unsaved work came from, and take that work away."""
    from lgesynth_gui.io.project_journal import project_of, remove_work

    yield None
    path = recents.place_of(project_of(folder))
    if path is None:
        raise _missing()
    arrived = yield from opening(path)
    remove_work(folder)
    return arrived
