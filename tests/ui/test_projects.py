"""Projects in the window: keys, mark, questions, recovery, recent projects."""

import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QMimeData, QPointF, QStandardPaths, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QPushButton

from lgesynth_gui.app import recents
from lgesynth_gui.app.project_autosave import work_root
from lgesynth_gui.app.project_jobs import looking
from lgesynth_gui.app.session import Settings
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.ui.dialogs.diagnostics import DiagnosticsDialog
from lgesynth_gui.ui.dialogs.recovery import Recovery
from lgesynth_gui.ui.dialogs.save_project import file_name
from tests.ui import hearts

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def shown(window, name):
    return [d for d in window.findChildren(QDialog, name) if d.isVisible()]


def press(box, words):
    next(b for b in box.findChildren(QPushButton) if b.text() == words).click()


def saved(window, qtbot, path, label="My heart"):
    with qtbot.waitSignal(window.projects.project.saved, timeout=10_000):
        window.projects.project.save_as(path, label)


def unsaved_edit(window):
    window.session.edit("sketch", ScarSketch(), "all normal")


def kept(window, qtbot):
    with qtbot.waitSignal(window.projects.project.autosave.kept, timeout=10_000):
        window.projects.project.autosave.flush()


@pytest.fixture
def file(tmp_path):
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine" / "heart.lgesynth"


def test_that_ctrl_s_asks_once_and_then_saves(heart, qtbot, file):
    heart.activateWindow()
    qtbot.waitUntil(heart.isActiveWindow, timeout=5000)
    unsaved_edit(heart)
    assert "● not saved" in heart.projects.mark.text()
    qtbot.keyClick(heart, Qt.Key.Key_S, CTRL)
    (dialog,) = shown(heart, "saveProject")
    assert dialog.label.text() == "sample heart"
    assert dialog.file.text().endswith("sample-heart.lgesynth")
    dialog.file.setText(str(file.with_suffix("")))
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        dialog.save.click()
    assert file.exists()
    assert heart.projects.mark.text() == "✓ saved"
    assert heart.windowTitle() == "LGESynth"
    heart.session.undo_stack.undo()
    assert "● not saved" in heart.projects.mark.text()
    heart.activateWindow()
    qtbot.waitUntil(heart.isActiveWindow, timeout=5000)
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        qtbot.keyClick(heart, Qt.Key.Key_S, CTRL)
    assert not shown(heart, "saveProject")
    qtbot.keyClick(heart, Qt.Key.Key_S, CTRL | SHIFT)
    assert len(shown(heart, "saveProject")) == 1
    shown(heart, "saveProject")[0].reject()


def test_that_a_dropped_project_is_opened_with_its_steps(heart, windows, qtbot, file):
    unsaved_edit(heart)
    saved(heart, qtbot, file)
    heart.leave()
    other = windows(hearts.FakeEngine(), hearts.services())
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    buttons = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        other.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, *buttons))
    assert other.session.undo_stack.undoText() == "all normal"
    assert other.projects.mark.text() == "✓ saved"
    assert "all normal" in other._actions["undo"].toolTip()


def test_that_the_mark_tells_the_age_of_the_autosave(heart, qtbot):
    unsaved_edit(heart)
    kept(heart, qtbot)
    heart.projects.project.autosave.kept_at -= 12
    heart.projects._show_mark()
    assert heart.projects.mark.text() == "● not saved · autosave 12 s ago"
    heart.projects.keeps_autosave(False)
    assert heart.projects.mark.text() == "● not saved · autosave off"


def test_that_closing_with_changes_asks_once_and_can_save(heart, qtbot, file):
    unsaved_edit(heart)
    heart.close()
    (box,) = shown(heart, "closing")
    assert "not saved" in box.text()
    press(box, "Stay")
    assert heart.isVisible()
    heart.close()
    press(shown(heart, "closing")[-1], "Save and close")
    (dialog,) = shown(heart, "saveProject")
    dialog.file.setText(str(file))
    dialog.save.click()
    qtbot.waitUntil(lambda: not heart.isVisible(), timeout=10_000)
    assert file.exists()
    assert drive(looking(work_root())) == ()


