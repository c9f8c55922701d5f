import pytest
from PySide6.QtCore import QPoint, Qt

from lgesynth_gui.anatomy.transforms import with_front
from lgesynth_gui.app import heart as derived
from lgesynth_gui.app.cells import numbers, requested_cells
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.sketch.tools import TOOLS
from lgesynth_gui.ui.sketch.tools.select import grip
from tests.ui import hearts


def press_drag(qtbot, over, points, release=True):
    """Left button through plane points."""
    pixels = [over.to_screen(p).toPoint() for p in points]
    qtbot.mousePress(over, Qt.MouseButton.LeftButton, pos=pixels[0])
    for at in pixels[1:]:
        qtbot.mouseMove(over, at)
    if release:
        qtbot.mouseRelease(over, Qt.MouseButton.LeftButton, pos=pixels[-1])


@pytest.fixture
def clean(heart):
    """The sample heart without scar, on slice 3."""
    heart.session.edit("sketch", ScarSketch(), "clear")
    heart.session.undo_stack.clear()
    heart.view.set(slice_index=2)
    return heart


def wall(angle, depth, index=2):
    return hearts.at(angle, 20 - index + 10 * depth)


def test_that_every_tool_has_its_own_key_and_says_what_to_do():
    assert len({t.key for t in TOOLS}) == len({t.id for t in TOOLS}) == len(TOOLS)
    assert all(0 < len(worded(t.hint)) <= 90 for t in TOOLS)


def test_that_a_click_fills_the_segment_with_the_current_class(clean, qtbot):
    over = clean.canvas.original.overlay
    at = over.to_screen(wall(150, 0.5)).toPoint()
    qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=at)
    cells = requested_cells(clean.session.state)
    assert cells[8].grade == 3
    assert clean.view.look.segment == 8
    assert clean.session.undo_stack.count() == 1


def test_that_dragging_through_the_wall_sets_the_depth_in_one_step(clean, qtbot):
    over = clean.canvas.original.overlay
    press_drag(qtbot, over, [wall(150, 0.1), wall(150, 0.5), wall(150, 0.8), wall(150, 0.3)])
    assert requested_cells(clean.session.state)[8].touched == pytest.approx(0.3, abs=0.12)
    assert clean.session.undo_stack.count() == 1


def test_that_a_freehand_line_becomes_scar_inside_the_wall(clean, qtbot):
    clean.view.set(tool="contour")
    over = clean.canvas.original.overlay
    line = [
        wall(a, d) for a, d in ((20, 0.1), (30, 0.1), (50, 0.1), (50, 0.9), (35, 0.9), (20, 0.9))
    ]
    press_drag(qtbot, over, line)
    assert clean.session.state.sketch.slices() == (2,)
    assert numbers(clean.session.state).scar_g > 0.3
    assert not clean.canvas.drawing


def test_that_clicked_points_close_with_enter_and_esc_abandons(clean, qtbot):
    clean.view.set(tool="contour")
    over = clean.canvas.original.overlay
    corners = [wall(a, d) for a, d in ((20, 0.1), (60, 0.1), (60, 0.9), (20, 0.9))]

    def click_all():
        for p in corners:
            at = over.to_screen(p).toPoint()
            qtbot.mouseMove(over, at)
            qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=at)

    click_all()
    assert clean.canvas.drawing
    qtbot.keyClick(over, Qt.Key.Key_Escape)
    assert not clean.canvas.drawing
    assert clean.session.state.sketch == ScarSketch()
    click_all()
    qtbot.keyClick(over, Qt.Key.Key_Return)
    (region,) = clean.session.state.sketch.regions
    assert region.label is Label.SCAR
    assert clean.session.undo_stack.count() == 1


def test_that_backspace_drops_the_last_point(clean, qtbot):
    clean.view.set(tool="contour")
    over = clean.canvas.original.overlay
    far = (150.0, 5.0)
    for p in (wall(20, 0.1), wall(60, 0.1), wall(60, 0.9), far):
        qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=over.to_screen(p).toPoint())
    qtbot.keyClick(over, Qt.Key.Key_Backspace)
    qtbot.keyClick(over, Qt.Key.Key_Return)
    (region,) = clean.session.state.sketch.regions
    assert max(d for _, d in region.outline) < 1.2


