from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from lgesynth_gui.app import words
from lgesynth_gui.app.cells import requested_cells
from lgesynth_gui.app.session import State
from tests.ui import hearts


@pytest.fixture
def line(heart, qtbot):
    """The caption field, focused and empty."""
    qtbot.keyClick(heart.canvas.original.overlay, Qt.Key.Key_T)
    line = heart.panel.caption.line
    assert line.hasFocus()
    line.selectAll()
    return line


def kinds(window):
    return [one.kind for one in window.canvas.original.picture.lines]


def test_that_a_ghost_follows_the_typing_and_nothing_is_drawn_before_enter(heart, line, qtbot):
    before = heart.session.state.sketch
    qtbot.keyClicks(line, "transmural septal")
    qtbot.waitUntil(lambda: "ghost" in kinds(heart), timeout=2000)
    assert heart.session.state.sketch == before
    assert not heart.session.undo_stack.canUndo()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert "ghost" not in kinds(heart)
    assert heart.session.undo_stack.count() == 1
    cells = requested_cells(heart.session.state)
    assert {segment for segment, cell in cells.items() if cell.grade == 4} == {2, 3, 8, 9, 14}


def test_that_the_drawing_rewrites_the_words_and_the_words_draw_it_again(heart, line, qtbot):
    qtbot.keyClicks(line, "transmural mid anterior")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "Transmural enhancement in the mid anterior wall"
    assert not line.hasFocus()
    heart.panel.bullseye.selected.emit(7)
    heart._set_class(1)
    assert line.text() == "Subendocardial enhancement in the mid anterior wall, 13 %"
    drawn = heart.session.state
    again = words.from_words(line.text(), drawn)
    imagined = replace(drawn, sketch=again.sketch)
    assert requested_cells(imagined) == requested_cells(drawn)


def test_that_enter_without_typing_changes_nothing(heart, line, qtbot):
    before = heart.session.state.sketch
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heart.session.state.sketch == before
    assert not heart.session.undo_stack.canUndo()
    assert not line.hasFocus()


def test_that_the_nearest_known_word_is_offered_and_a_click_writes_it(heart, line, qtbot):
    qtbot.keyClicks(line, "transmural mid inferoo-latral xyz")
    line.selectAll()
    qtbot.keyClicks(line, "transmural mid antorior antoiroir")
    qtbot.waitUntil(lambda: bool(heart.panel.caption.findChildren(QPushButton, "offer")))
    (offer,) = heart.panel.caption.findChildren(QPushButton, "offer")
    assert offer.text() == "anterior instead of antoiroir"
    offer.click()
    assert line.text() == "transmural mid antorior anterior"
    assert line.hasFocus()
    assert heart.session.undo_stack.count() == 0
    qtbot.waitUntil(
        lambda: (
            not [
                one
                for one in heart.panel.caption.findChildren(QPushButton, "offer")
                if one.isVisible()
            ]
        )
    )


def test_that_long_captions_get_more_rows(heart, line, qtbot):
    low = line.height()
    qtbot.keyClicks(line, "transmural septal basal; subendocardial inferior mid 40 %; " * 2)
    assert line.height() > low
    qtbot.keyClick(line, Qt.Key.Key_Escape)


def test_that_a_note_is_one_undo_step_and_never_read(heart, qtbot):
    note, before = heart.panel.scar.note, heart.session.state.sketch
    note.setFocus()
    qtbot.keyClicks(note, "transmural septal")
    assert heart.session.state.note == "transmural septal"
    assert heart.session.state.sketch == before
    assert heart.view.look.ghost is None
    assert heart.session.undo_stack.count() == 1
    heart.session.undo_stack.undo()
    assert heart.session.state.note == note.text() == ""


def test_that_esc_restores_the_caption(heart, line, qtbot):
    before = line.text()
    qtbot.keyClicks(line, "transmural septal")
    qtbot.keyClick(line, Qt.Key.Key_Escape)
    assert line.text() == before
    assert heart.view.look.ghost is None
    assert not heart.session.undo_stack.canUndo()


def test_that_unknown_words_are_underlined_named_and_the_rest_still_draws(heart, line, qtbot):
    qtbot.keyClicks(line, "transmural xyzzy mid septal")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert [s.cursor.selectedText() for s in line.extraSelections()] == ["xyzzy"]
    assert "xyzzy" in heart.panel.caption.note.text()
    assert line.text() == "transmural xyzzy mid septal"
    assert requested_cells(heart.session.state)[8].grade == 4


def test_that_words_that_mean_nothing_change_nothing_and_say_so(heart, line, qtbot):
    before = heart.session.state.sketch
    qtbot.keyClicks(line, "hello")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert heart.session.state.sketch == before
    assert heart.panel.caption.note.text()
    heart.panel.scar.normal.click()
    heart.canvas.original.overlay.setFocus()
    line.document().setModified(False)
    heart.panel.refresh()
    assert not heart.panel.caption.note.isVisible()


def test_that_and_adds_instead_of_replacing(heart, line, qtbot):
    qtbot.keyClicks(line, "and transmural basal lateral")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    cells = requested_cells(heart.session.state)
    assert cells[7].grade == 3
    assert cells[5].grade == cells[6].grade == 4


def test_that_a_place_the_heart_does_not_show_is_refused_in_words(qapp):
    bare = State(hearts.series(), hearts.contours(accepted=False).replacing(5, None))
    apex = words.from_words("transmural mid anterior", bare)
    assert apex.sketch.regions
    none = State(hearts.series(), type(bare.contours)((None,) * hearts.SLICES))
    with pytest.raises(Exception, match="contours"):
        words.from_words("transmural mid anterior", none)


def test_that_a_pattern_is_looked_at_by_hovering_and_handed_on_by_a_click(heart, qtbot):
    before = heart.session.state.sketch
    heart.panel.caption.patterns.click()
    menu = heart.findChild(QMenu, "patternMenu")
    assert len(menu.actions()) == 13
    choice = menu.actions()[3]
    choice.hover()
    ghost = heart.view.look.ghost
    assert ghost is not None
    assert ghost.regions
    with qtbot.waitSignal(heart.panel.caption.pattern_wanted):
        choice.trigger()
    menu.close()
    QApplication.processEvents()
    assert heart.session.state.sketch == before
    heart._actions["confirm"].trigger()
    assert heart.session.state.sketch != before
    heart.session.undo_stack.undo()
    assert heart.session.state.sketch == before
