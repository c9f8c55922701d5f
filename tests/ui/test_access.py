"""Every control of every window has a name, a tooltip and a place in the tab order."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QColor, Qt, QTextDocumentFragment
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from lgesynth_gui.app import engine_checks
from lgesynth_gui.app import self_checks as checks
from lgesynth_gui.app.services import SeriesRow
from tests.ui import hearts
from tests.ui.colours import distance

CONTROLS = (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QAbstractItemView,
    QAbstractSlider,
)
mightBeRichText = Qt.mightBeRichText  # noqa: N816 - Qt's; QtGui adds it to the name space
DIALOGS = ("palette", "preferences", "keys", "help", "about", "doctor", "diagnostics")


def is_own(widget):
    """Not a part that Qt makes inside a control of its own."""
    parent = widget.parentWidget()
    inside = (QAbstractSpinBox, QComboBox, QTabBar, QDialogButtonBox, QAbstractItemView)
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return False
    while parent is not None:
        if isinstance(parent, inside) or parent.objectName().startswith("qt_"):
            return False
        if isinstance(parent, QMessageBox):
            return False
        parent = parent.parentWidget()
    return True


def controls(window):
    return [w for w in window.findChildren(QWidget) if isinstance(w, CONTROLS) and is_own(w)]


def faults(window):
    """What is missing, as (what, class, object name, text)."""
    found = []
    for one in controls(window):
        text = one.text() if isinstance(one, (QAbstractButton, QLineEdit)) else ""
        tag = (type(one).__name__, one.objectName(), text)
        spoken = one.accessibleName() or (
            text.strip() if isinstance(one, QAbstractButton) and any(map(str.isalnum, text)) else ""
        )
        if not spoken:
            found.append(("no name", *tag))
        if not one.toolTip():
            found.append(("no tooltip", *tag))
        if not one.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(("no tab place", *tag))
    return found


def chain(window):
    """Widgets in the order Tab goes."""
    seen, one = [], window.nextInFocusChain()
    while one is not None and one is not window and len(seen) < 5000:
        seen.append(one)
        one = one.nextInFocusChain()
    return seen


def unreached(window):
    """Controls that Tab never comes to in the window or popup they are in."""
    chains = {w: set(chain(w)) for w in {c.window() for c in controls(window)}}
    return [c for c in controls(window) if c not in chains[c.window()]]


@pytest.fixture
def quick(monkeypatch):
    """A self-test that is over at once."""

    def at_once(*_):
        yield None
        return checks.Check("asked", True, "answered")

    for name in ("device_job", "speed_job", "judge_job"):
        monkeypatch.setattr(engine_checks, name, at_once)
    monkeypatch.setattr(checks, "model_checks", lambda: (checks.Check("model", True, "fine"),))


def opened(window, name):
    window._actions[name].trigger()
    dialogs = [d for d in window.findChildren(QDialog) if d.isVisible()]
    return dialogs[-1]


def test_that_every_control_of_the_window_can_be_named_explained_and_reached(heart):
    assert faults(heart) == []
    assert unreached(heart) == []


@pytest.mark.parametrize("name", DIALOGS)
def test_that_every_control_of_a_dialog_can_be_named_explained_and_reached(window, quick, name):
    dialog = opened(window, name)
    assert faults(dialog) == []
    assert unreached(dialog) == []
    dialog.reject()


def test_that_the_export_dialog_can_be_named_explained_and_reached(heart, qtbot):
    with qtbot.waitSignal(heart.variations.idle, timeout=30_000):
        heart.generate()
    heart._confirm()
    dialog = opened(heart, "export")
    assert faults(dialog) == []
    dialog.reject()


def test_that_a_window_without_a_name_would_be_found(qapp, qtbot):
    from PySide6.QtWidgets import QPushButton, QVBoxLayout

    bare = QWidget()
    qtbot.addWidget(bare)
    button = QPushButton("⚙")
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    QVBoxLayout(bare).addWidget(button)
    assert [fault[0] for fault in faults(bare)] == ["no name", "no tooltip", "no tab place"]


def test_that_tab_goes_through_the_general_page_as_one_reads(window):
    dialog = opened(window, "preferences")
    order = [w for w in chain(dialog) if w in (
        dialog.theme, dialog.percent, dialog.mouse, dialog.limit, dialog.device, dialog.still,
        dialog.autosave, dialog.reset, dialog.close_button)]  # fmt: skip
    assert order == [
        dialog.theme, dialog.percent, dialog.mouse, dialog.limit, dialog.device, dialog.still,
        dialog.autosave, dialog.reset, dialog.close_button]  # fmt: skip
    dialog.reject()


def test_that_what_has_the_focus_has_a_ring(window):
    dialog = opened(window, "preferences")
    dialog.activateWindow()
    dialog.mouse.setFocus()
    QApplication.processEvents()
    ring = window.shell.focus_ring.ring
    assert ring is not None
    assert ring.isVisible()
    assert ring.size() == dialog.mouse.size()
    dialog.close_button.setFocus()  # a button has its own
    QApplication.processEvents()
    assert window.shell.focus_ring.ring is None
    dialog.reject()


RED = '<table bgcolor="#ff0000"><tr><td><b>&nbsp;Anna&nbsp;</b></td></tr></table>'
HOSTILE = f"{RED}<img src='x.png'><h1>Anna</h1>"


def red_pixels(widget):
    """How many pixels are as red as the marked-up text would be."""
    image = widget.grab().toImage()
    red = QColor("#ff0000")
    return sum(
        distance(image.pixelColor(x, y), red) < 8
        for x in range(0, image.width(), 3)
        for y in range(0, image.height(), 3)
        if image.pixelColor(x, y).red() > 230 and image.pixelColor(x, y).green() < 40
    )


def tips(window):
    """Every tooltip of a window, of its lists, too."""
    for widget in window.findChildren(QWidget):
        if widget.toolTip():
            yield widget.toolTip()
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            model = widget.model()
            for row in range(min(model.rowCount(), 20)):
                tip = model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole)
                if tip:
                    yield tip


def test_that_a_label_that_reads_marks_would_be_red(qapp, qtbot):
    label = QLabel(HOSTILE)  # what `plain_label` is there to prevent
    qtbot.addWidget(label)
    label.show()
    assert red_pixels(label) > 20


def test_that_names_from_files_are_never_read_as_marks(windows, qtbot, quick, tmp_path):
    made = hearts.services()
    rows = [SeriesRow(f"{HOSTILE} {i}", f"reason {HOSTILE}", score=float(i)) for i in range(3)]

    def find(path):
        yield None
        return tuple(rows)

    def load(info, phase=0):
        yield None
        host = replace(hearts.series(), label=HOSTILE, notes=(f"note {HOSTILE}",))
        return host, hearts.contours(accepted=False)

    window = windows(hearts.FakeEngine(), replace(made, find=find, load=load))
    window.start.tell(f"It cannot be read: {HOSTILE}")
    assert red_pixels(window) == 0
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        window.open_path(tmp_path)
    window.status.say(HOSTILE)
    window.session.edit("sketch", hearts.requested_sketch(), HOSTILE)
    assert red_pixels(window) == 0
    for name in ("palette", "about", "diagnostics", "doctor"):
        dialog = opened(window, name)
        assert red_pixels(dialog) == 0, name
        dialog.reject()
    for tip in tips(window):
        if "Anna" in tip and mightBeRichText(tip):
            assert "<h1>" in QTextDocumentFragment.fromHtml(tip).toPlainText(), tip
    for label in window.findChildren(QLabel):
        if "Anna" in label.text():
            assert label.textFormat() is Qt.TextFormat.PlainText, label.objectName()
    assert "Anna" not in window.windowTitle()
