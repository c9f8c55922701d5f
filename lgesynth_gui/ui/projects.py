"""Saving, opening and restoring as the user sees it: actions, the saved mark, the questions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QMessageBox

from lgesynth_gui.app import recents
from lgesynth_gui.app.project import Project
from lgesynth_gui.app.project_autosave import work_root
from lgesynth_gui.app.project_jobs import Left, looking
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.dialogs.closing import ask_to_close, ask_to_open
from lgesynth_gui.ui.labels import plain_label, plain_tip

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

SUFFIX = ".lgesynth"
LOOK_MS = 400  # after the first paint
MARK_MS = 1000
NARROW = 1000  # effective width below which the mark is short


class Projects(QObject):
    """The window's side of `app.project`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.project = Project(window.session, window.variations, window.files, self)
        self._trouble, self._discard = "", False
        self._then: Callable[[], object] | None = None  # what a save was asked for
        self.mark = plain_label()
        self.mark.setObjectName("savedMark")
        window.status.insertPermanentWidget(3, self.mark)
        self._clock = QTimer(self)
        self._clock.setInterval(MARK_MS)
        self._clock.timeout.connect(self._show_mark)
        self._clock.start()
        project, start = self.project, window.start
        project.changed.connect(self._show_mark)
        project.said.connect(window.status.say)
        project.saved.connect(self._on_saved)
        project.failed.connect(self._on_not_saved)
        project.cancelled.connect(self._stay)
        window.session.opened.connect(self._on_opened)
        window.files.before = self._before_another
        project.autosave.kept.connect(partial(self._on_autosave, ""))
        project.autosave.failed.connect(self._on_autosave)
        start.recent_wanted.connect(project.open_recent)
        start.forget_wanted.connect(lambda id_: self._recents(lambda: recents.forget(id_)))
        start.remember_wanted.connect(lambda on: self._recents(lambda: recents.set_remember(on)))
        QTimer.singleShot(LOOK_MS, self, self._look_around)
        self._show_mark()

    def does(self) -> dict[str, Callable[[], object]]:
        """The actions of projects."""
        return {"save": self.save, "save_as": self.save_as}

    def keeps_autosave(self, on: bool) -> None:
        """Switch autosave on or off."""
        self.project.autosave.enabled = on
        if on:
            self.project.autosave.touch()
        self._show_mark()

    # -- what was left, and what was used last

    def _look_around(self) -> None:
        self._recents(recents.read)
        handle = self.project.aside.submit(lambda: looking(work_root()))
        handle.finished.connect(self._on_left)

    def _recents(self, run: Callable[[], recents.Recents]) -> None:
        def job() -> Job:
            yield None
            return run()

        handle = self.project.aside.submit(job)
        handle.finished.connect(self._window.start.show_recents)
        handle.failed.connect(lambda error: self._window.status.say(_words(error)))

    def _on_left(self, left: tuple[Left, ...]) -> None:
        if left:
            self.offer(left)

    def offer(self, left: tuple[Left, ...]) -> None:
        """Show what was left unsaved; the window stays usable."""
        from lgesynth_gui.ui.dialogs.recovery import Recovery

        dialog = Recovery(left, self._window)
        dialog.restore_wanted.connect(lambda at, copy: self.project.restore(at, as_copy=copy))
        dialog.saved_wanted.connect(self.project.open_saved)
        dialog.discard_wanted.connect(self.project.throw_away)
        dialog.show()

    # -- opening and saving

    def open(self, path: Path) -> bool:
        """Open a path when it is a project; False for everything else."""
        if path.suffix.lower() != SUFFIX:
            return False
        self.project.open(path)
        return True

    def save(self) -> None:
        """Save, asking for a place the first time."""
        if self._window.session.state.series is None:
            self._window.status.say("There is nothing to save yet.")
        elif not self.project.save():
            self.save_as()

    def save_as(self) -> None:
        """Ask for a name and a place, then save there."""
        from lgesynth_gui.ui.dialogs.save_project import SaveProject

        if self._window.session.state.series is None:
            self._window.status.say("There is nothing to save yet.")
            return
        remember = not self._window.start.remember.isChecked()
        place = self.project.place
        own = None if place.read_only else place.path
        dialog = SaveProject(place.label, remember=remember, own=own, parent=self._window)
        dialog.save_wanted.connect(
            lambda path, label, keep: self.project.save_as(path, label, remember=keep)
        )
        dialog.rejected.connect(self._stay)
        dialog.open()

    def _stay(self) -> None:
        self._then = None

    def _on_saved(self) -> None:
        then = self._then
        if then is None:
            return
        if self.project.unsaved:  # drawn on while it was written: what was written is not all
            self.save()
            return
        self._then = None
        then()

    def _on_not_saved(self, words: str) -> None:
        self._stay()
        box = QMessageBox(self._window)
        box.setObjectName("notSaved")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Not saved")
        box.setText(words)
        again = box.addButton("Try again", QMessageBox.ButtonRole.AcceptRole)
        other = box.addButton("Save as…", QMessageBox.ButtonRole.ActionRole)
        stay = box.addButton("Close", QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(stay)
        again.clicked.connect(lambda: self.project.save_again())
        other.clicked.connect(lambda: self.save_as())
        box.open()

    # -- the mark in the status bar

    def _on_autosave(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._window.status.say(trouble)
        self._trouble = trouble
        self._show_mark()

    def _show_mark(self) -> None:
        words = self._words()
        if words != self.mark.text():
            self.mark.setText(words)
            self.mark.setVisible(bool(words))
            self.mark.setToolTip(plain_tip(self._trouble or self.project.place.read_only))

    def _words(self) -> str:
        project, window = self.project, self._window
        if window.session.state.series is None:
            return ""
        short = window.width() / window.scale < NARROW
        words = "read-only · " if project.place.read_only else ""
        if not project.unsaved:
            return f"{words}✓ saved" if project.place.path else words.removesuffix(" · ")
        words += "● not saved"
        if short:
            return words
        if self._trouble:
            return f"{words} · ! autosave failed"
        if not project.autosave.enabled:
            return f"{words} · autosave off"
        age = project.autosave.age_s
        return f"{words} · autosave {age_words(age)}" if age is not None else words

    # -- opening another study, and closing

    def _before_another(self, go: Callable[[], object], stay: Callable[[], object]) -> None:
        """Ask before unsaved work goes that the next start could not offer again."""
        self._drop_question()
        keeps = self.project.autosave.enabled and not self._trouble
        if keeps or not self.project.unsaved:
            go()
            return
        save = partial(self._save_and, go)
        ask_to_open(self._window, go, stay, save=save)

    def _drop_question(self) -> None:
        for box in self._window.findChildren(QMessageBox, "opening"):
            box.close()

    def _on_opened(self) -> None:
        self._stay()
        self._drop_question()

    def may_close(self) -> bool:
        """Whether nothing would be lost; else the question is asked."""
        waiting, unsaved = len(self._window.variations.waiting()), self.project.unsaved
        if not waiting and not unsaved:
            return True
        save = self._save_and_close if unsaved else None
        ask_to_close(self._window, waiting, self._give_up, save=save)
        return False

    def _save_and_close(self) -> None:
        self._save_and(self._window.leave)

    def _save_and(self, then: Callable[[], object]) -> None:
        self._then = then
        self.save()

    def _give_up(self) -> None:
        self._discard = True
        self._window.leave()

    def leave(self) -> bool:
        """End with the window; without an answer of the user's, unsaved work is kept.

        Returns:
            Whether everything was written in time.
        """
        self._clock.stop()
        return self.project.close(discard=self._discard)


def age_words(seconds: float) -> str:
    """How long ago, in one unit."""
    if seconds < 60:
        return f"{int(seconds)} s ago"
    return f"{int(seconds / 60)} min ago"


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, LgeSynthError) else type(error).__name__
