"""The strip of the start page: which hands, which text size, and the tour."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QPushButton, QWidget

from lgesynth_gui.app.preferences import MOUSE_PRESETS, PERCENT, STEP, PreferenceStore
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.labels import plain_label, plain_tip

QUESTION = "Which viewer are your hands used to?"


class HandsStrip(QWidget):
    """Mouse preset, A− and A+, tour; nothing here has to be answered."""

    tour_wanted = Signal()

    def __init__(self, store: PreferenceStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("handsStrip")
        self._store = store
        self.mouse = QComboBox()
        self.mouse.setObjectName("hands")
        self.mouse.setAccessibleName(QUESTION)
        self.mouse.setToolTip("The mouse does about what it does there; Preferences change it")
        self.mouse.addItems(MOUSE_PRESETS)
        self.mouse.currentTextChanged.connect(lambda name: store.set(mouse=name))
        self.smaller = self._button("A−", "Smaller text", "smaller", -STEP)
        self.larger = self._button("A+", "Larger text", "bigger", STEP)
        self.tour = QPushButton("2-minute tour")
        self.tour.setObjectName("startTour")
        self.tour.setToolTip(worded("Seven notes beside the real controls ({tour})"))
        self.tour.clicked.connect(self.tour_wanted)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.addStretch(1)
        for widgets in (
            (plain_label(QUESTION, role="muted"), self.mouse),
            (plain_label("Text", role="muted"), self.smaller, self.larger, self.tour),
        ):
            row = QHBoxLayout()
            row.addStretch(1)
            for widget in widgets:
                row.addWidget(widget)
            row.addStretch(1)
            self._halves.addLayout(row)
        self._halves.addStretch(1)
        store.changed.connect(self.refresh)
        self.refresh()

    def _button(self, text: str, name: str, action: str, by: int) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        button.setToolTip(plain_tip(worded(f"{name} ({{{action}}})")))
        button.clicked.connect(lambda _=False: self._resize(by))
        return button

    def _resize(self, by: int) -> None:
        low, high = PERCENT
        self._store.set(percent=min(high, max(low, self._store.now.percent + by)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One line, or two where there is no room for one."""
        super().resizeEvent(event)
        wide = sum(
            w.sizeHint().width() + 12 for w in self.findChildren(QWidget) if w.parent() is self
        )
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(across if wide <= self.width() else down)

    def minimumSizeHint(self) -> QSize:
        """As wide as the question and its answer."""
        first = self._halves.itemAt(1)
        wide = first.minimumSize().width() if first is not None else 0
        return QSize(wide, super().minimumSizeHint().height())

    def refresh(self, _: object = None) -> None:
        """Show what is set now."""
        now = self._store.now
        with QSignalBlocker(self.mouse):
            self.mouse.setCurrentText(now.mouse)
        self.smaller.setEnabled(now.percent > PERCENT[0])
        self.larger.setEnabled(now.percent < PERCENT[1])
