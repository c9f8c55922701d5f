"""The three views of one sketch, and what a result is read against, in the real window."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app.cells import requested_cells
from lgesynth_gui.app.verdicts import card_of
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.verdict import Finding, Grade
from tests.ui import hearts


@pytest.fixture
def judged(heart, qtbot):
    """The sample heart with a previewed result."""
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    return heart


def shown(window):
    return [window.panel.bullseye._look_of(i)[2] for i in (7, 8)]


def test_that_measured_and_difference_wait_for_a_result(heart):
    scar = heart.panel.scar
    assert scar.reading == "requested"
    assert [button.isEnabled() for button in scar.readings.buttons()] == [True, False, False]
    assert shown(heart) == ["63%", "0"]


def test_that_the_difference_is_what_both_other_bullseyes_say(judged, qtbot):
    scar = judged.panel.scar
    scar.readings.button(1).click()
    measured = int(shown(judged)[0].rstrip("%"))
    scar.readings.button(2).click()
    text = shown(judged)[0].replace("−", "-")
    assert int(text) == pytest.approx(measured - 63, abs=1)
    assert shown(judged)[1] == "0"
    assert judged.panel.bullseye._look_of(1)[2] == "–"  # its ring was not generated


def test_that_an_edit_brings_the_requested_bullseye_back(judged):
    judged.panel.bullseye.selected.emit(7)
    judged.panel.scar.readings.button(2).click()
    judged._set_class(1)
    assert judged.panel.scar.reading == "requested"
    assert shown(judged)[0] != "63%"


def test_that_a_typed_percentage_sets_the_selected_segment_in_one_step(heart, qtbot):
    percent = heart.panel.scar.percent
    heart.panel.bullseye.selected.emit(9)
    assert heart.panel.scar.segment.text() == "9 mid inferoseptal"
    percent.setFocus()
    percent.selectAll()
    qtbot.keyClicks(percent, "41")
    assert not heart.session.undo_stack.canUndo()  # 4 and then 41 would be two edits
    qtbot.keyClick(percent, Qt.Key.Key_Return)
    assert heart.session.undo_stack.count() == 1
    assert requested_cells(heart.session.state)[9].touched == pytest.approx(0.41, abs=0.005)
    assert percent.value() == 41


def test_that_a_sweep_over_cells_is_one_undo_step(heart):
    before = heart.session.state.sketch
    heart.view.set(grade=4)
    for segment, first in ((9, True), (10, False), (11, False)):
        heart.panel.bullseye.swept.emit(segment, first)
    cells = requested_cells(heart.session.state)
    assert {s for s, cell in cells.items() if cell.grade == 4} == {9, 10, 11}
    heart.session.undo_stack.undo()
    assert heart.session.state.sketch == before


def test_that_grams_follow_a_drag_and_stay_unknown_until_contours_are_accepted(heart):
    figures, seen = heart.panel.scar.figures, set()
    for fraction in (0.2, 0.5, 0.9):
        heart.panel.bullseye.dragged.emit(7, fraction, fraction == 0.2)
        seen.add(figures.text())
    assert len(seen) == 3
    assert all("% of LV · 1 segment · 2 slices" in text for text in seen)
    contours = heart.session.state.contours
    proposed = HeartContours(tuple(replace(one, accepted=False) for one in contours.slices))
    heart.session.edit("contours", proposed, "propose")
    assert figures.text().startswith("– g · – % of LV · 1 segment")


def test_that_a_hint_gives_its_reason_can_be_silenced_and_heard_again(heart):
    hint = heart.panel.scar.hint
    heart.panel.bullseye.selected.emit(7)
    heart._set_class(4)
    assert "taper" in hint.text.text()
    assert not hint.reason.isVisible()
    hint.why.click()
    assert hint.reason.isVisible()
    hint.silence.click()
    assert "steep" in heart.view.look.silenced
    assert heart.shell.store.now.silenced == ("steep",)
    assert not hint.why.isVisible()
    hint.again.click()
    assert "taper" in hint.text.text()
    assert heart.session.undo_stack.count() == 1  # looking is no edit


def test_that_the_proof_opens_the_difference_with_three_rings_and_closes_it(judged):
    judged.view.set(slice_index=0)  # nothing was made here
    card = judged.panel.card
    assert card.proof.isVisible()
    card.proof.click()
    assert judged.view.look.compare == "difference"
    assert judged.view.look.slice_index in (2, 3)
    picture = judged.canvas.synthetic.picture
    assert {line.kind for line in picture.lines} == {"full", "feather", "untouched"}
    assert any("untouched" in row for row in picture.below)
    assert judged.panel.scar.reading == "difference"
    card.proof.click()
    assert judged.view.look.compare == "side"
    assert not judged.view.look.rings


@pytest.mark.parametrize(
    ("size", "scale"), [((1366, 768), 1.0), ((1920, 1080), 1.0), ((1366, 768), 1.5)]
)
def test_that_nothing_on_the_card_is_cut_off(judged, size, scale):
    steep = Finding(
        "seam", Grade.CHECK, "The seam is 1.93 times as steep as the original (limit 1.5)."
    )
    result = judged.variations.all[0].result
    busy = replace(
        result, verdict=replace(result.verdict, grade=Grade.CHECK, findings=(steep, steep))
    )
    judged.resize(*size)
    judged.set_scale(scale)
    judged.panel.card.show_card(card_of(busy, judged.session.state), "PREVIEW")
    for _ in range(5):
        QApplication.processEvents()
    card = judged.panel.card
    for label in (card.head, card.scope, card.body):
        assert label.height() >= label.heightForWidth(label.width()), label.objectName()
        longest = max(label.text().split(), key=len)
        assert label.fontMetrics().horizontalAdvance(longest) <= label.width()
    assert card.proof.width() >= card.proof.sizeHint().width()
    assert card.rect().contains(card.proof.geometry())
    assert judged.rect().contains(card.mapTo(judged, card.rect().bottomRight()))
    judged.set_scale(1.0)


def test_that_p_and_t_bring_what_they_jump_to_into_sight(heart, qtbot):
    heart.resize(1366, 640)
    heart.activateWindow()
    overlay = heart.canvas.original.overlay
    for key, target in ((Qt.Key.Key_T, heart.panel.caption.line), (Qt.Key.Key_P, None)):
        overlay.setFocus()
        qtbot.keyClick(overlay, key)
        widget = target or heart.panel.bullseye.button(7)
        assert not widget.visibleRegion().isEmpty()


def test_that_the_note_is_written_into_the_export(judged, qtbot, written):
    assert hearts.SLICES == 6
    judged.session.edit("note", "teaching case", "note")
    judged._confirm()
    judged.exporting.open()
    dialog = judged.exporting._dialog
    shown = [label.text() for label in dialog.findChildren(type(dialog.why), "noteShown")]
    assert shown == ["Your note goes into every file: teaching case"]
    dialog.reject()
