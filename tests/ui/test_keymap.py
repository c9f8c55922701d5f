import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from lgesynth_gui.ui import keymap
from lgesynth_gui.ui.keymap import ACTIONS, Keymap, action_for, is_chord, name_of, twins, worded
from lgesynth_gui.ui.keys import KEYS, Key

NONE, SHIFT, CTRL, ALT, PAD = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.KeypadModifier,
)


@pytest.fixture(autouse=True)
def usual_keys():
    keymap.use(Keymap())
    yield
    keymap.use(Keymap())


def press(key, held=NONE, text=""):
    return QKeyEvent(QEvent.Type.KeyPress, key, held, text)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (press(Qt.Key.Key_R, NONE, "r"), "R"),
        (press(Qt.Key.Key_X, SHIFT, "X"), "Shift+X"),
        (press(Qt.Key.Key_Question, SHIFT, "?"), "?"),
        (press(Qt.Key.Key_E, CTRL, "\x05"), "Ctrl+E"),
        (press(Qt.Key.Key_P, CTRL | SHIFT, "\x10"), "Ctrl+Shift+P"),
        (press(Qt.Key.Key_Comma, CTRL, ","), "Ctrl+,"),
        (press(Qt.Key.Key_1, ALT, "1"), "Alt+1"),
        (press(Qt.Key.Key_F6), "F6"),
        (press(Qt.Key.Key_F1, SHIFT), "Shift+F1"),
        (press(Qt.Key.Key_4, PAD, "4"), "4"),
        (press(Qt.Key.Key_PageDown), "PgDown"),
        (press(Qt.Key.Key_Tab, SHIFT), "Shift+Tab"),
        (press(Qt.Key.Key_Return, CTRL), "Ctrl+Return"),
        (press(Qt.Key.Key_BracketLeft, NONE, "["), "["),
        (press(Qt.Key.Key_Shift, SHIFT), ""),
    ],
)
def test_that_a_key_press_has_the_name_of_the_table(event, name):
    assert name_of(event) == name


def test_that_every_chord_of_the_table_is_one_qt_can_read():
    for key in KEYS:
        assert key.chord == is_chord(key.keys), key
        if key.chord:
            assert keymap.sequence(key.keys).count() == 1, key
            assert keymap.sequence(key.keys) != QKeySequence(), key


def test_that_the_usual_keys_have_no_conflict_and_reserve_nothing_twice():
    usual = Keymap()
    assert usual.conflicts() == {}
    assert not [k for k in KEYS if usual.refusal(k.action, k.keys)]


def test_that_a_key_that_is_taken_over_leaves_the_other_action():
    changed = Keymap().with_key("export", "Ctrl+Z")
    assert changed.keys_of("export") == ("Ctrl+Z",)
    assert changed.keys_of("undo") == ()
    assert changed.conflicts() == {}
    again = changed.without("undo")
    assert again.keys_of("undo") == ("Ctrl+Z",)
    assert again.keys_of("export") == ()
    assert again.without("export").changes == {}


def test_that_enter_and_return_stay_together():
    assert twins("Ctrl+Enter") == ("Ctrl+Enter", "Ctrl+Return")
    assert twins("Return") == ("Return", "Enter")
    assert twins("R") == ("R",)
    changed = Keymap().with_key("star", "Enter")
    assert changed.keys_of("star") == ("Enter", "Return")
    assert changed.keys_of("confirm") == ()
    assert changed.shown("star") == "Enter"


def test_that_an_action_may_go_without_a_key():
    keymap.use(Keymap().with_key("star", ""))
    assert worded("Star ({star})") == "Star"
    assert worded("{star} stars") == "– stars"
    assert action_for(press(Qt.Key.Key_Period, NONE, ".")) == ""


def test_that_texts_and_presses_follow_the_keys():
    keymap.use(Keymap().with_key("star", "Shift+K"))
    assert worded("Star ({star}), {nothing}") == "Star (Shift+K), {nothing}"
    assert action_for(press(Qt.Key.Key_K, SHIFT, "K")) == "star"
    keymap.use(Keymap().with_key("star", "Ctrl+K"))
    assert action_for(press(Qt.Key.Key_K, CTRL, "\x0b")) == ""  # a shortcut answers for itself


def test_that_a_place_has_keys_of_its_own(monkeypatch):
    table = (*KEYS, Key("accept", "S", "Accept", where="elsewhere"))
    places = {k.action: k.where for k in table}
    for name, value in (("KEYS", table), ("PLACES", places), ("ACTIONS", tuple(places))):
        monkeypatch.setattr(keymap, name, value)
    event = press(Qt.Key.Key_S, NONE, "s")
    assert action_for(event) == "overlay"
    assert action_for(event, "elsewhere") == "accept"
    assert Keymap().conflicts() == {}
    assert Keymap().with_key("accept", "G").keys_of("tool_fill") == ("G",)


def test_that_every_action_is_listed_with_and_without_a_key():
    bare = Keymap(dict.fromkeys(ACTIONS, ()))
    listed = {k.action for _, keys in bare.groups() for k in keys}
    assert listed == set(ACTIONS)
