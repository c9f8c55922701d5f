"""How original and synthetic are set side by side, and what the mouse does on them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app.orientation import Turn
from lgesynth_gui.app.session import request_of
from lgesynth_gui.ui.canvas.drawing import scale_bar
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.canvas.picture import PanePicture
from tests.ui import hearts
from tests.ui.test_canvas import wheel
from tests.ui.test_tools import press_drag

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MIDDLE = Qt.MouseButton.MiddleButton
START = QPoint(150, 150)


def settle():
    for _ in range(3):
        QApplication.processEvents()


@pytest.fixture
def compared(heart):
    """The sample heart with a result that is previewed."""
    state = heart.session.state
    heart.variations.add([hearts.result_of(request_of(state, 2), state.series)])
    heart.view.set(slice_index=2, preview=heart.variations.visible()[0].number)
    settle()
    return heart


def drag(qtbot, over, button, by, held=Qt.KeyboardModifier.NoModifier, start=START):
    qtbot.mousePress(over, button, held, start)
    for share in (0.3, 1.0):
        qtbot.mouseMove(over, start + QPoint(round(share * by[0]), round(share * by[1])))
    qtbot.mouseRelease(over, button, held, start + QPoint(*by))


def test_that_m_cycles_all_four_ways_and_comes_back(compared, qtbot):
    seen = []
    for _ in range(4):
        seen.append(compared.view.look.compare)
        qtbot.keyClick(compared.canvas.original.overlay, Qt.Key.Key_M)
    assert seen == ["side", "slider", "flicker", "difference"]
    assert compared.view.look.compare == "side"


def test_that_swapping_puts_the_synthetic_pane_first(compared, qtbot):
    canvas = compared.canvas
    assert canvas.original.x() < canvas.synthetic.x()
    qtbot.keyClick(canvas.original.overlay, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.synthetic.x() < canvas.original.x()


def test_that_the_slider_shows_each_image_on_its_side_of_the_border(compared):
    canvas = compared.canvas
    compared.view.set(compare="slider", split=0.5, scar=False, corner=False)
    settle()
    index = compared.view.look.slice_index
    result, _ = compared.shown()
    changed = np.argwhere(result.pixels[index] != compared.session.state.series.pixels[index])
    row, column = changed[len(changed) // 2]
    place = canvas.original.overlay.to_screen((column * hearts.MM, row * hearts.MM)).toPoint()

    def grey():
        return canvas.stage.grab().toImage().pixelColor(place).lightness()

    compared.view.set(split=0.0)
    settle()
    synthetic = grey()
    compared.view.set(split=1.0)
    settle()
    assert synthetic > grey() + 100
    assert canvas.original.isVisible()
    assert not canvas.synthetic.isVisible()


def test_that_what_lies_left_and_right_of_the_border_takes_the_mouse(compared):
    canvas = compared.canvas
    compared.view.set(compare="slider", split=0.4)
    settle()
    wide = canvas.stage.width()
    for x, pane in ((0.2, canvas.original), (0.7, canvas.synthetic)):
        hit = canvas.stage.childAt(QPoint(int(x * wide), 60))
        assert hit is pane.overlay
    compared.view.set(swapped=True)
    settle()
    assert canvas.stage.childAt(QPoint(int(0.2 * wide), 60)) is canvas.synthetic.overlay


def test_that_the_border_follows_the_mouse_and_the_arrow_keys(compared, qtbot):
    compared.view.set(compare="slider", split=0.5)
    settle()
    handle = compared.canvas.stage.handle
    qtbot.keyClick(handle, Qt.Key.Key_Right)
    assert compared.view.look.split == pytest.approx(0.55)
    qtbot.keyClick(handle, Qt.Key.Key_Left)
    qtbot.keyClick(handle, Qt.Key.Key_Left)
    assert compared.view.look.split == pytest.approx(0.45)
    qtbot.keyClick(handle, Qt.Key.Key_End)
    assert compared.view.look.split == 1.0
    qtbot.keyClick(handle, Qt.Key.Key_Right)
    assert compared.view.look.split == 1.0
    compared.view.set(split=0.5)
    settle()
    wide = compared.canvas.stage.width()
    qtbot.mousePress(handle, LEFT, pos=QPoint(12, 50))
    qtbot.mouseMove(handle, QPoint(12 + wide // 4, 50))
    assert compared.view.look.split == pytest.approx(0.75, abs=0.02)
    assert compared.view.look.preview is not None


def test_that_the_synthetic_badge_is_there_wherever_generated_pixels_are(compared):
    compared.view.set(compare="slider")
    for split in (0.0, 0.05, 0.5, 0.9, 0.97):
        compared.view.set(split=split)
        settle()
        over = compared.canvas.synthetic.overlay
        left, right = over._part
        image = over.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
        ink = rows[:, : 3 * image.width()].reshape(image.height(), -1, 3) == (0xF0, 0xC4, 0x19)
        found = ink.all(axis=2)[6:-6, int(left) + 4 : int(right) - 4].any()
        assert found, split


def test_that_flicker_shows_one_pane_and_changes_by_itself_only_when_asked(compared, qtbot):
    canvas = compared.canvas
    compared.view.set(compare="flicker")
    assert canvas.synthetic.isVisible()
    assert not canvas.original.isVisible()
    assert canvas.synthetic.picture.synthetic
    assert not canvas._timer.isActive()
    compared.view.set(blink=True)
    assert canvas._timer.isActive()
    assert canvas._timer.interval() >= 500
    qtbot.waitUntil(lambda: not canvas.synthetic.picture.synthetic, timeout=2000)
    assert canvas.synthetic.picture.badge.startswith("ORIGINAL")
    compared.view.set(compare="side")
    assert not canvas._timer.isActive()
    assert canvas.synthetic.picture.synthetic


def test_that_the_scale_of_a_difference_does_not_follow_the_window(compared):
    compared.view.set(compare="difference")
    limit = compared.canvas.synthetic.picture.scale_limit
    compared.view.set(window=compared.view.look.window * 3)
    assert compared.canvas.synthetic.picture.scale_limit == limit
    low, high = compared.canvas.synthetic._image.getLevels()
    assert (low, high) == (-limit, limit)
    digits = f"{limit:e}"[0]
    assert digits in "125"


def test_that_nothing_can_be_compared_before_there_is_a_result(heart):
    assert not any(button.isEnabled() for button in heart.canvas.bar.modes.values())
    heart.view.set(compare="slider")
    assert heart.canvas.original.isVisible()
    assert not heart.canvas.synthetic.isVisible()
    assert not heart.canvas.stage.handle.isVisible()


def test_that_only_zoom_can_be_unlinked_and_is_linked_again(compared, qtbot):
    canvas, bar = compared.canvas, compared.canvas.bar
    qtbot.mouseClick(bar.link, LEFT)
    before = canvas.original.zoom
    wheel(canvas.synthetic.overlay, QPoint(50, 50), 120, Qt.KeyboardModifier.ControlModifier)
    assert canvas.synthetic.zoom > before == canvas.original.zoom
    assert canvas.synthetic.centre == canvas.original.centre
    wheel(canvas.original.overlay, QPoint(50, 50), -120, Qt.KeyboardModifier.ControlModifier)
    assert canvas.original.zoom < before < canvas.synthetic.zoom
    compared.view.set(compare="slider")
    assert canvas.original.zoom == canvas.synthetic.zoom
    compared.view.set(compare="side")
    qtbot.mouseClick(bar.link, LEFT)
    assert canvas.original.zoom == canvas.synthetic.zoom


def test_that_the_pointer_is_marked_in_the_other_pane(compared, qtbot):
    over, other = compared.canvas.original.overlay, compared.canvas.synthetic.overlay
    qtbot.mouseMove(over, QPoint(80, 90))
    qtbot.mouseMove(over, QPoint(81, 90))
    assert other._cross == pytest.approx(over.to_plane(QPointF(81, 90)))
    assert over._cross is None


def test_that_a_click_on_a_shown_pixel_lands_on_the_same_stored_pixel(qapp, qtbot):
    pane = ImagePane("turned")
    qtbot.addWidget(pane)
    pane.resize(400, 380)
    pane.show()
    pixels, spacing = np.zeros((40, 60), dtype=np.uint16), (2.0, 1.5)
    near = st.floats(-0.4, 0.4)

    @settings(max_examples=60, deadline=None)
    @given(
        st.builds(Turn, st.integers(0, 3), st.booleans()),
        st.floats(2.0, 12.0),
        st.tuples(st.integers(0, 39), st.integers(0, 59)),
        st.tuples(near, near),
    )
    def same(turn, zoom, pixel, off):
        row, column = pixel
        pane.show_picture(PanePicture(pixels, spacing, turn))
        pane.set_levels(1000, 500)
        pane.set_range(zoom, turn.to_display(column * 1.5 + 3.0, row * 2.0 - 4.0))
        place = ((column + off[1]) * spacing[1], (row + off[0]) * spacing[0])
        at = pane.overlay.to_screen(place)
        x, y = pane.overlay.to_plane(at)
        assert (round(y / spacing[0]), round(x / spacing[1])) == pixel
        pane._box.prepareForPaint()  # what a paint would do
        drawn = pane._image.mapFromScene(pane._view.mapToScene(at.toPoint()))
        finer = pane._shown.shape[0] / 40
        blur = 1.0 / (zoom * min(spacing)) * finer  # a screen pixel in pixels of the picture
        assert abs(drawn.y() - (row + off[0] + 0.5) * finer) <= blur
        assert abs(drawn.x() - (column + off[1] + 0.5) * finer) <= blur

    same()


def test_that_a_turned_study_says_so_even_without_corner_text(window):
    turn = Turn(1)
    contours = hearts.contours()
    moved = [
        replace(
            one,
            endo=tuple(turn.to_plane(*p) for p in one.endo),
            epi=tuple(turn.to_plane(*p) for p in one.epi),
            rv_anterior=turn.to_plane(*one.rv_anterior),
            rv_inferior=turn.to_plane(*one.rv_inferior),
        )
        for one in contours.slices
    ]
    window.session.open(hearts.series(), type(contours)(tuple(moved)))
    window.view.set(corner=False)
    picture = window.canvas.original.picture
    assert "shown rotated 90°" in picture.below
    assert picture.facts == ()
    stored = window.session.state.series.pixels
    assert np.shares_memory(picture.pixels, stored)
    window._actions["upright"].trigger()
    plain = window.canvas.original.picture
    assert plain.turn == Turn()
    assert not any("shown" in text for text in plain.below)
    assert plain.letters != picture.letters


def test_that_every_button_does_what_its_preset_says(heart, qtbot):
    none, shift = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
    control = Qt.KeyboardModifier.ControlModifier
    greys, zoomed = {"window", "level"}, {"zoom", "centre"}
    for preset, button, held, changes in (
        ("LGESynth", RIGHT, none, greys),
        ("LGESynth", MIDDLE, none, {"centre"}),
        ("Horos", RIGHT, none, zoomed),
        ("cvi42-like", MIDDLE, none, greys),
        ("3D Slicer", RIGHT, none, zoomed),
        ("3D Slicer", LEFT, shift, {"centre"}),
        ("3D Slicer", LEFT, control, greys),
    ):
        heart.view.set(mouse=preset, tool="contour")
        before = heart.view.look
        drag(qtbot, heart.canvas.original.overlay, button, (40, 24), held)
        after = heart.view.look
        names = ("window", "level", "zoom", "centre", "slice_index")
        different = {n for n in names if getattr(before, n) != getattr(after, n)}
        assert different == changes, (preset, button, held)
        assert not heart.canvas.drawing
    assert not heart.session.undo_stack.canUndo()


def test_that_a_drag_where_nothing_is_held_is_window_level_for_some_hands(heart, qtbot):
    over = heart.canvas.original.overlay
    beside = over.to_screen((12.0, 70.0)).toPoint()
    heart.view.set(tool="select")
    before = heart.view.look.window
    drag(qtbot, over, LEFT, (40, 0), start=beside)
    assert heart.view.look.window == before
    heart.view.set(mouse="OHIF/Weasis")
    drag(qtbot, over, LEFT, (40, 0), start=beside)
    assert heart.view.look.window > before
    heart.view.set(tool="contour")
    held = heart.view.look.window
    press_drag(qtbot, over, [hearts.at(a, 22) for a in range(0, 60, 10)])
    assert heart.view.look.window == held


def test_that_the_hands_work_with_the_left_button_and_are_no_undo_step(heart, qtbot):
    over = heart.canvas.original.overlay
    for key, changed in (
        (Qt.Key.Key_W, "window"),
        (Qt.Key.Key_H, "centre"),
        (Qt.Key.Key_Z, "zoom"),
    ):
        qtbot.keyClick(over, key)
        before = heart.view.look
        drag(qtbot, over, LEFT, (40, -30))
        assert getattr(heart.view.look, changed) != getattr(before, changed)
        assert not heart.canvas.drawing
    assert not heart.session.undo_stack.canUndo()


def test_that_a_click_of_the_zoom_tool_enlarges_and_with_alt_makes_smaller(heart, qtbot):
    over, at = heart.canvas.original.overlay, QPoint(90, 90)
    heart.view.set(tool="zoom")
    before = heart.view.look.zoom
    qtbot.mouseClick(over, LEFT, pos=at)
    assert heart.view.look.zoom == pytest.approx(1.5 * before)
    qtbot.mouseClick(over, LEFT, Qt.KeyboardModifier.AltModifier, at)
    assert heart.view.look.zoom == pytest.approx(before)


def test_that_a_right_click_asks_for_the_menu_and_a_right_drag_does_not(heart, qtbot):
    asked = []
    heart.canvas.menu_wanted.disconnect()
    heart.canvas.menu_wanted.connect(asked.append)
    over = heart.canvas.original.overlay
    drag(qtbot, over, RIGHT, (40, 0))
    assert asked == []
    qtbot.mouseClick(over, RIGHT, pos=QPoint(60, 60))
    assert len(asked) == 1


def test_that_the_file_window_is_used_or_its_absence_said(heart, qtbot):
    said = []
    heart.canvas.said.connect(said.append)
    heart._actions["file_window"].trigger()
    assert "states no window" in said[-1]
    source = replace(
        hearts.series().source, attributes=(("WindowCenter", 300.0), ("WindowWidth", 500.0))
    )
    heart.session.open(
        replace(hearts.series(), source=source, slope=2.0, intercept=-100.0), hearts.contours()
    )
    heart._actions["file_window"].trigger()
    assert (heart.view.look.window, heart.view.look.level) == (250.0, 200.0)
    heart._actions["auto_window"].trigger()
    assert heart.view.look.window != 250.0


def test_that_less_and_more_of_the_overlay_stay_in_range(heart, qtbot):
    over = heart.canvas.original.overlay
    for _ in range(9):
        qtbot.keyClick(over, Qt.Key.Key_A)
    assert heart.view.look.opacity == pytest.approx(0.2)
    assert heart.canvas.original.picture.opacity == pytest.approx(0.2)
    for _ in range(9):
        qtbot.keyClick(over, Qt.Key.Key_D)
    assert heart.view.look.opacity == 1.0


def test_that_the_scale_bar_is_one_two_or_five():
    assert [scale_bar(r) for r in (0.4, 1.0, 7.0, 49.0, 50.0, 120.0)] == [1, 1, 5, 20, 50, 100]
