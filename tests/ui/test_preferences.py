import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel

from lgesynth_gui.app.preferences import Preferences, PreferenceStore
from lgesynth_gui.ui import keymap
from lgesynth_gui.ui.dialogs.key_page import KeyPage, keymap_of
from lgesynth_gui.ui.keymap import Keymap
from tests.ui import hearts


@pytest.fixture(autouse=True)
def usual():
    yield
    keymap.use(Keymap())


@pytest.fixture
def dialog(window):
    window._actions["preferences"].trigger()
    made = window.findChild(QDialog, "preferences")
    yield made
    made.reject()


def test_that_every_setting_is_live(dialog, window):
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    assert window.theme == "light"
    dialog.mouse.setCurrentText("Horos")
    assert window.view.look.mouse == "Horos"
    dialog.limit.setValue(0.7)
    assert window.session.state.settings.dice_limit == 0.7
    dialog.device.setCurrentIndex(dialog.device.findData("cpu"))
    assert window.variations.device == "cpu"
    dialog.still.click()
    assert not window.isAnimated()
    assert window.status.still
    dialog.autosave.click()
    assert not window.projects.project.autosave.enabled
    dialog.percent.setValue(120)
    assert window.scale == 1.2
    assert QApplication.font().pointSizeF() == 12
    dialog.reset.click()
    assert window.shell.store.now == Preferences()
    assert (window.theme, window.scale, dialog.percent.value()) == ("dark", 1.0, 100)


def test_that_the_file_follows_and_the_next_window_starts_with_it(windows, qtbot):
    window = windows(hearts.FakeEngine(), hearts.services())
    window._actions["bigger"].trigger()
    window._actions["theme"].trigger()
    path = window.shell.store.path
    qtbot.waitUntil(path.exists, timeout=5000)
    qtbot.waitUntil(lambda: not window.shell.store.unsaved, timeout=2000)
    assert json.loads(path.read_bytes())["percent"] == 110
    window._actions["bigger"].trigger()
    window.leave()  # at once: what was not written yet is written now
    assert json.loads(path.read_bytes())["percent"] == 120
    again = windows(hearts.FakeEngine(), hearts.services())
    assert (again.theme, again.scale) == ("light", 1.2)
    assert again.start.palette().window().color().lightness() > 200


def test_that_a_damaged_file_is_said_in_the_window_once(windows, tmp_path):
    store = PreferenceStore()
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(b"{")
    window = windows(hearts.FakeEngine(), hearts.services())
    assert "set aside" in window.status.text.text()


def test_that_a_new_study_gets_the_limit_without_an_undo_step(window, qtbot):
    window.shell.store.set(dice_limit=0.75)
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        window.files.open_sample()
    assert window.session.state.settings.dice_limit == 0.75
    assert not window.session.undo_stack.canUndo()
    window.shell.store.set(dice_limit=0.65)
    assert window.session.undo_stack.canUndo()
    window.session.undo_stack.undo()
    assert window.session.state.settings.dice_limit == 0.75


def test_that_the_start_page_asks_for_the_hands_and_the_text_size(window):
    window.shell.hands.mouse.setCurrentText("3D Slicer")
    assert window.view.look.mouse == "3D Slicer"
    window.shell.hands.larger.click()
    assert window.scale == 1.1
    window.shell.store.set(percent=200)
    assert not window.shell.hands.larger.isEnabled()
    window._actions["keys"].trigger()
    sheet = window.findChild(QDialog, "cheatSheet")
    assert "Shift + left drag" in {label.text() for label in sheet.findChildren(QLabel)}
    sheet.reject()


def test_that_a_changed_key_is_everywhere(window, qtbot):
    window.shell.store.set(keys=(("export", ("Ctrl+M",)), ("tool_fill", ("K",))))
    assert [s.toString() for s in window._actions["export"].shortcuts()] == ["Ctrl+M"]
    assert window._actions["export"].toolTip().endswith("(Ctrl+M)")
    assert window.panel.export.text().endswith("Ctrl+M")
    assert window._actions["tool_fill"].iconText() == "K"
    assert "(K)" in window._actions["tool_fill"].toolTip()
    window.view.set(tool="select")
    qtbot.keyClick(window, Qt.Key.Key_G)
    assert window.view.look.tool == "select"
    qtbot.keyClick(window, Qt.Key.Key_K)
    assert window.view.look.tool == "fill"
    window._actions["keys"].trigger()
    sheet = window.findChild(QDialog, "cheatSheet")
    assert "Ctrl+M" in {label.text() for label in sheet.findChildren(QLabel)}
    sheet.reject()


@pytest.fixture
def page(qapp, qtbot):
    made = KeyPage(Keymap())
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_a_conflict_is_said_before_it_is_made(page, qtbot):
    page.choose("export")
    page.field.setFocus()
    qtbot.keyClick(page.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.field.text() == "Ctrl+Z"
    assert page.words.text() == "Ctrl+Z belongs to “Undo”, which would go without it."
    assert page.take.text() == "Take over"
    assert page.keymap.changes == {}
    with qtbot.waitSignal(page.changed):
        page.take.click()
    assert page.keymap.keys_of("undo") == ()
    page.choose("undo")
    page.usual.click()
    assert page.keymap.keys_of("undo") == ("Ctrl+Z",)
    page.all.click()
    assert page.keymap.changes == {}


def test_that_a_held_key_is_refused_and_tab_leaves_the_field(page, qtbot):
    page.choose("export")
    page.field.setFocus()
    qtbot.keyClick(page.field, Qt.Key.Key_Q)
    assert "held down" in page.words.text()
    assert not page.take.isEnabled()
    qtbot.keyClick(page.field, Qt.Key.Key_Tab)
    assert page.field.text() == "Q"


def test_that_keys_travel_in_a_file(page, tmp_path):
    page._put(Keymap().with_key("export", "Ctrl+M").with_key("star", ""))
    changed = page.keymap
    page.export_to(tmp_path / "keys.json")
    page.reset()
    page.import_from(tmp_path / "keys.json")
    assert page.keymap == changed


@pytest.mark.parametrize(
    "content",
    [b"", b"[1]", b'{"export": "Ctrl+E"}', b'{"export": ["Q"]}', b'{"export": ["Ctrl+Z"]}'],
)
def test_that_a_file_that_cannot_be_used_changes_nothing(page, tmp_path, content):
    path = tmp_path / "keys.json"
    path.write_bytes(content)
    page.import_from(path)
    assert page.keymap == Keymap()
    assert "Nothing was changed" in page.words.text()


def test_that_the_list_can_be_searched(page):
    page.filter.setText("undo")
    assert [i.text(0) for i in page._items() if not i.isHidden()] == ["Undo"]


def test_that_reserved_keys_of_a_file_are_refused():
    with pytest.raises(ValueError, match="keys"):
        keymap_of((("export", ("Space",)),))
