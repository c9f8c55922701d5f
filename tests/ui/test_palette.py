import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app import words
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.ui.dialogs.palette import Entry, Palette, ranked, score


def test_that_letters_in_order_find_and_others_do_not():
    assert score("exp", "Export the applied result") is not None
    assert score("etr", "Export the applied result") is not None
    assert score("zq", "Export the applied result") is None
    assert score("result export", "Export the applied result") is not None
    assert score("", "anything") == 0


def test_that_the_start_of_a_word_counts_more_than_scattered_letters():
    assert score("gen", "Generate") > score("gen", "Endocardium: drag or glide even")
    assert score("slice", "First slice") > score("slice", "Select contours in place")


@pytest.fixture
def entries(qapp):
    made = []
    for text, key, reason in (
        ("Generate", "Ctrl+Enter", "Draw a scar first."),
        ("Generate with a new seed", "R", ""),
        ("Preferences", "Ctrl+,", ""),
    ):
        made.append(Entry(QAction(text), text, key, reason))
    return made


def test_that_what_can_be_done_comes_first(entries):
    assert [e.key for e in ranked("gen", entries)] == ["R", "Ctrl+Enter"]
    assert [e.key for e in ranked("", entries)] == ["R", "Ctrl+,", "Ctrl+Enter"]
    assert ranked("xyz", entries) == []


@pytest.fixture
def palette(entries, qtbot):
    made = Palette(entries)
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.open()
    made.line.setFocus()
    return made


def test_that_it_works_with_the_keyboard_alone(palette, entries, qtbot):
    qtbot.keyClicks(palette.line, "pref")
    assert palette.chosen() is entries[2]
    with qtbot.waitSignal(entries[2].action.triggered, timeout=2000):
        qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert not palette.isVisible()


def test_that_arrows_choose_while_the_line_has_the_focus(palette, entries, qtbot):
    assert palette.chosen() is entries[1]
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.chosen() is entries[2]
    qtbot.keyClick(palette.line, Qt.Key.Key_PageUp)
    assert palette.chosen() is entries[1]


def test_that_an_action_that_cannot_be_done_says_why_and_stays(palette, entries, qtbot):
    qtbot.keyClicks(palette.line, "generate")
    qtbot.keyClick(palette.line, Qt.Key.Key_Down)
    assert palette.chosen() is entries[0]
    qtbot.keyClick(palette.line, Qt.Key.Key_Enter)
    assert palette.isVisible()
    assert palette.why.text() == "Not now: Draw a scar first."


def test_that_nothing_found_is_said(palette, qtbot):
    qtbot.keyClicks(palette.line, "qqqq")
    assert palette.chosen() is None
    assert "No action" in palette.why.text()
    qtbot.keyClick(palette.line, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_that_the_window_lists_every_action_with_its_key_and_reason(window, qtbot):
    window._actions["palette"].trigger()
    made = window.findChild(Palette)
    listed = {made.list.topLevelItem(i).text(0): made.list.topLevelItem(i)
              for i in range(made.list.topLevelItemCount())}  # fmt: skip
    every = [a.text() for name, a in window._actions.items() if name != "palette"]
    assert set(listed) == set(every)
    assert listed["Generate"].text(1) == "Ctrl+Enter"
    assert listed["Generate"].text(2) == "Open a study first."
    assert listed["Undo"].text(2) == "There is nothing to undo."
    assert listed["Preferences"].text(2) == ""
    made.reject()


def reasons(window):
    window._actions["palette"].trigger()
    made = window.findChild(Palette)
    rows = (made.list.topLevelItem(i) for i in range(made.list.topLevelItemCount()))
    why = {row.text(0): row.text(2) for row in rows}
    made.reject()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    names = ("abandon", "back", "cancel", "cancel_all", "discard", "star")
    return {name: why[window._actions[name].text()] for name in names}


def test_that_what_can_be_left_dropped_or_stopped_is_not_refused(heart):
    assert all(reasons(heart).values())
    heart.bench.begin_stamp(words.patterns()[1])
    why = reasons(heart)
    assert why["abandon"] == ""
    assert all((why["back"], why["cancel"]))
    heart.bench.confirm()
    index = heart.view.look.slice_index
    region = next(r for r in heart.session.state.sketch.regions if index in r.slices)
    heart.view.set(tool="select", picked=region)
    why = reasons(heart)
    assert why["discard"] == ""
    assert why["star"] == "There is no variation yet."
    heart.proposals.working.emit(Progress(1, 4, "contours"))
    why = reasons(heart)
    assert why["cancel"] == ""
    assert why["cancel_all"] == "No variation is waiting."
    heart.proposals.working.emit(None)
    assert reasons(heart)["cancel"] == "Nothing is running."
