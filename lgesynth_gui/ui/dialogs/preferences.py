"""Preferences: all of them live, none of them needs an OK."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.preferences import LIMIT, MOUSE_PRESETS, PERCENT, STEP, PreferenceStore
from lgesynth_gui.ui.dialogs.key_page import KeyPage, keys_of
from lgesynth_gui.ui.keymap import Keymap, live
from lgesynth_gui.ui.labels import plain_label, plain_tip

THEMES = (("dark", "Dark"), ("light", "Light"), ("system", "As the desktop"))
DEVICES = (
    ("auto", "Automatic"),
    ("cpu", "Processor"),
    ("cuda", "NVIDIA graphics card"),
    ("mps", "Apple graphics"),
)
WIDE, HIGH = 62, 30  # digits and lines


class PreferencesDialog(QDialog):
    """Two pages: what is seen and done, and the keys."""

    def __init__(self, store: PreferenceStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences")
        self.setWindowTitle("Preferences")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._store = store
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Pages of the preferences")
        self.tabs.setToolTip("General, or the keys")
        self.tabs.addTab(self._general(), "General")
        self.keys = KeyPage(live())
        self.keys.changed.connect(self._on_keys)
        self.tabs.addTab(self.keys, "Keys")
        self.close_button = QPushButton("Close")
        self.close_button.setToolTip("Close; everything is kept already (Esc)")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.accept)
        self.reset = QPushButton("Reset to defaults")
        self.reset.setToolTip("Everything on the first page as in a new installation; keys stay")
        self.reset.setAutoDefault(False)
        self.reset.clicked.connect(lambda _=False: store.reset())
        row = QHBoxLayout()
        row.addWidget(self.reset)
        row.addStretch(1)
        row.addWidget(self.close_button)
        column = QVBoxLayout(self)
        column.addWidget(self.tabs, 1)
        column.addLayout(row)
        store.changed.connect(self.refresh)
        self.refresh()
        metrics, screen = self.fontMetrics(), self.screen().availableGeometry()
        wide, high = metrics.horizontalAdvance("0" * WIDE), HIGH * metrics.height()
        self.resize(min(wide, screen.width() - 40), min(high, screen.height() - 60))

    def _general(self) -> QScrollArea:
        store = self._store
        self.theme = self._choice("Theme", "Colours of the window", THEMES, "theme")
        self.percent = QSpinBox(
            minimum=PERCENT[0], maximum=PERCENT[1], singleStep=STEP, suffix=" %"
        )
        self.percent.setAccessibleName("Text size")
        self.percent.setToolTip("Size of all text and controls, 80 to 200 %")
        self.percent.valueChanged.connect(
            lambda value: store.set(percent=round(value / STEP) * STEP)
        )
        presets = [(name, name) for name in MOUSE_PRESETS]
        self.mouse = self._choice(
            "Mouse", "The viewer your hands are used to; an approximation", presets, "mouse"
        )
        self.limit = QDoubleSpinBox(minimum=LIMIT[0], maximum=LIMIT[1], singleStep=0.05, decimals=2)
        self.limit.setAccessibleName("Dice limit")
        self.limit.setToolTip("Limit of the gate for the next Generate; 0.60 is usual")
        self.limit.valueChanged.connect(lambda value: store.set(dice_limit=round(value, 2)))
        self.device = self._choice("Compute on", "For what is generated next", DEVICES, "device")
        self.still = self._tick("Nothing moves by itself", "No animation, no moving bars", "still")
        self.autosave = self._tick(
            "Save a copy for after a crash", "Unsaved work comes back after a crash", "autosave"
        )
        for number in (self.percent, self.limit):
            number.setMinimumHeight(self.theme.sizeHint().height())
        page = QWidget()
        page.setProperty("surface", "panel")
        form = QFormLayout(page)
        form.setContentsMargins(16, 14, 16, 14)
        form.setVerticalSpacing(10)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        for name, box in (
            ("Theme", self.theme),
            ("Text size", self.percent),
            ("Mouse", self.mouse),
            ("Dice limit", self.limit),
            ("Compute on", self.device),
        ):
            label = plain_label(name)
            label.setBuddy(box)
            form.addRow(label, box)
        form.addRow(self.still)
        form.addRow(self.autosave)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        return area

    def _choice(
        self, name: str, tip: str, rows: list[tuple[str, str]] | tuple[tuple[str, str], ...],
        field: str,
    ) -> QComboBox:  # fmt: skip
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(plain_tip(tip))
        for value, text in rows:
            box.addItem(text, value)
        box.currentIndexChanged.connect(lambda i: self._store.set(**{field: box.itemData(i)}))
        return box

    def _tick(self, text: str, tip: str, field: str) -> QCheckBox:
        box = QCheckBox(text)
        box.setToolTip(plain_tip(tip))
        box.toggled.connect(lambda on: self._store.set(**{field: on}))
        return box

    def refresh(self, _: object = None) -> None:
        """Show what is set now."""
        now = self._store.now
        for box, value in ((self.theme, now.theme), (self.mouse, now.mouse),
                           (self.device, now.device)):  # fmt: skip
            with QSignalBlocker(box):
                box.setCurrentIndex(box.findData(value))
        for number, amount in ((self.percent, now.percent), (self.limit, now.dice_limit)):
            with QSignalBlocker(number):
                number.setValue(amount)  # type: ignore[arg-type]
        for tick, on in ((self.still, now.still), (self.autosave, now.autosave)):
            with QSignalBlocker(tick):
                tick.setChecked(on)

    def _on_keys(self, keymap: Keymap) -> None:
        self._store.set(keys=keys_of(keymap))
