"""Whole tasks through the window; each counts its own clicks or chords."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog

from lgesynth_gui.app import heart as derived
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts


class Hand:
    """Counts what a user does: a click is 1, a key chord is 1."""

    def __init__(self, qtbot):
        self.qtbot, self.count = qtbot, 0

    def click(self, widget, pos=None):
        self.count += 1
        assert widget.isEnabled(), widget.objectName()
        if pos is None:
            pos = widget.rect().center()
        self.qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=pos)

    def chord(self, window, key, held=Qt.KeyboardModifier.NoModifier):
        self.count += 1
        focus = QApplication.focusWidget() or window.focusWidget() or window
        self.qtbot.keyClick(focus, key, held)

    def type(self, window, text):
        """Typing words counts nothing."""
        self.qtbot.keyClicks(QApplication.focusWidget() or window.focusWidget(), text)


CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def hand(qtbot):
    return Hand(qtbot)


@pytest.fixture
def front(heart, qtbot):
    """The open heart in an active window: shortcuts need one."""
    heart.activateWindow()
    qtbot.waitUntil(heart.isActiveWindow, timeout=2000)
    heart.canvas.original.overlay.setFocus()
    return heart


def generated(window, qtbot):
    return qtbot.waitSignal(window.variations.idle, timeout=10_000)


def test_that_the_sample_heart_becomes_a_finished_pass_in_three_clicks(window, hand, qtbot):
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        hand.click(window.start.sample)
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
    assert derived.requested_cells(heart.session.state)[10].grade == 4
    assert heart.session.state.applied is not None
    assert hand.count <= 4


def test_that_the_same_takes_four_chords_without_a_mouse(front, hand, qtbot):
    hand.chord(front, Qt.Key.Key_P)
    hand.chord(front, Qt.Key.Key_4)
    with generated(front, qtbot):
        hand.chord(front, Qt.Key.Key_Return, CTRL)
    hand.chord(front, Qt.Key.Key_Return)
    assert derived.requested_cells(front.session.state)[7].grade == 4
    assert front.session.state.applied is not None
    assert hand.count <= 4


def test_that_words_take_four_chords_and_the_typing(front, hand, qtbot):
    hand.chord(front, Qt.Key.Key_T)
    front.panel.caption.line.selectAll()
    hand.type(front, "subendocardial LAD, 60 %, mid to apex")
    hand.chord(front, Qt.Key.Key_Return)
    with generated(front, qtbot):
        hand.chord(front, Qt.Key.Key_Return, CTRL)
    hand.chord(front, Qt.Key.Key_Return)
    cells = derived.requested_cells(front.session.state)
    assert {s for s, cell in cells.items() if cell.grade == 3} == {7, 8, 13, 14}
    assert front.session.state.applied is not None
    assert hand.count <= 4


def test_that_a_users_own_folder_takes_seven_steps(window, hand, qtbot, tmp_path):
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        hand.count += 1  # the drop
        window.open_path(tmp_path)
    hand.click(window.study.propose)
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    hand.click(window.study.accept)
    bullseye = window.panel.bullseye
    hand.click(bullseye, bullseye.point_of(7).toPoint())
    hand.click(window.panel.scar.classes.button(3))
    with generated(window, qtbot):
        hand.click(window.panel.generate)
    hand.click(window.panel.apply)
    assert window.session.state.applied.verdict.grade is Grade.PASS
    assert hand.count <= 7


def test_that_a_pass_is_exported_in_two_and_the_first_time_in_three(front, hand, qtbot, written):
    with generated(front, qtbot):
        front.generate()
    front._confirm()
    for first in (True, False):
        hand.count = 0
        hand.chord(front, Qt.Key.Key_E, CTRL)
        dialog = front.findChildren(QDialog, "exportDialog")[-1]
        if first:
            dialog.understood.click()
            hand.count += 1
        qtbot.waitUntil(dialog.write.isEnabled, timeout=5000)  # the checks run by themselves
        with qtbot.waitSignal(dialog.accepted, timeout=5000):
            hand.click(dialog.write)
        assert hand.count <= (3 if first else 2)
        front.activateWindow()  # a desktop does this when the dialog goes
        qtbot.waitUntil(front.isActiveWindow, timeout=2000)
    assert len(written) == 2


def test_that_undo_is_one_step_for_each_thing_done(heart, qtbot):
    start = heart.session.state
    with generated(heart, qtbot):
        heart.generate()
    heart._set_class(1)
    heart.panel.bullseye.selected.emit(9)
    heart._set_class(4)
    heart._confirm()
    heart.variations.discard(1)
    steps = heart.session.undo_stack.count()
    heart.activateWindow()
    heart.canvas.original.overlay.setFocus()
    for _ in range(steps):
        qtbot.keyClick(heart.canvas.original.overlay, Qt.Key.Key_Z, CTRL)
    assert heart.session.state == start
    assert start.sketch == hearts.requested_sketch()
