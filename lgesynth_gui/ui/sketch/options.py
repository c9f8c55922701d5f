"""The row above the images: what the current tool can be set to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSlider, QWidget

from lgesynth_gui.app import regions
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.keymap import key_of, worded
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.sketch.tools.brush import LARGEST_MM, SMALLEST_MM

SIZE_TIP = "Diameter of the brush"
SIZE_KEYS = "{brush_smaller} and {brush_larger}, or Shift+wheel on the image"
SLIDER_LETTERS = 11  # width of a slider, in digits
SHOWN_FOR: dict[str, tuple[str, ...]] = {
    "select": ("mirror", "mirror_side", "smooth", "delete"),
    "contour": ("kind", "clip"),
    "brush": ("size", "kind", "clip"),
    "eraser": ("size", "shape", "clip", "heal"),
}
BORDERS: dict[str, tuple[str, ...]] = {"brush": ("size",), "eraser": ("size",)}


class Slider(QWidget):
    """A slider between its name and its value."""

    def __init__(
        self, name: str, least: int, most: int, tip: str, words: Callable[[int], str]
    ) -> None:
        super().__init__()
        self._words = words
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(5)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(least, most)
        self.slider.setAccessibleName(name)
        self.slider.setObjectName(name.lower())
        self.slider.setToolTip(plain_tip(tip))
        self.value = plain_label()
        self._widest = max((words(k) for k in (least, most)), key=len)
        row.addWidget(plain_label(name))
        row.addWidget(self.slider)
        row.addWidget(self.value)
        self.slider.valueChanged.connect(self._tell)
        self.fit()

    def fit(self) -> None:
        """As wide as this text size asks for."""
        digit = self.fontMetrics().horizontalAdvance("0")
        self.slider.setFixedWidth(SLIDER_LETTERS * digit)
        self.value.setFixedWidth(self.fontMetrics().horizontalAdvance(self._widest) + digit // 2)

    def show_value(self, value: int) -> None:
        """Show a value that did not come from here."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(value)
        self._tell(value)

    def _tell(self, value: int) -> None:
        self.value.setText(self._words(value))


def button(text: str, name: str, tip: str, *, checkable: bool = False) -> QPushButton:
    """A small flat button of a row."""
    made = QPushButton()
    made.setObjectName(name)
    made.setProperty("compact", True)
    made.setCheckable(checkable)
    made.setAccessibleName(tip)
    made.setToolTip(plain_tip(tip))
    made.setText(f" {text} ")  # compact buttons have no room at their sides
    return made


