"""Heart contours by hand and by proposal: gestures, the box in the left dock, rings."""

import pytest
from PySide6.QtCore import QPoint, Qt

from lgesynth_gui.app import borders, edits
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Level
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools import Desk, Select
from lgesynth_gui.ui.sketch.tools.bend import push
from tests.ui import hearts


class Bench:
    """The sample heart's third slice, and gestures on it without a mouse."""

    def __init__(self, window):
        self.window, self.session, self.view = window, window.session, window.view
        self.said, self.marks = [], []
        self.session.undo_stack.clear()
        self.view.set(slice_index=2, tool="select", active="endo")
        self.desk = Desk(
            self.session, self.view, lambda _: None, self.said.append, mark=self.marks.append
        )

    @property
    def one(self):
        return self.session.state.contours.slices[2]

    def drag(self, points, px_mm=0.02, gesture=None, **held):
        press = Pointer("press", points[0], px_mm, **held)
        run = gesture(press) if gesture else Select().gesture(self.desk, press)
        try:
            next(run)
            for at in points[1:]:
                run.send(Pointer("move", at, px_mm, **held))
            run.send(Pointer("release", points[-1], px_mm, **held))
        except StopIteration:
            return
        raise AssertionError("the gesture did not end")


@pytest.fixture
def bench(heart):
    return Bench(heart)


def test_that_a_shown_point_is_dragged_alone(bench):
    before = bench.one.endo
    bench.drag([before[7], (before[7][0] + 0.5, before[7][1]), (before[7][0] + 1.0, before[7][1])])
    after = bench.one.endo
    assert after[7] == pytest.approx((before[7][0] + 1.0, before[7][1]))
    assert after[:7] + after[8:] == before[:7] + before[8:]
    assert bench.session.undo_stack.count() == 1


def test_that_the_line_between_points_is_bent_softly_from_near_and_far(bench):
    for px_mm in (0.02, 0.4):
        bench.session.undo_stack.clear()
        before = bench.one.endo
        middle = borders.between(before, before[1:] + before[:1], 0.5)[10]
        bench.drag([middle, (middle[0] + 2.0, middle[1])], px_mm)
        moved = [a[0] - b[0] for a, b in zip(bench.one.endo, before, strict=True)]
        assert sum(m > 0.2 for m in moved) > 5
        assert min(moved) < 0.01
        assert bench.session.undo_stack.count() == 1


def test_that_a_click_adds_a_point_and_alt_click_takes_it_away(bench):
    before = bench.one.endo
    middle = ((before[3][0] + before[4][0]) / 2, (before[3][1] + before[4][1]) / 2)
    bench.drag([middle])
    assert len(bench.one.endo) == len(before) + 1
    assert bench.one.endo[4] == pytest.approx(middle)
    bench.drag([middle], alt=True)
    assert bench.one.endo == before
    assert bench.session.undo_stack.count() == 2


def test_that_crowded_points_are_neither_added_nor_removed_unseen(bench):
    before = bench.one.endo
    for alt in (False, True):
        bench.drag([before[3]], px_mm=1.0, alt=alt)
        assert "Zoom in" in bench.said[-1]
    assert bench.one.endo == before


def test_that_an_edit_stops_at_the_crossing_and_marks_it(bench):
    bench.drag([hearts.at(92, 18), hearts.at(92, 24), hearts.at(92, 60)], px_mm=0.4)
    assert borders.crossings(bench.one) == ()
    assert bench.marks[-1]
    assert "stopped" in bench.said[-1]
    top = min(y for _, y in bench.one.endo)
    assert top - min(y for _, y in bench.one.epi) == pytest.approx(0.0, abs=1.0)


def test_that_shift_moves_the_ring_until_it_touches(bench):
    bench.drag([hearts.CENTRE, (hearts.CENTRE[0] + 30, hearts.CENTRE[1])], shift=True)
    assert borders.crossings(bench.one) == ()
    assert max(x for x, _ in bench.one.endo) == pytest.approx(hearts.CENTRE[0] + 28, abs=0.5)