def test_that_closing_without_saving_leaves_nothing_behind(heart, qtbot):
    unsaved_edit(heart)
    kept(heart, qtbot)
    heart.close()
    press(shown(heart, "closing")[-1], "Close without saving")
    assert not heart.isVisible()
    assert drive(looking(work_root())) == ()


def test_that_closing_without_changes_does_not_ask(heart):
    heart.close()
    assert not heart.isVisible()


def test_that_the_end_of_the_session_keeps_what_is_not_saved(heart, windows, qtbot):
    unsaved_edit(heart)
    heart.leave()
    other = windows(hearts.FakeEngine(), hearts.services())
    qtbot.waitUntil(lambda: bool(shown(other, "recovery")), timeout=10_000)
    (dialog,) = shown(other, "recovery")
    assert not dialog.isModal()
    assert dialog.list.item(0).text().startswith("sample heart\n")
    assert dialog.list.item(0).text().endswith("1 edit")
    assert not dialog.saved.isEnabled()
    assert not dialog.both.isEnabled()
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        dialog.restore.click()
    assert other.session.state.sketch == ScarSketch()
    assert "● not saved" in other.projects.mark.text()


def test_that_thrown_away_work_is_asked_about_twice_and_then_gone(heart, windows, qtbot):
    unsaved_edit(heart)
    heart.leave()
    left = drive(looking(work_root()))
    other = windows(hearts.FakeEngine(), hearts.services())
    other.projects.offer(left)
    dialog = shown(other, "recovery")[-1]
    dialog.discard.click()
    assert left[0].folder.exists()
    assert dialog.discard.text() == "Really throw away?"
    dialog.discard.click()
    qtbot.waitUntil(lambda: not left[0].folder.exists(), timeout=10_000)
    assert not shown(other, "recovery")


def test_that_a_second_window_says_why_it_is_read_only(heart, windows, qtbot, file):
    saved(heart, qtbot, file)
    other = windows(hearts.FakeEngine(), hearts.services())
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        other.open_path(file)
    assert other.projects.mark.text() == "read-only · ✓ saved"
    assert "another window since" in other.projects.mark.toolTip()
    unsaved_edit(other)
    other.projects.save()
    assert shown(other, "saveProject"), "it is saved elsewhere, never over the other window's"


def test_that_a_failed_save_is_told_and_can_be_tried_again(heart, qtbot, file):
    folder = file.parent
    folder.rmdir()
    heart.projects.project.save_as(file, "My heart")
    qtbot.waitUntil(lambda: bool(shown(heart, "notSaved")), timeout=10_000)
    (box,) = shown(heart, "notSaved")
    assert "folder is not there" in box.text()
    assert str(folder) not in box.text()
    folder.mkdir()
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        press(box, "Try again")
    assert file.exists()


def test_that_recent_projects_open_with_one_click_and_are_forgotten(heart, windows, qtbot, file):
    saved(heart, qtbot, file, "Heart <b>A & B</b>")
    qtbot.waitUntil(lambda: bool(recents.read().entries), timeout=10_000)
    heart.leave()
    other = windows(hearts.FakeEngine(), hearts.services())
    qtbot.waitUntil(
        lambda: other.start.findChild(QPushButton, "recent_1") is not None, timeout=10_000
    )
    button = other.start.findChild(QPushButton, "recent_1")
    assert button.text() == "Heart <b>A && B</b> · 6 slices"
    assert str(file.parent) not in button.toolTip() + button.accessibleName()
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        button.click()
    other.start.findChild(QPushButton, "forget_1").click()
    qtbot.waitUntil(lambda: not recents.read().entries, timeout=10_000)
    assert file.exists()
    other.start.remember.setChecked(True)
    qtbot.waitUntil(lambda: not recents.read().remember, timeout=10_000)


def test_that_file_names_are_made_of_letters_of_any_language():
    assert file_name("Fall 12: Müller/心臓 <x>") == "Fall-12-Müller-心臓-x.lgesynth"
    assert file_name("../..") == "heart.lgesynth"


