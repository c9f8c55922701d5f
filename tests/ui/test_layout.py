"""The window at every width and text size."""

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QWidget,
)

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


SIZES = [
    ((1024, 640), 1.0),
    ((1366, 768), 0.8),
    ((1366, 768), 1.0),
    ((1366, 768), 1.5),
    ((1366, 768), 2.0),
    ((1920, 1080), 1.0),
    ((1920, 1080), 1.5),
    ((1920, 1080), 2.0),
]


def shown(widget):
    """Whether all of a widget can be seen."""
    return widget.visibleRegion().boundingRect().size() == widget.size()


def within_parents(window):
    """Widgets that stick out of their parent, by name; what scrolls may be larger."""
    out = []
    for widget in window.findChildren(QWidget):
        parent = widget.parentWidget()
        if not widget.isVisible() or widget.isWindow() or parent is None:
            continue
        if isinstance(parent.parentWidget(), QAbstractScrollArea) or not widget.width():
            continue
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(widget.geometry()):
            out.append((type(widget).__name__, widget.objectName(), widget.geometry()))
    return out


def overlaps(window):
    """Pairs of controls of one parent that lie over each other."""
    found = []
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QLabel)
    by_parent = {}
    for widget in window.findChildren(QWidget):
        if isinstance(widget, kinds) and widget.isVisible() and not widget.isWindow():
            by_parent.setdefault(widget.parentWidget(), []).append(widget)
    for several in by_parent.values():
        for i, one in enumerate(several):
            for other in several[:i]:
                both = one.geometry() & other.geometry()
                if both.width() > 1 and both.height() > 1:
                    found.append((one, other, both))
    return found


@pytest.mark.parametrize(("size", "scale"), SIZES)
def test_that_every_layout_shows_the_button_the_verdict_and_the_badge(heart, qtbot, size, scale):
    settled(heart, qtbot, size, scale)
    assert (heart.width(), heart.height()) == size
    panel = heart.panel
    for widget in (panel.generate, panel.card, panel.apply, panel.export, heart.status):
        assert shown(widget), widget.objectName()
    assert shown(heart.findChild(QLabel, "researchBadge"))
    assert heart.canvas.original.width() >= 200 * min(scale, 1.4)
    assert within_parents(heart) == []
    bullseye = heart.panel.bullseye
    assert [pair for pair in overlaps(heart) if pair[0].parent() is not bullseye] == []


@pytest.mark.parametrize(("size", "scale"), SIZES)
def test_that_the_start_page_fits_every_size(window, qtbot, size, scale):
    settled(window, qtbot, size, scale)
    assert (window.width(), window.height()) == size
    start = window.start
    for widget in (start.sample, start.folder, start.file, window.shell.hands.tour):
        assert shown(widget), widget.objectName()
    assert shown(window.findChild(QLabel, "researchBadge"))
    assert within_parents(window) == []


def test_that_a_narrow_window_has_a_drawer_a_rail_and_a_line(heart, qtbot):
    settled(heart, qtbot, (1366, 768), 2.0)
    drawer = heart.shell.narrow.drawer
    assert drawer.used
    assert not heart.panel.bullseye.isVisible()
    heart._actions["bullseye"].trigger()  # a key opens it
    assert heart.panel.bullseye.isVisible()
    assert heart.rect().contains(drawer.frame.geometry())
    assert shown(heart.panel.generate)
    heart._actions["drawer"].trigger()
    assert not heart.panel.bullseye.isVisible()
    assert heart.study.width() <= 2 * 60
    assert not heart.film.isVisible()
    assert heart.shell.narrow._line.isVisible()
    heart.shell.narrow.popup.open()
    assert heart.study.accept.isVisible()
    heart.shell.narrow.popup.frame.hide()
    settled(heart, qtbot, (1366, 768), 1.0)
    assert not drawer.used
    assert heart.panel.bullseye.isVisible()
    assert heart.film.isVisible()
    assert heart.study.accept.isVisible()


def test_that_the_line_of_a_narrow_window_steps_through_the_variations(heart, qtbot):
    settled(heart, qtbot, (1366, 768), 2.0)
    line = heart.shell.narrow._line
    assert not line.after.isEnabled()
    with qtbot.waitSignal(heart.variations.idle, timeout=30_000):
        heart.generate()
    heart.view.set(preview=1)
    first = line.text.text()
    assert "PASS" in first
    line.after.click()
    assert heart.view.look.preview == 2
    assert line.text.text() != first


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


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_that_bullseye_figures_and_words_need_no_scrolling(heart, qtbot, size):
    settled(heart, qtbot, size)
    heart.activateWindow()
    for widget in (heart.panel.bullseye, heart.panel.scar.figures, heart.panel.caption):
        assert shown(widget), widget.objectName()


def test_that_dock_titles_grow_with_the_text(heart, qtbot):
    settled(heart, qtbot, (1920, 1080))
    low = heart.docks[1].titleBarWidget().sizeHint().height()
    settled(heart, qtbot, (1920, 1080), 1.4)
    assert heart.docks[1].titleBarWidget().sizeHint().height() > 1.2 * low


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
