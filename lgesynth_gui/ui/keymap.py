"""The keys as they are now: the table of `ui.keys` with what the user changed.

Like the palette there is one for the whole program. `use` puts another one in force; `key_of` and
`worded` are how texts name a key, so that they follow it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from lgesynth_gui.ui.keys import GROUPS, KEYS, Key

FIRST_DIGIT = 10 if sys.platform.startswith("linux") else 2  # scan code of the key "1"
DIGIT_KEYS = {FIRST_DIGIT + i: str(i + 1) for i in range(9)} | {FIRST_DIGIT + 9: "0"}
RESERVED = {
    "Q": "held down it shows the original",
    "Space": "held down it pans",
    "Tab": "it goes to the next control",
    "Shift+Tab": "it goes to the control before",
}
_NAMES = {
    Qt.Key.Key_Return: "Return",
    Qt.Key.Key_Enter: "Enter",
    Qt.Key.Key_Backspace: "Backspace",
    Qt.Key.Key_Escape: "Esc",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Insert: "Insert",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_PageUp: "PgUp",
    Qt.Key.Key_PageDown: "PgDown",
    Qt.Key.Key_Space: "Space",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Backtab: "Tab",
}
_SHIFTABLE = frozenset(_NAMES.values()) - {"Return", "Enter"}
_MODIFIERS = frozenset(
    (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Meta)
)
_HELD = (
    (Qt.KeyboardModifier.ControlModifier, "Ctrl"),
    (Qt.KeyboardModifier.AltModifier, "Alt"),
    (Qt.KeyboardModifier.MetaModifier, "Meta"),
)
PLACES = {k.action: k.where for k in KEYS}
ACTIONS = tuple(PLACES)
_PLACE = re.compile(r"\{([a-z_0-9]+)\}")


def _digit(event: QKeyEvent) -> str:
    """The digit printed on a key, whatever the layout puts there without Shift (AZERTY)."""
    if event.text().isdigit() or event.modifiers() & Qt.KeyboardModifier.KeypadModifier:
        return event.text()
    return DIGIT_KEYS.get(event.nativeScanCode(), "")


def name_of(event: QKeyEvent) -> str:
    """What the table calls a key press: "R", "Shift+X", "?", "Ctrl+E"; "" for a lone modifier."""
    key = Qt.Key(event.key()) if event.key() else Qt.Key.Key_unknown
    if key in _MODIFIERS:
        return ""
    held = event.modifiers()
    shifted = bool(held & Qt.KeyboardModifier.ShiftModifier)
    front = [name for modifier, name in _HELD if held & modifier]
    if key in _NAMES:
        name = _NAMES[key]
        keeps = front or name in _SHIFTABLE
        return "+".join([*front, *(["Shift"] if shifted and keeps else []), name])
    if front or Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35:
        plain = QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)
        return "+".join([*front, *(["Shift"] if shifted else []), plain]) if plain else ""
    if Qt.Key.Key_A <= key <= Qt.Key.Key_Z:
        return ("Shift+" if shifted else "") + chr(key)
    if event.text() and event.text() in "?.+-%":
        return event.text()
    return _digit(event) or event.text().strip()


def is_chord(name: str) -> bool:
    """Whether a key works while one types, as a shortcut: with Ctrl or Alt, or a function key."""
    parts = name.split("+")
    return bool({"Ctrl", "Alt", "Meta"} & set(parts)) or bool(re.fullmatch(r"F\d+", parts[-1]))


def sequence(name: str) -> QKeySequence:
    """A chord as Qt reads it; Qt has shorter names for two keys."""
    return QKeySequence(name.replace("Delete", "Del").replace("Insert", "Ins"))


def twins(name: str) -> tuple[str, ...]:
    """Return and Enter of the number pad are one key to people."""
    for one, other in (("Return", "Enter"), ("Enter", "Return")):
        head, _, last = name.rpartition("+")
        if last == one and not head.endswith("+"):
            return name, f"{head}+{other}" if head else other
    return (name,)


@dataclass(frozen=True)
class Keymap:
    """The table of keys with changes.

    Args:
        changes: Action to its keys; () leaves it without one. Unknown actions are kept.
    """

    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def keys_of(self, action: str) -> tuple[str, ...]:
        """The keys of an action, the one that is shown first in front."""
        if action in self.changes:
            return tuple(self.changes[action])
        return tuple(k.keys for k in KEYS if k.action == action)

    def shown(self, action: str) -> str:
        """Its keys in words, "" without one; Enter stands for Return, too."""
        several = [k for k in self.keys_of(action) if "Return" not in k]
        return " or ".join(several)

    def first(self, action: str) -> str:
        """The one key that texts name, "" without one."""
        return self.shown(action).split(" or ")[0]

    def groups(self) -> tuple[tuple[str, tuple[Key, ...]], ...]:
        """The table by groups as it is now; an action without a key has an empty one."""
        return tuple((title, tuple(self._rows(keys))) for title, keys in GROUPS)

    def _rows(self, keys: Iterable[Key]) -> Iterable[Key]:
        for one in dict.fromkeys(k.action for k in keys):
            template = next(k for k in keys if k.action == one)
            for name in self.keys_of(one) or ("",):
                yield replace(template, keys=name, chord=is_chord(name))

    def action_of(self, name: str, where: str = "") -> str:
        """The action of a key, or ""; one that is only there `where` goes before the others."""
        for place in dict.fromkeys((where, "")):
            for action in ACTIONS:
                if name and PLACES[action] == place and name in self.keys_of(action):
                    return action
        return ""

    def refusal(self, action: str, name: str) -> str:
        """Why a key cannot be given to an action, or "" (one of another place has them free)."""
        if name not in RESERVED or PLACES.get(action):
            return ""
        return f"{name} is taken: {RESERVED[name]}."

    def with_key(self, action: str, name: str) -> Keymap:
        """`action` on `name` alone; whoever had it goes without it."""
        wanted = twins(name) if name else ()
        changes = dict(self.changes)
        for other in ACTIONS:
            kept = tuple(k for k in self.keys_of(other) if k not in wanted)
            same = PLACES[other] == PLACES[action]
            if other != action and same and kept != self.keys_of(other):
                changes[other] = kept
        changes[action] = wanted
        return Keymap(changes)._plain()

    def without(self, action: str) -> Keymap:
        """`action` on its first keys again; whoever took them goes without."""
        usual = Keymap().keys_of(action)
        changes = {k: v for k, v in self.changes.items() if k != action}
        for other, several in changes.items():
            if PLACES.get(other) == PLACES[action]:
                changes[other] = tuple(k for k in several if k not in usual)
        return Keymap(changes)._plain()

    def conflicts(self) -> dict[str, tuple[str, ...]]:
        """Keys that more than one action has at the same place, with these actions."""
        found: dict[tuple[str, str], list[str]] = {}
        for action in ACTIONS:
            for name in self.keys_of(action):
                found.setdefault((name, PLACES[action]), []).append(action)
        return {name: tuple(several) for (name, _), several in found.items() if len(several) > 1}

    def _plain(self) -> Keymap:
        """Without changes that change nothing."""
        usual = Keymap()
        return Keymap({a: k for a, k in self.changes.items() if k != usual.keys_of(a)})


_live = Keymap()


def use(keymap: Keymap) -> None:
    """Put a map in force for every text and key press from now on."""
    global _live
    _live = keymap


def live() -> Keymap:
    """The map in force."""
    return _live


def key_of(action: str) -> str:
    """The key a text names for an action now, "" without one."""
    return _live.first(action)


def worded(text: str) -> str:
    """`text` with each `{action}` replaced by its key; "–" without one.

    A bracketed key that an action does not have goes with its brackets.
    """

    def name(found: re.Match[str]) -> str:
        action = found.group(1)
        return key_of(action) or "–" if action in PLACES else found.group(0)

    return _PLACE.sub(name, text).replace(" (–)", "")


def action_for(event: QKeyEvent, where: str = "") -> str:
    """The action of a single key, or ""; chords are shortcuts and answer for themselves.

    Args:
        event: A key press.
        where: The place whose own keys go before those of the whole window, as in `Key.where`.
    """
    name = name_of(event)
    return "" if is_chord(name) else _live.action_of(name, where)
