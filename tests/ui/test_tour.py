import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QDialog

from lgesynth_gui.ui.tour import Tour, beside, steps


@pytest.fixture
def tour(window):
    window.shell.hands.tour.click()
    return window.findChild(Tour)


def at(tour, number, qtbot):
    qtbot.waitUntil(lambda: tour.number == number, timeout=30_000)
    tour.place()
    assert tour.bubble.isVisible()
    assert tour.bubble.title.text().startswith(f"{number + 1} of 7")


def wheel(widget):
    centre = QPointF(widget.rect().center())
    event = QWheelEvent(
        centre,
        widget.mapToGlobal(centre),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_that_it_never_starts_by_itself(window):
    assert window.findChild(Tour) is None


def test_that_doing_what_each_note_says_goes_through_all_seven(tour, window, qtbot):
    at(tour, 0, qtbot)
    qtbot.mouseClick(window.start.sample, Qt.MouseButton.LeftButton)
    at(tour, 1, qtbot)
    before = window.view.look.slice_index
    wheel(window.canvas.original.overlay)
    assert window.view.look.slice_index != before
    at(tour, 2, qtbot)
    bullseye = window.panel.bullseye
    qtbot.mouseClick(bullseye, Qt.MouseButton.LeftButton, pos=bullseye.point_of(9).toPoint())
    at(tour, 3, qtbot)
    qtbot.mouseClick(window.panel.scar.classes.button(4), Qt.MouseButton.LeftButton)
    at(tour, 4, qtbot)
    qtbot.mouseClick(window.panel.generate, Qt.MouseButton.LeftButton)
    at(tour, 5, qtbot)
    qtbot.waitUntil(lambda: not window.variations.waiting(), timeout=30_000)
    qtbot.mouseClick(window.panel.apply, Qt.MouseButton.LeftButton)
    at(tour, 6, qtbot)
    with qtbot.waitSignal(tour.ended, timeout=5000):
        window._actions["export"].trigger()
    dialog = window.findChild(QDialog, "exportDialog")
    assert dialog.isVisible()
    dialog.reject()


def test_that_the_export_button_ends_it_too(heart, qtbot):
    heart.shell.start_tour()
    tour = heart.findChild(Tour)
    tour.show_step(6)
    with qtbot.waitSignal(tour.ended, timeout=2000):
        heart.panel.export_wanted.emit()


def test_that_with_a_heart_open_it_begins_at_the_slices(heart, qtbot):
    heart._actions["tour"].trigger()
    tour = heart.findChild(Tour)
    at(tour, 1, qtbot)
    assert not tour.bubble.back.isEnabled()
    tour.bubble.skip.click()
    at(tour, 2, qtbot)
    tour.bubble.back.click()
    at(tour, 1, qtbot)
    heart._actions["tour"].trigger()  # replay: one tour at a time
    assert len([t for t in heart.findChildren(Tour) if t.number < 7]) == 1


def test_that_esc_ends_it_and_leaves_nothing(heart, qtbot):
    heart.shell.start_tour()
    tour = heart.findChild(Tour)
    bubble, ring = tour.bubble, tour.ring
    with qtbot.waitSignal(tour.ended, timeout=2000):
        qtbot.keyClick(heart.canvas.original.overlay, Qt.Key.Key_Escape)
    assert not bubble.isVisible()
    assert not ring.isVisible()


def test_that_skipping_the_first_note_opens_the_heart(tour, window, qtbot):
    tour.bubble.skip.click()
    at(tour, 1, qtbot)
    assert window.session.state.series is not None


def test_that_every_note_fits_and_covers_nothing_it_points_at(heart, qtbot):
    heart.shell.start_tour()
    tour = heart.findChild(Tour)
    for size, scale in (((1366, 768), 1.0), ((1366, 768), 2.0)):
        heart.resize(*size)
        heart.set_scale(scale)
        qtbot.wait(30)
        for number in range(1, len(steps())):
            tour.show_step(number)
            QApplication.processEvents()
            tour.place()
            bubble = tour.bubble.geometry()
            assert heart.rect().contains(bubble), (scale, number)
            if number > 1:  # the images are larger than what is beside them
                assert tour.ring.isVisible(), (scale, number)
                assert not bubble.intersects(tour.ring.geometry()), (scale, number)
    tour.end()


def test_that_a_note_goes_where_there_is_room():
    room = QRect(0, 0, 400, 300)
    assert beside(QRect(300, 100, 80, 40), 150, 60, room).x() < 300
    assert beside(QRect(10, 100, 80, 40), 150, 60, room).x() > 90
    assert beside(QRect(10, 10, 380, 40), 150, 60, room).y() > 50
    assert beside(QRect(10, 200, 380, 90), 150, 60, room).y() < 140
