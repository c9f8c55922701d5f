import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app.orientation import Turn
from lgesynth_gui.ui.canvas.bicubic import catmull_rom, enlarged
from lgesynth_gui.ui.canvas.pane import ImagePane
from lgesynth_gui.ui.canvas.picture import PanePicture
from tests.ui import hearts


def wheel(widget, at, delta, held=Qt.KeyboardModifier.NoModifier):
    event = QWheelEvent(
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        held,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


@pytest.fixture
def pane(qapp, qtbot):
    made = ImagePane("test")
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.show()
    return made


def brightness(pane, point):
    """Grey on the screen where the overlay says a plane point lies."""
    at = pane.overlay.to_screen(point)
    return pane.grab().toImage().pixelColor(int(at.x()), int(at.y())).lightness()


@pytest.mark.parametrize("nearest", [True, False])
@pytest.mark.parametrize("turn", [Turn(), Turn(1), Turn(2), Turn(3), Turn(0, True), Turn(1, True)])
def test_that_an_asymmetric_image_lies_where_the_overlay_draws(pane, turn, nearest):
    pixels = np.zeros((40, 60), dtype=np.uint16)
    pixels[5:10, 12:20] = 1000  # up and left: one marker only
    pane.show_picture(PanePicture(pixels, (2.0, 1.5), turn), nearest=nearest)
    pane.set_levels(1000, 500)
    centre = turn.to_display(30 * 1.5, 20 * 2.0)
    pane.set_range(3.5, centre)
    inside, mirror_x, mirror_y = (15.5 * 1.5, 7 * 2.0), (44 * 1.5, 7 * 2.0), (15.5 * 1.5, 33 * 2.0)
    assert brightness(pane, inside) > 200
    assert brightness(pane, mirror_x) < 60
    assert brightness(pane, mirror_y) < 60


def test_that_pixel_borders_are_where_half_pixels_say(pane):
    pixels = np.zeros((21, 21), dtype=np.uint16)
    pixels[10, 10] = 1000
    pane.show_picture(PanePicture(pixels, (2.0, 2.0)), nearest=True)
    pane.set_levels(1000, 500)
    pane.set_range(20.0, (20.0, 20.0))
    for d, bright in ((0.0, True), (0.8, True), (1.2, False), (-0.8, True), (-1.2, False)):
        assert (brightness(pane, (20.0 + d, 20.0)) > 128) is bright


def test_that_enlarging_keeps_constants_and_sample_centres():
    weights = catmull_rom(12, 3)
    assert np.allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    image = np.random.default_rng(0).normal(size=(12, 9)).astype(np.float32)
    assert np.allclose(enlarged(image)[1::3, 1::3], image, atol=1e-5)


def test_that_both_panes_share_one_window_level_zoom_and_slice(heart, qtbot):
    over = heart.canvas.synthetic.overlay
    qtbot.mousePress(over, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
    before = heart.view.look
    qtbot.mouseMove(over, QPoint(140, 100))
    qtbot.mouseMove(over, QPoint(160, 110))
    qtbot.mouseRelease(over, Qt.MouseButton.RightButton, pos=QPoint(160, 110))
    assert heart.view.look.window > before.window
    assert heart.view.look.level != before.level
    for pane in (heart.canvas.original, heart.canvas.synthetic):
        low, high = pane._image.getLevels()
        assert high - low == pytest.approx(heart.view.look.window)
    wheel(over, QPoint(50, 50), -120)
    assert heart.view.look.slice_index == before.slice_index + 1
    wheel(over, QPoint(50, 50), 120, Qt.KeyboardModifier.ControlModifier)
    assert heart.canvas.original.zoom == heart.canvas.synthetic.zoom > before.zoom


def test_that_zooming_keeps_the_point_under_the_cursor(heart):
    over = heart.canvas.original.overlay
    at = QPoint(60, 90)
    before = over.to_display(QPointF(at))
    wheel(over, at, 120, Qt.KeyboardModifier.ControlModifier)
    assert over.to_display(QPointF(at)) == pytest.approx(before, abs=1e-6)


def test_that_middle_drag_pans_and_is_no_undo_step(heart, qtbot):
    over, before = heart.canvas.original.overlay, heart.view.look.centre
    qtbot.mousePress(over, Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    qtbot.mouseMove(over, QPoint(130, 90))
    qtbot.mouseMove(over, QPoint(150, 90))
    qtbot.mouseRelease(over, Qt.MouseButton.MiddleButton, pos=QPoint(150, 90))
    assert heart.view.look.centre[0] < before[0]
    assert not heart.session.undo_stack.canUndo()


def test_that_pyqtgraphs_own_menu_mouse_and_ranging_are_off(heart):
    box = heart.canvas.original._box
    assert not box.menuEnabled()
    assert box.mouseEnabled() == [False, False]
    assert box.autoRangeEnabled() == [False, False]
    assert heart.canvas.original._view.focusPolicy() == Qt.FocusPolicy.NoFocus


def test_that_the_heart_fills_two_thirds_of_a_pane(heart):
    pane = heart.canvas.original
    xs = [pane.overlay.to_screen(p).x() for p in heart.session.state.contours.slices[2].epi]
    share = (max(xs) - min(xs)) / min(pane.width(), pane.height())
    assert 0.55 < share < 0.75


def test_that_letters_and_badges_are_in_the_picture(heart, qtbot):
    picture = heart.canvas.original.picture
    assert (picture.letters.right, picture.letters.left) == ("LPI", "RAS")
    assert picture.badge == "ORIGINAL"
    assert heart.canvas.synthetic.picture.message.startswith("No result yet")
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    shown = heart.canvas.synthetic.picture
    assert shown.synthetic
    assert shown.badge.startswith("SYNTHETIC")
    assert shown.frame == "PREVIEW"
    kinds = {line.kind: line.dashed for line in shown.lines}
    assert kinds["measured"] is True
    assert kinds["requested"] is False


def test_that_the_difference_is_zero_white_outside_the_scar(heart, qtbot):
    from lgesynth_gui.ui.canvas.difference import table

    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    index = heart.session.state.sketch.slices()[0]
    heart.view.set(slice_index=index, compare="difference")
    picture = heart.canvas.synthetic.picture
    changed = picture.pixels != 0
    result, _ = heart.shown()
    assert (changed <= (result.requested[index] >= 3)).all()
    assert changed.any()
    assert tuple(table()[127]) == (0xF4, 0xF4, 0xF2)
    levels = heart.canvas.synthetic._image.getLevels()
    assert levels[0] == -levels[1]
    heart.view.set(compare="side")
    low, high = heart.canvas.synthetic._image.getLevels()
    assert high - low == pytest.approx(heart.view.look.window)


def test_that_the_host_is_shown_while_q_is_held(heart, qtbot):
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    over = heart.canvas.original.overlay
    qtbot.keyPress(over, Qt.Key.Key_Q)
    assert not heart.canvas.synthetic.picture.synthetic
    qtbot.keyRelease(over, Qt.Key.Key_Q)
    assert heart.canvas.synthetic.picture.synthetic


def test_that_the_first_contours_bring_the_heart_and_its_greys_into_view(window, qtbot):
    window.session.open(hearts.series())
    whole = window.view.look
    window.proposals.ask()
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    assert window.view.look.zoom > 1.3 * whole.zoom
    assert window.view.look.window != whole.window
    window.canvas.zoom_by(1.5)
    chosen = window.view.look
    window.study.accept.click()
    assert (window.view.look.zoom, window.view.look.window) == (chosen.zoom, chosen.window)


def test_that_contours_do_not_move_a_view_that_was_chosen(window, qtbot):
    window.session.open(hearts.series())
    window.canvas.zoom_by(1.2)
    window.view.set(window=77.0)
    zoom = window.view.look.zoom
    window.proposals.ask()
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    assert (window.view.look.zoom, window.view.look.window) == (zoom, 77.0)
