"""Whole tasks through the real window; each counts its own clicks or chords and has a budget."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from lgesynth_gui.app.cells import requested_cells
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.ui.teach import presenter
from tests.journeys.hand import CTRL, SHIFT, Hand
from tests.ui import hearts
from tests.ui.test_audit import exported
from tests.ui.test_teach import FOLDER, library

__all__ = ["exported", "library"]
PROGRAM = {"sample heart", "Series 7"}  # labels that belong to no patient


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def front(heart, qtbot):
    """The open heart in an active window: shortcuts need one."""
    heart.activateWindow()
    qtbot.waitUntil(heart.isActiveWindow, timeout=5000)
    return heart


def generated(window, qtbot):
    return qtbot.waitSignal(window.variations.idle, timeout=20_000)


def opened(window, qtbot):
    return qtbot.waitSignal(window.session.opened, timeout=20_000)


def dialogs(window, name):
    return [d for d in window.findChildren(QDialog, name) if d.isVisible()]


# -- the cardiologist


def test_that_the_sample_heart_becomes_a_finished_pass_in_three_clicks(window, hand, qtbot):
    with opened(window, qtbot):
        hand.click(window.start.sample)
    qtbot.waitUntil(window.panel.generate.isVisible, timeout=5000)
    with generated(window, qtbot):
        hand.click(window.panel.generate)
    hand.click(window.panel.apply)
    assert window.session.state.applied.verdict.grade is Grade.PASS
    assert hand.count <= 3


def test_that_ones_own_scar_takes_four_clicks(heart, hand, qtbot):
    bullseye = heart.panel.bullseye
    hand.click(bullseye, bullseye.point_of(10).toPoint())
    hand.click(heart.panel.scar.classes.button(4))
    with generated(heart, qtbot):
        hand.click(heart.panel.generate)
    hand.click(heart.panel.apply)
    assert requested_cells(heart.session.state)[10].grade == 4
    assert heart.session.state.applied is not None
    assert hand.count <= 4


def test_that_a_scar_painted_by_hand_takes_four_gestures(heart, hand, qtbot):
    over = heart.canvas.original.overlay
    hand.click(heart.strip.widgetForAction(heart._actions["tool_brush"]))
    index = heart.view.look.slice_index
    path = [over.to_screen(hearts.at(a, 25.0 - index)).toPoint() for a in range(200, 250, 6)]
    hand.drag(over, path)
    assert heart.session.undo_stack.undoText() == "brush scar"
    with generated(heart, qtbot):
        hand.click(heart.panel.generate)
    hand.click(heart.panel.apply)
    assert heart.session.state.applied.verdict.grade is Grade.PASS
    assert hand.count <= 4


def test_that_the_same_takes_four_chords_without_a_mouse(front, hand, qtbot):
    hand.chord(front, Qt.Key.Key_P)
    hand.chord(front, Qt.Key.Key_4)
    with generated(front, qtbot):
        hand.chord(front, Qt.Key.Key_Return, CTRL)
    hand.chord(front, Qt.Key.Key_Return)
    assert requested_cells(front.session.state)[7].grade == 4
    assert front.session.state.applied is not None
    assert hand.count <= 4


def test_that_words_take_four_chords_and_the_typing(front, hand, qtbot):
    hand.chord(front, Qt.Key.Key_T)
    hand.type(front, "subendocardial LAD, 60 %, mid to apex")
    hand.chord(front, Qt.Key.Key_Return)
    with generated(front, qtbot):
        hand.chord(front, Qt.Key.Key_Return, CTRL)
    hand.chord(front, Qt.Key.Key_Return)
    cells = requested_cells(front.session.state)
    assert {s for s, cell in cells.items() if cell.grade == 3} == {7, 8, 13, 14}
    assert front.session.state.applied is not None
    assert hand.count <= 4


def test_that_a_users_own_folder_takes_seven_steps(window, hand, qtbot, tmp_path):
    with opened(window, qtbot):
        hand.drop(window, tmp_path)
    qtbot.waitUntil(window.study.propose.isVisible, timeout=5000)
    hand.click(window.study.propose)
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    qtbot.waitUntil(window.study.accept.isEnabled, timeout=5000)
    hand.click(window.study.accept)
    bullseye = window.panel.bullseye
    hand.click(bullseye, bullseye.point_of(7).toPoint())
    hand.click(window.panel.scar.classes.button(3))
    with generated(window, qtbot):
        hand.click(window.panel.generate)
    hand.click(window.panel.apply)
    assert window.session.state.applied.verdict.grade is Grade.PASS
    assert hand.count <= 7


def finished(window, hand, qtbot):
    """A PASS that is applied, by chords."""
    with generated(window, qtbot):
        hand.chord(window, Qt.Key.Key_Return, CTRL)
    hand.chord(window, Qt.Key.Key_Return)
    assert window.session.state.applied is not None


def test_that_a_pass_is_exported_in_two_and_the_first_time_in_three(front, hand, qtbot, written):
    finished(front, hand, qtbot)
    for first in (True, False):
        hand.count = 0
        hand.chord(front, Qt.Key.Key_E, CTRL)
        (dialog,) = dialogs(front, "exportDialog")
        qtbot.waitExposed(dialog)
        if first:
            hand.click(dialog.understood)
        qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)  # the checks run by themselves
        with qtbot.waitSignal(dialog.accepted, timeout=5000):
            hand.click(dialog.write)
        assert hand.count <= (3 if first else 2)
        for told in dialogs(front, "exported"):
            told.close()
    assert len(written) == 2


# -- the teacher


@pytest.fixture
def examples(library, monkeypatch):
    """The bundled examples, or a few made of circles where they are not here yet."""

    def few():
        yield None
        return library

    if not FOLDER.is_dir():
        monkeypatch.setattr(presenter, "load_library", few)


@pytest.fixture
def stage(front, examples, hand, qtbot):
    """The presentation over the window, its examples read."""
    hand.chord(front, Qt.Key.Key_F11)
    teach = front.presenter.teach
    qtbot.waitUntil(lambda: bool(teach.stage.library.examples), timeout=30_000)
    teach.activateWindow()
    qtbot.waitUntil(teach.isActiveWindow, timeout=5000)
    hand.count = 0
    yield teach
    if front.presenter.teach is not None:
        teach.close()


def test_that_a_full_screen_example_takes_two_steps_and_shows_no_names(
    window, examples, hand, qtbot
):
    with opened(window, qtbot):
        hand.click(window.start.sample)
    hand.chord(window, Qt.Key.Key_F11)
    teach = window.presenter.teach
    qtbot.waitUntil(lambda: teach.scene() is not None, timeout=30_000)
    assert hand.count <= 2
    assert teach.isFullScreen()
    assert teach.geometry() == window.screen().geometry()
    said = " ".join(label.text() for label in teach.findChildren(QLabel))
    assert not [name for name in PROGRAM if name in said]
    teach.close()


def test_that_revealing_next_and_copying_take_one_key_each(stage, hand, qtbot):
    before = stage.scene()
    assert not before.key
    hand.chord(stage, Qt.Key.Key_S)
    assert stage.scene().key
    assert hand.count == 1
    hand.chord(stage, Qt.Key.Key_Space)
    assert stage.scene().example is not before.example
    assert hand.count == 2
    QGuiApplication.clipboard().clear()
    hand.chord(stage, Qt.Key.Key_C, CTRL | SHIFT)
    picture = QGuiApplication.clipboard().image()
    assert isinstance(picture, QImage)
    assert picture.width() == 1920
    assert hand.count == 3


def test_that_leaving_the_stage_is_one_key_and_nothing_changed(front, stage, hand, qtbot):
    state, look = front.session.state, front.view.look
    hand.chord(stage, Qt.Key.Key_Space)
    hand.count = 0
    hand.chord(stage, Qt.Key.Key_F11)
    qtbot.waitUntil(lambda: front.presenter.teach is None, timeout=5000)
    assert hand.count == 1
    assert front.session.state is state
    assert front.view.look is look


# -- anyone


def test_that_undo_is_one_chord_for_each_thing_done(front, hand, qtbot):
    start = front.session.state
    finished(front, hand, qtbot)
    hand.chord(front, Qt.Key.Key_P)
    for key in (Qt.Key.Key_1, Qt.Key.Key_4, Qt.Key.Key_Period, Qt.Key.Key_Delete):
        hand.chord(front, key)
    steps = front.session.undo_stack.count()
    assert steps >= 3
    hand.count = 0
    for _ in range(steps):
        hand.chord(front, Qt.Key.Key_Z, CTRL)
    assert front.session.state == start
    assert start.sketch == hearts.requested_sketch()
    assert hand.count == steps


def test_that_yesterday_is_continued_with_one_click(front, windows, hand, qtbot, tmp_path):
    hand.chord(front, Qt.Key.Key_P)
    hand.chord(front, Qt.Key.Key_4)
    hand.chord(front, Qt.Key.Key_S, CTRL)
    (dialog,) = dialogs(front, "saveProject")
    dialog.file.setText(str(tmp_path / "yesterday.lgesynth"))
    with qtbot.waitSignal(front.projects.project.saved, timeout=10_000):
        hand.click(dialog.save)
    sketch, steps = front.session.state.sketch, front.session.undo_stack.count()
    front.leave()
    other = windows(hearts.FakeEngine(), hearts.services())
    first = lambda: other.start.findChild(QPushButton, "recent_1")  # noqa: E731
    qtbot.waitUntil(lambda: first() is not None and first().isVisible(), timeout=10_000)
    hand.count = 0
    with opened(other, qtbot):
        hand.click(first())
    assert hand.count == 1
    assert other.session.state.sketch == sketch
    assert other.session.undo_stack.count() == steps


def test_that_an_exported_file_is_checked_by_dropping_it(window, hand, qtbot, exported):
    hand.drop(window, exported)
    qtbot.waitUntil(lambda: bool(dialogs(window, "audit")), timeout=5000)
    (dialog,) = dialogs(window, "audit")
    qtbot.waitUntil(lambda: dialog.line.handle is not None or dialog.line.words.text() != "")
    assert hand.count == 1
    dialog.close()