class OptionRow(QWidget):
    """Shows the options of the current tool; asks the view and the session for changes.

    Args:
        does: What the buttons do, by action.
    """

    def __init__(self, session: Session, view: View, does: dict[str, Callable[[], object]]) -> None:
        super().__init__()
        self._session, self._view = session, view
        self.setObjectName("toolOptions")
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Tool options")
        self._row = FlowLayout(self)
        self.title = plain_label(role="muted")
        self._row.addWidget(self.title)
        self.parts: dict[str, QWidget] = {}
        self.brush = Slider(
            "Size",
            round(SMALLEST_MM * 2),
            round(LARGEST_MM * 2),
            SIZE_TIP,
            lambda half: f"{half / 2:.1f} mm",
        )
        self.brush.slider.valueChanged.connect(lambda half: view.set(brush_mm=half / 2))
        self._add("size", self.brush)
        self.kind = self._pair(
            "kind",
            (("Scar", "scar_kind"), ("Core", "core_kind")),
            ("Draw scar", "Draw no-reflow core inside scar"),
            lambda on: view.set(core=on),
        )
        self.shape = self._pair(
            "shape",
            (("Brush", "brush_shape"), ("Lasso", "lasso_shape")),
            ("Erase under a round brush", "Erase inside a line around it"),
            lambda on: view.set(lasso=on),
        )
        self.clip = QCheckBox("Clip to muscle")
        self.clip.setObjectName("clip")
        self.clip.setToolTip("Cut off what is drawn outside the heart muscle")
        self.clip.toggled.connect(lambda on: view.set(clip=on))
        self._add("clip", self.clip)
        for name, text, tip in (
            ("mirror", "Ant ↔ Inf", "Mirror the picked scar: anterior and inferior wall"),
            ("mirror_side", "Sept ↔ Lat", "Mirror the picked scar: septal and lateral wall"),
            ("smooth", "Smooth", "Round the outline of the picked scar; again rounds it more"),
            ("delete", "Delete", "Take the picked scar away"),
        ):
            made = button(text, f"{name}_scar", tip)
            made.clicked.connect(lambda _=False, run=does[name]: run())
            self._add(name, made)
        self.heal = button(
            "Make healthy",
            "heal",
            "Paint the muscle of this slice (or its whole ring) anew, without its old scar",
            checkable=True,
        )
        self.heal.clicked.connect(lambda _=False: does["heal"]())
        self._add("heal", self.heal)
        self.slices = button("Slices ▾", "slicesMenu", "Copy, paste, fill gaps, make healthy")
        self._row.addWidget(self.slices)
        view.changed.connect(lambda _: self.refresh())
        session.changed.connect(lambda _: self.refresh())
        self.refresh()

    def _add(self, name: str, widget: QWidget) -> None:
        self.parts[name] = widget
        self._row.addWidget(widget)

    def _pair(
        self,
        name: str,
        texts: Sequence[tuple[str, str]],
        tips: Sequence[str],
        take: Callable[[bool], object],
    ) -> tuple[QPushButton, QPushButton]:
        """Two buttons of which one is down."""
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 4, 0)
        row.setSpacing(2)
        made = []
        for on, ((text, identity), tip) in enumerate(zip(texts, tips, strict=True)):
            one = button(text, identity, tip, checkable=True)
            one.clicked.connect(lambda _=False, on=bool(on): take(on))
            row.addWidget(one)
            made.append(one)
        self._add(name, box)
        return made[0], made[1]

    def refresh(self) -> None:
        """Show the options of the tool as they are now."""
        look, state = self._view.look, self._session.state
        wanted = SHOWN_FOR.get(look.tool, ())
        if look.active != "scar":
            wanted = BORDERS.get(look.tool, ()) if look.active != "points" else ()
        for name, widget in self.parts.items():
            widget.setVisible(name in wanted)
        self.title.setText(self._title())
        self.title.setVisible(bool(self.title.text()))
        self.brush.show_value(round(2 * look.brush_mm))
        self.brush.setVisible("size" in wanted and not (look.tool == "eraser" and look.lasso))
        for pair, on in ((self.kind, look.core), (self.shape, look.lasso)):
            for k, one in enumerate(pair):
                one.setChecked(bool(k) == on)
        with QSignalBlocker(self.clip):
            self.clip.setChecked(look.clip)
        with QSignalBlocker(self.heal):
            self.heal.setChecked(look.slice_index in state.healed)
        able = regions.picked(state, self._view) is not None
        for name in ("mirror", "mirror_side", "smooth", "delete"):
            self.parts[name].setEnabled(able)
        self.slices.setEnabled(state.series is not None)
        self.name_keys()
        self._row.invalidate()
        self.updateGeometry()

    def _title(self) -> str:
        look = self._view.look
        if look.active != "scar":
            return ""
        if look.tool == "select" and regions.picked(self._session.state, self._view) is None:
            return "Click a scar to change it"
        return ""

    def name_keys(self) -> None:
        """Put the keys, as they are now, into the tooltips."""
        self.brush.slider.setToolTip(worded(f"{SIZE_TIP} ({SIZE_KEYS})"))
        for name, action in (
            ("mirror", "mirror"),
            ("mirror_side", "mirror_side"),
            ("smooth", "smooth"),
            ("delete", "discard"),
            ("heal", "heal"),
        ):
            widget = self.parts[name]
            key = key_of(action)
            tip = widget.accessibleName()
            widget.setToolTip(plain_tip(f"{tip} ({key})" if key else tip))