def test_that_the_eraser_takes_scar_away(clean, qtbot):
    clean.view.set(ring=False)
    state = clean.session.state
    clean.session.edit("sketch", derived.with_segment(state, 12, 1.0, "endo", (2,)), "fill")
    full = numbers(clean.session.state).scar_g
    clean.view.set(tool="eraser")
    over = clean.canvas.original.overlay
    line = [wall(a, d) for a, d in ((10, -0.2), (30, -0.2), (30, 1.2), (10, 1.2))]
    press_drag(qtbot, over, [line[0], *line])
    assert 0 < numbers(clean.session.state).scar_g < 0.8 * full


def test_that_dragging_the_front_changes_the_transmurality_in_one_step(clean, qtbot):
    clean.view.set(ring=False)
    state = clean.session.state
    clean.session.edit("sketch", derived.with_segment(state, 12, 0.5, "endo", (2,)), "fill")
    clean.view.set(tool="select")
    over = clean.canvas.original.overlay
    press_drag(qtbot, over, [wall(30, 0.5), wall(30, 0.6), wall(30, 0.9)])
    assert requested_cells(clean.session.state)[12].touched == pytest.approx(0.9, abs=0.12)
    assert clean.session.undo_stack.count() == 2


def test_that_a_front_is_held_at_the_free_side_only():
    region = ScarRegion(((10, 0), (50, 0), (50, 0.5), (10, 0.5)), (0,))
    sketch = ScarSketch((region,))
    assert grip(sketch, 0, (30, 0.52)) == (0, "outer")
    assert grip(sketch, 0, (30, 0.1)) == (0, "middle")
    assert grip(sketch, 0, (80, 0.5)) is None
    assert grip(sketch, 1, (30, 0.5)) is None
    assert max(d for _, d in with_front(region, "outer", 0.8).outline) == 0.8


def test_that_drawing_borders_and_insertion_points_edits_the_contours(clean, qtbot):
    over = clean.canvas.original.overlay
    clean.view.set(active="points", tool="contour")
    target = hearts.at(100, 28)
    qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=over.to_screen(target).toPoint())
    moved = clean.session.state.contours.slices[2].rv_anterior
    assert moved == pytest.approx(target, abs=1.0)
    assert (
        clean.session.state.contours.slices[2].rv_inferior
        == hearts.contours().slices[2].rv_inferior
    )
    clean.view.set(active="epi")
    press_drag(qtbot, over, [hearts.at(a, 32) for a in range(0, 360, 15)])
    one = clean.session.state.contours.slices[2]
    assert len(one.epi) > 10
    assert one.endo == hearts.contours().slices[2].endo


def test_that_a_click_beside_the_heart_changes_nothing(clean, qtbot):
    over = clean.canvas.original.overlay
    qtbot.mouseClick(over, Qt.MouseButton.LeftButton, pos=QPoint(3, 300))
    assert clean.session.state.sketch == ScarSketch()
    assert not clean.canvas.drawing


def test_that_a_border_is_bent_softly_and_never_crosses_the_other(clean, qtbot):
    over = clean.canvas.original.overlay
    clean.view.set(active="endo", tool="select")
    before = clean.session.state.contours.slices[2]
    press_drag(qtbot, over, [hearts.at(90, 18), hearts.at(90, 19), hearts.at(90, 22)])
    bent = clean.session.state.contours.slices[2].endo
    moved = [abs(a[1] - b[1]) for a, b in zip(bent, before.endo, strict=True)]
    assert max(moved) == pytest.approx(4.0, abs=0.5)
    assert min(moved) < 0.05
    assert clean.session.undo_stack.count() == 1
    press_drag(qtbot, over, [hearts.at(90, 22), hearts.at(90, 24), hearts.at(90, 45)])
    top = min(y for _, y in clean.session.state.contours.slices[2].endo)
    assert top > min(y for _, y in before.epi)


def test_that_shift_moves_the_whole_ring(clean, qtbot):
    from lgesynth_gui.ui.canvas.overlay import Pointer
    from lgesynth_gui.ui.sketch.tools import Desk, Select

    clean.view.set(active="epi", tool="select")
    desk = Desk(clean.session, clean.view, lambda _: None, lambda _: None)
    before = clean.session.state.contours.slices[2].epi
    gesture = Select().gesture(desk, Pointer("press", (0.0, 0.0), shift=True))
    next(gesture)
    gesture.send(Pointer("move", (1.0, 0.5), shift=True))
    with pytest.raises(StopIteration):
        gesture.send(Pointer("release", (1.0, 0.5), shift=True))
    after = clean.session.state.contours.slices[2].epi
    assert [
        (round(a[0] - b[0], 6), round(a[1] - b[1], 6)) for a, b in zip(after, before, strict=True)
    ] == [(1.0, 0.5)] * len(before)