def test_that_a_disc_pushes_the_border_in_one_step_and_never_across(bench):
    def gesture(press):
        return push(bench.desk, press, "endo", 5.0)

    start = hearts.at(45, 8)
    bench.drag([start, hearts.at(45, 15), hearts.at(45, 40)], gesture=gesture)
    assert borders.crossings(bench.one) == ()
    assert max(abs(x - hearts.CENTRE[0]) for x, _ in bench.one.endo) > 17.9
    reach = borders.nearest_vertex(bench.one.endo, hearts.at(45, 28))[1]
    assert reach < 1.5
    assert bench.session.undo_stack.count() == 1
    bench.session.undo_stack.undo()
    assert bench.one == hearts.contours().slices[2]


@pytest.mark.parametrize("tool", ["select", "contour"])
def test_that_an_insertion_point_is_dragged_in_one_step_and_segments_follow(bench, qtbot, tool):
    window, over = bench.window, bench.window.canvas.original.overlay
    bench.view.set(active="points", tool=tool, grid=True)
    sketch, marks = bench.session.state.sketch, window.canvas.original.picture.marks
    start = over.to_screen(bench.one.rv_anterior).toPoint()
    end = over.to_screen(hearts.at(80, 28)).toPoint()
    qtbot.mousePress(over, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(over, start + QPoint(5, 0))
    qtbot.mouseMove(over, end)
    qtbot.mouseRelease(over, Qt.MouseButton.LeftButton, pos=end)
    assert bench.one.rv_anterior == pytest.approx(hearts.at(80, 28), abs=0.6)
    assert bench.one.rv_inferior == hearts.contours().slices[2].rv_inferior
    assert bench.session.undo_stack.count() == 1
    assert bench.session.state.sketch is sketch
    assert window.canvas.original.picture.marks != marks


def test_that_alt_takes_an_insertion_point_away_and_a_click_brings_it_back(bench):
    bench.view.set(active="points")
    bench.drag([bench.one.rv_inferior], px_mm=0.2, alt=True)
    assert bench.one.rv_inferior is None
    bench.drag([hearts.at(250, 28)], px_mm=0.2)
    assert bench.one.rv_inferior == hearts.at(250, 28)
    assert bench.one.rv_anterior == hearts.contours().slices[2].rv_anterior


def test_that_the_ring_is_chosen_in_the_box_and_the_grid_follows_at_once(bench):
    window, box = bench.window, bench.window.study.box
    bench.view.set(grid=True)
    assert box.ring.currentText() == "Auto (mid)"
    assert "mid" in window.study.slices.item(2).text()
    box.ring.setCurrentIndex(3)
    box.ring.activated.emit(3)
    assert bench.session.state.contours.level(2) is Level.APICAL
    assert "apical" in window.study.slices.item(2).text()
    shown = {text for text, _ in window.canvas.original.picture.marks}
    assert shown == {"13", "14", "15", "16"}
    menu = box.ring_menu(2)
    assert [a.text() for a in menu.actions() if a.isChecked()] == ["Apical"]
    next(a for a in menu.actions() if a.text().startswith("Apex")).trigger()
    menu.close()
    assert bench.one.endo == ()
    assert {text for text, _ in window.canvas.original.picture.marks} == {"17"}
    assert not box.ring.model().item(2).isEnabled()


def test_that_the_smoothing_slider_is_one_step_and_begins_anew_elsewhere(bench):
    box = bench.window.study.box
    bench.view.set(active="epi")
    assert box.smooth.isVisible()
    rough = tuple(hearts.at(5.0 * k, 28 + (k % 2)) for k in range(72))
    contours = bench.session.state.contours
    changed = contours.replacing(2, borders.replaced(bench.one, "epi", rough))
    bench.session.edit("contours", changed, "rough")
    for value in (20, 60, 45):
        box.smooth.setValue(value)
    assert bench.one.epi == borders.smoothed(rough, 0.45)
    assert bench.session.undo_stack.count() == 2
    bench.session.undo_stack.undo()
    assert bench.one.epi == rough
    assert box.smooth.value() == 0
    box.smooth.setValue(30)
    bench.view.set(slice_index=3)
    assert box.smooth.value() == 0
    bench.view.set(active="scar")
    assert not box.smooth.isVisible()


def test_that_copying_by_key_goes_to_the_slice_and_one_slice_is_accepted(bench, qtbot):
    window = bench.window
    window._actions["contours_down"].trigger()
    assert window.view.look.slice_index == 3
    copied = window.session.state.contours.slices[3]
    assert copied.epi == bench.one.epi
    assert not copied.accepted
    assert "◌" in window.study.slices.item(3).text()
    qtbot.mouseClick(window.study.box.accept_one, Qt.MouseButton.LeftButton)
    assert window.session.state.contours.slices[3].accepted
    assert "✓" in window.study.slices.item(3).text()
    window.view.set(slice_index=5)
    assert not window.study.box.down.isEnabled()


def test_that_a_series_without_contours_is_proposed_by_itself_and_another_is_not(window, qtbot):
    asked = window.workers.engine.asked
    window.session.open(hearts.series())
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    assert {line.dashed for line in window.canvas.original.picture.lines} == {True}
    assert not window.proposals.busy
    count = len(asked)
    window.session.open(hearts.series(), hearts.contours())
    qtbot.wait(50)
    assert len(asked) == count
    assert window.session.state.contours == hearts.contours()


def test_that_a_series_opened_while_another_is_proposed_gets_its_own_proposal(window, qtbot):
    window.session.open(hearts.series())
    qtbot.waitUntil(lambda: window.proposals.busy, timeout=2000)
    second = hearts.series()
    window.session.open(second)
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    assert window.session.state.series is second
    qtbot.waitUntil(lambda: not window.proposals.busy, timeout=2000)


def test_that_a_proposal_that_arrives_during_a_drag_is_kept(bench):
    contours = bench.session.state.contours
    alone = HeartContours(tuple(one if i == 2 else None for i, one in enumerate(contours.slices)))
    bench.session.edit("contours", alone, "only one")
    press = Pointer("press", hearts.at(92, 18), 0.4)
    run = Select().gesture(bench.desk, press)
    next(run)
    run.send(Pointer("move", hearts.at(92, 19), 0.4))
    edits.take_proposal(bench.session, hearts.contours(accepted=False))
    run.send(Pointer("move", hearts.at(92, 20), 0.4))
    run.close()
    assert len(bench.session.state.contours.outlined()) == hearts.SLICES
    assert max(x for x, _ in bench.one.endo) > 0


def test_that_page_keys_go_to_the_series_that_can_be_used(windows, qtbot, tmp_path):
    window = windows(hearts.FakeEngine(), hearts.services(infos=("a", "abc", "ab")))
    window.open_path(tmp_path)
    qtbot.waitUntil(lambda: window.session.state.series is not None, timeout=5000)
    chosen = window.study.series.currentRow()
    assert chosen == 1
    over = window.canvas.original.overlay
    qtbot.keyClick(over, Qt.Key.Key_PageDown)
    assert window.study.series.currentRow() == 2
    qtbot.keyClick(over, Qt.Key.Key_PageDown)
    assert window.study.series.currentRow() == 2
    qtbot.keyClick(over, Qt.Key.Key_PageUp)
    assert window.study.series.currentRow() == 1
    qtbot.wait(50)


def test_that_a_dragged_line_is_shown_at_once_and_edited_when_the_hand_rests(bench, qtbot):
    window, over = bench.window, bench.window.canvas.original.overlay
    before = bench.one
    start = over.to_screen(hearts.at(92, 18)).toPoint()
    qtbot.mousePress(over, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(over, start + QPoint(0, -4))
    qtbot.mouseMove(over, start + QPoint(0, -8))

    def shown():
        return next(one.points for one in over._picture.lines if one.kind == "endo")

    assert bench.one == before
    assert shown() != before.endo
    qtbot.waitUntil(lambda: bench.one.endo == shown(), timeout=3000)
    qtbot.mouseMove(over, start + QPoint(0, -12))
    qtbot.mouseRelease(over, Qt.MouseButton.LeftButton, pos=start + QPoint(0, -12))
    assert bench.one.endo == shown() != before.endo
    assert bench.session.undo_stack.count() == 1
    window.session.undo_stack.undo()
    assert bench.one == before