def test_that_the_dialogs_controls_have_names_and_tips(heart):
    heart.projects.save_as()
    (save,) = shown(heart, "saveProject")
    dialogs = [save, Recovery((), heart)]
    for dialog in dialogs:
        for button in dialog.findChildren(QPushButton):
            assert button.text()
            assert button.toolTip(), button.text()
    assert save.path().suffix == ".lgesynth"
    for dialog in dialogs:
        dialog.reject()


# -- nothing is written over, and nothing is closed, unasked


def test_that_a_taken_name_is_neither_proposed_nor_written_over_unasked(
    heart, qtbot, file, monkeypatch
):
    place = lambda *_: str(file.parent)  # noqa: E731
    monkeypatch.setattr(QStandardPaths, "writableLocation", place)
    taken = file.with_name("sample-heart.lgesynth")
    taken.write_bytes(b"another project")
    heart.projects.save_as()
    (dialog,) = shown(heart, "saveProject")
    assert dialog.path() == file.with_name("sample-heart-2.lgesynth")
    dialog.file.setText(str(taken.with_suffix("")))
    dialog.save.click()
    assert dialog.isVisible()
    assert dialog.save.text() == "Really replace?"
    assert "there already" in dialog.why.text()
    assert taken.read_bytes() == b"another project"
    dialog.file.setText(str(file))
    assert dialog.save.text() == "Save", "another name is another question"
    assert not dialog.why.isVisible()
    dialog.file.setText(str(taken))
    dialog.save.click()
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        dialog.save.click()
    assert taken.read_bytes() != b"another project"


def test_that_its_own_file_and_one_that_was_picked_are_not_asked_about_again(heart, qtbot, file):
    saved(heart, qtbot, file)
    heart.projects.save_as()
    dialog = shown(heart, "saveProject")[-1]
    dialog.file.setText(str(file))
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        dialog.save.click()
    picked = file.with_name("picked.lgesynth")
    picked.write_bytes(b"asked about by the picker")
    heart.projects.save_as()
    dialog = shown(heart, "saveProject")[-1]
    dialog._chosen(str(picked))
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        dialog.save.click()
    assert heart.projects.project.place.path == picked


def test_that_a_cancelled_save_and_close_does_not_close_later(heart, qtbot, file):
    saved(heart, qtbot, file)
    unsaved_edit(heart)
    go = threading.Event()

    def before_it():
        while not go.is_set():
            yield None

    heart.workers.file_jobs.submit(before_it)  # the save waits behind it
    heart.close()
    press(shown(heart, "closing")[-1], "Save and close")
    heart.files.cancel()
    go.set()
    qtbot.waitUntil(lambda: not heart.projects.project.saving, timeout=10_000)
    assert heart.projects.project.unsaved, "the save was stopped"
    with qtbot.waitSignal(heart.projects.project.saved, timeout=10_000):
        heart.projects.save()
    qtbot.wait(50)
    assert heart.isVisible()


def test_that_another_study_ends_a_save_and_close(heart, qtbot, file):
    heart.projects._then = heart.leave
    heart.session.open(hearts.series())
    saved(heart, qtbot, file)
    qtbot.wait(50)
    assert heart.isVisible()


def test_that_what_is_drawn_during_the_save_is_saved_before_the_window_closes(
    heart, windows, qtbot, file
):
    saved(heart, qtbot, file)
    unsaved_edit(heart)
    heart.projects.save()  # still running when the window is closed
    heart.session.edit("note", "drawn meanwhile", "note")
    heart.close()
    press(shown(heart, "closing")[-1], "Save and close")
    qtbot.waitUntil(lambda: not heart.isVisible(), timeout=10_000)
    other = windows(hearts.FakeEngine(), hearts.services())
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        other.open_path(file)
    assert other.session.state.note == "drawn meanwhile"


# -- another study


