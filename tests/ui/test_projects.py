"""Projects in the window: keys, mark, questions, recovery, recent projects."""

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QDialog, QPushButton

from lgesynth_gui.app import recents
from lgesynth_gui.app.project_autosave import work_root
from lgesynth_gui.app.project_jobs import looking
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.sketch import ScarSketch
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
