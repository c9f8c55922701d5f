"""The row above the images: how they are compared, which side is which, whether zoom is linked."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QToolButton, QWidget

from lgesynth_gui.app.compare import MODES, TOO_NARROW, effective
from lgesynth_gui.app.look import View
from lgesynth_gui.ui.icons import tool_icon
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.theme import ThemeName

SHORT = {"side": "Side", "slider": "Slide", "flicker": "Flick", "difference": "Diff"}
NO_RESULT = "Nothing to compare yet: generate first"


class CompareBar(QWidget):
    """Shows the look and asks it for changes."""

    def __init__(self, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareBar")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._view = view
        self._single, self._result = False, False
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 4, 1)
        row.setSpacing(2)
        self.modes: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        for name, text, tip in MODES:
            button = self._button(text)
            button.setObjectName(f"compare_{name}")
            button.setCheckable(True)
            button.setProperty("tip", tip)
            button.clicked.connect(lambda _, name=name: view.set(compare=name))
            group.addButton(button)
            self.modes[name] = button
            row.addWidget(button)
        row.addStretch(1)
        self.blink = QCheckBox("Automatic")
        self.blink.setObjectName("compareBlink")
        self.blink.setToolTip("Change between original and synthetic every half second")
        self.blink.toggled.connect(lambda on: view.set(blink=on))
        self.link = self._button("Zoom linked")
        self.link.setObjectName("linkZoom")
        self.link.setCheckable(True)
        self.link.clicked.connect(self._on_link)
        self.swap = self._button("Swap sides")
        self.swap.setObjectName("swapSides")
        self.swap.clicked.connect(lambda _: view.set(swapped=not view.look.swapped))
        for widget in (self.blink, self.link, self.swap):
            row.addWidget(widget)
        self.set_theme("dark")
        view.changed.connect(self._on_look)
        self.refresh()

    def _button(self, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setAccessibleName(text)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def set_theme(self, name: ThemeName) -> None:
        """Icons in the colours of a theme."""
        self.link.setIcon(tool_icon("link.svg", name))
        self.swap.setIcon(tool_icon("swap.svg", name))

    def show_state(self, *, single: bool, result: bool) -> None:
        """Whether there is room for one pane only, and whether there is something to compare."""
        if (single, result) != (self._single, self._result):
            self._single, self._result = single, result
            self.refresh()

    def _on_link(self) -> None:
        look = self._view.look
        self._view.set(own_zoom=None if look.own_zoom is not None else look.zoom)

    def _on_look(self, names: frozenset[str]) -> None:
        if names & {"compare", "swapped", "blink", "own_zoom"}:
            self.refresh()

    def refresh(self) -> None:
        """Show the look as it is now."""
        look = self._view.look
        shown = effective(look.compare, single=self._single)
        for name, button in self.modes.items():
            narrow = self._single and name == "side"
            button.setChecked(name == shown)
            button.setEnabled(self._result and not narrow)
            why = TOO_NARROW if narrow else "" if self._result else NO_RESULT
            button.setToolTip(
                plain_tip(why or worded(f"{button.property('tip')} ({{compare}} cycles)"))
            )
        with QSignalBlocker(self.blink):
            self.blink.setChecked(look.blink)
        self.blink.setVisible(shown == "flicker" and self._result)
        beside = shown in ("side", "difference") and not self._single
        self.link.setVisible(beside)
        self.link.setChecked(look.own_zoom is None)
        linked = "Zoom linked" if look.own_zoom is None else "Zoom not linked"
        self.link.setAccessibleName(linked)
        self.link.setToolTip(plain_tip(f"{linked}: slice, place and window/level always are"))
        self.swap.setVisible(beside or shown == "slider")
        self.swap.setToolTip(worded("Swap sides ({swap})"))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Short words where the long ones have no room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        side = round(1.15 * self.fontMetrics().height())
        for button in (self.link, self.swap):
            button.setIconSize(QSize(side, side))
        wide = self.fontMetrics().horizontalAdvance("".join(text for _, text, _ in MODES))
        roomy = wide + 15 * self.fontMetrics().horizontalAdvance("0") + 120 < self.width()
        for name, text, _ in MODES:
            self.modes[name].setText(text if roomy else SHORT[name])
