"""The window at every width and text size."""

import pytest
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from lgesynth_gui.ui.keys import KEYS


def settled(window, qtbot, size, scale=1.0):
    window.resize(*size)
    window.set_scale(scale)
    qtbot.waitUntil(lambda: window.width() == size[0], timeout=2000)
    for _ in range(5):
        QApplication.processEvents()


@pytest.fixture(autouse=True)
def usual_text_size(qapp):
    from lgesynth_gui.ui.theme import apply_theme

    yield
    apply_theme(qapp, "dark", 1.0)


def test_that_the_start_page_stays_alone_when_the_text_grows(window, qtbot):
    settled(window, qtbot, (1366, 768), 1.5)
    assert not any(dock.isVisible() for dock in window.docks)


def test_that_a_narrow_window_shows_one_pane_and_then_the_result(heart, qtbot):
    canvas = heart.canvas
    settled(heart, qtbot, (1366, 768))
    assert canvas.original.isVisible()
    assert canvas.synthetic.isVisible()
    settled(heart, qtbot, (1366, 768), 1.5)
    assert canvas.original.isVisible()
    assert not canvas.synthetic.isVisible()
    with qtbot.waitSignal(heart.variations.idle, timeout=10_000):
        heart.generate()
    assert canvas.synthetic.isVisible()
    assert not canvas.original.isVisible()
    assert canvas.synthetic.width() > 500
    settled(heart, qtbot, (1366, 768), 1.0)
    assert canvas.original.isVisible()
    assert canvas.synthetic.isVisible()


@pytest.mark.parametrize(
    ("size", "scale"),
    [((1024, 640), 1.0), ((1366, 768), 1.0), ((1366, 768), 1.5), ((1920, 1080), 1.0)],
)
def test_that_the_footer_is_whole_and_nothing_needs_sideways_scrolling(heart, qtbot, size, scale):
    settled(heart, qtbot, size, scale)
    assert heart.width() == size[0]
    assert heart.height() == size[1]
    for widget in (heart.panel.generate, heart.panel.card, heart.panel.export, heart.panel.apply):
        assert widget.visibleRegion().boundingRect().size() == widget.size()
    for label in heart.panel.findChildren(QLabel):
        if label.isVisible() and label.text():
            assert label.width() >= min(label.sizeHint().width(), label.minimumSizeHint().width())


def test_that_the_bullseye_and_the_words_need_no_scrolling_on_a_laptop(heart, qtbot):
    settled(heart, qtbot, (1366, 768))
    heart.activateWindow()
    for widget in (heart.panel.bullseye, heart.panel.caption, heart.panel.scar.figures):
        assert widget.visibleRegion().boundingRect().size() == widget.size(), widget.objectName()


def test_that_dock_titles_grow_with_the_text(heart, qtbot):
    settled(heart, qtbot, (1366, 768))
    low = heart.docks[0].titleBarWidget().sizeHint().height()
    settled(heart, qtbot, (1366, 768), 1.5)
    assert heart.docks[0].titleBarWidget().sizeHint().height() > 1.2 * low


def test_that_double_click_shows_one_pane_and_again_both(heart):
    heart.canvas.maximise(heart.canvas.synthetic)
    assert not heart.canvas.original.isVisible()
    heart.view.set(window=heart.view.look.window * 1.1)
    assert not heart.canvas.original.isVisible()
    heart.canvas.maximise(heart.canvas.synthetic)
    assert heart.canvas.original.isVisible()


def test_that_the_cheat_sheet_lists_every_action(window):
    window._actions["keys"].trigger()
    sheet = window.findChild(QDialog, "cheatSheet")
    shown = {label.text() for label in sheet.findChildren(QLabel)}
    assert {key.text for key in KEYS} <= shown
    assert {key.action for key in KEYS if not key.where} == set(window._actions)
    sheet.reject()
