"""The page of the preferences on which keys are changed; a conflict is said before it is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.preferences import Keys, keys_from_json, keys_to_json
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.ui.keymap import ACTIONS, Keymap, is_chord, name_of, twins
from lgesynth_gui.ui.keys import KEYS
from lgesynth_gui.ui.labels import plain_label, plain_tip

LARGEST_FILE = 1 << 18
FILTER = "Keys of LGESynth (*.json)"
LEAVES = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
TEXTS = {k.action: k.text for k in reversed(KEYS)}


class KeyField(QLineEdit):
    """Shows the key that is pressed in it; Tab still leaves."""

    pressed = Signal(str)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Every key but Tab is taken for what is wanted."""
        if event.key() in LEAVES:
            super().keyPressEvent(event)
        elif name := name_of(event):
            self.setText(name)
            self.pressed.emit(name)
            event.accept()


class KeyPage(QWidget):
    """Actions with their keys; below, the field that takes a new one."""

    changed = Signal(object)  # Keymap

    def __init__(self, keymap: Keymap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keymap = keymap
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Find an action or a key")
        self.filter.setAccessibleName("Find an action or a key")
        self.filter.setToolTip("Only the lines that hold these letters are listed.")
        self.filter.textChanged.connect(lambda _: self._filter())
        self.list = QTreeWidget()
        self.list.setAccessibleName("Actions and keys")
        self.list.setToolTip("Choose an action, then press its new key in the field below.")
        self.list.setColumnCount(2)
        self.list.setHeaderLabels(["Action", "Keys"])
        self.list.setUniformRowHeights(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.currentItemChanged.connect(lambda *_: self._on_chosen())
        self.field = KeyField()
        self.field.setPlaceholderText("Press the new key here")
        self.field.setAccessibleName("New key")
        self.field.setToolTip("Press the key, or the keys together, that shall do the action.")
        self.field.pressed.connect(lambda _: self._tell())
        self.take = self._button("Assign", "Give the pressed key to the chosen action", self.assign)
        self.none = self._button("No key", "The chosen action goes without a key", self.clear)
        self.usual = self._button(
            "Usual key", "The chosen action gets its first keys back", self.usual_key
        )
        self.words = plain_label(role="muted")
        self.words.setObjectName("keyWords")
        self.words.setWordWrap(True)
        self.all = self._button("All usual keys", "Every action as at first", self.reset)
        self.load = self._button("Import…", "Read a map of keys from a file", self.pick_import)
        self.save = self._button("Export…", "Write this map of keys to a file", self.pick_export)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.filter)
        column.addWidget(self.list, 1)
        for widgets in (
            (self.field, self.take, self.none, self.usual),
            (self.all, self.load, self.save),
        ):
            row = QHBoxLayout()
            for widget in widgets:
                row.addWidget(widget, 3 if widget is self.field else 1)
            column.addLayout(row)
            if self.field in widgets:
                column.addWidget(self.words)
        self.refresh()

    def _button(self, text: str, tip: str, does: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(plain_tip(tip))
        button.setAutoDefault(False)
        button.clicked.connect(lambda _=False: does())
        return button

    # -- showing

    def refresh(self) -> None:
        """List the keys as they are now; the chosen action stays chosen."""
        chosen = self.chosen()
        self.list.clear()
        clashes = {action for several in self.keymap.conflicts().values() for action in several}
        for title, keys in self.keymap.groups():
            group = QTreeWidgetItem([title, ""])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for action in dict.fromkeys(k.action for k in keys):
                shown = self.keymap.shown(action) or "–"
                mark = " !" if action in clashes else ""
                mark += " *" if action in self.keymap.changes else ""
                item = QTreeWidgetItem([TEXTS[action], shown + mark])
                item.setData(0, Qt.ItemDataRole.UserRole, action)
                group.addChild(item)
            self.list.addTopLevelItem(group)
        self.list.expandAll()
        self._filter()
        self.choose(chosen or ACTIONS[0])

    def _items(self) -> list[QTreeWidgetItem]:
        groups = [self.list.topLevelItem(i) for i in range(self.list.topLevelItemCount())]
        every = [g.child(i) for g in groups if g is not None for i in range(g.childCount())]
        return [one for one in every if one is not None]

    def chosen(self) -> str:
        """The chosen action, or ""."""
        item = self.list.currentItem()
        found = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, str) else ""

    def choose(self, action: str) -> None:
        """Choose an action."""
        for item in self._items():
            if item.data(0, Qt.ItemDataRole.UserRole) == action:
                self.list.setCurrentItem(item)

    def _filter(self) -> None:
        wanted = self.filter.text().casefold()
        for item in self._items():
            item.setHidden(wanted not in f"{item.text(0)} {item.text(1)}".casefold())

    def _on_chosen(self) -> None:
        self.field.clear()
        self._tell()

    def _tell(self) -> None:
        action, name = self.chosen(), self.field.text()
        for button in (self.none, self.usual):
            button.setEnabled(bool(action))
        refusal = self.keymap.refusal(action, name)
        self.take.setEnabled(bool(action and name and not refusal))
        self.take.setText("Assign")
        if not action or not name:
            words = "* changed · ! two actions share the key" if not name else ""
        elif refusal:
            words = refusal
        else:
            words = self._conflict(action, name) or f"{name} is free."
            if words.endswith("without it."):
                self.take.setText("Take over")
        self.words.setText(words)

    def _conflict(self, action: str, name: str) -> str:
        after = self.keymap.with_key(action, name)
        losing = [
            other
            for other in ACTIONS
            if other != action and set(self.keymap.keys_of(other)) - set(after.keys_of(other))
        ]
        if not losing:
            same = set(twins(name)) & set(self.keymap.keys_of(action))
            return f"{name} does that already." if same else ""
        texts = ", ".join(f"“{TEXTS[other]}”" for other in losing)
        return f"{name} belongs to {texts}, which would go without it."

    # -- changing

    def _put(self, keymap: Keymap) -> None:
        self.keymap = keymap
        self.refresh()
        self.field.clear()
        self.changed.emit(keymap)

    def assign(self) -> None:
        """Give the pressed key to the chosen action."""
        action, name = self.chosen(), self.field.text()
        if action and name and not self.keymap.refusal(action, name):
            self._put(self.keymap.with_key(action, name))

    def clear(self) -> None:
        """Leave the chosen action without a key."""
        if action := self.chosen():
            self._put(self.keymap.with_key(action, ""))

    def usual_key(self) -> None:
        """Give the chosen action its first keys back."""
        if action := self.chosen():
            self._put(self.keymap.without(action))

    def reset(self) -> None:
        """Every action as at first."""
        self._put(Keymap())

    def pick_import(self) -> None:
        """Ask for a file and take its keys."""
        self._pick("Import keys", QFileDialog.AcceptMode.AcceptOpen, self.import_from)

    def pick_export(self) -> None:
        """Ask where to write the keys."""
        self._pick("Export keys", QFileDialog.AcceptMode.AcceptSave, self.export_to)

    def _pick(
        self, title: str, mode: QFileDialog.AcceptMode, chosen: Callable[[Path], object]
    ) -> None:
        picker = QFileDialog(self, title)
        picker.setAcceptMode(mode)
        picker.setNameFilter(FILTER)
        picker.setDefaultSuffix("json")
        picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        picker.fileSelected.connect(lambda name: chosen(Path(name)))
        picker.open()

    def import_from(self, path: Path) -> None:
        """Take the keys of a file; two actions on one key are refused by name."""
        try:
            with path.open("rb") as file:
                fresh = keymap_of(keys_from_json(json.loads(file.read(LARGEST_FILE))))
        except (OSError, ValueError, RecursionError):
            self.words.setText("This file holds no map of keys. Nothing was changed.")
            return
        if clash := next(iter(fresh.conflicts().items()), None):
            texts = " and ".join(f"“{TEXTS[a]}”" for a in clash[1])
            self.words.setText(f"{clash[0]} stands for {texts} there. Nothing was changed.")
            return
        self._put(fresh)
        self.words.setText("The keys were imported.")

    def export_to(self, path: Path) -> None:
        """Write the changed keys to a file."""
        try:
            write_json(path, keys_to_json(keys_of(self.keymap)))
        except LgeSynthError as error:
            self.words.setText(str(error))
            return
        self.words.setText("The keys were exported.")


def keymap_of(keys: Keys) -> Keymap:
    """The map of the changes that preferences hold.

    Raises:
        ValueError: a key that is reserved.
    """
    for action, several in keys:
        if any(Keymap().refusal(action, name) or not is_known(name) for name in several):
            raise ValueError("keys")
    return Keymap(dict(keys))


def keys_of(keymap: Keymap) -> Keys:
    """The changes as preferences hold them."""
    return tuple(sorted((action, tuple(several)) for action, several in keymap.changes.items()))


def is_known(name: str) -> bool:
    """Whether a text can be a key at all: one character or a name, after its modifiers."""
    return bool(name.strip()) and (is_chord(name) or len(name) == 1 or name.isprintable())