@pytest.mark.parametrize("way", ["sample", "folder", "series", "project", "recent"])
def test_that_without_autosave_another_study_asks_first(heart, qtbot, file, way):
    saved(heart, qtbot, file)
    qtbot.waitUntil(lambda: bool(recents.read().entries), timeout=10_000)
    if way == "series":
        with qtbot.waitSignal(heart.session.opened, timeout=10_000):
            heart.open_path(file.parent)
    heart.projects.keeps_autosave(False)
    heart.session.edit("note", "mine", "note")
    ask = {
        "sample": heart.files.open_sample,
        "folder": lambda: heart.open_path(file.parent),
        "series": lambda: heart.study.series_chosen.emit(0),
        "project": lambda: heart.open_path(file),
        "recent": lambda: heart.projects.project.open_recent(recents.read().entries[0].id),
    }[way]
    work = heart.session.state
    ask()
    (box,) = shown(heart, "opening")
    assert not box.isModal()
    qtbot.wait(100)
    assert heart.session.state.series is work.series, "nothing is opened before the answer"
    press(box, "Stay")
    qtbot.wait(100)
    assert heart.session.state.series is work.series
    assert heart.session.state.note == "mine"
    ask()
    with qtbot.waitSignal(heart.session.opened, timeout=10_000):
        press(shown(heart, "opening")[-1], "Open without saving")
    assert heart.session.state.series is not work.series
    assert not shown(heart, "opening")


def test_that_the_unsaved_work_is_saved_and_then_the_other_study_opened(heart, qtbot, file):
    heart.projects.keeps_autosave(False)
    unsaved_edit(heart)
    heart.files.open_sample()
    press(shown(heart, "opening")[-1], "Save and open")
    (dialog,) = shown(heart, "saveProject")
    dialog.file.setText(str(file))
    with qtbot.waitSignal(heart.session.opened, timeout=10_000):
        dialog.save.click()
    assert heart.session.state.sketch == hearts.requested_sketch()
    with qtbot.waitSignal(heart.session.opened, timeout=10_000):
        heart.open_path(file)
    assert heart.session.state.sketch == ScarSketch()


def test_that_the_list_of_series_stays_at_the_one_that_is_open(windows, qtbot):
    window = windows(hearts.FakeEngine(), two_series())
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        window.open_path(work_root())
    assert window.study.series.currentRow() == 1
    window.projects.keeps_autosave(False)
    window.session.edit("note", "x", "note")
    window.study.series.setCurrentRow(0)
    window.study.step_series(0)
    shown(window, "opening")[-1].close()
    assert window.study.series.currentRow() == 1


def two_series():
    return hearts.services(infos=("one", "three"))


def test_that_with_autosave_nobody_is_asked_and_the_status_bar_says_where_it_is(heart, qtbot):
    unsaved_edit(heart)
    with qtbot.waitSignal(heart.session.opened, timeout=10_000):
        heart.files.open_sample()
    assert not shown(heart, "opening")
    qtbot.waitUntil(lambda: "The next start offers it again." in heart.status.text.text())


def test_that_a_stored_limit_is_kept_and_a_new_study_gets_the_preference(
    heart, windows, qtbot, file
):
    assert heart.session.state.settings.dice_limit == Settings().dice_limit == 0.60
    saved(heart, qtbot, file)
    heart.leave()
    other = windows(hearts.FakeEngine(), hearts.services())
    other.shell.store.set(dice_limit=0.75)
    other.session.adopt("settings", replace(other.session.state.settings, dice_limit=0.60))
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        other.files.open_sample()
    assert other.session.state.settings.dice_limit == 0.75
    with qtbot.waitSignal(other.session.opened, timeout=10_000):
        other.open_path(file)
    assert other.session.state.settings.dice_limit == 0.60


def test_that_the_diagnostics_may_be_closed_while_they_are_written(window, qtbot, tmp_path):
    dialog = DiagnosticsDialog(
        window.workers, window.shell.store.now, window.shell.events, parent=window
    )
    dialog.open()
    path = tmp_path / "diagnostics.zip"
    with qtbot.captureExceptions() as raised:
        dialog.write(path)
        dialog.close()
        QCoreApplication.sendPostedEvents(dialog, QEvent.Type.DeferredDelete)
        assert not window.findChildren(QDialog, "diagnostics"), "gone before it is written"
        qtbot.waitUntil(path.exists, timeout=10_000)
        qtbot.wait(100)
    assert raised == []
